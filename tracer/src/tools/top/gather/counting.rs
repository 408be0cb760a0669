//! Calls, counted in the kernel by process and call; and how processes end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;
use tracer_common::record::first;

use crate::capture::command::Started;
use crate::capture::{self, Batch, Count, Source, Status};
use crate::schema::records::Told;
use crate::spec::{Backend, Counting as Asked, Target, Watch};

/// The time for which ended processes keep their counts: the last sample has them.
const KEPT: usize = 2;

/// What counts.
pub struct Counting {
    source: Box<dyn Source>,
    batch: Batch,
    /// The command's process.
    command: Option<u32>,
    /// Wait statuses of processes that ended.
    ends: BTreeMap<u32, i32>,
    /// Processes whose counts are to go, after so many samples.
    leaving: Vec<(u32, usize)>,
}

impl Counting {
    /// Begins to count.
    ///
    /// # Errors
    /// Why calls cannot be counted here. The command still waits at its gate then.
    pub fn open(program: &str, target: Target, started: &mut Option<Started>) -> Result<Counting> {
        let mut watch = Watch::events(program, target, Backend::Ebpf, 0);
        watch.detail.data = false;
        watch.detail.fds = false;
        watch.counting = Some(Asked { by_process: true, cpu_time: false });
        capture::ebpf::available(&watch)?;
        let command = started.as_ref().map(Started::pid);
        let source = capture::ebpf::EbpfSource::open(&watch, started)?;
        // The source's reader goes before others, for a ring that fills. Here it hardly does, and reading /proc is not to take the
        // CPU from whoever is watched.
        let _ = rustix::process::setpriority_process(None, 0);
        Ok(Counting {
            source: Box::new(source),
            batch: Batch::new(),
            command,
            ends: BTreeMap::new(),
            leaving: Vec::new(),
        })
    }

    /// Takes what came.
    ///
    /// # Errors
    /// The source breaks down.
    pub fn turn(&mut self) -> Result<()> {
        loop {
            self.batch.clear();
            let status = self.source.read(&mut self.batch, Duration::ZERO)?;
            let mut at = 0;
            while let Ok((head, record)) = first(&self.batch[at..]) {
                at += record.len();
                match Told::of(&head) {
                    Told::Exit { status, of_process, last: true, .. } => {
                        // The process's own status, where exit_group or a signal gave one.
                        let status = if of_process >> 32 != 0 { of_process as i32 } else { status };
                        self.ends.insert(head.tgid, status);
                        self.leaving.push((head.tgid, KEPT));
                    }
                    // The number is another process's now.
                    Told::Fork { child, process, .. } if child == process => {
                        self.ends.remove(&child);
                        self.leaving.retain(|(pid, _)| *pid != child);
                    }
                    _ => {}
                }
            }
            if status != Status::More {
                return Ok(());
            }
        }
    }

    /// The wait status with which a process ended.
    pub fn end_of(&self, pid: u32) -> Option<i32> {
        self.ends.get(&pid).copied()
    }

    /// The command's process, until somebody has waited for it.
    pub fn command(&self) -> Option<u32> {
        self.source.command()
    }

    /// Whether a process is the command's.
    pub fn is_command(&self, pid: u32) -> bool {
        self.command == Some(pid)
    }

    /// The errno with which the command's execve failed.
    pub fn exec_error(&mut self) -> Option<i32> {
        self.source.exec_error()
    }

    /// What was counted since it began, by process. What ended some samples ago is no longer there.
    ///
    /// # Errors
    /// The kernel does not give it.
    pub fn counts(&mut self) -> Result<BTreeMap<u32, Vec<Count>>> {
        let mut counts: BTreeMap<u32, Vec<Count>> = BTreeMap::new();
        for (process, count) in self.source.counts_by_process()? {
            counts.entry(process).or_default().push(count);
        }
        self.leaving.iter_mut().for_each(|(_, left)| *left = left.saturating_sub(1));
        let gone: BTreeSet<u32> = self.leaving.iter().filter(|(_, left)| *left == 0).map(|(pid, _)| *pid).collect();
        if !gone.is_empty() {
            self.leaving.retain(|(pid, _)| !gone.contains(pid));
            self.ends.retain(|pid, _| !gone.contains(pid) || self.command == Some(*pid));
            self.source.forget(&gone);
        }
        Ok(counts)
    }

    /// What was lost so far.
    pub fn losses(&mut self) -> Vec<(&'static str, u64)> {
        self.source.losses().lost().map(|(loss, n)| (loss.name(), n)).collect()
    }

    /// Counts no more.
    pub fn close(mut self) {
        self.batch.clear();
        // Nobody is left to be told of an error.
        let _ = self.source.detach(&mut self.batch);
    }
}
