//! What a process did while it was watched: counts by call, file, host and program, made of decoded calls.
//! Paths and addresses are the kernel's where it told them, else those that the program passed. Memory is
//! bounded: what does not fit is counted.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tracer_common::event::{Sock, flag};

use crate::decode::calls::{address, fd_of, path_of, positive, protocol, shown, socket_error, unix_name, words};
use crate::decode::value::{Call, Ret, Value};
use crate::schema::effects::{Does, Effect, reaches_out};
use crate::schema::types::Ty;

/// Files, hosts and programs that are told apart.
const MOST: usize = 10_000;
/// Other names of a file that are kept.
const NAMES: usize = 3;
/// Times that are kept of each.
const TIMES: usize = 1000;

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Activity {
    /// For how long, ns.
    pub watched: u64,
    /// By what: `ebpf`, `ptrace`.
    pub source: String,
    /// Calls.
    pub calls: BTreeMap<&'static str, Count>,
    /// Files by path.
    pub files: BTreeMap<Vec<u8>, FileUse>,
    /// Hosts.
    pub hosts: BTreeMap<Host, HostUse>,
    /// Programs that were run, with how often and their words the first time.
    pub programs: BTreeMap<Vec<u8>, Program>,
    /// New processes.
    pub forks: u64,
    /// New threads.
    pub threads: u64,
    /// Signals that arrived, by number.
    pub signals: BTreeMap<i32, u64>,
    /// Calls that had no place in one of the lists.
    pub crowded: u64,
    /// What was lost, by reason.
    pub losses: Vec<(&'static str, u64)>,
    /// Paths of descriptors that calls opened: for records that do not tell one.
    pub(crate) known: HashMap<(u32, i32), Vec<u8>>,
    /// Connections whose end was not known when connect returned, by process and descriptor.
    pub(crate) connecting: HashMap<(u32, i32), Host>,
    /// The process ended while it was watched.
    pub ended: bool,
}

/// Counts of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Calls that ended, or never will.
    pub calls: u64,
    /// Of them, failed.
    pub errors: u64,
    /// Time spent in them, ns.
    pub time: u64,
}

/// What was done with a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileUse {
    /// Times that it was opened.
    pub opened: u64,
    /// Times that opening it failed, by errno.
    pub refused: BTreeMap<u16, u64>,
    /// Calls that read.
    pub reads: u64,
    /// Bytes read.
    pub read: u64,
    /// Calls that wrote.
    pub writes: u64,
    /// Bytes written.
    pub written: u64,
    /// Calls that asked what it is.
    pub asked: u64,
    /// Other calls that changed it: `unlink`, `rename` and their like.
    pub changes: BTreeSet<&'static str>,
    /// Other names by which it was opened: a few of them.
    pub given: BTreeSet<Vec<u8>>,
}

/// The other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// TCP, or another protocol with ports over IP.
    Inet(&'static str, SocketAddr),
    /// A unix socket by its name.
    Unix(Vec<u8>),
}

/// What was done with a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostUse {
    /// Connections that were begun.
    pub connects: u64,
    /// Of them, failed, by errno.
    pub failed: BTreeMap<u16, u64>,
    /// Connections that were accepted.
    pub accepted: u64,
    /// Bytes sent.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
    /// When connections were begun, ns of CLOCK_MONOTONIC.
    pub times: Vec<u64>,
}

/// A program that was run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program {
    /// How often.
    pub runs: u64,
    /// How often that failed.
    pub failed: u64,
    /// Its words, the first time.
    pub words: Vec<Vec<u8>>,
}

/// What a call does with bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    In,
    Out,
}

