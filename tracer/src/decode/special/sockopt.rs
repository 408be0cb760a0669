//! Values of socket options, by the form that their row has ([`crate::schema::sockopt`]). strace knows lengths: a value that is too short for
//! its form is an address where it was passed, and as much as there is of it where it was asked for.

use std::borrow::Cow;

use crate::decode::sockaddr;
use crate::decode::value::{Tail, Value};
use crate::schema::errno::ERRNO;
use crate::schema::protocols::{ICMP, IPPROTO, PACKET_MR};
use crate::schema::sockopt::{Form, GROUP, form};
use crate::schema::types::Whose;

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

    /// All of it as bytes.
    fn hex(&self) -> Option<Value<'a>> {
        let want = usize::try_from(self.len).ok()?;
        let shown = self.bytes.get(..want.min(self.strlen))?;
        Some(hex(shown, want > shown.len()))
    }

    fn text(&self) -> Option<Value<'a>> {
        let want = usize::try_from(self.len).ok()?;
        let shown = &self.bytes[..self.bytes.len().min(want).min(self.strlen)];
        if shown.len() < want.min(self.strlen) {
            return None;
        }
        Some(Value::Str { bytes: Cow::Borrowed(shown), cut: want > shown.len(), hex: false })
    }

    /// A structure of integers.
    fn fields(&self, names: &[&'static str]) -> Option<Value<'a>> {
        let field = |(i, name): (usize, &&'static str)| Some((*name, Value::Int(self.int(4 * i)?)));
        Some(Value::Struct { fields: names.iter().enumerate().map(field).collect::<Option<_>>()?, more: false })
    }

    /// The same as far as the length reaches: a field that is cut is shown as its bytes.
    fn partial(&self, names: &[&'static str]) -> Option<Value<'a>> {
        let len = (self.len.max(0) as usize).min(4 * names.len());
        let whole = self.fields(&names[..len / 4])?;
        let Value::Struct { mut fields, .. } = whole else { return None };
        if !len.is_multiple_of(4) {
            fields.push((names[len / 4], hex(self.bytes.get(len / 4 * 4..len)?, false)));
        }
        Some(Value::Struct { fields, more: false })
    }

    /// The bytes of a structure that the value holds whole.
    fn whole<const N: usize>(&self) -> Option<&'a [u8; N]> {
        if usize::try_from(self.len).ok()? < N { None } else { self.bytes.first_chunk() }
    }

    /// The same where it holds nothing else.
    fn exactly<const N: usize>(&self) -> Option<&'a [u8; N]> {
        if self.len as usize == N { self.whole() } else { None }
    }

    fn plain(&self) -> Option<Value<'a>> {
        if self.len == 4 { self.one() } else { self.text() }
    }

    /// Types whose bit is set; where most are, those whose bit is not.
    fn types(&self) -> Option<Value<'a>> {
        let len = usize::try_from(self.len).ok()?.min(4);
        // What is not passed is the kernel's own, all of it.
        let mut raw = [0xff; 4];
        raw[..len].copy_from_slice(self.bytes.get(..len).filter(|bytes| !bytes.is_empty())?);
        let raw = u32::from_le_bytes(raw);
        let all_but = raw.count_ones() >= u32::BITS * 2 / 3;
        let listed = if all_but { !raw } else { raw };
        let types = (0..u32::BITS).filter(|bit| listed >> bit & 1 == 1).map(|bit| Value::Named(&ICMP, bit.into()));
        let list = Value::List(types.collect());
        Some(if all_but { Value::Phrase(vec![("~", list)]) } else { list })
    }
}

/// Bytes that are shown as what they are.
fn hex(bytes: &[u8], cut: bool) -> Value<'_> {
    Value::Str { bytes: Cow::Borrowed(bytes), cut, hex: true }
}

fn member4(bytes: &[u8; 8]) -> Value<'static> {
    let [a, b, c, d, interface @ ..] = *bytes;
    let fields = vec![("imr_multiaddr", Value::Ip4([a, b, c, d])), ("imr_interface", Value::Ip4(interface))];
    Value::Struct { fields, more: false }
}

