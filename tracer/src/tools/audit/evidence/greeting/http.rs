//! The hosts in the head of a request of HTTP/1: that of its target (RFC 9112, 3.2) and those of its fields.

use super::Rest;

/// What is found in a request.
#[derive(Debug, Default)]
pub struct Request {
    /// The hosts, without their ports.
    pub hosts: Vec<Vec<u8>>,
    /// What may be said besides.
    pub rest: Rest,
    /// Where the next message may begin.
    pub next: Vec<usize>,
}

/// Methods that are known in small letters too: servers take them so.
const METHODS: [&[u8]; 9] = [b"get", b"head", b"post", b"put", b"delete", b"connect", b"options", b"trace", b"patch"];

/// Lines, one after the other.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    /// What has no end of line is one too.
    whole: bool,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let end = match rest.iter().position(|&b| b == b'\n') {
            Some(end) => end + 1,
            None if self.whole => rest.len(),
            None => return None,
        };
        self.at += end;
        rest.get(..end)
    }
}

/// Reads a request; `whole`: nothing follows, so the last line is one without its end.
pub fn request(bytes: &[u8], whole: bool) -> Request {
    // A server ignores empty lines before a request (RFC 9112, 2.2).
    let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
    let follows = |may: bool| if may && !whole { Rest::Follows } else { Rest::None };
    let mut lines = Lines { bytes, at: start, whole };
    let Some(line) = lines.next() else {
        return Request { rest: follows(may_be_request(&bytes[start..])), ..Request::default() };
    };
    // `GET /path HTTP/1.1`, with any blanks between (RFC 9112, 3), a bare CR too: or it ends the line.
    let is_version = |version: &[u8]| version.get(..5).is_some_and(|front| front.eq_ignore_ascii_case(b"HTTP/"));
    let (first, other) = line.split_at(line.iter().position(|&b| b == b'\r').unwrap_or(line.len()));
    let (mut method, mut target, mut version) = words(line);
    if !version.is_some_and(is_version) {
        (method, target, version) = words(first);
    }
    let mut request = Request::default();
    match version {
        Some(version) if is_version(version) => {}
        // HTTP/0.9 has no version, and no fields.
        None if method.eq_ignore_ascii_case(b"GET") => {
            request.hosts.extend(target.and_then(|target| in_target(target, method)));
            return request;
        }
        _ => return request,
    }
    request.hosts.extend(target.and_then(|target| in_target(target, method)));
    // Of HTTP/2 what follows says its names in numbers.
    if version.is_some_and(|version| version.get(5) == Some(&b'2')) {
        request.rest = Rest::Hidden;
        return request;
    }
    request.hosts.extend(between_returns(other));
    let (mut body, mut field) = (Body::default(), Vec::new());
    loop {
        let line = lines.next();
        let text = line.unwrap_or_default().trim_ascii_end();
        // A value may go on in a line that begins with a blank (obs-fold).
        let folded = matches!(line.and_then(<[u8]>::first), Some(b' ' | b'\t')) && !text.is_empty();
        if !folded {
            request.hosts.extend(in_field(&field));
            request.hosts.extend(between_returns(&field));
            body.field(&field);
            field.clear();
        }
        match line {
            None => request.rest = follows(true),
            Some(_) if text.is_empty() => request.next = body.ends(bytes, lines.at, method),
            Some(_) => {
                field.extend_from_slice(text);
                continue;
            }
        }
        return request;
    }
}

/// The first two words of a line, and its last where that is another.
fn words(line: &[u8]) -> (&[u8], Option<&[u8]>, Option<&[u8]>) {
    let mut words = line.split(|&b| is_blank(b)).filter(|word| !word.is_empty());
    (words.next().unwrap_or_default(), words.next(), words.next_back())
}

/// The hosts in fields that a bare CR begins: some servers take it for the end of a line.
fn between_returns(line: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    line.split(|&b| b == b'\r').skip(1).filter_map(in_field)
}

/// Blanks between the words of a request's line, as a server may take them (RFC 9112, 3).
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c | b'\r' | b'\n')
}

