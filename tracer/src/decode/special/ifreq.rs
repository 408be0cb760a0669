//! struct ifreq: an interface's name and what the request puts beside it.

use crate::decode::names::ARPHRD;
use crate::decode::shapes::chars;
use crate::decode::value::Value;
use crate::schema::ioctl::net::IFF;
use crate::schema::ioctl::net::*;

/// How the address in an ifreq is shown; decoding of addresses is the caller's.
type Address<'a> = fn(&'a [u8]) -> Value<'a>;

/// `{ifr_name="lo", ifr_flags=IFF_UP}` for `request`; `filled` when the kernel's answer is in it.
pub fn ifreq<'a>(request: u64, b: &'a [u8], filled: bool, address: Address<'a>) -> Option<Value<'a>> {
    let b = b.get(..40)?;
    let int = i64::from(i32::from_le_bytes([b[16], b[17], b[18], b[19]]));
    let name = ("ifr_name", chars(&b[..16]));
    if request == SIOCGIFNAME {
        let mut fields = vec![("ifr_ifindex", Value::Int(int))];
        if filled {
            fields.push(name);
        }
        return Some(Value::Struct { fields, more: false });
    }
    let mut fields = vec![name];
    let reads = matches!(
        request,
        SIOCSIFFLAGS
            | SIOCSIFADDR
            | SIOCSIFDSTADDR
            | SIOCSIFBRDADDR
            | SIOCSIFNETMASK
            | SIOCSIFMETRIC
            | SIOCSIFMTU
            | SIOCSIFHWADDR
            | SIOCSIFTXQLEN
            | SIOCSIFNAME
            | SIOCSIFSLAVE
            | SIOCADDMULTI
            | SIOCDELMULTI
            | SIOCSIFHWBROADCAST
            | SIOCSIFMAP
    );
    if !reads && !filled {
        return Some(Value::Struct { fields, more: false });
    }
    let sa = &b[16..32];
    fields.push(match request {
        SIOCGIFADDR | SIOCSIFADDR => ("ifr_addr", address(sa)),
        SIOCGIFDSTADDR | SIOCSIFDSTADDR => ("ifr_dstaddr", address(sa)),
        SIOCGIFBRDADDR | SIOCSIFBRDADDR => ("ifr_broadaddr", address(sa)),
        SIOCGIFNETMASK | SIOCSIFNETMASK => ("ifr_netmask", address(sa)),
        SIOCGIFHWADDR | SIOCSIFHWADDR | SIOCADDMULTI | SIOCDELMULTI | SIOCSIFHWBROADCAST => ("ifr_hwaddr", hwaddr(sa)),
        SIOCGIFFLAGS | SIOCSIFFLAGS => ("ifr_flags", Value::Named(&IFF, u64::from(u16::from_le_bytes([b[16], b[17]])))),
        SIOCGIFMETRIC | SIOCSIFMETRIC => ("ifr_metric", Value::Int(int)),
        SIOCGIFMTU | SIOCSIFMTU => ("ifr_mtu", Value::Int(int)),
        SIOCGIFTXQLEN | SIOCSIFTXQLEN => ("ifr_qlen", Value::Int(int)),
        SIOCGIFSLAVE | SIOCSIFSLAVE => ("ifr_slave", chars(&b[16..32])),
        SIOCSIFNAME => ("ifr_newname", chars(&b[16..32])),
        SIOCGIFINDEX => ("ifr_ifindex", Value::Int(int)),
        SIOCGIFMAP | SIOCSIFMAP => ("ifr_map", map(&b[16..40])),
        _ => return Some(Value::Struct { fields, more: true }),
    });
    Some(Value::Struct { fields, more: false })
}

