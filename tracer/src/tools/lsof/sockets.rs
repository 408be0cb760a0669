//! What lsof shows of sockets: joined by inode with the tables of the network namespace that each lives in.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::CString;
use std::net::IpAddr;

use super::ethernet::ETHERNET;
use super::names::NameCache;
use super::select::{Selection, kind, unmapped};
use crate::schema::net::{SOCK, TCP_STATES};
use crate::schema::protocols::NETLINK_PROTO;
use crate::system::procfs::net::{Wanted, read};
use crate::system::procfs::who::Who;
use crate::system::snapshot::Process;
use crate::system::sockets::{Detail, Endpoint, Inet, Socket, State, Unix};
use crate::tools::lsof::output::{Connection, FileRow, Node};
use crate::tools::lsof::request::{Ends, Protocol, Select, Show};

/// Sockets by inode.
type ByInode = HashMap<u64, Box<Socket>>;

/// Tables that were read, by network namespace: those of TCP and UDP, and all others, each when it is needed.
#[derive(Debug, Default)]
pub struct Tables {
    inet: HashMap<u32, ByInode>,
    others: HashMap<u32, ByInode>,
    /// The namespace of a process, where its descriptors do not tell it.
    of_process: HashMap<u32, u32>,
}

impl Tables {
    /// A socket of a process, where it is in one of the wanted tables.
    fn find(&mut self, process: &Process, netns: u32, ino: u64, wanted: Wanted) -> Option<&Socket> {
        let netns = match netns {
            0 => *self.of_process.entry(process.seen()).or_insert_with(|| space(process.seen())),
            netns => netns,
        };
        let of_process = &mut self.of_process;
        let mut table = |tables: &mut HashMap<u32, ByInode>, wanted| -> Option<()> {
            if let std::collections::hash_map::Entry::Vacant(place) = tables.entry(netns) {
                // Through a process that is in it: most often this one is.
                let own = *of_process.entry(process.seen()).or_insert_with(|| space(process.seen()));
                let through = if own == netns { process.seen() } else { inhabitant(netns, of_process)? };
                place.insert(read(Who::Id(through), wanted));
            }
            Some(())
        };
        if wanted.inet {
            table(&mut self.inet, Wanted { inet: true, others: false })?;
        }
        if wanted.others {
            table(&mut self.others, Wanted { inet: false, others: true })?;
        }
        let of = |tables: &'_ HashMap<u32, ByInode>, wanted: bool| -> bool {
            wanted && tables.get(&netns).is_some_and(|table| table.contains_key(&ino))
        };
        let tables = if of(&self.inet, wanted.inet) { &self.inet } else { &self.others };
        let found = tables.get(&netns).filter(|_| wanted.others || wanted.inet)?.get(&ino);
        found.map(|socket| &**socket)
    }
}

/// The network namespace of a process; 0 when it cannot be told.
fn space(pid: u32) -> u32 {
    Who::Id(pid).namespace("net").ok().and_then(|inode| u32::try_from(inode).ok()).unwrap_or(0)
}

/// Some process in a namespace.
fn inhabitant(netns: u32, known: &mut HashMap<u32, u32>) -> Option<u32> {
    let pids = crate::system::procfs::processes::all().ok()?;
    pids.into_iter().find(|&pid| *known.entry(pid).or_insert_with(|| space(pid)) == netns)
}

/// What is needed to show sockets.
pub struct View<'v, 's> {
    /// Tables.
    pub tables: &'v mut Tables,
    /// Names.
    pub names: &'v mut NameCache,
    /// What is wanted.
    pub selection: &'v mut Selection<'s>,
    /// The request.
    pub select: &'v Select,
    /// How it is shown.
    pub show: &'v Show,
}

/// What was found of a socket, for whoever wants to know its other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A unix socket.
    Unix,
    /// A socket with addresses: its ends.
    Inet(Endpoint, Endpoint),
    /// Any other.
    Other,
}

