//! From the words of a filter to numbers: services, hosts, interfaces, cgroups. An error points at the word.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use crate::cli::fault::{Fault, show};
use crate::system::libc_names;
use crate::system::names::{System, cgroup_id, cgroup_mount, netlink_protocols};
use crate::system::sockets::filter::{Filter, Host, Prefix, Side};
use crate::tools::ss::options::filter::{about, number};
use crate::tools::ss::output::ETHERNET;
use crate::tools::ss::request::{Expression, HostWord, Word, tables};

/// Resolves all names of a filter, those of interfaces in the given namespace.
pub fn filter(expression: &Expression, system: &mut System, netns: u64) -> Result<Filter, Fault> {
    let mut two = |a: &Expression, b: &Expression| -> Result<_, Fault> {
        Ok((Box::new(filter(a, system, netns)?), Box::new(filter(b, system, netns)?)))
    };
    Ok(match expression {
        Expression::And(a, b) => two(a, b).map(|(a, b)| Filter::And(a, b))?,
        Expression::Or(a, b) => two(a, b).map(|(a, b)| Filter::Or(a, b))?,
        Expression::Not(a) => Filter::Not(Box::new(filter(a, system, netns)?)),
        Expression::Is(local, word) => match (i32::from(word.family), &word.address) {
            (libc::AF_UNIX, pattern) => Filter::Name(end(*local), pattern.clone().unwrap_or_default().into_bytes()),
            _ => Filter::Host(end(*local), host(word, system, netns)?),
        },
        Expression::AtLeast(local, word) => Filter::PortAtLeast(end(*local), port(word, system, netns)?.unwrap_or(-1)),
        Expression::AtMost(local, word) => Filter::PortAtMost(end(*local), port(word, system, netns)?.unwrap_or(-1)),
        Expression::Device(word) => Filter::Device(device(word, system, netns)?),
        Expression::Mark(mark, mask) => Filter::Mark { mark: *mark, mask: *mask },
        Expression::Cgroup(word) => Filter::Cgroup(cgroup(word)?),
        Expression::Autobound => {
            let (low, high) = system.services().ephemeral;
            Filter::Autobound(low, high)
        }
    })
}

fn end(local: bool) -> Side {
    if local { Side::Local } else { Side::Remote }
}

fn host(word: &HostWord, system: &mut System, netns: u64) -> Result<Host, Fault> {
    let port = port(word, system, netns)?;
    let Some(address) = &word.address else {
        return Ok(Host { family: word.family_bits(), addresses: Vec::new(), port });
    };
    let bad = |what: &str| about(&word.word, &format!("{what}, not '{}'", show(address)));
    let addresses = match i32::from(word.family) {
        libc::AF_PACKET => {
            let known = ETHERNET.iter().find(|(_, name)| name.eq_ignore_ascii_case(address)).map(|(number, _)| *number);
            let number = known.or_else(|| u16::try_from(number(address)?).ok());
            vec![Prefix::number(word.family, number.ok_or_else(|| bad("a protocol of Ethernet is expected"))?.into())]
        }
        libc::AF_NETLINK => {
            let known = netlink_protocols().into_iter().find(|(_, name)| name == address).map(|(number, _)| number);
            let number = known.or_else(|| u8::try_from(number(address)?).ok().map(u16::from));
            vec![Prefix::number(word.family, number.ok_or_else(|| bad("a protocol of netlink is expected"))?.into())]
        }
        libc::AF_VSOCK => {
            let number = number(address).and_then(|cid| u32::try_from(cid).ok());
            vec![Prefix::number(word.family, number.ok_or_else(|| bad("a context id is expected"))?)]
        }
        family => match prefix(address, family) {
            Some(prefix) => prefix.into_iter().collect(),
            None => named(address, family).ok_or_else(|| bad("an address or the name of a host is expected"))?,
        },
    };
    Ok(Host { family: addresses.first().map_or(0, |first| first.family), addresses, port })
}

impl HostWord {
    /// The family that a test of a port alone has: that of sockets without one.
    fn family_bits(&self) -> u8 {
        match i32::from(self.family) {
            libc::AF_INET | libc::AF_INET6 => 0,
            _ => self.family,
        }
    }
}

/// An address, with or without a length; `any` is no address at all. `None` when it is neither.
fn prefix(text: &str, family: i32) -> Option<Option<Prefix>> {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    if ["any", "all", "default"].contains(&address) {
        return length.is_none().then_some(None);
    }
    let (address, most) = if address.contains(':') {
        (IpAddr::V6(address.parse::<Ipv6Addr>().ok()?), 128)
    } else {
        (IpAddr::V4(short_ipv4(address)?), 32)
    };
    let wanted = match family {
        libc::AF_INET => address.is_ipv4(),
        libc::AF_INET6 => address.is_ipv6(),
        _ => true,
    };
    let bits = match length {
        None => most,
        Some(length) => netmask(length).filter(|bits| *bits <= most)?,
    };
    wanted.then(|| Some(Prefix::ip(address, bits)))
}

