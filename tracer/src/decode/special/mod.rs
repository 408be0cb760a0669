//! Forms that need code of their own, a file per family; each is a plain function over bytes or a
//! number, and stands here once. To add one: a variant in `schema/types.rs`, what is read of it in
//! `schema/plan.rs`, then an arm in [`number`] when the value is all there is to it, in [`memory`] when
//! it lies where an argument points or in a field, in [`special`] when it looks at other arguments too,
//! in [`returned`] when it is a return value with a note.

pub mod files;
pub mod ifreq;
pub mod join;
pub mod pages;
pub mod perf;
pub mod poll;
pub mod siginfo;
pub mod signals;
pub mod sockopt;
pub mod stat;
pub mod task;
pub mod tty;
pub mod values;
pub mod wait;

use std::borrow::Cow;

use tracer_common::plan::{phase, shape};

use super::blobs::Memory;
use super::value::{Ret, Value};
use super::{Place, names, scalar, shapes, sockaddr};
use crate::schema::types::{Special, Ty};
use poll::Pollfds;

/// A form that is a number, in a register or a field; `None` for forms that are not.
pub fn number<'a>(kind: Special, raw: u64) -> Option<Value<'a>> {
    Some(match kind {
        Special::NonZeroMode => Value::Perm(raw),
        Special::MemfdFlags => files::memfd_flags(raw as u32),
        Special::SwapFlags => files::swap_flags(raw as u32),
        Special::QuotaCmd => files::quota_cmd(raw as u32),
        Special::Propagation => files::propagation(raw),
        Special::EthProto => ether(raw),
        Special::IoctlCmd => files::ioctl_cmd(raw as u32),
        Special::IoctlArg => Value::Hex(raw),
        Special::FanDirFd if raw as u32 == u32::MAX => Value::Word("FAN_NOFD"),
        Special::FanDirFd => scalar::value(&Ty::DirFd, raw, 8),
        Special::CloneFlags => task::clone_flags(raw),
        Special::Rlim => task::rlim(raw),
        Special::MmapFlags => pages::mmap_flags(raw),
        Special::WithPerm(set) => values::with_perm(set, raw),
        Special::IpcKey => values::ipc_key(raw),
        Special::Ioprio => task::ioprio(raw),
        Special::FutexWakeOp => task::futex_wake_op(raw),
        Special::KeySerial => values::key_serial(raw),
        Special::Ticks => task::ticks(raw),
        Special::UnixTime => values::unix_time(raw),
        Special::TimeComment => values::time_comment(raw),
        Special::SyslogAction => values::syslog_action(raw),
        Special::KernelVersion => values::kernel_version(raw),
        Special::Ptracer => task::ptracer(raw),
        Special::PidType => task::pid_type(raw),
        Special::UserOffset => task::user_offset(raw),
        _ => return None,
    })
}

/// A form whose bytes are all that is needed; `None` when they are too few, or for other forms.
fn memory<'a>(kind: Special, bytes: &'a [u8], verbose: bool) -> Option<Value<'a>> {
    match kind {
        Special::WaitStatus => bytes.get(..4).map(wait::status),
        Special::Siginfo => bytes.get(..siginfo::SIZE).map(siginfo::siginfo),
        Special::Stat => stat::stat(bytes, verbose),
        Special::Statx => stat::statx(bytes, verbose),
        Special::Utimbuf => stat::utimbuf(bytes),
        Special::Timevals => stat::timevals(bytes),
        Special::Timespecs => stat::timespecs(bytes),
        Special::FileHandle => files::file_handle(bytes),
        Special::Termios => tty::termios(bytes, false, verbose),
        Special::Termios2 => tty::termios(bytes, true, verbose),
        Special::Sigaction => signals::sigaction(bytes),
        Special::Sigevent => signals::sigevent(bytes),
        Special::PerfAttr => perf::perf_attr(bytes),
        Special::UserDesc => task::user_desc(bytes),
        Special::SyscallInfo => task::syscall_info(bytes),
        Special::CpuMask(_) => (!bytes.is_empty()).then(|| task::cpu_mask(bytes)),
        _ => None,
    }
}

