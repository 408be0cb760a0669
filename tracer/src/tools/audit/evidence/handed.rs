//! Work that was handed to others: to a daemon that was there before the command, and that does not descend from it. What it does then
//! is no part of the evidence, so it is a gap, unless the daemon took the connection before our eyes (`--cgroup`), or was started by
//! the command itself.
//!
//! One row for each kind of daemon ([`KINDS`]), with the signs by which it is known.

use std::collections::{BTreeSet, HashSet};
use std::net::SocketAddr;

use super::Op;
use super::accesses::{Accesses, Row, Text, Thing};
use super::serving::Serving;
use super::units::shown;

/// A kind of daemon that works for others.
#[derive(Debug)]
pub struct Kind {
    /// Who that is.
    pub whom: &'static str,
    /// What nobody sees of it.
    unseen: &'static str,
    signs: &'static [Sign],
}

/// What shows that work was handed to a daemon.
#[derive(Debug)]
enum Sign {
    /// A connection to a unix socket whose path ends so: from a `/` on.
    Socket(&'static str),
    /// The same by one of these programs only: others talk there too, of other things.
    SocketBy(&'static str, &'static [&'static str]),
    /// A connection to this port of this machine.
    Port(u16),
    /// A connection to any port of this machine by one of these programs.
    Local(&'static [&'static str]),
    /// A connection to any unix socket by one of these programs.
    Unix(&'static [&'static str]),
    /// A connection to any port of this machine by a program that was run with a word that has this in it.
    Words(&'static str),
    /// A file was made or written below this directory.
    Spool(&'static str),
}

use Sign::*;

/// Programs that ask the service manager to start something.
const MANAGERS: &[&str] = &["systemd-run", "systemctl", "machinectl", "busctl"];

/// The kinds. The first that fits is told.
pub static KINDS: &[Kind] = &[
    Kind {
        whom: "the Docker daemon",
        unseen: "what containers do",
        signs: &[Socket("/docker.sock"), Port(2375), Port(2376), Unix(&["docker", "docker-compose"])],
    },
    Kind {
        whom: "the Podman service",
        unseen: "what containers do",
        signs: &[Socket("/podman.sock"), Unix(&["podman-remote"])],
    },
    Kind {
        whom: "containerd",
        unseen: "what containers do",
        signs: &[Socket("/containerd.sock"), Socket("/buildkitd.sock"), Socket("/crio.sock")],
    },
    Kind {
        whom: "systemd",
        unseen: "what the unit does that it starts",
        signs: &[Socket("/systemd/private"), SocketBy("/dbus/system_bus_socket", MANAGERS), SocketBy("/bus", MANAGERS)],
    },
    Kind {
        whom: "atd",
        unseen: "what the job does",
        signs: &[Spool("/var/spool/cron/atjobs"), Spool("/var/spool/at"), Spool("/var/spool/atjobs")],
    },
    Kind {
        whom: "cron",
        unseen: "what the job does",
        signs: &[
            Spool("/var/spool/cron"),
            Spool("/etc/cron.d"),
            Spool("/etc/cron.hourly"),
            Spool("/etc/cron.daily"),
            Spool("/etc/cron.weekly"),
            Spool("/etc/cron.monthly"),
        ],
    },
    Kind {
        whom: "the ssh server of this machine",
        unseen: "what it runs",
        signs: &[Port(22), Local(&["ssh", "scp", "sftp"])],
    },
    Kind { whom: "a Gradle daemon", unseen: "what the build does", signs: &[Words("org.gradle.")] },
    Kind { whom: "Bazel's server", unseen: "what the build does", signs: &[Local(&["bazel", "bazel-real", "blaze"])] },
    Kind {
        whom: "the sccache server",
        unseen: "what compilers read and write",
        signs: &[Port(4226), Local(&["sccache"]), Unix(&["sccache"])],
    },
];

/// Work of a unit that was handed to others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Handed {
    /// Whose work.
    pub unit: usize,
    /// To whom by whom, and what is not seen.
    pub what: String,
}

/// Notes programs by their words: what they are is not told by their files.
#[derive(Debug, Default)]
pub struct Clients {
    by_words: HashSet<(usize, usize, Text)>,
}

impl Clients {
    /// A unit ran a program with these words.
    pub fn executed(&mut self, unit: usize, program: Text, words: &[Vec<u8>]) {
        for (at, kind) in KINDS.iter().enumerate() {
            let fits = |sign: &Sign| match sign {
                Words(part) => words.iter().any(|word| memchr::memmem::find(word, part.as_bytes()).is_some()),
                _ => false,
            };
            if kind.signs.iter().any(fits) {
                self.by_words.insert((at, unit, program));
            }
        }
    }
}

/// Where something was done that may hand work over.
enum Place<'p> {
    Unix(&'p [u8]),
    Inet(SocketAddr),
    File(&'p [u8]),
}

/// What was handed to others, of all accesses. `newcomers`: processes that the command did not start were seen to begin.
pub fn handed(accesses: &Accesses, serving: &Serving, clients: &Clients, newcomers: bool) -> BTreeSet<Handed> {
    let own = own(accesses);
    let mut found = BTreeSet::new();
    for row in accesses.rows().filter(|row| row.errno == 0 && !newcomers) {
        let place = match (row.op, row.thing) {
            (Op::Connect, thing) if own.contains(&served_as(accesses, thing)) || serving.is_served(thing) => continue,
            (Op::Connect, Thing::Unix(name)) => Place::Unix(accesses.of(name)),
            (Op::Connect, thing) => match accesses.address(thing) {
                Some(address) if address.ip().to_canonical().is_loopback() => Place::Inet(address),
                _ => continue,
            },
            (Op::Create | Op::Write, Thing::File(path)) => Place::File(accesses.of(path)),
            (Op::Rename, _) => match row.to {
                Some(to) => Place::File(accesses.of(to)),
                None => continue,
            },
            _ => continue,
        };
        let sign = KINDS.iter().enumerate().find_map(|(at, kind)| {
            let by_words = clients.by_words.contains(&(at, row.unit, row.program));
            let how = kind.signs.iter().find_map(|sign| sign.fits(&place, base(accesses, row), by_words))?;
            Some((kind, how))
        });
        if let Some((kind, how)) = sign {
            let what = format!(
                "{} handed work to {} ({how}): {} is not seen",
                shown(base(accesses, row)),
                kind.whom,
                kind.unseen
            );
            found.insert(Handed { unit: row.unit, what });
        }
    }
    found
}

impl Sign {
    /// How the sign shows, where it does.
    fn fits(&self, place: &Place<'_>, program: &[u8], by_words: bool) -> Option<String> {
        let is_one = |names: &[&str]| names.iter().any(|name| name.as_bytes() == program);
        match (self, place) {
            (Socket(end), Place::Unix(name)) if name.ends_with(end.as_bytes()) => Some(format!("unix {}", shown(name))),
            (SocketBy(end, names), Place::Unix(name)) if name.ends_with(end.as_bytes()) && is_one(names) => {
                Some(format!("unix {}", shown(name)))
            }
            (Port(port), Place::Inet(address)) if address.port() == *port => Some(format!("port {port}")),
            // The port may be another in every run.
            (Local(names), Place::Inet(_)) if is_one(names) => Some("a port of this machine".to_owned()),
            (Words(_), Place::Inet(_)) if by_words => Some("a port of this machine".to_owned()),
            (Unix(names), Place::Unix(_)) if is_one(names) => Some("a unix socket".to_owned()),
            (Spool(directory), Place::File(path)) if is_below(path, directory.as_bytes()) => {
                Some((*directory).to_owned())
            }
            _ => None,
        }
    }
}

/// The sockets that the run itself listened on.
fn own(accesses: &Accesses) -> HashSet<Served> {
    let listened = accesses.rows().filter(|row| row.errno == 0 && matches!(row.op, Op::Bind | Op::Listen));
    listened.map(|row| served_as(accesses, row.thing)).collect()
}

/// A socket as its name alone tells it: whoever listens on all addresses is reached by each.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Served {
    Port(u16),
    Other(Thing),
}

fn served_as(accesses: &Accesses, thing: Thing) -> Served {
    accesses.address(thing).map_or(Served::Other(thing), |address| Served::Port(address.port()))
}

fn is_below(path: &[u8], directory: &[u8]) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.len() > 1 && rest.starts_with(b"/"))
}

