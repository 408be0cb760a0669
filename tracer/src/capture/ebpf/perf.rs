//! Programs that perf calls at a tracepoint, where what the tracepoint itself calls may be preempted: from Linux 7 on. As long as a
//! program is preempted, the kernel does not run it for the other tasks of its CPU (it would "interrupt itself"): a fork that is
//! missed so is a process that nobody follows. perf disables preemption before it calls.
//!
//! What perf hands to a program is a record of the tracepoint, as tracefs describes it, without pointers. Signals have too little in
//! theirs, and stay where they are: what is not run there is counted.

use std::fs;

use anyhow::{Context, Result};
use tracer_common::config::Config;

use super::bpf::Attach;
use crate::system::procfs::machine;

/// Programs, and their tracepoints in tracefs. What depends on no pointer.
const CALLED: [(&str, &str); 7] = [
    ("sys_enter", "raw_syscalls/sys_enter"),
    ("sys_exit", "raw_syscalls/sys_exit"),
    ("stack_at_entry", "raw_syscalls/sys_enter"),
    ("stack_at_end", "raw_syscalls/sys_exit"),
    ("sched_process_fork", "sched/sched_process_fork"),
    ("sched_process_exec", "sched/sched_process_exec"),
    ("sched_process_exit", "sched/sched_process_exit"),
];

/// What is needed to have perf call.
#[derive(Debug)]
pub struct Perf {
    /// In the order of `CALLED`.
    numbers: [u64; CALLED.len()],
    fork_child: u32,
    exec_old: u32,
}

impl Perf {
    /// Asks tracefs.
    ///
    /// # Errors
    /// tracefs is not mounted, or lacks something.
    pub fn find() -> Result<Perf> {
        let root = machine::tracefs().context("tracefs is not mounted")?;
        let read = |name: &str| {
            let path = root.join("events").join(name);
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let mut numbers = [0; CALLED.len()];
        for (number, (_, name)) in numbers.iter_mut().zip(CALLED) {
            *number =
                read(&format!("{name}/id"))?.trim().parse().with_context(|| format!("what is the id of {name}?"))?;
        }
        let place = |point: &str, field: &str| {
            let format = read(&format!("{point}/format"))?;
            offset(&format, field).with_context(|| format!("the record of {point} has no {field} of four bytes"))
        };
        Ok(Perf {
            numbers,
            fork_child: place("sched/sched_process_fork", "child_pid")?,
            exec_old: place("sched/sched_process_exec", "old_pid")?,
        })
    }

    /// Tells the programs, and changes what they are attached to.
    pub fn apply(&self, config: &mut Config, wanted: &mut [(&'static str, Attach)]) {
        config.flags |= Config::PERF;
        (config.fork_child, config.exec_old) = (self.fork_child, self.exec_old);
        for (program, attach) in wanted {
            if let Some(at) = CALLED.iter().position(|(name, _)| name == program) {
                *attach = Attach::Perf(self.numbers[at]);
            }
        }
    }
}

/// Whether programs of tracepoints may be preempted on this kernel, so that perf has to call them.
pub fn needs_tracefs() -> bool {
    needed(rustix::system::uname().release().to_str().unwrap_or_default())
}

/// `release` as uname(2) gives it.
fn needed(release: &str) -> bool {
    release.split('.').next().and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major >= 7)
}

/// Where a field of four bytes stands in a record, by the text of tracefs: `field:pid_t child_pid;\toffset:44;\tsize:4;`.
fn offset(format: &str, field: &str) -> Option<u32> {
    let line = format.lines().find(|line| {
        let name = line.trim().strip_prefix("field:").and_then(|rest| rest.split(';').next()?.split(' ').next_back());
        name == Some(field)
    })?;
    let number = |key: &str| line.split(';').find_map(|part| part.trim().strip_prefix(key)?.parse::<u32>().ok());
    (number("size:")? == 4).then_some(number("offset:")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linux_7_and_later() {
        for (release, want) in
            [("6.18.44", false), ("7.0.0-rc1", true), ("7.2.13+deb14-cloud-amd64", true), ("10.1", true), ("", false)]
        {
            assert_eq!(needed(release), want, "{release}");
        }
    }

    #[test]
    fn a_field_is_found_by_its_name() {
        let format = "name: sched_process_fork\nID: 300\nformat:\n\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\n\
            \tfield:__data_loc char[] parent_comm;\toffset:8;\tsize:4;\tsigned:0;\n\tfield:pid_t parent_pid;\toffset:12;\tsize:4;\tsigned:1;\n\
            \tfield:pid_t child_pid;\toffset:20;\tsize:4;\tsigned:1;\n\nprint fmt: \"child_pid=%d\", REC->child_pid\n";
        assert_eq!(offset(format, "child_pid"), Some(20));
        assert_eq!(offset(format, "common_type"), None);
        assert_eq!(offset(format, "old_pid"), None);
        assert_eq!(offset("", "old_pid"), None);
    }
}
