//! Events: what comes up from a source. One record is a [`Head`] followed by `blobs` blobs, each a
//! [`Blob`] header and its bytes, padded to 8. All integers are the host's.

/// What a record tells.
pub mod kind {
    /// A call that returned (or, with `NO_RETURN`, that never will).
    pub const CALL: u8 = 1;
    /// A call that is still running; sent on request. A `CALL` record follows when it ends.
    pub const PENDING: u8 = 2;
    /// `tid` made the task `args[0]` of process `args[1]`. `args[4..6]`: comm. `ret`: 1 when the new
    /// task is traced. `args[2]`: the inode of its pid namespace, 0 when that is not told; `args[3]`: its number
    /// there, and above 1 << 32 its number in the namespace of `tid`. With `flag::TOGETHER` both are in the same namespaces; without it
    /// they are not, or nobody looked.
    pub const FORK: u8 = 3;
    /// `tid` runs a new program; it was `args[0]` before. `args[4..6]`: comm. Sent before the `CALL` of the
    /// execve. With `flag::MOVED` the leader made way (superseded): its own `EXIT` may or may not have come,
    /// and `args[0]` will not be heard of again; the `CALL` carries the new tid and `MOVED`.
    pub const EXEC: u8 = 4;
    /// `tid` is gone; `ret` is its wait status (`task_struct.exit_code`). `args[0]`: 1 when it was
    /// the last task of its process; `args[1]` then is the wait status that exit_group or a
    /// fatal signal gave to the process, plus 1 << 32, or 0.
    pub const EXIT: u8 = 5;
    /// `tid` was given signal `ret`. Blob part 0: the 48 first bytes of its siginfo.
    pub const SIGNAL: u8 = 6;
    /// `tid` stopped by signal `ret` (group stop).
    pub const STOPPED: u8 = 7;
    /// Tracing of `tid` begins here; `args[4..6]`: comm. `args[0]`: the process's parent. Sent for tasks that
    /// ran before: not for the started command, whose first record is its execve, nor for those that a
    /// `FORK` has announced.
    pub const ATTACH: u8 = 8;
    /// All events before `time` have been sent: the reader may print what it holds back.
    pub const MARK: u8 = 9;
    /// An operation of io_uring that came to a result: `nr` is its opcode, `ip` its `user_data`, `cpu` the flags of its submission;
    /// `time` is when `tid` submitted it, `dur` how long it took until then. An operation that repeats makes a record for each
    /// result. With `NO_RETURN` none was told. Bytes of `ARG_RET`: the flags of the completion, where there are any.
    pub const OPERATION: u8 = 10;
    /// The first half of such a record, as the kernel side sends it: `ret` is the address of the request.
    pub const BEGUN: u8 = 11;
    /// The second half: `ret` is the result, `args[0]` the address of the request (0 where only `ip` tells which it was),
    /// `args[1]` the flags of the completion, `args[2]` 1 when more results may come.
    pub const ENDED: u8 = 12;
    /// What the kernel side has copied of a stack, of which the source makes frames. Blob part 0: the registers (`struct pt_regs`);
    /// part 1: memory from address `args[0]` on; in that of the first record stands what the stack pointer points to. `args[1]`: a word of
    /// [`super::stack`], which says whose record it belongs to: `time` is that of the call's, `ret` the signal (0: those that were
    /// ignored while the call ran that ends). `args[2]`: 1 when another record follows with what stands behind this memory.
    pub const STACK: u8 = 13;
    /// Within a call of `tid` a packet of a socket left that is not connected to where it goes: `args[0]`:
    /// the family, `args[1]`: the port, or 0, `args[2..4]`: the address as it lies in memory, `args[4]`: the socket's protocol, and its
    /// type from bit 16 on. Of a unix socket a datagram came to one that has a name: blob of argument 0, of shape `UNIX`. Only in audits.
    pub const PACKET: u8 = 14;
    /// A function of a library was called. `nr`: its number, of which a `NAMED` tells; `ip`: the address that it returns to; `ret`: the
    /// stack pointer at its entry; `args`: what stands in the registers of its first six arguments, as integers. `dur`: where the call that
    /// returns there was one through a pointer out of a module that was not asked for, the address that it called, or 1; else 0.
    pub const ENTERED: u8 = 15;
    /// It returned: `time` is when, `dur` how long it took, so that it began at the difference, which is the time of its `ENTERED`; `ret`:
    /// what it returned, as an integer; the rest as there.
    pub const RETURNED: u8 = 16;
    /// What a number stands for. `nr`: the number; `args[0]`: a word of [`super::named`]; `ip`: the address of the function in its file.
    /// Blob of argument 0: the name; of argument 1: the library that has it.
    pub const NAMED: u8 = 17;
    /// The process of `tid` has loaded files, or begun a program. `ret`: 1 when it waits until probes are set, or until tracer is gone.
    pub const LOADED: u8 = 18;
    /// Memory was mapped, unmapped or mapped anew by a function that is followed for its blocks (`crate::blocks`), as the kernel side sends
    /// it: `nr`: the number of the function; `cpu`: what it did, a word of `blocks::does`; `args[0..3]`: its arguments of interest, `ret`:
    /// what it returned; `dur`: the number of its stack; `args[3]`: whose memory it is (`blocks::Owner`).
    pub const MAPPED: u8 = 19;
    /// What a process was given and did not give back, at its end or until now (`ret` 1, 0), in all: `args[0]`: bytes, `args[1]`: blocks,
    /// `args[2]`: how many `UNFREED` follow, `args[3]`: blocks that it gave back and that nobody had seen given, `args[4]`: what was missed, so
    /// that what follows may be wrong.
    pub const HEAP: u8 = 20;
    /// The same of one stack: `nr`: the number of the function; `args[0]`: bytes, `args[1]`: blocks, `args[2]`: for how long the oldest has
    /// been there, ns, `args[3]`: the youngest; `args[4]`: the address of the oldest. Blob of argument 0: the function that gave them.
    pub const UNFREED: u8 = 21;
}

