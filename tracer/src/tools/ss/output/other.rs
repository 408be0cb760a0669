//! Sockets that are not inet's.

use super::row::SocketRow;
use crate::system::sockets::filter::{Side, shown_name};
use crate::system::sockets::{Netlink, Packet, PacketRing, Tipc, Unix, Vsock, Xdp};

/// Names of Ethernet's protocols (include/uapi/linux/if_ether.h), as iproute2 has them.
pub const ETHERNET: &[(u16, &str)] = &[
    (0x0060, "loop"),
    (0x0200, "pup"),
    (0x0201, "pupat"),
    (0x0800, "ip"),
    (0x0805, "x25"),
    (0x0806, "arp"),
    (0x08ff, "bpq"),
    (0x0a00, "ieeepup"),
    (0x0a01, "ieeepupat"),
    (0x6000, "dec"),
    (0x6001, "dna_dl"),
    (0x6002, "dna_rc"),
    (0x6003, "dna_rt"),
    (0x6004, "lat"),
    (0x6005, "diag"),
    (0x6006, "cust"),
    (0x6007, "sca"),
    (0x8035, "rarp"),
    (0x809b, "atalk"),
    (0x80f3, "aarp"),
    (0x8137, "ipx"),
    (0x86dd, "ipv6"),
    (0x8863, "ppp_disc"),
    (0x8864, "ppp_ses"),
    (0x884c, "atmmpoa"),
    (0x8884, "atmfate"),
    (0x0001, "802_3"),
    (0x0002, "ax25"),
    (0x0003, "all"),
    (0x0004, "802_2"),
    (0x0005, "snap"),
    (0x0006, "ddcmp"),
    (0x0007, "wan_ppp"),
    (0x0008, "ppp_mp"),
    (0x0009, "localtalk"),
    (0x000c, "can"),
    (0x0010, "ppptalk"),
    (0x0011, "tr_802_2"),
    (0x0015, "mobitex"),
    (0x0016, "control"),
    (0x0017, "irda"),
    (0x0018, "econet"),
    (0x88ca, "tipc"),
    (0x8892, "profinet"),
    (0x88a2, "aoe"),
    (0x88a4, "ethercat"),
    (0x8100, "802.1Q"),
    (0x88a8, "802.1ad"),
    (0x8847, "mpls_uc"),
    (0x8848, "mpls_mc"),
    (0x6558, "teb"),
    (0x88cc, "LLDP"),
    (0x0800, "ipv4"),
];

