//! Rules about sockets, by what they say of the address.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use ipnet::IpNet;

use super::last;
use crate::tools::audit::evidence::Object;
use crate::tools::audit::policy::address::Narrow;
use crate::tools::audit::policy::glob::keyed::{Key, Keyed};
use crate::tools::audit::policy::rule::{Target, UnixPattern};

/// Rules about sockets.
#[derive(Default)]
pub struct Network {
    /// Of IPv4 and IPv6, by networks, and how long their prefixes are.
    nets: HashMap<IpNet, Vec<usize>>,
    lengths: BTreeSet<u8>,
    /// By a host's name.
    hosts: HashMap<String, Vec<usize>>,
    /// By the name that a host's name ends in.
    below: HashMap<String, Vec<usize>>,
    /// By the port alone.
    ports: HashMap<u16, Vec<usize>>,
    /// Those that say nothing of this, by their programs.
    inet: Keyed,
    /// Of any unix socket, by their programs.
    unix: Keyed,
    /// By the name of an abstract one.
    abstracts: Keyed,
    /// By the last name of a path.
    sockets: Keyed,
    /// Of other families, by the address in words.
    families: HashMap<String, Keyed>,
    /// Those of them that deny, which an address that is not known may be any of.
    denying: HashMap<String, Vec<usize>>,
}

impl Network {
    /// Files a rule that speaks of sockets, but for one of their paths.
    pub fn add(&mut self, target: &Target, denies: bool, programs: &[Key], number: usize) {
        match target {
            Target::Inet(pattern) => match pattern.narrow() {
                Narrow::Net(net) => {
                    self.lengths.insert(net.prefix_len());
                    self.nets.entry(net).or_default().push(number);
                }
                Narrow::Host(name) => self.hosts.entry(name.to_owned()).or_default().push(number),
                Narrow::Below(name) => self.below.entry(name.to_owned()).or_default().push(number),
                Narrow::Port(port) => self.ports.entry(port).or_default().push(number),
                Narrow::Any => self.inet.add_all(programs, number),
            },
            Target::Unix(UnixPattern::Any) => self.unix.add_all(programs, number),
            Target::Unix(UnixPattern::Abstract(glob)) => self.abstracts.add_all(&glob.keys(), number),
            Target::Other(family, glob) => {
                self.families.entry(family.clone()).or_default().add_all(&glob.keys(), number);
                if denies {
                    self.denying.entry(family.clone()).or_default().push(number);
                }
            }
            Target::Unix(UnixPattern::Path(_)) | Target::Anything | Target::Path(_) | Target::Name(_) => {}
        }
    }

    /// Files a rule of a unix socket's path.
    pub fn add_socket(&mut self, last: Key, number: usize) {
        self.sockets.add(last, number);
    }

    /// The rules that may speak of an object; `doers`: what the program is called.
    pub fn find<'t>(&self, object: &Object, doers: impl Iterator<Item = &'t [u8]>, found: &mut impl FnMut(usize)) {
        match object {
            Object::Inet { address, hosts, .. } => {
                self.inet.find(doers, found);
                all(self.ports.get(&address.port()), found);
                self.of_address(address.ip(), found);
                if address.ip().to_canonical() != address.ip() {
                    self.of_address(address.ip().to_canonical(), found);
                }
                if !self.hosts.is_empty() || !self.below.is_empty() {
                    hosts.iter().for_each(|host| self.of_host(&host.name, found));
                }
            }
            Object::Unix(name) => {
                self.unix.find(doers, found);
                self.abstracts.find([&**name], found);
                self.sockets.find([last(name)], found);
            }
            Object::Other(family, address) => {
                if let Some(keyed) = self.families.get(*family) {
                    keyed.find([address.as_bytes()], found);
                }
                if address.is_empty() {
                    all(self.denying.get(*family), found);
                }
            }
            Object::File(_) => {}
        }
    }

    fn of_address(&self, address: IpAddr, found: &mut impl FnMut(usize)) {
        for &length in &self.lengths {
            if let Ok(net) = IpNet::new(address, length) {
                all(self.nets.get(&net.trunc()), found);
            }
        }
    }

    fn of_host(&self, name: &str, found: &mut impl FnMut(usize)) {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        all(self.hosts.get(&name), found);
        for (at, _) in name.match_indices('.') {
            all(self.below.get(&name[at + 1..]), found);
        }
    }
}

fn all(list: Option<&Vec<usize>>, found: &mut impl FnMut(usize)) {
    list.into_iter().flatten().copied().for_each(found);
}
