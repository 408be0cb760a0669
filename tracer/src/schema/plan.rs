//! Lowering: a row becomes a copy plan, with the output in mind. What nobody will see is not copied:
//! `-c` gives empty plans, `-s 32` lowers every limit, descriptors are resolved for `-y` only.

use tracer_common::plan::{
    ARG_RET, ARG_SP, ARGV_MAX, BLOB_MAX, FDS_MAX, MAX_OPS, Op, PATH_MAX, Plan, REFS_MAX, VEC_MAX, len, only, phase,
    shape,
};

use super::net::talks;
use super::prototypes::register;
use super::sockopt::GROUP;
use super::types::{Arg, Len, Rec, Row, Special, Ty, Variant, bits};

/// Bytes from the stack pointer to the end of the mask that rt_sigreturn restores. x86_64: `struct ucontext`,
/// whose mask is at 296 (arch/x86/include/asm/sigframe.h); aarch64: a siginfo of 128 bytes, then `struct ucontext`,
/// whose mask is at 40 (arch/arm64/include/uapi/asm/ucontext.h).
pub const SIGFRAME: u16 = if cfg!(target_arch = "aarch64") { 128 + 40 + 8 } else { 296 + 8 };

/// How much of each call is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detail {
    /// Copy what arguments point to; without it only registers are kept (`-c`).
    pub data: bool,
    /// Bytes of a string, elements of an array (`-s`).
    pub strlen: u32,
    /// Resolve descriptors to files (`-y`, `-yy`, `-P`).
    pub fds: bool,
    /// Copy environments (`-v`).
    pub env: bool,
}

/// The plan of a row, without its variants.
pub fn plan(row: &Row, detail: Detail) -> Plan {
    let mut plan = lower(row.args, &row.ret, detail);
    if let Some(variant) = row.variants.first() {
        plan.flags |= Plan::BY;
        plan.selector = variant.selector;
    }
    plan
}

/// The plan of one variant of a row.
pub fn variant(variant: &Variant, detail: Detail) -> Plan {
    lower(variant.args, &variant.ret, detail)
}

/// The plan of a function of a library: what it returns may lie in memory.
pub fn prototype(row: &Row, detail: Detail) -> Plan {
    let mut b = Builder { detail, ops: Vec::with_capacity(MAX_OPS), written: 0 };
    for (i, arg) in row.args.iter().enumerate() {
        if let Some(register) = register(row, i).filter(|register| *register < ARGUMENTS) {
            b.argument(register as u8, &arg.ty);
        }
    }
    match row.ret {
        ref ret @ (Ty::Text | Ty::Rec(_)) if detail.data => b.memory(ARG_RET, ret, phase::EXIT_OK),
        Ty::Special(Special::Dirent) if detail.data => b.special(ARG_RET, Special::Dirent, phase::EXIT_OK),
        Ty::Stream | Ty::Dir => b.stream(ARG_RET, &row.ret, phase::EXIT_OK),
        _ => {}
    }
    b.finish()
}

/// Arguments of a function that are seen: those in registers.
pub const ARGUMENTS: usize = 6;

/// Bytes of `struct dirent` before its name (bits/dirent.h).
pub const DIRENT: u16 = 19;

/// Words behind the return address that are copied of a function that takes any number of arguments.
pub const STACKED: u16 = 8;

fn lower(args: &[Arg], ret: &Ty, detail: Detail) -> Plan {
    let mut b = Builder { detail, ops: Vec::with_capacity(MAX_OPS), written: 0 };
    for (i, arg) in args.iter().enumerate() {
        b.lower(i as u8, &arg.ty, phase::ENTER);
    }
    b.lower(ARG_RET, ret, phase::EXIT_OK);
    if detail.data && talks(args) {
        b.talk(args);
    }
    b.finish()
}

struct Builder {
    detail: Detail,
    ops: Vec<Op>,
    /// A bit for each argument to whose memory the call itself may write.
    written: u8,
}

