//! Carrying out a dump: the request goes out, messages come back until the kernel says that it is done.

use std::io::{self, Write};

use netlink_sys::{Socket as Netlink, SocketAddr, protocols::NETLINK_SOCK_DIAG};

use super::wire::{self, Message};
use super::{Query, inet, other};
use crate::system::sockets::{Socket, Table};

/// The kernel fills at most 32 KiB at a time.
const BUFFER: usize = 64 * 1024;

/// Tries at a dump that is interrupted.
const TRIES: usize = 3;

/// A way to ask, in the network namespace that the thread was in which opened it.
#[derive(Debug)]
pub struct Link(Netlink);

impl Link {
    /// Opens one.
    ///
    /// # Errors
    /// The kernel gives no netlink socket.
    pub fn open() -> io::Result<Link> {
        let mut link = Netlink::new(NETLINK_SOCK_DIAG)?;
        // Refusal means a smaller buffer, no more: a dump waits for its reader.
        let _ = link.set_rx_buf_sz(1 << 20);
        link.bind_auto()?;
        Ok(Link(link))
    }

    /// The first socket of a table that is wanted. After an error the way is not to be used again: an answer may still come.
    ///
    /// # Errors
    /// What the kernel answers, or that it does not make sense.
    pub fn find(
        &self,
        query: &Query,
        table: Table,
        family: u8,
        wanted: impl Fn(&Socket) -> bool,
    ) -> io::Result<Option<Socket>> {
        let mut found = None;
        self.each(&request(query, table, family, true), table, |socket| {
            if found.is_none() && wanted(&socket) {
                found = Some(socket);
            }
        })?;
        Ok(found)
    }

    /// The unix socket with an inode, with its name, file and peer.
    ///
    /// # Errors
    /// As [`Link::find`].
    pub fn unix(&self, inode: u32) -> io::Result<Option<Socket>> {
        let mut found = None;
        match self.each(&other::unix_by_inode(inode), Table::Unix, |socket| found = Some(socket)) {
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
            done => done.map(|()| found),
        }
    }

    /// Gives each socket of an answer. What makes no sense does not hide the others.
    fn each(&self, request: &[u8], table: Table, mut each: impl FnMut(Socket)) -> io::Result<()> {
        self.exchange(request, |message| parse(message.body, table).into_iter().for_each(&mut each), |_| Ok(()))
            .map(drop)
    }
}

/// Closes sockets: each as if its owner had reset it (tcp(7), `SOCK_DESTROY`).
#[derive(Debug)]
pub struct Closer(Link);

impl Closer {
    /// Opens a way to ask for it.
    ///
    /// # Errors
    /// The kernel gives no netlink socket.
    pub fn open() -> io::Result<Closer> {
        Link::open().map(Closer)
    }

    /// Closes a socket of a table of inet; it is told by its ends and its cookie, so that no other is closed that has its ends by now.
    ///
    /// # Errors
    /// What the kernel answers: `ENOENT` where it is gone, `EOPNOTSUPP` where such sockets cannot be closed, `EPERM`.
    pub fn close(&self, socket: &Socket) -> io::Result<()> {
        let request = inet::destroy(socket).ok_or_else(|| io::Error::from_raw_os_error(libc::EOPNOTSUPP))?;
        self.0.0.send_to(&request, &SocketAddr::new(0, 0), 0)?;
        let mut buffer = Vec::with_capacity(BUFFER);
        loop {
            buffer.clear();
            let (_, from) = match self.0.0.recv_from(&mut buffer, 0) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                received => received?,
            };
            let answer = Message::split(&buffer).map(|(message, _)| message).filter(|_| from.port_number() == 0);
            match answer.filter(|message| message.kind == wire::ERROR).map(|message| message.errno()) {
                Some(0) => return Ok(()),
                Some(errno) => return Err(io::Error::from_raw_os_error(errno)),
                None => {}
            }
        }
    }
}

/// Sockets of TCP and UDP that are destroyed in the network namespace of the thread that opened this.
#[derive(Debug)]
pub struct Destroyed(Netlink);

impl Destroyed {
    /// Begins to listen; `groups`: of whom, as bits of `SKNLGRP_*` (include/uapi/linux/sock_diag.h).
    ///
    /// # Errors
    /// It takes CAP_NET_ADMIN.
    pub fn listen(groups: u32) -> io::Result<Destroyed> {
        let mut link = Netlink::new(NETLINK_SOCK_DIAG)?;
        // Refusal means a smaller buffer, no more: what has no room is said.
        let _ = link.set_rx_buf_sz(4 << 20);
        link.bind(&SocketAddr::new(0, groups))?;
        Ok(Destroyed(link))
    }

