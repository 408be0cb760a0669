//! Rights that are not needed any more are given up. tracer runs as root beside what it does not trust: once a trace has begun, it reads
//! records, memory and files of the traced, and writes its outputs; what a fault in that could do is bounded here, by the capabilities that
//! are kept (capabilities(7)) and by a seccomp filter that refuses calls which tracer never makes then (seccomp(2)).

use std::io;

use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

use crate::schema::effects::{Does, Effect};
use crate::schema::types::{Arg, NO_NR, Row, Ty, class};
use crate::schema::{Abi, all, errno};

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
    /// Shows a recording, in files that it makes.
    Replay,
    /// Reads files, and writes to what is open.
    Read,
}

impl Work {
    /// The capabilities that it needs, of those that there are.
    pub const fn needs(self) -> CapabilitySet {
        match self {
            Work::Ebpf => TRACING,
            Work::Others => TRACING.union(CapabilitySet::SYS_ADMIN).union(CapabilitySet::SYS_CHROOT),
            Work::Replay => READING,
            Work::Read => CapabilitySet::DAC_READ_SEARCH,
        }
    }
}

/// Calls that tracer makes then though what they do is seen by nobody: maps of programs are read, namespaces entered, tasks held.
const NEEDED: &[(&str, &[Work])] = &[
    ("bpf", &[Work::Ebpf, Work::Others]),
    ("ptrace", &[Work::Others]),
    ("setns", &[Work::Others]),
    // What a thread is called, how it is protected; and to give up rights again.
    ("prctl", &[Work::Ebpf, Work::Others, Work::Replay, Work::Read]),
    ("capset", &[Work::Ebpf, Work::Others, Work::Replay, Work::Read]),
];

/// Calls that none of it needs, besides those that [`is_refused`] knows by their rows: servers, and what belongs to the machine.
const NEVER: &[&str] = &[
    "accept",
    "accept4",
    "fsconfig",
    "fsopen",
    "fspick",
    "listen",
    "mount_setattr",
    "personality",
    "quotactl",
    "quotactl_fd",
    "request_key",
    "swapoff",
];

/// Whether the kernel is to refuse a call: it runs another program, takes another identity, or does what nobody sees, as an audit would have
/// it of a traced program.
fn is_refused(row: &Row, work: Work) -> bool {
    let is_needed = NEEDED.iter().any(|(name, works)| *name == row.name && works.contains(&work));
    let tells = |arg: &Arg| matches!(arg.ty, Ty::Out(_));
    let identity = row.class & class::CREDS != 0 && !row.args.is_empty() && !row.args.iter().any(tells);
    let does = matches!(row.does, Does::Gap(..)) || row.has(|effect| matches!(effect, Effect::Runs(_)));
    !is_needed && (does || identity || NEVER.contains(&row.name))
}

/// The numbers of the calls that are refused.
fn refused(work: Work) -> impl Iterator<Item = u32> {
    let rows = all().filter(move |row| is_refused(row, work)).map(|row| row.nr[Abi::NATIVE as usize]);
    rows.filter(|nr| *nr != NO_NR).map(u32::from)
}

/// What could not be given up, and why.
#[derive(Debug, thiserror::Error)]
#[error("rights that are not needed are kept, for the kernel refuses {0}")]
pub struct Held(String);

/// Gives up, for this thread and those that it starts, what the work does not need. A command is to be started before: it would inherit
/// that. Whoever started tracer may have a filter of their own that refuses such calls: then the rest is given up.
///
/// # Errors
/// What is kept: tracer does its work with it, too.
pub fn confine(work: Work) -> Result<(), Held> {
    // A filter needs CAP_SYS_ADMIN, or that no program may give rights any more: none is run.
    // SAFETY: takes integers.
    let no_new = match unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    };
    let filter = refuse(work);
    let capset = capabilities(None).and_then(|has| {
        let kept = has.permitted.intersection(work.needs());
        let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
        set_capabilities(None, sets)
    });
    let tries = [("prctl(PR_SET_NO_NEW_PRIVS)", no_new), ("seccomp", filter), ("capset", capset.map_err(Into::into))];
    let refused = tries.into_iter().filter_map(|(call, done)| Some(format!("{call}: {}", errno::said(&done.err()?))));
    let refused: Vec<String> = refused.collect();
    if refused.is_empty() { Ok(()) } else { Err(Held(refused.join(", "))) }
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
    for nr in self::refused(work) {
        filter.extend([equal(nr, 0, 1), refused]);
    }
    filter.push(answer(libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the program lives until the call returns, which copies it.
    let rc = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) };
    if rc == 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    // The same by the older call, which may be let through.
    // SAFETY: as above.
    let rc = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) };
    if rc == 0 { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::by_name;

    #[test]
    fn what_is_refused_follows_from_the_rows() {
        let names = |work| all().filter(move |row| is_refused(row, work)).map(|row| row.name).collect::<Vec<_>>();
        let [ebpf, others, replay, read] = [Work::Ebpf, Work::Others, Work::Replay, Work::Read].map(names);
        for name in "execve execveat setuid setgroups setfsgid chroot pivot_root mount umount2 move_mount fsopen fsconfig fsmount \
                     open_tree mount_setattr swapon swapoff reboot kexec_load init_module finit_module delete_module settimeofday \
                     clock_settime adjtimex sethostname acct add_key keyctl process_vm_writev listen io_uring_setup userfaultfd iopl shmat"
            .split_whitespace()
        {
            assert!([&ebpf, &others, &replay, &read].iter().all(|list| list.contains(&name)), "{name}");
        }
        for name in
            "read write openat kill getuid getgroups mmap ioctl prctl clone3 socket sendto recvmsg unlinkat rename"
                .split_whitespace()
        {
            assert!(![&ebpf, &others, &replay, &read].iter().any(|list| list.contains(&name)), "{name}");
        }
        let [on_ebpf, on_others] = [&ebpf, &others].map(|list| list.contains(&"ptrace"));
        assert!(on_ebpf && !on_others && replay.contains(&"bpf") && !ebpf.contains(&"bpf"));
        for name in NEVER.iter().chain(NEEDED.iter().map(|(name, _)| name)) {
            assert!(by_name(name).is_some(), "{name} is no call");
        }
        // What a jump of a filter can reach, and what a filter may have (BPF_MAXINSNS).
        assert!(ebpf.len() < 200, "{ebpf:?}");
    }

    #[test]
    fn what_is_not_needed_is_gone_for_good() {
        let confined = std::thread::spawn(|| {
            let before = capabilities(None)?.permitted;
            confine(Work::Replay).map_err(io::Error::other)?;
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
