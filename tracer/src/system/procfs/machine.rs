//! Files of /proc that are the machine's, not a process's (proc(5), sysctl).

use std::ffi::{CStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::mounts::Mounts;
use super::who::Who;
use super::{read_into, read_text};
use crate::system::snapshot::Dev;

/// The root of /proc, as it is opened to list it.
pub(super) const ROOT: &str = "/proc";

/// The inode of the machine's first PID namespace: `PROC_PID_INIT_INO`, include/linux/proc_ns.h.
pub const FIRST_PID_NAMESPACE: u64 = 0xefff_fffc;

/// `status` of whoever opens it: a file that is there wherever anything can be traced, with a name in three parts.
pub const OWN_STATUS: &CStr = c"/proc/self/status";

/// The program of whoever opens it, whatever became of its file's name.
pub const OWN_PROGRAM: &str = "/proc/self/exe";

/// `/proc/net/sockstat`, as it is named where it cannot be read.
pub const SOCKSTAT: &str = "/proc/net/sockstat";

/// Random for each boot; empty when it cannot be read.
pub fn boot_id() -> String {
    read_text("/proc/sys/kernel/random/boot_id").trim_end().to_owned()
}

/// The highest capability that the kernel knows.
pub fn last_capability() -> Option<u32> {
    read_text("/proc/sys/kernel/cap_last_cap").trim().parse().ok()
}

/// What Yama allows of ptrace (Documentation/admin-guide/LSM/Yama.rst); empty when it is not there.
pub fn ptrace_scope() -> String {
    read_text("/proc/sys/kernel/yama/ptrace_scope").trim().to_owned()
}

/// Locks on files; nothing when they cannot be read.
pub(super) fn locks() -> Vec<u8> {
    let mut bytes = Vec::new();
    read_into("/proc/locks", &mut bytes).map_or_else(|_| Vec::new(), |()| bytes)
}

/// Files that are open on this machine, however many descriptors each has (`fs.file-nr`); 0 where the kernel does not say.
pub fn open_files() -> u64 {
    let numbers = read_text("/proc/sys/fs/file-nr");
    numbers.split_ascii_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// Reads and writes of a block device that have not ended; `None` where it is none, or the kernel does not say.
pub fn inflight(dev: Dev) -> Option<(u64, u64)> {
    let text = read_text(&format!("/sys/dev/block/{}:{}/inflight", dev.major, dev.minor));
    let mut words = text.split_ascii_whitespace().filter_map(|word| word.parse().ok());
    words.next().zip(words.next())
}

/// Tasks that want a CPU now, of all (`/proc/loadavg`).
pub fn runnable() -> Option<u64> {
    let text = read_text("/proc/loadavg");
    text.split_ascii_whitespace().nth(3)?.split('/').next()?.parse().ok()
}

/// The ports that the kernel hands out.
pub fn ephemeral_ports() -> Option<(u16, u16)> {
    let range = read_text("/proc/sys/net/ipv4/ip_local_port_range");
    let mut words = range.split_ascii_whitespace().filter_map(|word| word.parse().ok());
    words.next().zip(words.next())
}

/// Whether this process is in a time namespace whose clocks differ from the machine's.
pub fn has_own_time() -> bool {
    let offsets = read_text(&Who::Myself.path("timens_offsets"));
    offsets.split_ascii_whitespace().any(|word| word.parse::<i64>().is_ok_and(|offset| offset != 0))
}

/// How /proc is mounted for this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mounted<'m> {
    /// It is no mount.
    No,
    /// Another file system is.
    Other,
    /// It is, with `hidepid=` of this value where that hides anything.
    Proc(Option<&'m [u8]>),
}

/// Whether /proc can be believed: what is mounted there is a proc file system, the whole of one, and nothing else is mounted over this
/// process's own directory. Where that does not hold, there seem to be no processes, or others.
///
/// # Errors
/// What to say.
pub fn check() -> Result<(), &'static str> {
    const PROC_SUPER_MAGIC: u64 = crate::schema::stat::FS_MAGIC.value("PROC_SUPER_MAGIC");
    // include/linux/proc_fs.h
    const PROC_ROOT_INO: u64 = 1;
    let is_proc = rustix::fs::statfs(ROOT).is_ok_and(|fs| fs.f_type as u64 == PROC_SUPER_MAGIC);
    if !is_proc {
        return Err("/proc is no proc file system, so that no process can be found; mount -t proc proc /proc");
    }
    if rustix::fs::stat(ROOT).is_ok_and(|root| root.st_ino != PROC_ROOT_INO) {
        return Err("/proc is only a part of a proc file system, so that no process can be found; umount /proc");
    }
    if super::covered::covers_us() {
        return Err("something else is mounted on /proc/self, so that what /proc tells cannot be believed");
    }
    Ok(())
}

/// How /proc is mounted, by the mounts of this process.
pub fn mounted(mounts: &Mounts) -> Mounted<'_> {
    let Some(mount) = mounts.own.iter().rfind(|mount| mount.point == ROOT.as_bytes()) else { return Mounted::No };
    if mount.kind != b"proc" {
        return Mounted::Other;
    }
    let mut options = mount.options.split(|&b| b == b',').filter_map(|option| option.strip_prefix(b"hidepid="));
    Mounted::Proc(options.find(|how| !matches!(*how, b"0" | b"off")))
}

/// Where tracefs is mounted and can be read; the usual places first, of which the second mounts itself when it is looked at.
pub fn tracefs() -> Option<PathBuf> {
    let usual = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"].map(PathBuf::from);
    let mounted = || {
        let mounts = Mounts::of(Who::Myself).own.into_iter().filter(|mount| mount.kind == b"tracefs");
        mounts.map(|mount| PathBuf::from(OsString::from_vec(mount.point)))
    };
    let readable = |root: &PathBuf| root.join("events/sched").exists();
    usual.into_iter().find(readable).or_else(|| mounted().find(readable))
}

/// Where cgroup v2 is mounted.
pub fn cgroup_mount() -> Option<Vec<u8>> {
    let mounts = Mounts::of(Who::Myself);
    mounts.own.into_iter().find(|mount| mount.kind == b"cgroup2").map(|mount| mount.point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_proc_is_mounted() {
        let check = |tail: &str, expected: Mounted<'_>| {
            let text = format!("22 1 0:21 / /proc rw,relatime shared:5 - {tail}\n");
            assert_eq!(mounted(&Mounts::parse(text.as_bytes())), expected, "{tail}");
        };
        check("proc proc rw", Mounted::Proc(None));
        check("proc proc rw,hidepid=off", Mounted::Proc(None));
        check("proc proc rw,gid=4,hidepid=invisible", Mounted::Proc(Some(b"invisible")));
        check("tmpfs none rw", Mounted::Other);
        assert_eq!(mounted(&Mounts::parse(b"")), Mounted::No);
    }

    #[test]
    fn this_machine_is_told() {
        assert_eq!(boot_id().len(), 36);
        assert!(last_capability().is_some_and(|last| (36..64).contains(&last)));
        assert!(ephemeral_ports().is_some_and(|(from, to)| from <= to));
    }
}