/// Of what a `NAMED` tells.
pub mod named {
    /// A function.
    pub const FUNCTION: u64 = 0;
    /// A module that calls functions: its number stands in the `cpu` of their records, which is 0 where nobody asked who calls.
    pub const MODULE: u64 = 1;
}

/// What the copy of a stack is for.
pub mod stack {
    /// The call that begins.
    pub const ENTRY: u64 = 0;
    /// The call that ends, whose beginning was not seen.
    pub const END: u64 = 1;
    /// The program that begins with the end of this execve, and the call's as well, if its beginning was tracer's own.
    pub const PROGRAM: u64 = 2;
    /// The signal.
    pub const SIGNAL: u64 = 3;
    /// Blocks of memory: `dur` is the number of the stack, `nr` that of the function, and `args[3]` that of the code (`crate::blocks::Code`).
    pub const BLOCK: u64 = 4;
    /// The call of a library function that begins.
    pub const FUNCTION: u64 = 5;
    /// Bytes of the registers, the same for every machine that fits.
    pub const REGISTERS: usize = 272;
    /// The most pages that a record has.
    pub const PAGES: usize = 6;
    /// The most records of a stack.
    pub const RECORDS: usize = 4;
    /// Bytes of a page.
    pub const PAGE: usize = 4096;
}

/// Bits of [`Head::flags`].
pub mod flag {
    /// A 32-bit call of a 64-bit kernel.
    pub const COMPAT: u8 = 1;
    /// The call will never return (exit, or its task was killed); `ret` means nothing.
    pub const NO_RETURN: u8 = 2;
    /// The call began before tracing did: `time` is unknown (0), enter-phase data was read at the end.
    pub const BEFORE: u8 = 4;
    /// The signal was discarded by the kernel as ignored: a ptracer would have been shown it.
    pub const IGNORED: u8 = 8;
    /// Some blob did not fit into the record and is missing.
    pub const FULL: u8 = 16;
    /// The thread that called execve was not the leader; its tid changed.
    pub const MOVED: u8 = 32;
    /// The plan was chosen by the selector argument.
    pub const VARIANT: u8 = 64;
    /// The reader was woken for this record (`Plan::AWAITED`).
    pub const AWAITED: u8 = 128;
    /// The kernel refused the operation before it had read what it was asked: there are no arguments. Only operations have it, and none
    /// of them `IGNORED`.
    pub const REFUSED: u8 = 8;
    /// A new task is in the namespaces of the one that made it. Only `FORK` has it, and none of them `IGNORED`.
    pub const TOGETHER: u8 = 8;
}