impl Builder {
    /// An argument of a function of a library.
    fn argument(&mut self, arg: u8, ty: &Ty) {
        match *ty {
            Ty::Stream | Ty::Dir => self.stream(arg, ty, phase::ENTER),
            Ty::Format if self.detail.data => {
                let strlen = self.detail.strlen.clamp(512, BLOB_MAX as u32) as u16;
                self.push(arg, phase::ENTER, shape::TEXT, Len::Fixed(1), 1, strlen, 1);
                let text = self.detail.strlen.min(BLOB_MAX as u32) as u16;
                for behind in arg + 1..ARGUMENTS as u8 {
                    self.push(behind, phase::ENTER, shape::PERHAPS, Len::Fixed(1), 1, text.saturating_add(1), 1);
                }
                // The return address stands before them.
                self.fixed(ARG_SP, phase::ENTER, 8 + 8 * STACKED);
            }
            _ => self.lower(arg, ty, phase::ENTER),
        }
    }

    /// What is said by netlink is copied as a whole, and which protocol of it that is.
    fn talk(&mut self, args: &[Arg]) {
        let whole = |op: &&mut Op| matches!(op.shape, shape::MSGHDR | shape::MMSG) || is_data(args, op);
        self.ops.iter_mut().filter(whole).for_each(|op| op.only = only::NETLINK);
        if !self.detail.fds {
            self.push(0, phase::ENTER, shape::FD, Len::Fixed(1), 0, 0, 0);
            self.ops.last_mut().into_iter().for_each(|op| op.only = only::NETLINK);
        }
    }

    /// The file of a stream, by where its descriptor stands in it: `_fileno` of glibc's `struct _IO_FILE`; `fd` of its `struct __dirstream`.
    fn stream(&mut self, arg: u8, ty: &Ty, when: u8) {
        if self.detail.data {
            self.push(arg, when, shape::STREAM, Len::Fixed(1), 0, 0, 0);
            self.ops.last_mut().into_iter().for_each(|op| op.fd_at = if matches!(ty, Ty::Dir) { 0 } else { 112 });
        }
    }

    fn lower(&mut self, arg: u8, ty: &Ty, when: u8) {
        match *ty {
            Ty::Fd if self.detail.fds => self.push(arg, when, shape::FD, Len::Fixed(1), 0, 0, 0),
            Ty::DirFd if self.detail.fds => self.push(arg, when, shape::DIRFD, Len::Fixed(1), 0, 0, 0),
            Ty::Slot(slot) if self.detail.fds => self.push(arg, when, shape::SLOT, slot, 0, 0, 0),
            Ty::Out(Ty::Iovec(n)) if self.detail.data => {
                // Where a read that fails would have gone.
                self.push(arg, when, shape::BYTES, *n, 16, 16 * VEC_MAX as u16, VEC_MAX as u16);
                self.lower(arg, &Ty::Iovec(*n), phase::EXIT_OK);
            }
            Ty::Out(inner) => self.lower(arg, inner, phase::EXIT_OK),
            Ty::InOut(Ty::Msghdr) if self.detail.data => {
                self.writes(arg);
                // Of the header as it goes in only the length of the name is of interest.
                self.fixed(arg, phase::ENTER, 56);
                self.lower(arg, &Ty::Msghdr, phase::EXIT_OK);
            }
            Ty::InOut(inner) => {
                self.writes(arg);
                self.lower(arg, inner, phase::ENTER);
                self.lower(arg, inner, phase::EXIT_OK);
            }
            Ty::Both(before, _, after) => {
                self.writes(arg);
                self.lower(arg, &Ty::Rec(before), phase::ENTER);
                self.lower(arg, &Ty::Rec(after), phase::EXIT_OK);
            }
            Ty::When(_, _, inner) => self.lower(arg, inner, when),
            Ty::Special(special) if arg == ARG_RET && self.detail.data => self.noted(special),
            Ty::Positive(inner) => self.lower(arg, inner, phase::EXIT_OK),
            Ty::Interrupted(inner) => self.lower(arg, inner, phase::EXIT),
            Ty::Late(inner) | Ty::Note(inner, _) | Ty::Wide(inner) => self.lower(arg, inner, when),
            _ if arg == ARG_RET || !self.detail.data => {}
            _ => self.memory(arg, ty, when),
        }
    }

