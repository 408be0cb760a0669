//! Whom to trace.

use std::ffi::{OsStr, OsString};

use super::fault::{Fault, show};
use super::opts::Opts;
use super::words;
use crate::spec::{Backend, Command, Daemonize, Target};

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
    let daemonize = detached(opts)?;
    if argv.is_empty() && daemonize.is_some() {
        return Err(Fault::usage("PROG [ARGS] must be specified with -D/--daemonize"));
    }
    let command = (!argv.is_empty()).then(|| Command { argv, argv0: opts.argv0.take(), env, user, daemonize });
    Ok(Target {
        command,
        pids: std::mem::take(&mut opts.pids),
        all: opts.all,
        cgroup: opts.cgroup.take(),
        comm: opts.comm.take(),
        uid: opts.uid,
    })
}

/// The value of `--daemonize`.
pub fn daemonize(value: Option<&OsStr>) -> Option<Daemonize> {
    match value.map_or(Some("grandchild"), OsStr::to_str)? {
        "grandchild" => Some(Daemonize::Grandchild),
        "pgroup" | "pgrp" => Some(Daemonize::Group),
        "session" => Some(Daemonize::Session),
        _ => None,
    }
}

/// What `-D`, as often as it was given, or `--daemonize` asks for.
fn detached(opts: &Opts) -> Result<Option<Daemonize>, Fault> {
    match (opts.daemonize_short, opts.daemonize) {
        (0, daemonize) => Ok(daemonize),
        (_, Some(_)) => Err(Fault::plain("-D and --daemonize cannot be provided simultaneously")),
        (1, None) => Ok(Some(Daemonize::Grandchild)),
        (2, None) => Ok(Some(Daemonize::Group)),
        (3, None) => Ok(Some(Daemonize::Session)),
        (times, None) => Err(Fault::usage(format!("Too many -D's ({times}), maximum supported -D count is 3"))),
    }
}