impl Activity {
    /// Takes a call that has ended.
    pub fn call(&mut self, call: &Call<'_>) {
        let Some(row) = call.row else { return };
        let count = self.calls.entry(row.name).or_default();
        count.calls += 1;
        count.errors += u64::from(matches!(call.ret, Ret::Error(_)));
        if call.head.flags & flag::BEFORE == 0 {
            count.time = count.time.saturating_add(call.head.dur);
        }
        let (does, args) = row.does(&call.head.args);
        let place = |at: u8| args.get(usize::from(at));
        let mut touched = None;
        for effect in does.effects() {
            match *effect {
                Effect::Opens(..) => self.open(call),
                Effect::Connects(_) => self.connect(call),
                Effect::Settles(_) => self.connected(call),
                Effect::Accepts(_) => self.accept(call),
                Effect::Runs(_) => self.execute(call),
                Effect::Reads(at) => self.flow(call, usize::from(at), Flow::In),
                Effect::Writes(at) => self.flow(call, usize::from(at), Flow::Out),
                // Of several messages it is not bytes that come back.
                Effect::Receives(at) | Effect::Sends(at, _)
                    if place(at).is_some_and(|arg| matches!(arg.ty, Ty::Out(Ty::Mmsghdr(_)))) => {}
                Effect::Receives(_) => self.flow(call, 0, Flow::In),
                Effect::Sends(..) => self.flow(call, 0, Flow::Out),
                Effect::Closes(_) => {
                    if let Some((_, Value::Fd(fd, _))) = call.args.first() {
                        self.known.remove(&(call.head.tgid, *fd));
                        self.connecting.remove(&(call.head.tgid, *fd));
                    }
                }
                // What a descriptor is is asked all the time.
                Effect::Asks(at) if place(at).is_some_and(|arg| matches!(arg.ty, Ty::Fd)) => {}
                Effect::Asks(_) | Effect::Probes(_) => touched = Some(false),
                Effect::Makes(_)
                | Effect::LinksText(..)
                | Effect::Links(..)
                | Effect::Renames(..)
                | Effect::Removes(..)
                | Effect::Truncates(_)
                | Effect::Changes(..) => touched = Some(true),
                Effect::OpensUnnamed(_)
                | Effect::Takes
                | Effect::Unshares(_)
                | Effect::Lists(_)
                | Effect::Rewrites(_)
                | Effect::Submits(_)
                | Effect::Maps(..)
                | Effect::Copies(_)
                | Effect::Controls(..)
                | Effect::Hears(_)
                | Effect::Steers(_)
                | Effect::Binds(_)
                | Effect::Listens(_)
                | Effect::Locates(_) => {}
            }
        }
        // Names that are given another meaning.
        if matches!(does, Does::Gap(..)) && args.iter().any(reaches_out) {
            touched = Some(false);
        }
        if let Some(changes) = touched {
            self.touch(row.name, changes, call);
        }
    }

    /// A new task.
    pub fn fork(&mut self, thread: bool) {
        *(if thread { &mut self.threads } else { &mut self.forks }) += 1;
    }

    /// A signal arrived.
    pub fn signal(&mut self, number: i32) {
        *self.signals.entry(number).or_default() += 1;
    }

    /// All calls.
    pub fn total(&self) -> u64 {
        self.calls.values().map(|count| count.calls).sum()
    }

    /// Seconds that it was watched.
    pub fn seconds(&self) -> f64 {
        self.watched as f64 / 1e9
    }

    fn file(&mut self, path: Vec<u8>) -> Option<&mut FileUse> {
        place(&mut self.files, path, &mut self.crowded)
    }

    fn open(&mut self, call: &Call<'_>) {
        let (path, outcome) = match &call.ret {
            Ret::Value(Value::Fd(fd, view)) | Ret::Noted(Value::Fd(fd, view), _) => {
                let path = view.as_deref().and_then(path_of).or_else(|| passed(call, 0));
                if let Some(path) = &path
                    && self.known.len() < MOST
                {
                    self.known.insert((call.head.tgid, *fd), path.clone());
                }
                (path, None)
            }
            Ret::Error(errno) => (passed(call, 0), Some(*errno)),
            _ => return,
        };
        let Some(path) = path else { return };
        // A path from the current directory on is the same name.
        let given = passed(call, 0).filter(|given| !path.ends_with(given.strip_prefix(b"./").unwrap_or(given)));
        let Some(file) = self.file(path) else { return };
        file.given.extend(given.filter(|_| file.given.len() < NAMES));
        match outcome {
            None => file.opened += 1,
            Some(errno) => *file.refused.entry(errno).or_default() += 1,
        }
    }

