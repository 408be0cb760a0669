//! Plans: what to copy for a call, and when. A plan is lowered from a syscall's row, so the code
//! that carries it out knows no syscall by name.

/// Operations a plan may hold at most.
pub const MAX_OPS: usize = 10;
/// `Op::arg` of an operation that works on the return value.
pub const ARG_RET: u8 = 6;
/// `Op::arg` of a `BYTES` operation that works on the user stack pointer at the call's entry.
pub const ARG_SP: u8 = 7;
/// Bytes a single blob may hold at most, whatever its operation asks.
pub const BLOB_MAX: usize = 12 * 1024;
/// Bytes of a path name at most, with its NUL (`PATH_MAX`, include/uapi/linux/limits.h).
pub const PATH_MAX: usize = 4096;
/// Vector elements (iovec, mmsghdr) whose data is copied at most.
pub const VEC_MAX: usize = 32;
/// Strings of an argv that are copied at most.
pub const ARGV_MAX: usize = 64;
/// Descriptors of an array that are resolved at most.
pub const FDS_MAX: usize = 16;
/// Structures behind an array of pointers that are copied at most.
pub const REFS_MAX: usize = 16;
/// Words of a set of descriptors that are looked through at most: what `FD_SETSIZE` has.
pub const SET_WORDS: usize = 16;

/// Bytes of a message's name at most (`struct sockaddr_storage`).
pub const NAME_MAX: usize = 128;
/// Bytes of a message's control data at most.
pub const CONTROL_MAX: usize = 1024;
/// Directory entries that `ENTRIES` counts at most.
pub const ENTRIES_MAX: u32 = 8192;
/// Strings that `COUNT` and `ARGV` count at most; the status is then `CUT`.
pub const COUNT_MAX: usize = 65535;

/// When an operation runs. The end of a call has failed when its value is -1 to -4095, the restart codes
/// among them.
pub mod phase {
    /// At the call's entry: what the kernel is about to read, and what it may destroy.
    pub const ENTER: u8 = 0;
    /// At the call's end, when it did not fail.
    pub const EXIT_OK: u8 = 1;
    /// At the call's end, however it ended.
    pub const EXIT: u8 = 2;
    /// Not of an operation: still at the entry, for what could not be read.
    pub const AGAIN: u8 = 3;
}

