//! The vocabulary of a row: what an argument, a field or a return value can be. Every word says what
//! is printed and how much memory is read, and when. Words that point to memory are lowered to copy
//! operations by [`super::plan`], and read back by `decode`.

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
#[derive(Debug)]
pub struct Variant {
    /// The argument that decides.
    pub selector: u8,
    /// Its values.
    pub values: &'static [u64],
    /// All arguments of this form (the selector among them).
    pub args: &'static [Arg],
    /// What the return value is.
    pub ret: Ty,
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
}

/// The 32-bit integer that the argument points to: `Out(&Sockaddr(at(addrlen)))`.
pub const fn at(len: Len) -> Len {
    match len {
        Len::Arg(i) => Len::At(i),
        other => other,
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
    /// A process or thread id.
    Pid,
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
    /// One fixed structure.
    Rec(&'static Rec),
    /// A structure whose size the caller states (`clone3`, `openat2`): fields that fit are shown.
    Sized(&'static Rec, Len),
    /// A pointer to one scalar or structure, shown as an array of one: `[5]`.
    Ptr(&'static Ty),
    /// An array in memory: `[1, 2]`.
    Array(&'static Ty, Len),
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
    /// Present only when argument `.0` has a bit of `.1`; not printed otherwise.
    When(Len, u64, &'static Ty),
    /// As `Out`, when the call returned more than 0 (`wait4`'s status).
    Positive(&'static Ty),
    /// Read at the end when a signal interrupted the call (ERESTART*); an address otherwise (`nanosleep`'s rest).
    Interrupted(&'static Ty),
    /// Known at entry, shown at the end: a resumed line has it, as strace's does (`clone`'s child_tidptr).
    Late(&'static Ty),
    /// Of return values: `.0`, then `.1` of the same number in parentheses: `0 (SCHED_OTHER)`. No note for a
    /// number of flags that is 0 and has no name.
    Note(&'static Ty, &'static Ty),
    /// As a return value: the number in hex and behind it, in parentheses, a word and the names:
    /// `0x1 (flags FD_CLOEXEC)`. No note when the value has no name.
    Noted(&'static str, &'static Set),
}

/// A structure with a fixed layout, as the native 64-bit ABI has it.
#[derive(Debug)]
pub struct Rec {
    /// Size in bytes.
    pub size: u16,
    /// Fields in the order in which they are shown.
    pub fields: &'static [Field],
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
    /// `siginfo_t`, 128 bytes.
    Siginfo,
    /// `struct stat` of the native ABI, 144 (x86_64) or 128 (aarch64) bytes.
    Stat,
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