/// Bit of a call's [`Head::cpu`]: the kernel did not carry it out. Its end was seen and not its entry, as where a seccomp filter or a
/// ptracer puts a result in the place of the call; `time` is that of the end.
pub const SKIPPED: u32 = 1 << 30;

/// The head of a record.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Bytes of the whole record, a multiple of 8.
    pub len: u32,
    /// A word of [`kind`].
    pub kind: u8,
    /// Bits of [`flag`].
    pub flags: u8,
    /// Number of blobs that follow.
    pub blobs: u16,
    /// The task.
    pub tid: u32,
    /// Its process (thread group).
    pub tgid: u32,
    /// Syscall number, by the ABI that `COMPAT` tells; of an operation its opcode.
    pub nr: u32,
    /// The CPU on which the record was made, where the source tells it, with [`crate::parts::PART`] and [`SKIPPED`]; of an operation
    /// the flags of its submission (`IOSQE_*`).
    pub cpu: u32,
    /// CLOCK_MONOTONIC in ns, when the call was entered or the event happened.
    pub time: u64,
    /// Duration of the call in ns.
    pub dur: u64,
    /// Return value: negative errno on failure.
    pub ret: i64,
    /// User-space instruction pointer.
    pub ip: u64,
    /// Arguments as they were at entry.
    pub args: [u64; 6],
}

impl Head {
    /// Nothing is told.
    pub const NONE: Head = Head {
        len: 0,
        kind: 0,
        flags: 0,
        blobs: 0,
        tid: 0,
        tgid: 0,
        nr: 0,
        cpu: 0,
        time: 0,
        dur: 0,
        ret: 0,
        ip: 0,
        args: [0; 6],
    };
}

/// How much of a blob was copied.
pub mod status {
    /// All of it.
    pub const WHOLE: u8 = 0;
    /// The first `len` bytes of `want`: the plan's limit was reached.
    pub const CUT: u8 = 1;
    /// The memory could not be read (after `len` bytes).
    pub const FAULT: u8 = 2;
    /// The record had no room left.
    pub const NO_ROOM: u8 = 3;
    /// There is nothing: a bad or closed descriptor.
    pub const ABSENT: u8 = 4;
}

/// The head of a blob; its bytes follow, padded to 8.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blob {
    /// The argument it belongs to, 0 to 5, [`crate::plan::ARG_RET`] or [`crate::plan::ARG_SP`].
    pub arg: u8,
    /// A word of [`crate::plan::shape`].
    pub shape: u8,
    /// A word of [`status`].
    pub status: u8,
    /// The phase at which it was copied, a word of [`crate::plan::phase`].
    pub phase: u8,
    /// Which piece of the shape this is.
    pub part: u16,
    /// Unused, zero.
    pub pad: u16,
    /// Bytes that follow.
    pub len: u32,
    /// Bytes (or elements) there were, where that is known; else `len`.
    pub want: u32,
}

/// How the path in a [`File`] blob is to be read.
pub mod path {
    /// No path: what the file is follows from `mode` and `magic`.
    pub const NONE: u8 = 0;
    /// Names from the file up to the root, each ended by a NUL: "passwd\0etc\0" is /etc/passwd.
    pub const NAMES: u8 = 1;
    /// As readlink(2) of /proc/PID/fd/N gives it.
    pub const TEXT: u8 = 2;
    /// As `NAMES`, but cut: directories are missing at the front.
    pub const CUT: u8 = 3;
}