/// The beginning of a line that could become a request's.
fn may_be_request(line: &[u8]) -> bool {
    if line.is_empty() {
        return true;
    }
    if !line.iter().all(|&b| (b'!'..=b'~').contains(&b) || is_blank(b)) {
        return false;
    }
    let mut words = line.split(|&b| is_blank(b)).filter(|word| !word.is_empty());
    let (method, target) = (words.next().unwrap_or_default(), words.next());
    let in_capitals = method.first().is_none_or(u8::is_ascii_uppercase) && !method.iter().any(u8::is_ascii_lowercase);
    let begins = |known: &&[u8]| known.get(..method.len()).is_some_and(|front| front.eq_ignore_ascii_case(method));
    in_capitals || METHODS.iter().any(begins) || target.is_some_and(|target| target.starts_with(b"/"))
}

/// How long a request's body is, by its fields; where they disagree, servers do too.
#[derive(Debug, Default)]
struct Body {
    lengths: Vec<usize>,
    chunked: bool,
}

impl Body {
    fn field(&mut self, field: &[u8]) {
        match parted(field) {
            Some((name, value)) if name.eq_ignore_ascii_case(b"content-length") => {
                let length = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
                self.lengths.push(length.unwrap_or(0));
            }
            Some((name, _)) if name.eq_ignore_ascii_case(b"transfer-encoding") => self.chunked = true,
            _ => {}
        }
    }

    /// Where the next message may begin, behind a head that ends here.
    fn ends(&self, bytes: &[u8], head: usize, method: &[u8]) -> Vec<usize> {
        let mut ends: Vec<usize> = self.lengths.iter().map(|length| head.saturating_add(*length)).collect();
        if self.chunked {
            ends.push(behind_chunks(bytes, head));
        }
        // What follows a CONNECT is said to the host that it names.
        if ends.is_empty() || method.eq_ignore_ascii_case(b"CONNECT") {
            ends.push(head);
        }
        ends
    }
}

/// The end of a body in chunks (RFC 9112, 7.1), or of what is there of it.
fn behind_chunks(bytes: &[u8], start: usize) -> usize {
    let mut lines = Lines { bytes, at: start, whole: false };
    while let Some(line) = lines.next() {
        let digits = line.split(|&b| b == b';' || is_blank(b)).next().unwrap_or_default();
        let size = std::str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
        match size {
            // Fields may follow, up to an empty line.
            Some(0) => {
                while lines.next().is_some_and(|line| !line.trim_ascii_end().is_empty()) {}
                return lines.at;
            }
            Some(size) => {
                lines.at = lines.at.saturating_add(size);
                if lines.next().is_none() {
                    return lines.at.max(bytes.len());
                }
            }
            None => return lines.at,
        }
    }
    bytes.len()
}

/// The host of a whole URI, or of `CONNECT host:port`.
fn in_target(target: &[u8], method: &[u8]) -> Option<Vec<u8>> {
    let rest = match target.windows(3).position(|three| three == b"://") {
        Some(scheme) => &target[scheme + 3..],
        None if method.eq_ignore_ascii_case(b"CONNECT") => target,
        // A path, or all of the server.
        None if matches!(target.first(), Some(b'/' | b'*' | b'?' | b'#')) => return None,
        None => target,
    };
    host(rest.split(|b| matches!(b, b'/' | b'?' | b'#')).next()?)
}

fn in_field(field: &[u8]) -> Option<Vec<u8>> {
    let (name, value) = parted(field)?;
    if name.eq_ignore_ascii_case(b"host") { host(value) } else { None }
}

/// The name of a field, and its value.
fn parted(field: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = field.iter().position(|&b| b == b':')?;
    Some((field[..colon].trim_ascii(), field[colon + 1..].trim_ascii()))
}

/// A host without its user and its port; an address of IPv6 is no name.
fn host(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.rsplit(|&b| b == b'@').next().unwrap_or_default();
    (!text.starts_with(b"[")).then(|| text.split(|&b| b == b':').next().unwrap_or_default().to_vec())
}
