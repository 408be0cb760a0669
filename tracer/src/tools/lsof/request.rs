//! What was asked of `lsof`: which files, and how they are shown. Words are those of lsof(8).

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use regex::bytes::Regex;

use crate::spec::Color;
use crate::system::sockets::Socket;

/// A listing of open files.
#[derive(Debug, Clone)]
pub struct Lsof {
    /// The name in messages.
    pub program: String,
    /// The exit code when tracer itself could not do its job.
    pub failure: u8,
    /// Which files.
    pub select: Select,
    /// How they are shown.
    pub show: Show,
    /// How they are found.
    pub collect: Collect,
    /// `-r`: again and again.
    pub repeat: Option<Repeat>,
    /// `-V`: say what was not found.
    pub verbose: bool,
    /// `-Q`: what is not found is no failure.
    pub forgive: bool,
    /// Warnings are printed; `-w` forbids them.
    pub warn: bool,
}

/// Something listed, to be taken or left out (`^`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick<T> {
    /// What.
    pub value: T,
    /// Leave it out.
    pub not: bool,
}

/// Which files. What is empty or `None` selects nothing by itself; when all is, everything is selected.
#[derive(Debug, Clone, Default)]
pub struct Select {
    /// `-a`: a file must meet every kind of selection, not only one.
    pub and: bool,
    /// `-p`
    pub pids: Vec<Pick<u32>>,
    /// `-g`
    pub groups: Vec<Pick<u32>>,
    /// `-u`
    pub users: Vec<Pick<User>>,
    /// `-c PREFIX`
    pub commands: Vec<Pick<Vec<u8>>>,
    /// `-c /REGEX/`
    pub patterns: Vec<CommandPattern>,
    /// `-d`
    pub fds: Option<FdList>,
    /// `-i` without an address.
    pub inet: Option<Family>,
    /// `-i ADDRESS`
    pub addresses: Vec<Address>,
    /// `-s TCP:STATES`
    pub states: Vec<Pick<u8>>,
    /// `-U`
    pub unix: bool,
    /// `-N`
    pub nfs: bool,
    /// `+L N`: fewer links than this.
    pub links_below: Option<u64>,
    /// `-K`
    pub tasks: Tasks,
    /// Names of files and file systems.
    pub names: Vec<OsString>,
    /// What names are: `-f` files, `+f` file systems.
    pub names_are: NamesAre,
    /// `+d` and `+D`
    pub dirs: Vec<Dir>,
    /// `-x f`: `+D` crosses mount points.
    pub cross_mounts: bool,
    /// `-x l`: `+D` follows symbolic links.
    pub cross_links: bool,
    /// `-X`: TCP and UDP are not looked at.
    pub skip_inet: bool,
}

/// A user, by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The number.
    pub uid: u32,
    /// The name, when one was given.
    pub name: Option<String>,
}

/// `-c /REGEX/`
#[derive(Debug, Clone)]
pub struct CommandPattern {
    /// As it was given, without slashes and modifiers.
    pub text: String,
    /// To be matched against the command's name.
    pub regex: Regex,
}

/// `-d`: descriptors by name or number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FdList {
    /// All but these.
    pub not: bool,
    /// The items.
    pub items: Vec<FdItem>,
}

/// An item of `-d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FdItem {
    /// `cwd`, `txt`, `mem` and their like.
    Name(String),
    /// Numbers from the first to the last.
    Numbers(u32, u32),
}

/// A version of the Internet protocol, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Both.
    Any,
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// A protocol of `-i`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// TCP
    Tcp,
    /// UDP
    Udp,
    /// UDP-Lite
    UdpLite,
}

impl Protocol {
    /// That of a socket with ports.
    pub fn of(socket: &Socket) -> Option<Protocol> {
        match i32::from(socket.protocol) {
            _ if socket.inet().is_none() => None,
            libc::IPPROTO_TCP => Some(Protocol::Tcp),
            libc::IPPROTO_UDP => Some(Protocol::Udp),
            libc::IPPROTO_UDPLITE => Some(Protocol::UdpLite),
            _ => None,
        }
    }
}

/// `-i [46][PROTOCOL][@HOST][:PORTS]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// As it was given.
    pub text: String,
    /// 4 or 6.
    pub family: Family,
    /// The protocol.
    pub protocol: Option<Protocol>,
    /// The host.
    pub host: Option<Host>,
    /// The ports; empty for all.
    pub ports: Vec<Ports>,
}

/// A host of `-i`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// By number.
    Ip(IpAddr),
    /// By name.
    Name(String),
}

/// Ports of `-i`, from the first to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports {
    /// The first.
    pub first: Port,
    /// The last, where it is another.
    pub last: Option<Port>,
}

