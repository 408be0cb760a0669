//! `-i [46][PROTOCOL][@HOST|@ADDRESS][:SERVICE|:PORT...]`. Names are looked up later, by whoever lists.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::cli::fault::{Fault, show};
use crate::tools::lsof::request::{Address, Family, Host, Port, Ports, Protocol, Select};

/// As many as lsof takes.
const MOST: usize = 100;

/// Adds an address to what is selected; `4` and `6` alone are versions, not addresses.
pub fn enter(text: &str, select: &mut Select) -> Result<(), Fault> {
    let (family, rest) = match text.as_bytes().first() {
        Some(b'4') => (Family::V4, &text[1..]),
        Some(b'6') => (Family::V6, &text[1..]),
        // A version that was given before goes for addresses too.
        _ => (select.inet.unwrap_or(Family::Any), text),
    };
    if rest.is_empty() && family != Family::Any {
        // Both together are any.
        select.inet = Some(match select.inet {
            None => family,
            Some(before) if before == family => family,
            Some(Family::Any) => family,
            Some(_) => Family::Any,
        });
        return Ok(());
    }
    if select.addresses.len() >= MOST {
        return Err(wrong(&format!("network address limit ({MOST}) exceeded"), text));
    }
    let address = read(text, rest, family)?;
    select.addresses.push(address);
    Ok(())
}

fn wrong(why: &str, text: &str) -> Fault {
    Fault::usage(format!("{why}: -i {}", show(text)))
}

fn read(text: &str, rest: &str, family: Family) -> Result<Address, Fault> {
    let word = rest.find(['@', ':']).map_or(rest, |end| &rest[..end]);
    let protocol = match word.to_ascii_lowercase().as_str() {
        "" => None,
        "tcp" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        "udplite" => Some(Protocol::UdpLite),
        _ => return Err(wrong(&format!("unknown protocol name ({}) in", show(word)), text)),
    };
    let rest = &rest[word.len()..];
    let (host, rest) = match rest.strip_prefix('@') {
        None => (None, rest),
        Some(rest) => {
            let (host, rest) = read_host(text, rest, family)?;
            (Some(host), rest)
        }
    };
    let family = match host {
        Some(Host::Ip(IpAddr::V4(_))) => Family::V4,
        Some(Host::Ip(IpAddr::V6(_))) => Family::V6,
        _ => family,
    };
    let ports = if rest.is_empty() { Vec::new() } else { read_ports(text, rest)? };
    if protocol.is_none() && host.is_none() && ports.is_empty() {
        return Err(wrong("incomplete Internet address specification", text));
    }
    Ok(Address { text: text.to_owned(), family, protocol, host, ports })
}

/// A host behind its `@`, and what follows it.
fn read_host<'t>(text: &str, rest: &'t str, family: Family) -> Result<(Host, &'t str), Fault> {
    let unacceptable = || wrong("unacceptable Internet address in", text);
    if let Some(inside) = rest.strip_prefix('[') {
        if family == Family::V4 {
            return Err(wrong("IPv6 addresses are prohibited", text));
        }
        let end = inside.rfind(']').ok_or_else(unacceptable)?;
        let v6: Ipv6Addr = inside[..end].parse().map_err(|_| unacceptable())?;
        if v6.is_unspecified() {
            return Err(unacceptable());
        }
        let ip = match v6.to_ipv4_mapped() {
            Some(_) if family == Family::V6 => return Err(wrong("IPv4 addresses are prohibited", text)),
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(v6),
        };
        return Ok((Host::Ip(ip), &inside[end + 1..]));
    }
    let end = rest.find(':').unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    if name.is_empty() {
        return Err(unacceptable());
    }
    match name.parse::<Ipv4Addr>() {
        Ok(_) if family == Family::V6 => Err(wrong("IPv4 addresses are prohibited", text)),
        // Any address is no address: it would match nothing that lsof matches.
        Ok(v4) if v4.is_unspecified() => Err(wrong("incomplete Internet address specification", text)),
        Ok(v4) => Ok((Host::Ip(IpAddr::V4(v4)), after)),
        Err(_) => Ok((Host::Name(name.to_owned()), after)),
    }
}