/// What an operation copies. `ptr` is the value of argument `Op::arg`.
///
/// Blobs come in the order of the operations. A `ptr` of 0 gives no blob (neither do NULL pointers inside a
/// vector or a message); memory that can not be read gives status FAULT with the bytes before it. `want` of
/// a blob is what there was before any limit, in bytes; a length that can not be read (`DEREF`) gives FAULT
/// with no bytes.
pub mod shape {
    /// Nothing: the end of the plan.
    pub const NONE: u8 = 0;
    /// A NUL-terminated string at `ptr`, at most `cap` bytes with its NUL, which is not part of the blob:
    /// WHOLE when the NUL is among them, else CUT with `cap` bytes. A `cap` beyond `BLOB_MAX` asks for more than there can be:
    /// what is then cut is counted (`Loss::BlobCut`).
    pub const TEXT: u8 = 1;
    /// `len` elements at `ptr`, at most `cap` bytes; `max` has no meaning. A length of 0 gives an empty
    /// blob.
    pub const BYTES: u8 = 2;
    /// An array of `len` `struct iovec` at `ptr` (one blob, part 0), then the bytes of each element
    /// (part 1 + i), at most `cap` bytes each; at the exit phases the total is bounded by the
    /// return value; elements behind it are empty blobs. Elements beyond `max` and `VEC_MAX` are left out
    /// (part 0 is CUT).
    pub const IOVEC: u8 = 3;
    /// A `struct msghdr` (part 0), its name (part 1), control data (part 2), iovec array (part 3)
    /// and the elements' bytes (part 4 + i, at most `cap` each), bounded as in `IOVEC`. Lengths of name and
    /// control data are those in the struct at that phase.
    pub const MSGHDR: u8 = 4;
    /// An array of `len` `struct mmsghdr` at `ptr` (part 0); for each message i the parts of
    /// `MSGHDR` but the first (it lies in the array), shifted by `MMSG_PARTS * i + 1`. At the exit phases a
    /// message is bounded by its own `msg_len`.
    pub const MMSG: u8 = 5;
    /// A NULL-terminated array of string pointers; one blob of `u64` pointers (part 0), then a
    /// string each (part 1 + i), at most `cap` bytes each. `want` of part 0 is the number of strings
    /// that were counted.
    pub const ARGV: u8 = 6;
    /// As `ARGV`, but only counted: an empty blob, whose `want` is the number of strings.
    pub const COUNT: u8 = 7;
    /// The open file behind the descriptor (the low 32 bits of the value); see `event::File`. Status ABSENT when
    /// it is negative or not open; no blob when it could not be told (`Loss::FdUnresolved`), but a socket
    /// whose ends could not be told is still sent, with family 0 if need be.
    pub const FD: u8 = 8;
    /// As `FD`, and AT_FDCWD means the current directory.
    pub const DIRFD: u8 = 9;
    /// The open files behind `len` descriptors (i32) at `ptr`, `unit` bytes apart: part i each, as `FD`;
    /// at most `max` and `FDS_MAX`. Here `len::ONE` stands for `max` descriptors.
    pub const FDS: u8 = 10;
    /// The environment of the program that the process runs, as it lies in its memory (`NAME=VALUE\0...`): blobs of
    /// `BLOB_MAX` bytes, part 0 and 1; `want` of part 0 is what there is. Only at the end of an execve.
    pub const ENVIRON: u8 = 11;
    /// The file of the program that the process runs, as `FD`.
    pub const EXE: u8 = 12;
    /// The current directory, as `DIRFD` of AT_FDCWD, whatever the argument is.
    pub const CWD: u8 = 13;
    /// Whether the path at `ptr` leads to a file before the call: a byte, 1 or 0. `len_arg` is the argument with the directory's
    /// descriptor, [`super::ARG_RET`] for none. Only carried out by the ptrace source: the kernel side has `O_CREAT` in the flags of
    /// [`crate::event::File`].
    pub const EXISTS: u8 = 14;
    /// A set of descriptors (`fd_set`): its bytes as `BYTES`, part 0; then the open file behind each descriptor in it, as `FD`: part
    /// 1 + the descriptor. At most `FDS_MAX` of the first `SET_WORDS` words; what is left out is counted
    /// (`Loss::FdUnresolved`).
    pub const FDSET: u8 = 15;
    /// An array of `len` pointers at `ptr` (part 0); behind each, the `cap` bytes of a structure (part 1 + 2i), and the open file behind
    /// the descriptor that stands `fd_at` bytes into it (part 2 + 2i), as `FD`; none where `fd_at` is 0. At most `REFS_MAX`; what is
    /// left out is counted (`Loss::BlobCut`).
    pub const REFS: u8 = 16;
    /// The open file behind the descriptor that the value is, as `FD`, whose word the blob has; or, where argument `len_arg` is not 0,
    /// the file in that place of the ring's own table (counted from 1; all ones: in the place that the value is). Of operations.
    pub const SLOT: u8 = 17;
    /// The file of the ring's own table that an operation works on, as `FD` of the entry. Only at the end.
    pub const FILE: u8 = 18;
    /// The open files behind the descriptors that the control data of the `struct msghdr` at `ptr` pass (`SCM_RIGHTS`): blobs of shape
    /// `FDS`, whose part is the place of the descriptor in the control data, in units of 4 bytes. At most `RIGHTS_STEPS` messages
    /// and descriptors together; what is left out is counted (`Loss::FdUnresolved`). Not of operations.
    pub const RIGHTS: u8 = 19;
    /// The frames of the task's stack, as the source found them (`tracer::stack::frames`): entries, in parts. In no plan; of argument
    /// [`super::ARG_SP`]; its phase tells when they were looked for.
    pub const STACK: u8 = 20;
    /// Of `len` bytes of directory entries at `ptr` that no blob has room for: an empty blob, whose `want` is how many entries they are. None
    /// where `BYTES` has them all, and where they are more than `ENTRIES_MAX`. `fd_at` is where in an entry its length stands, a `u16`.
    pub const ENTRIES: u8 = 21;
    /// The address at `ptr`, of `len` bytes, as it stands there at the end of the call; where `unit` is not 1, those which `len` `struct msghdr` or
    /// `struct mmsghdr` at `ptr` name then, whose size that is: part i each, at most `VEC_MAX`. Part 65535, `ABSENT`: others may have
    /// written there meanwhile. Only carried out by the ptrace source: the kernel side tells of packets (`kind::PACKET`).
    pub const TAKEN: u8 = 22;

