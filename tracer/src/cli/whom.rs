//! Whom to trace.

use std::ffi::OsString;

use super::fault::{Fault, show};
use super::opts::Opts;
use super::words;
use crate::spec::{Backend, Command, Target};

/// Decides whom to trace, and refuses what does not go with it.
pub fn settle(opts: &mut Opts, system_wide: bool, argv: Vec<OsString>) -> Result<Target, Fault> {
    if system_wide {
        let option = ["--all", "--cgroup", "--comm", "--uid"][if opts.all {
            0
        } else if opts.cgroup.is_some() {
            1
        } else if opts.comm.is_some() {
            2
        } else {
            3
        }];
        if !argv.is_empty() || !opts.pids.is_empty() {
            return Err(Fault::usage(format!("{option} and (PROG [ARGS] or -p PID) are mutually exclusive")));
        }
        if opts.backend == Backend::Ptrace {
            return Err(Fault::usage(format!("{option} needs the eBPF source, and --backend ptrace was given")));
        }
    }
    let user = match opts.user.take() {
        Some(name) => {
            Some(words::user(&name).ok_or_else(|| Fault::plain(format!("Cannot find user '{}'", show(&name))))?)
        }
        None => None,
    };
    let env = std::mem::take(&mut opts.env).iter().map(|change| words::assignment(change)).collect();
    let command = (!argv.is_empty()).then(|| Command { argv, argv0: opts.argv0.take(), env, user });
    Ok(Target {
        command,
        pids: std::mem::take(&mut opts.pids),
        all: opts.all,
        cgroup: opts.cgroup.take(),
        comm: opts.comm.take(),
        uid: opts.uid,
    })
}