    /// Words that point to memory.
    fn memory(&mut self, arg: u8, ty: &Ty, when: u8) {
        let strlen = self.detail.strlen.min(BLOB_MAX as u32) as u16;
        let most = BLOB_MAX as u16;
        match *ty {
            Ty::Path => self.push(arg, when, shape::TEXT, Len::Fixed(1), 1, PATH_MAX as u16, 1),
            // One byte more than there can be stands for all of it: what is cut is a loss then.
            Ty::Text => self.push(arg, when, shape::TEXT, Len::Fixed(1), 1, strlen.saturating_add(1), 1),
            Ty::Bytes(n) | Ty::HexBytes(n) => self.push(arg, when, shape::BYTES, n, 1, strlen, 1),
            Ty::Rec(rec) => self.push(arg, when, shape::BYTES, Len::Fixed(1), self.reach(rec), most, 1),
            Ty::Of(width, Ty::Chars) => self.fixed(arg, when, width),
            Ty::Sized(_, n) => self.push(arg, when, shape::BYTES, n, 1, 512, 1),
            Ty::Ptr(inner) | Ty::Bare(inner) => {
                // A loff_t, which the kernel moves.
                if matches!(inner, Ty::Wide(Ty::Long)) {
                    self.writes(arg);
                }
                self.push(arg, when, shape::BYTES, Len::Fixed(1), width(inner), most, 1);
                if self.detail.fds && matches!(inner, Ty::Fd) {
                    self.push(arg, when, shape::FDS, Len::Fixed(1), 4, 0, 1);
                }
            }
            Ty::Array(inner, n) => {
                let unit = width(inner);
                let elements = u32::from(most / unit.max(1)).min(self.detail.strlen.saturating_add(1)) as u16;
                self.push(arg, when, shape::BYTES, n, unit, elements * unit, elements);
                if self.detail.fds && holds_fd(inner) {
                    self.push(arg, when, shape::FDS, n, unit, 0, FDS_MAX as u16);
                }
            }
            Ty::Refs(rec, n) => self.refs(arg, when, rec, n),
            Ty::Iovec(n) => self.push(arg, when, shape::IOVEC, n, 16, strlen, VEC_MAX as u16),
            Ty::Msghdr => {
                self.push(arg, when, shape::MSGHDR, Len::Fixed(1), 56, strlen, VEC_MAX as u16);
                if self.detail.fds {
                    self.push(arg, when, shape::RIGHTS, Len::Fixed(1), 0, 0, 0);
                }
            }
            Ty::Mmsghdr(n) => self.push(arg, when, shape::MMSG, n, 64, strlen, 8),
            Ty::Sockaddr(n) => self.push(arg, when, shape::BYTES, n, 1, 128, 1),
            Ty::Argv => self.push(arg, when, shape::ARGV, Len::Fixed(1), 8, strlen.saturating_add(1), ARGV_MAX as u16),
            Ty::Envp if self.detail.env => {
                self.push(arg, when, shape::ARGV, Len::Fixed(1), 8, strlen.saturating_add(1), ARGV_MAX as u16);
            }
            Ty::Envp => self.push(arg, when, shape::COUNT, Len::Fixed(1), 8, 0, u16::MAX),
            Ty::SigSet(n) => self.push(arg, when, shape::BYTES, n, 1, 128, 1),
            Ty::Special(special) => self.special(arg, special, when),
            _ => {}
        }
    }

    /// Bytes of a structure, with what stands behind it and is shown.
    fn reach(&self, rec: &Rec) -> u16 {
        let most = BLOB_MAX as u16;
        let last = rec.fields.last().filter(|field| field.width == 0);
        let behind = last.and_then(|field| match field.ty {
            Ty::Rest(inner, _) => Some((inner, field.verbose)),
            Ty::Dots(Ty::Rest(inner, _)) => Some((*inner, true)),
            // As much as is shown of a text.
            Ty::By(_) => Some((&Ty::Of(1, &Ty::Uint), field.verbose)),
            _ => None,
        });
        match behind {
            Some((inner, verbose)) if self.detail.env || !verbose => {
                let elements = if self.detail.env { u32::from(most) } else { self.detail.strlen.saturating_add(1) };
                let behind = elements.saturating_mul(u32::from(width(inner)));
                u32::from(rec.size).saturating_add(behind).min(u32::from(most)) as u16
            }
            _ => rec.size,
        }
    }

