//! Objects as rules name them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::super::address::{PROTOCOLS, is_host_name};
use super::super::glob::escape;
use super::super::rule::is_family;
use super::Class;
use super::paths::{Paths, chance};
use crate::tools::audit::evidence::{HostName, Object, Op};

/// More ports than these at one host are any port.
const MOST_PORTS: usize = 4;

/// The hosts of which so many ports are used that they are any port.
pub type ManyPorts = BTreeSet<(Op, &'static str, String)>;

/// Finds hosts of which many ports are used.
pub fn addresses<'a>(seen: impl Iterator<Item = (Op, &'a Object)>) -> ManyPorts {
    let mut ports: BTreeMap<(Op, &'static str, String), BTreeSet<u16>> = BTreeMap::new();
    for (op, object) in seen {
        if let Object::Inet { protocol, address, ephemeral: false, hosts } = object {
            let key = (op, *protocol, host_of(&address.ip(), HostName::told(hosts)));
            ports.entry(key).or_default().insert(address.port());
        }
    }
    ports.into_iter().filter(|(_, ports)| ports.len() > MOST_PORTS).map(|(key, _)| key).collect()
}

/// The object of a rule that speaks of this one; `None` where none can.
pub fn target(op: Op, object: &Object, paths: &Paths<'_>, many: &ManyPorts) -> Option<(Class, String)> {
    match object {
        Object::File(path) if op == Op::Run => Some((Class::Run, paths.rule(op, path)?)),
        Object::File(path) => Some((Class::Path, paths.rule(op, path)?)),
        Object::Inet { protocol, address, ephemeral, hosts } => {
            let protocol = PROTOCOLS.contains(protocol).then_some(*protocol)?;
            let host = host_of(&address.ip(), HostName::told(hosts));
            let port = match (many.contains(&(op, protocol, host.clone())), ephemeral) {
                (_, true) => "ephemeral".to_owned(),
                (true, false) => "*".to_owned(),
                (false, false) => address.port().to_string(),
            };
            Some((Class::Address, format!("{protocol} {host}:{port}")))
        }
        Object::Unix(name) if name.starts_with(b"/") => {
            Some((Class::Address, format!("unix {}", paths.rule(op, name)?)))
        }
        Object::Unix(name) if name.starts_with(b"@") => {
            Some((Class::Address, format!("unix @{}", without_chance(&name[1..]))))
        }
        // Without a name, or of a relative one.
        Object::Unix(_) => Some((Class::Address, "unix *".to_owned())),
        Object::Other(family, _) if is_family(family) => Some((Class::Address, (*family).to_owned())),
        Object::Other(..) => None,
    }
}

/// A host, or the network of this machine alone.
fn host_of(address: &IpAddr, name: Option<&str>) -> String {
    let name = name.map(|name| name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase());
    if let Some(name) = name.filter(|name| is_host_name(name) && !address.to_canonical().is_loopback()) {
        return name;
    }
    match address.to_canonical() {
        IpAddr::V4(v4) if v4.is_loopback() => "127.0.0.0/8".to_owned(),
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

/// The name of an abstract socket, whose parts that chance made are `*`.
fn without_chance(name: &[u8]) -> String {
    let parts: Vec<String> =
        name.split(|&b| b == b'/').map(|part| chance(part, true).unwrap_or_else(|| escape(part))).collect();
    parts.join("/")
}
