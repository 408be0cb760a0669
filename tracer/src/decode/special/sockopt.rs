//! Values of socket options: an integer unless level and name say otherwise.

use std::borrow::Cow;

use crate::decode::value::{Tail, Value};
use crate::schema::errno::ERRNO;
use crate::schema::types::Whose;

const SOL_IP: u32 = 0;
const SOL_SOCKET: u32 = 1;
const SOL_IPV6: u32 = 41;
const SOL_PACKET: u32 = 263;
const SOL_NETLINK: u32 = 270;
const SO_ERROR: u32 = 4;
const SO_LINGER: u32 = 13;
const SO_PEERCRED: u32 = 17;
const SO_ATTACH_FILTER: u32 = 26;
const SO_ATTACH_REUSEPORT_CBPF: u32 = 51;
const IP_ADD_MEMBERSHIP: u32 = 35;
const IP_DROP_MEMBERSHIP: u32 = 36;
const IPV6_ADD_MEMBERSHIP: u32 = 20;
const IPV6_DROP_MEMBERSHIP: u32 = 21;
const PACKET_RX_RING: u32 = 5;
const PACKET_STATISTICS: u32 = 6;
const PACKET_TX_RING: u32 = 13;

/// Options of SOL_SOCKET whose value is an integer and nothing else, by number.
const INTEGERS: &[u32] =
    &[1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 18, 19, 29, 32, 33, 34, 35, 36, 40, 41, 42, 43, 44, 45, 46, 49];

/// What an option's value is, and how it is to be shown.
#[derive(Debug, Clone, Copy)]
pub struct Opt<'a> {
    /// Level, argument 1.
    pub level: u32,
    /// Name, argument 2.
    pub name: u32,
    /// Bytes of the value, as the program or the kernel says.
    pub len: i32,
    /// What was read of them.
    pub bytes: &'a [u8],
    /// Bytes of a string that are shown.
    pub strlen: usize,
}

impl<'a> Opt<'a> {
    fn int(&self, off: usize) -> Option<i64> {
        let raw = self.bytes.get(off..off + 4)?;
        Some(i64::from(i32::from_le_bytes(raw.try_into().ok()?)))
    }

