//! The hosts' names that a program says when it begins to talk on a connection.

use super::names::plain;
use super::{HostName, KnownBy};

/// What the first bytes that were sent say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Greeting {
    /// The names in it: a ClientHello's server name, or a request's target and Host.
    pub hosts: Vec<HostName>,
    /// A name may follow in what is sent next.
    pub goes_on: bool,
}

/// Reads the first bytes that were sent.
pub fn said(bytes: &[u8]) -> Greeting {
    let (by, (names, goes_on)) = match bytes.first() {
        None => return Greeting::default(),
        Some(22) => (KnownBy::ServerName, of_tls(bytes)),
        Some(_) => (KnownBy::HostHeader, of_http(bytes)),
    };
    let names = names.iter().filter(|name| !name.is_empty());
    Greeting { hosts: names.map(|name| HostName { by, name: plain(name) }).collect(), goes_on }
}

/// Bytes that are taken one piece after the other.
struct Pieces<'a>(&'a [u8]);

impl<'a> Pieces<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of `n` bytes.
    fn number(&mut self, n: usize) -> Option<usize> {
        Some(self.take(n)?.iter().fold(0, |number, &byte| number << 8 | usize::from(byte)))
    }

    /// What a number of `n` bytes says the length of; of what was cut off, as much as there is, and whether that is all.
    fn counted(&mut self, n: usize) -> Option<(Pieces<'a>, bool)> {
        let len = self.number(n)?;
        let there = len.min(self.0.len());
        Some((Pieces(self.take(there)?), there == len))
    }
}

/// The name in TLS's first message, and whether more of the message is to come.
fn of_tls(bytes: &[u8]) -> (Vec<Vec<u8>>, bool) {
    const HANDSHAKE: usize = 22;
    let (mut records, mut message) = (Pieces(bytes), Vec::new());
    // A message may be spread over records (RFC 8446, 5.1).
    while let Some(HANDSHAKE) = records.number(1)
        && records.take(2).is_some()
        && let Some((fragment, _)) = records.counted(2)
    {
        message.extend_from_slice(fragment.0);
    }
    match server_name(&message) {
        Hello::Named(name) => (vec![name], false),
        Hello::Nameless => (Vec::new(), false),
        Hello::Cut => (Vec::new(), true),
    }
}

enum Hello {
    Named(Vec<u8>),
    Nameless,
    /// It ends before the name, or before it is known that there is none.
    Cut,
}

/// The name in the extension `server_name` of a ClientHello (RFC 8446, 4.1.2; RFC 6066, 3), which may be cut behind it.
fn server_name(message: &[u8]) -> Hello {
    const CLIENT_HELLO: usize = 1;
    let mut message = Pieces(message);
    match message.number(1) {
        Some(CLIENT_HELLO) => {}
        Some(_) => return Hello::Nameless,
        None => return Hello::Cut,
    }
    let Some((hello, whole)) = message.counted(3) else { return Hello::Cut };
    match named(hello) {
        Some(name) => Hello::Named(name.to_vec()),
        None if whole => Hello::Nameless,
        None => Hello::Cut,
    }
}

fn named(mut hello: Pieces<'_>) -> Option<&[u8]> {
    const SERVER_NAME: usize = 0;
    const HOST_NAME: usize = 0;
    // Version and random; then session, cipher suites, compression.
    hello.take(2 + 32)?;
    hello.counted(1)?;
    hello.counted(2)?;
    hello.counted(1)?;
    let (mut extensions, _) = hello.counted(2)?;
    loop {
        let kind = extensions.number(2)?;
        let (mut extension, _) = extensions.counted(2)?;
        if kind == SERVER_NAME {
            let (mut list, _) = extension.counted(2)?;
            let is_host = list.number(1)? == HOST_NAME;
            let len = list.number(2)?;
            return list.take(len).filter(|_| is_host);
        }
    }
}

