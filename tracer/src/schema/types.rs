//! The vocabulary of a row: what an argument, a field or a return value can be. Every word says what
//! is printed and how much memory is read, and when. Words that point to memory are lowered to copy
//! operations by [`super::plan`], and read back by `decode`.

use tracer_common::plan::ARG_RET;

pub use super::devices::Device;
use super::effects::Does;
use super::set::Set;

/// One system call.
#[derive(Debug)]
pub struct Row {
    /// Name, as in the manual.
    pub name: &'static str,
    /// Number on x86_64, i386 and aarch64, [`NO_NR`] where the ABI does not have it.
    pub nr: [u16; 3],
    /// Arguments in order; those the call does not take are absent.
    pub args: &'static [Arg],
    /// What the return value is.
    pub ret: Ty,
    /// The `-e trace=%class` sets it belongs to, bits of [`class`].
    pub class: u32,
    /// What it does to the world outside.
    pub does: Does,
    /// Other forms of the call, chosen by an argument.
    pub variants: &'static [Variant],
    /// Not empty: the order in which the arguments are shown, each as `name=value` (`clone`).
    pub order: &'static [u8],
}

/// A number an ABI does not have.
pub const NO_NR: u16 = u16::MAX;

/// An argument: its name in the manual, and what it is.
#[derive(Debug, Clone, Copy)]
pub struct Arg {
    /// Name, as the manual gives it.
    pub name: &'static str,
    /// What it is.
    pub ty: Ty,
}

/// The form of a call when argument `selector` has one of `values`.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// The argument that decides.
    pub selector: u8,
    /// Its values.
    pub values: &'static [u64],
    /// All arguments of this form (the selector among them).
    pub args: &'static [Arg],
    /// What the return value is.
    pub ret: Ty,
    /// What this form does; [`Does::Unsaid`]: what the row says.
    pub does: Does,
}

/// Where a length or a count comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Len {
    /// The value of an argument.
    Arg(u8),
    /// The 32-bit integer an argument points to.
    At(u8),
    /// The 64-bit integer an argument points to.
    At64(u8),
    /// The return value.
    Ret,
    /// A constant.
    Fixed(u16),
    /// An argument counts bits (fd_set); bytes are 64-bit words.
    Bits(u8),
    /// The value of an argument, times that of another or the return value.
    Times(u8, u8),
}

/// The 32-bit integer that the argument points to: `Out(&Sockaddr(at(addrlen)))`.
pub const fn at(len: Len) -> Len {
    match len {
        Len::Arg(i) => Len::At(i),
        other => other,
    }
}

/// So many elements of such a size: `Bytes(times(size, n))`; elements may be what the function returns.
pub const fn times(size: Len, n: Len) -> Len {
    match (size, n) {
        (Len::Arg(i), Len::Arg(j)) => Len::Times(i, j),
        (Len::Arg(i), Len::Ret) => Len::Times(i, ARG_RET),
        _ => size,
    }
}

/// The argument counts bits.
pub const fn bits(len: Len) -> Len {
    match len {
        Len::Arg(i) => Len::Bits(i),
        other => other,
    }
}

