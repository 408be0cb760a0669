//! Processes over whose directory in /proc something else is mounted. Who may mount can hide a process so, or have it seem another: what is
//! read there is not what the kernel tells of it. Such a process is said to be hidden, not to be gone.

use std::collections::BTreeMap;

use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};

use super::machine::ROOT;
use super::mounts::Mounts;
use super::number;
use super::who::Who;

/// Those processes, by their numbers; whether something is mounted over the whole directory, or in it only.
#[derive(Debug, Default)]
pub struct Covered(BTreeMap<u32, bool>);

impl Covered {
    /// As this process sees it now.
    pub fn now() -> Covered {
        Covered::among(&Mounts::of(Who::Myself))
    }

    /// The same, by the mounts of this process.
    pub fn among(mounts: &Mounts) -> Covered {
        let of = |point: &[u8]| {
            let (pid, rest) = number(point.strip_prefix(ROOT.as_bytes())?.strip_prefix(b"/")?)?;
            let is_it = rest.first().is_none_or(|&next| next == b'/');
            is_it.then_some((u32::try_from(pid).ok()?, rest.is_empty()))
        };
        let mut covered = BTreeMap::new();
        for (pid, whole) in mounts.own.iter().filter_map(|mount| of(&mount.point)) {
            *covered.entry(pid).or_default() |= whole;
        }
        Covered(covered)
    }

    /// Whether this process, or thread, is one.
    pub fn has(&self, pid: u32) -> bool {
        self.0.contains_key(&pid)
    }

    /// What to say of it.
    pub fn said(&self, pid: u32) -> Option<String> {
        let on = if *self.0.get(&pid)? { "on" } else { "in" };
        Some(format!("something else is mounted {on} {}: process {pid} is hidden by it", Who::Id(pid)))
    }

    /// What to say of all of them, or of those that are `wanted`.
    pub fn all_said(&self, wanted: Option<&[u32]>) -> Vec<String> {
        let pids = self.0.keys().filter(|pid| wanted.is_none_or(|wanted| wanted.contains(pid)));
        pids.filter_map(|pid| self.said(*pid)).collect()
    }
}

/// Whether something is mounted over the directory of this process: its own mounts are not to be read then (Linux 5.8 tells it).
pub(super) fn covers_us() -> bool {
    let directory = format!("{}/", Who::Myself);
    statx(CWD, directory, AtFlags::empty(), StatxFlags::empty())
        .is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_over_processes_are_found() {
        let points = [
            "/proc",
            "/proc/7",
            "/proc/8/fd",
            "/proc/9x",
            "/proc/11/fd",
            "/proc/sys/fs/binfmt_misc",
            "/procs/1",
            "/proc/8",
        ];
        let text: String =
            points.iter().map(|point| format!("22 1 0:21 / {point} rw,relatime - tmpfs none rw\n")).collect();
        let covered = Covered::among(&Mounts::parse(text.as_bytes()));
        assert_eq!(covered.0.keys().copied().collect::<Vec<_>>(), [7, 8, 11]);
        for (pid, expected) in [(8, "on /proc/8: process 8"), (11, "in /proc/11: process 11")] {
            let expected = format!("something else is mounted {expected} is hidden by it");
            assert_eq!(covered.said(pid), Some(expected));
        }
        assert_eq!((covered.has(9), covered.said(9)), (false, None));
        assert_eq!((covered.all_said(None).len(), covered.all_said(Some(&[7, 9])).len()), (3, 1));
        assert!(!covers_us());
    }
}