impl SocketRow<'_> {
    pub(super) fn unix(&mut self, unix: &Unix) {
        self.head(match i32::from(self.socket.kind) {
            libc::SOCK_STREAM => "u_str",
            libc::SOCK_SEQPACKET => "u_seq",
            _ => "u_dgr",
        });
        let name = shown_name(self.socket, Side::Local).unwrap_or_else(|| b"*".to_vec());
        self.named_end(&name, " ", self.socket.inode.to_string().as_bytes());
        self.named_end(b"*", " ", unix.peer.unwrap_or(0).to_string().as_bytes());
        self.processes();
        if let (true, Some(memory)) = (self.list.show.memory, self.socket.memory) {
            self.memory(memory);
        }
        if self.list.show.details {
            self.shutdown();
            if let Some((inode, device)) = unix.file {
                self.text(format_args!(
                    " ino:{inode} dev:{}/{}",
                    libc::major(device.into()),
                    libc::minor(device.into())
                ));
            }
            if let Some(waiting) = &unix.waiting {
                self.text(format_args!(" peers:"));
                for inode in waiting {
                    self.text(format_args!(" {inode}"));
                }
            }
        }
    }

    pub(super) fn netlink(&mut self, netlink: &Netlink) {
        let socket = self.socket;
        self.head("nl");
        let numeric = self.list.show.numeric;
        let protocol = if numeric { None } else { self.names.netlink(socket.protocol) };
        let protocol = protocol.unwrap_or_else(|| socket.protocol.to_string());
        let port = match netlink.port {
            u32::MAX => b"*".to_vec(),
            port if numeric => (port as i32).to_string().into_bytes(),
            0 => b"kernel".to_vec(),
            port => match self.names.process(port).filter(|_| port as i32 > 0) {
                Some(name) => [&name, format!("/{port}").as_bytes()].concat(),
                None => (port as i32).to_string().into_bytes(),
            },
        };
        self.named_end(protocol.as_bytes(), ":", &port);
        match netlink.peer {
            Some((port, group)) => self.end(format_args!("{group}"), ":", format_args!("{}", port as i32)),
            None => self.end(format_args!(""), "*", format_args!("")),
        }
        if self.list.show.details {
            let mut groups = [0; 4];
            groups.iter_mut().zip(&netlink.groups).for_each(|(to, from)| *to = *from);
            self.text(format_args!(" sk=0 cb=0 groups=0x{:08x}", u32::from_ne_bytes(groups)));
        }
        if let (true, Some(memory)) = (self.list.show.memory, socket.memory) {
            self.text(format_args!("\t"));
            self.memory(memory);
        }
    }

    pub(super) fn packet(&mut self, packet: &Packet) {
        let socket = self.socket;
        self.head(if i32::from(socket.kind) == libc::SOCK_RAW { "p_raw" } else { "p_dgr" });
        let known = ETHERNET.iter().find(|(number, _)| *number == socket.protocol).filter(|_| !self.list.show.numeric);
        match (socket.protocol, known) {
            (3, _) => self.text(format_args!("*")),
            (_, Some((_, name))) => self.text(format_args!("{name}")),
            (number, None) => self.text(format_args!("[{number}]")),
        }
        let interface = match socket.interface {
            0 => "*".to_owned(),
            index => self.names.interface(socket.netns, index),
        };
        self.named_end(b"", ":", interface.as_bytes());
        self.end(format_args!(""), "*", format_args!(""));
        self.processes();
        if self.list.show.details {
            self.details();
            self.packet_details(packet);
        }
        if let (true, Some(filter)) = (self.list.show.bpf, &packet.filter) {
            self.indent(" ");
            self.text(format_args!("bpf filter ({}): ", filter.len()));
            for (code, jt, jf, k) in filter {
                self.text(format_args!(" 0x{code:02x} {jt} {jf} {k},"));
            }
        }
        if let (true, Some(memory)) = (self.list.show.memory, socket.memory) {
            self.memory(memory);
        }
    }

    fn packet_details(&mut self, packet: &Packet) {
        if let Some(info) = packet.info {
            self.indent(" ");
            self.text(format_args!("ver:{} cpy_thresh:{} flags( ", info.version, info.copy_thresh as i32));
            for (bit, name) in ["running", " auxdata", " origdev", " vnethdr", " loss"].iter().enumerate() {
                if info.flags & 1 << bit != 0 {
                    self.text(format_args!("{name}"));
                }
            }
            self.text(format_args!("{} )", if info.flags == 0 { "0" } else { "" }));
        }
        for (name, ring) in [("ring_rx", packet.rx), ("ring_tx", packet.tx)] {
            if let Some(PacketRing { block_size, blocks, frame_size, frames, timeout, features }) = ring {
                self.indent(" ");
                self.text(format_args!(
                    "{name}(blk_size:{block_size},blk_nr:{blocks},frm_size:{frame_size},frm_nr:{frames},\
                     tmo:{timeout},features:0x{features:x})"
                ));
            }
        }
        if let Some(fanout) = packet.fanout {
            self.indent(" ");
            self.text(format_args!("fanout(id:{},type:", fanout & 0xffff));
            match fanout >> 16 {
                kind @ 0..=5 => {
                    self.text(format_args!("{}", ["hash", "lb", "cpu", "roll", "random", "qm"][kind as usize]));
                }
                kind => self.text(format_args!("0x{kind:x}")),
            }
            self.text(format_args!(")"));
        }
    }

    pub(super) fn vsock(&mut self, vsock: Vsock) {
        self.head(match i32::from(self.socket.kind) {
            libc::SOCK_STREAM => "v_str",
            libc::SOCK_DGRAM => "v_dgr",
            _ => "???",
        });
        let number = |number: u32| if number == u32::MAX { "*".to_owned() } else { number.to_string() };
        for (cid, port) in [vsock.local, vsock.remote] {
            self.end(format_args!("{}", number(cid)), ":", format_args!("{}", number(port)));
        }
        self.processes();
    }

    pub(super) fn xdp(&mut self, xdp: &Xdp) {
        self.head("xdp");
        if self.socket.interface > 0 {
            let name = self.names.interface(self.socket.netns, self.socket.interface);
            self.named_end(name.as_bytes(), ":", format!("q{}", xdp.queue).as_bytes());
        } else {
            self.end(format_args!(""), "*", format_args!(""));
        }
        self.end(format_args!(""), "*", format_args!(""));
        self.processes();
        if self.list.show.details {
            self.details();
            self.rings(&[("rx", xdp.rings[0]), ("tx", xdp.rings[1])]);
            if let Some(umem) = xdp.umem {
                let [id, pages, chunk, headroom, interface, queue, flags, refs] = umem.rest;
                self.indent(" t");
                self.text(format_args!(
                    "umem(id:{id},size:{},num_pages:{pages},chunk_size:{chunk},headroom:{headroom},\
                     ifindex:{interface},qid:{queue},zc:{},refs:{refs})",
                    umem.size,
                    flags & 1
                ));
                self.rings(&[("fr", xdp.rings[2]), ("cr", xdp.rings[3])]);
            }
            if let Some([dropped, invalid, full, empty, tx_invalid, tx_empty]) = xdp.stats {
                self.indent(" ");
                self.text(format_args!(
                    "stats(rx dropped:{dropped},rx invalid:{invalid},rx queue full:{full},rx fill ring empty:{empty},\
                     tx invalid:{tx_invalid},tx ring empty:{tx_empty})"
                ));
            }
        }
        if let (true, Some(memory)) = (self.list.show.memory, self.socket.memory) {
            self.memory(memory);
        }
    }

    fn rings(&mut self, rings: &[(&str, Option<u32>)]) {
        for (name, entries) in rings {
            if let Some(entries) = entries {
                self.indent(" ");
                self.text(format_args!("{name}(entries:{entries})"));
            }
        }
    }

    pub(super) fn tipc(&mut self, tipc: &Tipc) {
        self.head(match i32::from(self.socket.kind) {
            libc::SOCK_STREAM => "ti_st",
            libc::SOCK_DGRAM => "ti_dg",
            libc::SOCK_RDM => "ti_rd",
            libc::SOCK_SEQPACKET => "ti_sq",
            _ => "???",
        });
        self.end(format_args!("{}", tipc.local.0), ":", format_args!("{}", tipc.local.1));
        match tipc.remote {
            Some((node, port)) => self.end(format_args!("{node}"), ":", format_args!("{port}")),
            None => self.end(format_args!(""), "-", format_args!("")),
        }
        if self.list.show.details {
            self.details();
        }
        self.processes();
        if self.list.show.tipc {
            let kind = ["UNKNOWN", "STREAM", "DGRAM", "UNKNOWN", "RDM", "SEQPACKET"];
            let kind = kind.get(usize::from(self.socket.kind)).copied().unwrap_or("UNKNOWN");
            let congested = match tipc.congested {
                (true, _) => "link",
                (_, true) => "conn",
                _ => "none",
            };
            let begin = if self.list.show.oneline { " " } else { "\n " };
            self.text(format_args!("{begin}type:{kind} cong:{congested}  drop:{} ", tipc.drops));
            if tipc.published {
                self.text(format_args!(" publ"));
            }
            if let Some((kind, instance)) = tipc.via {
                self.text(format_args!(" via {{{kind},{instance}}} "));
            }
        }
    }
}
