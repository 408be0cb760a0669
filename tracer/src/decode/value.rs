//! What a call looks like once it is understood: values, not text. Text, JSON, tables and policies all
//! render or judge these.

use std::borrow::Cow;

use tracer_common::event::Head;

use super::library::Function;
use crate::schema::details::Details;
use crate::schema::set::Set;
use crate::schema::tampered::Tampered;
use crate::schema::types::{Row, Whose};

/// A decoded system call.
#[derive(Debug)]
pub struct Call<'a> {
    /// The record's head: who, when, how long, which number.
    pub head: Head,
    /// The row; `None` for a number no row has.
    pub row: Option<&'static Row>,
    /// Arguments with their names, those that are printed.
    pub args: Vec<(&'static str, Value<'a>)>,
    /// How many of `args` were known when the call was entered: the part before `<unfinished ...>`.
    pub entered: usize,
    /// How it ended.
    pub ret: Ret<'a>,
    /// What tracer did to it.
    pub tampered: Tampered,
    /// Of a library function: which, and whose.
    pub function: Option<Function<'a>>,
}

/// How a call ended.
#[derive(Debug, PartialEq)]
pub enum Ret<'a> {
    /// It has not yet.
    Pending,
    /// It never will: `= ?`.
    Never,
    /// It returned this.
    Value(Value<'a>),
    /// It returned this, with a note behind in parentheses: `= 0 (Timeout)`.
    Noted(Value<'a>, Box<Value<'a>>),
    /// It failed with this errno (positive).
    Error(u16),
    /// It will be restarted after a signal: an error that [`crate::schema::errno::restart`] knows.
    Restart(u16),
}

