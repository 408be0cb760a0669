//! Waits for what descriptors lead to: pipes, sockets, files, terminals, and sets of them.

use super::causes::Cause;
use super::link::{End, Link, Node, On, Sure, name};
use super::work::in_kernel;
use crate::render::amount::{size, time};
use crate::schema::waits::Purpose;
use crate::system::snapshot::Access;
use crate::tools::why::scene::objects::{File, Listener};
use crate::tools::why::scene::{FileLock, Holder, Inet, Object, Pipe, Scene, Task, Unix, Waited};

/// The most descriptors of a set whose other ends are followed: a program that waits for more of them waits for work.
pub const FEW: usize = 8;

/// Judges a wait for one descriptor.
pub fn link(scene: &Scene, task: &Task, fd: u32, purpose: Purpose, object: &Object) -> Link {
    let link = match object {
        Object::Pipe(pipe) => self::pipe(scene, task, pipe, purpose == Purpose::Write),
        Object::Unix(socket) => unix(task, socket, purpose),
        Object::Inet(socket) => inet(task, socket, purpose),
        Object::Socket(what) => Link::ends(Cause::Socket, End::Unknown, format!("waits for {what}")),
        Object::Event(count, holders) => {
            let verb = if purpose == Purpose::Write { "has no room" } else { "is empty" };
            let seen = count.map(|count| format!("{count} stands in it"));
            let link = Link::waits(
                Cause::Event,
                Sure::Likely,
                format!("waits for an eventfd that {verb}"),
                have(task, holders),
            );
            let link = if link.on.is_empty() { link.or(End::Unknown) } else { link };
            seen.into_iter().fold(link, Link::seen)
        }
        Object::Timer(left) => timer(*left),
        Object::Signals(_) => Link::ends(Cause::Signal, End::Work, "waits for a signal, by a signalfd"),
        Object::Changes => Link::ends(Cause::Changes, End::Work, "waits for changes of files"),
        Object::Process(Some(pid)) => {
            let on = vec![On::process(*pid, "is that process")];
            Link::waits(Cause::ProcessEnd, Sure::Certain, format!("waits for process {pid} to end"), on)
        }
        Object::Process(None) => Link::ends(Cause::ProcessEnd, End::Runs, "waits for a process that has ended"),
        Object::Epoll(list, more) => return ready(scene, task, "epoll", list, *more),
        Object::Terminal(path, foreground) => terminal(path, *foreground, purpose),
        Object::Ring => Link::ends(Cause::Ring, End::Work, "waits for operations of io_uring to end"),
        // The other end of it is the kernel, which passes on what others ask of the file system.
        Object::Device(path) if path == b"/dev/fuse" => {
            Link::ends(Cause::Device, End::Work, "waits for requests to the file system that it serves")
        }
        Object::Device(path) => Link::ends(Cause::Device, End::Outside, format!("waits for the device {}", name(path))),
        Object::File(file) => self::file(task, file),
        Object::Other(link) => {
            let found = in_kernel(task);
            return found.seen(format!("fd {fd} leads to {}", name(link)));
        }
        Object::Closed => Link::ends(Cause::Unknown, End::Unknown, "waits for a descriptor that is closed meanwhile"),
        Object::Unseen(why) => {
            return Link::ends(
                Cause::Unseen,
                End::Unseen,
                format!("waits for fd {fd}, and nobody may see what that is"),
            )
            .seen(why.clone());
        }
    };
    link.seen(format!("fd {fd}: {}", short(object)))
}

/// Who of the holders has it for this, as those who could act.
fn holders(task: &Task, holders: &[Holder], writes: bool, role: &'static str) -> Vec<On> {
    let fits = |holder: &&Holder| match holder.access {
        Access::Read => !writes,
        Access::Write => writes,
        Access::Update | Access::Unknown => true,
    };
    let mut pids: Vec<u32> = holders.iter().filter(fits).map(|holder| holder.pid).collect();
    pids.sort_unstable();
    pids.dedup();
    // The process itself comes last: another thread of it may act, or it waits for itself.
    pids.sort_by_key(|pid| *pid == task.pid);
    pids.into_iter().map(|pid| On::process(pid, role)).collect()
}

/// The same of what is not for reading or writing alone.
fn have(task: &Task, list: &[Holder]) -> Vec<On> {
    holders(task, list, true, "has it too")
}