fn base<'a>(accesses: &'a Accesses, row: &Row) -> &'a [u8] {
    accesses.of(row.program).rsplit(|&b| b == b'/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::audit::evidence::Object;

    fn inet(address: &str) -> Object {
        let address = address.parse().expect("an address");
        Object::Inet { protocol: "tcp", address, ephemeral: false, hosts: Vec::new() }
    }

    fn unix(name: &str) -> Object {
        Object::Unix(name.as_bytes().into())
    }

    fn file(path: &str) -> Object {
        Object::File(path.as_bytes().into())
    }

    /// What one access by a program hands over; `listens`: what the run itself listens on.
    fn one(program: &str, word: &str, op: Op, object: &Object, listens: Option<&Object>) -> Option<String> {
        let mut accesses = Accesses::default();
        let mut clients = Clients::default();
        let text = accesses.text(program.as_bytes());
        clients.executed(1, text, &[word.as_bytes().to_vec()]);
        let mut add = |op: Op, object: &Object, errno: u16| {
            let thing = accesses.thing(object);
            let row = Row { errno, ..Row::new(1, op, thing, text) };
            assert!(accesses.add(row));
        };
        add(op, object, 0);
        add(Op::Connect, &unit_socket(), 2);
        listens.into_iter().for_each(|object| add(Op::Listen, object, 0));
        let found = handed(&accesses, &Serving::default(), &clients, false);
        assert!(handed(&accesses, &Serving::default(), &clients, true).is_empty());
        assert!(found.len() <= 1, "{found:?}");
        found.into_iter().next().map(|handed| handed.what)
    }

    /// A failed attempt hands nothing over.
    fn unit_socket() -> Object {
        unix("/run/docker.sock")
    }

    #[test]
    fn work_is_known_by_where_it_goes() {
        let check = |program: &str, op: Op, object: Object, expected: &str| {
            let found = one(program, "", op, &object, None);
            let whom = found.as_deref().map(|what| {
                let kind = KINDS.iter().find(|kind| what.contains(kind.whom) && what.contains(kind.unseen));
                assert!(what.starts_with(program.rsplit('/').next().expect("a name")), "{what}");
                kind.expect("a kind").whom
            });
            assert_eq!(whom.unwrap_or("none"), expected, "{program} {object:?}: {found:?}");
        };
        use Op::*;
        check("/usr/bin/python3", Connect, unix("/run/docker.sock"), "the Docker daemon");
        check("/usr/bin/python3", Connect, unix("/users/u/.docker/run/docker.sock"), "the Docker daemon");
        check("/usr/bin/docker", Connect, unix("/tmp/elsewhere"), "the Docker daemon");
        check("/usr/bin/python3", Connect, inet("127.0.0.1:2375"), "the Docker daemon");
        check("/usr/bin/python3", Connect, inet("10.0.0.1:2375"), "none");
        check("/usr/bin/python3", Connect, unix("/run/user/1000/podman/podman.sock"), "the Podman service");
        check("/usr/bin/ctr", Connect, unix("/run/containerd/containerd.sock"), "containerd");
        check("/usr/bin/systemd-run", Connect, unix("/run/systemd/private"), "systemd");
        check("/usr/bin/systemd-run", Connect, unix("/run/dbus/system_bus_socket"), "systemd");
        check("/usr/bin/systemctl", Connect, unix("/run/user/1000/bus"), "systemd");
        check("/usr/bin/python3", Connect, unix("/run/user/1000/bus"), "none");
        check("/usr/bin/at", Create, file("/var/spool/cron/atjobs/a0001"), "atd");
        check("/usr/bin/crontab", Create, file("/var/spool/cron/crontabs/tmp.x"), "cron");
        check("/usr/bin/tee", Write, file("/etc/cron.d/job"), "cron");
        check("/usr/bin/ls", List, file("/etc/cron.d"), "none");
        check("/usr/bin/ssh", Connect, inet("127.0.0.1:2222"), "the ssh server of this machine");
        check("/usr/bin/python3", Connect, inet("[::1]:22"), "the ssh server of this machine");
        check("/usr/bin/python3", Connect, inet("[::ffff:127.0.0.1]:22"), "the ssh server of this machine");
        check("/usr/bin/ssh", Connect, inet("192.0.2.1:22"), "none");
        check("/usr/bin/bazel", Connect, inet("127.0.0.1:41234"), "Bazel's server");
        check("/usr/bin/rustc", Connect, inet("127.0.0.1:4226"), "the sccache server");
        check("/usr/bin/sccache", Connect, unix("/tmp/sccache"), "the sccache server");
        check("/usr/bin/curl", Connect, inet("127.0.0.1:80"), "none");
        check("/usr/bin/curl", Send, unix("/run/docker.sock"), "none");
    }

    #[test]
    fn some_programs_are_known_by_their_words() {
        let at = inet("127.0.0.1:40000");
        let check = |word: &str, expected: bool| {
            let found = one("/usr/bin/java", word, Op::Connect, &at, None);
            assert_eq!(found.is_some_and(|what| what.contains("a Gradle daemon")), expected, "{word}");
        };
        check("org.gradle.wrapper.GradleWrapperMain", true);
        check("org.gradle.launcher.GradleMain", true);
        check("com.example.Main", false);
    }

    #[test]
    fn what_the_run_serves_itself_is_handed_to_nobody() {
        let check = |to: Object, listens: Object, expected: bool| {
            assert_eq!(one("/usr/bin/sccache", "", Op::Connect, &to, Some(&listens)).is_some(), expected, "{to:?}");
        };
        check(inet("127.0.0.1:4226"), inet("0.0.0.0:4226"), false);
        check(inet("127.0.0.1:4226"), inet("127.0.0.1:4226"), false);
        check(inet("127.0.0.1:4226"), inet("127.0.0.1:80"), true);
        check(unix("/tmp/docker.sock"), unix("/tmp/docker.sock"), false);
    }

    #[test]
    fn every_kind_has_a_sign_and_is_documented() {
        let names: BTreeSet<&str> = KINDS.iter().map(|kind| kind.whom).collect();
        assert_eq!(names.len(), KINDS.len());
        let documented = include_str!("../../../../../docs/ci-audit.md");
        for kind in KINDS {
            assert!(!kind.signs.is_empty(), "{}", kind.whom);
            assert!(documented.contains(&format!("| {} |", kind.whom)), "docs/ci-audit.md does not name {}", kind.whom);
        }
    }
}
