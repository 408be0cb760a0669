//! Names of hosts, from answers of name servers that the command itself received (RFC 1035): which name it asked for when it was
//! told an address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::decode::value::Value;

/// Addresses that are kept at most.
const MOST: usize = 100_000;

/// The port of name servers.
pub const PORT: u16 = 53;

/// Names by address; the first that was asked for stays.
#[derive(Debug, Default)]
pub struct Names(HashMap<IpAddr, String>);

impl Names {
    /// Takes what came from a name server.
    pub fn learn(&mut self, message: &Value<'_>) {
        let Value::Str { bytes, .. } = message else { return };
        let Some((name, addresses)) = answer(bytes) else { return };
        for address in addresses {
            if self.0.len() < MOST {
                self.0.entry(address).or_insert_with(|| name.clone());
            }
        }
    }

    /// The name that led to an address.
    pub fn of(&self, address: IpAddr) -> Option<&String> {
        self.0.get(&address)
    }
}

/// The name in the question and the addresses in the answers of a message; `None` for anything else.
fn answer(message: &[u8]) -> Option<(String, Vec<IpAddr>)> {
    let word = |at: usize| Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]));
    let (flags, questions, answers) = (word(2)?, word(4)?, word(6)?);
    if flags & 0x8000 == 0 || questions != 1 {
        return None;
    }
    let (name, mut at) = question(message, 12)?;
    at += 4;
    let mut addresses = Vec::new();
    for _ in 0..answers {
        let Some(next) = skip_name(message, at) else { break };
        let (Some(kind), Some(len)) = (word(next), word(next + 8)) else { break };
        let Some(data) = message.get(next + 10..).and_then(|rest| rest.get(..usize::from(len))) else { break };
        match (kind, data.len()) {
            (1, 4) => addresses.extend(data.first_chunk::<4>().map(|ip| IpAddr::from(Ipv4Addr::from(*ip)))),
            (28, 16) => addresses.extend(data.first_chunk::<16>().map(|ip| IpAddr::from(Ipv6Addr::from(*ip)))),
            _ => {}
        }
        at = next + 10 + usize::from(len);
    }
    Some((name, addresses))
}

/// The name that was asked for, in lower case, and where it ends.
fn question(message: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut name = String::new();
    loop {
        let len = usize::from(*message.get(at)?);
        at += 1;
        match len {
            0 => return Some((name, at)),
            // A question has no pointers.
            1..=63 => {
                let label = message.get(at..at + len)?;
                if !name.is_empty() {
                    name.push('.');
                }
                for &byte in label {
                    let plain = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
                    name.push(if plain { char::from(byte.to_ascii_lowercase()) } else { '?' });
                }
                at += len;
            }
            _ => return None,
        }
    }
}

/// The place behind a name.
fn skip_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let len = usize::from(*message.get(at)?);
        match len {
            0 => return Some(at + 1),
            192.. => return Some(at + 2),
            _ => at += 1 + len,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANSWER: &[u8] = b"\x12\x34\x81\x80\0\x01\0\x03\0\0\0\0\x03WWW\x07example\x03com\0\0\x01\0\x01\
        \xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x02\xc0\x10\
        \xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x5d\xb8\xd8\x22\
        \xc0\x0c\0\x1c\0\x01\0\0\0\x3c\0\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01";

    #[test]
    fn an_answer_gives_a_name_to_its_addresses() {
        let (name, addresses) = answer(ANSWER).expect("an answer");
        assert_eq!(name, "www.example.com");
        assert_eq!(addresses, ["93.184.216.34".parse::<IpAddr>().unwrap(), "2001:db8::1".parse().unwrap()]);
        let mut question = ANSWER.to_vec();
        question[2] = 1;
        assert_eq!(answer(&question), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes: Vec<u8>, cut in 0..ANSWER.len()) {
            let _ = answer(&bytes);
            let _ = answer(&ANSWER[..cut]);
        }
    }
}
