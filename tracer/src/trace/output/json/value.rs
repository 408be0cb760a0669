//! Values in JSON. Each kind of value has one form, whatever it holds, so that a reader who knows an
//! argument's kind knows what to expect. `schema/tracer.schema.json` describes every form.

use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use tracer_common::event::{File, Sock};

use crate::decode::value::{FileView, Tail, Value};
use crate::render::json::escape;
use crate::schema::net::TCP_STATES;
use crate::schema::set::Set;

/// Integers beyond this lose digits in readers that keep numbers as doubles (RFC 7493, 2.2).
const EXACT: u64 = (1 << 53) - 1;

/// Appends a value.
pub fn value(out: &mut Vec<u8>, v: &Value<'_>) {
    match v {
        Value::Int(n) => int(out, *n),
        Value::Uint(n) | Value::Hex(n) => uint(out, *n),
        Value::Addr(n) => addr(out, *n),
        Value::Octal(n) | Value::Perm(n) => octal(out, *n),
        Value::Mode(n) => mode(out, *n),
        Value::Dev(n) => {
            let (major, minor) = ((n >> 8 & 0xfff) | (n >> 32 & !0xfff), (n & 0xff) | (n >> 12 & 0xffff_ff00));
            write(out, format_args!("\"{major}:{minor}\""));
        }
        Value::Named(set, n) => named(out, set, *n),
        Value::Signal(n) => signal(out, *n),
        Value::SigSet(set) => array(out, (1..=64).filter(|n| set >> (n - 1) & 1 == 1), signal),
        Value::Pid(pid, None) => int(out, (*pid).into()),
        Value::Pid(pid, Some(comm)) => {
            out.extend_from_slice(b"{\"pid\":");
            int(out, (*pid).into());
            out.extend_from_slice(b",\"comm\":");
            escape::bytes(out, comm, false);
            out.push(b'}');
        }
        Value::Fd(fd, None) => int(out, (*fd).into()),
        Value::Fd(fd, Some(view)) => file(out, *fd, view),
        Value::Path { bytes, cut } => escape::bytes(out, bytes, *cut),
        Value::Str { bytes, cut, .. } => escape::bytes(out, bytes, *cut),
        Value::Word(word) => escape::string(out, word),
        Value::Phrase(words) => {
            out.push(b'{');
            for (i, (word, inner)) in words.iter().enumerate() {
                key(out, i == 0, word.trim_matches([',', ' ']));
                value(out, inner);
            }
            out.push(b'}');
        }
        Value::Text(text) => escape::string(out, text),
        Value::Port(port) => uint(out, (*port).into()),
        Value::Ip4(ip) => write(out, format_args!("\"{}\"", Ipv4Addr::from(*ip))),
        Value::Ip6(ip) => write(out, format_args!("\"{}\"", Ipv6Addr::from(*ip))),
        Value::Apply(name, args) => {
            out.extend_from_slice(b"{\"macro\":");
            escape::string(out, name);
            out.extend_from_slice(b",\"args\":");
            array(out, args.iter(), value);
            out.push(b'}');
        }
        Value::Limit(u64::MAX) => value(out, &Value::Word("RLIM64_INFINITY")),
        Value::Limit(n) => uint(out, *n),
        Value::Struct { fields, more } => {
            out.push(b'{');
            for (i, (name, field)) in fields.iter().enumerate() {
                key(out, i == 0, name);
                value(out, field);
            }
            if *more {
                key(out, fields.is_empty(), "...");
                out.extend_from_slice(b"true");
            }
            out.push(b'}');
        }
        Value::Array(items, Tail::Whole) | Value::List(items) => array(out, items.iter(), value),
        Value::Array(items, tail) => {
            out.extend_from_slice(b"{\"items\":");
            array(out, items.iter(), value);
            match tail {
                Tail::Fault(at) => write(out, format_args!(",\"fault\":\"{at:#x}\"}}")),
                Tail::More | Tail::Whole => out.extend_from_slice(b",\"more\":true}"),
            }
        }
        Value::Comment(inner, _) => value(out, inner),
        Value::Changed(before, after) => {
            out.extend_from_slice(b"{\"before\":");
            value(out, before);
            out.extend_from_slice(b",\"after\":");
            value(out, after);
            out.push(b'}');
        }
        Value::Counted(0, ..) => out.extend_from_slice(b"null"),
        Value::Counted(at, n, _) => write(out, format_args!("{{\"addr\":\"{at:#x}\",\"count\":{n}}}")),
    }
}

