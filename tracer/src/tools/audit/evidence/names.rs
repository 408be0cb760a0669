//! Names of hosts, and how each is known: the command was told an address for it (by a name server, RFC 1035; by `/etc/hosts`), or it
//! said the name itself when it began to talk (TLS's server name, RFC 6066; HTTP's Host, RFC 9110).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};

use super::dns::answer;
use super::greeting::{Greeting, Rest, said};
use super::{Access, Evidence, Gap, GapKind, HostName, KnownBy, Object, Op};

/// Addresses, and ends of connections, that are kept at most; names of each.
const MOST: usize = 100_000;
const NAMES: usize = 1000;
/// Sockets without a peer that are kept at most.
const ASKED: usize = 10_000;
/// Connections to name servers whose answers are put together at most.
const STREAMS: usize = 1000;
/// The bytes of an `/etc/hosts` at most.
pub const HOSTS_MAX: u64 = 1 << 20;

/// What is known of names.
#[derive(Debug, Default)]
pub struct Names {
    told: HashMap<IpAddr, Hosts>,
    said: HashMap<SocketAddr, Hosts>,
    /// When that ended which is told now.
    now: u64,
    /// What has come of answers over TCP, by the socket's inode number.
    streams: HashMap<u64, Stream>,
    /// Sockets without a peer from which a name server was asked.
    asked: HashSet<u64>,
    /// Those of them at which an answer was seen.
    heard: HashSet<u64>,
    /// Names that found no room.
    pub crowded: u64,
}

/// Names of one address.
#[derive(Debug, Default)]
struct Hosts {
    /// Each with its place among them, in the order in which they came.
    names: BTreeMap<HostName, u32>,
    /// When they came, in that order.
    times: Vec<u64>,
}

/// A connection to a name server.
#[derive(Debug, Default)]
struct Stream {
    /// What has come of an answer, with its length before it.
    waiting: Vec<u8>,
    /// What was looked at and is still to come.
    looked_at: Vec<u8>,
    /// Something is missing, so that nobody knows where an answer begins.
    lost: bool,
}

impl Names {
    /// What is told from here on was told at this time. An earlier one than before is the same: its record came later.
    pub fn at(&mut self, time: u64) {
        self.now = self.now.max(time);
    }

    /// A name server was asked from a socket.
    pub fn ask(&mut self, socket: u64) {
        if self.asked.len() < ASKED {
            self.asked.insert(socket);
        } else {
            self.crowded += u64::from(!self.asked.contains(&socket));
        }
    }

    /// A name server was asked from it.
    pub fn is_asked(&self, socket: u64) -> bool {
        self.asked.contains(&socket)
    }

    /// Some name server was asked from a socket at which no answer was seen.
    pub fn is_unanswered(&self) -> bool {
        self.asked.iter().any(|socket| !self.heard.contains(socket))
    }

    /// Takes a datagram of a name server.
    pub fn datagram(&mut self, socket: u64, message: &[u8]) {
        if self.is_asked(socket) {
            self.heard.insert(socket);
        }
        self.message(message);
    }

    fn message(&mut self, message: &[u8]) {
        for (name, address) in answer(message).unwrap_or_default() {
            self.tell(address, HostName { by: KnownBy::Answer, name });
        }
    }

    /// Takes what came over a connection to a name server: messages with their lengths before them, in pieces of any size.
    pub fn stream(&mut self, socket: u64, bytes: &[u8]) {
        let mut stream = self.open(socket);
        stream.looked_at.drain(..bytes.len().min(stream.looked_at.len()));
        if !stream.lost {
            stream.waiting.extend_from_slice(bytes);
            let behind = self.messages(&stream.waiting);
            stream.waiting.drain(..behind);
        }
        self.close(socket, stream);
    }

