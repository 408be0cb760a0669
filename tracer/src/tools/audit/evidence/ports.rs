//! Ports that the kernel chose: they differ from run to run, so evidence does not name them.

use std::collections::HashSet;

use tracer_common::event::{File, Sock};

use crate::decode::calls::protocol;

/// What is known of ports.
#[derive(Debug, Default)]
pub struct Ports {
    /// Sockets that were bound to a port by its number.
    named_sockets: HashSet<u64>,
    /// Ports that were asked for by number.
    named: HashSet<(&'static str, u16)>,
    /// Ports of sockets of the command that nobody asked for.
    chosen: HashSet<(&'static str, u16)>,
}

impl Ports {
    /// A socket was bound to an address with this port.
    pub fn bound(&mut self, protocol: &'static str, inode: u64, port: u16) {
        if port != 0 {
            self.named_sockets.insert(inode);
            self.named.insert((protocol, port));
        }
    }

    /// A socket came to the command that others had made, and may have bound: the port was there before, if it has one.
    pub fn came(&mut self, protocol: &'static str, inode: u64, port: u16) {
        if !self.chosen.contains(&(protocol, port)) {
            self.bound(protocol, inode, port);
        }
    }

    /// A socket of the command, as it is now.
    pub fn see(&mut self, file: &File, sock: &Sock) {
        if sock.sport != 0 && !self.named_sockets.contains(&file.ino) {
            self.chosen.insert((protocol(Some(sock)), sock.sport));
        }
    }

    /// The kernel chose this port.
    pub fn is_chosen(&self, protocol: &'static str, port: u16) -> bool {
        self.chosen.contains(&(protocol, port)) && !self.named.contains(&(protocol, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_nobody_named_is_chosen() {
        let sock = |port| Sock { family: 2, ty: 1, protocol: 6, sport: port, ..Sock::default() };
        let file = |ino| File { ino, ..File::default() };
        let mut ports = Ports::default();
        ports.bound("tcp", 1, 80);
        ports.bound("tcp", 2, 0);
        ports.see(&file(1), &sock(80));
        ports.see(&file(2), &sock(40_000));
        ports.see(&file(3), &sock(0));
        // A connection that was accepted has its listener's port.
        ports.see(&file(4), &sock(80));
        // What came from others had its port before, unless it is one of the command's own that came back.
        ports.came("tcp", 5, 50_000);
        ports.see(&file(5), &sock(50_000));
        ports.came("tcp", 2, 40_000);
        for (port, expected) in [(80, false), (40_000, true), (50_000, false), (0, false), (9, false)] {
            assert_eq!(ports.is_chosen("tcp", port), expected, "{port}");
        }
        assert!(!ports.is_chosen("udp", 40_000));
    }
}