fn pipe(scene: &Scene, task: &Task, pipe: &Pipe, writes: bool) -> Link {
    let what = match &pipe.path {
        Some(path) => format!("the pipe {}", name(path)),
        None => format!("pipe {}", pipe.inode),
    };
    let filled = pipe.filled.map(|(held, room)| format!("{} of {} are in it", size(held), size(room)));
    let role = if writes { "reads it" } else { "writes to it" };
    let mut on = holders(task, &pipe.ends, !writes, role);
    // Itself only counts where it has other threads, or where nobody else is there.
    let alone = scene.processes.get(&task.pid).is_some_and(|process| process.threads.len() == 1);
    if alone && on.len() > 1 {
        on.retain(|on| on.node != Node::Process(task.pid));
    }
    let (cause, does) = match writes {
        true => (Cause::PipeFull, format!("waits for room in {what}, which is full")),
        false => (Cause::PipeEmpty, format!("waits for data in {what}, which is empty")),
    };
    let sure = if on.len() == 1 { Sure::Certain } else { Sure::Likely };
    let mut link = if on.is_empty() {
        let end = if writes { "reads it" } else { "writes to it" };
        Link::ends(cause, End::Unknown, does).seen(format!("no process was seen that {end}"))
    } else {
        Link::waits(cause, sure, does, on)
    };
    let own = Node::Process(task.pid);
    if alone && link.on.iter().all(|on| on.node == own) && !link.on.is_empty() {
        link = link.seen("the process itself holds the only other end");
    }
    filled.into_iter().fold(link, Link::seen)
}

fn unix(task: &Task, socket: &Unix, purpose: Purpose) -> Link {
    let named = socket.name.as_deref().map(|name| format!(" {}", self::name(name))).unwrap_or_default();
    if let (Purpose::Connect, Some(listener)) = (purpose, &socket.listener) {
        return backlog(task, listener, Cause::UnixBacklog, &format!("the unix socket{named}"));
    }
    if let (Purpose::Accept, Some((waiting, _))) = (purpose, socket.listens) {
        return Link::ends(Cause::Accept, End::Work, format!("waits for connections to its unix socket{named}"))
            .seen(format!("{waiting} connections wait"));
    }
    let (mine, theirs) = socket.queues;
    let (cause, does, role) = match purpose {
        Purpose::Write => (
            Cause::UnixFull,
            format!("waits for room in a unix socket{named}, whose other end does not read"),
            "is the other end",
        ),
        _ => (Cause::UnixRead, format!("waits for data of a unix socket{named}"), "is the other end"),
    };
    let on = holders(task, &socket.peers, purpose != Purpose::Write, role);
    let sure = if on.len() == 1 { Sure::Certain } else { Sure::Likely };
    if let (true, Some(listener)) = (on.is_empty(), &socket.listener) {
        let link = backlog(task, listener, Cause::UnixBacklog, &format!("the unix socket{named}"));
        return Link {
            does: format!("waits at the unix socket{named}, where nobody has accepted the connection"),
            ..link
        };
    }
    let mut link = if on.is_empty() {
        Link::ends(cause, End::Unknown, does).seen("no process was seen that holds the other end")
    } else {
        Link::waits(cause, sure, does, on)
    };
    if purpose == Purpose::Write {
        let unread = socket.peer_unread.map(|unread| format!("{} wait there unread", size(unread.into())));
        link = unread
            .into_iter()
            .fold(link, Link::seen)
            .seen(format!("{} of its memory are sent and not read", size(theirs.into())));
    } else if mine > 0 {
        link = link.seen(format!("{} came and were not read", size(mine.into())));
    }
    link
}

/// A queue of connections that nobody takes.
fn backlog(task: &Task, listener: &Listener, cause: Cause, what: &str) -> Link {
    let on = holders(task, &listener.holders, true, "should accept it");
    let (waiting, most) = listener.waiting;
    let does = format!("waits for a connection to {what}, whose queue is full");
    let seen = format!("{waiting} connections wait to be accepted, of {most} that may");
    match on.is_empty() {
        true => Link::ends(cause, End::Unknown, does).seen("no process was seen that holds the listening socket"),
        false => Link::waits(cause, Sure::Certain, does, on),
    }
    .seen(seen)
}

