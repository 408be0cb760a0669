//! What a test may need of the machine, found out without tracer: a test that asked tracer what works could never see it broken.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

/// The usual places.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// PATH of every test: the usual places, so that a test does not depend on who runs it; before them the peers that were asked for, and
/// the strace, lsof and ss that are the judges.
pub fn path() -> String {
    let first = peers().into_iter().chain(judge());
    first.chain([PATH.to_owned()]).collect::<Vec<_>>().join(":")
}

/// The folder of the strace, lsof and ss that tracer's lines are compared with (`TRACER_JUDGE`; `cargo xtask test` brings it).
fn judge() -> Option<String> {
    std::env::var("TRACER_JUDGE").ok().filter(|dir| !dir.is_empty())
}

/// The folder of other strace, lsof and so on to compare with (`TRACER_PEERS`; `cargo xtask peers` brings the newest).
pub fn peers() -> Option<String> {
    std::env::var("TRACER_PEERS").ok().filter(|dir| !dir.is_empty())
}

/// Why the machine has not got what the word asks for; `None` when it has.
/// Words: `root`, `bpf`, `ptrace`, `speed`, `tool:NAME`, `kernel>=6.1`, `file:PATH`, `arch:NAME`.
pub fn lacks(word: &str) -> Option<String> {
    let reason = |has: bool, why: &str| (!has).then(|| format!("needs {why}"));
    match word {
        "root" => reason(is_root(), "root"),
        "bpf" => reason(has_bpf(), "BTF (/sys/kernel/btf/vmlinux), CAP_BPF and CAP_PERFMON"),
        "cgroup2" => reason(cgroup2().is_some(), "a cgroup v2 hierarchy (mounted, and writable)"),
        "speed" => reason(slowness() == 1, "a processor that is not emulated"),
        "ptrace" => reason(has_ptrace(), "ptrace (kernel.yama.ptrace_scope forbids it)"),
        _ => {
            if let Some(tool) = word.strip_prefix("tool:") {
                reason(find(tool).is_some(), &format!("the program {tool}"))
            } else if let Some(path) = word.strip_prefix("file:") {
                reason(fs::metadata(path).is_ok(), &format!("the file {path}"))
            } else if let Some(arch) = word.strip_prefix("arch:") {
                reason(std::env::consts::ARCH == arch, &format!("an {arch} machine"))
            } else if let Some(version) = word.strip_prefix("kernel>=") {
                reason(kernel() >= numbers(version), &format!("kernel {version} or newer"))
            } else {
                Some(format!("no test knows how to require {word:?}"))
            }
        }
    }
}

/// Where the cgroup v2 hierarchy is mounted, if groups can be made there.
pub fn cgroup2() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/mounts").ok()?;
    let mut lines = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let at = lines.find_map(|line| (line.get(2) == Some(&"cgroup2")).then(|| PathBuf::from(line[1])))?;
    let probe = at.join(format!("tracer-test-probe-{}", std::process::id()));
    (fs::create_dir(&probe).is_ok() && fs::remove_dir(&probe).is_ok()).then_some(at)
}

/// What a backend needs.
pub fn of_backend(backend: &str) -> &'static str {
    if backend == "ebpf" { "bpf" } else { "ptrace" }
}

/// Where a program is in [`path`].
pub fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&path()).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// How many times slower than others this machine is, as who started the tests knows (`TRACER_TEST_SLOWNESS`, for an emulated
/// processor): time limits grow by it, expectations stay.
pub fn slowness() -> u32 {
    std::env::var("TRACER_TEST_SLOWNESS").ok().and_then(|times| times.parse().ok()).unwrap_or(1).clamp(1, 100)
}

/// How often cases about the lives of processes run (`TRACER_TEST_REPEATS`), where somebody says so.
pub fn repeats() -> Option<u32> {
    std::env::var("TRACER_TEST_REPEATS").ok().and_then(|times| times.parse().ok()).filter(|times| *times > 0)
}

/// Whether the tests run as root.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn has_bpf() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| {
        let capability = |bit: u32| capabilities() & 1 << bit != 0;
        let (bpf, perfmon, admin) = (capability(39), capability(38), capability(21));
        fs::File::open("/sys/kernel/btf/vmlinux").is_ok() && (admin || bpf && perfmon)
    })
}

fn has_ptrace() -> bool {
    let scope = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    match scope.trim() {
        "3" => false,
        "2" => capabilities() & 1 << 19 != 0,
        _ => true,
    }
}

/// The effective capabilities, one bit each.
fn capabilities() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    line.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0)
}

fn kernel() -> Vec<u32> {
    numbers(&fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default())
}

/// `6.1.0-13-amd64` is 6, 1.
fn numbers(version: &str) -> Vec<u32> {
    version.split(|c: char| !c.is_ascii_digit()).map_while(|part| part.parse().ok()).take(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        for (old, new) in [("5.15", "6.1"), ("6.1", "6.12"), ("6.9.7", "6.12.1-cloud"), ("6.18.44-x", "7.0")] {
            assert!(numbers(old) < numbers(new), "{old} {new}");
        }
        assert_eq!(lacks("kernel>=3.0"), None);
        assert!(lacks("kernel>=999.0").is_some());
    }

    #[test]
    fn what_is_lacking_is_named() {
        assert_eq!(lacks("tool:no-such-tool").as_deref(), Some("needs the program no-such-tool"));
        assert_eq!(lacks("tool:sh"), None);
        assert!(lacks("rot").is_some_and(|why| why.contains("rot")));
    }
}
