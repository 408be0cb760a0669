//! The forms of files, descriptors and sockets: where each finds its bytes. What it makes of them is in
//! the file of its kind.

use tracer_common::plan::{phase, shape};

use super::{files, ifreq, poll, sockopt, statx, tty};
use crate::decode::blobs::Memory;
use crate::decode::value::{Ret, Value};
use crate::decode::{Place, fd, names, scalar, shapes, sockaddr};
use crate::schema::plan::DIRENT;
use crate::schema::types::Special;

/// The value of an argument; `None` shows its address.
pub fn special<'a>(kind: Special, place: Place<'_, 'a>) -> Option<Value<'a>> {
    let cx = place.cx;
    let end = Place { phase: phase::EXIT_OK, ..place };
    let memory = place.memory();
    match kind {
        Special::MemfdFlags => Some(files::memfd_flags(place.value as u32)),
        Special::SwapFlags => Some(files::swap_flags(place.value as u32)),
        Special::QuotaCmd => Some(files::quota_cmd(place.value as u32)),
        Special::MountFlags => Some(files::mount_flags(place.value)),
        Special::Propagation => Some(files::propagation(place.value)),
        Special::IoctlCmd => Some(files::ioctl_cmd(place.value as u32)),
        Special::IoctlArg => Some(Value::Hex(place.value)),
        Special::EthProto => {
            let protocol = u64::from((place.value as u16).swap_bytes());
            Some(Value::Apply("htons", vec![Value::Named(&names::ETH_P, protocol)]))
        }
        Special::FanDirFd if place.value as i32 == -1 => Some(Value::Word("FAN_NOFD")),
        Special::FanDirFd => Some(fd::value(place, true)),

        Special::PollFds => {
            let fds = pollfds(place, memory);
            if place.value == 0 { None } else { poll::poll_fds(fds, |i, raw| fd::element(place, raw, i as u16)) }
        }
        Special::FdSet if place.value == 0 => None,
        Special::FdSet => {
            let set = if memory == Memory::Missing { place.part(shape::FDSET, 0) } else { memory };
            // Half a set would be another one.
            let Memory::Bytes(bytes, _) = set else { return None };
            poll::fd_set(bytes, cx.arg(0) as i32, |fd| fd::member(place, fd))
        }
        Special::MaskPair => {
            let mask = place.part(shape::IOVEC, 1).take(8);
            poll::mask_pair(place.part(shape::IOVEC, 0).bytes(), mask)
        }
        Special::UringArg => {
            const EXT_ARG: u64 = 8;
            let mask = memory.take(8).filter(|_| cx.arg(3) & EXT_ARG == 0 && cx.arg(5) == 8);
            mask.map(|b| Value::SigSet(scalar::read(b)))
        }

        Special::Statx => statx::statx(memory.bytes(), cx.verbose),
        Special::OwnerEx => files::owner_ex(memory.bytes()),
        Special::Utimbuf => statx::utimbuf(memory.bytes()),
        Special::Timevals => statx::timevals(memory.bytes()),
        Special::Timespecs => statx::timespecs(memory.bytes()),
        Special::Dirents | Special::Dirents64 => {
            let whole = memory.bytes().len() as i64 >= cx.head.ret;
            let number = cx.blobs.find(place.arg, shape::ENTRIES, place.phase, 0).map(|(blob, _)| blob.want);
            let old = kind == Special::Dirents;
            match memory {
                Memory::Fault(_) => None,
                Memory::Missing if cx.head.ret != 0 => None,
                _ => Some(files::dirents(place.value, memory.bytes(), whole, number, old, cx.verbose)),
            }
        }
        Special::Dirent => match place.part(shape::TEXT, 0) {
            Memory::Bytes(name, want) => {
                let name = shapes::text(name, cx.options.strlen, want > name.len());
                files::dirent(memory.take(usize::from(DIRENT))?, name, cx.verbose)
            }
            _ => None,
        },
        Special::MovedOffset => {
            let moved = cx.succeeded && cx.head.ret != 0;
            files::moved_offset(memory.bytes(), moved.then(|| end.memory().bytes()))
        }
        Special::XattrOut => {
            let size = cx.arg(place.arg + 1);
            match end.memory() {
                Memory::Bytes(b, want) if cx.succeeded && size != 0 => {
                    Some(shapes::bytes(b, want, cx.options.strlen, false))
                }
                _ => None,
            }
        }
        Special::FileHandle => files::file_handle(memory.bytes()),
        Special::FileHandleOut => files::file_handle_out(memory.bytes(), end.memory().bytes(), cx.succeeded),
        Special::MountType | Special::MountData => {
            let (no_type, no_data) = files::mount_ignores(cx.arg(3));
            let ignored = if kind == Special::MountType { no_type } else { no_data };
            match place.part(shape::TEXT, 0) {
                Memory::Bytes(b, want) if !ignored => Some(shapes::text(b, cx.options.strlen, want > b.len())),
                _ => None,
            }
        }

        Special::SockOptSet if place.value != 0 => sockopt::set(option(place, cx.arg(4) as i32, memory.bytes())),
        Special::SockOptGet if cx.succeeded => {
            let len = cx.at(4, phase::EXIT_OK).memory().take(4)?;
            sockopt::get(option(place, scalar::read(len) as i32, end.memory().bytes()))
        }
        Special::Termios => tty::termios(memory.bytes(), false, cx.verbose),
        Special::Termio => tty::termio(memory.bytes(), cx.verbose),
        Special::Termios2 => tty::termios(memory.bytes(), true, cx.verbose),
        Special::Ifreq => {
            let bytes = if cx.succeeded { end.memory().take(40) } else { None };
            let filled = bytes.is_some();
            let bytes = bytes.unwrap_or(memory.bytes());
            ifreq::ifreq(u64::from(cx.arg(1) as u32), bytes, filled, sockaddr::sockaddr)
        }
        Special::Ifconf => match end.memory().take(16) {
            Some(after) if cx.succeeded => ifreq::ifconf(after, memory.take(16)),
            _ => ifreq::ifconf(memory.bytes(), None),
        },
        _ => None,
    }
}

