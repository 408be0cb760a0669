//! Patterns of network addresses: `127.0.0.0/8:8080`, `[::1]:*`, `*.example.com:443`, `*:ephemeral`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::fault::{Flaw, meant};
use crate::render::typed::nearest;

/// The words of protocols. `tcp` speaks of `mptcp` too, which is TCP over several paths.
pub const PROTOCOLS: [&str; 5] = ["tcp", "udp", "sctp", "mptcp", "ip"];

/// A pattern of addresses of IPv4 and IPv6.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AddressPattern {
    /// The protocol; `None` is any.
    pub protocol: Option<&'static str>,
    host: Host,
    ports: Ports,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Host {
    Any,
    Net(IpNet),
    Name(String),
    /// A name that ends in a dot and this one.
    Below(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Ports {
    Any,
    /// From the first to the last.
    Range(u16, u16),
    Ephemeral,
}

/// What every address has that fits a pattern.
pub enum Narrow<'p> {
    /// It is of a network.
    Net(IpNet),
    /// Its host has this name, in lower case.
    Host(&'p str),
    /// Its host's name ends in a dot and this one.
    Below(&'p str),
    /// It has this port.
    Port(u16),
    /// Nothing of these.
    Any,
}

impl AddressPattern {
    /// Parses `HOST:PORT`, `HOST`, `*`.
    pub fn parse(text: &str, protocol: Option<&'static str>) -> Result<AddressPattern, Flaw> {
        let (host, port) = divide(text)?;
        let ports = match port {
            Some(at) => ports(&text[at..]).map_err(|flaw| flaw.shifted(at))?,
            None => Ports::Any,
        };
        Ok(AddressPattern { protocol, host: self::host(host)?, ports })
    }

    /// It speaks of a host by its name.
    pub fn is_named(&self) -> bool {
        matches!(self.host, Host::Name(_) | Host::Below(_))
    }

    /// The narrowest thing that it says.
    pub fn narrow(&self) -> Narrow<'_> {
        match (&self.host, &self.ports) {
            (Host::Net(net), _) => Narrow::Net(net.trunc()),
            (Host::Name(name), _) => Narrow::Host(name),
            (Host::Below(parent), _) => Narrow::Below(parent),
            (Host::Any, Ports::Range(first, last)) if first == last => Narrow::Port(*first),
            (Host::Any, _) => Narrow::Any,
        }
    }

    /// Whether an address fits. `name` is what the program resolved to it.
    pub fn matches(&self, protocol: &str, address: &SocketAddr, ephemeral: bool, name: Option<&str>) -> bool {
        let protocols = match self.protocol {
            None => true,
            Some("tcp") => matches!(protocol, "tcp" | "mptcp"),
            Some(wanted) => wanted == protocol,
        };
        protocols && self.ports.matches(address.port(), ephemeral) && self.host.matches(address.ip(), name)
    }
}

impl Ports {
    fn matches(&self, port: u16, ephemeral: bool) -> bool {
        match *self {
            Ports::Any => true,
            Ports::Range(first, last) => !ephemeral && (first..=last).contains(&port),
            Ports::Ephemeral => ephemeral,
        }
    }
}

impl Host {
    fn matches(&self, address: IpAddr, name: Option<&str>) -> bool {
        let name = || name.map(|name| name.strip_suffix('.').unwrap_or(name));
        match self {
            Host::Any => true,
            // An address of IPv4 in one of IPv6 is both.
            Host::Net(net) => net.contains(&address) || net.contains(&address.to_canonical()),
            Host::Name(wanted) => name().is_some_and(|name| name.eq_ignore_ascii_case(wanted)),
            Host::Below(parent) => name().is_some_and(|name| {
                let (name, parent) = (name.as_bytes(), parent.as_bytes());
                let at = name.len().checked_sub(parent.len() + 1);
                at.is_some_and(|at| at > 0 && name[at] == b'.' && name[at + 1..].eq_ignore_ascii_case(parent))
            }),
        }
    }
}

/// Whether a name can stand in a pattern.
pub fn is_host_name(name: &str) -> bool {
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let numeric = name.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    name.len() <= 253 && !numeric && name.split('.').all(label)
}

/// The host, and where the port begins.
fn divide(text: &str) -> Result<(&str, Option<usize>), Flaw> {
    let whole = 0..text.len();
    if let Some((scheme, rest)) = text.split_once("://") {
        let host = rest.split('/').next().unwrap_or_default();
        let port = if host.contains(':') {
            ""
        } else if scheme == "http" {
            ":80"
        } else {
            ":443"
        };
        return Err(Flaw::new(whole, format!("an address is no URL; did you mean '{host}{port}'?")));
    }
    let end = match text.find(']') {
        Some(close) if text.starts_with('[') => match text[close..].find(':') {
            Some(colon) => close + colon,
            None => return Ok((text, None)),
        },
        _ if text.starts_with('[') => return Err(Flaw::new(0..1, "nothing closes this '['")),
        _ if text.matches(':').count() > 1 => {
            let hint = meant(in_brackets(text).as_deref());
            return Err(Flaw::new(whole, format!("addresses of IPv6 stand in brackets{hint}")));
        }
        _ => match text.find(':') {
            Some(colon) => colon,
            None => return Ok((text, None)),
        },
    };
    Ok((&text[..end], Some(end + 1)))
}

/// An address of IPv6 as it should have been written. What could be a port is taken for one.
fn in_brackets(text: &str) -> Option<String> {
    let address = |text: &str| text.parse::<Ipv6Addr>().is_ok();
    if let Some((front, port)) = text.rsplit_once(':')
        && address(front)
        && ports(port).is_ok()
    {
        return Some(format!("[{front}]:{port}"));
    }
    let (front, prefix) = text.find('/').map_or((text, ""), |at| text.split_at(at));
    address(front).then(|| format!("[{front}]{prefix}"))
}

fn host(text: &str) -> Result<Host, Flaw> {
    let whole = 0..text.len();
    if text.is_empty() {
        return Err(Flaw::new(0..1, "the host is missing; '*' is any"));
    }
    if text == "*" {
        return Ok(Host::Any);
    }
    if let Some(inside) = text.strip_prefix('[') {
        let (address, prefix) = match inside.split_once(']') {
            Some((inside, "")) => inside.split_once('/').map_or((inside, None), |(a, p)| (a, Some(p))),
            Some((address, rest)) => (
                address,
                Some(rest.strip_prefix('/').ok_or_else(|| {
                    Flaw::new(whole.clone(), "only '/' and the length of a prefix, or ':' and a port, follow a ']'")
                })?),
            ),
            None => (inside, None),
        };
        let no_address = || Flaw::new(1..1 + address.len(), format!("'{address}' is no address of IPv6"));
        let address: Ipv6Addr = address.parse().map_err(|_| no_address())?;
        let bits = prefix_length(text, prefix, 128)?;
        let net = Ipv6Net::new(address, bits).map_err(|error| Flaw::new(whole.clone(), error.to_string()))?;
        if net.network() != address {
            return Err(beyond(text, format!("[{}]/{bits}", net.network())));
        }
        // Connections to it are told as those to the address of IPv4 that it is (RFC 4291, 2.5.5.2).
        if let (Some(address), 96..) = (address.to_ipv4_mapped(), bits)
            && let Ok(net) = Ipv4Net::new(address, bits - 96)
        {
            return Ok(Host::Net(net.into()));
        }
        return Ok(Host::Net(net.into()));
    }
    let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
    if prefix.is_some() || address.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        let no_address = || Flaw::new(0..address.len().max(1), format!("'{address}' is no address of IPv4"));
        let address: Ipv4Addr = address.parse().map_err(|_| no_address())?;
        let bits = prefix_length(text, prefix, 32)?;
        let net = Ipv4Net::new(address, bits).map_err(|error| Flaw::new(whole.clone(), error.to_string()))?;
        if net.network() != address {
            return Err(beyond(text, format!("{}/{bits}", net.network())));
        }
        return Ok(Host::Net(net.into()));
    }
    let lower = address.strip_suffix('.').unwrap_or(address).to_ascii_lowercase();
    match lower.strip_prefix("*.") {
        Some(parent) if is_host_name(parent) => Ok(Host::Below(parent.to_owned())),
        None if is_host_name(&lower) => Ok(Host::Name(lower)),
        _ if lower.starts_with('.') && is_host_name(&lower[1..]) => {
            Err(Flaw::new(whole, format!("'{address}' is no host; did you mean '*{lower}'?")))
        }
        _ if lower.contains('*') => Err(Flaw::new(
            whole,
            format!("'{address}' is no host; a '*' stands alone or before a dot: '*.example.com'"),
        )),
        _ => Err(Flaw::new(whole, format!("'{address}' is no host, and no address"))),
    }
}

fn beyond(text: &str, network: String) -> Flaw {
    Flaw::new(0..text.len(), format!("the address has bits beyond its prefix; did you mean '{network}'?"))
}

fn prefix_length(text: &str, prefix: Option<&str>, most: u8) -> Result<u8, Flaw> {
    let Some(prefix) = prefix else { return Ok(most) };
    let bits = prefix.parse().ok().filter(|&bits: &u8| bits <= most && prefix.bytes().all(|b| b.is_ascii_digit()));
    let start = text.len() - prefix.len() - usize::from(text.ends_with(']'));
    let at = start..start + prefix.len().max(1);
    bits.ok_or_else(|| Flaw::new(at, format!("'{prefix}' is no length of a prefix, which is from 0 to {most}")))
}

fn ports(text: &str) -> Result<Ports, Flaw> {
    let number = |text: &str| text.parse().ok().filter(|_: &u16| text.bytes().all(|b| b.is_ascii_digit()));
    match text {
        "*" => return Ok(Ports::Any),
        "ephemeral" => return Ok(Ports::Ephemeral),
        _ => {}
    }
    let whole = 0..text.len().max(1);
    if let Some((first, last)) = text.split_once('-') {
        return match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Ports::Range(first, last)),
            (Some(first), Some(last)) => {
                Err(Flaw::new(whole, format!("the range is empty; did you mean '{last}-{first}'?")))
            }
            _ => Err(Flaw::new(whole, format!("'{text}' is no range of ports, which are from 0 to 65535"))),
        };
    }
    let near = nearest(text, ["ephemeral"]);
    let no_port =
        || format!("'{text}' is no port, which is from 0 to 65535, a range, 'ephemeral' or '*'{}", meant(near));
    number(text).map(|port| Ports::Range(port, port)).ok_or_else(|| Flaw::new(whole, no_port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_fit_patterns() {
        let check = |pattern: &str, address: &str, name: Option<&str>, expected: bool| {
            let parsed = AddressPattern::parse(pattern, Some("tcp")).expect(pattern);
            let address: SocketAddr = address.parse().expect(address);
            assert_eq!(
                parsed.matches("tcp", &address, address.port() == 0, name),
                expected,
                "{pattern} {address} {name:?}"
            );
        };
        for (pattern, address, name, expected) in [
            ("*", "1.2.3.4:5", None, true),
            ("*:5", "1.2.3.4:5", None, true),
            ("*:6", "1.2.3.4:5", None, false),
            ("127.0.0.0/8", "127.9.9.9:1", None, true),
            ("127.0.0.0/8:*", "127.9.9.9:0", None, true),
            ("127.0.0.0/8:*", "128.0.0.1:1", None, false),
            ("127.0.0.1", "127.0.0.2:1", None, false),
            ("127.0.0.0/8:80", "[::ffff:127.0.0.1]:80", None, true),
            ("[::]/0", "[::ffff:127.0.0.1]:80", None, true),
            ("[::ffff:0.0.0.0]/96", "[::ffff:127.0.0.1]:80", None, true),
            ("[::]/0", "127.0.0.1:80", None, false),
            ("0.0.0.0/0", "[::1]:80", None, false),
            ("[::1]:80", "[::1]:80", None, true),
            ("[::1]:80", "[::2]:80", None, false),
            ("[fe80::]/10:*", "[fe80::1%3]:80", None, true),
            ("[fe80::/10]", "[fe80::1]:80", None, true),
            ("*:1000-2000", "1.1.1.1:1000", None, true),
            ("*:1000-2000", "1.1.1.1:2000", None, true),
            ("*:1000-2000", "1.1.1.1:2001", None, false),
            ("*:0-65535", "1.1.1.1:0", None, false),
            ("*:ephemeral", "1.1.1.1:0", None, true),
            ("*:ephemeral", "1.1.1.1:40000", None, false),
            ("example.com:443", "1.1.1.1:443", Some("example.com"), true),
            ("Example.COM.:443", "1.1.1.1:443", Some("example.com."), true),
            ("example.com:443", "1.1.1.1:443", Some("www.example.com"), false),
            ("example.com:443", "1.1.1.1:443", None, false),
            ("*.example.com:443", "1.1.1.1:443", Some("a.b.example.com"), true),
            ("*.example.com:443", "1.1.1.1:443", Some("example.com"), false),
            ("*.example.com:443", "1.1.1.1:443", Some("badexample.com"), false),
            ("*.example.com", "1.1.1.1:443", Some(".example.com"), false),
        ] {
            check(pattern, address, name, expected);
        }
    }

    #[test]
    fn protocols_are_told_apart() {
        let address = "1.2.3.4:5".parse().expect("an address");
        for (wanted, protocol, expected) in [
            (None, "ip", true),
            (Some("tcp"), "tcp", true),
            (Some("tcp"), "mptcp", true),
            (Some("mptcp"), "tcp", false),
            (Some("udp"), "tcp", false),
        ] {
            let pattern = AddressPattern::parse("*", wanted).expect("a pattern");
            assert_eq!(pattern.matches(protocol, &address, false, None), expected, "{wanted:?} {protocol}");
        }
    }
}
