//! What only a source that stops tasks can do, beside what else was asked for.

use super::fault::Fault;
use super::opts::Opts;
use crate::spec::Backend;
use crate::spec::tampering::Tampering;

/// Decides what is done to calls, and refuses what does not go with that, or with `--kill-on-exit`.
pub fn settle(opts: &mut Opts, system_wide: bool, notices: &mut Vec<String>) -> Result<Tampering, Fault> {
    let tampering = std::mem::take(&mut opts.injects).settle(&opts.paths, notices);
    if opts.kill_on_exit && !opts.pids.is_empty() {
        return Err(Fault::plain("--kill-on-exit and -p/--attach are mutually exclusive options"));
    }
    let needs = [
        (!tampering.is_empty(), "--inject and --fault need"),
        (opts.kill_on_exit, "--kill-on-exit needs"),
        (opts.beside.exits && !opts.replay, "--kvm needs"),
    ];
    for needs in needs.into_iter().filter_map(|(given, needs)| given.then_some(needs)) {
        if opts.backend == Backend::Ebpf {
            return Err(Fault::usage(format!("{needs} the ptrace source, and --backend ebpf was given")));
        }
        if system_wide {
            let others = "--all, --cgroup, --comm and --uid";
            return Err(Fault::usage(format!("{needs} the ptrace source, and {others} the eBPF source")));
        }
    }
    Ok(tampering)
}
