//! Values in JSON. Each kind of value has one form, whatever it holds, so that a reader who knows an
//! argument's kind knows what to expect. `schema/tracer.schema.json` describes every form.

use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use tracer_common::event::{File, Sock};

use crate::decode::value::{FileView, Tail, Value};
use crate::render::json::escape;
use crate::render::json::object::{Object, list};
use crate::schema::details::Details;
use crate::schema::errno;
use crate::schema::net::{SOCK, TCP_STATES};
use crate::schema::protocols::AF;
use crate::schema::set::Set;
use crate::schema::signal_names;

/// Integers beyond this lose digits in readers that keep numbers as doubles (RFC 7493, 2.2).
const EXACT: u64 = (1 << 53) - 1;

/// Appends a value.
pub fn value(out: &mut Vec<u8>, v: &Value<'_>) {
    match v {
        Value::Int(n) => int(out, *n),
        Value::Uint(n) | Value::Hex(n) => uint(out, *n),
        Value::Addr(n) | Value::Pointer(n, None) => addr(out, *n),
        Value::Pointer(n, Some(view)) => stream(out, *n, view),
        Value::Octal(n) | Value::Perm(n) => octal(out, *n),
        Value::Mode(n) => mode(out, *n),
        Value::Dev(n) => {
            let (major, minor) = ((n >> 8 & 0xfff) | (n >> 32 & !0xfff), (n & 0xff) | (n >> 12 & 0xffff_ff00));
            text(out, format_args!("{major}:{minor}"));
        }
        Value::Named(set, n) | Value::Spelled(set, n) => named(out, set, *n),
        Value::Signal(n) => signal(out, *n),
        Value::SigSet(set) => list(out, (1..=64).filter(|n| set >> (n - 1) & 1 == 1), |n, out| signal(out, n)),
        Value::Pid(pid, _, None) => int(out, (*pid).into()),
        Value::Pid(pid, _, Some(task)) => {
            let mut object = Object::begin(out);
            int(object.member("pid"), (*pid).into());
            if let Some(comm) = &task.comm {
                escape::bytes(object.member("comm"), comm, false);
            }
            if let Some(here) = task.here {
                uint(object.member("tracer_pid"), here.into());
            }
            object.end();
        }
        Value::Fd(fd, None) => int(out, (*fd).into()),
        Value::Fd(fd, Some(view)) => file(out, *fd, view),
        Value::Path { bytes, cut } => escape::bytes(out, bytes, *cut),
        Value::Str { bytes, cut, .. } => escape::bytes(out, bytes, *cut),
        Value::Word(word) => escape::string(out, word),
        Value::Phrase(words) => {
            let mut object = Object::begin(out);
            for (word, inner) in words {
                value(object.member(word.trim_matches([',', ' '])), inner);
            }
            object.end();
        }
        Value::Text(text) => escape::string(out, text),
        Value::Port(port) => uint(out, (*port).into()),
        Value::Ip4(ip) => text(out, format_args!("{}", Ipv4Addr::from(*ip))),
        Value::Ip6(ip) => text(out, format_args!("{}", Ipv6Addr::from(*ip))),
        Value::Apply(name, args) => {
            let mut object = Object::begin(out);
            escape::string(object.member("macro"), name);
            values(object.member("args"), args);
            object.end();
        }
        Value::Limit(u64::MAX) => value(out, &Value::Word("RLIM64_INFINITY")),
        Value::Limit(n) => uint(out, *n),
        Value::Struct { fields, more } => {
            let mut object = Object::begin(out);
            for (name, field) in fields {
                value(object.member(name), field);
            }
            if *more {
                object.flag("...", true);
            }
            object.end();
        }
        Value::Array(items, Tail::Whole) | Value::List(items) => values(out, items),
        Value::Array(items, tail) => {
            let mut object = Object::begin(out);
            values(object.member("items"), items);
            match tail {
                Tail::Fault(at) => hex(object.member("fault"), *at),
                Tail::More | Tail::Whole => object.flag("more", true),
            }
            object.end();
        }
        Value::Comment(inner, _) | Value::Made(_, inner) => value(out, inner),
        Value::Hardware(bytes) => {
            let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            escape::string(out, &bytes.join(":"));
        }
        Value::Interface(_, Some(name)) => escape::string(out, name),
        Value::Interface(index, None) => uint(out, (*index).into()),
        Value::Failure(error) => match errno::of(*error).and_then(|error| errno::ERRNO.name_of(error.into())) {
            Some(name) => text(out, format_args!("-{name}")),
            None => int(out, *error),
        },
        Value::At(place, inner) => {
            let mut object = Object::begin(out);
            value(object.member("place"), place);
            value(object.member("value"), inner);
            object.end();
        }
        Value::Joined(items) => values(out, items),
        Value::Shifted(inner, _) => value(out, inner),
        Value::Changed(before, after) => {
            let mut object = Object::begin(out);
            value(object.member("before"), before);
            value(object.member("after"), after);
            object.end();
        }
        Value::Counted(0, ..) => out.extend_from_slice(b"null"),
        Value::Counted(at, n, _) => {
            let mut object = Object::begin(out);
            hex(object.member("addr"), *at);
            object.number("count", *n);
            object.end();
        }
    }
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
    let mut object = Object::begin(out);
    object.text("int", digits);
    object.end();
}

/// Appends an address: `{"addr":"0x..."}`, null for the null pointer.
fn addr(out: &mut Vec<u8>, n: u64) {
    if n == 0 {
        return out.extend_from_slice(b"null");
    }
    let mut object = Object::begin(out);
    hex(object.member("addr"), n);
    object.end();
}

