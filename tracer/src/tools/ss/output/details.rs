//! What an inet socket has to tell besides its ends: timers, owner, type of service, options, memory.

use super::number::timeout;
use super::row::SocketRow;
use crate::system::sockets::{Inet, Memory, Table};

impl SocketRow<'_> {
    pub(super) fn inet_details(&mut self, inet: &Inet) {
        let show = self.list.show;
        // A row of /proc/net/raw tells no more.
        if inet.table == Table::Raw && self.socket.cookie == 0 {
            return;
        }
        if show.timers {
            self.timer(inet);
        }
        if show.details {
            self.details();
            if let Some(v6only) = inet.v6only {
                self.text(format_args!(" v6only:{}", u8::from(v6only)));
            }
            self.shutdown();
        }
        if show.tos {
            if let Some(tos) = inet.tos {
                self.text(format_args!(" tos:{}", hex(tos.into())));
            }
            if let Some(tclass) = inet.tclass {
                self.text(format_args!(" tclass:{}", hex(tclass.into())));
            }
            if let Some(class) = inet.class_id {
                self.text(format_args!(" class_id:{}", hex(class)));
            }
        }
        if show.cgroup {
            self.cgroup();
        }
        if show.sockopt
            && let Some(options) = inet.options
        {
            self.options(options);
        }
        if show.memory || show.info && inet.table != Table::Udp {
            self.indent("");
            self.inet_memory(inet);
            self.info(inet);
        }
    }

    fn timer(&mut self, inet: &Inet) {
        let timer = inet.timer;
        let name = match (timer.kind, inet.table) {
            (0, _) => return,
            (_, Table::Sctp) => "T3_RTX",
            (1, _) => "on",
            (2, _) => "keepalive",
            (3, _) => "timewait",
            (4, _) => "persist",
            _ => "unknown",
        };
        self.text(format_args!(" timer:({name},{},{})", timeout(timer.expires), timer.retrans));
    }

    /// User, inode, cookie, mark, cgroup.
    pub(super) fn details(&mut self) {
        let socket = self.socket;
        if let Some(uid) = socket.uid.filter(|&uid| uid != 0) {
            self.text(format_args!(" uid:{uid}"));
        }
        self.text(format_args!(" ino:{} sk:{:x}", socket.inode, socket.cookie));
        if let Some(mark) = socket.mark.filter(|&mark| mark != 0) {
            self.text(format_args!(" fwmark:0x{mark:x}"));
        }
        if socket.cgroup != Some(0) {
            self.cgroup();
        }
    }

    fn cgroup(&mut self) {
        if let Some(id) = self.socket.cgroup {
            let path = self.names.cgroup(id);
            self.text(format_args!(" cgroup:"));
            self.name(path.as_bytes());
        }
    }

    /// Which directions are open.
    pub(super) fn shutdown(&mut self) {
        if let Some(mask) = self.socket.shutdown {
            let side = |bit: u8, open: char| if mask & bit != 0 { '-' } else { open };
            self.text(format_args!(" {}-{}", side(1, '<'), side(2, '>')));
        }
    }

    fn options(&mut self, options: u16) {
        const NAMES: [&str; 11] = [
            "recverr",
            "is_icsk",
            "freebind",
            "hdrincl",
            "mc_loop",
            "transparent",
            "mc_all",
            "nodefrag",
            "bind_addr_no_port",
            "recverr_rfc4884",
            "defer_connect",
        ];
        self.indent("");
        self.text(format_args!("{}inet-sockopt: (", if self.list.show.oneline { " " } else { "" }));
        for (bit, name) in NAMES.iter().enumerate() {
            if options & 1 << bit != 0 {
                self.text(format_args!(" {name}"));
            }
        }
        self.text(format_args!(")"));
    }

    fn inet_memory(&mut self, inet: &Inet) {
        match (self.socket.memory, inet.old_memory) {
            (Some(memory), _) => self.memory(memory),
            (None, Some([r, w, f, t])) => self.text(format_args!(" mem:(r{r},w{w},f{f},t{t})")),
            (None, None) => {}
        }
    }

    /// `skmem:(r0,rb131072,...)`
    pub(super) fn memory(&mut self, memory: Memory) {
        let Memory { rmem, rcvbuf, wmem, sndbuf, forward, queued, optmem, backlog, drops } = memory;
        self.text(format_args!(" skmem:(r{rmem},rb{rcvbuf},t{wmem},tb{sndbuf},f{forward},w{queued},o{optmem}"));
        if let Some(backlog) = backlog {
            self.text(format_args!(",bl{backlog}"));
        }
        if let Some(drops) = drops {
            self.text(format_args!(",d{drops}"));
        }
        self.text(format_args!(")"));
    }
}

/// As printf's `%#x`: zero has no mark.
fn hex(number: u32) -> String {
    if number == 0 { "0".to_owned() } else { format!("{number:#x}") }
}