    /// As `TEXT`, where the value may be no address: what cannot be one, or cannot be read, gives no blob.
    pub const PERHAPS: u8 = 23;
    /// The open file behind the descriptor (an `i32`) that stands `fd_at` bytes into the structure at `ptr` (`FILE`, `DIR`): as `FD`, whose
    /// word the blob has.
    pub const STREAM: u8 = 24;
    /// The unix socket that the descriptor is, where `len_arg` is 1, else that which it is connected to: its file, as `FD` with a `mode` that has
    /// no type; of one that has none its name, as in `sun_path`, with [`super::super::event::path::TEXT`]. The ptrace source tells a name
    /// as it was bound in either case, and the file's numbers where they are known; `deleted` is 1 where others have the same name. No blob of other sockets, and of those without name.
    pub const UNIX: u8 = 25;

    /// Shapes in plans of operations of io_uring: the kernel side carries out no others there, so that less is to be verified.
    pub const OF_OPERATIONS: [u8; 9] = [BYTES, IOVEC, MSGHDR, FD, DIRFD, CWD, FDS, SLOT, FILE];
}

/// Control messages and passed descriptors that are looked at, together.
pub const RIGHTS_STEPS: u32 = FDS_MAX as u32 + 8;

/// Level and kind of a control message that passes descriptors, as they stand in it: SOL_SOCKET, SCM_RIGHTS (include/linux/socket.h).
pub const SCM_RIGHTS: u64 = 1 << 32 | 1;

/// Parts of an environment.
pub const ENVIRON_PARTS: u16 = 2;

/// Parts of one message in `shape::MMSG`: name, control data, iovec array, and `VEC_MAX` elements.
pub const MMSG_PARTS: u16 = 8 + VEC_MAX as u16;

/// Where an operation's length comes from; it is multiplied with `Op::unit`.
pub mod len {
    /// One element (of `shape::FDS`: `max` elements).
    pub const ONE: u8 = 0;
    /// The value of argument `len_arg`.
    pub const ARG: u8 = 1;
    /// The `u32` that argument `len_arg` points to.
    pub const DEREF: u8 = 2;
    /// The return value.
    pub const RET: u8 = 3;
    /// The bits of argument `len_arg`, rounded up to 8-byte words (fd_set, cpu masks in bits).
    pub const BITS: u8 = 4;
    /// The `u64` that argument `len_arg` points to.
    pub const DEREF64: u8 = 5;
    /// The value of argument `len_arg`, times that of argument `fd_at` (`size_t size, size_t n`).
    pub const TIMES: u8 = 6;
}

/// One copy operation.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Op {
    /// What is copied, a word of [`shape`].
    pub shape: u8,
    /// The argument it works on, 0 to 5, [`ARG_RET`] or [`ARG_SP`].
    pub arg: u8,
    /// When, a word of [`phase`].
    pub phase: u8,
    /// Where the length comes from, a word of [`len`].
    pub len: u8,
    /// The argument that `len` refers to.
    pub len_arg: u8,
    /// Of `shape::REFS`: where in a structure its descriptor stands; of `shape::ENTRIES` its length. Of `shape::TEXT`: how many bytes
    /// behind the place that the argument is. Of `len::TIMES`: the other argument.
    pub fd_at: u8,
    /// Bytes of one element.
    pub unit: u16,
    /// Bytes at most, of the blob or (vectors, argv) of each element.
    pub cap: u16,
    /// Elements at most, where the shape is an array.
    pub max: u16,
    /// Where `cap` holds, a word of [`only`]; elsewhere it is 0, and what has no other parts gives no blob.
    pub only: u32,
}

/// The port of name servers (RFC 1035).
pub const DOMAIN: u16 = 53;

