//! What decoded calls say of paths, addresses and descriptors, in the forms in which they are kept.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tracer_common::event::Sock;

use crate::decode::value::{Call, FileView, Ret, Value};
use crate::schema::process::{WAIT4, waits};

/// A count that was returned.
pub fn positive(value: &Value<'_>) -> Option<u64> {
    match value {
        Value::Int(n) => u64::try_from(*n).ok(),
        Value::Uint(n) => Some(*n),
        _ => None,
    }
}

/// The path that a descriptor leads to.
pub fn path_of(view: &FileView<'_>) -> Option<Vec<u8>> {
    (!view.path.is_empty()).then(|| match view.file.deleted {
        0 => view.path.to_vec(),
        _ => [&*view.path, b" (deleted)"].concat(),
    })
}

/// The process that a call has waited for, as its task calls it: unless it has not ended, it is no more.
pub fn reaped(call: &Call<'_>) -> Option<i32> {
    const WNOWAIT: u64 = 0x0100_0000;
    if !call.row.is_some_and(waits) {
        return None;
    }
    let is_left =
        |value: &Value<'_>| matches!(value, Value::Named(set, how) if std::ptr::eq(*set, &WAIT4) && how & WNOWAIT != 0);
    if call.args.iter().any(|(_, value)| is_left(value)) {
        return None;
    }
    match &call.ret {
        Ret::Value(Value::Pid(pid, ..)) => Some(*pid).filter(|pid| *pid > 0),
        Ret::Value(_) => call.args.iter().find_map(|(_, value)| match field(value, "si_pid")? {
            Value::Pid(pid, ..) => Some(*pid),
            _ => None,
        }),
        _ => None,
    }
}

/// The descriptor that is the call's first argument.
pub fn fd_of(call: &Call<'_>) -> Option<i32> {
    match call.args.first() {
        Some((_, Value::Fd(fd, _))) => Some(*fd),
        _ => None,
    }
}

/// The words of an array of strings.
pub fn words(value: &Value<'_>) -> Vec<Vec<u8>> {
    let Value::Array(list, _) = value else { return Vec::new() };
    let word = |value: &Value<'_>| match value {
        Value::Str { bytes, .. } => Some(bytes.to_vec()),
        Value::Path { bytes, .. } => Some(bytes.to_vec()),
        _ => None,
    };
    list.iter().filter_map(word).collect()
}

/// A field of a structure.
pub fn field<'v, 'a>(value: &'v Value<'a>, wanted: &str) -> Option<&'v Value<'a>> {
    match value {
        Value::Struct { fields, .. } => fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value),
        Value::Changed(_, after) => field(after, wanted),
        _ => None,
    }
}

/// The address in a `sockaddr`.
pub fn address(value: &Value<'_>) -> Option<SocketAddr> {
    let port = |name| match field(value, name) {
        Some(Value::Port(port)) => Some(*port),
        _ => None,
    };
    match (field(value, "sin_addr"), field(value, "sin6_addr")) {
        (Some(Value::Ip4(octets)), _) => Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(*octets)), port("sin_port")?)),
        (_, Some(Value::Ip6(octets))) => {
            Some(SocketAddr::new(Ipv6Addr::from(*octets).to_canonical(), port("sin6_port")?))
        }
        _ => None,
    }
}

/// The protocol of a socket, in a word.
pub fn protocol(sock: Option<&Sock>) -> &'static str {
    match sock.map(|sock| (i32::from(sock.protocol), i32::from(sock.ty))) {
        Some((libc::IPPROTO_TCP, _) | (0, libc::SOCK_STREAM)) => "tcp",
        Some((libc::IPPROTO_UDP | libc::IPPROTO_UDPLITE, _) | (0, libc::SOCK_DGRAM)) => "udp",
        Some((libc::IPPROTO_SCTP, _)) => "sctp",
        Some((libc::IPPROTO_MPTCP, _)) => "mptcp",
        _ => "ip",
    }
}

/// The name of a unix socket with `@` for the NUL of an abstract one.
pub fn shown(name: &[u8]) -> Vec<u8> {
    match name {
        [0, rest @ ..] => [b"@", rest].concat(),
        name => name.to_vec(),
    }
}

/// The name of a unix socket in a `sockaddr`, with `@` for the NUL of an abstract one; empty when it has none.
pub fn unix_name(value: &Value<'_>) -> Option<Vec<u8>> {
    match field(value, "sun_path")? {
        Value::Str { bytes, .. } => Some(bytes.to_vec()),
        Value::Apply(_, list) => match list.first() {
            Some(Value::Str { bytes, .. }) => Some([b"@", &**bytes].concat()),
            _ => None,
        },
        _ => None,
    }
}

/// What SO_ERROR gave in a getsockopt: an errno, or 0.
pub fn socket_error(call: &Call<'_>) -> Option<u16> {
    if (call.head.args[1] as i32, call.head.args[2] as i32) != (libc::SOL_SOCKET, libc::SO_ERROR) {
        return None;
    }
    let Some((_, Value::Array(list, _))) = call.args.get(3) else { return None };
    match list.first()? {
        Value::Named(_, errno) => u16::try_from(*errno).ok(),
        Value::Int(errno) => u16::try_from(*errno).ok(),
        _ => None,
    }
}
