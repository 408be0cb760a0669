//! Programs that give rights (set-user-ID, set-group-ID, file capabilities): who is traced by somebody without CAP_SYS_PTRACE does not get
//! them (execve(2)). Such a program may do something else than without tracer, which is said.

use std::os::unix::fs::MetadataExt;

use rustix::fs::StatVfsMountFlags;

use super::PtraceSource;
use crate::capture::ourselves;
use crate::system::procfs::who::Who;

impl PtraceSource {
    /// A process runs another program: whether it got the rights that this gives.
    pub(super) fn look_at_rights(&self, pid: u32) {
        if let Some(program) = lost(pid) {
            ourselves::changed(format!(
                "process {pid} runs {} without the rights that its file gives, because it is traced",
                program.escape_ascii()
            ));
        }
    }
}

/// The program that a process runs, when it would have more rights untraced.
fn lost(pid: u32) -> Option<Vec<u8>> {
    let exe = Who::Id(pid).path("exe");
    let file = std::fs::metadata(&exe).ok()?;
    let gives = |bit: u32| file.mode() & bit != 0;
    let mut sink = [0u8; 64];
    let mut capable = || rustix::fs::getxattr(&exe, "security.capability", &mut sink[..]).is_ok();
    let (user, group) = (gives(libc::S_ISUID), gives(libc::S_ISGID) && gives(libc::S_IXGRP));
    let capabilities = !user && !group && capable();
    if !user && !group && !capabilities {
        return None;
    }
    let status = Who::Id(pid).status().ok()?;
    let nosuid = rustix::fs::statvfs(&exe).is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::NOSUID));
    if status.no_new_privileges || nosuid {
        return None;
    }
    // The second of each is the effective one, of capabilities the permitted ones.
    let lacks = user && status.uids[1] != file.uid()
        || group && status.gids[1] != file.gid()
        || capabilities && status.capabilities[1] == 0;
    lacks.then(|| {
        std::fs::read_link(&exe)
            .map_or_else(|_| b"a program".to_vec(), |path| path.into_os_string().into_encoded_bytes())
    })
}
