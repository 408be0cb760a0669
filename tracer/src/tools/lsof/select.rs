//! Which processes and files are wanted, by lsof's rules: each kind of selection is a bit; a file is shown
//! when it has any of the bits that were asked for, with `-a` when it has all. What was asked for and never
//! found decides the exit code.

use std::collections::HashSet;
use std::net::IpAddr;

use crate::system::snapshot::{Process, Slot};
use crate::system::sockets::{Endpoint, Inet, Socket};
use crate::tools::lsof::request::{Family, FdItem, Protocol, Select, Tasks};

/// Kinds of selection.
pub mod kind {
    /// `-c`
    pub const COMMAND: u32 = 1;
    /// `-d`
    pub const FD: u32 = 2;
    /// `-i ADDRESS`
    pub const ADDRESS: u32 = 4;
    /// `-i`
    pub const INET: u32 = 8;
    /// Names.
    pub const NAME: u32 = 16;
    /// `-N`
    pub const NFS: u32 = 32;
    /// `-p`
    pub const PID: u32 = 64;
    /// `-u`
    pub const USER: u32 = 128;
    /// `-U`
    pub const UNIX: u32 = 256;
    /// `-K`
    pub const TASK: u32 = 512;
    /// `+L N`
    pub const LINKS: u32 = 1024;
    /// `-g`
    pub const GROUP: u32 = 2048;
    /// Left out whatever else it has: the state of a connection.
    pub const OUT: u32 = 4096;

    /// What processes have.
    pub const OF_PROCESS: u32 = GROUP | PID | USER | TASK;
    /// What only sockets have.
    pub const OF_SOCKET: u32 = ADDRESS | INET | UNIX;
}

/// An address of `-i` with its names looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which of the addresses that were given it comes from.
    pub of: usize,
    /// The protocol.
    pub protocol: Option<Protocol>,
    /// 4, 6 or both.
    pub family: Family,
    /// The host.
    pub ip: Option<IpAddr>,
    /// From the first port to the last.
    pub ports: Option<(u16, u16)>,
}

/// What is wanted, and what of it was found.
#[derive(Debug)]
pub struct Selection<'s> {
    spec: &'s Select,
    /// The kinds that were asked for; all of them when none was.
    pub wanted: u32,
    /// Nothing was asked for in particular.
    pub all: bool,
    addresses: Vec<Wanted>,
    /// What was found.
    pub found: Found,
}

/// What was found of what was asked for, by its place in the request.
#[derive(Debug, Default)]
pub struct Found {
    /// `-p`, `-g`, `-u`, `-c`, `-c /REGEX/`, `-i ADDRESS`, names.
    pub pids: HashSet<usize>,
    /// `-g`
    pub groups: HashSet<usize>,
    /// `-u`
    pub users: HashSet<usize>,
    /// `-c`
    pub commands: HashSet<usize>,
    /// `-c /REGEX/`
    pub patterns: HashSet<usize>,
    /// `-i ADDRESS`
    pub addresses: HashSet<usize>,
    /// `-s`
    pub states: HashSet<usize>,
    /// Kinds of which a file was found.
    pub kinds: u32,
}