fn inet(task: &Task, socket: &Inet, purpose: Purpose) -> Link {
    let address = |(ip, port): (std::net::IpAddr, u16)| match ip {
        std::net::IpAddr::V6(ip) => format!("[{ip}]:{port}"),
        std::net::IpAddr::V4(ip) => format!("{ip}:{port}"),
    };
    let remote = address(socket.remote);
    if purpose == Purpose::Accept || socket.state == "LISTEN" {
        return Link::ends(Cause::Accept, End::Work, format!("waits for connections to {}", address(socket.local)))
            .seen(format!("{} connections wait, {} may", socket.recv_q, socket.send_q));
    }
    let tcp = socket.table != "udp" && socket.table != "raw";
    let state =
        format!("{} to {remote} is {}, Recv-Q {}, Send-Q {}", socket.table, socket.state, socket.recv_q, socket.send_q);
    let timer = socket.timer.map(|timer| format!("its timer is {timer}, {} times so far", socket.retrans));
    let (peers, elsewhere) = match &socket.peer {
        Some(peer) => (holders(task, &peer.holders, purpose != Purpose::Write, "is the other end"), peer.elsewhere),
        None => (Vec::new(), false),
    };
    let (cause, does) = match (purpose, tcp) {
        _ if socket.state.starts_with("SYN-SENT") => {
            let made = match &socket.listener {
                Some(listener) if listener.waiting.0 > listener.waiting.1 => {
                    return backlog(task, listener, Cause::TcpBacklog, &remote).seen(state);
                }
                _ => format!("waits for a connection to {remote}, which does not answer"),
            };
            let end = if socket.retrans > 0 { End::Silent } else { End::Outside };
            let link = Link::ends(Cause::TcpConnect, end, made).seen(state);
            return timer.into_iter().fold(link, Link::seen);
        }
        (Purpose::Write, true) => (Cause::TcpFull, format!("waits until {remote} takes what was sent")),
        (_, true) => (Cause::TcpRead, format!("waits for data of {remote}")),
        (_, false) if socket.remote.1 == 0 => {
            return Link::ends(
                Cause::Datagram,
                End::Outside,
                format!("waits for a datagram to {}", address(socket.local)),
            );
        }
        (_, false) if socket.remote.1 == 53 => {
            (Cause::Datagram, format!("waits for an answer of the name server {remote}"))
        }
        (_, false) => (Cause::Datagram, format!("waits for a datagram of {remote}")),
    };
    let sure = if peers.len() == 1 { Sure::Certain } else { Sure::Likely };
    let unread = socket
        .peer
        .as_ref()
        .filter(|peer| peer.recv_q > 0)
        .map(|peer| format!("{} wait there unread", size(peer.recv_q.into())));
    let mut link = match (&socket.listener, peers.is_empty()) {
        (_, false) => Link::waits(cause, sure, does, peers),
        (Some(listener), true) if tcp => {
            let link = backlog(task, listener, Cause::TcpBacklog, &remote);
            Link { does: format!("waits for {remote}, where nobody has accepted the connection"), ..link }
        }
        (_, true) if purpose == Purpose::Write && socket.timer == Some("persist") => {
            Link::ends(cause, End::Silent, does)
        }
        (_, true) if socket.peer.as_ref().is_some_and(|peer| peer.taken) => Link::ends(cause, End::Unseen, does)
            .seen("the other end is on this machine, and nobody was seen who has it"),
        (_, true) => Link::ends(cause, End::Outside, does),
    };
    link = link.seen(state);
    link = timer.into_iter().chain(unread).fold(link, Link::seen);
    if elsewhere {
        link = link.seen("the other end is in another network namespace of this machine");
    }
    let ago = |what: &str, ms: Option<u32>| ms.map(|ms| format!("{what} {} ago", time(f64::from(ms) / 1000.0)));
    match purpose {
        Purpose::Write => link,
        _ => ago("the last data came", socket.last_received).into_iter().fold(link, Link::seen),
    }
}

fn timer(left: Option<f64>) -> Link {
    match left {
        Some(left) => Link::ends(Cause::Timer, End::Sleeps, format!("waits for its own timer, {} longer", time(left))),
        None => Link::ends(Cause::Timer, End::Nobody, "waits for a timer that is not set"),
    }
}

fn terminal(path: &[u8], foreground: Option<bool>, purpose: Purpose) -> Link {
    let path = name(path);
    let does = match purpose {
        Purpose::Write => format!("waits until the terminal {path} takes its output"),
        _ => format!("waits for input from the terminal {path}"),
    };
    let link = Link::ends(Cause::Terminal, End::Outside, does);
    match foreground {
        Some(false) => link.seen("it is not in the terminal's foreground"),
        _ => link,
    }
}