    /// Waits for the next, and appends what came. False: some were lost, as nobody took them in time.
    ///
    /// # Errors
    /// What receiving gives.
    pub fn next(&self, sockets: &mut Vec<Socket>) -> io::Result<bool> {
        let mut buffer = Vec::with_capacity(BUFFER);
        match self.0.recv_from(&mut buffer, 0) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => return Ok(false),
            Err(error) => return Err(error),
            // Only the kernel's word counts.
            Ok((_, from)) if from.port_number() != 0 => return Ok(true),
            Ok(_) => {}
        }
        let mut rest = &buffer[..];
        while let Some((message, left)) = Message::split(rest) {
            rest = left;
            sockets.extend(inet::destroyed(message.body));
        }
        Ok(true)
    }
}

/// What is to be said of a dump that came to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// What was listed changed meanwhile, in every try.
    pub interrupted: bool,
    /// Messages that made no sense.
    pub malformed: u64,
}

/// Appends the sockets of a table; `family` counts for inet tables only. On an error nothing is appended.
pub fn dump(query: &Query, table: Table, family: u8, sockets: &mut Vec<Socket>) -> io::Result<Told> {
    match attempts(&request(query, table, family, true), table, sockets) {
        // A condition that this kernel does not know: it is carried out here.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) && query.bytecode.is_some() => {
            attempts(&request(query, table, family, false), table, sockets)
        }
        done => done,
    }
}

fn attempts(request: &[u8], table: Table, sockets: &mut Vec<Socket>) -> io::Result<Told> {
    let from = sockets.len();
    let mut told = Told::default();
    for _ in 0..TRIES {
        sockets.truncate(from);
        told = Told::default();
        let each = |message: Message<'_>| match parse(message.body, table) {
            Some(socket) => sockets.push(socket),
            None => told.malformed += 1,
        };
        let interrupted = Link::open()
            .and_then(|link| link.exchange(request, each, |_| Ok(())))
            .inspect_err(|_| sockets.truncate(from))?;
        told.interrupted = interrupted;
        if !interrupted {
            break;
        }
    }
    Ok(told)
}

/// Writes the messages of a dump with their headers, and the one that ends it.
pub fn raw(query: &Query, table: Table, family: u8, out: &mut dyn Write) -> io::Result<()> {
    let all = |message: &[u8]| out.write_all(padded(message).as_ref());
    Link::open()?.exchange(&request(query, table, family, true), |_| {}, all).map(drop)
}

/// The sockets in the bytes of a dump. As ss does, only the first is read: a file of two families has two.
pub fn from_file(bytes: &[u8], table: Table) -> (Vec<Socket>, Result<(), String>) {
    let mut sockets = Vec::new();
    let mut rest = bytes;
    loop {
        let Some((message, left)) = Message::split(rest) else {
            return (
                sockets,
                Err(match rest.len() {
                    0 => "it has no end".to_owned(),
                    len => format!("it ends in the middle of a message, {len} bytes before its end"),
                }),
            );
        };
        rest = left;
        match message.kind {
            wire::DONE if rest.is_empty() => return (sockets, Ok(())),
            wire::DONE => {
                let more = format!("its first dump ends {} bytes before its end; what follows is not read", rest.len());
                return (sockets, Err(more));
            }
            wire::ERROR => {
                let error = io::Error::from_raw_os_error(message.errno());
                return (sockets, Err(format!("the kernel had answered: {error}")));
            }
            _ => match parse(message.body, table) {
                Some(socket) => sockets.push(socket),
                None => return (sockets, Err("it has a message that is no socket".to_owned())),
            },
        }
    }
}

fn request(query: &Query, table: Table, family: u8, filtered: bool) -> Vec<u8> {
    let bytecode = query.bytecode.as_deref().filter(|_| filtered);
    match table.protocol() {
        Some(_) => inet::request(table, family, query.states, query.extras, bytecode),
        None => other::request(table, query.states, query.extras),
    }
}

/// Any bytes are a socket or none.
pub(super) fn parse(body: &[u8], table: Table) -> Option<Socket> {
    match table.protocol() {
        Some(_) => inet::parse(body, table),
        None => other::parse(body, table),
    }
}