/// A return value with its note; `None` for forms that are none.
pub fn returned<'a>(kind: Special, place: Place<'_, 'a>) -> Option<Ret<'a>> {
    let cx = place.cx;
    let ret = cx.head.ret;
    let at_end = |arg| cx.at(arg, phase::EXIT_OK).memory();
    Some(match kind {
        Special::SignalRet => files::signal_ret(ret),
        Special::PollRet | Special::PpollRet if cx.addresses && ret > 0 => Ret::Value(Value::Int(ret)),
        Special::PollRet | Special::PpollRet => {
            let fds = pollfds(cx.at(0, phase::ENTER), at_end(0));
            let left = if kind == Special::PpollRet { at_end(2).take(16) } else { None };
            poll::poll_ret(ret, fds, left)
        }
        Special::SelectRet | Special::Pselect6Ret => {
            let sets = [1, 2, 3].map(|arg| at_end(arg).bytes());
            let part = if kind == Special::SelectRet { "tv_usec" } else { "tv_nsec" };
            poll::select_ret(ret, cx.arg(0) as i32, sets, at_end(4).take(16), part)
        }
        Special::MmsgRet => poll::select_ret(ret, 0, [&[]; 3], at_end(4).take(16), "tv_nsec"),
        _ => return None,
    })
}

/// Whether a form is shown only when the call has ended.
pub fn at_end(kind: Special) -> bool {
    matches!(kind, Special::XattrOut | Special::FileHandleOut | Special::SockOptGet | Special::Ifreq | Special::Ifconf)
}

fn pollfds<'a>(place: Place<'_, 'a>, memory: Memory<'a>) -> poll::Pollfds<'a> {
    let bytes = memory.bytes();
    let count = u64::from(place.cx.arg(1) as u32);
    let fault = match memory {
        Memory::Fault(_) => Some(place.value.wrapping_add((bytes.len() / 8 * 8) as u64)),
        _ => None,
    };
    let limit = if place.cx.verbose { usize::MAX } else { place.cx.options.strlen };
    poll::Pollfds { bytes, count, fault, limit }
}

fn option<'a>(place: Place<'_, 'a>, len: i32, bytes: &'a [u8]) -> sockopt::Opt<'a> {
    let cx = place.cx;
    sockopt::Opt { level: cx.arg(1) as u32, name: cx.arg(2) as u32, len, bytes, strlen: cx.options.strlen }
}
