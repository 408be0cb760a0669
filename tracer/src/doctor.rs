//! `tracer doctor`: what works on this machine, what does not, and what to do about it. Both sources are
//! really tried (a call of a child is traced, a child is attached to), because no list of conditions is
//! complete; the conditions are looked up to explain the outcome of the tries.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::thread::JoinHandle;

use serde::Serialize;

use crate::capture::{ebpf, ptrace};
use crate::cli::asked;
use crate::render::typed::show;
use crate::system::confine::{Work, confine};
use crate::system::process::Status;
use crate::system::procfs::machine::{self, Mounted};
use crate::system::procfs::mounts::Mounts;
use crate::system::procfs::who::Who;
use crate::system::threads;
use crate::trace::said;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nothing is in the way.
    Ok,
    /// It limits what can be seen or done; tracing works.
    Note,
    /// It keeps a source from working.
    Bad,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its stable name, for machines.
    pub check: &'static str,
    /// How it came out.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do about it, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<&'static str>,
}

/// All checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The checks; the sources, and what they are good for, last.
    pub checks: Vec<Check>,
}

/// The names of the checks that try a source.
const EBPF: &str = "ebpf";
const PTRACE: &str = "ptrace";

impl Report {
    fn add(&mut self, check: &'static str, state: State, found: impl Into<String>, remedy: &'static str) {
        let remedy = (state != State::Ok && !remedy.is_empty()).then_some(remedy);
        self.checks.push(Check { check, state, found: found.into(), remedy });
    }

    fn state(&self, check: &str) -> State {
        self.checks.iter().find(|c| c.check == check).map_or(State::Bad, |c| c.state)
    }

    /// Whether at least one source works.
    pub fn works(&self) -> bool {
        [EBPF, PTRACE].iter().any(|source| self.state(source) != State::Bad)
    }

    /// The source that tracer takes unless told otherwise.
    fn chosen(&self) -> Option<&'static str> {
        [EBPF, PTRACE].into_iter().find(|source| self.state(source) != State::Bad)
    }

    /// For people: a line for each check, its remedy below it, and the verdict last.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for c in &self.checks {
            let state = match c.state {
                State::Ok => "ok",
                State::Note => "note",
                State::Bad => "BAD",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{state:<5} {:<12} {}", c.check, show(&c.found));
            if let Some(remedy) = c.remedy {
                let _ = writeln!(out, "{:18} -> {remedy}", "");
            }
        }
        let verdict = match self.chosen() {
            Some(EBPF) => "tracer works here, with eBPF: the traced program never waits for it.",
            Some(_) => "tracer works here, with ptrace only: the traced program is slowed down.",
            None => "tracer cannot trace anything here.",
        };
        let _ = writeln!(out, "{verdict}");
        out
    }

    /// For machines: an object for each check, and one with the verdict.
    pub fn json(&self) -> String {
        let verdict = serde_json::json!({ "check": "verdict", "works": self.works(), "source": self.chosen() });
        let lines = self.checks.iter().map(serde_json::to_string).chain([serde_json::to_string(&verdict)]);
        lines.filter_map(Result::ok).map(|line| line + "\n").collect()
    }
}

/// Makes every check. Loads and unloads the kernel side, and attaches to a child of its own; changes nothing
/// that lasts.
pub fn examine() -> Report {
    let mut report = Report::default();
    let status = Who::Myself.status().unwrap_or_default();
    kernel(&mut report);
    rights(&mut report, &status);
    btf(&mut report);
    namespace(&mut report);
    memlock(&mut report);
    proc_mount(&mut report, machine::mounted(&Mounts::of(Who::Myself)), rustix::process::geteuid().is_root());
    tracefs(&mut report);
    absent_memory(&mut report);
    seccomp(&mut report, &status);
    confinement(&mut report);
    scope(&mut report, &machine::ptrace_scope());
    sources(&mut report);
    library(&mut report, version(&rustix::system::uname().release().to_string_lossy()));
    report
}