/// `{ifc_len=160 /* 4 * sizeof(struct ifreq) */, ifc_buf=NULL}`; the interfaces themselves are not followed.
pub fn ifconf<'a>(b: &[u8], before: Option<&[u8]>) -> Option<Value<'a>> {
    let b = b.get(..16)?;
    let len = |b: &[u8]| i64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let sized = |len: i64| match len >= 40 {
        true => Value::Comment(Box::new(Value::Int(len)), format!("{} * sizeof(struct ifreq)", len / 40)),
        false => Value::Int(len),
    };
    let length = match before.filter(|w| w.len() >= 4).map(len) {
        Some(was) if was != len(b) => Value::Changed(Box::new(sized(was)), Box::new(sized(len(b)))),
        _ => sized(len(b)),
    };
    let mut raw = [0; 8];
    raw.copy_from_slice(&b[8..16]);
    let fields = vec![("ifc_len", length), ("ifc_buf", Value::Addr(u64::from_le_bytes(raw)))];
    Some(Value::Struct { fields, more: false })
}

fn hwaddr<'a>(sa: &[u8]) -> Value<'a> {
    let family = u16::from_le_bytes([sa[0], sa[1]]);
    // How long an address is on a link of that kind: what its driver sets `addr_len` to (net/, drivers/net/); of others all that there is room for.
    let len = match family {
        7 | 290 | 773 | 820..=822 => 1,
        15 => 2,
        768 | 776..=779 | 783 => 4,
        270 | 271 => 5,
        1 | 6 | 772 | 774 | 780 | 801..=803 => 6,
        0 | 3 => 7,
        27 | 804 | 805 | 825 | 826 => 8,
        _ => 14,
    };
    let bytes = sa[2..2 + len].iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(":");
    Value::Struct {
        fields: vec![("sa_family", Value::Named(&ARPHRD, u64::from(family))), ("sa_data", Value::Text(bytes))],
        more: false,
    }
}

fn map<'a>(b: &[u8]) -> Value<'a> {
    let num = |off: usize, width: usize| {
        let mut raw = [0; 8];
        raw[..width].copy_from_slice(&b[off..off + width]);
        Value::Hex(u64::from_le_bytes(raw))
    };
    let fields = vec![
        ("mem_start", num(0, 8)),
        ("mem_end", num(8, 8)),
        ("base_addr", num(16, 2)),
        ("irq", num(18, 1)),
        ("dma", num(19, 1)),
        ("port", num(20, 1)),
    ];
    Value::Struct { fields, more: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lo(rest: &[u8]) -> Vec<u8> {
        let mut b = vec![0; 40];
        b[..2].copy_from_slice(b"lo");
        b[16..16 + rest.len()].copy_from_slice(rest);
        b
    }

    #[test]
    fn only_what_is_known_is_shown() {
        let b = lo(&[0x49, 0]);
        let fields = |request, filled| match ifreq(request, &b, filled, |_| Value::Word("address")) {
            Some(Value::Struct { fields, .. }) => fields,
            other => panic!("{other:?}"),
        };
        assert_eq!(fields(SIOCGIFFLAGS, false).len(), 1);
        assert_eq!(fields(SIOCGIFFLAGS, true)[1], ("ifr_flags", Value::Named(&IFF, 0x49)));
        assert_eq!(fields(SIOCSIFFLAGS, false).len(), 2);
        assert_eq!(fields(SIOCGIFADDR, true)[1], ("ifr_addr", Value::Word("address")));
        assert_eq!(ifreq(SIOCGIFFLAGS, &b[..39], true, |_| Value::Word("address")), None);
    }

    #[test]
    fn addresses_of_hardware_are_hex() {
        let b = lo(&[4, 3, 0xaa, 0, 0, 0, 0, 1]);
        let Some(Value::Struct { fields, .. }) = ifreq(SIOCGIFHWADDR, &b, true, |_| Value::Word("")) else { panic!() };
        let inner =
            vec![("sa_family", Value::Named(&ARPHRD, 772)), ("sa_data", Value::Text("aa:00:00:00:00:01".into()))];
        assert_eq!(fields[1].1, Value::Struct { fields: inner, more: false });
    }
}