    fn one(&self) -> Option<Value<'a>> {
        Some(Value::Array(vec![Value::Int(self.int(0)?)], Tail::Whole))
    }

    fn text(&self) -> Option<Value<'a>> {
        let want = usize::try_from(self.len).ok()?;
        let shown = &self.bytes[..self.bytes.len().min(want).min(self.strlen)];
        if shown.len() < want.min(self.strlen) {
            return None;
        }
        Some(Value::Str { bytes: Cow::Borrowed(shown), cut: want > shown.len(), hex: false })
    }

    fn fields(&self, names: &[&'static str]) -> Option<Value<'a>> {
        let fields: Option<Vec<_>> =
            names.iter().enumerate().map(|(i, n)| Some((*n, Value::Int(self.int(4 * i)?)))).collect();
        Some(Value::Struct { fields: fields?, more: false })
    }

    /// Fields as far as the length reaches.
    fn partial(&self, names: &[&'static str]) -> Option<Value<'a>> {
        let n = (self.len.max(0) as usize / 4).min(names.len());
        if n == 0 { None } else { self.fields(&names[..n]) }
    }
}

/// The value that setsockopt is given; `None` shows the address.
pub fn set<'a>(opt: Opt<'a>) -> Option<Value<'a>> {
    match (opt.level, opt.name) {
        (SOL_SOCKET, SO_LINGER) => (opt.len >= 8).then(|| opt.fields(&["l_onoff", "l_linger"]))?,
        (SOL_SOCKET, SO_ATTACH_FILTER | SO_ATTACH_REUSEPORT_CBPF) => {
            let b = opt.bytes.get(..16).filter(|_| opt.len >= 16)?;
            let len = u64::from(u16::from_le_bytes([b[0], b[1]]));
            let mut raw = [0; 8];
            raw.copy_from_slice(&b[8..16]);
            let fields = vec![("len", Value::Uint(len)), ("filter", Value::Addr(u64::from_le_bytes(raw)))];
            Some(Value::Struct { fields, more: false })
        }
        (SOL_SOCKET, name) if INTEGERS.contains(&name) => (opt.len >= 4).then(|| opt.one())?,
        (SOL_IP, IP_ADD_MEMBERSHIP | IP_DROP_MEMBERSHIP) => {
            let b = opt.bytes.get(..8).filter(|_| opt.len >= 8)?;
            let ip = |off: usize| Value::Ip4([b[off], b[off + 1], b[off + 2], b[off + 3]]);
            Some(Value::Struct { fields: vec![("imr_multiaddr", ip(0)), ("imr_interface", ip(4))], more: false })
        }
        (SOL_IPV6, IPV6_ADD_MEMBERSHIP | IPV6_DROP_MEMBERSHIP) => {
            let b = opt.bytes.get(..20).filter(|_| opt.len >= 20)?;
            let ip = b.first_chunk::<16>().map(|ip| ("ipv6mr_multiaddr", Value::Ip6(*ip)))?;
            Some(Value::Struct { fields: vec![ip, ("ipv6mr_interface", Value::Int(opt.int(16)?))], more: false })
        }
        (SOL_PACKET, PACKET_RX_RING | PACKET_TX_RING) if opt.len >= 16 => {
            opt.fields(&["tp_block_size", "tp_block_nr", "tp_frame_size", "tp_frame_nr"])
        }
        (SOL_PACKET, PACKET_RX_RING | PACKET_TX_RING) => None,
        (SOL_NETLINK, _) => (opt.len >= 4).then(|| opt.one())?,
        _ if opt.len == 4 => opt.one(),
        _ => opt.text(),
    }
}

/// The value that getsockopt gave; `None` shows the address.
pub fn get<'a>(opt: Opt<'a>) -> Option<Value<'a>> {
    match (opt.level, opt.name) {
        _ if opt.len <= 0 => None,
        (SOL_SOCKET, SO_LINGER) => opt.partial(&["l_onoff", "l_linger"]),
        (SOL_SOCKET, SO_PEERCRED) => {
            let mut peer = opt.partial(&["pid", "uid", "gid"])?;
            if let Value::Struct { fields, .. } = &mut peer
                && let Some((_, pid @ Value::Int(_))) = fields.first_mut()
            {
                *pid = Value::Pid(opt.int(0)? as i32, Whose::Process, None);
            }
            Some(peer)
        }
        (SOL_PACKET, PACKET_STATISTICS) => opt.partial(&["tp_packets", "tp_drops", "tp_freeze_q_cnt"]),
        (SOL_SOCKET, SO_ERROR) if opt.len == 4 => match opt.int(0)? {
            0 => opt.one(),
            errno => Some(Value::Array(vec![Value::Named(&ERRNO, errno as u64)], Tail::Whole)),
        },
        _ if opt.len == 4 => opt.one(),
        _ => opt.text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opt(level: u32, name: u32, len: i32, bytes: &[u8]) -> Opt<'_> {
        Opt { level, name, len, bytes, strlen: 32 }
    }

    fn one(v: i64) -> Option<Value<'static>> {
        Some(Value::Array(vec![Value::Int(v)], Tail::Whole))
    }

    fn text(b: &[u8]) -> Option<Value<'_>> {
        Some(Value::Str { bytes: Cow::Borrowed(b), cut: false, hex: false })
    }

    #[test]
    fn lengths_decide_as_in_strace() {
        let b: &[u8] = &[1, 0, 0, 0, 2, 0, 0, 0];
        assert_eq!(set(opt(1, 2, 4, b)), one(1));
        assert_eq!(set(opt(1, 2, 8, b)), one(1));
        assert_eq!(set(opt(1, 2, 2, b)), None);
        assert_eq!(set(opt(6, 1, 2, b)), text(&b[..2]));
        assert_eq!(set(opt(6, 13, 5, b"cubic")), text(b"cubic"));
        assert_eq!(set(opt(1, 25, 3, b"lo\0")), text(b"lo\0"));
        assert_eq!(set(opt(6, 99, 4, b)), one(1));
        assert_eq!(set(opt(1, 13, 4, b)), None);
        assert_eq!(set(opt(1, 2, -1, b)), None);
        assert_eq!(set(opt(6, 1, 4, &[])), None);
    }

    #[test]
    fn credentials_are_fields() {
        let b = [5i32.to_le_bytes(), 0i32.to_le_bytes(), (-1i32).to_le_bytes()].concat();
        let fields =
            vec![("pid", Value::Pid(5, Whose::Process, None)), ("uid", Value::Int(0)), ("gid", Value::Int(-1))];
        assert_eq!(get(opt(1, 17, 12, &b)), Some(Value::Struct { fields, more: false }));
        assert_eq!(get(opt(1, 59, 0, &b)), None);
    }

    #[test]
    fn an_error_has_its_name() {
        let refused = Some(Value::Array(vec![Value::Named(&ERRNO, 111)], Tail::Whole));
        assert_eq!(get(opt(1, 4, 4, &111i32.to_le_bytes())), refused);
        assert_eq!(get(opt(1, 4, 4, &[0; 4])), one(0));
    }
}
