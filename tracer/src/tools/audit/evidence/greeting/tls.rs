//! The name in TLS's first message.

use super::Pieces;

/// Kinds of records (RFC 8446, 5.1), from the first to the last that there is, and the high byte of every version.
const KINDS: std::ops::RangeInclusive<u8> = 20..=24;
const HANDSHAKE: usize = 22;
const VERSION: u8 = 3;
/// Kinds of messages: the one that asks for a hello says nothing.
const HELLO_REQUEST: usize = 0;
const CLIENT_HELLO: usize = 1;

/// What a ClientHello says.
pub enum Hello {
    /// The server's name.
    Named(Vec<u8>),
    /// None.
    Nameless,
    /// It ends before the name, or before it is known that there is none.
    Cut,
}

/// The bytes begin as a record of TLS does.
pub fn may_be(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|kind| KINDS.contains(kind)) && bytes.get(1).is_none_or(|&version| version == VERSION)
}

/// The name in the first handshake, whatever other records stand before it or between its parts.
pub fn server_name(bytes: &[u8]) -> Hello {
    let (mut records, mut message) = (Pieces(bytes), Vec::new());
    // A message may be spread over records (RFC 8446, 5.1).
    while let Some(kind) = records.number(1)
        && records.take(2).is_some()
        && let Some((fragment, _)) = records.counted(2)
    {
        if kind == HANDSHAKE {
            message.extend_from_slice(fragment.0);
        }
    }
    hello(&message)
}

/// The name in the extension `server_name` of a ClientHello (RFC 8446, 4.1.2; RFC 6066, 3), which may be cut behind it.
fn hello(message: &[u8]) -> Hello {
    let mut message = Pieces(message);
    loop {
        match message.number(1) {
            Some(CLIENT_HELLO) => break,
            Some(HELLO_REQUEST) => match message.counted(3) {
                Some((_, true)) => {}
                _ => return Hello::Cut,
            },
            Some(_) => return Hello::Nameless,
            None => return Hello::Cut,
        }
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