/// Calls of library functions, by what the sources came to.
fn library(report: &mut Report, release: Option<(u32, u32)>) {
    let remedy = "end such a trace by SIGINT or SIGTERM; with eBPF (Linux 6.6) nothing is left behind";
    let [ebpf, ptrace] = [EBPF, PTRACE].map(|source| report.state(source) == State::Ok);
    if ebpf && release.is_some_and(|release| release >= (6, 6)) {
        report.add("ltrace", State::Ok, "calls of library functions are seen by eBPF, without stops", "");
    } else if ptrace && cfg!(target_arch = "x86_64") {
        let found = "calls of library functions are seen by breakpoints (ptrace): each stops, and a process that still has them when \
                     tracer is killed (SIGKILL) ends by SIGTRAP";
        report.add("ltrace", State::Note, found, remedy);
    } else {
        let remedy = "see the two checks above: eBPF (Linux 6.6), or ptrace on x86_64";
        report.add("ltrace", State::Bad, "calls of library functions cannot be seen", remedy);
    }
}

/// Tries both sources.
fn sources(report: &mut Report) {
    // The pid only makes the words complete: the try traces a child of its own.
    let words = ["--backend=ebpf", "-y", "--trace=openat", "--pid=1"];
    match asked::spec(words) {
        Ok(spec) => match ebpf::available(&spec.watch).and_then(|()| ebpf::attempt(spec.watch)) {
            Ok(()) => {
                report.add(EBPF, State::Ok, "traced a call of a child, with its path and the name of its file", "")
            }
            Err(e) => report.add(EBPF, State::Bad, said(&e), "see the checks above; until then tracer uses ptrace"),
        },
        _ => report.add(EBPF, State::Bad, "the request for the try was refused", "report this as a bug"),
    }
    match ptrace::attempt() {
        Ok(()) => report.add(PTRACE, State::Ok, "attached to a child", ""),
        Err(e) => report.add(
            PTRACE,
            State::Bad,
            format!("cannot attach to a child: {}", said(&e.into())),
            "allow ptrace: kernel.yama.ptrace_scope below 3, and in a container --cap-add SYS_PTRACE with a seccomp profile that allows it",
        ),
    }
}

fn kernel(report: &mut Report) {
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy();
    let old = version(&release).is_some_and(|v| v < (6, 1));
    let state = if old { State::Note } else { State::Ok };
    report.add("kernel", state, release.as_ref(), "eBPF is tested from Linux 6.1 on; ptrace works from 5.3 on");
    let arch = std::env::consts::ARCH;
    let known = matches!(arch, "x86_64" | "aarch64");
    let state = if known { State::Ok } else { State::Bad };
    report.add("arch", state, arch, "tracer knows x86_64 and aarch64");
}

/// Major and minor number of a kernel release.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Capabilities that matter, include/uapi/linux/capability.h.
const CAPABILITIES: [(u32, &str); 5] =
    [(12, "CAP_NET_ADMIN"), (19, "CAP_SYS_PTRACE"), (21, "CAP_SYS_ADMIN"), (38, "CAP_PERFMON"), (39, "CAP_BPF")];

fn rights(report: &mut Report, status: &Status) {
    let has = |capability| status.is_capable(capability);
    let names: Vec<_> = CAPABILITIES.iter().filter(|(bit, _)| has(*bit)).map(|(_, name)| *name).collect();
    let names = if names.is_empty() { "none that matter".to_owned() } else { names.join(" ") };
    let uid = rustix::process::geteuid();
    let state = if has(21) || has(38) && has(39) { State::Ok } else { State::Bad };
    report.add(
        "rights",
        state,
        format!("user {}, capabilities: {names}", uid.as_raw()),
        "for eBPF run as root, or: setcap cap_bpf,cap_perfmon,cap_sys_ptrace+ep tracer",
    );
}

fn btf(report: &mut Report) {
    let path = "/sys/kernel/btf/vmlinux";
    match fs::File::open(path).and_then(|file| file.metadata()) {
        Ok(meta) => report.add("btf", State::Ok, format!("{path}, {} KiB", meta.len() / 1024), ""),
        Err(e) => report.add(
            "btf",
            State::Bad,
            format!("{path}: {}", said(&e.into())),
            "use a kernel built with CONFIG_DEBUG_INFO_BTF, mount /sys, or name a BTF file: --btf FILE",
        ),
    }
}