/// A length, or a mask such as 255.255.0.0.
fn netmask(text: &str) -> Option<u8> {
    if let Some(length) = number(text) {
        return u8::try_from(length).ok();
    }
    let mask = u32::from(text.parse::<Ipv4Addr>().ok()?);
    (mask.leading_ones() + mask.trailing_zeros().min(32) >= 32).then_some(mask.leading_ones() as u8)
}

/// An address of which the last bytes may be left out: `10.1` is 10.1.0.0.
fn short_ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut bytes = [0u8; 4];
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() > 4 {
        return None;
    }
    for (byte, part) in bytes.iter_mut().zip(parts) {
        *byte = u8::try_from(number(part)?).ok()?;
    }
    Some(Ipv4Addr::from(bytes))
}

/// The addresses of a host's name: IPv4 first.
fn named(name: &str, family: i32) -> Option<Vec<Prefix>> {
    if name.contains('/') {
        return None;
    }
    let found = libc_names::addresses(name);
    let mut addresses = Vec::new();
    for v4 in [true, false] {
        let wanted = if v4 { family != libc::AF_INET6 } else { family != libc::AF_INET };
        for address in found.iter().filter(|address| address.is_ipv4() == v4 && wanted) {
            let prefix = Prefix::ip(*address, if v4 { 32 } else { 128 });
            if !addresses.contains(&prefix) {
                addresses.push(prefix);
            }
        }
    }
    (!addresses.is_empty()).then_some(addresses)
}

fn port(word: &HostWord, system: &mut System, netns: u64) -> Result<Option<i32>, Fault> {
    let Some(text) = &word.port else { return Ok(None) };
    let bad = |what: &str| Err(about(&word.word, &format!("{what}, not '{}'", show(text))));
    if let Some(port) = number(text).and_then(|port| i32::try_from(port).ok()) {
        return Ok(Some(port));
    }
    match i32::from(word.family) {
        libc::AF_PACKET => match system.index(netns, text) {
            Some(index) => Ok(Some(index as i32)),
            None => bad("an interface is expected"),
        },
        libc::AF_NETLINK if text == "kernel" => Ok(Some(0)),
        libc::AF_NETLINK => bad("a port of netlink is expected"),
        libc::AF_VSOCK => match number(text).and_then(|port| u32::try_from(port).ok()) {
            Some(port) => Ok(Some(port as i32)),
            None => bad("a port is expected"),
        },
        _ => {
            let asked = |table: u32, protocol: &str, system: &mut System| {
                (word.tables & table != 0).then(|| system.services().port(text, protocol)).flatten()
            };
            let udp = asked(tables::UDP, "udp", system);
            let tcp = asked(tables::TCP, "tcp", system);
            match (udp, tcp) {
                (Some(udp), Some(tcp)) if udp != tcp => {
                    bad(&format!("a port is expected that tcp ({tcp}) and udp ({udp}) agree about"))
                }
                (Some(port), _) | (None, Some(port)) => Ok(Some(port.into())),
                (None, None) => bad("a port or the name of a service is expected"),
            }
        }
    }
}

fn device(word: &Word, system: &System, netns: u64) -> Result<u32, Fault> {
    let by_number = || number(&word.text).and_then(|index| u32::try_from(index).ok());
    system
        .index(netns, &word.text)
        .or_else(by_number)
        .ok_or_else(|| about(word, &format!("there is no interface '{}'", show(&word.text))))
}

/// A path, or one below the mount of cgroup v2.
fn cgroup(word: &Word) -> Result<u64, Fault> {
    let below = word.text.trim_start_matches('/');
    let group = |path: &Path| cgroup_id(path).ok().flatten();
    let found = group(Path::new(&word.text)).or_else(|| group(&cgroup_mount()?.join(below)));
    found.ok_or_else(|| about(word, &format!("there is no cgroup '{}'", show(&word.text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_iproute2_does() {
        let check = |text: &str, expected: Option<Option<(&str, u8)>>| {
            let expected = expected.map(|some| some.map(|(a, bits)| Prefix::ip(a.parse().expect("an address"), bits)));
            assert_eq!(prefix(text, libc::AF_UNSPEC), expected, "{text}");
        };
        check("10.1.2.3", Some(Some(("10.1.2.3", 32))));
        check("193.233.7/24", Some(Some(("193.233.7.0", 24))));
        check("10", Some(Some(("10.0.0.0", 32))));
        check("10.0.0.0/255.0.0.0", Some(Some(("10.0.0.0", 8))));
        check("fe80::/10", Some(Some(("fe80::", 10))));
        check("any", Some(None));
        check("10.0.0.0/33", None);
        check("10.0.0.256", None);
        check("10.0.0.0.0", None);
        check("localhost", None);
        check("fe80::/x", None);
        assert_eq!(prefix("::1", libc::AF_INET), None);
    }
}
