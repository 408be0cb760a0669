//! Who works for whom behind a socket: the sockets on which processes of the run took connections, and the fork servers of Python's
//! `multiprocessing`, whose children work for who connected.
//!
//! A fork server takes one connection after the other and starts one process for each. Who connected is known when it does: it has
//! read from the connection by then.

use std::collections::{HashMap, HashSet};

use super::accesses::Thing;

/// What is known of sockets that take connections.
#[derive(Debug, Default)]
pub struct Serving {
    served: HashSet<Thing>,
    /// Units that connected to the socket of a fork server, in their order.
    asked: HashMap<Thing, Vec<usize>>,
    /// Fork servers, by process; with the socket and how many connections were taken there.
    servers: HashMap<u32, Option<(Thing, usize)>>,
    /// Processes that a fork server started, nobody knows for whom.
    unknown: bool,
}

impl Serving {
    /// A process is a fork server, if its words say so.
    pub fn executed(&mut self, pid: u32, words: &[Vec<u8>]) {
        let is_server = |word: &Vec<u8>| memchr::memmem::find(word, b"multiprocessing.forkserver").is_some();
        match words.iter().any(is_server) {
            true => drop(self.servers.insert(pid, None)),
            false => drop(self.servers.remove(&pid)),
        }
    }

    /// Whether a socket of this name may be that of a fork server.
    pub fn may_be_asked(name: &[u8]) -> bool {
        let base = name.rsplit(|&b| b == b'/' || b == b'@').next().unwrap_or_default();
        base.starts_with(b"listener-")
    }

    /// A unit connected to a socket that may be that of a fork server.
    pub fn connected(&mut self, socket: Thing, unit: usize) {
        self.asked.entry(socket).or_default().push(unit);
    }

    /// A process took a connection.
    pub fn accepted(&mut self, pid: u32, socket: Thing) {
        self.served.insert(socket);
        if let Some(server) = self.servers.get_mut(&pid) {
            let taken = server.filter(|(known, _)| *known == socket).map_or(0, |(_, taken)| taken);
            *server = Some((socket, taken + 1));
        }
    }

    /// Whose process a fork server starts now: no unit's where nobody knows. `None`: this is no fork server.
    pub fn works_for(&mut self, pid: u32) -> Option<usize> {
        let (socket, taken) = (*self.servers.get(&pid)?)?;
        let unit = self.asked.get(&socket).and_then(|units| units.get(taken.checked_sub(1)?)).copied();
        self.unknown |= unit.is_none();
        Some(unit.unwrap_or(0))
    }

    /// A process is gone.
    pub fn ended(&mut self, pid: u32) {
        self.servers.remove(&pid);
    }

    /// Processes of the run took connections there.
    pub fn is_served(&self, socket: Thing) -> bool {
        self.served.contains(&socket)
    }

    /// Something is not known of whom a fork server worked for.
    pub fn is_unknown(&self) -> bool {
        self.unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::audit::evidence::Object;
    use crate::tools::audit::evidence::accesses::Accesses;

    #[test]
    fn a_fork_server_works_for_who_asked() {
        let mut accesses = Accesses::default();
        let mut thing = |name: &str| accesses.thing(&Object::Unix(name.as_bytes().into()));
        let (socket, other) = (thing("/tmp/pymp-x/listener-y"), thing("/tmp/other"));
        let mut serving = Serving::default();
        serving.executed(
            7,
            &[b"python3".to_vec(), b"-c".to_vec(), b"from multiprocessing.forkserver import main".to_vec()],
        );
        serving.executed(8, &[b"python3".to_vec()]);
        // It starts something before it is asked: that is its own.
        assert_eq!(serving.works_for(7), None);
        serving.connected(socket, 3);
        serving.accepted(7, socket);
        assert_eq!(serving.works_for(7), Some(3));
        // The record of who connected may come after that of who took it, but before the process is started.
        serving.accepted(7, socket);
        serving.connected(socket, 4);
        assert_eq!(serving.works_for(7), Some(4));
        assert!(!serving.is_unknown());
        serving.accepted(7, socket);
        assert_eq!((serving.works_for(7), serving.is_unknown()), (Some(0), true));
        serving.accepted(8, other);
        assert_eq!(serving.works_for(8), None);
        assert!(serving.is_served(other) && serving.is_served(socket));
    }

    #[test]
    fn sockets_of_fork_servers_have_names() {
        for (name, expected) in [
            ("/tmp/pymp-1/listener-abc", true),
            ("@listener-1-2", true),
            ("/run/docker.sock", false),
            ("/tmp/listener-x/other", false),
        ] {
            assert_eq!(Serving::may_be_asked(name.as_bytes()), expected, "{name}");
        }
    }
}
