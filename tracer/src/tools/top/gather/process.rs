//! One process: its threads, descriptors and sockets, as /proc and the kernel's tables tell them. What is read has bounds, for a process
//! may have a million of each.

use std::collections::BTreeMap;
use std::time::Duration;

use super::waits;
use crate::system::process::has_ended;
use crate::system::procfs::who::Who;
use crate::system::procfs::{patience, reason, waiting};
use crate::system::sock_diag::namespaces::Namespace;
use crate::system::sock_diag::{Extras, Link, Query, gather};
use crate::system::sockets::{Detail, Endpoint, Socket, State, Table};
use crate::tools::top::sample::{Connection, Focus, Thread};
use crate::tools::top::words::plain;

/// Threads that are read.
const THREADS: usize = 512;
/// Descriptors whose links are read.
const DESCRIPTORS: usize = 8192;
/// Unix sockets that are asked about, one by one.
const UNIX: usize = 64;
/// Sockets that are told.
const CONNECTIONS: usize = 1024;
/// How long memory of the process is waited for.
const PATIENCE: Duration = Duration::from_millis(300);

/// The words of a process: its memory may keep whoever reads it waiting.
pub fn words(pid: u32) -> Vec<Vec<u8>> {
    let text = patience::read(&Who::Id(pid).path("cmdline"), PATIENCE).unwrap_or_default();
    let text = text.strip_suffix(b"\0").unwrap_or(&text);
    if text.is_empty() { Vec::new() } else { text.split(|&b| b == 0).map(<[u8]>::to_vec).collect() }
}

/// Looks into a process.
pub fn focus(pid: u32, command: Vec<Vec<u8>>) -> Focus {
    let who = Who::Id(pid);
    let mut focus = Focus { pid, command, status: who.status().unwrap_or_default(), ..Focus::default() };
    let links = links(&mut focus, who);
    threads(&mut focus, &links);
    let inodes: BTreeMap<u64, u32> = links.iter().filter_map(|(&fd, link)| Some((inode_of(link)?, fd))).collect();
    if !inodes.is_empty() {
        connections(&mut focus, who, &inodes);
    }
    focus
}

/// Where its descriptors lead.
fn links(focus: &mut Focus, who: Who) -> BTreeMap<u32, Vec<u8>> {
    let numbers = match who.descriptors() {
        Ok(numbers) => numbers,
        Err(error) => {
            if !has_ended(focus.status.state) {
                focus.missing.push(("descriptors", reason(&error)));
            }
            return BTreeMap::new();
        }
    };
    focus.descriptors = Some(numbers.len() as u64);
    if numbers.len() > DESCRIPTORS {
        focus.missing.push(("what most descriptors are", format!("only {DESCRIPTORS} are looked at")));
    }
    let link = |fd: u32| Some((fd, who.link(format_args!("fd/{fd}")).ok()?));
    let links: BTreeMap<u32, Vec<u8>> = numbers.into_iter().take(DESCRIPTORS).filter_map(link).collect();
    let mut kinds: BTreeMap<&'static str, u64> = BTreeMap::new();
    links.values().for_each(|link| *kinds.entry(kind(link)).or_default() += 1);
    focus.kinds = kinds.into_iter().collect();
    focus.kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    links
}

/// What a link leads to, in a word.
fn kind(link: &[u8]) -> &'static str {
    let starts = |with: &[u8]| link.starts_with(with);
    match link {
        _ if starts(b"socket:[") => "sockets",
        _ if starts(b"pipe:[") => "pipes",
        _ if starts(b"anon_inode:[eventpoll]") => "epoll",
        _ if starts(b"anon_inode:") => "others",
        _ if starts(b"/dev/") => "devices",
        _ if starts(b"/") => "files",
        _ => "others",
    }
}

