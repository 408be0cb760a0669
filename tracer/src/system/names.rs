//! Names that the system knows: /etc/services and its like, hosts, interfaces, cgroups, processes.

use std::collections::HashMap;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use rustix::net::{AddressFamily, SocketType, netdevice, socket};

use crate::schema::stat::FS_MAGIC;
use crate::system::libc_names::host_name;
use crate::system::procfs::machine;
use crate::system::procfs::who::Who;

/// Names of what has a number.
pub trait Names {
    /// The service of a port, in /etc/services; `None` for none, or for a port that the kernel hands out.
    fn service(&mut self, port: u16, protocol: Option<&'static str>) -> Option<String>;
    /// The protocol of IP.
    fn protocol(&mut self, number: u16) -> Option<String>;
    /// The host of an address.
    fn host(&mut self, address: IpAddr) -> Option<String>;
    /// The interface of an index, in a network namespace.
    fn interface(&mut self, netns: u64, index: u32) -> String;
    /// The path of a cgroup, below its mount.
    fn cgroup(&mut self, id: u64) -> String;
    /// The family of a netlink protocol.
    fn netlink(&mut self, number: u16) -> Option<String>;
    /// The name of a process.
    fn process(&mut self, pid: u32) -> Option<Vec<u8>>;
    /// The label that a security module gives a process.
    fn label(&mut self, pid: u32) -> Option<Vec<u8>>;
    /// What a network namespace is called.
    fn namespace(&mut self, netns: u64) -> String;
}

/// Looks names up, each once.
#[derive(Debug, Default)]
pub struct System {
    services: Option<Services>,
    protocols: Option<HashMap<u16, String>>,
    netlinks: Option<HashMap<u16, String>>,
    hosts: HashMap<IpAddr, Option<String>>,
    /// By namespace: a socket there, through which its interfaces are asked for.
    links: HashMap<u64, OwnedFd>,
    interfaces: HashMap<(u64, u32), String>,
    cgroups: Option<HashMap<u64, String>>,
    /// Names of namespaces, where `ip netns` keeps them.
    pub namespaces: HashMap<u64, String>,
}

/// /etc/services: by port and protocol, and by name and protocol.
#[derive(Debug, Default)]
pub struct Services {
    rows: Vec<(String, Vec<String>, u16, String)>,
    /// Ports that the kernel hands out, which have no names.
    pub ephemeral: (u16, u16),
}

impl Services {
    /// Reads the file; without it nothing has a name.
    pub fn read() -> Services {
        let text = fs::read_to_string("/etc/services").unwrap_or_default();
        let ephemeral = machine::ephemeral_ports().unwrap_or((1024, 4999));
        Services { rows: parse_services(&text), ephemeral }
    }

    /// The first service of a port; any protocol's without one.
    fn name(&self, port: u16, protocol: Option<&str>) -> Option<&str> {
        if (self.ephemeral.0..=self.ephemeral.1).contains(&port) {
            return None;
        }
        let fits = |row: &&(String, Vec<String>, u16, String)| row.2 == port && protocol.is_none_or(|p| p == row.3);
        self.rows.iter().find(fits).map(|row| row.0.as_str())
    }

    /// The port of a service, by its name or another name of it.
    pub fn port(&self, name: &str, protocol: &str) -> Option<u16> {
        let fits = |row: &&(String, Vec<String>, u16, String)| {
            row.3 == protocol && (row.0 == name || row.1.iter().any(|other| other == name))
        };
        self.rows.iter().find(fits).map(|row| row.2)
    }
}

/// `name port/protocol other names # comment`
fn parse_services(text: &str) -> Vec<(String, Vec<String>, u16, String)> {
    let row = |line: &str| {
        let mut words = line.split('#').next()?.split_ascii_whitespace();
        let name = words.next()?.to_owned();
        let (port, protocol) = words.next()?.split_once('/')?;
        Some((name, words.map(str::to_owned).collect(), port.parse().ok()?, protocol.to_owned()))
    };
    text.lines().filter_map(row).collect()
}

/// Files of names and numbers; `name_first` says in which order.
fn table(path: &str, name_first: bool) -> HashMap<u16, String> {
    let mut table = HashMap::new();
    for line in fs::read_to_string(path).unwrap_or_default().lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
        let (Some(a), Some(b)) = (words.next(), words.next()) else { continue };
        let (name, number) = if name_first { (a, b) } else { (b, a) };
        if let Ok(number) = number.parse() {
            table.entry(number).or_insert_with(|| name.to_owned());
        }
    }
    table
}

/// Families of netlink, as iproute2 knows them.
pub fn netlink_protocols() -> HashMap<u16, String> {
    let mut found = table("/etc/iproute2/nl_protos", false);
    found.extend(table("/usr/share/iproute2/nl_protos", false));
    found
}