/// `:1-10,smtp,99`
fn read_ports(text: &str, rest: &str) -> Result<Vec<Ports>, Fault> {
    let unacceptable = || wrong("unacceptable port specification in", text);
    let list = rest.strip_prefix(':').filter(|list| !list.is_empty()).ok_or_else(unacceptable)?;
    let number = |digits: &str| digits.parse::<u16>().map(Port::Number).map_err(|_| unacceptable());
    let mut ports = Vec::new();
    for item in list.split(',') {
        if item.is_empty() {
            return Err(wrong("invalid service name", text));
        }
        let digits = item.bytes().take_while(u8::is_ascii_digit).count();
        let (first, tail) = item.split_at(digits);
        // A name may have a `-` in it, so that a range can end with one, not begin.
        let range = match (first, tail.strip_prefix('-')) {
            ("", _) => Ports { first: Port::Service(item.to_owned()), last: None },
            (first, None) if tail.is_empty() => Ports { first: number(first)?, last: None },
            (_, None | Some("")) => return Err(unacceptable()),
            (first, Some(last)) if last.starts_with(|c: char| c.is_ascii_digit()) => {
                Ports { first: number(first)?, last: Some(number(last)?) }
            }
            (first, Some(name)) => Ports { first: number(first)?, last: Some(Port::Service(name.to_owned())) },
        };
        if let Ports { first: Port::Number(first), last: Some(Port::Number(last)) } = &range
            && last < first
        {
            return Err(unacceptable());
        }
        ports.push(range);
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it would be written: `6 tcp @::1 :1-10,smtp`.
    fn shown(address: &Address) -> String {
        let family = match address.family {
            Family::Any => "",
            Family::V4 => "4",
            Family::V6 => "6",
        };
        let port = |port: &Port| match port {
            Port::Number(n) => n.to_string(),
            Port::Service(name) => name.clone(),
        };
        let range =
            |p: &Ports| p.last.as_ref().map_or(port(&p.first), |last| format!("{}-{}", port(&p.first), port(last)));
        let ports: Vec<String> = address.ports.iter().map(range).collect();
        let host = match &address.host {
            None => String::new(),
            Some(Host::Ip(ip)) => format!("@{ip}"),
            Some(Host::Name(name)) => format!("@'{name}'"),
        };
        let protocol = address.protocol.map_or(String::new(), |p| format!("{p:?}"));
        format!("{family} {protocol} {host} {}", ports.join(","))
    }

    #[test]
    fn every_form() {
        let check = |text: &str, expected: &str| {
            let mut select = Select::default();
            let got = match enter(text, &mut select) {
                Err(fault) => format!("{fault:?}"),
                Ok(()) => match (&select.addresses[..], select.inet) {
                    ([address], _) => shown(address),
                    (_, family) => format!("{family:?}"),
                },
            };
            assert!(got == expected || (got.starts_with("Fault") && got.contains(expected)), "{text}: {got}");
        };
        check(":8080", "   8080");
        check("tcp", " Tcp  ");
        check("UDP", " Udp  ");
        check("udplite:1", " UdpLite  1");
        check("4", "Some(V4)");
        check("6", "Some(V6)");
        check("4tcp", "4 Tcp  ");
        check("6UDP:53", "6 Udp  53");
        check("@1.2.3.4", "4  @1.2.3.4 ");
        check("@1.2.3.4:5432", "4  @1.2.3.4 5432");
        check("@[3ffe:1ebc::1]:1234", "6  @3ffe:1ebc::1 1234");
        check("@[::ffff:1.2.3.4]", "4  @1.2.3.4 ");
        check("@host.name", "  @'host.name' ");
        check("TCP@lsof.itap:513", " Tcp @'lsof.itap' 513");
        check("tcp@foo:1-10,smtp,99", " Tcp @'foo' 1-10,smtp,99");
        check("tcp@bar:1-smtp", " Tcp @'bar' 1-smtp");
        check(":time", "   time");
        check(":ms-wbt-server", "   ms-wbt-server");
        check(":1-65535", "   1-65535");
        check("sctp", "unknown protocol name (sctp) in: -i sctp");
        check("8080", "unknown protocol name");
        check("@", "unacceptable Internet address in: -i @");
        check("@:80", "unacceptable Internet address");
        check("@[::1", "unacceptable Internet address");
        check("@[zz]", "unacceptable Internet address");
        check("6@1.2.3.4", "IPv4 addresses are prohibited");
        check("4@[::1]", "IPv6 addresses are prohibited");
        check(":", "unacceptable port");
        check(":70000", "unacceptable port");
        check(":9-1", "unacceptable port");
        check(":1-", "unacceptable port");
        check(":1,,2", "invalid service name");
        check(":80x", "unacceptable port");
        check("@1.2.3.4x:80", "  @'1.2.3.4x' 80");
        check("@[::1]x", "unacceptable port");
    }

    #[test]
    fn versions_add_up() {
        let mut select = Select::default();
        for (text, expected) in [("4", Family::V4), ("4", Family::V4), ("6", Family::Any)] {
            enter(text, &mut select).expect("a version");
            assert_eq!(select.inet, Some(expected));
        }
        for _ in 0..MOST {
            enter(":1", &mut select).expect("an address");
        }
        assert!(enter(":1", &mut select).is_err());
    }
}