/// Of which calls the data is copied.
pub mod only {
    /// Of all.
    pub const ALL: u32 = 0;
    /// Of those whose descriptor, argument 0, is a TCP connection on which nothing was sent yet (there a host's name is said: TLS's
    /// ClientHello, HTTP's Host) or a socket of netlink (there the kernel is asked for changes).
    pub const HEARD: u32 = 1;
    /// Of `shape::DIRFD` and `CWD`: of those of whose paths (a bit in `len_arg` for the argument of each; they are copied before) one
    /// may begin there: not at the root, or with `/p`, since what is below /proc may lead back to the directory.
    pub const RELATIVE: u32 = 2;
    /// `cap` holds of all, but those whose descriptor, argument 0, is a socket of netlink: of what is sent and received there all is
    /// copied, for it is shown in words. Of `shape::FD`: of those only.
    pub const NETLINK: u32 = 3;
}

/// Whether a path begins at the root and leads to no directory of a process: see [`only::RELATIVE`].
#[inline(always)]
pub const fn is_rooted(first: u8, second: u8) -> bool {
    first == b'/' && second != b'p'
}

/// What to copy for one call.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// A word of bits, see [`Plan::WANTED`] and its neighbours.
    pub flags: u16,
    /// Number of leading `ops` in use.
    pub ops: u8,
    /// The argument that selects a variant of the plan (`fcntl`'s cmd), when `BY` is set.
    pub selector: u8,
    /// The first operation of the exit phases; those of the entry stand before it.
    pub exit: u8,
    /// A bit for each of the first eight operations that copies at entry what the call itself may write: not tried again at
    /// the end, for what stands there then is not what was passed.
    pub written: u8,
    /// A bit for each operation of the end that is carried out also when the call failed.
    pub always: u16,
    /// A bit for each argument that points to memory of which something is copied at the end.
    pub results: u8,
    /// Unused, zero.
    pub pad: [u8; 7],
    /// The operations, those of the entry first.
    pub op: [Op; MAX_OPS],
}

impl Plan {
    /// The call is traced at all.
    pub const WANTED: u16 = 1;
    /// Some operation runs at entry.
    pub const AT_ENTER: u16 = 2;
    /// Some operation runs at the end.
    pub const AT_EXIT: u16 = 4;
    /// The plan depends on the value of argument `selector`: look up [`Variant`] first.
    pub const BY: u16 = 8;
    /// The reader is woken for the record: it looks at what the call has changed, before the process is gone.
    pub const AWAITED: u16 = 16;
    /// The call is only traced where its descriptor, argument 0, is a socket whose peer's port is [`DOMAIN`].
    pub const ANSWERS: u16 = 32;
    /// Of a 32-bit call: no layout is known of something that it passes, which is not copied (`Loss::Compat`).
    pub const OPAQUE: u16 = 64;
    /// Adds an operation behind the others; those of the entry come first. False when there is no room.
    pub fn add(&mut self, op: Op) -> bool {
        let at = self.ops as usize;
        if at >= MAX_OPS {
            return false;
        }
        self.op[at] = op;
        self.ops += 1;
        if op.phase == phase::ENTER {
            self.flags |= Plan::AT_ENTER;
            self.exit = self.ops;
        } else {
            self.flags |= Plan::AT_EXIT;
            self.always |= u16::from(op.phase == phase::EXIT) << at;
            self.results |= if op.arg < ARG_RET && op.is_memory() { 1 << op.arg } else { 0 };
        }
        true
    }

    /// A bit for each word of [`shape`] that is in it.
    pub fn shapes(&self) -> u32 {
        self.op.iter().take(self.ops as usize).fold(0, |all, op| all | 1 << (op.shape & 31))
    }

    /// A plan for a call nobody asked for.
    pub const NONE: Plan = Plan {
        flags: 0,
        ops: 0,
        selector: 0,
        exit: 0,
        written: 0,
        always: 0,
        results: 0,
        pad: [0; 7],
        op: [Op::NONE; MAX_OPS],
    };
}

impl Op {
    /// What it copies stands in memory that the argument points to; else the argument is a descriptor.
    pub const fn is_memory(&self) -> bool {
        !matches!(
            self.shape,
            shape::FD | shape::DIRFD | shape::SLOT | shape::FILE | shape::EXE | shape::CWD | shape::UNIX
        )
    }

    /// The empty operation.
    pub const NONE: Op =
        Op { shape: 0, arg: 0, phase: 0, len: 0, len_arg: 0, fd_at: 0, unit: 0, cap: 0, max: 0, only: 0 };
}

/// Calls that are spared at most: of each ABI one.
pub const SPARED: usize = 2;