/// Where cgroup v2 is mounted.
pub fn cgroup_mount() -> Option<PathBuf> {
    machine::cgroup_mount().map(|point| PathBuf::from(OsString::from_vec(point)))
}

/// The id of a cgroup v2 directory, its inode number (Documentation/admin-guide/cgroup-v2.rst); `None` for what is none.
///
/// # Errors
/// There is nothing of that name, or it may not be looked at.
pub fn cgroup_id(path: &Path) -> io::Result<Option<u64>> {
    const CGROUP2: u64 = FS_MAGIC.value("CGROUP2_SUPER_MAGIC");
    let of = rustix::fs::statfs(path)?;
    let meta = fs::metadata(path)?;
    Ok((of.f_type as u64 == CGROUP2 && meta.is_dir()).then(|| meta.ino()))
}

impl System {
    /// Notes how to ask for interfaces of the namespace this thread is in.
    pub fn enter(&mut self, netns: u64) {
        if let Ok(link) = socket(AddressFamily::INET, SocketType::DGRAM, None)
            .or_else(|_| socket(AddressFamily::UNIX, SocketType::DGRAM, None))
        {
            self.links.insert(netns, link);
        }
    }

    /// /etc/services.
    pub fn services(&mut self) -> &Services {
        self.services.get_or_insert_with(Services::read)
    }

    /// The index of an interface in a namespace.
    pub fn index(&self, netns: u64, name: &str) -> Option<u32> {
        netdevice::name_to_index(self.links.get(&netns)?, name).ok()
    }
}

impl Names for System {
    fn service(&mut self, port: u16, protocol: Option<&'static str>) -> Option<String> {
        self.services().name(port, protocol).map(str::to_owned)
    }

    fn protocol(&mut self, number: u16) -> Option<String> {
        self.protocols.get_or_insert_with(|| table("/etc/protocols", true)).get(&number).cloned()
    }

    fn host(&mut self, address: IpAddr) -> Option<String> {
        // An IPv4 address in IPv6's clothes has an IPv4 address's name.
        let address = match address {
            IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), |v4: Ipv4Addr| IpAddr::V4(v4)),
            v4 => v4,
        };
        self.hosts.entry(address).or_insert_with(|| host_name(address)).clone()
    }

    fn interface(&mut self, netns: u64, index: u32) -> String {
        let link = self.links.get(&netns);
        let name =
            || link.and_then(|link| netdevice::index_to_name(link, index).ok()).unwrap_or_else(|| format!("if{index}"));
        self.interfaces.entry((netns, index)).or_insert_with(name).clone()
    }

    fn cgroup(&mut self, id: u64) -> String {
        let known = self.cgroups.get_or_insert_with(|| {
            let mut known = HashMap::new();
            if let Some(mount) = cgroup_mount() {
                cgroups_below(&mount, &mount, 0, &mut known);
            }
            known
        });
        known.get(&id).cloned().unwrap_or_else(|| format!("unreachable:{id:x}"))
    }

    fn netlink(&mut self, number: u16) -> Option<String> {
        self.netlinks.get_or_insert_with(netlink_protocols).get(&number).cloned()
    }

    fn process(&mut self, pid: u32) -> Option<Vec<u8>> {
        Who::Id(pid).comm()
    }

    fn label(&mut self, pid: u32) -> Option<Vec<u8>> {
        Who::Id(pid).label()
    }

    fn namespace(&mut self, netns: u64) -> String {
        self.namespaces.get(&netns).cloned().unwrap_or_else(|| netns.to_string())
    }
}

/// The id of a cgroup is the inode of its directory.
fn cgroups_below(mount: &Path, directory: &Path, depth: usize, known: &mut HashMap<u64, String>) {
    let Ok(meta) = fs::metadata(directory) else { return };
    let below = directory.strip_prefix(mount).unwrap_or(directory);
    known.insert(meta.ino(), format!("/{}", below.to_string_lossy()));
    // Deeper than any kernel's limit that is in use.
    if depth > 64 {
        return;
    }
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            cgroups_below(mount, &entry.path(), depth + 1, known);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_found_both_ways() {
        let rows = parse_services("http\t80/tcp www # WWW\nhttp 80/udp\n# no\nsocks 1080/tcp\nodd\n");
        let services = Services { rows, ephemeral: (1000, 2000) };
        assert_eq!(services.name(80, Some("tcp")), Some("http"));
        assert_eq!(services.name(80, Some("sctp")), None);
        assert_eq!(services.name(80, None), Some("http"));
        assert_eq!(services.name(1080, Some("tcp")), None, "a port that the kernel hands out");
        assert_eq!(services.port("www", "tcp"), Some(80));
        assert_eq!(services.port("www", "udp"), None);
    }
}