fn namespace(report: &mut Report) {
    match Who::Myself.namespace("pid") {
        Ok(machine::FIRST_PID_NAMESPACE) => {
            report.add("pid_ns", State::Ok, "the machine's own PID namespace", "");
        }
        Ok(inode) => report.add(
            "pid_ns",
            State::Bad,
            format!("a PID namespace of its own: pid:[{inode}]"),
            "eBPF knows processes by the machine's ids: run tracer outside, or the container with --pid=host",
        ),
        Err(e) => report.add("pid_ns", State::Bad, said(&e.into()), "mount /proc"),
    }
}

fn memlock(report: &mut Report) {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Memlock).current;
    let limit = limit.map_or("unlimited".to_owned(), |bytes| format!("{} KiB", bytes / 1024));
    // From 5.11 on BPF memory counts towards the cgroup: this limit does not matter.
    report.add("memlock", State::Ok, format!("{limit} (does not matter from Linux 5.11 on)"), "");
}

fn proc_mount(report: &mut Report, mounted: Mounted<'_>, root: bool) {
    let remedy = "mount it: mount -t proc proc /proc";
    match mounted {
        Mounted::No => report.add("proc", State::Bad, "/proc is not a mount", remedy),
        Mounted::Other => report.add("proc", State::Bad, "/proc is no proc file system", remedy),
        Mounted::Proc(Some(how)) => report.add(
            "proc",
            if root { State::Ok } else { State::Note },
            format!("/proc is mounted with hidepid={}", String::from_utf8_lossy(how)),
            "to name processes of others: run as root, or in the group of the mount's gid= option",
        ),
        Mounted::Proc(None) => report.add("proc", State::Ok, "/proc shows all processes", ""),
    }
}

fn tracefs(report: &mut Report) {
    let found = machine::tracefs().map(|root| root.display().to_string());
    let needed = ebpf::needs_tracefs();
    let state = if needed && found.is_none() { State::Note } else { State::Ok };
    let missing = if needed { "not mounted or not readable" } else { "not mounted or not readable (not needed)" };
    report.add(
        "tracefs",
        state,
        found.unwrap_or_else(|| missing.to_owned()),
        "from Linux 7 on tracer misses (and counts) calls without it: mount -t tracefs tracefs /sys/kernel/tracing",
    );
}

/// Memory that a call passes before it was ever touched.
fn absent_memory(report: &mut Report) {
    if report.state("btf") == State::Ok && ebpf::may_sleep(Path::new(ebpf::VMLINUX)) {
        report.add("absent_memory", State::Ok, "eBPF reads memory that is not present when a call begins", "");
    } else {
        let found =
            "eBPF cannot read memory that is not present when a call begins, and counts it (Linux 7.2 and ptrace can)";
        report.add("absent_memory", State::Ok, found, "");
    }
}

fn seccomp(report: &mut Report, status: &Status) {
    if status.seccomp != 0 {
        let remedy = "if a source fails below: start the container with a profile that allows bpf and ptrace";
        report.add("seccomp", State::Note, "tracer runs under a seccomp filter", remedy);
    } else {
        report.add("seccomp", State::Ok, "no seccomp filter", "");
    }
}

/// Whether what is not needed can be given up: a thread tries it, for it is for good.
fn confinement(report: &mut Report) {
    let tried = threads::start(|| confine(Work::Others)).map(JoinHandle::join);
    let (state, found, remedy) = match tried {
        Ok(Ok(Ok(()))) => (State::Ok, "rights that are not needed are given up".to_owned(), ""),
        Ok(Ok(Err(held))) => {
            (State::Note, held.to_string(), "tracer works with them; allow seccomp(2), prctl(2) and capset(2)")
        }
        Ok(Err(_)) => (State::Note, "the try panicked".to_owned(), "report this as a bug"),
        Err(e) => (State::Note, said(&e.into()), "give tracer more memory"),
    };
    report.add("confinement", state, found, remedy);
}

