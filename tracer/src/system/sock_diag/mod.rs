//! Asking the kernel for its sockets: sock_diag(7), table by table, in a network namespace. What cannot be had
//! is counted and said as a [`Trouble`]: a table that this kernel does not list, a list that changed while it
//! was read, a namespace that cannot be entered. An empty answer without a trouble means that there are none.
//!
//! [`gather`] asks in the network namespace of the calling thread, [`namespaces`] finds others and enters them.

pub mod bytecode;
mod dump;
mod inet;
pub mod namespaces;
mod other;
mod proc_net;
pub mod wire;

use std::fmt;
use std::io;

pub use self::dump::{Closer, Destroyed, Link};
use self::wire::u32_at;
use super::sockets::{Memory, Socket, Table};

/// `nlmsg_seq` of every request, as iproute2 has it: dumps that were written to a file look the same.
const SEQUENCE: u32 = 123_456;

/// What to ask for.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Which tables, in the order of the answer.
    pub tables: Vec<Table>,
    /// Families of the inet tables, in the order of the answer.
    pub families: Vec<u8>,
    /// Families that are wanted of a table for which /proc/net has to stand in.
    pub listed: Vec<u8>,
    /// States, as [`super::sockets::State::bit`]s.
    pub states: u32,
    /// What to tell of each socket.
    pub extras: Extras,
    /// A filter for the kernel to carry out, for inet tables; see [`bytecode`].
    pub bytecode: Option<Vec<u8>>,
}

impl Query {
    /// Every socket of every table, with addresses, owner and queues.
    pub fn everything() -> Query {
        Query {
            tables: Table::ALL.to_vec(),
            families: vec![libc::AF_INET as u8, libc::AF_INET6 as u8],
            listed: vec![libc::AF_INET as u8, libc::AF_INET6 as u8],
            states: u32::MAX,
            extras: Extras { owner: true, ..Extras::default() },
            bytecode: None,
        }
    }
}

/// What the kernel tells only when asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extras {
    /// Memory.
    pub memory: bool,
    /// Protocol and congestion control.
    pub info: bool,
    /// Type of service, class.
    pub tos: bool,
    /// Of unix sockets: the file, and connections that wait.
    pub details: bool,
    /// Of unix sockets: the user.
    pub owner: bool,
}

/// What came of asking.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The sockets, in the order of the tables.
    pub sockets: Vec<Socket>,
    /// What is missing.
    pub troubles: Vec<Trouble>,
}

/// Something that could not be had.
#[derive(Debug)]
pub struct Trouble {
    /// The table; `None` when it is about all of them.
    pub table: Option<Table>,
    /// Inode of the namespace; 0 when not known.
    pub netns: u64,
    /// Why.
    pub why: Why,
}

/// Why something could not be had.
#[derive(Debug)]
pub enum Why {
    /// The kernel has such sockets, but not the module that lists them; with their number, where it is known.
    NotListed(Option<u64>),
    /// Every try was interrupted by a change: some sockets may be missing or told twice.
    Interrupted,
    /// So many messages made no sense.
    Malformed(u64),
    /// The kernel refused, and /proc/net stood in: sockets and addresses are there, details are not.
    StoodIn(io::Error),
    /// The kernel refused.
    Failed(io::Error),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(table) = self.table {
            write!(f, "{}: ", table.name())?;
        }
        match &self.why {
            Why::NotListed(Some(1)) => write!(f, "1 socket that this kernel cannot list"),
            Why::NotListed(Some(count)) => write!(f, "{count} sockets that this kernel cannot list"),
            Why::NotListed(None) => write!(f, "this kernel cannot list these sockets"),
            Why::Interrupted => write!(f, "the list changed while it was read; some may be missing"),
            Why::Malformed(count) => write!(f, "{count} answers of the kernel made no sense"),
            Why::StoodIn(error) => write!(f, "from /proc/net, without details: {error}"),
            Why::Failed(error) => write!(f, "{error}"),
        }?;
        if self.netns != 0 { write!(f, " (network namespace {})", self.netns) } else { Ok(()) }
    }
}