fn file(task: &Task, file: &File) -> Link {
    let path = name(&file.path);
    let kind = name(&file.system);
    if !file.servers.is_empty() {
        let on = holders(task, &file.servers, true, "serves that file system");
        let sure = if on.len() == 1 { Sure::Certain } else { Sure::Likely };
        let does = format!("waits for the program that serves {path}");
        return Link::waits(Cause::Fuse, sure, does, on)
            .seen(format!("{path} is on {kind}, mounted of {}", name(&file.source)));
    }
    let link = in_kernel(task);
    if file.remote {
        let does = format!("waits for {path}, on {kind} of {}", name(&file.source));
        let (cause, end) =
            if kind.starts_with("fuse") { (Cause::Fuse, End::Unknown) } else { (Cause::Server, End::Outside) };
        return Link { cause, end: Some(end), does, ..link };
    }
    let busy = file.inflight.map(|(read, write)| format!("its disk has {read} reads and {write} writes in flight"));
    let of = format!("{path} is on {kind}, of {}", name(&file.source));
    let link = match link.cause {
        Cause::Disk | Cause::KernelLock => Link { does: format!("{}, for {path}", link.does), ..link },
        _ => link,
    };
    busy.into_iter().fold(link.seen(of), Link::seen)
}

/// A file that is not open yet.
pub fn open(scene: &Scene, task: &Task, object: &Object) -> Link {
    match object {
        Object::Pipe(pipe) => {
            let what = pipe.path.as_deref().map(name).unwrap_or_default();
            let on = holders(task, &pipe.ends, true, "has it open");
            let does = format!("waits for somebody to open the other end of the pipe {what}");
            if on.is_empty() {
                return Link::ends(Cause::PipeOpen, End::Work, does).seen("nobody has it open");
            }
            Link::waits(Cause::PipeOpen, Sure::Likely, does, on).or(End::Work)
        }
        Object::File(file) => match &file.lease {
            Some(lease) => {
                let on: Vec<On> = lease.holders.iter().map(|&pid| On::process(pid, "has a lease on it")).collect();
                let does = format!("waits to open {}, on which there is a lease", name(&lease.path));
                Link::waits(Cause::Lease, Sure::Certain, does, on)
                    .or(End::Sleeps)
                    .seen("the kernel breaks a lease after a time (lease-break-time)")
            }
            None => self::file(task, file),
        },
        object => link(scene, task, 0, Purpose::Other, object),
    }
}

/// A lock on a file.
pub fn file_lock(task: &Task, lock: &FileLock) -> Link {
    let does = format!("waits for a lock on {}", name(&lock.path));
    let Some(held) = &lock.held else {
        return Link::ends(Cause::FileLock, End::Unknown, does)
            .seen("the machine's list of locks has none in its way now");
    };
    let mode = if held.writes { "for writing" } else { "for reading" };
    let line = match held.pid {
        Some(pid) => format!("the list of locks has {} {mode}, of {pid}", held.class),
        None => format!("the list of locks has {} {mode}, of nobody by name: an open file has it", held.class),
    };
    if lock.holders.is_empty() {
        return Link::ends(Cause::FileLock, End::Unknown, does).seen(line).seen("no process was seen that holds it");
    }
    let role = if lock.named { "holds it" } else { "has the open file that holds it" };
    let mut pids = lock.holders.clone();
    pids.sort_by_key(|pid| *pid == task.pid);
    let sure = if pids.len() == 1 { Sure::Certain } else { Sure::Likely };
    Link::waits(Cause::FileLock, sure, does, pids.into_iter().map(|pid| On::process(pid, role)).collect()).seen(line)
}