impl<'s> Selection<'s> {
    /// What `spec` wants; `names`: files or file systems were named.
    pub fn new(spec: &'s Select, addresses: Vec<Wanted>, names: bool) -> Selection<'s> {
        let takes = |some: bool, kind: u32| if some { kind } else { 0 };
        let wanted = takes(spec.commands.iter().any(|c| !c.not) || !spec.patterns.is_empty(), kind::COMMAND)
            | takes(spec.fds.is_some(), kind::FD)
            | takes(!spec.addresses.is_empty(), kind::ADDRESS)
            | takes(spec.inet.is_some(), kind::INET)
            | takes(names, kind::NAME)
            | takes(spec.nfs, kind::NFS)
            | takes(spec.pids.iter().any(|p| !p.not), kind::PID)
            | takes(spec.users.iter().any(|u| !u.not), kind::USER)
            | takes(spec.unix, kind::UNIX)
            | takes(spec.tasks == Tasks::Select, kind::TASK)
            | takes(spec.links_below.is_some_and(|n| n > 0), kind::LINKS)
            | takes(spec.groups.iter().any(|g| !g.not), kind::GROUP);
        let all = wanted == 0;
        let every = kind::OUT - 1;
        Selection { spec, wanted: if all { every } else { wanted }, all, addresses, found: Found::default() }
    }

    /// Whether only these kinds can make a file be shown.
    pub fn only(&self, kinds: u32) -> bool {
        !self.all && if self.spec.and { self.wanted & kinds != 0 } else { self.wanted & !kinds == 0 }
    }

    /// Whether it does not matter what process a file is of, but for those that are left out.
    pub fn any_process(&self) -> bool {
        !self.all && self.wanted & !kind::OF_SOCKET == 0
    }

    /// Whether tasks are listed beside their processes.
    pub fn tasks(&self) -> bool {
        match self.spec.tasks {
            Tasks::WhenAll => self.all,
            Tasks::Select => true,
            Tasks::Ignore => false,
        }
    }

    /// The processes that can be shown at all, when they were given by number.
    pub fn pids(&self) -> Option<Vec<u32>> {
        self.only(kind::PID).then(|| {
            let mut pids: Vec<u32> = self.spec.pids.iter().filter(|p| !p.not).map(|p| p.value).collect();
            pids.sort_unstable();
            pids.dedup();
            pids
        })
    }

    /// Whether a process with these bits and without any other can have files that are shown: `None` when it
    /// is left out, else its bits. `task`: it counts as a task.
    pub fn process(&mut self, process: &Process, task: bool) -> Option<u32> {
        let (spec, wanted) = (self.spec, self.wanted);
        let out = spec.users.iter().any(|u| u.not && u.value.uid == process.uid)
            || spec.groups.iter().any(|g| g.not && g.value == process.pgid)
            || spec.pids.iter().any(|p| p.not && p.value == process.pid)
            || spec.commands.iter().any(|c| c.not && process.comm.starts_with(&c.value));
        if out {
            return None;
        }
        if self.all {
            return Some(wanted);
        }
        let mut got = 0;
        let at = spec.groups.iter().position(|g| !g.not && g.value == process.pgid);
        note(at, kind::GROUP, &mut got, &mut self.found.groups);
        let at = spec.pids.iter().position(|p| !p.not && p.value == process.pid);
        note(at, kind::PID, &mut got, &mut self.found.pids);
        let at = spec.users.iter().position(|u| !u.not && u.value.uid == process.uid);
        note(at, kind::USER, &mut got, &mut self.found.users);
        if wanted & kind::TASK != 0 && task {
            got |= kind::TASK;
        }
        // With -a a process must have all that processes can have; without it, any, unless files can be
        // wanted for themselves.
        let asked = wanted & kind::OF_PROCESS;
        let lacks = match spec.and {
            true => got != asked,
            false => got == 0 && wanted == asked,
        };
        if lacks {
            return None;
        }
        if wanted & kind::COMMAND != 0 {
            let before = got;
            let at = spec.commands.iter().position(|c| !c.not && process.comm.starts_with(&c.value));
            note(at, kind::COMMAND, &mut got, &mut self.found.commands);
            if at.is_none() {
                let at = spec.patterns.iter().position(|p| p.regex.is_match(&process.comm));
                note(at, kind::COMMAND, &mut got, &mut self.found.patterns);
            }
            if got == before && (spec.and || wanted == kind::COMMAND) {
                return None;
            }
        }
        Some(got)
    }

    /// The bit for `-d`, when the slot is in the list.
    pub fn slot(&self, slot: Slot) -> u32 {
        let Some(list) = &self.spec.fds else { return 0 };
        let is = |item: &FdItem| match (item, slot) {
            (FdItem::Name(name), slot) => !matches!(slot, Slot::Number(_)) && name == slot.word(),
            (FdItem::Numbers(from, to), Slot::Number(n)) => (from..=to).contains(&&n),
            (FdItem::Numbers(..), _) => false,
        };
        if list.items.iter().any(is) != list.not { kind::FD } else { 0 }
    }

    /// Whether any mapping can be shown.
    pub fn mappings(&self) -> bool {
        let Some(list) = self.spec.fds.as_ref().filter(|_| self.only(kind::FD)) else { return true };
        [Slot::Mem, Slot::Deleted].into_iter().any(|slot| self.slot(slot) != 0) || list.not
    }

    /// The bits of an internet socket: `-i`, and `-s` which may leave it out.
    pub fn inet(&mut self, socket: &Socket, inet: &Inet, protocol: Protocol) -> u32 {
        let mut got = 0;
        let states = &self.spec.states;
        if states.iter().any(|s| s.not && s.value == socket.state.0) {
            return kind::OUT;
        }
        if states.iter().any(|s| !s.not) {
            match states.iter().position(|s| !s.not && s.value == socket.state.0) {
                Some(at) => drop(self.found.states.insert(at)),
                None => return kind::OUT,
            }
        }
        match (self.spec.inet, i32::from(socket.family) == libc::AF_INET6) {
            (Some(Family::Any), _) | (Some(Family::V4), false) | (Some(Family::V6), true) => got |= kind::INET,
            _ => {}
        }
        for Endpoint { address, port } in [inet.remote, inet.local] {
            let ip = unmapped(address);
            if ip.is_unspecified() && port == 0 {
                continue;
            }
            if let Some(hit) = self.addresses.iter().find(|wanted| wanted.matches(protocol, ip, port)) {
                self.found.addresses.insert(hit.of);
                got |= kind::ADDRESS;
            }
        }
        got
    }

    /// Whether a file with these bits is shown.
    pub fn shown(&self, bits: u32) -> bool {
        let bits_but_out = bits & (kind::OUT - 1);
        bits_but_out != 0 && bits & kind::OUT == 0 && (self.all || !self.spec.and || bits & self.wanted == self.wanted)
    }

    /// Whether a file with these bits is shown when it has any of some others too.
    pub fn may_be_shown(&self, bits: u32, others: u32) -> bool {
        self.shown(bits) || self.shown(bits | others & self.wanted)
    }

    /// Notes that a file with these bits exists: `-i`, `-N`, `-K` ask for any.
    pub fn note(&mut self, bits: u32) {
        if bits & kind::OUT == 0 {
            self.found.kinds |= bits;
        }
    }
}

fn note(at: Option<usize>, kind: u32, got: &mut u32, found: &mut HashSet<usize>) {
    if let Some(at) = at {
        found.insert(at);
        *got |= kind;
    }
}

/// An IPv4 address that is written as one of IPv6, as what it is.
pub fn unmapped(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

impl Wanted {
    fn matches(&self, protocol: Protocol, ip: IpAddr, port: u16) -> bool {
        self.protocol.is_none_or(|wanted| wanted == protocol)
            && match self.family {
                Family::Any => true,
                Family::V4 => ip.is_ipv4(),
                Family::V6 => ip.is_ipv6(),
            }
            && self.ip.is_none_or(|wanted| wanted == ip)
            && self.ports.is_none_or(|(from, to)| (from..=to).contains(&port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::sockets::{Detail, State, Table};
    use crate::tools::lsof::request::{FdList, Pick, User};

    fn pick<T>(value: T, not: bool) -> Pick<T> {
        Pick { value, not }
    }

    fn process(pid: u32, uid: u32, comm: &str) -> Process {
        Process { pid, uid, pgid: pid / 10, comm: comm.into(), ..Process::default() }
    }

    /// Which of three processes are looked at, and whether a file of each without a bit of its own is shown.
    fn check(spec: &Select, expected: [Option<bool>; 3]) {
        let mut selection = Selection::new(spec, Vec::new(), false);
        let of = [process(10, 0, "init"), process(20, 1000, "bash"), process(21, 1000, "sshd")];
        let got = of.map(|p| selection.process(&p, false).map(|bits| selection.shown(bits)));
        assert_eq!(got, expected, "{spec:?}");
    }

    #[test]
    fn processes_are_chosen_as_lsof_does() {
        let user = |uid| User { uid, name: None };
        let base = Select::default;
        check(&base(), [Some(true); 3]);
        check(&Select { pids: vec![pick(20, false)], ..base() }, [None, Some(true), None]);
        check(&Select { pids: vec![pick(20, true)], ..base() }, [Some(true), None, Some(true)]);
        check(&Select { users: vec![pick(user(1000), false)], ..base() }, [None, Some(true), Some(true)]);
        check(&Select { commands: vec![pick(b"ba".to_vec(), false)], ..base() }, [None, Some(true), None]);
        check(&Select { groups: vec![pick(2, false)], ..base() }, [None, Some(true), Some(true)]);
        // Either: whoever has one of them; others might have a file that is wanted for another reason.
        let (pids, users) = (vec![pick(10, false)], vec![pick(user(1000), false)]);
        let either = Select { pids: pids.clone(), users: users.clone(), ..base() };
        check(&either, [Some(true), Some(true), Some(true)]);
        check(&Select { and: true, ..either }, [None, None, None]);
        let both = Select { and: true, users, commands: vec![pick(b"bash".to_vec(), false)], ..base() };
        check(&both, [None, Some(true), None]);
        // Sockets of any process, or whatever a process has.
        let inet = Select { pids, inet: Some(Family::Any), ..base() };
        check(&inet, [Some(true), Some(false), Some(false)]);
        check(&Select { and: true, ..inet }, [Some(false), None, None]);
    }

    #[test]
    fn descriptors_by_name_and_number() {
        let list = |not, items| Select { fds: Some(FdList { not, items }), ..Select::default() };
        let spec = list(false, vec![FdItem::Name("cwd".into()), FdItem::Numbers(0, 2)]);
        let selection = Selection::new(&spec, Vec::new(), false);
        let hit = |s: &Selection<'_>, slot| s.slot(slot) != 0;
        for (slot, expected) in
            [(Slot::Cwd, true), (Slot::Root, false), (Slot::Number(2), true), (Slot::Number(3), false)]
        {
            assert_eq!(hit(&selection, slot), expected, "{slot:?}");
        }
        assert!(!selection.mappings());
        let spec = list(true, vec![FdItem::Name("mem".into())]);
        let selection = Selection::new(&spec, Vec::new(), false);
        assert!(!hit(&selection, Slot::Mem) && hit(&selection, Slot::Number(7)));
    }

    #[test]
    fn addresses_match_either_end() {
        let spec = Select { addresses: Vec::new(), inet: Some(Family::V6), ..Select::default() };
        let wanted = |protocol, family, ip: Option<&str>, ports| Wanted {
            of: 0,
            protocol,
            family,
            ip: ip.map(|ip| ip.parse().expect("an address")),
            ports,
        };
        let socket = |v6, local: &str, remote: &str| {
            let end = |text: &str| -> Endpoint {
                let end: std::net::SocketAddr = text.parse().expect("an end");
                Endpoint { address: end.ip(), port: end.port() }
            };
            let inet = Inet::new(Table::Tcp, end(local), end(remote));
            let family = if v6 { libc::AF_INET6 } else { libc::AF_INET };
            let mut socket = Socket::new(family as u8, Detail::Inet(Box::new(inet)));
            socket.state = State::ESTABLISHED;
            socket
        };
        let bits = |selection: &mut Selection<'_>, socket: &Socket| {
            selection.inet(socket, socket.inet().expect("inet"), Protocol::Tcp)
        };
        let check = |wanted: Wanted, socket: &Socket, expected: bool| {
            let mut selection = Selection::new(&spec, vec![wanted.clone()], false);
            assert_eq!(bits(&mut selection, socket) & kind::ADDRESS != 0, expected, "{wanted:?} {socket:?}");
        };
        let v4 = socket(false, "127.0.0.1:80", "10.0.0.1:4000");
        let mapped = socket(true, "[::ffff:127.0.0.1]:80", "[::]:0");
        check(wanted(None, Family::Any, None, Some((80, 80))), &v4, true);
        check(wanted(None, Family::Any, None, Some((3999, 4001))), &v4, true);
        check(wanted(None, Family::Any, None, Some((81, 90))), &v4, false);
        check(wanted(Some(Protocol::Udp), Family::Any, None, None), &v4, false);
        check(wanted(None, Family::Any, Some("10.0.0.1"), Some((80, 80))), &v4, false);
        check(wanted(None, Family::Any, Some("10.0.0.1"), None), &v4, true);
        check(wanted(None, Family::V6, None, Some((80, 80))), &v4, false);
        check(wanted(None, Family::Any, Some("127.0.0.1"), None), &mapped, true);
        let mut selection = Selection::new(&spec, Vec::new(), false);
        assert_eq!((bits(&mut selection, &v4), bits(&mut selection, &mapped)), (0, kind::INET));
    }
}