fn inode_of(link: &[u8]) -> Option<u64> {
    let digits = link.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn threads(focus: &mut Focus, links: &BTreeMap<u32, Vec<u8>>) {
    let pid = focus.pid;
    let tids = Who::Id(pid).threads().unwrap_or_default();
    if tids.len() > THREADS {
        focus.missing.push(("most threads", format!("only {THREADS} of {} are told", tids.len())));
    }
    let mut silent = None;
    for tid in tids.into_iter().take(THREADS) {
        let who = Who::Thread(pid, tid);
        let Some(stat) = who.stat() else { continue };
        let place = match who.read("syscall") {
            Ok(text) => waiting::place(&text),
            Err(error) => {
                silent = Some(reason(&error));
                None
            }
        };
        let kernel = || who.read("wchan").ok().filter(|name| !name.is_empty() && name != b"0");
        let does = waits::does(stat.state, place, links, kernel);
        let switches = who.status().ok().and_then(|status| status.switches);
        focus.threads.push(Thread {
            tid,
            comm: stat.comm,
            state: stat.state,
            ticks: stat.user_time + stat.system_time,
            does,
            switches,
        });
    }
    if let Some(why) = silent.filter(|_| !has_ended(focus.status.state)) {
        focus.missing.push(("calls of threads", why));
    }
}

/// Its sockets, by the tables of its network namespace.
fn connections(focus: &mut Focus, who: Who, inodes: &BTreeMap<u64, u32>) {
    let query = Query {
        tables: vec![Table::Tcp, Table::Udp],
        extras: Extras { info: true, ..Extras::default() },
        ..Query::everything()
    };
    let ask = || {
        let mut all = gather(&query, 0);
        all.sockets.retain(|socket| inodes.contains_key(&socket.inode));
        let known: Vec<u64> = all.sockets.iter().map(|socket| socket.inode).collect();
        let rest = inodes.keys().filter(|inode| !known.contains(inode)).take(UNIX);
        if let Ok(link) = Link::open() {
            let unix = rest.filter_map(|&inode| link.unix(u32::try_from(inode).ok()?).ok().flatten());
            all.sockets.extend(unix);
        }
        all
    };
    let elsewhere = match (Namespace::of(who), Namespace::current()) {
        (Ok(theirs), Ok(ours)) if theirs.inode != ours.inode => Some(theirs),
        _ => None,
    };
    let gathered = match &elsewhere {
        Some(theirs) => theirs.inside(ask),
        None => Ok(ask()),
    };
    let gathered = match gathered {
        Ok(gathered) => gathered,
        Err(error) => return focus.missing.push(("sockets", reason(&error))),
    };
    if let Some(trouble) = gathered.troubles.first() {
        focus.missing.push(("some sockets", trouble.to_string()));
    }
    let told: Vec<Connection> = gathered.sockets.iter().map(connection).collect();
    focus.more_connections = (inodes.len() - told.len().min(inodes.len())) as u64;
    focus.more_connections += told.len().saturating_sub(CONNECTIONS) as u64;
    focus.connections = told;
    focus.connections.truncate(CONNECTIONS);
}

fn connection(socket: &Socket) -> Connection {
    let mut told = Connection {
        id: if socket.cookie == 0 { socket.inode } else { socket.cookie },
        kind: "unix",
        state: socket.state.name(),
        recv_q: socket.recv_q.into(),
        send_q: socket.send_q.into(),
        ..Connection::default()
    };
    match &socket.detail {
        Detail::Inet(inet) => {
            told.kind = if inet.table == Table::Udp { "udp" } else { "tcp" };
            told.local = endpoint(&inet.local);
            told.remote = if socket.state == State::LISTEN { String::new() } else { endpoint(&inet.remote) };
            told.bytes = inet.tcp().map(|info| (info.bytes_received, info.bytes_acked));
        }
        Detail::Unix(unix) => {
            told.local = unix.name.as_deref().map_or_else(|| "*".to_owned(), name);
            told.remote = unix.peer.filter(|&peer| peer != 0).map_or_else(String::new, |peer| format!("* {peer}"));
        }
        _ => {}
    }
    told
}

fn endpoint(end: &Endpoint) -> String {
    let port = if end.port == 0 { "*".to_owned() } else { end.port.to_string() };
    match end.address {
        address if address.is_unspecified() && end.port == 0 => "*".to_owned(),
        std::net::IpAddr::V4(address) => format!("{address}:{port}"),
        std::net::IpAddr::V6(address) => format!("[{address}]:{port}"),
    }
}

/// The name of a unix socket with `@` for the NUL of an abstract one: printable.
fn name(name: &[u8]) -> String {
    let (at, rest) = if let [0, rest @ ..] = name { ("@", rest) } else { ("", name) };
    format!("{at}{}", plain(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_told() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a socket");
        let focus = focus(std::process::id(), vec![b"x".to_vec()]);
        assert!(focus.descriptors.is_some_and(|count| count > 0) && !focus.threads.is_empty(), "{focus:?}");
        let address = listener.local_addr().expect("an address").to_string();
        let found = focus.connections.iter().find(|socket| socket.local == address);
        assert!(found.is_some_and(|socket| socket.state == "LISTEN" && socket.kind == "tcp"), "{focus:?}");
    }

    #[test]
    fn descriptors_have_kinds() {
        let check = |link: &str, expected| assert_eq!(kind(link.as_bytes()), expected, "{link}");
        check("socket:[1]", "sockets");
        check("pipe:[1]", "pipes");
        check("anon_inode:[eventpoll]", "epoll");
        check("anon_inode:[eventfd]", "others");
        check("/dev/null", "devices");
        check("/a (deleted)", "files");
        check("net:[1]", "others");
        assert_eq!(inode_of(b"socket:[77]"), Some(77));
        assert_eq!(inode_of(b"socket:[x]"), None);
    }
}
