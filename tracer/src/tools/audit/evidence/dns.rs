//! What a message of a name server tells (RFC 1035): the name in its question, and addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::names::plain;

/// Types of records, and keys of the parameters of SVCB and HTTPS (RFC 9460).
const A: u16 = 1;
const AAAA: u16 = 28;
const SVCB: u16 = 64;
const HTTPS: u16 = 65;
const IPV4HINT: u16 = 4;
const IPV6HINT: u16 = 6;
/// Pointers of one name that are followed at most.
const POINTERS: usize = 16;

/// The addresses that a message tells, each with a name: those of answers have that of the question, however the server came to them
/// (CNAME); those beside them (of the servers that a record of SRV names) their own. `None` for anything else than an answer.
pub fn answer(message: &[u8]) -> Option<Vec<(String, IpAddr)>> {
    let (flags, questions) = (word(message, 2)?, word(message, 4)?);
    if flags & 0x8000 == 0 || questions != 1 {
        return None;
    }
    let (asked, mut at) = name(message, 12)?;
    at += 4;
    let counts = [word(message, 6)?, word(message, 8)?, word(message, 10)?];
    let mut told = Vec::new();
    for (section, count) in counts.into_iter().enumerate() {
        for _ in 0..count {
            let Some((record, behind)) = record(message, at) else { return Some(told) };
            let name = if section == 0 { &asked } else { &record.name };
            told.extend(record.addresses().into_iter().map(|address| (name.clone(), address)));
            at = behind;
        }
    }
    Some(told)
}

struct Record<'m> {
    name: String,
    kind: u16,
    data: &'m [u8],
}

/// The record in a place of a message, and the place behind it.
fn record(message: &[u8], at: usize) -> Option<(Record<'_>, usize)> {
    let (name, at) = name(message, at)?;
    let (kind, len) = (word(message, at)?, usize::from(word(message, at + 8)?));
    let data = message.get(at + 10..)?.get(..len)?;
    Some((Record { name, kind, data }, at + 10 + len))
}

impl Record<'_> {
    fn addresses(&self) -> Vec<IpAddr> {
        match self.kind {
            A if self.data.len() == 4 => four(self.data).collect(),
            AAAA if self.data.len() == 16 => six(self.data).collect(),
            SVCB | HTTPS => self.hints().unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// The addresses that a record of a service hints at, so that they need not be asked for.
    fn hints(&self) -> Option<Vec<IpAddr>> {
        // Behind the priority stands the target, whose labels are written out.
        let (_, mut at) = name(self.data, 2)?;
        let mut addresses = Vec::new();
        while let (Some(key), Some(len)) = (word(self.data, at), word(self.data, at + 2)) {
            let value = self.data.get(at + 4..)?.get(..usize::from(len))?;
            match key {
                IPV4HINT => addresses.extend(four(value)),
                IPV6HINT => addresses.extend(six(value)),
                _ => {}
            }
            at += 4 + usize::from(len);
        }
        Some(addresses)
    }
}

fn four(bytes: &[u8]) -> impl Iterator<Item = IpAddr> {
    bytes.as_chunks::<4>().0.iter().map(|ip| IpAddr::from(Ipv4Addr::from(*ip)))
}

fn six(bytes: &[u8]) -> impl Iterator<Item = IpAddr> {
    bytes.as_chunks::<16>().0.iter().map(|ip| IpAddr::from(Ipv6Addr::from(*ip)))
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

/// The name in a place of a message, in lower case, and the place behind it.
fn name(message: &[u8], mut at: usize) -> Option<(String, usize)> {
    let (mut name, mut behind, mut pointers) = (String::new(), None, 0);
    loop {
        let len = usize::from(*message.get(at)?);
        at += 1;
        match len {
            0 => return Some((name, behind.unwrap_or(at))),
            1..=63 => {
                let label = message.get(at..at + len)?;
                if !name.is_empty() {
                    name.push('.');
                }
                // A dot within a label is none between two.
                name.push_str(&plain(label).replace('.', "?"));
                at += len;
            }
            192.. if pointers < POINTERS => {
                let low = usize::from(*message.get(at)?);
                behind = behind.or(Some(at + 1));
                at = (len & 0x3f) << 8 | low;
                pointers += 1;
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
pub mod tests {
    use proptest::prelude::*;

    use super::*;

    pub const ANSWER: &[u8] = b"\x12\x34\x81\x80\0\x01\0\x03\0\0\0\0\x03WWW\x07example\x03com\0\0\x01\0\x01\
        \xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x02\xc0\x10\
        \xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x5d\xb8\xd8\x22\
        \xc0\x0c\0\x1c\0\x01\0\0\0\x3c\0\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01";

    /// An answer about HTTPS of one service: hints of both kinds, and beside it the address of another name.
    const SERVICE: &[u8] = b"\x12\x34\x81\x80\0\x01\0\x01\0\0\0\x01\x01a\x04test\0\0\x41\0\x01\
        \xc0\x0c\0\x41\0\x01\0\0\0\x3c\0\x2a\0\x01\0\0\x01\0\x03\x02h2\0\x04\0\x08\x0a\0\0\x01\x0a\0\0\x02\0\x06\0\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\
        \x01B\xc0\x0e\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\0\x03";

    #[test]
    fn an_answer_gives_names_to_addresses() {
        let check = |message: &[u8], expected: &[&str]| {
            let told = answer(message).expect("an answer");
            let told: Vec<String> = told.iter().map(|(name, address)| format!("{name} {address}")).collect();
            assert_eq!(told, expected);
        };
        check(ANSWER, &["www.example.com 93.184.216.34", "www.example.com 2001:db8::1"]);
        check(SERVICE, &["a.test 10.0.0.1", "a.test 10.0.0.2", "a.test 2001:db8::2", "b.test 10.0.0.3"]);
        check(&SERVICE[..SERVICE.len() - 1], &["a.test 10.0.0.1", "a.test 10.0.0.2", "a.test 2001:db8::2"]);
        let mut question = ANSWER.to_vec();
        question[2] = 1;
        assert_eq!(answer(&question), None);
        let circle = b"\x12\x34\x81\x80\0\x01\0\0\0\0\0\0\xc0\x0c\0\x01\0\x01";
        assert_eq!(answer(circle), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes: Vec<u8>, cut in 0..SERVICE.len(), at in 0..SERVICE.len(), byte: u8) {
            let _ = answer(&bytes);
            let _ = answer(&SERVICE[..cut]);
            let mut changed = SERVICE.to_vec();
            changed[at] = byte;
            let _ = answer(&changed);
        }
    }
}