    /// Forms of their own: how many bytes each reads, and when.
    fn special(&mut self, arg: u8, special: Special, when: u8) {
        const STAT: u16 = if cfg!(target_arch = "x86_64") { 144 } else { 128 };
        let most = BLOB_MAX as u16;
        let strlen = self.detail.strlen.min(u32::from(most)) as u16;
        let elements = |unit: u16| strlen.saturating_add(1).min(most / unit);
        match special {
            Special::SigFrame => self.fixed(ARG_SP, when, SIGFRAME),
            Special::WaitStatus => self.fixed(arg, when, 4),
            Special::Siginfo => self.fixed(arg, when, 128),
            Special::Stat | Special::Stat64 => self.fixed(arg, when, STAT),
            Special::Statx => self.fixed(arg, when, 256),
            Special::OwnerEx => self.fixed(arg, when, 8),
            Special::Utimbuf => self.fixed(arg, when, 16),
            Special::Timevals | Special::Timespecs => self.fixed(arg, when, 32),
            Special::Termios => self.fixed(arg, when, 36),
            Special::Termio => self.fixed(arg, when, 18),
            Special::Termios2 => self.fixed(arg, when, 44),
            Special::Ifreq | Special::Ifconf => {
                let size = if special == Special::Ifreq { 40 } else { 16 };
                self.writes(arg);
                self.fixed(arg, phase::ENTER, size);
                self.fixed(arg, phase::EXIT_OK, size);
            }
            Special::FanDirFd if self.detail.fds => self.push(arg, when, shape::DIRFD, Len::Fixed(1), 0, 0, 0),
            Special::FileHandle => self.fixed(arg, when, 136),
            Special::FileHandleOut => {
                self.writes(arg);
                self.fixed(arg, phase::ENTER, 8);
                self.fixed(arg, phase::EXIT, 136);
            }
            Special::MovedOffset => {
                self.writes(arg);
                self.fixed(arg, phase::ENTER, 8);
                self.fixed(arg, phase::EXIT_OK, 8);
            }
            Special::PollFds => {
                let elements = (most / 8).min(strlen.saturating_add(1));
                self.push(arg, when, shape::BYTES, Len::Arg(1), 8, elements * 8, elements);
                if self.detail.fds {
                    self.push(arg, when, shape::FDS, Len::Arg(1), 8, 0, FDS_MAX as u16);
                }
            }
            Special::FdSet => {
                self.writes(arg);
                let shape = if self.detail.fds { shape::FDSET } else { shape::BYTES };
                self.push(arg, when, shape, Len::Bits(0), 1, most, 1);
            }
            Special::MaskPair => self.push(arg, when, shape::IOVEC, Len::Fixed(1), 16, 128, 1),
            Special::Dirents | Special::Dirents64 => {
                // Who wants their number alone misses none of them.
                let cap = if self.detail.env { most } else { most - 8 };
                self.push(arg, when, shape::BYTES, Len::Ret, 1, cap, 1);
                self.push(arg, when, shape::ENTRIES, Len::Ret, 1, cap, 1);
                // `d_reclen` of struct linux_dirent and linux_dirent64 (fs/readdir.c).
                self.ops.last_mut().into_iter().for_each(|op| op.fd_at = 16);
            }
            Special::Dirent => {
                self.fixed(arg, when, DIRENT);
                self.push(arg, when, shape::TEXT, Len::Fixed(1), 1, strlen.saturating_add(1), 1);
                self.ops.last_mut().into_iter().for_each(|op| op.fd_at = DIRENT as u8);
            }
            Special::XattrOut => self.push(arg, phase::EXIT_OK, shape::BYTES, Len::Ret, 1, strlen, 1),
            Special::MountType | Special::MountData => {
                self.push(arg, when, shape::TEXT, Len::Fixed(1), 1, strlen.saturating_add(1), 1);
            }
            Special::SockOptSet => self.push(arg, when, shape::BYTES, Len::Arg(4), 1, strlen.max(GROUP as u16), 1),
            Special::SockOptGet => {
                self.push(arg, phase::EXIT_OK, shape::BYTES, Len::At(4), 1, strlen.max(GROUP as u16), 1)
            }
            Special::UringArg => self.push(arg, when, shape::BYTES, Len::Arg(5), 1, 64, 1),
            Special::Sigaction => self.fixed(arg, when, 32),
            Special::Sigevent => self.fixed(arg, when, 64),
            Special::CapData => self.fixed(arg, when, 24),
            Special::PerfAttr => self.fixed(arg, when, 136),
            Special::UserDesc => self.fixed(arg, when, 16),
            // The text of a shorter message ends before: what was read of it is enough then.
            Special::MsgBuf(_) => self.fixed(arg, when, 8 + strlen.min(1024)),
            Special::CloneArgs => self.push(arg, when, shape::BYTES, Len::Arg(1), 1, 128, 1),
            Special::Cookie(_) => self.fixed(arg, phase::EXIT_OK, 8),
            Special::SyscallInfo => self.push(arg, when, shape::BYTES, Len::Ret, 1, 88, 1),
            Special::CpuMask(n) => self.push(arg, when, shape::BYTES, n, 1, 1024, 1),
            Special::NodeMask(n) => self.push(arg, when, shape::BYTES, bits(n), 1, 1024, 1),
            // Pages are a few bytes of a large number: read as many as are shown.
            Special::Residency(_) => self.push(arg, when, shape::BYTES, Len::Fixed(1), elements(1), elements(1), 1),
            Special::PageStatus(n) => self.push(arg, when, shape::BYTES, n, 4, 4 * elements(4), elements(4)),
            Special::CloneFlags
            | Special::Personality
            | Special::Rlim
            | Special::MmapFlags
            | Special::WithPerm(_)
            | Special::IpcKey
            | Special::Ioprio
            | Special::FutexWakeOp
            | Special::KeySerial
            | Special::Ticks
            | Special::UnixTime
            | Special::TimeComment
            | Special::SyslogAction
            | Special::Failure
            | Special::KernelVersion
            | Special::Ptracer
            | Special::Spelled(_)
            | Special::PidOf(_)
            | Special::UserOffset
            | Special::PageOffset
            | Special::Device(_)
            | Special::NodeDev
            | Special::Dev32
            | Special::MemfdFlags
            | Special::SwapFlags
            | Special::QuotaCmd
            | Special::MountFlags
            | Special::Propagation
            | Special::EthProto
            | Special::IoctlCmd
            | Special::IoctlArg
            | Special::FanDirFd
            | Special::SignalRet
            | Special::PollRet
            | Special::PpollRet
            | Special::SelectRet
            | Special::Pselect6Ret
            | Special::MmsgRet => {}
        }
    }

