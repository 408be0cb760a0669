//! What a command and all that it started did to files, and with whom it talked, as plain data: [`Evidence`]. Policies judge
//! it, reports render it, baselines keep it.
//!
//! Nothing here depends on chance: no process ids, no times, no counts of calls. Two runs that do the same give the same
//! evidence, in the same order.

mod accesses;
pub mod collect;
mod dns;
mod effect;
pub mod effects;
mod given;
mod greeting;
mod handed;
mod merge;
pub mod names;
pub mod ports;
mod real;
mod runner;
mod serving;
pub mod stable;
pub mod timeline;
pub mod units;
mod whose;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;

pub use self::effect::{Change, Diff, Effect, Held};
pub use self::given::Given;
pub use self::timeline::{Timeline, Words};
pub use real::{Judged, Real};
pub use runner::{Runner, Unit};

/// A text of many accesses: a suite opens the same few files in every process.
pub type Shared = Rc<[u8]>;

/// What was done to an object. The order is that of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// A file was opened for reading, or mapped, or a program or library was loaded from it.
    Read,
    /// The entries of a directory were listed.
    List,
    /// A file, directory, link, device or fifo was made.
    Create,
    /// A file was opened for writing; [`Access::wrote`] tells whether something was written.
    Write,
    /// A file was cut or extended.
    Truncate,
    /// A file was given another name; [`Access::to`] is the new one.
    Rename,
    /// A name was removed.
    Delete,
    /// Permissions were changed.
    Chmod,
    /// Owner or group was changed.
    Chown,
    /// Times of access or modification were changed.
    Times,
    /// Extended attributes, flags of the inode or quota were changed.
    Attributes,
    /// A program was run.
    Run,
    /// A socket was bound to an address.
    Bind,
    /// A socket was made to accept connections.
    Listen,
    /// A connection was begun, or a datagram socket was given its peer.
    Connect,
    /// A datagram was sent to an address.
    Send,
}

impl Op {
    /// All of them, in order.
    pub const ALL: [Op; 16] = [
        Op::Read,
        Op::List,
        Op::Create,
        Op::Write,
        Op::Truncate,
        Op::Rename,
        Op::Delete,
        Op::Chmod,
        Op::Chown,
        Op::Times,
        Op::Attributes,
        Op::Run,
        Op::Bind,
        Op::Listen,
        Op::Connect,
        Op::Send,
    ];

    /// The word of policies, baselines and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Op::Read => "read",
            Op::List => "list",
            Op::Create => "create",
            Op::Write => "write",
            Op::Truncate => "truncate",
            Op::Rename => "rename",
            Op::Delete => "delete",
            Op::Chmod => "chmod",
            Op::Chown => "chown",
            Op::Times => "times",
            Op::Attributes => "attributes",
            Op::Run => "run",
            Op::Bind => "bind",
            Op::Listen => "listen",
            Op::Connect => "connect",
            Op::Send => "send",
        }
    }

    /// The operation of a word.
    pub fn parse(word: &str) -> Option<Op> {
        Op::ALL.into_iter().find(|op| op.name() == word)
    }

    /// It changes files.
    pub const fn changes(self) -> bool {
        use Op::*;
        matches!(self, Create | Write | Truncate | Rename | Delete | Chmod | Chown | Times | Attributes)
    }
}

/// What something was done to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// A file or directory by its absolute path, as the kernel resolved it; any bytes but NUL.
    File(Shared),
    /// An address of IPv4 or IPv6.
    Inet {
        /// `tcp`, `udp`, `sctp`, `mptcp`, else `ip`.
        protocol: &'static str,
        /// Address and port. Where `ephemeral` is set, the port is 0.
        address: SocketAddr,
        /// The kernel chose the port (of this run only), for a socket of the command.
        ephemeral: bool,
        /// Its names, those first that the command was told an address for.
        hosts: Vec<HostName>,
    },
    /// A unix socket by its name: a path, or `@` and the rest of an abstract one.
    Unix(Shared),
    /// An address of another family: `AF_NETLINK`, `AF_VSOCK`, ..., and its address in words.
    Other(&'static str, String),
}

/// A name of a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName {
    /// How it is known.
    pub by: KnownBy,
    /// In lower case.
    pub name: String,
}

/// How a host's name is known, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KnownBy {
    /// A name server answered the command with the address.
    Answer,
    /// It stands in the `/etc/hosts` that the command read.
    HostsFile,
    /// The command said it as TLS's server name to the address.
    ServerName,
    /// The command said it as HTTP's Host to the address.
    HostHeader,
}

impl KnownBy {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            KnownBy::Answer => "DNS",
            KnownBy::HostsFile => "/etc/hosts",
            KnownBy::ServerName => "SNI",
            KnownBy::HostHeader => "Host",
        }
    }

    /// The command was told an address for the name; else it only said so, which may be untrue.
    pub const fn is_told(self) -> bool {
        matches!(self, KnownBy::Answer | KnownBy::HostsFile)
    }
}