    /// Looks at what will come next over a connection.
    pub fn look(&mut self, socket: u64, bytes: &[u8]) {
        let mut stream = self.open(socket);
        if !stream.lost {
            self.messages(&[&stream.waiting, bytes].concat());
            if bytes.len() > stream.looked_at.len() {
                stream.looked_at = bytes.to_vec();
            }
        }
        self.close(socket, stream);
    }

    /// What came next was thrown away, so many bytes. False where it was not looked at before.
    pub fn skip(&mut self, socket: u64, skipped: usize) -> bool {
        let known = self.streams.get(&socket).and_then(|stream| stream.looked_at.get(..skipped)).map(<[u8]>::to_vec);
        let Some(known) = known else { return false };
        self.stream(socket, &known);
        true
    }

    /// Something that came over a connection is not known.
    pub fn lose(&mut self, socket: u64) {
        self.open(socket);
        self.close(socket, Stream { lost: true, ..Stream::default() });
    }

    /// Takes the messages at the front; the place behind them.
    fn messages(&mut self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        while let Some((length, behind)) = rest.split_first_chunk::<2>()
            && let Some((message, behind)) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length)))
        {
            self.message(message);
            rest = behind;
        }
        bytes.len() - rest.len()
    }

    fn open(&mut self, socket: u64) -> Stream {
        if self.streams.len() >= STREAMS && !self.streams.contains_key(&socket) {
            // What would have come of them is not known.
            self.crowded += self.streams.len() as u64;
            self.streams.clear();
        }
        self.streams.remove(&socket).unwrap_or_default()
    }

    fn close(&mut self, socket: u64, stream: Stream) {
        if stream.lost || !stream.waiting.is_empty() || !stream.looked_at.is_empty() {
            self.streams.insert(socket, stream);
        }
    }

    /// Takes an `/etc/hosts` that the command has read.
    pub fn hosts_file(&mut self, text: &[u8]) {
        for line in text.split(|&b| b == b'\n') {
            let line = line.split(|&b| b == b'#').next().unwrap_or_default();
            let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            let address = words.next().and_then(|word| std::str::from_utf8(word).ok()?.parse::<IpAddr>().ok());
            let Some(address) = address else { continue };
            for name in words {
                self.tell(address, HostName { by: KnownBy::HostsFile, name: plain(name) });
            }
        }
    }

    /// Takes the first that was sent on a connection: `sent` bytes, of which these are the front; `whole`: no more will be sent. What else
    /// may be said.
    pub fn greeting(&mut self, to: SocketAddr, bytes: &[u8], sent: usize, whole: bool) -> Rest {
        let Greeting { hosts, rest } = said(bytes, sent, whole);
        for host in hosts {
            let end = SocketAddr::new(to.ip().to_canonical(), to.port());
            let kept = keep(&mut self.said, end, host, self.now);
            self.crowded += u64::from(!kept);
        }
        rest
    }

    fn tell(&mut self, address: IpAddr, host: HostName) {
        self.crowded += u64::from(!keep(&mut self.told, address.to_canonical(), host, self.now));
    }

    /// How many names the command had been told for an address before this time: what is done to the address then has no others.
    pub fn told_by(&self, address: IpAddr, time: u64) -> u32 {
        let hosts = self.told.get(&address.to_canonical());
        hosts.map_or(0, |hosts| hosts.times.partition_point(|told| *told <= time) as u32)
    }

    /// Of the names of an end those that it had when the command had been told so many of them, of answers the last first: it was told
    /// by whoever uses the address next. Nobody knows when a name will be said: that is no matter.
    pub fn then(&self, end: SocketAddr, told: u32) -> Vec<HostName> {
        let hosts = self.told.get(&end.ip().to_canonical());
        let place =
            |host: &HostName| hosts.and_then(|hosts| hosts.names.get(host)).copied().filter(|_| host.by.is_told());
        let mut names = self.of(end);
        names.retain(|host| place(host).is_none_or(|place| place < told));
        let last = |host: &HostName| place(host).filter(|_| host.by == KnownBy::Answer).map(Reverse);
        names.sort_by_key(|host| (host.by, last(host)));
        names
    }

    /// The names of an end, those that were told first.
    pub fn of(&self, end: SocketAddr) -> Vec<HostName> {
        let address = end.ip().to_canonical();
        let told = self.told.get(&address);
        let said = self.said.get(&SocketAddr::new(address, end.port()));
        told.into_iter().chain(said).flat_map(|hosts| hosts.names.keys()).cloned().collect()
    }
}

