//! Sockets as JSON Lines: an object for each, and a last one that says how many there were and what is missing.
//! `schema/ss.schema.json` is the published description; a test holds what is written here against it.

use std::net::IpAddr;

use super::Names;
use super::row::v6_text;
use crate::render::json::escape;
use crate::render::json::object::Object;
use crate::system::sock_diag::Trouble;
use crate::system::sockets::filter::{Side, shown_name};
use crate::system::sockets::owners::{Owner, Owners};
use crate::system::sockets::{Control, Detail, Endpoint, Inet, Info, Memory, Socket, Table};

/// Version of the format: `v` of every object.
const VERSION: u32 = 1;

fn begin<'o>(out: &'o mut Vec<u8>, kind: &str) -> Object<'o> {
    let mut object = Object::begin(out);
    object.number("v", VERSION);
    object.text("type", kind);
    object
}

/// Appends a socket.
pub fn socket(socket: &Socket, owners: Option<&Owners>, names: &mut dyn Names, out: &mut Vec<u8>) {
    let mut object = begin(out, "socket");
    let (netid, family) = kinds(socket);
    object.text("netid", netid);
    object.text("family", family);
    object.text("state", socket.state.name());
    object.number("recv_q", socket.recv_q);
    object.number("send_q", socket.send_q);
    ends(socket, names, &mut object);
    object.number("netns", socket.netns);
    object.number("inode", socket.inode);
    if socket.cookie != 0 {
        // As text: many readers of JSON keep 53 bits of a number.
        object.text("cookie", &format!("{:x}", socket.cookie));
    }
    object.maybe("uid", socket.uid);
    if socket.interface > 0 {
        object.text("interface", &names.interface(socket.netns, socket.interface));
    }
    object.maybe("mark", socket.mark);
    if let Some(id) = socket.cgroup {
        object.text("cgroup", &names.cgroup(id));
    }
    if let Some(mask) = socket.shutdown {
        object.text("shutdown", ["none", "receive", "send", "both"][usize::from(mask & 3)]);
    }
    if let Some(owners) = owners {
        object.list("processes", owners.of(socket.inode), owner);
    }
    if let Some(memory) = &socket.memory {
        object.object("memory", |inner| memory_of(memory, inner));
    }
    detail(socket, &mut object);
    object.end();
    out.push(b'\n');
}

fn owner(owner: &Owner, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.bytes("comm", &owner.comm);
    object.number("pid", owner.pid);
    if owner.tid != owner.pid {
        object.number("tid", owner.tid);
    }
    object.number("fd", owner.fd);
    object.end();
}

/// The names of a socket's table and family.
fn kinds(socket: &Socket) -> (&'static str, &'static str) {
    let kind = i32::from(socket.kind);
    match &socket.detail {
        Detail::Inet(inet) => {
            (inet.table.name(), if i32::from(socket.family) == libc::AF_INET { "inet" } else { "inet6" })
        }
        Detail::Unix(_) => match kind {
            libc::SOCK_STREAM => ("u_str", "unix"),
            libc::SOCK_SEQPACKET => ("u_seq", "unix"),
            _ => ("u_dgr", "unix"),
        },
        Detail::Netlink(_) => ("nl", "netlink"),
        Detail::Packet(_) => (if kind == libc::SOCK_RAW { "p_raw" } else { "p_dgr" }, "packet"),
        Detail::Vsock(_) => (if kind == libc::SOCK_DGRAM { "v_dgr" } else { "v_str" }, "vsock"),
        Detail::Xdp(_) => ("xdp", "xdp"),
        Detail::Tipc(_) => ("tipc", "tipc"),
    }
}

fn ends(socket: &Socket, names: &mut dyn Names, object: &mut Object<'_>) {
    let inet = |object: &mut Object<'_>, key: &str, end: Endpoint| {
        object.object(key, |inner| {
            inner.text("address", &address_text(end.address));
            inner.number("port", end.port);
        });
    };
    let pair = |object: &mut Object<'_>, key: &str, (node, port): (u32, u32), name: &str| {
        object.object(key, |inner| {
            inner.number(name, node);
            inner.number("port", port);
        });
    };
    match &socket.detail {
        Detail::Inet(found) => {
            inet(object, "local", found.local);
            inet(object, "remote", found.remote);
            if found.table == Table::Raw {
                object.number("protocol", if socket.protocol == 0 { found.local.port } else { socket.protocol });
            }
        }
        Detail::Unix(unix) => {
            if let Some(name) = shown_name(socket, Side::Local) {
                object.bytes("name", &name);
                object.flag("abstract", unix.name.as_ref().is_some_and(|name| name.first() == Some(&0)));
            }
            object.maybe("peer_inode", unix.peer);
            if let Some((inode, device)) = unix.file {
                object.number("file_inode", inode);
                object.text("file_device", &format!("{}:{}", libc::major(device.into()), libc::minor(device.into())));
            }
            if let Some(waiting) = &unix.waiting {
                object.list("waiting", waiting, |inode, out| out.extend_from_slice(inode.to_string().as_bytes()));
            }
        }
        Detail::Netlink(netlink) => {
            object.number("protocol", socket.protocol);
            if let Some(name) = names.netlink(socket.protocol) {
                object.text("protocol_name", &name);
            }
            object.number("port", netlink.port);
            if let Some((port, group)) = netlink.peer {
                object.number("peer_port", port);
                object.number("peer_group", group);
            }
            // Group 1 is bit 0.
            let groups =
                netlink.groups.iter().enumerate().flat_map(|(i, byte)| {
                    (0..8).filter(move |bit| byte & 1 << bit != 0).map(move |bit| 8 * i + bit + 1)
                });
            object.list("groups", groups, |group, out| out.extend_from_slice(group.to_string().as_bytes()));
        }
        Detail::Packet(_) => object.number("protocol", socket.protocol),
        Detail::Vsock(vsock) => {
            pair(object, "local", vsock.local, "cid");
            pair(object, "remote", vsock.remote, "cid");
        }
        Detail::Xdp(xdp) => object.number("queue", xdp.queue),
        Detail::Tipc(tipc) => {
            pair(object, "local", tipc.local, "node");
            if let Some(remote) = tipc.remote {
                pair(object, "remote", remote, "node");
            }
        }
    }
}

