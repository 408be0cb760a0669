//! Which processes are meant: by number, by a port, by a file that they have open, by name.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use crate::system::owners::owners;
use crate::system::procfs::covered::Covered;
use crate::system::procfs::mounts::{Mounts, Trust};
use crate::system::procfs::stat::Asker;
use crate::system::procfs::who::Who;
use crate::system::procfs::{patience, processes, reason};
use crate::system::sock_diag::{Query, gather, namespaces};
use crate::system::sockets::Table;
use crate::tools::why::judge::link::name;
use crate::tools::why::request::Whom;

/// How long memory of a process, or a file system, is waited for.
const PATIENCE: Duration = Duration::from_millis(300);

/// Who was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Processes, each once.
    pub pids: Vec<u32>,
    /// What is to be said of those that were not found, or not by their own number.
    pub said: Vec<String>,
    /// Something could not be asked.
    pub failed: bool,
    /// Who is meant may be a process that nobody may look into.
    pub unseen: bool,
}

/// Finds processes.
pub fn find(whom: &[Whom], covered: &Covered) -> Found {
    let mut found = Found::default();
    let mut pids = BTreeSet::new();
    for whom in whom {
        let list = match whom {
            Whom::Pid(id) => one(*id, &mut found),
            Whom::Port(port) => at_port(*port, &mut found),
            Whom::File(path) => with_file(path, &mut found),
            Whom::Name(name) => of_name(name, &mut found),
        };
        pids.extend(list);
    }
    for pid in pids {
        match covered.said(pid) {
            Some(hidden) => {
                found.said.push(hidden);
                found.failed = true;
            }
            None => found.pids.push(pid),
        }
    }
    found
}

fn one(id: u32, found: &mut Found) -> Vec<u32> {
    match Who::Id(id).status() {
        Ok(status) if status.tgid == id => vec![id],
        Ok(status) => {
            found.said.push(format!("{id} is a thread of process {}, which is told", status.tgid));
            vec![status.tgid]
        }
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH)) => {
            found.said.push(format!("{id}: no such process"));
            Vec::new()
        }
        Err(error) => {
            found.said.push(format!("{id}: {}", reason(&error)));
            found.failed = true;
            Vec::new()
        }
    }
}

/// All processes but this one.
fn everybody() -> impl Iterator<Item = u32> {
    let me = std::process::id();
    processes::all().unwrap_or_default().into_iter().filter(move |&pid| pid != me)
}

fn at_port(port: u16, found: &mut Found) -> Vec<u32> {
    let query = Query { tables: vec![Table::Tcp, Table::Udp, Table::Sctp, Table::Dccp], ..Query::everything() };
    let mut inodes = BTreeSet::new();
    for space in namespaces::all().map(|all| all.namespaces).unwrap_or_default() {
        let Ok(gathered) = space.inside(|| gather(&query, space.inode)) else { continue };
        let local = gathered.sockets.iter().filter(|socket| socket.inet().is_some_and(|inet| inet.local.port == port));
        inodes.extend(local.map(|socket| socket.inode).filter(|&inode| inode != 0));
    }
    // Where no namespace may be entered, our own can be asked.
    if inodes.is_empty() {
        let gathered = gather(&query, 0);
        let local = gathered.sockets.iter().filter(|socket| socket.inet().is_some_and(|inet| inet.local.port == port));
        inodes.extend(local.map(|socket| socket.inode).filter(|&inode| inode != 0));
    }
    let Ok(owners) = owners(false) else {
        found.failed = true;
        return Vec::new();
    };
    let pids: BTreeSet<u32> = inodes.iter().flat_map(|&inode| owners.of(inode)).map(|owner| owner.pid).collect();
    if pids.is_empty() {
        found.unseen = !inodes.is_empty();
        found.said.push(match (inodes.len(), owners.unreadable) {
            (0, _) => format!("no process has a socket at port {port}"),
            (_, 0) => format!("there is a socket at port {port}, and no process was seen that has it"),
            (_, n) => {
                format!("there is a socket at port {port}, of one of {n} processes that may not be looked into")
            }
        });
    }
    pids.into_iter().collect()
}

fn with_file(path: &[u8], found: &mut Found) -> Vec<u32> {
    let shown = name(path);
    let mut asker = Asker::new(PATIENCE, false);
    let wanted = match asker.ask(path, Trust::Remote, path) {
        Ok(stat) => stat,
        Err(error) => {
            found.said.push(format!("{shown}: {}", reason(&error)));
            found.failed = error.kind() != std::io::ErrorKind::NotFound;
            return Vec::new();
        }
    };
    // The kernel gives the whole path, without links: only what is called so needs to be asked.
    let whole = patience::within(PATIENCE, || {
        let found = Path::new(std::ffi::OsStr::from_bytes(path)).canonicalize().unwrap_or_default();
        found.file_name().map_or_else(Vec::new, |name| name.as_bytes().to_vec())
    });
    let last = whole.ok().filter(|name| !name.is_empty());
    let mut pids = Vec::new();
    let mut unreadable = 0u32;
    for pid in everybody() {
        let who = Who::Id(pid);
        let numbers = match who.descriptors() {
            Ok(numbers) => numbers,
            Err(error) => {
                unreadable += u32::from(error.kind() == std::io::ErrorKind::PermissionDenied);
                continue;
            }
        };
        let has = numbers.into_iter().any(|fd| {
            let link = who.link(format_args!("fd/{fd}")).unwrap_or_default();
            let same_name = last.as_ref().is_none_or(|last| link.ends_with(last));
            let place = who.path(format_args!("fd/{fd}"));
            let mounts = if same_name { Mounts::of(who) } else { Mounts::default() };
            same_name
                && link.starts_with(b"/")
                && asker
                    .ask(place.as_bytes(), mounts.trust(&link), &link)
                    .is_ok_and(|stat| (stat.dev, stat.ino) == (wanted.dev, wanted.ino))
        });
        if has {
            pids.push(pid);
        }
    }
    if pids.is_empty() {
        found.unseen = unreadable > 0;
        let hidden = if unreadable > 0 { format!("; {unreadable} may not") } else { String::new() };
        found.said.push(format!("no process that may be looked into has {shown} open{hidden}"));
    }
    pids
}

fn of_name(wanted: &[u8], found: &mut Found) -> Vec<u32> {
    let base = |path: &[u8]| path.rsplit(|&b| b == b'/').next().unwrap_or_default().to_vec();
    let mut pids = Vec::new();
    for pid in everybody() {
        let who = Who::Id(pid);
        let own = who.comm().is_some_and(|comm| comm == wanted || comm.len() == 15 && wanted.starts_with(&comm));
        let program = || who.link("exe").is_ok_and(|exe| base(&exe) == wanted);
        // A script is run by another program, and is that one's first word or second.
        let script = || {
            let words = patience::read(&who.path("cmdline"), PATIENCE).unwrap_or_default();
            words.split(|&b| b == 0).take(2).any(|word| base(word) == wanted)
        };
        if own || program() || own_is_interpreter(who) && script() {
            pids.push(pid);
        }
    }
    if pids.is_empty() {
        found.said.push(format!("no process is named {}", name(wanted)));
    }
    pids
}

/// Whether a process may run a script: its name is that of what runs it.
fn own_is_interpreter(who: Who) -> bool {
    let known: [&[u8]; 8] = [b"python", b"perl", b"ruby", b"node", b"bash", b"sh", b"java", b"php"];
    who.comm().is_some_and(|comm| known.iter().any(|name| comm.starts_with(name)))
}