/// The value that setsockopt is given; `None` shows the address.
pub fn set<'a>(opt: Opt<'a>) -> Option<Value<'a>> {
    let word = |bytes: &[u8], off: usize| u16::from_le_bytes([bytes[off], bytes[off + 1]]);
    match form(opt.level, opt.name) {
        Form::Int => (opt.len >= 4).then(|| opt.one())?,
        Form::Linger => opt.whole::<8>().and_then(|_| opt.fields(&LINGER)),
        Form::Filter => {
            let bytes = opt.exactly::<16>()?;
            let filter = bytes.last_chunk().map(|raw| Value::Addr(u64::from_le_bytes(*raw)))?;
            let fields = vec![("len", Value::Uint(word(bytes, 0).into())), ("filter", filter)];
            Some(Value::Struct { fields, more: false })
        }
        Form::Member4 => opt.whole().map(member4),
        Form::Member6 => {
            let ip = opt.whole::<20>()?.first_chunk().map(|ip| ("ipv6mr_multiaddr", Value::Ip6(*ip)))?;
            Some(Value::Struct {
                fields: vec![ip, ("ipv6mr_interface", Value::Uint((opt.int(16)? as u32).into()))],
                more: false,
            })
        }
        Form::Group => {
            let bytes = opt.whole::<GROUP>()?;
            let interface = ("gr_interface", Value::Interface(opt.int(0)? as u32, None));
            let fields = vec![interface, ("gr_group", sockaddr::sockaddr(&bytes[8..]))];
            Some(Value::Struct { fields, more: false })
        }
        Form::Ports => match opt.exactly::<4>() {
            Some([0, 0, 0, 0]) => opt.one(),
            Some(bytes) => {
                let number = Value::Hex(u32::from_le_bytes(*bytes).into());
                // 0 is no end.
                let [low, high] =
                    [0, 2].map(|off| Some(word(bytes, off)).filter(|port| *port != 0).map(|port| port.to_string()));
                let ports = format!("{}..{}", low.unwrap_or_default(), high.unwrap_or_default());
                Some(Value::Array(vec![Value::Comment(Box::new(number), ports)], Tail::Whole))
            }
            None => opt.hex(),
        },
        Form::Link => {
            let bytes = opt.exactly::<16>()?;
            let len = word(bytes, 6);
            let fields = vec![
                ("mr_ifindex", Value::Interface(opt.int(0)? as u32, None)),
                ("mr_type", Value::Named(&PACKET_MR, word(bytes, 4).into())),
                ("mr_alen", Value::Uint(len.into())),
                ("mr_address", Value::Hardware(&bytes[8..][..usize::from(len).min(8)])),
            ];
            Some(Value::Struct { fields, more: false })
        }
        Form::Ring => opt.exactly::<16>().and_then(|_| opt.fields(&RING)),
        Form::Types => opt.types(),
        Form::Plain | Form::Error | Form::Peer | Form::Protocol | Form::Statistics => opt.plain(),
    }
}

/// The value that getsockopt gave; `None` shows the address.
pub fn get<'a>(opt: Opt<'a>) -> Option<Value<'a>> {
    if opt.len <= 0 {
        return None;
    }
    match form(opt.level, opt.name) {
        Form::Int | Form::Error | Form::Ports | Form::Protocol if opt.len < 4 => opt.hex(),
        Form::Int => opt.one(),
        Form::Error => match opt.int(0)? {
            0 => opt.one(),
            errno => Some(Value::Array(vec![Value::Named(&ERRNO, errno as u64)], Tail::Whole)),
        },
        Form::Protocol => Some(Value::Array(vec![Value::Named(&IPPROTO, opt.int(0)? as u64)], Tail::Whole)),
        Form::Linger => opt.partial(&LINGER),
        Form::Peer => {
            let mut peer = opt.partial(&["pid", "uid", "gid"])?;
            if let Value::Struct { fields, .. } = &mut peer
                && let Some((_, pid @ Value::Int(_))) = fields.first_mut()
            {
                *pid = Value::Pid(opt.int(0)? as i32, Whose::Process, None);
            }
            Some(peer)
        }
        Form::Statistics => opt.partial(&["tp_packets", "tp_drops", "tp_freeze_q_cnt"]),
        Form::Ports => set(opt),
        Form::Types => opt.types(),
        _ => opt.plain(),
    }
}

/// `struct linger`. include/linux/socket.h
const LINGER: [&str; 2] = ["l_onoff", "l_linger"];
/// `struct tpacket_req`. include/uapi/linux/if_packet.h
const RING: [&str; 4] = ["tp_block_size", "tp_block_nr", "tp_frame_size", "tp_frame_nr"];

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