/// Services that tell addresses in words of their own, by their sockets: those of glibc's nscd, of systemd-resolved, of avahi.
const ASIDE: [(&[u8], &str); 4] = [
    (b"/run/nscd/socket", "nscd"),
    (b"/run/systemd/resolve/io.systemd.Resolve", "systemd-resolved"),
    (b"/run/systemd/resolve/io.systemd.Resolve.Monitor", "systemd-resolved"),
    (b"/run/avahi-daemon/socket", "avahi"),
];

/// What is not known where hosts are denied by their names: those that a service was asked for whose answers are not seen.
pub fn unheard(evidence: &Evidence) -> Vec<Gap> {
    let aside = |access: &Access| match &access.object {
        Object::Unix(path) if access.op == Op::Connect && access.errno == 0 => {
            ASIDE.iter().find(|(socket, _)| *socket == &**path).map(|(_, service)| *service)
        }
        _ => None,
    };
    let services: BTreeSet<&str> = evidence.accesses.iter().filter_map(aside).collect();
    let what = |service| format!("names of hosts that {service} was asked for");
    services
        .into_iter()
        .map(|service| Gap { kind: GapKind::Unseen, unit: None, what: what(service), count: 1 })
        .collect()
}

/// Adds a name; false where there is no room for it.
fn keep<K: std::hash::Hash + Eq>(all: &mut HashMap<K, Hosts>, of: K, host: HostName, time: u64) -> bool {
    if all.len() >= MOST && !all.contains_key(&of) {
        return false;
    }
    let Hosts { names, times } = all.entry(of).or_default();
    if names.len() >= NAMES {
        return names.contains_key(&host);
    }
    let place = times.len() as u32;
    if names.entry(host).or_insert(place) == &place {
        times.push(time);
    }
    true
}