/// The hosts in a request's head, without their ports, and whether more of the head is to come: that of its target (RFC 9112, 3.2) and
/// those of its fields.
fn of_http(bytes: &[u8]) -> (Vec<Vec<u8>>, bool) {
    // A server ignores empty lines before a request (RFC 9112, 2.2).
    let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
    let mut lines = bytes[start..].split_inclusive(|&b| b == b'\n');
    let Some(request) = lines.next().filter(|line| line.ends_with(b"\n")) else {
        return (Vec::new(), may_be_request(&bytes[start..]));
    };
    // `GET /path HTTP/1.1`; of HTTP/2 what follows says its names in numbers.
    let mut words = request.trim_ascii_end().split(|&b| b == b' ').filter(|word| !word.is_empty());
    let (method, target, version) = (words.next(), words.next(), words.next_back());
    if !version.is_some_and(|version| version.starts_with(b"HTTP/")) {
        return (Vec::new(), false);
    }
    let mut hosts: Vec<Vec<u8>> = target.and_then(|target| in_target(target, method)).into_iter().collect();
    let mut field = Vec::new();
    let mut ended = false;
    for line in lines {
        let text = line.trim_ascii_end();
        // A value may go on in a line that begins with a blank (obs-fold).
        let folded = matches!(line.first(), Some(b' ' | b'\t')) && !text.is_empty();
        if !folded {
            hosts.extend(in_field(&field));
            field.clear();
        }
        ended = text.is_empty() && line.ends_with(b"\n");
        if ended {
            break;
        }
        field.extend_from_slice(text);
    }
    hosts.extend(in_field(&field));
    let is_second = version.is_some_and(|version| version.starts_with(b"HTTP/2"));
    // A name may be cut, and another follow.
    (hosts, is_second || !ended)
}

/// The beginning of a line that could become a request's.
fn may_be_request(line: &[u8]) -> bool {
    let method = line.split(|&b| b == b' ').next().unwrap_or_default();
    method.iter().all(u8::is_ascii_uppercase) && line.iter().all(|b| (b' '..=b'~').contains(b))
}

/// The host of a whole URI, or of `CONNECT host:port`.
fn in_target(target: &[u8], method: Option<&[u8]>) -> Option<Vec<u8>> {
    if method == Some(b"CONNECT") {
        return host(target);
    }
    let scheme = target.windows(3).position(|three| three == b"://")?;
    let rest = &target[scheme + 3..];
    let authority = rest.split(|b| matches!(b, b'/' | b'?' | b'#')).next()?;
    host(authority.rsplit(|&b| b == b'@').next()?)
}

fn in_field(field: &[u8]) -> Option<Vec<u8>> {
    let colon = field.iter().position(|&b| b == b':')?;
    let (name, value) = (field[..colon].trim_ascii(), field[colon + 1..].trim_ascii());
    if name.eq_ignore_ascii_case(b"host") { host(value) } else { None }
}