/// Of kernel.yama.ptrace_scope (Documentation/admin-guide/LSM/Yama.rst).
fn scope(report: &mut Report, scope: &str) {
    let (state, found, remedy) = match scope {
        "" => (State::Ok, "no Yama: tracer can attach to your own processes", ""),
        "0" => (State::Ok, "0: tracer can attach to your own processes", ""),
        "1" => (
            State::Note,
            "1: without rights tracer can trace only the commands that it starts",
            "for -p: sysctl kernel.yama.ptrace_scope=0, or run as root",
        ),
        "2" => (State::Note, "2: ptrace needs CAP_SYS_PTRACE", "run as root, or: sysctl kernel.yama.ptrace_scope=0"),
        _ => (State::Bad, "3: nobody may attach with ptrace", "use eBPF: the value stays until the next boot"),
    };
    report.add("ptrace_scope", state, found, remedy);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::procfs::status;

    fn of(look: impl Fn(&mut Report)) -> (State, bool) {
        let mut report = Report::default();
        look(&mut report);
        (report.checks[0].state, report.checks[0].remedy.is_some())
    }

    #[test]
    fn what_is_bad_has_a_remedy() {
        assert_eq!(of(|r| proc_mount(r, Mounted::Proc(None), false)), (State::Ok, false));
        assert_eq!(of(|r| proc_mount(r, Mounted::Proc(Some(b"invisible")), false)), (State::Note, true));
        assert_eq!(of(|r| proc_mount(r, Mounted::Proc(Some(b"2")), true)), (State::Ok, false));
        assert_eq!(of(|r| proc_mount(r, Mounted::Other, false)), (State::Bad, true));
        assert_eq!(of(|r| proc_mount(r, Mounted::No, false)), (State::Bad, true));
        let status = |text: &str| status::parse(text.as_bytes());
        assert_eq!(of(|r| rights(r, &status("CapEff:\t0000000000000000\n"))), (State::Bad, true));
        assert_eq!(of(|r| rights(r, &status("CapEff:\t000000c000000000\n"))), (State::Ok, false));
        assert_eq!(of(confinement), (State::Ok, false));
        assert_eq!(of(|r| seccomp(r, &status("Seccomp:\t2\n"))), (State::Note, true));
        for (value, state) in
            [("", State::Ok), ("0", State::Ok), ("1", State::Note), ("2", State::Note), ("3", State::Bad)]
        {
            assert_eq!(of(|r| scope(r, value)).0, state, "{value}");
        }
        assert_eq!(version("6.18.5-arch1"), Some((6, 18)));
        assert_eq!(version("nonsense"), None);
    }

    #[test]
    fn library_calls_need_a_newer_kernel_or_breakpoints() {
        let check = |ebpf, ptrace, release, expected| {
            let mut report = Report::default();
            report.add(EBPF, ebpf, "x", "do");
            report.add(PTRACE, ptrace, "y", "do");
            library(&mut report, Some(release));
            assert_eq!(report.state("ltrace"), expected, "{release:?}");
        };
        let breakpoints = if cfg!(target_arch = "x86_64") { State::Note } else { State::Bad };
        check(State::Ok, State::Ok, (6, 6), State::Ok);
        check(State::Ok, State::Ok, (6, 1), breakpoints);
        check(State::Bad, State::Ok, (6, 18), breakpoints);
        check(State::Bad, State::Bad, (6, 18), State::Bad);
    }

    #[test]
    fn one_source_is_enough() {
        let check = |ebpf, ptrace, works, source: Option<&str>| {
            let mut report = Report::default();
            report.add(EBPF, ebpf, "x\x1b[31m", "do");
            report.add(PTRACE, ptrace, "y", "do");
            assert_eq!(report.works(), works);
            assert!(!report.text().contains('\x1b'));
            let last = report.json().lines().last().map(str::to_owned).unwrap_or_default();
            let last: serde_json::Value = serde_json::from_str(&last).expect("an object");
            assert_eq!((last["works"].as_bool(), last["source"].as_str()), (Some(works), source));
        };
        check(State::Ok, State::Ok, true, Some("ebpf"));
        check(State::Bad, State::Ok, true, Some("ptrace"));
        check(State::Bad, State::Bad, false, None);
    }
}
