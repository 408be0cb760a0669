//! Whether eBPF is to be had here, and if not, why: asked before anything is started.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use super::load::VMLINUX;
use crate::spec::{Target, Watch};

/// Capability bits, include/uapi/linux/capability.h.
const CAP_SYS_ADMIN: u32 = 21;
const CAP_PERFMON: u32 = 38;
const CAP_BPF: u32 = 39;

/// The inode number of the first PID namespace, PROC_PID_INIT_INO of include/linux/proc_ns.h.
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// What is asked for that ptrace can not do.
pub fn only(target: &Target) -> bool {
    target.all || target.cgroup.is_some() || target.comm.is_some() || target.uid.is_some()
}

/// Fails with the reason and its remedy when the kernel side can not be loaded.
///
/// # Errors
/// The first of: capabilities, BTF, PID namespace.
pub fn available(watch: &Watch) -> Result<()> {
    let caps = effective_capabilities();
    let has = |cap: u32| caps >> cap & 1 != 0;
    ensure!(
        has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON)),
        "eBPF needs CAP_BPF and CAP_PERFMON; run as root, or with sudo"
    );
    let btf = watch.btf.clone().unwrap_or_else(|| PathBuf::from(VMLINUX));
    ensure!(btf.exists(), "eBPF needs {}, which a kernel with CONFIG_DEBUG_INFO_BTF has", btf.display());
    if let Ok(namespace) = std::fs::read_link("/proc/self/ns/pid")
        && namespace != Path::new(FIRST_PID_NAMESPACE)
    {
        bail!(
            "tracer runs in a PID namespace of its own, where the kernel's process ids are not known; run it outside"
        );
    }
    Ok(())
}

fn effective_capabilities() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    line.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0)
}