/// A value of an argument, a field or a return.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Signed decimal.
    Int(i64),
    /// Unsigned decimal.
    Uint(u64),
    /// `0x1f`; zero is `0`.
    Hex(u64),
    /// `0x7f..`; zero is `NULL`.
    Addr(u64),
    /// Octal with a leading 0.
    Octal(u64),
    /// Permission bits: octal, at least three digits.
    Perm(u64),
    /// `S_IFREG|0644`.
    Mode(u64),
    /// A device number in the kernel's new encoding: `makedev(0x1, 0x7)`.
    Dev(u64),
    /// Named constants.
    Named(&'static Set, u64),
    /// A named constant whose number is always shown too: `0x1 /* PIDTYPE_TGID */`.
    Spelled(&'static Set, u64),
    /// A signal by name.
    Signal(i32),
    /// A set of signals, bit 0 is signal 1.
    SigSet(u64),
    /// The number of a task or of several, and what is known of it where that was asked for.
    Pid(i32, Whose, Option<Box<Task>>),
    /// A descriptor, with what it refers to where that was resolved.
    Fd(i32, Option<Box<FileView<'a>>>),
    /// A pointer to a stream, with the file behind it.
    Pointer(u64, Option<Box<FileView<'a>>>),
    /// A path name, never cut by `-s`; `cut` when it was longer than PATH_MAX.
    Path {
        /// The name without its NUL.
        bytes: &'a [u8],
        /// There was more.
        cut: bool,
    },
    /// A string or data; `hex` for data that is always shown as `\xNN`.
    Str {
        /// The bytes that are shown.
        bytes: Cow<'a, [u8]>,
        /// There was more.
        cut: bool,
        /// Every byte as `\xNN`.
        hex: bool,
    },
    /// A name of the field that is no string: `SIG_IGN`, `RLIM64_INFINITY`.
    Word(&'static str),
    /// A port number (host order): `htons(80)`.
    Port(u16),
    /// `inet_addr("1.2.3.4")`.
    Ip4([u8; 4]),
    /// `inet_pton(AF_INET6, "::1", ...)`.
    Ip6([u8; 16]),
    /// `NAME(a, b)`: `htonl(0x7f000001)`, `_IOC(...)`, `makedev`.
    Apply(&'static str, Vec<Value<'a>>),
    /// A number, and what makes it: `_IOC(_IOC_READ, 0x41, 0x1, 0x10)`.
    Made(u64, Box<Value<'a>>),
    /// A resource limit in units of 1024 where it is a multiple, `8192*1024`; `u64::MAX` is RLIM64_INFINITY.
    Limit(u64),
    /// `{a=1, b=2}`, with `...` at the end when some fields were left out.
    Struct {
        /// Names and values; a value without a name stands alone.
        fields: Vec<(&'static str, Value<'a>)>,
        /// Fields were left out.
        more: bool,
    },
    /// `[1, 2]`, and how it ends when not all elements are there.
    Array(Vec<Value<'a>>, Tail),
    /// Elements without commas: `[3 4]` (fd_set).
    List(Vec<Value<'a>>),
    /// Flags and more joined by `|`: `WIFEXITED(s) && ...` and other forms spelled out by code.
    Text(String),
    /// Words and values one after the other, each word before its value: `in [3], left {...}`,
    /// `flags O_RDWR`. A word brings its own commas and blanks.
    Phrase(Vec<(&'static str, Value<'a>)>),
    /// `value /* comment */`.
    Comment(Box<Value<'a>>, String),
    /// A hardware address: `02:00:00:00:00:01`.
    Hardware(&'a [u8]),
    /// The number of a network interface, and its name where it is known: `if_nametoindex("lo")`.
    Interface(u32, Option<Box<str>>),
    /// An error as the kernel returns it: `-EPERM`; what is no error is a number.
    Failure(i64),
    /// The value of a place that has a name: `[IPV4_DEVCONF_FORWARDING-1]=1`.
    At(Box<Value<'a>>, Box<Value<'a>>),
    /// Values that together are a number: `NLA_F_NESTED|IFLA_LINKINFO`.
    Joined(Vec<Value<'a>>),
    /// A value that stands so many bits higher: `NFNL_SUBSYS_QUEUE<<8`.
    Shifted(Box<Value<'a>>, u8),
    /// `before => after`.
    Changed(Box<Value<'a>>, Box<Value<'a>>),
    /// A number of `unit`s counted but not shown: `0x7ffc... /* 35 vars */`.
    Counted(u64, u32, &'static str),
}

/// How an array ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// All elements are there.
    Whole,
    /// More exist than are shown: `...`.
    More,
    /// The memory from this address on could not be read: `... /* 0x7f.. */`.
    Fault(u64),
}

impl Call<'_> {
    /// Its own form has the names of its arguments, in an order of their own (`clone`); shown raw, they stand as they were passed.
    pub fn shows_names(&self) -> bool {
        let first = |at: &u8| self.row?.args.get(usize::from(*at)).map(|arg| arg.name);
        let leads = self.row.and_then(|row| row.order.first()).and_then(first);
        leads.is_some() && leads == self.args.first().map(|(name, _)| *name)
    }
}

impl FileView<'_> {
    /// It is a pidfd: `file.rdev` is its process.
    pub fn is_pidfd(&self) -> bool {
        &*self.path == b"anon_inode:[pidfd]"
    }
}

/// What is known of a number of tasks besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The name of a process or a thread.
    pub comm: Option<Vec<u8>>,
    /// The number that it has in tracer's own pid namespace, where that is another.
    pub here: Option<u32>,
}

/// What a descriptor refers to, as the source resolved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileView<'a> {
    /// Inode, device, mode and the rest.
    pub file: tracer_common::event::File,
    /// Absolute path, `pipe:[123]`, `socket:[123]`, `anon_inode:[eventfd]`; without ` (deleted)`.
    pub path: Cow<'a, [u8]>,
    /// Directories are missing at the path's front.
    pub cut: bool,
    /// The socket's ends.
    pub sock: Option<tracer_common::event::Sock>,
    /// A unix socket's bound name as in `sun_path`.
    pub name: Cow<'a, [u8]>,
    /// What is known of a pidfd's process, where that was asked for.
    pub task: Option<Box<Task>>,
    /// What else is known of it.
    pub details: Option<Details>,
}
