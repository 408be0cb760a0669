//! How lines look.

/// How strace text looks.
#[derive(Debug, Clone)]
pub struct Style {
    /// Bytes of a string (`-s`).
    pub strlen: usize,
    /// Column of `=` (`-a`).
    pub column: usize,
    /// Structures in full (`-v`): per call, by native number; `None` abbreviates all.
    pub verbose: Verbose,
    /// Calls whose structures are not followed but shown as addresses (`-e verbose=` inverted).
    pub addresses: CallSet,
    /// Calls whose arguments are shown raw (`-e raw=`).
    pub raw: CallSet,
    /// Strings in hex (`-x`, `-xx`).
    pub hex: Hex,
    /// Named constants (`-X`).
    pub names: NameStyle,
    /// Descriptors: paths (`-y`), everything (`-yy`).
    pub fds: Fds,
    /// What stands beside pids (`--decode-pids`).
    pub pids: Pids,
    /// What stands behind the results of calls.
    pub beside: Beside,
    /// Wall-clock stamp (`-t`) .
    pub stamp: Stamp,
    /// Time since the previous line (`-r`), with digits after the point.
    pub relative: Option<u8>,
    /// Time spent in the call (`-T`), with digits after the point.
    pub duration: Option<u8>,
    /// Syscall number (`-n`).
    pub number: bool,
    /// Argument names (`-N`).
    pub arg_names: bool,
    /// Instruction pointer (`-i`).
    pub ip: bool,
    /// The pid even for a single task.
    pub always_pid: bool,
    /// The stack below each call (`-k`).
    pub stack: bool,
    /// Calls of library functions.
    pub library: LibraryStyle,
}

/// How calls of library functions look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LibraryStyle {
    /// Names of C++ and Rust as they are written there (`-C`).
    pub demangle: bool,
    /// Blanks for each call that one is within (`-n`).
    pub indent: usize,
    /// Who calls is said (where `-e` or `-l` was given).
    pub callers: bool,
    /// System calls are shown where they are made within a function that is (`-e tls`).
    pub within: bool,
}

impl Style {
    /// For events that the caller takes itself, with strings of so many bytes.
    pub fn events(strlen: u32) -> Style {
        Style { fds: Fds { path: true, socket: true, ..Fds::default() }, ..Style::new(strlen as usize) }
    }

    /// strace's defaults, but for the bytes of a string.
    pub fn new(strlen: usize) -> Style {
        Style {
            strlen,
            column: 40,
            verbose: Verbose::None,
            addresses: Vec::new(),
            raw: Vec::new(),
            hex: Hex::None,
            names: NameStyle::Abbrev,
            fds: Fds::default(),
            pids: Pids::default(),
            beside: Beside::default(),
            stamp: Stamp::None,
            relative: None,
            duration: None,
            number: false,
            arg_names: false,
            ip: false,
            always_pid: false,
            stack: false,
            library: LibraryStyle::default(),
        }
    }
}

/// Which structures are shown in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verbose {
    /// None.
    None,
    /// All (`-v`).
    All,
    /// Those of these native calls (`-e abbrev=` inverted).
    Some(Vec<bool>),
}

impl Verbose {
    /// Whether a call that takes an environment is shown in full.
    pub fn environments(&self) -> bool {
        match self {
            Verbose::None => false,
            Verbose::All => true,
            Verbose::Some(full) => {
                let numbers = [libc::SYS_execve, libc::SYS_execveat];
                numbers.iter().any(|&nr| full.get(nr as usize).copied().unwrap_or(false))
            }
        }
    }
}

/// A set of native call numbers; empty for none.
pub type CallSet = Vec<bool>;

/// `-x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hex {
    /// Octal escapes where needed.
    None,
    /// The whole string in hex when it has a non-ASCII byte (`-x`).
    NonAscii,
    /// Only the non-ASCII bytes in hex.
    NonAsciiChars,
    /// All strings (`-xx`).
    All,
}

/// `-X`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameStyle {
    /// Names.
    Abbrev,
    /// Numbers.
    Raw,
    /// Numbers with names in a comment.
    Verbose,
}

/// What of a descriptor is shown (`--decode-fds`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fds {
    /// Paths.
    pub path: bool,
    /// Socket addresses.
    pub socket: bool,
    /// Device numbers.
    pub dev: bool,
    /// The process of a pidfd.
    pub pidfd: bool,
    /// What stands in an eventfd, and which it is.
    pub eventfd: bool,
    /// The signals of a signalfd.
    pub signalfd: bool,
}

/// What is looked up beside what calls pass and give back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beside {
    /// The namespaces that a call led to (`-e namespace=new`).
    pub namespaces: bool,
    /// Why a virtual CPU stopped (`-e kvm=vcpu`).
    pub exits: bool,
}

/// What stands beside pids (`--decode-pids`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pids {
    /// Names of processes and threads (`-Y`).
    pub comm: bool,
    /// The number in tracer's own pid namespace, where it is another.
    pub here: bool,
}

/// `-t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// None.
    None,
    /// `14:41:45`, with digits after the point.
    Clock(u8),
    /// Seconds since the epoch, with digits after the point.
    Unix(u8),
}