/// A port of `-i`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Port {
    /// By number.
    Number(u16),
    /// By the name of its service.
    Service(String),
}

/// Whether threads are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tasks {
    /// When nothing at all is selected.
    #[default]
    WhenAll,
    /// `-K`
    Select,
    /// `-K i`
    Ignore,
}

/// What names are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NamesAre {
    /// File systems where they are mount points, else files.
    #[default]
    Either,
    /// `-f`: files.
    Files,
    /// `+f`: file systems.
    FileSystems,
}

/// `+d DIR` or `+D DIR`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dir {
    /// The directory.
    pub path: PathBuf,
    /// `+D`: with all that is below.
    pub deep: bool,
}

/// How files are shown.
#[derive(Debug, Clone)]
pub struct Show {
    /// Which form.
    pub form: Layout,
    /// `-n`: hosts by number.
    pub numeric_hosts: bool,
    /// `-P`: ports by number.
    pub numeric_ports: bool,
    /// `-l`: users by number.
    pub numeric_users: bool,
    /// `-R`: the parent.
    pub parent: bool,
    /// `-g`: the process group.
    pub group: bool,
    /// `+c`: characters of the command; 0 for all.
    pub command_width: usize,
    /// `-H`: sizes with a letter for powers of 1024.
    pub human: bool,
    /// `-Z`: the label of a security module.
    pub labels: bool,
    /// `-o` and `-s`
    pub size: SizeColumn,
    /// `-o N`: digits of an offset before it becomes hexadecimal; 0 for any.
    pub offset_digits: usize,
    /// `+L`: the link count.
    pub links: bool,
    /// `+f g` and `+f G`: flags of open(2).
    pub flags: FlagsColumn,
    /// `-T s`: the state of a connection.
    pub state: bool,
    /// `-T q`: its queues.
    pub queues: bool,
    /// `-E` and `+E`: who is at the other end.
    pub ends: Ends,
    /// `--sort`
    pub sort: Option<SortKey>,
    /// `--color`
    pub color: Color,
}

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Columns.
    Table,
    /// `-t`: process ids.
    Pids,
    /// `-F`: a field per line, or with `nul` ended by NUL.
    Fields {
        /// Which.
        fields: Fields,
        /// Ended by NUL, sets by a newline.
        nul: bool,
    },
    /// `-J`: one JSON document.
    Json(Fields),
    /// `-j`: a JSON object per file.
    JsonLines(Fields),
}

/// A set of fields, by their letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fields(pub u128);

impl Fields {
    /// Every letter that `-F` knows here.
    pub const LETTERS: &str = "acdDfGgiKkLlMmnopPrRsSTtuZ0";

    /// Whether it has a letter.
    pub fn has(self, letter: u8) -> bool {
        letter < 128 && self.0 >> letter & 1 != 0
    }

    /// Adds a letter.
    pub fn add(&mut self, letter: u8) {
        self.0 |= 1 << (letter & 127);
    }
}

/// What the SIZE/OFF column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SizeColumn {
    /// Whichever fits.
    #[default]
    Both,
    /// `-s`: sizes.
    Size,
    /// `-o`: offsets.
    Offset,
}

/// How flags of open(2) are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FlagsColumn {
    /// Not at all.
    #[default]
    None,
    /// By lsof's abbreviations.
    Names,
    /// As a number.
    Hex,
}

/// Whether the other end of pipes, sockets, pseudoterminals and eventfds is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ends {
    /// No.
    #[default]
    No,
    /// `-E`: told.
    Tell,
    /// `+E`: told, and listed too.
    List,
}

/// What `--sort` sorts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// Size, largest first.
    Size,
    /// Offset, largest first.
    Offset,
    /// Name.
    Name,
    /// Process id, as without `--sort`.
    Pid,
}

/// How files are found.
#[derive(Debug, Clone)]
pub struct Collect {
    /// `--source`
    pub source: Source,
    /// `-b`: no file system is asked anything.
    pub no_stat: bool,
    /// `-S`: how long a file system that may not answer is waited for.
    pub limit: Duration,
    /// `-e` and `+e`: file systems of which nothing is asked.
    pub exempt: Vec<PathBuf>,
}

/// Where descriptors come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Source {
    /// The iterator where it pays and works, else /proc.
    #[default]
    Auto,
    /// The kernel's iterator (eBPF).
    Iterator,
    /// /proc.
    Proc,
}

/// `-r` and `+r`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    /// Seconds between listings.
    pub every: u64,
    /// `+r`: ends when nothing is listed.
    pub until_none: bool,
    /// `c N`: listings at most; 0 for any number.
    pub count: u64,
    /// `m FORMAT`: what marks the end of a listing, for strftime(3).
    pub marker: Option<String>,
}