/// The value of an argument. `place` gives its register value ([`Place::value`]), the bytes that were
/// copied ([`Place::memory`], [`Place::part`]) and, by its context, the other arguments and the end.
pub fn special<'a>(kind: Special, place: Place<'_, 'a>) -> Value<'a> {
    if let Some(value) = number(kind, place.value) {
        return value;
    }
    pointed(kind, place).unwrap_or_else(|| place.addr())
}

fn pointed<'a>(kind: Special, place: Place<'_, 'a>) -> Option<Value<'a>> {
    let cx = place.cx;
    if place.value == 0 || cx.addresses {
        return None;
    }
    let bytes = place.memory().bytes();
    let limit = if cx.verbose { usize::MAX } else { cx.options.strlen };
    let end = Place { phase: phase::EXIT_OK, ..place };
    match kind {
        Special::PollFds => poll::poll_fds(pollfds(place, limit), |i, fd| super::fd::element(place, fd, i as u16)),
        Special::FdSet => poll::fd_set(bytes, cx.arg(0) as i32),
        Special::MaskPair => {
            let mask = place.part(shape::IOVEC, 1);
            poll::mask_pair(place.part(shape::IOVEC, 0).bytes(), mask.take(8))
        }
        Special::Dirents | Special::Dirents64 => match place.memory() {
            Memory::Bytes(b, want) => {
                Some(files::dirents(place.value, b, want <= b.len(), kind == Special::Dirents, cx.verbose))
            }
            _ => None,
        },
        Special::MovedOffset => {
            files::moved_offset(bytes, cx.succeeded.then(|| end.memory().bytes()).filter(|b| b.len() >= 8))
        }
        Special::XattrOut if cx.succeeded && cx.arg(place.arg + 1) != 0 => match end.memory() {
            Memory::Bytes(b, want) => Some(shapes::bytes(b, want, cx.options.strlen, false)),
            _ => None,
        },
        Special::FileHandleOut => files::file_handle_out(bytes, end.memory().bytes(), cx.succeeded),
        Special::MountType | Special::MountData => {
            let (no_type, no_data) = files::mount_ignores(cx.arg(3));
            let ignored = if kind == Special::MountType { no_type } else { no_data };
            (!ignored).then(|| shapes::value(place, &Ty::Text))
        }
        Special::SockOptSet => sockopt::set(option(place, cx.arg(4) as i32)),
        Special::SockOptGet if cx.succeeded => {
            let len = cx.blobs.memory(4, shape::BYTES, phase::EXIT_OK, 0).take(4)?;
            sockopt::get(option(end, scalar::read(len) as i32))
        }
        Special::Ifreq => ifreq::ifreq(cx.arg(1), bytes, place.phase != phase::ENTER, sockaddr::sockaddr),
        Special::Ifconf => {
            let before = Place { phase: phase::ENTER, ..place }.memory().bytes();
            ifreq::ifconf(bytes, (place.phase != phase::ENTER).then_some(before))
        }
        Special::UringArg => uring(bytes, cx.arg(3)),
        Special::CloneArgs => task::clone_args(bytes, cx.succeeded.then_some(cx.head.ret)),
        Special::NodeMask(n) => pages::node_mask(bytes, cx.length(n)?),
        Special::Residency(n) if !bytes.is_empty() => Some(pages::residency(bytes, cx.length(n)?, limit)),
        Special::PageStatus(n) if !bytes.is_empty() => Some(pages::page_status(bytes, cx.length(n)?, limit)),
        Special::CapData => {
            // The first version of the header has 32-bit sets.
            let header = cx.blobs.memory(0, shape::BYTES, phase::ENTER, 0);
            task::cap_data(bytes, scalar::at(header.bytes(), 0, 4) != 0x1998_0330)
        }
        Special::MsgBuf(n) => {
            let len = if place.phase == phase::ENTER { cx.length(n)? } else { cx.head.ret.max(0) as u64 };
            values::msg_buf(bytes, len, cx.options.strlen)
        }
        _ => memory(kind, bytes, cx.verbose),
    }
}