/// Appends `"0x1f"`.
pub fn hex(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(b"\"0x");
    let mut shift = 60 - (n | 1).leading_zeros() / 4 * 4;
    loop {
        out.push(b"0123456789abcdef"[(n >> shift) as usize & 15]);
        if shift == 0 {
            return out.push(b'"');
        }
        shift -= 4;
    }
}

/// A string of octal digits as C has it: `"0644"`.
fn octal(out: &mut Vec<u8>, n: u64) {
    text(out, format_args!("0{n:03o}"));
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
    let mut object = Object::begin(out);
    match TYPES.iter().find(|(_, t)| n & 0o170_000 == *t) {
        Some((name, _)) => object.word("type", name),
        None => uint(object.member("type"), n & !0o7777),
    }
    octal(object.member("perm"), n & 0o7777);
    object.end();
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
    match n {
        1..=64 => escape::string(out, &signal_names::name(n)),
        _ => int(out, n.into()),
    }
}

fn values(out: &mut Vec<u8>, items: &[Value<'_>]) {
    list(out, items, |item, out| value(out, item));
}

/// A resolved descriptor: `{"fd":3,"path":"/etc/passwd","kind":"file",...}`.
fn file(out: &mut Vec<u8>, fd: i32, view: &FileView<'_>) {
    let mut object = Object::begin(out);
    int(object.member("fd"), fd.into());
    describe(object, view);
}

/// Appends a stream: its address, and the file behind it.
fn stream(out: &mut Vec<u8>, address: u64, view: &FileView<'_>) {
    let mut object = Object::begin(out);
    hex(object.member("addr"), address);
    describe(object, view);
}

/// What is known of an open file, as members.
fn describe(mut object: Object<'_>, view: &FileView<'_>) {
    let File { ino, dev, rdev, mode, deleted, .. } = view.file;
    if !view.path.is_empty() {
        escape::bytes(object.member("path"), &view.path, view.cut);
    }
    if deleted != 0 {
        object.flag("deleted", true);
    }
    let kind = match mode & 0o170_000 {
        0o100_000 => "file",
        0o40_000 => "dir",
        0o20_000 => "char",
        0o60_000 => "block",
        0o10_000 => "pipe",
        0o140_000 => "socket",
        0o120_000 => "link",
        _ => "other",
    };
    object.word("kind", kind);
    if matches!(mode & 0o170_000, 0o20_000 | 0o60_000) {
        text(object.member("rdev"), format_args!("{}:{}", rdev >> 20, rdev & 0xf_ffff));
    }
    if ino != 0 {
        text(object.member("dev"), format_args!("{}:{}", dev >> 20, dev & 0xf_ffff));
        uint(object.member("ino"), ino);
    }
    if let Some(sock) = &view.sock {
        socket(object.member("socket"), sock, &view.name);
    }
    match view.details {
        Some(Details::Events { count, id, semaphore }) => {
            let mut events = Object::begin(object.member("eventfd"));
            uint(events.member("count"), count);
            uint(events.member("id"), id);
            events.flag("semaphore", semaphore);
            events.end();
        }
        Some(Details::Signals(set)) => value(object.member("signalfd"), &Value::SigSet(set)),
        Some(Details::Terminal(index)) => text(object.member("terminal"), format_args!("/dev/pts/{index}")),
        None => {}
    }
    object.end();
}

fn socket(out: &mut Vec<u8>, sock: &Sock, name: &[u8]) {
    let mut object = Object::begin(out);
    let mut word = |key: &'static str, name: Option<&'static str>, n: u16| match name {
        Some(name) => object.word(key, name),
        None => object.number(key, n),
    };
    word("family", AF.name_of(sock.family.into()), sock.family);
    word("type", SOCK.name_of(sock.ty.into()), sock.ty);
    object.number("protocol", sock.protocol);
    match i32::from(sock.family) {
        family @ (libc::AF_INET | libc::AF_INET6) => {
            let four = family == libc::AF_INET;
            if let Some(state) = TCP_STATES.get(usize::from(sock.state)).filter(|_| sock.state != 0) {
                object.word("state", state);
            }
            end(object.member("local"), four, &sock.saddr, sock.sport);
            if sock.dport != 0 || sock.daddr != [0; 16] {
                end(object.member("peer"), four, &sock.daddr, sock.dport);
            }
        }
        libc::AF_UNIX => {
            if !name.is_empty() {
                escape::bytes(object.member("name"), name, false);
            }
            if sock.peer != 0 {
                uint(object.member("peer_ino"), sock.peer);
            }
        }
        libc::AF_NETLINK => uint(object.member("port_id"), sock.peer),
        _ => {}
    }
    if sock.netns != 0 {
        object.number("netns", sock.netns);
    }
    object.end();
}

fn end(out: &mut Vec<u8>, four: bool, addr: &[u8; 16], port: u16) {
    let mut object = Object::begin(out);
    if four {
        let [a, b, c, d, ..] = *addr;
        text(object.member("ip"), format_args!("{}", Ipv4Addr::new(a, b, c, d)));
    } else {
        text(object.member("ip"), format_args!("{}", Ipv6Addr::from(*addr)));
    }
    object.number("port", port);
    object.end();
}

/// A string of numbers and marks, for what is rare enough to be formatted.
pub fn text(out: &mut Vec<u8>, args: std::fmt::Arguments<'_>) {
    out.push(b'"');
    // Writing to a Vec does not fail.
    let _ = out.write_fmt(args);
    out.push(b'"');
}