/// A call that nobody wants to know of where an argument says this.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spared {
    /// Its plan ([`plan_index`]).
    pub index: u32,
    /// Where the argument stands in `struct pt_regs`.
    pub at: u32,
    /// The bits that say it,
    pub mask: u32,
    /// and what they say.
    pub value: u32,
}

impl Spared {
    /// No call.
    pub const NONE: Spared = Spared { index: u32::MAX, at: 0, mask: 0, value: 0 };
}

/// What to copy for an operation of io_uring: its arguments stand in structures of the kernel, one for each opcode.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What its arguments point to, as of a call.
    pub plan: Plan,
    /// Where its arguments stand; only the first six are used.
    pub part: [Part; 8],
    /// The argument that is the file it works on, or a number above 5.
    pub file: u8,
    /// Bits of [`Operation::KNOWN`] and its neighbours.
    pub flags: u8,
    /// Unused, zero.
    pub pad: [u8; 6],
}

impl Operation {
    /// It has a row, of which this kernel tells everything.
    pub const KNOWN: u8 = 1;
    /// It may come to more than one result.
    pub const REPEATS: u8 = 2;

    /// An operation that nobody knows.
    pub const UNKNOWN: Operation = Operation {
        plan: Plan { flags: Plan::WANTED, ..Plan::NONE },
        part: [Part::NONE; 8],
        file: u8::MAX,
        flags: 0,
        pad: [0; 6],
    };
}

/// Number of opcodes that have a plan; higher ones are as unknown as the last.
pub const OPERATIONS: usize = 128;

/// Where an argument of an operation stands.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// In what, a word of [`place`].
    pub place: u8,
    /// As what, a word of [`form`].
    pub form: u8,
    /// Where in it.
    pub off: u16,
    /// Bytes: of a number, or of memory at most.
    pub size: u16,
    /// Of memory, the argument that tells how many bytes there are, or a number above 5: as many as `size`.
    pub len_arg: u8,
    /// Unused, zero.
    pub pad: u8,
    /// Bits of a number that the kernel has added.
    pub added: u64,
}

impl Part {
    /// The argument is not told.
    pub const NONE: Part = Part { place: 0, form: 0, off: 0, size: 0, len_arg: 0, pad: 0, added: 0 };
}

/// In what an argument of an operation stands.
pub mod place {
    /// Nowhere.
    pub const NONE: u8 = 0;
    /// In the request (`struct io_kiocb`), of whose begin the opcode has a structure of its own.
    pub const REQUEST: u8 = 1;
    /// In what the kernel keeps besides (`io_kiocb.async_data`).
    pub const ASYNC: u8 = 2;
    /// There, too: an address, or a structure that has it at the offset. Which of the two, no kernel says; the structure begins with
    /// a pointer, an address with its family.
    pub const EITHER: u8 = 3;
}

/// As what an argument of an operation stands there.
pub mod form {
    /// A number of 1, 2, 4 or 8 bytes.
    pub const NUMBER: u8 = 0;
    /// A pointer to a `struct filename`: the argument is the text there, as a `TEXT` blob.
    pub const NAME: u8 = 1;
    /// A pointer to a text of the kernel's, as a `TEXT` blob.
    pub const TEXT: u8 = 2;
    /// The bytes that the argument would point to, as a `BYTES` blob.
    pub const MEMORY: u8 = 3;
}

/// Bytes of a request that are copied to read its arguments.
pub const REQUEST: usize = 192;

/// The key of a plan that a selector argument chooses.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Variant {
    /// Index into the plans, as [`plan_index`] gives it.
    pub index: u32,
    /// The selector's value, cut to 32 bits.
    pub value: u32,
}

/// Number of plans: two tables of 512, native and 32-bit.
pub const PLANS: usize = 1024;

/// The place of a call's plan; `compat` is true for a 32-bit call of a 64-bit kernel. Numbers above 511 have
/// no place: they are unknown calls, always wanted, of which nothing is copied.
#[inline(always)]
pub const fn plan_index(nr: u32, compat: bool) -> u32 {
    (nr & 511) | if compat { 512 } else { 0 }
}

const _: () = assert!(size_of::<Op>() == 16);
const _: () = assert!(size_of::<Plan>() == 16 + 16 * MAX_OPS);
const _: () = assert!(size_of::<Part>() == 16 && size_of::<Operation>() == size_of::<Plan>() + 8 * 16 + 8);
