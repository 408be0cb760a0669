//! The hosts' names that a program says when it begins to talk on a connection: TLS's server name, HTTP's Host, what a proxy is told
//! before them (the PROXY protocol). A server may read less strictly than the standards say, so what it may take for a name is one.

mod http;
mod proxied;
mod tls;

use std::collections::BTreeSet;

use super::names::plain;
use super::{HostName, KnownBy};

/// What the first bytes that were sent say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Greeting {
    /// The names in it: a ClientHello's server name, or a request's target and Host.
    pub hosts: Vec<HostName>,
    /// What may be said besides.
    pub rest: Rest,
}

/// What else may be said at the beginning of a connection.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rest {
    /// Nothing.
    #[default]
    None,
    /// A name may follow in what is sent next, or in what was not seen of this.
    Follows,
    /// Names that are not in letters.
    Hidden,
}

/// Reads the first bytes that were sent. `sent`: how many they were, of which these are the front; `whole`: no more will be sent.
pub fn said(bytes: &[u8], sent: usize, whole: bool) -> Greeting {
    let mut reader = Reader { bytes, sent, whole, greeting: Greeting::default(), starts: vec![0] };
    let mut read = BTreeSet::new();
    while let Some(start) = reader.starts.pop() {
        if read.insert(start) {
            reader.message(start);
        }
    }
    reader.greeting
}

/// Messages that stand one behind the other.
struct Reader<'a> {
    bytes: &'a [u8],
    sent: usize,
    whole: bool,
    greeting: Greeting,
    /// Where messages begin that were not read yet.
    starts: Vec<usize>,
}