/// The value of a field of a record, whose bytes are given.
pub fn field<'a>(kind: Special, place: Place<'_, 'a>, bytes: &'a [u8]) -> Value<'a> {
    number(kind, scalar::read(bytes))
        .or_else(|| memory(kind, bytes, place.cx.verbose))
        .unwrap_or(Value::Str { bytes: Cow::Borrowed(bytes), cut: false, hex: true })
}

/// A field that is not shown when it has this value.
pub fn is_left_out(kind: Special, bytes: &[u8]) -> bool {
    kind == Special::NonZeroMode && bytes.iter().all(|&b| b == 0)
}

/// An argument that is read and written, of which the end says what the beginning was.
pub fn says_both(kind: Special) -> bool {
    matches!(kind, Special::Ifreq | Special::Ifconf)
}

/// The end of a call whose return value is special, when it did not fail.
pub fn returned<'a>(kind: Special, place: Place<'_, 'a>) -> Ret<'a> {
    let cx = place.cx;
    let ret = cx.head.ret;
    let end = |arg| Place { arg, phase: phase::EXIT_OK, value: cx.arg(arg), ..place };
    let left = |arg| end(arg).memory().take(16);
    let limit = if cx.verbose { usize::MAX } else { cx.options.strlen };
    match kind {
        Special::SignalRet => files::signal_ret(ret),
        Special::PollRet | Special::PpollRet => {
            let left = if kind == Special::PpollRet { left(2) } else { None };
            poll::poll_ret(ret, pollfds(end(0), limit), left, |_, fd| Value::Int(i64::from(fd)))
        }
        Special::SelectRet | Special::Pselect6Ret => {
            let sets = [1, 2, 3].map(|arg| end(arg).memory().bytes());
            let fraction = if kind == Special::SelectRet { "tv_usec" } else { "tv_nsec" };
            poll::select_ret(ret, cx.arg(0) as i32, sets, left(4), fraction)
        }
        _ => Ret::Value(special(kind, place)),
    }
}

/// Whether an argument that is not marked `Out` is shown only when the call has ended: such a form
/// stands behind `<... resumed>`.
pub fn at_end(kind: Special) -> bool {
    matches!(kind, Special::XattrOut | Special::FileHandleOut | Special::SockOptGet | Special::MovedOffset)
}

fn pollfds<'a>(place: Place<'_, 'a>, limit: usize) -> Pollfds<'a> {
    let count = u64::from(place.cx.arg(1) as u32);
    match place.memory() {
        Memory::Fault(bytes) => {
            let read = bytes.len() / 8 * 8;
            Pollfds { bytes, count, fault: Some(place.value.wrapping_add(read as u64)), limit }
        }
        memory => Pollfds { bytes: memory.bytes(), count, fault: None, limit },
    }
}

fn option<'a>(place: Place<'_, 'a>, len: i32) -> sockopt::Opt<'a> {
    let (level, name) = (place.cx.arg(1) as u32, place.cx.arg(2) as u32);
    sockopt::Opt { level, name, len, bytes: place.memory().bytes(), strlen: place.cx.options.strlen }
}

/// A protocol in network order: `htons(ETH_P_ALL)`.
fn ether<'a>(raw: u64) -> Value<'a> {
    let protocol = u64::from((raw as u16).swap_bytes());
    Value::Apply("htons", vec![Value::Named(&names::ETH_P, protocol)])
}

/// What io_uring_enter waits with: a signal mask, or `struct io_uring_getevents_arg`.
fn uring<'a>(bytes: &[u8], flags: u64) -> Option<Value<'a>> {
    const EXT_ARG: u64 = 8;
    if flags & EXT_ARG == 0 {
        return bytes.get(..8).map(|b| Value::SigSet(scalar::read(b)));
    }
    let b = bytes.get(..24)?;
    let fields = vec![
        ("sigmask", Value::Addr(scalar::at(b, 0, 8))),
        ("sigmask_sz", Value::Uint(scalar::at(b, 8, 4))),
        ("ts", Value::Addr(scalar::at(b, 16, 8))),
    ];
    Some(Value::Struct { fields, more: false })
}
