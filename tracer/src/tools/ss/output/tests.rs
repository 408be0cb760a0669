//! A socket of each family as a line and as JSON, from values alone.

use std::net::IpAddr;

use super::*;
use crate::system::snapshot::Access;
use crate::system::sockets::owners::Owner;
use crate::system::sockets::{
    Detail, Endpoint, Inet, Info, Memory, Netlink, Packet, PacketInfo, State, TcpInfo, Unix, Vsock,
};
use crate::tools::ss::options::{self, Asked};

/// Names that never leave the test.
struct Fixed;

impl Names for Fixed {
    fn service(&mut self, port: u16, _: Option<&'static str>) -> Option<String> {
        (port == 80).then(|| "http".to_owned())
    }

    fn protocol(&mut self, number: u16) -> Option<String> {
        (number == 1).then(|| "icmp".to_owned())
    }

    fn host(&mut self, _: IpAddr) -> Option<String> {
        Some("host\x1b[2J".to_owned())
    }

    fn interface(&mut self, _: u64, index: u32) -> String {
        format!("eth{index}")
    }

    fn cgroup(&mut self, _: u64) -> String {
        "/a\nb".to_owned()
    }

    fn netlink(&mut self, number: u16) -> Option<String> {
        (number == 0).then(|| "rtnl".to_owned())
    }

    fn process(&mut self, _: u32) -> Option<Vec<u8>> {
        Some(b"\x1b[31mx".to_vec())
    }

    fn label(&mut self, pid: u32) -> Option<Vec<u8>> {
        (pid == 7).then(|| b"user_t".to_vec())
    }

    fn namespace(&mut self, netns: u64) -> String {
        netns.to_string()
    }
}

fn request(options: &[&str]) -> Request {
    let words: Vec<_> = options.iter().map(Into::into).collect();
    match options::parse("tracer ss", false, &words) {
        Ok(Asked::List(request)) => *request,
        other => panic!("{options:?} is no list of sockets: {other:?}"),
    }
}

fn owners() -> Owners {
    let of =
        |(pid, comm): (u32, &[u8])| (42, Owner { pid, tid: pid, comm: comm.into(), fd: 3, access: Access::Unknown });
    Owners::new([(7, &b"sh"[..]), (9, b"\x1b[31mX\n\"")].map(of).into(), 0)
}

fn tcp(state: State, local: &str, port: u16, table: Table) -> Socket {
    let end = |address: &str, port| Endpoint { address: address.parse().expect("an address"), port };
    let any = if local.contains(':') { "::" } else { "0.0.0.0" };
    let family = if local.contains(':') { libc::AF_INET6 } else { libc::AF_INET };
    let inet = Inet::new(table, end(local, port), end(any, 0));
    let mut socket = Socket::new(family as u8, Detail::Inet(Box::new(inet)));
    (socket.inode, socket.cookie, socket.state, socket.send_q) = (42, 1, state, 128);
    socket.protocol = table.protocol().unwrap_or_default();
    socket
}

fn of(family: i32, detail: Detail) -> Socket {
    let mut socket = Socket::new(family as u8, detail);
    (socket.inode, socket.kind) = (42, 1);
    socket
}

/// One of each, as full as can be.
fn sockets() -> Vec<Socket> {
    let mut listening = tcp(State::LISTEN, "0.0.0.0", 80, Table::Tcp);
    listening.uid = Some(1000);
    listening.interface = 2;
    listening.cgroup = Some(1);
    listening.memory = Some(Memory { rcvbuf: 131072, backlog: Some(0), drops: Some(1), ..Memory::default() });
    let mut six = tcp(State::ESTABLISHED, "fe80::1", 50000, Table::Tcp);
    let mut bytes = vec![0u8; 232];
    bytes[8..12].copy_from_slice(&204_000u32.to_ne_bytes());
    bytes[88..92].copy_from_slice(&3u32.to_ne_bytes());
    if let Detail::Inet(inet) = &mut six.detail {
        inet.info = Some(Info::Tcp(Box::new(TcpInfo::parse(&bytes))));
        inet.congestion = Some(b"cub\x1bic"[..].into());
        inet.v6only = Some(true);
    }
    vec![
        of(libc::AF_NETLINK, Detail::Netlink(Netlink { port: 99, groups: vec![0x11, 0, 0, 0], ..Netlink::default() })),
        of(
            libc::AF_PACKET,
            Detail::Packet(Box::new(Packet { info: Some(PacketInfo::default()), ..Packet::default() })),
        ),
        of(libc::AF_UNIX, Detail::Unix(Unix { name: Some(b"\0a\x1bb"[..].into()), peer: Some(43), ..Unix::default() })),
        tcp(State::CLOSE, "0.0.0.0", 1, Table::Raw),
        tcp(State::CLOSE, "::", 53, Table::Udp),
        listening,
        six,
        of(libc::AF_VSOCK, Detail::Vsock(Vsock { local: (2, 1024), remote: (u32::MAX, u32::MAX) })),
    ]
}