/// Several descriptors: any of them, by whoever could make it ready.
pub fn ready(scene: &Scene, task: &Task, how: &'static str, list: &[Waited], more: usize) -> Link {
    let count = list.len() + more;
    let s = if count == 1 { "descriptor" } else { "descriptors" };
    if count == 0 {
        let does = format!("waits by {how} for no descriptor at all");
        return Link::ends(Cause::Readiness, End::Work, does);
    }
    let links: Vec<(u32, Link)> = list
        .iter()
        .map(|waited| {
            if !waited.read && !waited.write {
                return (waited.fd, hung_up(scene, task, waited));
            }
            let purpose = match (&waited.object, waited.read) {
                (Object::Unix(socket), true) if socket.listens.is_some() => Purpose::Accept,
                (_, true) => Purpose::Read,
                (_, false) => Purpose::Write,
            };
            (waited.fd, link(scene, task, waited.fd, purpose, &waited.object))
        })
        .collect();
    if let ([(_, only)], 0) = (links.as_slice(), more) {
        let waits = only.does.strip_prefix("waits ").unwrap_or(&only.does);
        return Link { does: format!("waits by {how} {waits}"), ..only.clone() };
    }
    let mut on: Vec<On> = Vec::new();
    let follows = count <= FEW;
    // Whose end alone is waited for is beside the point.
    let wanted = links.iter().zip(list).filter(|(_, waited)| follows && (waited.read || waited.write));
    for each in wanted.flat_map(|((_, link), _)| &link.on) {
        // Its own process can always be woken by itself: that says nothing.
        if each.node != Node::Process(task.pid) && !on.iter().any(|known| known.node == each.node) {
            on.push(each.clone());
        }
    }
    // The most open of the ends that do not depend on anybody.
    let open = [End::Runs, End::Work, End::Outside, End::Sleeps, End::Unseen, End::Unknown];
    let ends: Vec<End> = links.iter().filter_map(|(_, link)| link.end).collect();
    let end = if follows { open.into_iter().find(|end| ends.contains(end)) } else { Some(End::Work) };
    let does = format!("waits by {how} for any of {count} {s}");
    let sure = if on.len() <= 1 { Sure::Certain } else { Sure::Likely };
    let end = end.or((on.is_empty()).then_some(End::Work));
    let mut found = Link { end, ..Link::waits(Cause::Readiness, sure, does, on) };
    for (fd, each) in links.iter().take(FEW) {
        found.evidence.push(format!("fd {fd}: {}", each.does));
    }
    if count > FEW {
        found.evidence.push(format!("and {} more descriptors", count - FEW.min(list.len())));
    }
    found
}

/// One of which neither data nor room is waited for: whoever has its other end could close it.
fn hung_up(scene: &Scene, task: &Task, waited: &Waited) -> Link {
    // Who would write to a pipe whose end for writing this is, or read it.
    let ends = [Purpose::Write, Purpose::Read].map(|purpose| link(scene, task, waited.fd, purpose, &waited.object).on);
    let on = ends.into_iter().flatten().filter(|on| on.node != Node::Process(task.pid)).collect();
    let does = format!("waits for nothing but the end of {}", short(&waited.object));
    let found = Link::waits(Cause::Readiness, Sure::Likely, does, on);
    if found.on.is_empty() { found.or(End::Work) } else { found }
}

/// A ring of io_uring: what its operations wait for, as its own queue still tells.
pub fn ring(scene: &Scene, task: &Task, list: &[Waited]) -> Link {
    if list.is_empty() {
        return Link::ends(Cause::Ring, End::Work, "waits for operations of io_uring to end")
            .seen("the kernel tells only of operations that wait for a file to be ready, and of none here");
    }
    let found = ready(scene, task, "io_uring", list, 0);
    let sure = found.sure.max(Sure::Likely);
    Link { cause: if list.len() == 1 { found.cause } else { Cause::Ring }, sure, ..found }.seen(
        "the ring's own queue still has these operations; the kernel says that so many wait for a file to be ready",
    )
}

/// What a descriptor leads to, in few words.
pub fn short(object: &Object) -> String {
    match object {
        Object::Pipe(pipe) => pipe.path.as_deref().map_or_else(|| format!("pipe {}", pipe.inode), name),
        Object::Unix(socket) => format!("unix socket {}", socket.inode),
        Object::Inet(socket) => {
            format!("{} {}:{} to {}:{}", socket.table, socket.local.0, socket.local.1, socket.remote.0, socket.remote.1)
        }
        Object::Socket(what) => what.clone(),
        Object::Event(..) => "eventfd".to_owned(),
        Object::Timer(_) => "timerfd".to_owned(),
        Object::Signals(_) => "signalfd".to_owned(),
        Object::Changes => "inotify".to_owned(),
        Object::Process(_) => "pidfd".to_owned(),
        Object::Epoll(..) => "epoll".to_owned(),
        Object::Terminal(path, _) => name(path),
        Object::Ring => "io_uring".to_owned(),
        Object::File(file) => name(&file.path),
        Object::Device(path) => name(path),
        Object::Other(link) => name(link),
        Object::Closed => "closed".to_owned(),
        Object::Unseen(why) => why.clone(),
    }
}
