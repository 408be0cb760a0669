//! What a proxy says of a connection before it hands it on: the PROXY protocol, as a line (version 1) or in binary (version 2). Behind it
//! stands what the client said.

use super::Pieces;

/// What version 2 begins with.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// What version 1 begins with, and the length of its longest line.
const WORD: &[u8] = b"PROXY ";
const LINE: usize = 107;
/// The kind of an entry that has the name of the host (PP2_TYPE_AUTHORITY).
const AUTHORITY: usize = 2;

/// What stands before the client's words.
pub enum Before {
    /// No head of the protocol.
    Nothing,
    /// A head that is not all there.
    Cut,
    /// A head of so many bytes, and the host's name in it.
    Head {
        /// Its length.
        len: usize,
        /// The name.
        host: Option<Vec<u8>>,
    },
}

/// Looks for a head.
pub fn before(bytes: &[u8]) -> Before {
    let begins = |with: &[u8]| bytes.iter().zip(with).all(|(one, other)| one == other);
    if begins(WORD) {
        let line = &bytes[..bytes.len().min(LINE)];
        return match line.iter().position(|&b| b == b'\n') {
            Some(end) => Before::Head { len: end + 1, host: None },
            None if bytes.len() < LINE => Before::Cut,
            None => Before::Nothing,
        };
    }
    if begins(SIGNATURE) {
        return binary(bytes).unwrap_or(Before::Cut);
    }
    Before::Nothing
}

/// A head of version 2; `None` where it is cut.
fn binary(bytes: &[u8]) -> Option<Before> {
    let mut rest = Pieces(bytes);
    rest.take(SIGNATURE.len() + 1)?;
    // The low half is the protocol, the high one the family, whose addresses come first.
    let addresses = match rest.number(1)? >> 4 {
        1 => 12,
        2 => 36,
        3 => 216,
        _ => 0,
    };
    let (mut head, true) = rest.counted(2)? else { return None };
    let len = bytes.len() - rest.0.len();
    head.take(addresses);
    let mut host = None;
    while let Some(kind) = head.number(1)
        && let Some((value, _)) = head.counted(2)
    {
        if kind == AUTHORITY {
            host = Some(value.0.to_vec());
        }
    }
    Some(Before::Head { len, host })
}
