//! Netlink's messages and attributes (netlink(7), include/uapi/linux/netlink.h), read from bytes that may be
//! anything: a file given as a dump, or what a kernel of the future sends. Every length is checked; what does
//! not fit ends the walk.

/// Bytes of `struct nlmsghdr`.
pub const HEADER: usize = 16;

/// `NLMSG_NOOP`
pub const NOOP: u16 = 1;
/// `NLMSG_ERROR`
pub const ERROR: u16 = 2;
/// `NLMSG_DONE`
pub const DONE: u16 = 3;
/// `SOCK_DIAG_BY_FAMILY`
pub const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// `SOCK_DESTROY`
pub const SOCK_DESTROY: u16 = 21;
/// `NLM_F_REQUEST | NLM_F_ACK`
pub const ACKNOWLEDGED: u16 = 5;
/// `NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH`
pub const DUMP: u16 = 0x301;
/// `NLM_F_REQUEST`
pub const REQUEST: u16 = 1;
/// `NLM_F_MULTI`: others follow, and one that ends them.
pub const MULTI: u16 = 2;
/// `NLM_F_DUMP_INTR`: what was dumped changed meanwhile.
pub const DUMP_INTERRUPTED: u16 = 0x10;

/// A netlink message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// `nlmsg_type`
    pub kind: u16,
    /// `nlmsg_flags`
    pub flags: u16,
    /// `nlmsg_seq`
    pub sequence: u32,
    /// Everything, with the header.
    pub whole: &'a [u8],
    /// What follows the header.
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    /// Splits the first message off; `None` at the end, or when the bytes are no whole message.
    pub fn split(bytes: &'a [u8]) -> Option<(Message<'a>, &'a [u8])> {
        let len = u32_at(bytes, 0)? as usize;
        if len < HEADER || len > bytes.len() {
            return None;
        }
        let message = Message {
            kind: u16_at(bytes, 4)?,
            flags: u16_at(bytes, 6)?,
            sequence: u32_at(bytes, 8)?,
            whole: &bytes[..len],
            body: &bytes[HEADER..len],
        };
        Some((message, bytes.get(align(len)..).unwrap_or_default()))
    }

    /// The errno of an error, or of the end of a dump; 0 when there was none.
    pub fn errno(&self) -> i32 {
        i32::from_ne_bytes(array(self.body, 0).unwrap_or_default()).checked_neg().unwrap_or(0)
    }
}

/// The attributes in `bytes`, as type (without its flags) and payload.
#[derive(Debug, Clone)]
pub struct Attributes<'a>(pub &'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<(u16, &'a [u8])> {
        let len = usize::from(u16_at(self.0, 0)?);
        let kind = u16_at(self.0, 2)?;
        let payload = self.0.get(4..len)?;
        self.0 = self.0.get(align(len)..).unwrap_or_default();
        // NLA_F_NESTED and NLA_F_NET_BYTEORDER are not part of the type.
        Some((kind & 0x3fff, payload))
    }
}

/// A request: a header, a fixed part and attributes.
#[derive(Debug, Clone)]
pub struct Request(Vec<u8>);

impl Request {
    /// A request; `fixed` is what follows the header.
    pub fn new(kind: u16, flags: u16, sequence: u32, fixed: &[u8]) -> Request {
        let mut bytes = vec![0; HEADER];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        bytes[8..12].copy_from_slice(&sequence.to_ne_bytes());
        bytes.extend_from_slice(fixed);
        Request(bytes)
    }

    /// Adds an attribute; false when it is too long to be one.
    #[must_use]
    pub fn attribute(&mut self, kind: u16, payload: &[u8]) -> bool {
        let Ok(len) = u16::try_from(payload.len() + 4) else { return false };
        self.0.extend_from_slice(&len.to_ne_bytes());
        self.0.extend_from_slice(&kind.to_ne_bytes());
        self.0.extend_from_slice(payload);
        self.0.resize(align(self.0.len()), 0);
        true
    }

    /// The finished message.
    pub fn bytes(mut self) -> Vec<u8> {
        let len = self.0.len() as u32;
        self.0[..4].copy_from_slice(&len.to_ne_bytes());
        self.0
    }
}

/// The next multiple of 4.
pub const fn align(len: usize) -> usize {
    (len + 3) & !3
}

/// Bytes at an offset.
pub fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// A number of 16 bits in the machine's order.
pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_ne_bytes)
}

/// A number of 32 bits in the machine's order.
pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_ne_bytes)
}

/// A number of 64 bits in the machine's order.
pub fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_ne_bytes)
}

/// A cookie: two words, the lower first.
pub fn cookie_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u32_at(bytes, at)?) | u64::from(u32_at(bytes, at + 4)?) << 32)
}

/// Text up to its NUL.
pub fn text(bytes: &[u8]) -> &[u8] {
    bytes.split(|&b| b == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_built_is_read() {
        let mut request = Request::new(SOCK_DIAG_BY_FAMILY, DUMP, 7, &[1, 2, 3, 4]);
        assert!(request.attribute(3, b"abcde"));
        assert!(request.attribute(4, &[]));
        assert!(!request.attribute(5, &vec![0; 65_536]));
        let bytes = request.bytes();
        let (message, rest) = Message::split(&bytes).expect("a message");
        assert_eq!((message.kind, message.flags, message.sequence, rest.len()), (20, DUMP, 7, 0));
        let attributes: Vec<_> = Attributes(&message.body[4..]).collect();
        assert_eq!(attributes, [(3, &b"abcde"[..]), (4, &b""[..])]);
    }

    #[test]
    fn errors_carry_their_number() {
        let mut bytes = Request::new(ERROR, 0, 0, &(-2i32).to_ne_bytes()).bytes();
        assert_eq!(Message::split(&bytes).expect("a message").0.errno(), 2);
        bytes.truncate(17);
        assert_eq!(Message::split(&bytes), None);
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes: Vec<u8>) {
            let mut rest = &bytes[..];
            while let Some((message, left)) = Message::split(rest) {
                prop_assert!(left.len() < rest.len());
                Attributes(message.body).for_each(drop);
                message.errno();
                rest = left;
            }
            Attributes(&bytes).for_each(drop);
        }
    }
}