fn address_text(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => v6_text(v6),
    }
}

fn memory_of(memory: &Memory, object: &mut Object<'_>) {
    object.number("receive", memory.rmem);
    object.number("receive_limit", memory.rcvbuf);
    object.number("transmit", memory.wmem);
    object.number("send_limit", memory.sndbuf);
    object.number("forward", memory.forward);
    object.number("queued", memory.queued);
    object.number("options", memory.optmem);
    object.maybe("backlog", memory.backlog);
    object.maybe("drops", memory.drops);
}

fn detail(socket: &Socket, object: &mut Object<'_>) {
    let Some(inet) = socket.inet() else { return };
    if inet.timer.kind != 0 {
        object.object("timer", |inner| {
            let name =
                ["off", "on", "keepalive", "timewait", "persist", "unknown"][usize::from(inet.timer.kind.min(5))];
            inner.text("name", name);
            inner.number("expires_ms", inet.timer.expires);
            inner.number("retrans", inet.timer.retrans);
        });
    }
    if let Some(v6only) = inet.v6only {
        object.flag("v6only", v6only);
    }
    object.maybe("tos", inet.tos);
    object.maybe("tclass", inet.tclass);
    object.maybe("class_id", inet.class_id);
    object.maybe("sockopt", inet.options);
    connection(inet, object);
}

fn connection(inet: &Inet, object: &mut Object<'_>) {
    if let Some(name) = &inet.congestion {
        object.bytes("congestion", name);
    }
    let info = inet.info.as_ref();
    if let Some((key, info)) = info.map(|info| match info {
        Info::Tcp(_) => ("tcp", info),
        Info::Mptcp(_) => ("mptcp", info),
        Info::Sctp(_) => ("sctp", info),
    }) {
        object.object(key, |inner| {
            let give = |name: &'static str, value: u64| inner.number(name, value);
            match info {
                Info::Tcp(info) => info.each(give),
                Info::Mptcp(info) => info.each(give),
                Info::Sctp(info) => info.each(give),
            }
        });
    }
    match inet.control {
        Some(Control::Vegas { enabled, rtt }) => object.object("vegas", |inner| {
            inner.flag("enabled", enabled);
            inner.number("rtt", rtt);
        }),
        Some(Control::Dctcp { enabled, ce_state, alpha, ab_ecn, ab_tot }) => object.object("dctcp", |inner| {
            inner.flag("enabled", enabled);
            inner.number("ce_state", ce_state);
            inner.number("alpha", alpha);
            inner.number("ab_ecn", ab_ecn);
            inner.number("ab_tot", ab_tot);
        }),
        Some(Control::Bbr { bandwidth, min_rtt, pacing_gain, cwnd_gain }) => object.object("bbr", |inner| {
            inner.number("bandwidth", bandwidth);
            inner.number("min_rtt", min_rtt);
            inner.number("pacing_gain", pacing_gain);
            inner.number("cwnd_gain", cwnd_gain);
        }),
        None => {}
    }
    if let Some(ulp) = inet.ulp.as_ref().and_then(|ulp| ulp.name.as_ref()) {
        object.bytes("ulp", ulp);
    }
    for (key, addresses) in [("local_addresses", &inet.locals), ("remote_addresses", &inet.peers)] {
        if !addresses.is_empty() {
            object.list(key, addresses, |address, out| escape::string(out, &address_text(*address)));
        }
    }
}

/// What the last object says.
#[derive(Debug, Default)]
pub struct Summary<'a> {
    /// Sockets shown.
    pub shown: u64,
    /// Processes whose descriptors could not be read, when processes were asked for.
    pub unreadable: Option<u64>,
    /// What is missing.
    pub troubles: &'a [Trouble],
    /// Other things that could not be done.
    pub notices: &'a [String],
    /// Counts (`-s`): name and value.
    pub counts: &'a [(&'static str, i64)],
}

/// Appends the last object.
pub fn summary(summary: &Summary<'_>, out: &mut Vec<u8>) {
    let mut object = begin(out, "summary");
    object.number("shown", summary.shown);
    object.maybe("processes_not_readable", summary.unreadable);
    let missing = summary.troubles.iter().map(ToString::to_string).chain(summary.notices.iter().cloned());
    object.list("missing", missing, |text, out| escape::string(out, &text));
    if !summary.counts.is_empty() {
        object.object("counts", |inner| summary.counts.iter().for_each(|(name, value)| inner.number(name, *value)));
    }
    object.end();
    out.push(b'\n');
}
