//! What the cgroups of a process do to it.

use crate::system::process::Group;
use crate::system::procfs::cgroup;
use crate::system::procfs::mounts::Mounts;
use crate::system::procfs::who::Who;

/// Those that do anything; nothing where its cgroups cannot be read.
pub fn holds(pid: u32, mounts: &Mounts) -> Vec<Group> {
    let text = Who::Id(pid).read("cgroup").unwrap_or_default();
    cgroup::holds(&text, mounts)
}