/// Appends `"name":`, after a comma unless it is the first. The name is one of our own, and needs no
/// escape.
pub fn key(out: &mut Vec<u8>, first: bool, name: &'static str) {
    out.extend_from_slice(if first { b"\"" } else { b",\"" });
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Appends an integer: a number, or `{"int":"..."}` beyond what doubles hold.
pub fn int(out: &mut Vec<u8>, n: i64) {
    let mut digits = itoa::Buffer::new();
    number(out, digits.format(n), n.unsigned_abs());
}

/// As [`int`].
pub fn uint(out: &mut Vec<u8>, n: u64) {
    let mut digits = itoa::Buffer::new();
    number(out, digits.format(n), n);
}

fn number(out: &mut Vec<u8>, digits: &str, size: u64) {
    if size <= EXACT {
        return out.extend_from_slice(digits.as_bytes());
    }
    out.extend_from_slice(b"{\"int\":\"");
    out.extend_from_slice(digits.as_bytes());
    out.extend_from_slice(b"\"}");
}

/// Appends an address: `{"addr":"0x..."}`, null for the null pointer.
fn addr(out: &mut Vec<u8>, n: u64) {
    if n == 0 {
        return out.extend_from_slice(b"null");
    }
    out.extend_from_slice(b"{\"addr\":\"");
    hex(out, n);
    out.extend_from_slice(b"\"}");
}

/// Appends `0x` and lower-case digits.
pub fn hex(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(b"0x");
    let mut shift = 60 - (n | 1).leading_zeros() / 4 * 4;
    loop {
        out.push(b"0123456789abcdef"[(n >> shift) as usize & 15]);
        if shift == 0 {
            return;
        }
        shift -= 4;
    }
}

/// A string of octal digits as C has it: `"0644"`.
fn octal(out: &mut Vec<u8>, n: u64) {
    write(out, format_args!("\"0{n:03o}\""));
}

fn mode(out: &mut Vec<u8>, n: u64) {
    const TYPES: [(&str, u64); 7] = [
        ("S_IFREG", 0o100_000),
        ("S_IFDIR", 0o40_000),
        ("S_IFLNK", 0o120_000),
        ("S_IFCHR", 0o20_000),
        ("S_IFBLK", 0o60_000),
        ("S_IFIFO", 0o10_000),
        ("S_IFSOCK", 0o140_000),
    ];
    out.extend_from_slice(b"{\"type\":");
    match TYPES.iter().find(|(_, t)| n & 0o170_000 == *t) {
        Some((name, _)) => escape::string(out, name),
        None => uint(out, n & !0o7777),
    }
    out.extend_from_slice(b",\"perm\":");
    octal(out, n & 0o7777);
    out.push(b'}');
}

/// An enumeration is a name, or a number where there is none; flags are an array of names, with the
/// bits that have none as a number at its end.
fn named(out: &mut Vec<u8>, set: &Set, n: u64) {
    let choice = set.choice.iter().find(|(_, v)| *v == n & set.mask);
    if set.mask == u64::MAX && set.bits.is_empty() {
        return match choice {
            Some((name, _)) => escape::string(out, name),
            None => uint(out, n),
        };
    }
    let mut rest = n;
    let mut first = true;
    let mut name = |out: &mut Vec<u8>, name: &str| {
        out.push(if std::mem::take(&mut first) { b'[' } else { b',' });
        escape::string(out, name);
    };
    if let Some((word, v)) = choice {
        name(out, word);
        rest &= !v;
    }
    for (word, bit) in set.bits {
        if *bit != 0 && rest & bit == *bit {
            name(out, word);
            rest &= !bit;
        }
    }
    if n == 0
        && choice.is_none()
        && let Some((word, _)) = set.bits.iter().find(|(_, bit)| *bit == 0)
    {
        name(out, word);
    }
    if first {
        out.push(b'[');
    }
    if rest != 0 {
        if !first {
            out.push(b',');
        }
        uint(out, rest);
    }
    out.push(b']');
}

/// Appends a signal by name: `"SIGINT"`, `"SIGRTMIN"`, `"SIGRT_3"`; a number that is none as it is.
pub fn signal(out: &mut Vec<u8>, n: i32) {
    match (nix::sys::signal::Signal::try_from(n), n) {
        (Ok(signal), _) => escape::string(out, signal.as_str()),
        (_, 32) => out.extend_from_slice(b"\"SIGRTMIN\""),
        (_, 33..=64) => write(out, format_args!("\"SIGRT_{}\"", n - 32)),
        _ => int(out, n.into()),
    }
}

fn array<T>(out: &mut Vec<u8>, items: impl Iterator<Item = T>, one: impl Fn(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        one(out, item);
    }
    out.push(b']');
}

/// A resolved descriptor: `{"fd":3,"path":"/etc/passwd","kind":"file",...}`.
fn file(out: &mut Vec<u8>, fd: i32, view: &FileView<'_>) {
    let File { ino, dev, rdev, mode, deleted, .. } = view.file;
    out.extend_from_slice(b"{\"fd\":");
    int(out, fd.into());
    if !view.path.is_empty() {
        out.extend_from_slice(b",\"path\":");
        escape::bytes(out, &view.path, view.cut);
    }
    if deleted != 0 {
        out.extend_from_slice(b",\"deleted\":true");
    }
    out.extend_from_slice(b",\"kind\":\"");
    out.extend_from_slice(match mode & 0o170_000 {
        0o100_000 => b"file",
        0o40_000 => b"dir",
        0o20_000 => b"char",
        0o60_000 => b"block",
        0o10_000 => b"pipe",
        0o140_000 => b"socket",
        0o120_000 => b"link",
        _ => b"other",
    });
    out.push(b'"');
    if matches!(mode & 0o170_000, 0o20_000 | 0o60_000) {
        write(out, format_args!(",\"rdev\":\"{}:{}\"", rdev >> 20, rdev & 0xf_ffff));
    }
    if ino != 0 {
        write(out, format_args!(",\"dev\":\"{}:{}\"", dev >> 20, dev & 0xf_ffff));
        out.extend_from_slice(b",\"ino\":");
        uint(out, ino);
    }
    if let Some(sock) = &view.sock {
        out.extend_from_slice(b",\"socket\":");
        socket(out, sock, &view.name);
    }
    out.push(b'}');
}

fn socket(out: &mut Vec<u8>, sock: &Sock, name: &[u8]) {
    const UNIX: u16 = libc::AF_UNIX as u16;
    const INET: u16 = libc::AF_INET as u16;
    const INET6: u16 = libc::AF_INET6 as u16;
    const NETLINK: u16 = libc::AF_NETLINK as u16;
    const PACKET: u16 = libc::AF_PACKET as u16;
    let family = match sock.family {
        UNIX => Some("AF_UNIX"),
        INET => Some("AF_INET"),
        INET6 => Some("AF_INET6"),
        NETLINK => Some("AF_NETLINK"),
        PACKET => Some("AF_PACKET"),
        _ => None,
    };
    let ty = match sock.ty {
        1 => Some("SOCK_STREAM"),
        2 => Some("SOCK_DGRAM"),
        3 => Some("SOCK_RAW"),
        4 => Some("SOCK_RDM"),
        5 => Some("SOCK_SEQPACKET"),
        6 => Some("SOCK_DCCP"),
        10 => Some("SOCK_PACKET"),
        _ => None,
    };
    let word = |out: &mut Vec<u8>, name: Option<&str>, n: u16| match name {
        Some(name) => escape::string(out, name),
        None => uint(out, n.into()),
    };
    out.extend_from_slice(b"{\"family\":");
    word(out, family, sock.family);
    out.extend_from_slice(b",\"type\":");
    word(out, ty, sock.ty);
    out.extend_from_slice(b",\"protocol\":");
    uint(out, sock.protocol.into());
    match sock.family {
        INET | INET6 => {
            if let Some(state) = TCP_STATES.get(usize::from(sock.state)).filter(|_| sock.state != 0) {
                out.extend_from_slice(b",\"state\":");
                escape::string(out, state);
            }
            end(out, "local", sock.family == INET, &sock.saddr, sock.sport);
            if sock.dport != 0 || sock.daddr != [0; 16] {
                end(out, "peer", sock.family == INET, &sock.daddr, sock.dport);
            }
        }
        UNIX => {
            if !name.is_empty() {
                out.extend_from_slice(b",\"name\":");
                escape::bytes(out, name, false);
            }
            if sock.peer != 0 {
                out.extend_from_slice(b",\"peer_ino\":");
                uint(out, sock.peer);
            }
        }
        NETLINK => {
            out.extend_from_slice(b",\"port_id\":");
            uint(out, sock.peer);
        }
        _ => {}
    }
    if sock.netns != 0 {
        out.extend_from_slice(b",\"netns\":");
        uint(out, sock.netns.into());
    }
    out.push(b'}');
}

fn end(out: &mut Vec<u8>, name: &'static str, four: bool, addr: &[u8; 16], port: u16) {
    key(out, false, name);
    if four {
        let [a, b, c, d, ..] = *addr;
        write(out, format_args!("{{\"ip\":\"{}\"", Ipv4Addr::new(a, b, c, d)));
    } else {
        write(out, format_args!("{{\"ip\":\"{}\"", Ipv6Addr::from(*addr)));
    }
    out.extend_from_slice(b",\"port\":");
    uint(out, port.into());
    out.push(b'}');
}

/// For what is rare enough to be formatted.
fn write(out: &mut Vec<u8>, args: std::fmt::Arguments<'_>) {
    // Writing to a Vec does not fail.
    let _ = out.write_fmt(args);
}
