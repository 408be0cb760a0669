//! The process that is looked into.

use std::collections::{BTreeMap, HashMap};

use super::counted::{Called, called};
use super::{History, Row, Step};
use crate::capture::count::Histogram;
use crate::tools::top::sample::{Connection, Focus, Looked};

/// A process, in all its parts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct One {
    /// What stands in the list of processes.
    pub row: Row,
    /// Its words.
    pub command: Vec<Vec<u8>>,
    /// What it was before.
    pub history: History,
    /// Memory by the names of proc(5), kB.
    pub sizes: Vec<(&'static str, u64)>,
    /// Page faults in a second: those that no I/O was needed for, and those for which it was.
    pub faults: (f64, f64),
    /// Context switches in a second: those that it asked for, and those that it did not.
    pub switches: Option<(f64, f64)>,
    /// Descriptors.
    pub descriptors: Option<u64>,
    /// Kinds of descriptors.
    pub kinds: Vec<(&'static str, u64)>,
    /// Its threads, those that use a CPU most first.
    pub threads: Vec<Worker>,
    /// Its sockets, those with much to do first.
    pub links: Vec<Link>,
    /// Sockets that are not told.
    pub more_links: u64,
    /// Its calls.
    pub called: Vec<Called>,
    /// How long they took.
    pub times: Histogram,
    /// Calls that were looked at one by one.
    pub looked: Looked,
    /// Seconds since then.
    pub looked_ago: f64,
    /// Its children: number, name.
    pub children: Vec<(u32, Vec<u8>)>,
    /// What could not be read, and why.
    pub missing: Vec<(&'static str, String)>,
}

/// A thread.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Worker {
    /// Its id.
    pub tid: u32,
    /// Its name.
    pub comm: Vec<u8>,
    /// Its state.
    pub state: u8,
    /// Percent of a CPU.
    pub cpu: f64,
    /// What it does, or waits for.
    pub does: String,
}

/// A socket, with rates.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Link {
    /// What was read of it.
    pub socket: Connection,
    /// Bytes that came and went in a second, where they are counted.
    pub rates: Option<(f64, f64)>,
}

impl Step<'_> {
    /// The process that is looked into.
    pub(super) fn one(&self, focus: &Focus, row: Row, history: &History) -> One {
        let pid = focus.pid;
        let before = self.before.focus.as_ref().filter(|before| before.pid == pid);
        let (called, times) = called(&self.called(pid), self.interval);
        let stat = self.now.processes.get(&pid).map(|process| &process.stat);
        let earlier = stat.and_then(|stat| self.earlier(pid, stat)).map(|process| &process.stat);
        let faults = stat.zip(earlier).map_or((0.0, 0.0), |(now, before)| {
            (self.rate(now.faults.0, before.faults.0), self.rate(now.faults.1, before.faults.1))
        });
        let children = self.now.processes.values().filter(|process| process.stat.ppid == pid);
        One {
            command: focus.command.clone(),
            history: history.clone(),
            sizes: focus.status.memory.clone(),
            faults,
            switches: before.and_then(|before| self.switches(before, focus)),
            descriptors: focus.descriptors,
            kinds: focus.kinds.clone(),
            threads: self.threads(before, focus),
            links: self.links(before, focus),
            more_links: focus.more_connections,
            called,
            times,
            looked: focus.looked.clone(),
            looked_ago: (self.now.at - focus.looked.at).max(0.0),
            children: children.map(|child| (child.stat.pid, child.stat.comm.clone())).collect(),
            missing: focus.missing.clone(),
            row,
        }
    }

    fn threads(&self, before: Option<&Focus>, focus: &Focus) -> Vec<Worker> {
        let ticks: HashMap<u32, u64> =
            before.iter().flat_map(|focus| &focus.threads).map(|thread| (thread.tid, thread.ticks)).collect();
        let mut list: Vec<Worker> = focus
            .threads
            .iter()
            .map(|thread| Worker {
                tid: thread.tid,
                comm: thread.comm.clone(),
                state: thread.state,
                cpu: ticks.get(&thread.tid).map_or(0.0, |&before| self.percent(thread.ticks, before)),
                does: thread.does.clone(),
            })
            .collect();
        list.sort_by(|a, b| b.cpu.total_cmp(&a.cpu).then(a.tid.cmp(&b.tid)));
        list
    }

    /// Of the threads that are told in both samples.
    fn switches(&self, before: &Focus, focus: &Focus) -> Option<(f64, f64)> {
        let known: HashMap<u32, (u64, u64)> =
            before.threads.iter().filter_map(|thread| Some((thread.tid, thread.switches?))).collect();
        let mut sum = None;
        for thread in &focus.threads {
            let (Some(now), Some(&then)) = (thread.switches, known.get(&thread.tid)) else { continue };
            let (asked, forced) = sum.unwrap_or((0.0, 0.0));
            sum = Some((asked + self.rate(now.0, then.0), forced + self.rate(now.1, then.1)));
        }
        sum
    }

    fn links(&self, before: Option<&Focus>, focus: &Focus) -> Vec<Link> {
        let known: BTreeMap<u64, (u64, u64)> = before
            .iter()
            .flat_map(|focus| &focus.connections)
            .filter_map(|socket| Some((socket.id, socket.bytes?)))
            .collect();
        let mut list: Vec<Link> = focus
            .connections
            .iter()
            .map(|socket| {
                let rates = socket.bytes.map(|(came, went)| match known.get(&socket.id) {
                    Some(before) => (self.rate(came, before.0), self.rate(went, before.1)),
                    // One that was made since has everything from then on.
                    None if before.is_some() => (self.rate(came, 0), self.rate(went, 0)),
                    None => (0.0, 0.0),
                });
                Link { socket: socket.clone(), rates }
            })
            .collect();
        let weight = |link: &Link| link.rates.map_or(0.0, |(came, went)| came + went);
        let queued =
            |link: &Link| link.socket.recv_q + if link.socket.state == "LISTEN" { 0 } else { link.socket.send_q };
        let rank = |link: &Link| (link.socket.state != "LISTEN", std::cmp::Reverse(queued(link)));
        list.sort_by(|a, b| {
            let (one, other) = (rank(a), rank(b));
            one.0
                .cmp(&other.0)
                .then(weight(b).total_cmp(&weight(a)))
                .then(one.1.cmp(&other.1))
                .then(a.socket.id.cmp(&b.socket.id))
        });
        list
    }
}