    /// Bytes went through the descriptor that argument `at` is.
    fn flow(&mut self, call: &Call<'_>, at: usize, flow: Flow) {
        let Ret::Value(value) = &call.ret else { return };
        let Some(bytes) = positive(value) else { return };
        let Some((_, Value::Fd(fd, view))) = call.args.get(at) else { return };
        // Where a datagram went stands in the call, if anywhere.
        let named = call.args.iter().find_map(|(name, value)| matches!(*name, "dest_addr" | "addr").then_some(value));
        let sock = view.as_deref().and_then(|view| view.sock);
        let host = sock.and_then(|sock| {
            peer(&sock).or_else(|| named.and_then(address).map(|a| Host::Inet(protocol(Some(&sock)), a)))
        });
        let name = view.as_deref().filter(|view| view.sock.is_some()).map(|view| view.name.to_vec());
        let host = host.or_else(|| name.filter(|name| !name.is_empty()).map(|name| Host::Unix(shown(&name))));
        if let Some(host) = host {
            if let Some(used) = place(&mut self.hosts, host, &mut self.crowded) {
                *(if flow == Flow::In { &mut used.received } else { &mut used.sent }) += bytes;
            }
            return;
        }
        let path = view.as_deref().and_then(path_of).or_else(|| self.known.get(&(call.head.tgid, *fd)).cloned());
        let Some(file) = path.and_then(|path| self.file(path)) else { return };
        if flow == Flow::In {
            file.reads += 1;
            file.read += bytes;
        } else {
            file.writes += 1;
            file.written += bytes;
        }
    }

    fn connect(&mut self, call: &Call<'_>) {
        let view = match call.args.first() {
            Some((_, Value::Fd(_, view))) => view.as_deref(),
            _ => None,
        };
        let Some((_, named)) = call.args.get(1) else { return };
        let host = match address(named) {
            Some(address) => Host::Inet(protocol(view.and_then(|view| view.sock).as_ref()), address),
            None => match unix_name(named) {
                Some(name) => Host::Unix(name),
                None => return,
            },
        };
        let time = call.head.time;
        let fd = fd_of(call);
        // Asking again after EINPROGRESS tells how it ended, and begins nothing.
        let asked = fd.is_some_and(|fd| self.connecting.remove(&(call.head.tgid, fd)).is_some());
        let Some(used) = place(&mut self.hosts, host.clone(), &mut self.crowded) else { return };
        used.connects += u64::from(!asked);
        if time != 0 && used.times.len() < TIMES && !asked {
            used.times.push(time);
        }
        match (&call.ret, fd) {
            (Ret::Error(errno), Some(fd))
                if matches!(i32::from(*errno), libc::EINPROGRESS | libc::EALREADY) && self.connecting.len() < MOST =>
            {
                self.connecting.insert((call.head.tgid, fd), host);
            }
            (Ret::Error(errno), _) if i32::from(*errno) != libc::EISCONN => {
                *used.failed.entry(*errno).or_default() += 1;
            }
            _ => {}
        }
    }

    /// How a connection ended that connect did not wait for: SO_ERROR tells it once (connect(2), EINPROGRESS).
    fn connected(&mut self, call: &Call<'_>) {
        let Some(errno) = socket_error(call) else { return };
        let Some(host) = fd_of(call).and_then(|fd| self.connecting.remove(&(call.head.tgid, fd))) else { return };
        if errno != 0
            && let Some(used) = self.hosts.get_mut(&host)
        {
            *used.failed.entry(errno).or_default() += 1;
        }
    }