/// A name in lower case, without what no name has.
pub fn plain(name: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let name = name.strip_suffix(b".").unwrap_or(name);
    name.iter().map(|byte| if plain(byte) { char::from(byte.to_ascii_lowercase()) } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::dns::tests::ANSWER;
    use super::*;

    fn shown(names: &Names, end: &str) -> Vec<String> {
        names
            .of(end.parse().expect("an end"))
            .iter()
            .map(|host| format!("{} by {}", host.name, host.by.word()))
            .collect()
    }

    #[test]
    fn answers_come_over_tcp_in_pieces_of_any_size() {
        let message = [&(ANSWER.len() as u16).to_be_bytes(), ANSWER].concat();
        let twice = [&message[..], &message].concat();
        for size in 1..=twice.len() {
            let mut names = Names::default();
            twice.chunks(size).for_each(|piece| names.stream(7, piece));
            assert_eq!(shown(&names, "93.184.216.34:443"), ["www.example.com by DNS"], "{size}");
            assert!(names.streams.is_empty(), "{size}");
        }
        // Of another connection.
        let mut names = Names::default();
        names.stream(1, &message[..20]);
        names.stream(2, &message[20..]);
        assert!(shown(&names, "93.184.216.34:443").is_empty());
    }

    #[test]
    fn answers_are_looked_at_and_thrown_away() {
        let message = [&(ANSWER.len() as u16).to_be_bytes(), ANSWER].concat();
        let named = ["www.example.com by DNS"];
        let end = "93.184.216.34:443";
        // What is looked at alone is known; what follows comes in its place.
        let mut names = Names::default();
        names.look(1, &message[..2]);
        names.look(1, &message);
        assert_eq!(shown(&names, end), named);
        names.stream(1, &message[..5]);
        assert!(names.skip(1, message.len() - 5), "it was looked at");
        assert!(names.streams.is_empty());
        // What is not known hides what follows.
        let mut names = Names::default();
        assert!(!names.skip(1, 3));
        names.lose(1);
        names.stream(1, &message);
        names.look(1, &message);
        assert!(shown(&names, end).is_empty());
        names.stream(2, &message);
        assert_eq!(shown(&names, end), named);
    }

    #[test]
    fn a_socket_that_asks_hears_or_does_not() {
        let mut names = Names::default();
        assert!(!names.is_unanswered());
        names.ask(1);
        names.datagram(2, ANSWER);
        assert!(names.is_unanswered());
        names.datagram(1, b"");
        assert!(!names.is_unanswered());
    }

    #[test]
    fn hosts_have_names_of_several_kinds() {
        let mut names = Names::default();
        names.hosts_file(
            b"127.0.0.1 localhost here\n# 10.0.0.9 no\n10.0.0.1\tDB.test db # x\n::ffff:10.0.0.2 six\nbad line\n",
        );
        names.datagram(1, ANSWER);
        let head = b"GET / HTTP/1.1\r\nHost: Other.test:80\r\n\r\n";
        names.greeting("10.0.0.1:80".parse().unwrap(), head, head.len(), false);
        assert_eq!(shown(&names, "127.0.0.1:80"), ["here by /etc/hosts", "localhost by /etc/hosts"]);
        assert_eq!(shown(&names, "10.0.0.9:80"), [""; 0]);
        assert_eq!(shown(&names, "10.0.0.1:80"), ["db by /etc/hosts", "db.test by /etc/hosts", "other.test by Host"]);
        assert_eq!(shown(&names, "10.0.0.1:81"), ["db by /etc/hosts", "db.test by /etc/hosts"]);
        assert_eq!(shown(&names, "10.0.0.2:1"), ["six by /etc/hosts"]);
        assert_eq!(shown(&names, "[2001:db8::1]:1"), ["www.example.com by DNS"]);
        let many: String = (0..=NAMES).map(|name| format!("10.0.0.3 n{name}\n")).collect();
        names.hosts_file(many.as_bytes());
        names.hosts_file(b"10.0.0.3 n0\n");
        assert_eq!((shown(&names, "10.0.0.3:1").len(), names.crowded), (NAMES, 1));
    }

    #[test]
    fn a_name_holds_from_when_it_was_told() {
        let end = "10.0.0.1:80".parse().expect("an end");
        let mut names = Names::default();
        names.at(5);
        names.tell(IpAddr::from([10, 0, 0, 1]), HostName { by: KnownBy::Answer, name: "a.test".to_owned() });
        names.at(9);
        names.tell(IpAddr::from([10, 0, 0, 1]), HostName { by: KnownBy::Answer, name: "b.test".to_owned() });
        names.tell(IpAddr::from([10, 0, 0, 1]), HostName { by: KnownBy::Answer, name: "a.test".to_owned() });
        // Its record came late.
        names.at(7);
        names.hosts_file(b"10.0.0.1 c.test\n");
        let head = b"GET / HTTP/1.1\r\nHost: d.test\r\n\r\n";
        names.greeting(end, head, head.len(), false);
        for (time, expected) in [
            (4, &["d.test"][..]),
            (5, &["a.test", "d.test"]),
            (8, &["a.test", "d.test"]),
            (9, &["b.test", "a.test", "c.test", "d.test"]),
        ] {
            let then = names.then(end, names.told_by(end.ip(), time));
            assert_eq!(then.iter().map(|host| &*host.name).collect::<Vec<_>>(), expected, "{time}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes: Vec<u8>) {
            let mut names = Names::default();
            names.stream(1, &bytes);
            names.hosts_file(&bytes);
            names.greeting(([127, 0, 0, 1], 1).into(), &bytes, bytes.len(), false);
        }
    }
}