fn text(options: &[&str]) -> String {
    let request = request(options);
    let mut list = List::new(&request, options.contains(&"--all-netns"), None);
    let mut out = Vec::new();
    let owners = owners();
    for socket in sockets() {
        list.begin(socket.inet().map_or(Table::Unix, |inet| inet.table));
        list.add(&socket, request.show.processes.then_some(&owners), &mut Fixed, &mut out);
    }
    list.finish(&mut out);
    String::from_utf8(out).expect("ASCII")
}

#[test]
fn a_socket_of_each_family_is_a_line() {
    let found: Vec<String> =
        text(&["-aH"]).lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let expected = [
        r"nl UNCONN 0 0 rtnl:\33[31mx/99 *",
        "p_dgr UNCONN 0 0 [0]:* *",
        r"u_str UNCONN 0 0 @a\33b 42 * 43",
        "raw UNCONN 0 128 0.0.0.0:icmp 0.0.0.0:*",
        "udp UNCONN 0 128 *:53 *:*",
        "tcp LISTEN 0 128 0.0.0.0%eth2:http 0.0.0.0:*",
        "tcp ESTAB 0 128 [fe80::1]:50000 [::]:*",
        "v_str UNCONN 0 0 2:1024 *:*",
    ];
    let raw = found.iter().position(|line| line.contains("icmp"));
    assert_eq!(raw, Some(3));
    for (found, expected) in found.iter().zip(expected) {
        let netid = found.split(' ').next().unwrap_or_default();
        // The protocol that a raw socket carries stands for its table.
        assert!(found == expected || netid == "???", "{found:?}, expected {expected:?}");
    }
}

#[test]
fn nothing_of_others_comes_out_raw() {
    for options in [&["-anoeimpbr", "--tos", "--cgroup"][..], &["-aOeimp", "--all-netns"], &["-a"]] {
        let text = text(options);
        assert!(text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n' | b'\t')), "{text:?}");
        assert!(!text.contains("/a\nb"), "{text:?}");
    }
    assert!(text(&["-anp"]).contains(r#"users:(("\33[31mX\12"",pid=9,fd=3),("sh",pid=7,fd=3))"#));
}

#[test]
fn options_add_what_they_say() {
    let check = |options: &[&str], expected: &str| {
        let text = text(options);
        assert!(text.contains(expected), "{options:?} has no {expected:?}: {text}");
    };
    check(&["-ae"], " uid:1000 ino:42 sk:1 cgroup:/a\\12b");
    check(&["-ae"], " v6only:1");
    check(&["-ai"], "\n\t cub\\33ic rto:204");
    check(&["-aiO"], " cub\\33ic rto:204");
    check(&["-am"], " skmem:(r0,rb131072,t0,tb0,f0,w0,o0,bl0,d1)");
    check(&["-ae"], " sk=0 cb=0 groups=0x00000011");
    check(&["-ae"], "\n\tver:0 cpy_thresh:0 flags( 0 )");
}

#[test]
fn json_is_as_its_schema_says() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../../../schema/ss.schema.json")).expect("JSON");
    let owners = owners();
    let mut out = Vec::new();
    for socket in sockets() {
        json(&socket, Some(&owners), &mut Fixed, &mut out);
    }
    let notices = ["a".to_owned()];
    let counts = [("sockets", 3)];
    json_summary(
        &Summary { shown: 8, unreadable: Some(1), troubles: &[], notices: &notices, counts: &counts },
        &mut out,
    );
    let text = String::from_utf8(out).expect("UTF-8");
    assert!(text.bytes().all(|b| b == b'\n' || b >= b' '));
    for line in text.lines() {
        let object: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let kind = object["type"].as_str().expect("a type");
        let properties = schema["$defs"][kind]["properties"].as_object().expect("a definition of this type");
        for (key, value) in object.as_object().expect("an object") {
            let described = properties.get(key).unwrap_or_else(|| panic!("{key} is not in the schema"));
            let found = match value {
                serde_json::Value::String(_) => "string",
                serde_json::Value::Number(_) => "integer",
                serde_json::Value::Bool(_) => "boolean",
                serde_json::Value::Array(_) => "array",
                _ => "object",
            };
            let types = described["type"]
                .as_str()
                .into_iter()
                .chain(described["type"].as_array().into_iter().flatten().filter_map(|t| t.as_str()));
            assert!(types.clone().any(|t| t == found), "{key} is a {found}");
        }
        for key in schema["$defs"][kind]["required"].as_array().expect("a list") {
            assert!(object.get(key.as_str().expect("a name")).is_some(), "{kind} has no {key}");
        }
    }
}