/// A host without its port; an address of IPv6 is no name.
fn host(text: &[u8]) -> Option<Vec<u8>> {
    (!text.starts_with(b"[")).then(|| text.split(|&b| b == b':').next().unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ClientHello for this name, with another extension before it; in records of at most so many bytes.
    fn hello(name: &[u8], most: usize) -> Vec<u8> {
        let counted = |n: usize, bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[4 - n..], bytes].concat();
        let list = counted(2, &[&[0][..], &counted(2, name)].concat());
        let extensions = [&[0, 23][..], &counted(2, b""), &[0, 0], &counted(2, &list), &[0, 16], &counted(2, b"abc")];
        let body =
            [&[3, 3][..], &[7; 32], &counted(1, b"session"), &counted(2, &[0x13, 1]), &counted(1, &[0])].concat();
        let body = [&body[..], &counted(2, &extensions.concat())].concat();
        let message = [&[1][..], &counted(3, &body)].concat();
        message.chunks(most).flat_map(|part| [&[22, 3, 1][..], &counted(2, part)].concat()).collect()
    }

    fn check(bytes: &[u8], by: KnownBy, hosts: &[&str], goes_on: bool) {
        let hosts = hosts.iter().map(|name| HostName { by, name: (*name).to_owned() }).collect();
        assert_eq!(said(bytes), Greeting { hosts, goes_on }, "{}", bytes.escape_ascii());
    }

    #[test]
    fn tls_says_a_name_in_its_first_message() {
        let check = |bytes: &[u8], hosts: &[&str], goes_on| check(bytes, KnownBy::ServerName, hosts, goes_on);
        let whole = hello(b"API.example.test", usize::MAX);
        check(&whole, &["api.example.test"], false);
        let end = whole.len() - 7;
        check(&whole[..end], &["api.example.test"], false);
        for cut in 1..end {
            check(&whole[..cut], &[], true);
        }
        for most in [1, 4, 50, 80] {
            check(&hello(b"API.example.test", most), &["api.example.test"], false);
        }
        check(&hello(b"a\x1b[2Jb", usize::MAX), &["a??2jb"], false);
        check(&hello(b"", usize::MAX), &[], false);
        // No ClientHello.
        check(&[22, 3, 1, 0, 4, 2, 0, 0, 0], &[], false);
    }

    #[test]
    fn http_says_names_in_the_head_of_a_request() {
        let check = |text: &str, hosts: &[&str], goes_on| check(text.as_bytes(), KnownBy::HostHeader, hosts, goes_on);
        check("GET / HTTP/1.1\r\nAccept: *\r\nhost:  Example.TEST:8080 \r\n\r\n", &["example.test"], false);
        check("POST /x HTTP/1.0\nHost: a\n\n", &["a"], false);
        check("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", &["a"], false);
        check("GET / HTTP/1.1\r\nHost:\r\n  a.test\r\nX: y\r\n\r\n", &["a.test"], false);
        check("GET / HTTP/1.1\r\nX: y\r\n\thost: no\r\nHost : a.test\r\n\r\n", &["a.test"], false);
        check("GET http://u@B.test:80/x?y HTTP/1.1\r\nHost: a\r\n\r\n", &["b.test", "a"], false);
        check("CONNECT b.test:443 HTTP/1.1\r\n\r\n", &["b.test"], false);
        check("CONNECT [::1]:443 HTTP/1.1\r\n\r\n", &[], false);
        check("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", &[], false);
        check("GET / HTTP/1.1\r\n\r\nHost: body\r\n", &[], false);
        check("GET / HTTP/1.1\r\nHost:\r\n\r\n", &[], false);
        check("Host: mail\r\n", &[], false);
        check("", &[], false);
        // More is to come.
        for text in ["G", "GET", "GET /x", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nAccept: *\r\nHo", "\r\n"] {
            check(text, &[], true);
        }
        check("GET / HTTP/1.1\r\nHost: evil.exampl", &["evil.exampl"], true);
        check("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[], true);
        for text in ["SSH-2.0-x\r\n", "*1\r\n$4\r\nPING\r\n", "get", "\x16x", "PING\r\n", "EHLO x\r\n"] {
            assert!(said(text.as_bytes()).hosts.is_empty());
        }
        check("SSH-2.0-x\r\n", &[], false);
        check("PING\r\n", &[], false);
        check("\0\x01binary", &[], false);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_taken(bytes: Vec<u8>, at in 0..100usize, byte: u8) {
            let _ = said(&bytes);
            let mut hello = hello(b"a.test", 30);
            if let Some(place) = hello.get_mut(at) {
                *place = byte;
            }
            let _ = said(&hello);
            let mut request = b"\r\nGET http://a/ HTTP/1.1\r\nHost:\r\n a\r\n\r\n".to_vec();
            if let Some(place) = request.get_mut(at) {
                *place = byte;
            }
            let _ = said(&request);
        }
    }
}