impl View<'_, '_> {
    /// Fills in what a socket shows, and gives its bits and what it is. `bits`: what it has by its process and its number; where those of
    /// a kind of socket would not make it shown, its tables are not read. `named`: a socket may have been named.
    pub fn fill(
        &mut self,
        row: &mut FileRow,
        process: &Process,
        at: (u32, u64),
        bits: u32,
        named: bool,
    ) -> (u32, Found) {
        let (netns, ino) = at;
        row.name = Box::default();
        let any = self.show.ends != Ends::No || !self.select.states.is_empty();
        let name = if named { kind::NAME } else { 0 };
        let wanted = Wanted {
            inet: !self.select.skip_inet && (any || self.selection.may_be_shown(bits, kind::INET | kind::ADDRESS)),
            others: any || self.selection.may_be_shown(bits, kind::UNIX | name),
        };
        if !wanted.inet && !wanted.others {
            return (0, Found::Other);
        }
        let socket = self.tables.find(process, netns, ino, wanted);
        let Some(socket) = socket else {
            unknown(row, process, ino, self.select.skip_inet);
            return (0, Found::Other);
        };
        let inet = socket.inet().zip(Protocol::of(socket));
        if let Some((inet, protocol)) = inet {
            let bits = self.selection.inet(socket, inet, protocol);
            // Names are looked up for what is shown only: that may take long.
            let shown = self.selection.shown(bits | ALL_BITS);
            let ends = shown.then(|| ends(self.names, inet, protocol, self.show)).filter(|text| !text.is_empty());
            row.ends = ends.map(Into::into);
            with_ports(row, socket, protocol);
            return (bits, Found::Inet(inet.local, inet.remote));
        }
        match &socket.detail {
            Detail::Unix(unix) => {
                self::unix(row, socket, unix);
                (if self.select.unix { kind::UNIX } else { 0 }, Found::Unix)
            }
            _ => {
                plain(row, socket);
                (0, Found::Other)
            }
        }
    }
}

/// What a process or slot may add to a socket's bits is not known here: everything but what sockets have.
const ALL_BITS: u32 = (kind::OUT - 1) & !kind::OF_SOCKET;

/// Both ends, as far as they are bound.
fn ends(names: &mut NameCache, inet: &Inet, protocol: Protocol, show: &Show) -> String {
    let mut text = String::new();
    for (at, end) in [inet.local, inet.remote].into_iter().enumerate() {
        if end.address.is_unspecified() && end.port == 0 {
            continue;
        }
        if at == 1 {
            text.push_str("->");
        }
        text += &names.end(unmapped(end.address), end.port, protocol, show);
    }
    text
}

fn with_ports(row: &mut FileRow, socket: &Socket, protocol: Protocol) {
    row.kind = Cow::Borrowed(if is_v6(socket) { "IPv6" } else { "IPv4" });
    row.dev = None;
    row.device_text = Some(socket.inode.to_string().into_bytes().into());
    row.node = Node::Protocol(Cow::Borrowed(match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::UdpLite => "UDPLITE",
    }));
    let state = (protocol == Protocol::Tcp).then(|| TCP_STATES.get(usize::from(socket.state.0)).copied());
    row.connection = Some(Connection {
        state: state.map(|name| name.unwrap_or("UNKNOWN")),
        queues: Some((socket.recv_q.into(), socket.send_q.into())),
    });
}

fn unix(row: &mut FileRow, socket: &Socket, unix: &Unix) {
    row.kind = Cow::Borrowed("unix");
    row.dev = None;
    row.device_text = Some([b"0x".as_slice(), unix.address.as_deref().unwrap_or_default()].concat().into());
    row.node = Node::Inode(socket.inode);
    let (word, _) = kind_name(socket.kind);
    let mut name = match unix.name.as_deref().unwrap_or_default() {
        [0, rest @ ..] => [b"@", rest].concat(),
        path => path.to_vec(),
    };
    if !name.is_empty() {
        name.push(b' ');
    }
    name.extend_from_slice(b"type=");
    name.extend_from_slice(word.as_bytes());
    row.name = name.into();
    let state = match socket.state {
        State::LISTEN => "LISTEN",
        State::ESTABLISHED => "CONNECTED",
        _ => "UNCONNECTED",
    };
    row.connection = Some(Connection { state: Some(state), queues: None });
}

fn is_v6(socket: &Socket) -> bool {
    i32::from(socket.family) == libc::AF_INET6
}

/// The path that a unix socket is bound to, from what it shows.
pub fn bound_path(row: &FileRow) -> &[u8] {
    let at = row.name.windows(6).rposition(|window| window == b" type=");
    at.map_or(b"".as_slice(), |at| &row.name[..at])
}