/// What more is known of a file than its name: words behind the path, the first of which is one of these.
pub mod details {
    /// Of an eventfd: what stands in it, its id, whether reads take one of the count.
    pub const EVENTS: u64 = 1;
    /// Of a signalfd: its signals, bit 0 is signal 1.
    pub const SIGNALS: u64 = 2;
    /// Of an open `/dev/ptmx`: the number of the terminal that is its other end.
    pub const TERMINAL: u64 = 3;
}

/// What a descriptor refers to: the bytes of an `FD`, `DIRFD` or `FDS` blob. A [`Sock`] follows when
/// `mode` says that it is a socket, then `path_len` bytes of path (of a unix socket: its bound name, as
/// in `sun_path`, with the leading NUL of an abstract one; of other sockets none; `path` is `NONE`). A field
/// that the source does not know is 0: the ptrace source leaves `flags` and `magic` so, since its paths are
/// `TEXT`, which names what has no path (`pipe:[5]`, `anon_inode:[eventpoll]`).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Inode number.
    pub ino: u64,
    /// Device of the file system, in the kernel's encoding (`major << 20 | minor`).
    pub dev: u32,
    /// Device a device file stands for, in the kernel's encoding. Of a pidfd (`magic` is that of pidfs,
    /// 0x50494446, or the path is `anon_inode:[pidfd]`): the process it refers to, 0 when it has ended or is
    /// of another pid namespace.
    pub rdev: u32,
    /// Type and permissions, as `st_mode`.
    pub mode: u32,
    /// Flags of the open file (`O_*`, `f_flags`). The kernel takes O_CREAT out of them; it stands here when opening the file made it
    /// (`FMODE_CREATED`).
    pub flags: u32,
    /// Magic number of the file system (`s_magic`, include/uapi/linux/magic.h).
    pub magic: u32,
    /// A word of [`path`].
    pub path: u8,
    /// 1 when the file has no name any more.
    pub deleted: u8,
    /// Bytes of path that follow.
    pub path_len: u16,
}

/// The ends of a socket.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sock {
    /// Address family (`AF_*`), 0 when it could not be read.
    pub family: u16,
    /// `SOCK_*`.
    pub ty: u16,
    /// `IPPROTO_*` or the family's own.
    pub protocol: u16,
    /// State, `TCP_*` of include/net/tcp_states.h.
    pub state: u8,
    /// Unused, zero.
    pub pad: u8,
    /// Own port, host order.
    pub sport: u16,
    /// Peer's port, host order.
    pub dport: u16,
    /// Network namespace (inode number).
    pub netns: u32,
    /// Own address; IPv4 in the first four bytes.
    pub saddr: [u8; 16],
    /// Peer's address.
    pub daddr: [u8; 16],
    /// Inode number of the peer (unix), the port id (netlink), else 0.
    pub peer: u64,
}

/// Rounds up to the alignment of blobs and records.
#[inline(always)]
pub const fn align(n: usize) -> usize {
    (n + 7) & !7
}

const _: () = assert!(size_of::<Head>() == 104);
const _: () = assert!(size_of::<Blob>() == 16);
const _: () = assert!(size_of::<Sock>() == 56);
const _: () = assert!(size_of::<File>() == 32);

macro_rules! plain {
    ($($t:ty),*) => {$(
        impl $t {
            /// The bytes of this value.
            #[inline(always)]
            pub fn bytes(&self) -> &[u8] {
                // SAFETY: the type is repr(C), has no padding (asserted by its size where it is declared) and any
                // byte pattern is a value of it.
                unsafe { core::slice::from_raw_parts((self as *const Self).cast::<u8>(), size_of::<Self>()) }
            }

            /// Reads a value from the front of `bytes`; `None` when they are too few.
            #[inline(always)]
            pub fn read(bytes: &[u8]) -> Option<Self> {
                if bytes.len() < size_of::<Self>() {
                    return None;
                }
                // SAFETY: there are enough bytes, any pattern is a value, unaligned reads are allowed here.
                Some(unsafe { core::ptr::read_unaligned(bytes.as_ptr().cast::<Self>()) })
            }
        }
    )*};
}
plain!(Head, Blob, File, Sock, crate::config::Config, crate::snapshot::SnapshotConfig, crate::times::TimesConfig);
