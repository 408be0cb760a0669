//! Whether eBPF is to be had here, and if not, why: asked before anything is started.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};

use super::load::VMLINUX;
use crate::spec::{Target, Watch};
use crate::system::place::shown;
use crate::system::procfs::machine;
use crate::system::procfs::who::Who;

/// Capability bits, include/uapi/linux/capability.h.
const CAP_SYS_ADMIN: u32 = 21;
const CAP_PERFMON: u32 = 38;
const CAP_BPF: u32 = 39;

/// What is asked for that ptrace can not do.
pub fn only(target: &Target) -> bool {
    target.all || target.cgroup.is_some() || target.comm.is_some() || target.uid.is_some()
}

/// Fails with the reason and its remedy when the kernel side can not be loaded.
///
/// # Errors
/// The first of: capabilities, BTF, PID namespace.
pub fn available(watch: &Watch) -> Result<()> {
    let status = Who::Myself.status().unwrap_or_default();
    let has = |capability| status.is_capable(capability);
    ensure!(
        has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON)),
        "eBPF needs CAP_BPF and CAP_PERFMON; run as root, or with sudo"
    );
    let btf = watch.btf.clone().unwrap_or_else(|| PathBuf::from(VMLINUX));
    ensure!(btf.exists(), "eBPF needs {}, which a kernel with CONFIG_DEBUG_INFO_BTF has", shown(btf));
    if Who::Myself.namespace("pid").is_ok_and(|namespace| namespace != machine::FIRST_PID_NAMESPACE) {
        bail!(
            "tracer runs in a PID namespace of its own, where the kernel's process ids are not known; run it outside"
        );
    }
    Ok(())
}