impl Link {
    /// Sends the request, gives each message of the answer to `each` and all of them, the last too, to `whole`.
    /// Whether the kernel said that what it told had changed meanwhile.
    fn exchange(
        &self,
        request: &[u8],
        mut each: impl FnMut(Message<'_>),
        mut whole: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<bool> {
        self.0.send_to(request, &SocketAddr::new(0, 0), 0)?;
        let mut buffer = Vec::with_capacity(BUFFER);
        let mut interrupted = false;
        loop {
            buffer.clear();
            let (len, from) = match self.0.recv_from(&mut buffer, libc::MSG_TRUNC) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                received => received?,
            };
            // Only the kernel's word counts.
            if from.port_number() != 0 {
                continue;
            }
            if len == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the kernel's answer has no end"));
            }
            if len > buffer.len() {
                return Err(io::Error::other(format!("a message of {len} bytes in a buffer of {}", buffer.len())));
            }
            let mut rest = &buffer[..];
            while let Some((message, left)) = Message::split(rest) {
                rest = left;
                if message.sequence != super::SEQUENCE {
                    continue;
                }
                interrupted |= message.flags & wire::DUMP_INTERRUPTED != 0;
                match message.kind {
                    wire::DONE => {
                        // A filter or a table that is not there ends a dump with an error instead of a list.
                        return match message.errno() {
                            0 => whole(message.whole).map(|()| interrupted),
                            errno => Err(io::Error::from_raw_os_error(errno)),
                        };
                    }
                    wire::ERROR => return Err(io::Error::from_raw_os_error(message.errno())),
                    wire::NOOP => {}
                    _ => {
                        whole(message.whole)?;
                        each(message);
                        if message.flags & wire::MULTI == 0 {
                            return Ok(interrupted);
                        }
                    }
                }
            }
        }
    }
}

/// A message with the padding that the next one begins after.
fn padded(message: &[u8]) -> Vec<u8> {
    let mut bytes = message.to_vec();
    bytes.resize(wire::align(bytes.len()), 0);
    bytes
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream, UdpSocket};

    use proptest::prelude::*;

    use super::*;
    use crate::system::sock_diag::{Extras, gather};
    use crate::system::sockets::{Detail, State};

    #[test]
    fn sockets_of_this_process_are_told() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let client = TcpStream::connect(("127.0.0.1", port)).expect("connected");
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let udp = udp.local_addr().expect("bound").port();
        let mut query = Query::everything();
        query.extras = Extras { memory: true, info: true, ..query.extras };
        let gathered = gather(&query, 7);
        let find = |table: Table, state: State, port: u16| {
            gathered
                .sockets
                .iter()
                .find(|s| s.state == state && s.inet().is_some_and(|i| i.table == table && i.local.port == port))
        };
        let listening = find(Table::Tcp, State::LISTEN, port).expect("the listener");
        assert!(listening.inode != 0 && listening.cookie != 0 && listening.netns == 7);
        let connected = client.local_addr().expect("bound").port();
        let connected = find(Table::Tcp, State::ESTABLISHED, connected).expect("the client");
        assert!(connected.memory.is_some_and(|m| m.rcvbuf > 0));
        assert!(connected.inet().and_then(|i| i.tcp()).is_some_and(|t| t.rto > 0));
        assert!(find(Table::Udp, State::CLOSE, udp).is_some());
        assert!(gathered.sockets.iter().any(|s| matches!(s.detail, Detail::Netlink(_))));
    }

    #[test]
    fn a_dump_in_a_file_is_read_again() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let query = Query { families: vec![2], states: State::LISTEN.bit(), ..Query::default() };
        let mut bytes = Vec::new();
        raw(&query, Table::Tcp, 2, &mut bytes).expect("a dump");
        let (sockets, end) = from_file(&bytes, Table::Tcp);
        assert_eq!(end, Ok(()));
        assert!(sockets.iter().any(|s| s.inet().is_some_and(|i| i.local.port == port)));
        let two = from_file(&bytes.repeat(2), Table::Tcp);
        assert!(two.0.len() == sockets.len() && two.1.is_err_and(|what| what.contains("not read")));
        let cut = from_file(&bytes[..bytes.len() - 1], Table::Tcp);
        assert!(cut.0.len() == sockets.len() && cut.1.is_err());
    }

    proptest! {
        #[test]
        fn any_file_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = from_file(&bytes, Table::Tcp);
        }
    }
}