/// Asks for all tables in the network namespace of this thread, which is said to be `netns`.
pub fn gather(query: &Query, netns: u64) -> Gathered {
    let mut gathered = Gathered::default();
    for &table in &query.tables {
        table_of(query, table, netns, &mut gathered);
    }
    gathered
}

/// Asks for one table.
pub fn table_of(query: &Query, table: Table, netns: u64, gathered: &mut Gathered) {
    let from = gathered.sockets.len();
    let mut trouble = |why| gathered.troubles.push(Trouble { table: Some(table), netns, why });
    let sockets = &mut gathered.sockets;
    let families: &[u8] = if table.protocol().is_some() { &query.families } else { &[0] };
    for (at, &family) in families.iter().enumerate() {
        match dump::dump(query, table, family, sockets) {
            Ok(told) => {
                if told.interrupted {
                    trouble(Why::Interrupted);
                }
                if told.malformed > 0 {
                    trouble(Why::Malformed(told.malformed));
                }
            }
            Err(error) => {
                // Once for all families: in the order of the list, not of the questions.
                let mine = |other: &u8| *other == family || at == 0 && !families.contains(other);
                let listed: &[u8] = if table.protocol().is_some() { &query.listed } else { &[0] };
                for &family in listed.iter().filter(|other| mine(other)) {
                    if let Some(why) = stand_in(query, table, family, &error, sockets) {
                        trouble(why);
                    }
                }
            }
        }
    }
    for socket in &mut sockets[from..] {
        socket.netns = netns;
    }
}

/// What /proc/net has where a dump failed: the addresses at least of raw, TCP and UDP sockets. Why there is nothing.
fn stand_in(query: &Query, table: Table, family: u8, error: &io::Error, sockets: &mut Vec<Socket>) -> Option<Why> {
    match proc_net::read(table, family, query.states, sockets) {
        // Without the module only: /proc/net has what there is to a raw socket.
        Some(Ok(())) if error.raw_os_error() == Some(libc::ENOENT) => None,
        Some(Ok(())) => Some(Why::StoodIn(io::Error::other(error.to_string()))),
        Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Some(Why::Failed(error)),
        _ => missing(table, family, error),
    }
}

/// The messages of a table's dump as the kernel sends them, headers included, for a file.
pub fn raw(query: &Query, table: Table, out: &mut dyn io::Write) -> io::Result<()> {
    query.families.iter().try_for_each(|&family| dump::raw(query, table, family, out))
}

/// The sockets in the bytes of a dump, as [`raw`] writes them; the error says how the file ends before its end.
pub fn from_file(bytes: &[u8], table: Table) -> (Vec<Socket>, Result<(), String>) {
    dump::from_file(bytes, table)
}

/// What is missing when a table is not listed: nothing, when there are no such sockets.
fn missing(table: Table, family: u8, error: &io::Error) -> Option<Why> {
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::EOPNOTSUPP | libc::EINVAL) => match proc_net::protocols(table, family) {
            Some(proc_net::Count::Absent | proc_net::Count::Known(0)) => None,
            Some(proc_net::Count::Known(count)) => Some(Why::NotListed(Some(count))),
            Some(proc_net::Count::Unknown) | None => Some(Why::NotListed(None)),
        },
        Some(errno) => Some(Why::Failed(io::Error::from_raw_os_error(errno))),
        None => Some(Why::Failed(io::Error::other(error.to_string()))),
    }
}

/// `SK_MEMINFO_*`: seven words, or nine on newer kernels.
fn memory(payload: &[u8]) -> Option<Memory> {
    let word = |i: usize| u32_at(payload, 4 * i);
    Some(Memory {
        rmem: word(0)?,
        rcvbuf: word(1)?,
        wmem: word(2)?,
        sndbuf: word(3)?,
        forward: word(4)?,
        queued: word(5)?,
        optmem: word(6)?,
        backlog: word(7),
        drops: word(8),
    })
}
