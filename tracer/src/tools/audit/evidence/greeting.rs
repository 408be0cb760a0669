//! The host's name that a program says when it begins to talk on a connection.

use super::names::plain;
use super::{HostName, KnownBy};

/// The name in the first bytes that were sent: a ClientHello's server name, or a request's Host.
pub fn said(bytes: &[u8]) -> Option<HostName> {
    let (by, name) = match bytes.first()? {
        22 => (KnownBy::ServerName, server_name(bytes)?),
        _ => (KnownBy::HostHeader, host_header(bytes)?),
    };
    (!name.is_empty()).then(|| HostName { by, name: plain(name) })
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

    /// What a number of `n` bytes says the length of; of what was cut off, as much as there is.
    fn counted(&mut self, n: usize) -> Option<Pieces<'a>> {
        let len = self.number(n)?.min(self.0.len());
        self.take(len).map(Pieces)
    }
}

/// The name in the extension `server_name` of a ClientHello (RFC 8446, 4.1.2; RFC 6066, 3), which may be cut behind it.
fn server_name(bytes: &[u8]) -> Option<&[u8]> {
    const CLIENT_HELLO: usize = 1;
    const SERVER_NAME: usize = 0;
    const HOST_NAME: usize = 0;
    let mut record = Pieces(bytes.get(3..)?).counted(2)?;
    if record.number(1)? != CLIENT_HELLO {
        return None;
    }
    let mut hello = record.counted(3)?;
    // Version and random; then session, cipher suites, compression.
    hello.take(2 + 32)?;
    hello.counted(1)?;
    hello.counted(2)?;
    hello.counted(1)?;
    let mut extensions = hello.counted(2)?;
    loop {
        let kind = extensions.number(2)?;
        let mut extension = extensions.counted(2)?;
        if kind == SERVER_NAME {
            let mut list = extension.counted(2)?;
            let is_host = list.number(1)? == HOST_NAME;
            let len = list.number(2)?;
            return list.take(len).filter(|_| is_host);
        }
    }
}

/// The host in a request's head, without its port.
fn host_header(bytes: &[u8]) -> Option<&[u8]> {
    let mut lines = bytes.split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let request = lines.next()?;
    // `GET /path HTTP/1.1`
    let is_request = request.iter().rposition(|&b| b == b' ').is_some_and(|at| request[at..].starts_with(b" HTTP/1."));
    if !is_request {
        return None;
    }
    for line in lines.take_while(|line| !line.is_empty()) {
        let (field, value) = line.split_at(line.iter().position(|&b| b == b':').unwrap_or(line.len()));
        if field.eq_ignore_ascii_case(b"host") {
            let value = value.get(1..)?.trim_ascii();
            // An address of IPv6 is no name.
            return (!value.starts_with(b"[")).then(|| value.split(|&b| b == b':').next().unwrap_or_default());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ClientHello for this name, with another extension before it.
    fn hello(name: &[u8]) -> Vec<u8> {
        let counted = |n: usize, bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[4 - n..], bytes].concat();
        let list = counted(2, &[&[0][..], &counted(2, name)].concat());
        let extensions = [&[0, 23][..], &counted(2, b""), &[0, 0], &counted(2, &list), &[0, 16], &counted(2, b"abc")];
        let body =
            [&[3, 3][..], &[7; 32], &counted(1, b"session"), &counted(2, &[0x13, 1]), &counted(1, &[0])].concat();
        let body = [&body[..], &counted(2, &extensions.concat())].concat();
        let message = [&[1][..], &counted(3, &body)].concat();
        [&[22, 3, 1][..], &counted(2, &message)].concat()
    }

    #[test]
    fn a_name_is_said_in_the_first_bytes() {
        let check = |bytes: &[u8], expected: Option<(KnownBy, &str)>| {
            let found = said(bytes);
            assert_eq!(found.as_ref().map(|host| (host.by, &*host.name)), expected, "{}", bytes.escape_ascii());
        };
        let whole = hello(b"API.example.test");
        check(&whole, Some((KnownBy::ServerName, "api.example.test")));
        let end = whole.len() - 7;
        check(&whole[..end], Some((KnownBy::ServerName, "api.example.test")));
        for cut in 0..end {
            assert_eq!(said(&whole[..cut]).filter(|host| host.by == KnownBy::ServerName), None, "{cut}");
        }
        check(&hello(b"a\x1b[2Jb"), Some((KnownBy::ServerName, "a??2jb")));
        check(
            b"GET / HTTP/1.1\r\nAccept: *\r\nhost:  Example.TEST:8080 \r\n\r\n",
            Some((KnownBy::HostHeader, "example.test")),
        );
        check(b"POST /x HTTP/1.0\nHost: a\n\n", Some((KnownBy::HostHeader, "a")));
        check(b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", None);
        check(b"GET / HTTP/1.1\r\n\r\nHost: body\r\n", None);
        check(b"Host: mail\r\n", None);
        check(b"GET / HTTP/1.1\r\nHost:\r\n\r\n", None);
        check(b"", None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_taken(bytes: Vec<u8>, at in 0..100usize, byte: u8) {
            let _ = said(&bytes);
            let mut hello = hello(b"a.test");
            if let Some(place) = hello.get_mut(at) {
                *place = byte;
            }
            let _ = said(&hello);
        }
    }
}
