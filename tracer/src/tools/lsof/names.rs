//! Names of hosts, services and users, each looked up once. Where names are not to be had, numbers are shown.

use std::collections::HashMap;
use std::ffi::CStr;
use std::net::IpAddr;

use crate::render::typed::show;
use crate::system::libc_names::{self, host_name};
use crate::tools::lsof::request::{Protocol, Show};

/// Names found so far.
#[derive(Debug, Default)]
pub struct NameCache {
    hosts: HashMap<IpAddr, String>,
    services: HashMap<(InetService, u16), Option<String>>,
    users: HashMap<u32, Option<Box<str>>>,
    /// Users without a name, to be warned of.
    pub nameless: Vec<u32>,
}

/// For which services have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum InetService {
    Tcp,
    Udp,
}

impl InetService {
    fn of(protocol: Protocol) -> Option<InetService> {
        match protocol {
            Protocol::Tcp => Some(InetService::Tcp),
            Protocol::Udp => Some(InetService::Udp),
            Protocol::UdpLite => None,
        }
    }

    fn name(self) -> &'static CStr {
        match self {
            InetService::Tcp => c"tcp",
            InetService::Udp => c"udp",
        }
    }
}

impl NameCache {
    /// `HOST:PORT`, as lsof writes an end of a connection.
    pub fn end(&mut self, ip: IpAddr, port: u16, protocol: Protocol, show: &Show) -> String {
        let host = match ip {
            ip if ip.is_unspecified() => "*".to_owned(),
            ip => self.hosts.entry(ip).or_insert_with(|| host(ip, show.numeric_hosts)).clone(),
        };
        if port == 0 {
            return format!("{host}:*");
        }
        let service = InetService::of(protocol).filter(|_| !show.numeric_ports);
        let name = service.and_then(|service| {
            self.services
                .entry((service, port))
                .or_insert_with(|| libc_names::service_name(port, service.name()))
                .as_ref()
        });
        match name {
            Some(name) => format!("{host}:{name}"),
            None => format!("{host}:{port}"),
        }
    }

    /// The name of a user.
    pub fn user(&mut self, uid: u32) -> Option<Box<str>> {
        self.users
            .entry(uid)
            .or_insert_with(|| {
                let name = libc_names::user_name(uid);
                if name.is_none() {
                    self.nameless.push(uid);
                }
                name.map(Into::into)
            })
            .clone()
    }
}

/// A host by name, else by number; of IPv6 in brackets.
fn host(ip: IpAddr, numeric: bool) -> String {
    let name = if numeric { None } else { host_name(ip) };
    name.unwrap_or_else(|| match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    })
}

/// The port of a service by getservbyname(3): with a protocol its own, without one that of TCP and UDP.
///
/// # Errors
/// In lsof's words: unknown, or different for both.
pub fn service_port(name: &str, protocol: Option<Protocol>, given: &str) -> Result<u16, String> {
    let find = |protocol| libc_names::service_port(name, protocol);
    let (name, given) = (show(name), show(given));
    let own = |word: &'static CStr| {
        let shown = word.to_string_lossy().into_owned();
        find(word).ok_or_else(|| format!("unknown service {name} for {shown} in: -i {given}"))
    };
    match protocol {
        Some(Protocol::Tcp) => own(c"tcp"),
        Some(Protocol::Udp) => own(c"udp"),
        Some(Protocol::UdpLite) => own(c"udplite"),
        None => match (find(c"tcp"), find(c"udp")) {
            (None, None) => Err(format!("unknown service {name} in: -i {given}")),
            (Some(tcp), Some(udp)) if tcp != udp => Err(format!(
                "TCP={tcp} and UDP={udp} {name} ports conflict;\n      specify \"tcp:{name}\" or \"udp:{name}\": -i {given}"
            )),
            (Some(port), _) | (None, Some(port)) => Ok(port),
        },
    }
}

/// The addresses of a host by getaddrinfo(3).
///
/// # Errors
/// In lsof's words: unknown.
pub fn host_addresses(name: &str, given: &str) -> Result<Vec<IpAddr>, String> {
    let mut list = libc_names::addresses(name);
    list.dedup();
    let unknown = || format!("unknown host name ({}) in: -i {}", show(name), show(given));
    if list.is_empty() { Err(unknown()) } else { Ok(list) }
}
