//! Getting hold of tasks: the started command, and processes that run already.

use std::io;

use anyhow::{Context, Result};
use tracer_common::event::{Head, kind};

use super::PtraceSource;
use super::library;
use super::sys::{self, Waited};
use super::task::{Task, comm};
use crate::capture::command::{Filter, Started};
use crate::capture::record::{Record, set_comm};
use crate::capture::refused::Refused;
use crate::spec::{Command, Watch};
use crate::system::procfs::who::Who;

/// The options of every traced task.
pub fn options(watch: &Watch, filtered: bool) -> i32 {
    let mut options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACEEXEC;
    if watch.kill_on_exit {
        options |= libc::PTRACE_O_EXITKILL;
    }
    if watch.library.is_some() {
        options |= library::OPTIONS;
    }
    if watch.follow {
        options |= libc::PTRACE_O_TRACEFORK | libc::PTRACE_O_TRACEVFORK | libc::PTRACE_O_TRACECLONE;
    }
    if filtered {
        options |= libc::PTRACE_O_TRACESECCOMP;
    }
    options
}

impl PtraceSource {
    /// Forks the command if nobody has, attaches to it at its gate, and lets it run from its first stop on.
    pub(super) fn start(&mut self, command: &Command, started: Option<Started>, filter: Option<&Filter>) -> Result<()> {
        let mut started = started.map_or_else(|| Started::spawn_filtered(command, filter), Ok)?;
        if filter.is_some() {
            started.filter();
        }
        let pid = started.pid();
        sys::seize(pid, self.options).context("ptrace(PTRACE_SEIZE) of the command")?;
        self.tasks.add(pid, Task { tgid: pid, hidden: true, ..Task::default() });
        sys::interrupt(pid).context("ptrace(PTRACE_INTERRUPT) of the command")?;
        loop {
            match sys::wait(true).context("waitpid")? {
                Waited::Task(tid, status) if tid == pid => {
                    anyhow::ensure!(libc::WIFSTOPPED(status), "the command ended before it began (status {status:#x})");
                    sys::go(pid, sys::Go::Syscall, 0).context("ptrace(PTRACE_SYSCALL) of the command")?;
                    break;
                }
                Waited::Task(other, status) => self.reaped.push((other, status)),
                Waited::Interrupted | Waited::Nothing => {}
                Waited::NoTasks => anyhow::bail!("the command ended before it began"),
            }
        }
        started.release().context("the command ended before it began")?;
        self.started = Some(started);
        Ok(())
    }

    /// Attaches to every thread of the processes; threads may come while it does, so it looks again until
    /// there are no new ones.
    pub(super) fn attach(&mut self, pids: &[i32]) -> Result<()> {
        for &pid in pids {
            if let Some(hidden) = Refused::hidden(&self.program, pid) {
                self.refused.push(hidden);
                continue;
            }
            let before = self.tasks.len();
            let refused = match self.attach_process(pid) {
                Err(error) => error,
                Ok(()) if self.tasks.len() == before => io::Error::other("already traced by this tracer"),
                Ok(()) => continue,
            };
            self.refused.push(Refused::new(&self.program, pid, refused));
        }
        match self.refused.pop() {
            Some(last) if self.tasks.is_empty() => {
                crate::capture::say(&self.program, &self.refused);
                Err(last.into())
            }
            last => {
                self.refused.extend(last);
                Ok(())
            }
        }
    }

    fn attach_process(&mut self, pid: i32) -> io::Result<()> {
        let missing = || io::Error::from_raw_os_error(libc::ESRCH);
        let pid = u32::try_from(pid).map_err(|_| missing())?;
        let status = Who::Id(pid).status().map_err(|_| missing())?;
        let (tgid, parent) = (status.tgid, status.ppid);
        loop {
            let mut new = false;
            for tid in Who::Id(tgid).threads()? {
                if self.tasks.has(tid) {
                    continue;
                }
                match sys::seize(tid, self.options) {
                    Ok(()) => {}
                    // A dead leader whose threads live on, a thread that is gone, or one that a traced
                    // parent has brought already.
                    Err(_) if tid != tgid || is_ours(tid) => continue,
                    Err(e) if is_zombie(tid) && e.raw_os_error() == Some(libc::EPERM) => continue,
                    Err(e) => return Err(e),
                }
                new = true;
                self.tasks.add(tid, Task { tgid, ..Task::default() });
                let mut head = Head { kind: kind::ATTACH, tid, tgid, time: super::stops::now(), ..Head::default() };
                head.args[0] = u64::from(parent);
                set_comm(&mut head, &comm(tid));
                Record::send_bare(head, &mut self.held);
                // Its answer is the first stop, from which on its calls are seen.
                if let Err(e) = sys::interrupt(tid)
                    && e.raw_os_error() != Some(libc::ESRCH)
                {
                    return Err(e);
                }
            }
            if !new {
                return Ok(());
            }
        }
    }
}

fn is_ours(tid: u32) -> bool {
    Who::Id(tid).status().is_ok_and(|status| status.tracer == std::process::id())
}

fn is_zombie(tid: u32) -> bool {
    Who::Id(tid).status().is_ok_and(|status| status.state == b'Z')
}