/// Sockets without ports.
fn plain(row: &mut FileRow, socket: &Socket) {
    row.dev = None;
    row.node = Node::Inode(socket.inode);
    match &socket.detail {
        Detail::Inet(inet) => {
            let ends = [inet.local, inet.remote].map(hexadecimal).join("->");
            let raw = i32::from(socket.kind) == libc::SOCK_RAW;
            row.kind = Cow::Borrowed(match (raw, is_v6(socket)) {
                (false, _) => "icmp",
                (true, true) => "raw6",
                (true, false) => "raw",
            });
            let state = if raw { format!(" st={:02X}", socket.state.0) } else { String::new() };
            row.name = (ends + &state).into_bytes().into();
        }
        Detail::Netlink(_) => {
            row.kind = Cow::Borrowed("netlink");
            row.name = match netlink_name(socket.protocol) {
                Some(name) => name.as_bytes().into(),
                None => format!("unknown protocol: {}", socket.protocol).into_bytes().into(),
            };
        }
        Detail::Packet(_) => {
            row.kind = Cow::Borrowed("pack");
            let (word, known) = kind_name(socket.kind);
            row.name = format!("type={}{word}", if known { "SOCK_" } else { "" }).into_bytes().into();
            let name = ETHERNET.iter().find(|(number, _)| *number == socket.protocol);
            let name = name.map_or_else(|| Cow::Owned(socket.protocol.to_string()), |(_, name)| Cow::Borrowed(*name));
            row.node = Node::Protocol(name);
            row.device_text = Some(socket.inode.to_string().into_bytes().into());
        }
        _ => {}
    }
}

/// An end as the kernel's table writes it: words of the address as this machine has them in memory, and the port.
fn hexadecimal(end: Endpoint) -> String {
    let words = |bytes: &[u8]| -> String {
        let words = bytes.chunks_exact(4).map(|word| u32::from_ne_bytes([word[0], word[1], word[2], word[3]]));
        words.map(|word| format!("{word:08X}")).collect()
    };
    let address = match end.address {
        IpAddr::V4(v4) => words(&v4.octets()),
        IpAddr::V6(v6) => words(&v6.octets()),
    };
    format!("{address}:{:04X}", end.port)
}

/// A socket that no table has: the kernel's name of its protocol is all that is known.
fn unknown(row: &mut FileRow, process: &Process, ino: u64, skipped: bool) {
    row.kind = Cow::Borrowed("sock");
    row.node = Node::Inode(ino);
    if skipped {
        row.name = b"can't identify protocol (-X specified)".as_slice().into();
        return;
    }
    let mut fd = Vec::new();
    row.fd(&mut fd);
    let path = Who::of(process).path(format_args!("fd/{}", String::from_utf8_lossy(&fd)));
    row.name = match protocol_name(&path) {
        Some(name) => [b"protocol: ".as_slice(), &name].concat().into(),
        None => b"can't identify protocol".as_slice().into(),
    };
}

/// `system.sockprotoname` (net/socket.c).
fn protocol_name(path: &str) -> Option<Vec<u8>> {
    let path = CString::new(path).ok()?;
    let mut name = vec![0u8; 256];
    // SAFETY: two C strings and a buffer of the given length.
    let got = unsafe {
        libc::getxattr(path.as_ptr(), c"system.sockprotoname".as_ptr(), name.as_mut_ptr().cast(), name.len())
    };
    name.truncate(usize::try_from(got).ok()?);
    while name.last() == Some(&0) {
        name.pop();
    }
    Some(name)
}

/// The name of a socket's type (socket(2)), and whether it has one.
fn kind_name(kind: u8) -> (&'static str, bool) {
    let name = SOCK.name_of(kind.into()).and_then(|name| name.strip_prefix("SOCK_"));
    name.map_or(("UNKNOWN", false), |name| (name, true))
}

/// The name of a protocol of netlink(7), in lsof's words: its list is older than the last one, and one name is of old.
fn netlink_name(protocol: u16) -> Option<&'static str> {
    match protocol {
        4 => Some("INET_DIAG"),
        0..=21 => NETLINK_PROTO.name_of(protocol.into())?.strip_prefix(NETLINK_PROTO.prefix),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_as_the_kernel_writes_them() {
        let check = |address: &str, port: u16, expected: &str| {
            let end = Endpoint { address: address.parse().expect("an address"), port };
            assert_eq!(hexadecimal(end), expected, "{address}");
        };
        if cfg!(target_endian = "little") {
            check("127.0.0.1", 255, "0100007F:00FF");
            check("::1", 58, "00000000000000000000000001000000:003A");
        }
        check("0.0.0.0", 0, "00000000:0000");
    }
}
