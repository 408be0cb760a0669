//! Rights that are not needed any more are given up. tracer runs as root beside what it does not trust: once a trace has begun, it reads
//! records, memory and files of the traced, and writes its outputs; what a fault in that could do is bounded here, by the capabilities that
//! are kept (capabilities(7)) and by a seccomp filter that refuses calls which tracer never makes then (seccomp(2)).

use std::io;

use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

/// What is kept while processes are traced: their memory and files are looked at (ptrace, /proc), the command can be sent a signal, maps are
/// read, sockets asked for, and output files made, also where the directory is somebody else's.
const TRACING: CapabilitySet = CapabilitySet::SYS_PTRACE
    .union(CapabilitySet::DAC_READ_SEARCH)
    .union(CapabilitySet::DAC_OVERRIDE)
    .union(CapabilitySet::CHOWN)
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::KILL)
    .union(CapabilitySet::BPF)
    .union(CapabilitySet::PERFMON)
    .union(CapabilitySet::NET_ADMIN);

/// What is kept where a recording is read: its output may be somebody else's file.
const READING: CapabilitySet = CapabilitySet::DAC_OVERRIDE.union(CapabilitySet::CHOWN).union(CapabilitySet::FOWNER);

/// What tracer does from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Traces by eBPF.
    Ebpf,
    /// Traces by ptrace, or looks into namespaces of others (setns(2)).
    Others,
    /// Shows a recording.
    Replay,
}

impl Work {
    /// The capabilities that it needs, of those that there are.
    pub const fn needs(self) -> CapabilitySet {
        match self {
            Work::Ebpf => TRACING,
            Work::Others => TRACING.union(CapabilitySet::SYS_ADMIN).union(CapabilitySet::SYS_CHROOT),
            Work::Replay => READING,
        }
    }
}

/// Calls that none of it needs: other programs, other identities, and what belongs to the machine.
const REFUSED: &[libc::c_long] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_chroot,
    libc::SYS_pivot_root,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_process_vm_writev,
    libc::SYS_personality,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_io_uring_setup,
    libc::SYS_userfaultfd,
];

/// Gives up, for this thread and those that it starts, what the work does not need. A command is to be started before: it would inherit
/// that.
///
/// # Errors
/// Those of capset(2) and seccomp(2).
pub fn confine(work: Work) -> io::Result<()> {
    let has = capabilities(None)?;
    let kept = has.permitted.intersection(work.needs());
    // A filter needs CAP_SYS_ADMIN, or that no program may give rights any more: none is run.
    // SAFETY: takes integers.
    if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    set_capabilities(None, sets)?;
    refuse(work)
}

/// Has the kernel refuse calls, with EPERM.
fn refuse(work: Work) -> io::Result<()> {
    const NR: u32 = 0;
    const ARCH: u32 = 4;
    // include/uapi/linux/audit.h
    const NATIVE: u32 = if cfg!(target_arch = "aarch64") { 0xc000_00b7 } else { 0xc000_003e };
    let op = |code: u32, jt, jf, k| libc::sock_filter { code: code as u16, jt, jf, k };
    let load = |at| op(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, at);
    let equal = |k, jt, jf| op(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, jt, jf, k);
    let answer = |k| op(libc::BPF_RET | libc::BPF_K, 0, 0, k);
    let refused = answer(libc::SECCOMP_RET_ERRNO | libc::EPERM as u32);
    // What is not of this architecture is nothing that tracer does.
    let mut filter = vec![load(ARCH), equal(NATIVE, 1, 0), refused, load(NR)];
    let ptrace = (work != Work::Others).then_some(libc::SYS_ptrace);
    for nr in REFUSED.iter().copied().chain(ptrace) {
        filter.extend([equal(nr as u32, 0, 1), refused]);
    }
    filter.push(answer(libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the program lives until the call returns, which copies it.
    let rc = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) };
    if rc == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_needed_is_gone_for_good() {
        let confined = std::thread::spawn(|| {
            let before = capabilities(None)?.permitted;
            confine(Work::Replay)?;
            let after = capabilities(None)?;
            assert_eq!(after.permitted, before.intersection(READING));
            assert_eq!(after.effective, after.permitted);
            // SAFETY: plain system calls; the filter refuses them before anything is looked at.
            let refused = unsafe { [libc::syscall(libc::SYS_setuid, 0), libc::syscall(libc::SYS_ptrace, 0, 0, 0, 0)] };
            assert_eq!(refused, [-1, -1]);
            assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::EPERM));
            std::fs::read("/proc/self/status").map(drop)
        });
        confined.join().expect("no panic").expect("confined");
    }
}