    /// Return values whose note is read from arguments when the call has ended.
    fn noted(&mut self, special: Special) {
        let most = BLOB_MAX as u16;
        match special {
            Special::PollRet | Special::PpollRet => {
                // All of them: the note names those that are ready, wherever they stand.
                self.push(0, phase::EXIT_OK, shape::BYTES, Len::Arg(1), 8, most / 8 * 8, most / 8);
                if special == Special::PpollRet {
                    self.left(2);
                }
            }
            Special::SelectRet | Special::Pselect6Ret => {
                for arg in 1..=3 {
                    self.push(arg, phase::EXIT_OK, shape::BYTES, Len::Bits(0), 1, most, 1);
                }
                self.left(4);
            }
            Special::MmsgRet => self.left(4),
            _ => {}
        }
    }

    /// What is left of the time that was passed to the call.
    fn left(&mut self, arg: u8) {
        self.writes(arg);
        self.fixed(arg, phase::EXIT_OK, 16);
    }

    /// The call may write to the argument's memory: what stands there at its end need not be what was passed.
    fn writes(&mut self, arg: u8) {
        self.written |= 1 << arg;
    }

    /// Structures that an array of pointers points to.
    fn refs(&mut self, arg: u8, when: u8, rec: &Rec, n: Len) {
        self.push(arg, when, shape::REFS, n, 8, rec.size, REFS_MAX as u16);
        let descriptor = rec.fields.iter().find(|field| matches!(field.ty, Ty::Fd)).filter(|_| self.detail.fds);
        if let (Some(field), Some(op)) = (descriptor, self.ops.last_mut()) {
            op.fd_at = field.off as u8;
        }
    }