impl HostName {
    /// The surest of names that the command was told an address for.
    pub fn told(hosts: &[HostName]) -> Option<&str> {
        hosts.first().filter(|host| host.by.is_told()).map(|host| &*host.name)
    }
}

impl Object {
    /// An address with its port, or with `ephemeral` for one that the kernel chose: `127.0.0.1:80`, `[::1]:ephemeral`.
    pub fn endpoint(address: &SocketAddr, ephemeral: bool) -> String {
        match (ephemeral, address.is_ipv6()) {
            (false, _) => address.to_string(),
            (true, false) => format!("{}:ephemeral", address.ip()),
            (true, true) => format!("[{}]:ephemeral", address.ip()),
        }
    }
}

/// One thing that was done; everything that tells it from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Access {
    /// Index of the unit in [`Evidence::units`].
    pub unit: usize,
    /// What was done.
    pub op: Op,
    /// To what.
    pub object: Object,
    /// The errno with which it failed; 0 when it did not.
    pub errno: u16,
    /// The new name of a [`Op::Rename`], the target of a link that was made.
    pub to: Option<Shared>,
    /// What the program passed, where that is another absolute path than the object's (through a symbolic link).
    pub passed: Option<Shared>,
    /// Of [`Op::Write`]: bytes were written, or it was mapped for writing and shared. Of [`Op::Rename`]: the unit had written so
    /// to the file that got the new name, as programs do that replace a file at one stroke.
    pub wrote: bool,
    /// The program that did it, by its path.
    pub program: Shared,
    /// The unit had ended: what it had started did it.
    pub later: bool,
}

/// A program that was run, whoever was first: everything that tells it from another.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ran {
    /// Index of the unit in [`Evidence::units`].
    pub unit: usize,
    /// Its file.
    pub program: Vec<u8>,
    /// Its arguments.
    pub words: Words,
    /// The program that started it, or whose place it took; empty for the command.
    pub by: Vec<u8>,
    /// Its wait status, as `waitpid(2)` gives it; `None` when another program took its place, or its end was not seen.
    pub status: Option<i32>,
}

/// Why evidence is incomplete. The order is that of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapKind {
    /// The run was interrupted (`Gap::what` is the signal).
    Interrupted,
    /// Events were lost (`Gap::what` is the reason's name).
    Lost,
    /// io_uring was used: what goes through it is not seen.
    IoUring,
    /// A call was made of which nobody can tell what it did.
    Unseen,
    /// A name, an address or an environment could not be read, or was cut.
    Unreadable,
    /// A process whose unit is not known.
    UnknownUnit,
    /// Processes of the command were still running when it ended.
    StillRunning,
    /// Work was given to a process that is not seen.
    Handed,
    /// More was done than is kept.
    Crowded,
    /// Somebody laid hands on tracer, or on a file of the audit itself.
    Tampered,
}

impl GapKind {
    /// The word of reports.
    pub const fn name(self) -> &'static str {
        match self {
            GapKind::Interrupted => "interrupted",
            GapKind::Lost => "lost",
            GapKind::IoUring => "io_uring",
            GapKind::Unseen => "unseen",
            GapKind::Unreadable => "unreadable",
            GapKind::UnknownUnit => "unknown-unit",
            GapKind::StillRunning => "still-running",
            GapKind::Handed => "handed",
            GapKind::Crowded => "crowded",
            GapKind::Tampered => "tampered",
        }
    }
}

/// Something that may hide accesses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The class.
    pub kind: GapKind,
    /// Whose accesses it may hide; `None`: anyone's.
    pub unit: Option<usize>,
    /// In words, escaped: the loss's name, the call, the program.
    pub what: String,
    /// How often.
    pub count: u64,
}

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The command's words.
    pub command: Vec<Vec<u8>>,
    /// Its wait status: as `waitpid(2)` gives it; `None` when it could not be run, or its end was not seen.
    pub status: Option<i32>,
    /// The errno with which it could not be run.
    pub not_run: Option<i32>,
    /// `ebpf`, `ptrace`.
    pub source: String,
    /// Units, sorted; the first is the harness.
    pub units: Vec<Unit>,
    /// Accesses, sorted, each once.
    pub accesses: Vec<Access>,
    /// Accesses that rules judge by other names than reports show, by index.
    pub real: BTreeMap<usize, Vec<Real>>,
    /// What was done to files by the names that they have in the end, where these are others: claims hold of them.
    pub kept: Vec<Real>,
    /// Programs that were run, sorted, each once.
    pub programs: Vec<Ran>,
    /// Net effects, sorted by path.
    pub effects: Vec<Effect>,
    /// What may be missing, sorted. Empty: the evidence is complete.
    pub gaps: Vec<Gap>,
    /// Things that are worth a word and hide nothing: inherited descriptors, processes left behind. Escaped.
    pub remarks: Vec<String>,
}