    fn accept(&mut self, call: &Call<'_>) {
        let Ret::Value(Value::Fd(_, view)) = &call.ret else { return };
        let sock = view.as_deref().and_then(|view| view.sock);
        let told = sock.as_ref().and_then(peer);
        let named = || call.args.get(1).and_then(|(_, value)| address(value));
        let Some(host) = told.or_else(|| named().map(|a| Host::Inet(protocol(sock.as_ref()), a))) else { return };
        if let Some(used) = place(&mut self.hosts, host, &mut self.crowded) {
            used.accepted += 1;
        }
    }

    fn execute(&mut self, call: &Call<'_>) {
        let Some(path) = passed(call, 0) else { return };
        let words = call.args.iter().find_map(|(name, value)| (*name == "argv").then(|| words(value)));
        let Some(program) = place(&mut self.programs, path, &mut self.crowded) else { return };
        program.runs += 1;
        program.failed += u64::from(matches!(call.ret, Ret::Error(_)));
        if program.words.is_empty() {
            program.words = words.unwrap_or_default();
        }
    }

    /// A call that names files: it asks or it changes.
    fn touch(&mut self, name: &'static str, changes: bool, call: &Call<'_>) {
        if changes && matches!(call.ret, Ret::Error(_)) {
            return;
        }
        let mut paths: Vec<Vec<u8>> = (0..2).filter_map(|nth| passed(call, nth)).collect();
        if paths.is_empty()
            && let Some((_, Value::Fd(fd, view))) = call.args.first()
        {
            paths.extend(view.as_deref().and_then(path_of).or_else(|| self.known.get(&(call.head.tgid, *fd)).cloned()));
        }
        for path in paths {
            let Some(file) = self.file(path) else { continue };
            if changes {
                file.changes.insert(name);
            } else {
                file.asked += 1;
            }
        }
    }
}

/// The entry of a key, unless there are too many.
fn place<'m, K: Ord, V: Default>(map: &'m mut BTreeMap<K, V>, key: K, crowded: &mut u64) -> Option<&'m mut V> {
    if map.len() >= MOST && !map.contains_key(&key) {
        *crowded += 1;
        return None;
    }
    Some(map.entry(key).or_default())
}

/// The `nth` path that a call passed, from its directory on where that is known.
fn passed(call: &Call<'_>, nth: usize) -> Option<Vec<u8>> {
    let is_path = |(_, (_, value)): &(usize, &(&str, Value<'_>))| matches!(value, Value::Path { .. });
    let (at, (_, value)) = call.args.iter().enumerate().filter(is_path).nth(nth)?;
    let Value::Path { bytes, .. } = value else { return None };
    let base = at.checked_sub(1).and_then(|before| match call.args.get(before) {
        Some((_, Value::Fd(_, Some(view)))) if !bytes.starts_with(b"/") => path_of(view),
        _ => None,
    });
    Some(match base {
        Some(base) if bytes.is_empty() => base,
        Some(base) => [base.as_slice(), if base.ends_with(b"/") { b"" } else { b"/" }, bytes].concat(),
        None => bytes.to_vec(),
    })
}

/// The other end of a socket that has one.
fn peer(sock: &Sock) -> Option<Host> {
    let ip = match i32::from(sock.family) {
        libc::AF_INET => IpAddr::V4(Ipv4Addr::new(sock.daddr[0], sock.daddr[1], sock.daddr[2], sock.daddr[3])),
        libc::AF_INET6 => Ipv6Addr::from(sock.daddr).to_canonical(),
        _ => return None,
    };
    (sock.dport != 0).then(|| Host::Inet(protocol(Some(sock)), SocketAddr::new(ip, sock.dport)))
}

/// How regularly something happens: the mean time between, in ns, when there are three times at least and no
/// time between differs from the mean by more than a fifth.
pub fn period(times: &[u64]) -> Option<u64> {
    let mut times = times.to_vec();
    times.sort_unstable();
    let between: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mean = between.iter().sum::<u64>() / (between.len() as u64).max(1);
    // A busy loop is no beacon.
    let regular = between.iter().all(|&one| one.abs_diff(mean) <= mean / 5);
    (between.len() >= 2 && mean >= 100_000_000 && regular).then_some(mean)
}