    /// A structure of that many bytes.
    fn fixed(&mut self, arg: u8, when: u8, size: u16) {
        self.push(arg, when, shape::BYTES, Len::Fixed(1), size, size, 1);
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of an operation, in their order")]
    fn push(&mut self, arg: u8, phase: u8, shape: u8, n: Len, unit: u16, cap: u16, max: u16) {
        let (len, len_arg, unit) = match n {
            // Descriptors are looked up one by one: their distance stays, their number is the limit.
            Len::Fixed(k) if shape == shape::FDS => {
                self.ops.push(Op {
                    shape,
                    arg,
                    phase,
                    len: len::ONE,
                    len_arg: 0,
                    fd_at: 0,
                    unit,
                    cap,
                    max: k.min(max),
                    only: only::ALL,
                });
                return;
            }
            Len::Fixed(k) => (len::ONE, 0, unit.max(1).saturating_mul(k)),
            Len::Arg(i) => (len::ARG, i, unit),
            Len::At(i) => (len::DEREF, i, unit),
            Len::At64(i) => (len::DEREF64, i, unit),
            Len::Ret => (len::RET, 0, unit),
            Len::Bits(i) => (len::BITS, i, unit),
            Len::Times(i, _) => (len::TIMES, i, unit),
        };
        let fd_at = if let Len::Times(_, j) = n { j } else { 0 };
        self.ops.push(Op { shape, arg, phase, len, len_arg, fd_at, unit, cap, max, only: only::ALL });
    }

    fn finish(mut self) -> Plan {
        self.ops.sort_by_key(|op| op.phase != phase::ENTER);
        let mut plan = Plan { flags: Plan::WANTED, ..Plan::NONE };
        for (at, op) in self.ops.into_iter().enumerate() {
            if op.phase == phase::ENTER && op.arg < ARG_RET && self.written >> op.arg & 1 != 0 {
                plan.written |= 1u8.checked_shl(at as u32).expect("entry copies of what is written are few");
            }
            assert!(plan.add(op), "a row needs more than {MAX_OPS} operations");
        }
        plan
    }
}

/// It copies data, not a structure.
fn is_data(args: &[Arg], op: &Op) -> bool {
    let ty = args.get(usize::from(op.arg)).map(|arg| arg.ty);
    op.shape == shape::BYTES && matches!(ty, Some(Ty::Bytes(_) | Ty::Out(Ty::Bytes(_))))
}

/// Bytes that one value of a type takes in memory.
pub fn width(ty: &Ty) -> u16 {
    match ty {
        Ty::Rec(rec) => rec.size,
        Ty::Wide(inner) => width(inner),
        Ty::Of(width, _) => *width,
        Ty::Int
        | Ty::Uint
        | Ty::Hex32
        | Ty::Fd
        | Ty::DirFd
        | Ty::Slot(_)
        | Ty::Pid
        | Ty::Tid
        | Ty::Pgid
        | Ty::Sid
        | Ty::PidOrPgid
        | Ty::Id
        | Ty::Signal
        | Ty::Set32(_)
        | Ty::Mode => 4,
        _ => 8,
    }
}

/// A descriptor, or a record that begins with one (`struct pollfd`).
fn holds_fd(ty: &Ty) -> bool {
    match ty {
        Ty::Fd => true,
        Ty::Rec(rec) => rec.fields.first().is_some_and(|f| f.off == 0 && matches!(f.ty, Ty::Fd)),
        _ => false,
    }
}