/// Names for directories in policies, baselines and reports, with their absolute paths: `$HOME`, `$TMPDIR`, `$WORKSPACE`,
/// `$TARGET`. The longest path that fits wins; of equal ones the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables(pub Vec<(&'static str, Vec<u8>)>);

impl Variables {
    /// Those of the names whose path is absolute and not the root, without slashes at the end.
    pub fn of(named: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> Variables {
        let usable = |(_, path): &(&str, Vec<u8>)| path.starts_with(b"/") && path.len() > 1;
        let bare = |(name, path): (&'static str, Vec<u8>)| {
            let end = path.iter().rposition(|&b| b != b'/').map_or(0, |at| at + 1);
            (name, path[..end].to_vec())
        };
        Variables(named.into_iter().filter(usable).map(bare).collect())
    }

    /// The path behind a name without the `$`.
    pub fn path(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, path)| path.as_slice())
    }

    /// A path with a variable at its front where one fits: `$HOME/.cache`.
    pub fn shorten(&self, path: &[u8]) -> Vec<u8> {
        let fits = |(_, front): &&(&str, Vec<u8>)| {
            front.len() > 1 && path.starts_with(front) && matches!(path.get(front.len()), None | Some(b'/'))
        };
        // `max_by_key` takes the last of equals.
        match self.0.iter().rev().filter(fits).max_by_key(|(_, front)| front.len()) {
            Some((name, front)) => [b"$", name.as_bytes(), &path[front.len()..]].concat(),
            None => path.to_vec(),
        }
    }
}

/// What a rule or a baseline has against an access.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Index of the access in [`Evidence::accesses`].
    pub access: usize,
    /// The rule in words: `deny read $HOME/.ssh/** (tracer.toml:12)`, escaped.
    pub rule: String,
    /// The line of the policy file, from 1; 0 when no line says it (a default).
    pub line: u32,
}

/// An expectation that was not met.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmet {
    /// Index of the unit, when the expectation is one of a unit.
    pub unit: Option<usize>,
    /// The expectation in words, with its place, escaped.
    pub rule: String,
    /// The line of the policy file, from 1.
    pub line: u32,
}

/// What a policy says of evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// The policy file's name, escaped; empty without one.
    pub policy: String,
    /// Accesses that are not allowed, in the order of accesses.
    pub violations: Vec<Violation>,
    /// Expectations that were not met.
    pub unmet: Vec<Unmet>,
}

/// How a run differs from its baseline; lines of the baseline's own form, without line ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// The baseline's file name, escaped.
    pub baseline: String,
    /// What the baseline has not.
    pub new: Vec<String>,
    /// What the baseline has and this run has not.
    pub gone: Vec<String>,
}

/// The verdict; its exit code is `exit::AUDIT_*`. The first of these that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The policy was violated, an expectation not met, or something is new against the baseline.
    Violated,
    /// The command failed.
    CommandFailed,
    /// The evidence is incomplete.
    Incomplete,
    /// None of these.
    Clean,
}

impl Verdict {
    /// The word of reports.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Violated => "violated",
            Verdict::CommandFailed => "command-failed",
            Verdict::Incomplete => "incomplete",
            Verdict::Clean => "clean",
        }
    }
}

/// All that a report tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was done.
    pub evidence: Evidence,
    /// Directories that have names.
    pub variables: Variables,
    /// What the policy says.
    pub judgement: Judgement,
    /// What the baseline says, where there is one.
    pub difference: Option<Difference>,
    /// The verdict.
    pub verdict: Verdict,
    /// When it was done: of the last run, where there were several.
    pub timeline: Timeline,
    /// What was asked to be told of it.
    pub extent: Extent,
}

/// How much a report tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Times and process ids, in forms that have none otherwise.
    pub times: bool,
    /// Every entry of every list, in forms that show only the first.
    pub full: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_have_words() {
        for op in Op::ALL {
            assert_eq!(Op::parse(op.name()), Some(op));
        }
        assert_eq!(Op::parse("open"), None);
    }

    #[test]
    fn the_longest_variable_that_fits_is_used() {
        let variables = Variables(vec![
            ("WORKSPACE", b"/users/u/p".to_vec()),
            ("HOME", b"/users/u".to_vec()),
            ("TMPDIR", b"/tmp".to_vec()),
            ("OTHER", b"/tmp".to_vec()),
        ]);
        for (path, expected) in [
            ("/users/u/p/src", "$WORKSPACE/src"),
            ("/users/u/p", "$WORKSPACE"),
            ("/users/u/pp", "$HOME/pp"),
            ("/users/user", "/users/user"),
            ("/tmp/x", "$TMPDIR/x"),
            ("/", "/"),
        ] {
            assert_eq!(variables.shorten(path.as_bytes()), expected.as_bytes(), "{path}");
        }
        assert_eq!(variables.path("HOME"), Some(b"/users/u".as_slice()));
        assert_eq!(variables.path("NONE"), None);
    }
}
