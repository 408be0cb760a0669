//! Where and when figures were made, and what may have disturbed them.

use std::fs;
use std::process::Command;

use super::bpf;
use crate::command;

/// Load above which a machine is not quiet: processes that were running in the last minute.
const LOADED: f64 = 0.5;

/// The machine, as the head of every output says it.
pub struct Machine {
    /// Name and value.
    pub facts: Vec<(&'static str, String)>,
    /// What makes the figures doubtful.
    pub warnings: Vec<String>,
}

impl Machine {
    /// Looks at it.
    pub fn look(tools: &[&str]) -> Machine {
        let cpus = std::thread::available_parallelism().map_or(0, usize::from);
        let facts = vec![
            ("kernel", read("/proc/sys/kernel/osrelease")),
            ("CPUs", format!("{cpus} × {}{}", model(&read("/proc/cpuinfo")), virtual_machine())),
            ("date", output("date", &["-u", "+%Y-%m-%d %H:%M UTC"])),
            ("commit", commit()),
            ("peers", versions(tools)),
        ];
        let mut warnings = Vec::new();
        let load = read("/proc/loadavg");
        if first_number(&load).is_some_and(|load| load > LOADED) {
            warnings.push(format!("the machine is not quiet: load averages are {}", load.trim()));
        }
        match bpf::loaded_tracing_programs() {
            Ok(0) => {}
            Ok(n) => warnings.push(format!("{n} tracing BPF programs are loaded already: they cost in every figure")),
            Err(error) => warnings.push(format!("{error:#}")),
        }
        Machine { facts, warnings }
    }
}

/// The program that was built: the commit, and whether the tree has changes on top of it.
fn commit() -> String {
    let root = command::root().to_string_lossy().into_owned();
    let commit = output("git", &["-C", &root, "rev-parse", "--short=12", "HEAD"]);
    let changed = !output("git", &["-C", &root, "status", "--porcelain", "--untracked-files=no"]).is_empty();
    format!("{commit}{}", if changed { ", changed" } else { "" })
}

/// The versions of those tools that are installed.
fn versions(tools: &[&str]) -> String {
    let known = tools.iter().filter(|tool| command::find(tool).is_some());
    let known: Vec<_> = known.map(|tool| version(tool, &says(tool))).collect();
    if known.is_empty() { "none".into() } else { known.join(", ") }
}

/// What a tool says of its version: by the long option, or as nginx and wrk do, by the short one.
fn says(tool: &str) -> String {
    let all = |option: &str| {
        let out = Command::new(tool).arg(option).output();
        out.map_or(String::new(), |out| String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
    };
    if matches!(tool, "nginx" | "wrk") { all("-v") } else { all("--version") }
}

/// A tool with the first number that has a point in it.
fn version(tool: &str, text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || "/=".contains(c)).map(|word| word.trim_start_matches('v'));
    let mut numbers = words.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'));
    format!("{tool} {}", numbers.next().unwrap_or("of unknown version"))
}

/// What the processor is called.
fn model(cpuinfo: &str) -> String {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split_once(": ")).map_or("CPU", |(_, name)| name).trim().to_owned()
}

fn virtual_machine() -> &'static str {
    // Calls, wake-ups and interrupts cost other amounts there.
    if read("/proc/cpuinfo").split_whitespace().any(|flag| flag == "hypervisor") { ", virtual" } else { "" }
}

fn first_number(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim_end().to_owned()
}

fn output(program: &str, args: &[&str]) -> String {
    let out = Command::new(program).args(args).output();
    out.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_machine_are_read() {
        assert_eq!(model("processor\t: 0\nmodel name\t: Fast CPU @ 3 GHz\nmodel name\t: x\n"), "Fast CPU @ 3 GHz");
        assert_eq!(model(""), "CPU");
        assert_eq!(version("strace", "strace -- version 6.1\nCopyright"), "strace 6.1");
        assert_eq!(version("bpftrace", "bpftrace v0.17.0"), "bpftrace 0.17.0");
        assert_eq!(version("nginx", "nginx version: nginx/1.22.1\n"), "nginx 1.22.1");
        assert_eq!(version("wrk", "wrk debian/4.1.0-3+b2 [epoll] Copyright"), "wrk 4.1.0-3+b2");
        assert_eq!(version("redis-server", "Redis server v=7.0.15 sha=0:0"), "redis-server 7.0.15");
        assert_eq!(version("perf", ""), "perf of unknown version");
        assert_eq!(first_number("0.39 0.60 0.33 1/100 5"), Some(0.39));
    }
}