/// What a value is. Scalars come first, then what lies in memory, then wrappers.
#[derive(Debug, Clone, Copy)]
pub enum Ty {
    /// `int`, signed decimal.
    Int,
    /// `unsigned int`, decimal.
    Uint,
    /// `long` or a 64-bit offset, signed decimal.
    Long,
    /// `unsigned long` or `size_t`, decimal.
    Ulong,
    /// `unsigned long` in hex, `0` when zero.
    Hex,
    /// `unsigned int` in hex, `0` when zero.
    Hex32,
    /// An address that is not followed: hex, `NULL` when zero.
    Addr,
    /// Octal with a leading 0 (umask).
    Octal,
    /// Permission bits in octal, at least three digits (`mode_t` of open, chmod).
    Perm,
    /// File type and permissions: `S_IFREG|0644`.
    Mode,
    /// `makedev(0x1, 0x7)`; the kernel's "new" encoding in a register, as in `mknod`.
    Dev,
    /// A descriptor; with `-y` its file is resolved at entry (as a return value: at the end).
    Fd,
    /// A descriptor that may be AT_FDCWD.
    DirFd,
    /// Of operations: a descriptor, or where the argument is not 0 a place in the ring's own table of files.
    Slot(Len),
    /// A process.
    Pid,
    /// A thread.
    Tid,
    /// A process group.
    Pgid,
    /// A session.
    Sid,
    /// A process, or below -1 the process group of that number.
    PidOrPgid,
    /// A user or group id; -1 is printed signed.
    Id,
    /// A signal number.
    Signal,
    /// Named constants: flags, an enumeration, or both.
    Set(&'static Set),
    /// As `Set` for values that only use the low 32 bits.
    Set32(&'static Set),
    /// Not printed.
    Hidden,
    /// As a return value: the number in hex and behind it, in parentheses, a word and the names:
    /// `0x1 (flags FD_CLOEXEC)`. No note when the value has no name.
    Noted(&'static str, &'static Set),

    /// A NUL-terminated path name. Never cut by `-s`. Read at entry, at most PATH_MAX.
    Path,
    /// A NUL-terminated string, cut by `-s`. Read at entry.
    Text,
    /// A NUL-terminated string of unknown length read at the end of a fixed field; in records only.
    Chars,
    /// Bytes, cut by `-s`.
    Bytes(Len),
    /// Bytes, always shown in hex escapes (`getrandom`).
    HexBytes(Len),
    /// Of library functions: an `int` that is a character: `'x'`, `EOF`.
    Char,
    /// A `double`, which is passed in a vector register.
    Double,
    /// A `float`.
    Float,
    /// As a return value: nothing.
    Void,
    /// `FILE *`: an address, with the file behind its descriptor.
    Stream,
    /// `DIR *`: the same.
    Dir,
    /// A format of printf(3), and the arguments behind it that it asks for; always the last.
    Format,
    /// A word of which nothing is known: small numbers in decimal, others in hex.
    Word,

    /// One fixed structure.
    Rec(&'static Rec),
    /// A structure whose size the caller states (`clone3`, `openat2`): fields that fit are shown.
    Sized(&'static Rec, Len),
    /// A pointer to one scalar or structure, shown as an array of one: `[5]`.
    Ptr(&'static Ty),
    /// A pointer to one scalar, shown without brackets: `5`.
    Bare(&'static Ty),
    /// An array in memory: `[1, 2]`.
    Array(&'static Ty, Len),
    /// An array of pointers to structures, with the file of the descriptor in each: `[{...}, {...}]`.
    Refs(&'static Rec, Len),
    /// `struct iovec[]` and the bytes the elements point to.
    Iovec(Len),
    /// `struct msghdr` with name, control data and iovec.
    Msghdr,
    /// `struct mmsghdr[]`.
    Mmsghdr(Len),
    /// `struct sockaddr` of that many bytes.
    Sockaddr(Len),
    /// NULL-terminated array of strings, shown in full.
    Argv,
    /// NULL-terminated array of strings, shown as a count unless `-v`.
    Envp,
    /// A signal mask of that many bytes: `[HUP INT]`.
    SigSet(Len),
    /// A form of its own, decoded by code.
    Special(Special),

    /// Written by the call: read at the end, when it did not fail. A failed call shows the address.
    Out(&'static Ty),
    /// Read by the call and written by it: both, `[110 => 6]`, when they differ.
    InOut(&'static Ty),
    /// A field that is left out when it is zero; in records only.
    NonZero(&'static Ty),
    /// Present only when argument `.0` has a bit of `.1`; not printed otherwise.
    When(Len, u64, &'static Ty),
    /// In the 32-bit ABI as in the native one: a number of 64 bits, for which an argument takes two registers; a structure of the same layout.
    Wide(&'static Ty),
    /// As `Out`, when the call returned more than 0 (`wait4`'s status).
    Positive(&'static Ty),
    /// Read at the end when a signal interrupted the call (ERESTART*); an address otherwise (`nanosleep`'s rest).
    Interrupted(&'static Ty),
    /// Known at entry, shown at the end: a resumed line has it, as strace's does (`clone`'s child_tidptr).
    Late(&'static Ty),
    /// What goes into a structure and, when the call did not fail, what has come of it: the one is read at the entry, the other at
    /// the end.
    Both(&'static Rec, Join, &'static Rec),
    /// A field of which the bytes of its structure say what it is; in records only.
    By(fn(&[u8]) -> &'static Ty),
    /// A field that is only shown with `-v`, where others behind it always are; in records only.
    Full(&'static Ty),
    /// The same, where dots stand in its place.
    Dots(&'static Ty),
    /// A number of so many bytes where memory or a register holds it, or text of so many at most.
    Of(u16, &'static Ty),
    /// Elements, as many as the structure's bytes say: those that its field has room for, or, where it is 0 bytes wide, what stands
    /// behind the structure; in records only.
    Rest(&'static Ty, fn(&[u8]) -> u64),
    /// Of return values: `.0`, then `.1` of the same number in parentheses: `0 (SCHED_OTHER)`. No note for a
    /// number of flags that is 0 and has no name.
    Note(&'static Ty, &'static Ty),
}

/// How what has come of a structure stands behind what went into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Join {
    /// Among its fields: `{in=1, out=2}`.
    Within,
    /// As a structure of its own: `{in=1} => {out=2}`.
    Arrow,
    /// The same; where the call failed the address stands there: `{in=1} => 0x7ffc...`.
    Address,
    /// As `Address`, but what went in is only shown where it is not all zeros.
    Unexpected,
}

/// What has the number that a value is, where it is that of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whose {
    /// A process.
    Process,
    /// A thread.
    Thread,
    /// A process group.
    Group,
    /// A session.
    Session,
    /// A process, or below -1 the process group of that number.
    ProcessOrGroup,
}

impl Ty {
    /// What has this number; `None` for values that are no number of tasks.
    pub const fn whose(&self) -> Option<Whose> {
        Some(match self {
            Ty::Pid => Whose::Process,
            Ty::Tid => Whose::Thread,
            Ty::Pgid => Whose::Group,
            Ty::Sid => Whose::Session,
            Ty::PidOrPgid => Whose::ProcessOrGroup,
            _ => return None,
        })
    }
}

/// A structure with a fixed layout, as the native 64-bit ABI has it.
#[derive(Debug)]
pub struct Rec {
    /// Size in bytes.
    pub size: u16,
    /// Where its fields lie in the 32-bit ABI.
    pub narrow: Narrow,
    /// Fields in the order in which they are shown.
    pub fields: &'static [Field],
}

/// Where the fields of a structure lie in the 32-bit ABI of x86 ([`super::narrow`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narrow {
    /// One behind the other as in the native ABI, where a `long` and an address have 4 bytes, and nothing is aligned to more than 4.
    Words,
    /// Where they lie in the native one: the kernel has one structure for both.
    Same,
    /// Elsewhere, which is not told here; the reason.
    Untold(&'static str),
}

/// A field of a structure.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Name, as in the header.
    pub name: &'static str,
    /// Offset in bytes.
    pub off: u16,
    /// Width in bytes.
    pub width: u16,
    /// What it is. `Array` of `Fixed(n)` and nested `Rec` are allowed, memory elsewhere is not followed.
    pub ty: Ty,
    /// Shown only with `-v`; a `...` stands for it otherwise.
    pub verbose: bool,
}

/// Forms that need code of their own, in `decode/special`. One line each: what is read, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Special {
    /// `int *wstatus` of wait4: `[{WIFEXITED(s) && WEXITSTATUS(s) == 0}]`. 4 bytes at the end.
    WaitStatus,
    /// The signal mask that rt_sigreturn takes from the stack, `{mask=[INT]}`: no argument at all. The bytes from
    /// the stack pointer to the end of the mask, at entry.
    SigFrame,
    /// `siginfo_t`, 128 bytes.
    Siginfo,
    /// `struct stat` of the native ABI, 144 (x86_64) or 128 (aarch64) bytes.
    Stat,
    /// `struct stat64` of the 32-bit ABI, which has become the native one.
    Stat64,

    // Scalars, read from the register or the field itself.
    /// The device of mknod; only shown when the mode before it is that of a device.
    NodeDev,
    /// A device number of 32 bits.
    Dev32,
    /// Flags of memfd_create: `MFD_HUGETLB|21<<MFD_HUGE_SHIFT`.
    MemfdFlags,
    /// Flags of swapon: names, then the priority in the low 15 bits.
    SwapFlags,
    /// `QCMD(Q_GETQUOTA, USRQUOTA)`.
    QuotaCmd,
    /// Flags of mount: the magic number of old programs in the upper half, then names.
    MountFlags,
    /// Mount propagation: one of MS_SHARED and its kin, `0` for none.
    Propagation,
    /// Protocol of a packet socket: `htons(ETH_P_ALL)`.
    EthProto,
    /// An ioctl request: its name or `_IOC(_IOC_READ, 0x54, 0x1, 0x4)`.
    IoctlCmd,
    /// The argument of an unknown ioctl: an address in hex, `0` when zero.
    IoctlArg,
    /// The directory of fanotify_mark: AT_FDCWD or `FAN_NOFD` for -1.
    FanDirFd,

    // Return values with a note.
    /// F_GETSIG: `29 (SIGIO)`, `0`.
    SignalRet,
    /// `1 ([{fd=3, revents=POLLIN}])`, `0 (Timeout)`. Argument 0, `nfds` times 8 bytes, at the end.
    PollRet,
    /// As `PollRet`, and `left {tv_sec=0, tv_nsec=1}`. Argument 2, 16 bytes, at the end.
    PpollRet,
    /// `1 (in [3], left {tv_sec=0, tv_usec=1})`. Arguments 1, 2, 3 by bits, 4 (16 bytes), at the end.
    SelectRet,
    /// As `SelectRet` with a timespec.
    Pselect6Ret,
    /// `1 (left {tv_sec=0, tv_nsec=1})`. Argument 4, 16 bytes, at the end.
    MmsgRet,

    // What an argument points to.
    /// `struct pollfd[]`: `[{fd=3, events=POLLIN}, {fd=-1}]`; argument 1 counts. At entry.
    PollFds,
    /// A set of descriptors: `[3 4]`; argument 0 counts its bits. At entry.
    FdSet,
    /// The last argument of pselect6: `{sigmask=[INT], sigsetsize=8}`. At entry: 16 bytes (part 0) and the
    /// mask they point to (part 1), which is the layout of a `struct iovec`.
    MaskPair,
    /// `struct statx`, 256 bytes.
    Statx,
    /// `struct f_owner_ex`, 8 bytes: what its number is of, its type says.
    OwnerEx,
    /// `struct utimbuf`, 16 bytes.
    Utimbuf,
    /// Two `struct timeval`, 32 bytes.
    Timevals,
    /// Two `struct timespec`, 32 bytes, with UTIME_NOW and UTIME_OMIT.
    Timespecs,
    /// Directory entries of getdents: all bytes returned, as far as a blob holds them.
    Dirents,
    /// Directory entries of getdents64.
    Dirents64,
    /// `struct dirent`, as readdir(3) returns it: what stands before its name, and its name.
    Dirent,
    /// `[1] => [6]`: an offset before and after sendfile. 8 bytes at entry and at the end.
    MovedOffset,
    /// A value of an attribute or a list of names: bytes when argument size is not zero, else an address.
    /// The return value counts.
    XattrOut,
    /// `struct file_handle`, 8 bytes and up to 128 of handle, as it goes in.
    FileHandle,
    /// `struct file_handle` of name_to_handle_at: `{handle_bytes=128 => 8, ...}`. 8 bytes at entry, 136 at the end.
    FileHandleOut,
    /// Type of mount: a string, but an address where the flags (argument 3) make the kernel ignore it.
    MountType,
    /// Data of mount: as `MountType`.
    MountData,
    /// The value of setsockopt, by level and name (arguments 1 and 2); argument 4 counts. At entry.
    SockOptSet,
    /// The value of getsockopt; argument 4 points to the count. At the end.
    SockOptGet,
    /// `struct termios` of the kernel, 36 bytes.
    Termios,
    /// `struct termio`, 18 bytes.
    Termio,
    /// `struct termios2`, 44 bytes.
    Termios2,
    /// `struct ifreq`, 40 bytes at entry and at the end; argument 1 tells what it holds.
    Ifreq,
    /// `struct ifconf`, 16 bytes at entry and at the end.
    Ifconf,
    /// What io_uring_enter waits with: a signal mask of `sigsetsize` (argument 5) bytes, or a structure when
    /// the flags have IORING_ENTER_EXT_ARG.
    UringArg,
    /// clone's flags and, in the low byte, a signal: `CLONE_VM|SIGCHLD`. A number.
    CloneFlags,
    /// `struct clone_args` of the size that argument 1 tells, and what the call wrote where it points:
    /// `{flags=...} => {parent_tid=[5]}`. At most 128 bytes at entry.
    CloneArgs,
    /// `struct sigaction` of the kernel: 32 bytes.
    Sigaction,
    /// `struct sigevent`: 64 bytes.
    Sigevent,
    /// A set of CPUs of that many bytes: `[0 1]`.
    CpuMask(Len),
    /// A set of memory nodes of that many bits: `[0x00000000000001]`.
    NodeMask(Len),
    /// mincore's answer, a byte for each page of that many bytes of memory: `[1, 0]`.
    Residency(Len),
    /// move_pages' answer, an `int` each: a node or an error, `[0, -EFAULT]`.
    PageStatus(Len),
    /// One or two `struct __user_cap_data_struct` joined: 24 bytes, 12 for the first version of the header.
    CapData,
    /// `struct msgbuf` with that many bytes of text: `{mtype=1, mtext="..."}`.
    MsgBuf(Len),
    /// `struct perf_event_attr`, at most 136 bytes.
    PerfAttr,
    /// `struct user_desc` of x86, 16 bytes.
    UserDesc,
    /// `struct ptrace_syscall_info`, of which the call returns the size: at most 88 bytes at the end.
    SyscallInfo,

    /// An execution domain and its flags, the former named as unknown by itself: `0xad /* PER_??? */|0xb00`. A number.
    Personality,
    /// A limit in units of 1024 where it is a multiple: `8192*1024`, `RLIM64_INFINITY`. A number.
    Rlim,
    /// mmap's flags with the size of huge pages: `MAP_PRIVATE|MAP_HUGETLB|21<<MAP_HUGE_SHIFT`. A number.
    MmapFlags,
    /// Flags and permissions together: `IPC_CREAT|0600`. A number.
    WithPerm(&'static Set),
    /// A key of System V IPC: `IPC_PRIVATE`, `0x1234`. A number.
    IpcKey,
    /// `IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4)`. A number.
    Ioprio,
    /// The operation and comparison of FUTEX_WAKE_OP. A number.
    FutexWakeOp,
    /// A key: its number, or `KEY_SPEC_*`. A number.
    KeySerial,
    /// Clock ticks: `32 /* 0.32 s */`. A number.
    Ticks,
    /// A time in seconds as a date, `2026-11-23T22:18:04+0000`. A number.
    UnixTime,
    /// A time in seconds and its date in a comment. A number.
    TimeComment,
    /// syslog's action: `3 /* SYSLOG_ACTION_READ_ALL */`. A number.
    SyslogAction,
    /// An error as the kernel returns it: `-EPERM`. A number.
    Failure,
    /// `KERNEL_VERSION(6, 1, 0)`. A number.
    KernelVersion,
    /// PR_SET_PTRACER's process, or PR_SET_PTRACER_ANY. A number.
    Ptracer,
    /// A named constant of 32 bits whose number is always shown: `0 /* PIDTYPE_PID */`. A number.
    Spelled(&'static Set),
    /// A number of a task or of several, whose kind (`PIDTYPE`) stands there.
    PidOf(Len),
    /// PR_SCHED_CORE's cookie: where it is written to, for the operation that asks for it; a number for others.
    Cookie(Len),
    /// An offset into x86's `struct user`: `8*ORIG_RAX`. A number.
    UserOffset,
    /// An offset that is passed in pages of 4096 bytes, in hex. A number.
    PageOffset,
    /// What devices have, in a form of its own. A number, or a field of 16 bytes.
    Device(Device),
}

/// Bits of [`Row::class`]: the sets of `-e trace=%name`, as strace has them.
pub mod class {
    macro_rules! classes {
        ($($name:ident = $bit:literal, $word:literal;)*) => {
            $(#[doc = concat!("`%", $word, "`")] pub const $name: u32 = 1 << $bit;)*
            /// Names and bits, as `-e trace=%NAME` has them.
            pub const NAMES: &[(&str, u32)] = &[$(($word, $name)),*];
        };
    }
    classes! {
        DESC = 0, "desc"; FILE = 1, "file"; MEM = 2, "memory"; PROC = 3, "process"; SIG = 4, "signal";
        IPC = 5, "ipc"; NET = 6, "network"; CREDS = 7, "creds"; CLOCK = 8, "clock"; PURE = 9, "pure";
        STAT = 10, "stat"; LSTAT = 11, "lstat"; FSTAT = 12, "fstat"; STATLIKE = 13, "%stat";
        STATFS = 14, "statfs"; FSTATFS = 15, "fstatfs"; STATFSLIKE = 16, "%statfs";
    }
}
