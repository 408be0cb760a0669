//! What both sides know of blocks of memory that programs are given and give back (`tracer ltrace --leaks`).

/// Whose block it is, and where: a process that runs another program has its memory anew, at the same addresses perhaps.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The process; of one that shares its parent's memory until it runs a program (`vfork`), the parent.
    pub process: u32,
    /// How many programs it has run before (`task_struct.self_exec_id`).
    pub program: u32,
}

/// The key of a block.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// Its address.
    pub address: u64,
    /// Whose it is.
    pub owner: Owner,
}

/// A block that was given, and not given back.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Its size, bytes, as it was asked for.
    pub size: u64,
    /// When it was given: CLOCK_MONOTONIC, ns.
    pub time: u64,
    /// By which calls: a number that the copy of such a stack has, too. 0: the stack was not looked at.
    pub stack: u64,
    /// The number of the function that gave it.
    pub function: u32,
    /// The task that was given it.
    pub tid: u32,
}

/// The call of a function of blocks that a task is in, the outermost: what that calls is its own business. The value of a task storage.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Giving {
    /// The stack pointer at its entry; 0 where the task is in none.
    pub sp: u64,
    /// What it will have given, but for the address.
    pub block: Block,
    /// The argument that is an address: of the block that is made another, or of where the address of the new one is put.
    pub address: u64,
    /// The block that is made another, as it was; its size is [`NO_BLOCK`] where none was known.
    pub before: Block,
    /// The second and the third argument of what maps memory anew.
    pub args: [u64; 2],
    /// What a task gave back last, to know a function that calls another to do so: the address, and the stack pointer.
    pub freed: [u64; 2],
}

/// In the place of a size: there is no such block.
pub const NO_BLOCK: u64 = u64::MAX;

/// Where the code of a process is: what stands on its stack is part of a stack's number only where it points there.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// A number of its own for what is said here.
    pub number: u64,
    /// How many ranges there are.
    pub count: u64,
    /// Two ranges that all of it is in: most words are in neither.
    pub around: [[u64; 2]; 2],
    /// The ranges, in order: the first address, and the one behind the last.
    pub ranges: [[u64; 2]; CODES],
}

/// Ranges that there is room for: a power of two.
pub const CODES: usize = 256;

impl Code {
    /// None.
    pub const NONE: Code = Code { number: 0, count: 0, around: [[0; 2]; 2], ranges: [[0; 2]; CODES] };
}

/// Bytes of a stack that are looked at, from the stack pointer on: its frames are told that have their ends there.
pub const STACK: usize = 8192;

/// What a probe is told of its function, and with its number makes up its cookie.
pub mod cookie {
    /// From this bit on, four: what the function does, a word of [`super::does`].
    pub const DOES: u32 = 32;
    /// From this bit on, three each: the arguments that are of interest, by their registers.
    pub const ARGS: [u32; 3] = [36, 39, 42];
    /// There is no such argument.
    pub const NONE: u64 = 7;
}

/// What a function does to blocks, and which arguments are of interest.
pub mod does {
    /// It returns a new one; the product of the first two arguments is its size.
    pub const GIVES: u64 = 1;
    /// It puts the address of a new one where the first argument points, and returns 0; the second is its size.
    pub const PUTS: u64 = 2;
    /// It makes another of the first argument, and returns it; the product of the second and the third is its size.
    pub const RESIZES: u64 = 3;
    /// It takes back the first argument.
    pub const FREES: u64 = 4;
    /// It maps memory: as many bytes as the first argument says.
    pub const MAPS: u64 = 5;
    /// It unmaps memory: from the first argument on as many bytes as the second says.
    pub const UNMAPS: u64 = 6;
    /// It moves what is mapped: from the first argument on as many bytes as the second says, to as many as the third says.
    pub const REMAPS: u64 = 7;
}

/// What is counted besides.
pub mod counts {
    /// Blocks that were given back, and that nobody had seen given.
    pub const UNKNOWN: u32 = 0;
    /// Calls of allocating functions.
    pub const GIVEN: u32 = 1;
    /// How many counts there are.
    pub const ALL: u32 = 2;
}

const _: () = assert!(size_of::<Place>() == 16 && size_of::<Block>() == 32 && CODES.is_power_of_two());