impl Reader<'_> {
    fn message(&mut self, start: usize) {
        let Some(bytes) = self.bytes.get(start..).filter(|bytes| !bytes.is_empty()) else {
            if start < self.sent {
                self.follows();
            }
            return;
        };
        match proxied::before(bytes) {
            proxied::Before::Nothing => {}
            proxied::Before::Cut => return self.follows(),
            proxied::Before::Head { len, host } => {
                host.iter().for_each(|host| self.named(KnownBy::ServerName, host));
                // What it stands before is to come.
                return if start + len >= self.sent { self.follows() } else { self.starts.push(start + len) };
            }
        }
        if tls::may_be(bytes) {
            return match tls::server_name(bytes) {
                tls::Hello::Named(name) => self.named(KnownBy::ServerName, &name),
                tls::Hello::Nameless => {}
                tls::Hello::Cut => self.follows(),
            };
        }
        let request = http::request(bytes, self.whole);
        request.hosts.iter().for_each(|host| self.named(KnownBy::HostHeader, host));
        self.greeting.rest = self.greeting.rest.max(request.rest);
        self.starts.extend(request.next.iter().filter_map(|next| start.checked_add(*next)));
    }

    fn follows(&mut self) {
        if !self.whole {
            self.greeting.rest = self.greeting.rest.max(Rest::Follows);
        }
    }

    fn named(&mut self, by: KnownBy, name: &[u8]) {
        let host = HostName { by, name: plain(name) };
        if !name.is_empty() && !self.greeting.hosts.contains(&host) {
            self.greeting.hosts.push(host);
        }
    }
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
        let rest = if goes_on { Rest::Follows } else { Rest::None };
        check_rest(bytes, by, hosts, rest);
    }

    fn check_rest(bytes: &[u8], by: KnownBy, hosts: &[&str], rest: Rest) {
        let hosts = hosts.iter().map(|name| HostName { by, name: (*name).to_owned() }).collect();
        assert_eq!(said(bytes, bytes.len(), false), Greeting { hosts, rest }, "{}", bytes.escape_ascii());
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
        check_rest(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", KnownBy::HostHeader, &[], Rest::Hidden);
        for text in ["SSH-2.0-x\r\n", "*1\r\n$4\r\nPING\r\n", "get", "\x16x", "PING\r\n", "EHLO x\r\n"] {
            assert!(said(text.as_bytes(), text.len(), false).hosts.is_empty());
        }
        check("SSH-2.0-x\r\n", &[], false);
        check("PING\r\n", &[], false);
        check("\0\x01binary", &[], false);
        check("hello", &[], false);
        check("hello /x", &[], true);
    }

    #[test]
    fn a_name_that_is_cut_is_told_when_nothing_follows() {
        let told = |text: &[u8], sent: usize, whole: bool| {
            let Greeting { hosts, rest } = said(text, sent, whole);
            (hosts.into_iter().map(|host| host.name).collect::<Vec<_>>().join(" "), rest)
        };
        let check = |text: &[u8], expected: &str| {
            assert_eq!(told(text, text.len(), false), (String::new(), Rest::Follows), "{}", text.escape_ascii());
            assert_eq!(told(text, text.len(), true), (expected.to_owned(), Rest::None), "{}", text.escape_ascii());
        };
        check(b"GET / HTTP/1.1\r\nHost: evil.exampl", "evil.exampl");
        check(b"GET http://evil.test/ HTTP/1.1", "evil.test");
        check(b"GET / HTTP/1.1\r\n", "");
        check(b"GET / HTTP/1.1\rHost: evil.test\r\r", "evil.test");
        check(&hello(b"evil.test", usize::MAX)[..50], "");
        // There was more of it, which was not seen.
        let head = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
        assert_eq!(told(head, head.len(), false), ("a.test".to_owned(), Rest::None));
        assert_eq!(told(head, head.len() + 1, false), ("a.test".to_owned(), Rest::Follows));
        let body = b"PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9000\r\n\r\nbody";
        assert_eq!(told(body, body.len() + 8996, false), ("a.test".to_owned(), Rest::None));
        assert_eq!(told(body, body.len() + 8997, false), ("a.test".to_owned(), Rest::Follows));
    }

    #[test]
    fn requests_stand_behind_each_other() {
        let check = |text: &str, hosts: &[&str], goes_on| check(text.as_bytes(), KnownBy::HostHeader, hosts, goes_on);
        let second = "GET / HTTP/1.1\r\nHost: b\r\n\r\n";
        let behind = |first: &str| format!("{first}{second}");
        check(&behind("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), &["a", "b"], false);
        check(&behind("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"), &["a", "b"], false);
        check(&behind("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nhello"), &["a"], false);
        let chunks = "5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\n";
        check(
            &behind(&format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}")),
            &["a", "b"],
            false,
        );
        // Which of them counts is the server's choice.
        let both = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n";
        check(&behind(both), &["a", "b"], false);
        check(
            &format!("POST / HTTP/1.1\r\nContent-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n{second}", 5),
            &[],
            false,
        );
        check(&behind("GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"), &["b"], false);
        check(&behind("CONNECT a:443 HTTP/1.1\r\nContent-Length: 9999\r\n\r\n"), &["a", "b"], false);
        check("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT", &["a"], true);
        let tunnelled = [&b"CONNECT a:443 HTTP/1.1\r\n\r\n"[..], &hello(b"b.test", usize::MAX)].concat();
        let names: Vec<String> =
            said(&tunnelled, tunnelled.len(), false).hosts.into_iter().map(|host| host.name).collect();
        assert_eq!(names, ["a", "b.test"]);
    }

    #[test]
    fn a_request_is_one_however_it_is_written() {
        let check = |text: &str, hosts: &[&str], goes_on| check(text.as_bytes(), KnownBy::HostHeader, hosts, goes_on);
        for line in [
            "GET\t/\tHTTP/1.1",
            "  GET  /   HTTP/1.1  ",
            "GET\x0b/\x0cHTTP/1.1",
            "get / http/1.1",
            "M-SEARCH * HTTP/1.1",
            "x-y / HTTP/1.0",
        ] {
            check(&format!("{line}\r\nHost: a.test\r\n\r\n"), &["a.test"], false);
        }
        check("connect b.test:443 HTTP/1.1\r\n\r\n", &["b.test"], false);
        check("GET / HTTP/1.1\rHost: a\r\nX: y\rHost: b\r\n\r\n", &["a", "b"], false);
        check("GET b.test/x HTTP/1.1\r\n\r\n", &["b.test"], false);
        check("GET http://b.test/\r\n", &["b.test"], false);
        check("GET / HTTP/1.1\r\nHost: u:p@b.test:80\r\n\r\n", &["b.test"], false);
        for cut in ["get", "Get /x", "M-SEA", "GET\t/", "GET / HTTP/1.1\rHost: a\r\r", "x /y"] {
            check(cut, &[], true);
        }
    }

    #[test]
    fn what_a_proxy_says_stands_before() {
        let check = |text: &[u8], hosts: &[&str], goes_on: bool| {
            let Greeting { hosts: told, rest } = said(text, text.len(), false);
            let told: Vec<String> = told.into_iter().map(|host| host.name).collect();
            assert_eq!(
                (told, rest == Rest::Follows),
                (hosts.iter().map(|host| (*host).to_owned()).collect(), goes_on),
                "{}",
                text.escape_ascii()
            );
        };
        let request = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
        let tls = hello(b"a.test", usize::MAX);
        let authority = b"\x02\0\x06b.test";
        let line = b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n".to_vec();
        let binary = |more: &[u8]| {
            let length = (12 + more.len() as u16).to_be_bytes();
            [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11"[..], &length, &[7; 12], more].concat()
        };
        for (head, named) in [(line, None), (binary(b""), None), (binary(authority), Some("b.test"))] {
            for client in [&request[..], &tls] {
                let names: Vec<&str> = named.into_iter().chain(["a.test"]).collect();
                check(&[&head[..], client].concat(), &names, false);
            }
            let alone: Vec<&str> = named.into_iter().collect();
            check(&head, &alone, true);
            for cut in 1..head.len() {
                check(&head[..cut], &[], true);
            }
        }
        let unchanged = [b"\x14\x03\x03\0\x01\x01", &tls[..]].concat();
        check(&unchanged, &["a.test"], false);
        for cut in 1..7 {
            check(&unchanged[..cut], &[], true);
        }
        check(b"\x14MQTT", &[], false);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_taken(bytes: Vec<u8>, at in 0..100usize, byte: u8) {
            let _ = said(&bytes, bytes.len().saturating_add(at), byte & 1 == 0);
            let mut hello = hello(b"a.test", 30);
            if let Some(place) = hello.get_mut(at) {
                *place = byte;
            }
            let _ = said(&hello, hello.len(), false);
            let mut request = b"\r\nGET http://a/ HTTP/1.1\r\nHost:\r\n a\r\n\r\n".to_vec();
            if let Some(place) = request.get_mut(at) {
                *place = byte;
            }
            let _ = said(&request, request.len(), byte & 1 == 0);
        }
    }
}
