//! The other ends of a process's sockets and pipes: joined through the tables of its network namespace and the
//! descriptors of all processes.

use std::collections::{BTreeMap, HashMap};

use crate::system::owners::{owners, pipes};
use crate::system::procfs::fds::fdinfo;
use crate::system::procfs::reason;
use crate::system::procfs::who::Who;
use crate::system::snapshot::{Access, Process, Slot};
use crate::system::sock_diag::namespaces::{self, Namespace};
use crate::system::sock_diag::{Extras, Gathered, Query, Trouble, Why, gather};
use crate::system::sockets::owners::{Owner, Owners};
use crate::system::sockets::{Detail, Socket, peers};
use crate::tools::inspect::report::{HeldPipe, HeldSocket, Holder, Report};

/// Fills in sockets and pipes. `who`: through whom the process is looked into.
pub fn find(report: &mut Report, who: Who) {
    let sockets = by_inode(report, b"socket:[");
    let held_pipes = by_inode(report, b"pipe:[");
    if !sockets.is_empty() {
        self::sockets(report, who, sockets);
    }
    if !held_pipes.is_empty() {
        self::other_pipes(report, held_pipes);
    }
}

/// Descriptors by the inode that stands in their link.
fn by_inode(report: &Report, kind: &[u8]) -> BTreeMap<u64, Vec<u32>> {
    let mut found: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for file in report.descriptors.iter().flatten() {
        let inode = file.path.strip_prefix(kind).and_then(|rest| rest.strip_suffix(b"]"));
        let inode = inode.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        if let (Slot::Number(fd), Some(inode)) = (file.slot, inode) {
            found.entry(inode).or_default().push(fd);
        }
    }
    found
}

fn sockets(report: &mut Report, who: Who, wanted: BTreeMap<u64, Vec<u32>>) {
    let all = tables(report, who, &wanted);
    let mut at: HashMap<u64, &Socket> = HashMap::new();
    for socket in all.iter().filter(|socket| socket.inode != 0) {
        at.insert(socket.inode, socket);
    }
    let mut unlisted = 0;
    let mut held: Vec<(HeldSocket, Vec<u64>)> = Vec::new();
    for (inode, fds) in wanted {
        let socket = at.get(&inode).copied();
        // A socket that is neither bound nor connected may stand in no table.
        unlisted += u64::from(socket.is_none());
        let peers = socket.map_or_else(Vec::new, |socket| peers::of(socket, &all));
        let peer_name = peers.iter().find_map(|peer| match &at.get(peer)?.detail {
            Detail::Unix(unix) => unix.name.as_deref().map(shown),
            _ => None,
        });
        let socket = socket.cloned();
        held.push((HeldSocket { fds, inode, socket, peers: Vec::new(), peer_name }, peers));
    }
    if unlisted > 0 {
        report.miss("addresses of sockets", format!("{unlisted} stand in no table of the kernel"));
    }
    if held.iter().any(|(_, peers)| !peers.is_empty()) {
        match owners(false) {
            Ok(owners) => {
                for (held, peers) in &mut held {
                    held.peers = peers.iter().flat_map(|&inode| owners.of(inode)).map(holder).collect();
                }
                unseen(report, &owners);
            }
            Err(error) => report.miss("other ends of sockets", reason(&error)),
        }
    }
    report.sockets = held.into_iter().map(|(held, _)| held).collect();
}

/// The sockets of the process's network namespace; when some of its own are not there, of all others too.
fn tables(report: &mut Report, who: Who, wanted: &BTreeMap<u64, Vec<u32>>) -> Vec<Socket> {
    let extras = Extras { info: true, details: true, owner: true, ..Extras::default() };
    let query = Query { extras, ..Query::everything() };
    let theirs = Namespace::of(who);
    let ours = Namespace::current();
    let mut gathered = match (&theirs, &ours) {
        (Ok(theirs), Ok(ours)) if theirs.inode != ours.inode => match theirs.inside(|| gather(&query, theirs.inode)) {
            Ok(gathered) => gathered,
            Err(error) => {
                report.miss("sockets of its network namespace", reason(&error));
                Gathered::default()
            }
        },
        (_, ours) => gather(&query, ours.as_ref().map_or(0, |space| space.inode)),
    };
    let missing = |sockets: &[Socket]| {
        let there: std::collections::HashSet<u64> = sockets.iter().map(|socket| socket.inode).collect();
        wanted.keys().any(|inode| !there.contains(inode))
    };
    if missing(&gathered.sockets)
        && let Ok(all) = namespaces::all()
    {
        let known = [theirs.as_ref().map_or(0, |space| space.inode), ours.as_ref().map_or(0, |space| space.inode)];
        let first = if known[0] == 0 { known[1] } else { known[0] };
        for space in all.namespaces.iter().filter(|space| space.inode != first) {
            if let Ok(mut more) = space.inside(|| gather(&query, space.inode)) {
                gathered.sockets.append(&mut more.sockets);
            }
            if !missing(&gathered.sockets) {
                break;
            }
        }
    }
    // Tables that this kernel does not list matter where something is in none of the others.
    let complete = !missing(&gathered.sockets);
    let told = |trouble: &&Trouble| !(complete && matches!(trouble.why, Why::NotListed(_)));
    for trouble in gathered.troubles.iter().filter(told) {
        report.miss("sockets", trouble.to_string());
    }
    gathered.sockets
}

/// A bound name with `@` for the NUL of an abstract one.
fn shown(name: &[u8]) -> Vec<u8> {
    match name {
        [0, rest @ ..] => [b"@", rest].concat(),
        name => name.to_vec(),
    }
}

fn other_pipes(report: &mut Report, wanted: BTreeMap<u64, Vec<u32>>) {
    let owners = match pipes() {
        Ok(owners) => owners,
        Err(error) => return report.miss("other ends of pipes", reason(&error)),
    };
    let pid = report.pid();
    let mut buffer = Vec::new();
    for (inode, fds) in wanted {
        let others = owners.of(inode).iter().filter(|owner| owner.pid != pid);
        let others = others.map(|owner| {
            if owner.access != Access::Unknown {
                return holder(owner);
            }
            let process = Process { pid: owner.pid, ..Process::default() };
            let flags = u32::try_from(owner.fd).ok().and_then(|fd| fdinfo(&process, fd, &mut buffer).flags);
            Holder { access: flags.map_or(Access::Unknown, Access::of_flags), ..holder(owner) }
        });
        let others = others.collect();
        report.pipes.push(HeldPipe { fds, inode, others });
    }
    unseen(report, &owners);
}

fn holder(owner: &Owner) -> Holder {
    Holder { pid: owner.pid, comm: owner.comm.to_vec(), fd: owner.fd, access: owner.access }
}

/// Processes that may be at other ends and could not be looked into.
fn unseen(report: &mut Report, owners: &Owners) {
    let what = "processes that may be at other ends";
    if owners.unreadable > 0 && !report.missing.iter().any(|missing| missing.what == what) {
        let s = if owners.unreadable == 1 { "" } else { "es" };
        report.miss(what, format!("{} process{s} not readable", owners.unreadable));
    }
}
