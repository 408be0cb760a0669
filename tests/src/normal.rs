//! strace's text, brought to a form that does not depend on the run: what was interrupted is joined again, lines stand with their
//! task, tasks are named by descent, and what differs between any two runs (addresses, pids, times) is masked.
//!
//! Everything masked here is masked in all three tools alike. What two runs of strace itself do not agree on is no difference.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use regex::Regex;

/// The lines of each task, by its name: `1` is the first, `1.2` its second child.
pub type Trace = BTreeMap<String, Vec<String>>;

/// A mask, and why what it hides differs between runs.
const MASKS: &[(&str, &str, &str)] = &[
    ("addresses", r"\b0x[0-9a-f]{6,16}\b", "ADDR"),
    ("environment", r"ADDR /\* \d+ vars \*/", "ADDR /* N vars */"),
    ("user and system time", r"\b([sr][iu]_[us]time)=(\{[^}]*\}|\d+)( /\*[^*]*\*/)?", "$1=T"),
    ("times of files", r"\b(stx_[abcm]time)=\{[^}]*\}( /\*[^*]*\*/)?", "$1=T"),
    ("times of files", r"\b(st_[amc]time)=\d+( /\*[^*]*\*/)?(, st_[amc]time_nsec=\d+)?", "$1=T"),
    ("times of clocks", r"\btv_sec=\d{6,}( /\*[^*]*\*/)?, tv_([nu])sec=\d+", "tv_sec=T, tv_${2}sec=T"),
    ("what was left of a sleep", r"left \{tv_sec=\d+, tv_([nu])sec=\d+\}", "left {tv_sec=T, tv_${1}sec=T}"),
    ("random bytes", r#"getrandom\("[^"]*""#, "getrandom(R"),
    ("inodes of pipes and sockets", r"\b(pipe|socket):\[\d+\]", "$1:[I]"),
    ("inodes of sockets", r"\b([A-Z][A-Za-z0-9_-]+):\[\d{4,}", "$1:[I"),
    ("inodes of peers", r"\[I->\d+", "[I->I"),
    ("inodes of new namespaces", r"\b(cgroup|ipc|mnt|net|pid|time|user|uts):\[4026532\d{3}\]", "$1:[NEW]"),
    ("ephemeral ports", r"htons\([3-6]\d{4}\)", "htons(P)"),
    ("ephemeral ports", r"([\d\]]):[3-6]\d{4}\b", "$1:P"),
    ("names of temporary files", r"\b(cc|tmp|tmp_pack_|sort|sh-thd\.|sed|tmpfile_?)[A-Za-z0-9]{6,}\b", "${1}X"),
    ("load, memory and uptime", r"sysinfo\(\{.*\}\)", "sysinfo({S})"),
    ("clock ticks", r"^times\(.*", "times(T)"),
    ("numbers of message queues", r"^(msgget\(.*\)) += \d+", "$1 = N"),
    ("space of file systems", r"\bf_(blocks|bfree|bavail|files|ffree)=\d+", "f_$1=N"),
    ("where a handled signal interrupted", r"^(rt_sigreturn\(\{mask=\[\]\}\)) += .*", "$1 = R"),
    ("size of the thread's area", r"^rseq\(ADDR, 0x[0-9a-f]+,", "rseq(ADDR, SIZE,"),
];

/// Reads what `-f -o FILE` wrote: every line begins with a pid.
pub fn read(text: &str) -> Trace {
    let mut tasks: Vec<(u32, Vec<String>)> = Vec::new();
    let mut open: HashMap<u32, String> = HashMap::new();
    for line in text.lines() {
        let Some((pid, rest)) = line.split_at_checked(line.bytes().take_while(u8::is_ascii_digit).count()) else {
            continue;
        };
        // With `-Y` a name stands behind it: strace keeps one that the task had before.
        let rest = if rest.starts_with('<') { rest.split_once("> ").map_or("", |(_, rest)| rest) } else { rest };
        let (Ok(pid), rest) = (pid.parse::<u32>(), rest.trim_start()) else { continue };
        let at = tasks.iter().position(|(known, _)| *known == pid).unwrap_or_else(|| {
            tasks.push((pid, Vec::new()));
            tasks.len() - 1
        });
        if let Some(start) = rest.strip_suffix("<unfinished ...>").filter(|start| !start.starts_with("<...")) {
            open.insert(pid, start.trim_end().to_owned());
        } else if let Some((_, end)) = rest.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
            let start = open.remove(&pid).unwrap_or_else(|| "?(".to_owned());
            tasks[at].1.push(join(&start, end));
        } else {
            if let Some(start) = open.remove(&pid) {
                tasks[at].1.push(format!("{start} <unfinished ...>"));
            }
            tasks[at].1.push(rest.to_owned());
        }
    }
    for (pid, start) in open {
        if let Some((_, lines)) = tasks.iter_mut().find(|(known, _)| *known == pid) {
            lines.push(format!("{start} <unfinished ...>"));
        }
    }
    rename(tasks)
}

/// The two halves of a call: 6.1 leaves the comma between them with the first, 7.x gives it to the second.
fn join(start: &str, end: &str) -> String {
    let start = start.trim_end();
    let comma = start.ends_with(',') || end.starts_with(", ");
    let (start, end) = (start.trim_end_matches(','), end.strip_prefix(", ").unwrap_or(end).trim_start());
    match (comma, end.starts_with("=>")) {
        (true, _) => format!("{start}, {end}"),
        (false, true) => format!("{start} {end}"),
        (false, false) => format!("{start}{end}"),
    }
}

/// Names tasks by descent and puts the names where the pids were; then masks.
fn rename(tasks: Vec<(u32, Vec<String>)>) -> Trace {
    static FORK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(?:clone3?|v?fork)\(.*\)\s+= (\d+)").ok());
    let mut names: HashMap<u32, String> = HashMap::new();
    if let Some((pid, _)) = tasks.first() {
        names.insert(*pid, "1".to_owned());
    }
    // Parents come before their children are named, in whatever order their lines stand.
    for _ in 0..tasks.len() {
        for (pid, lines) in &tasks {
            let Some(name) = names.get(pid).cloned() else { continue };
            let children = lines.iter().filter_map(|line| FORK.as_ref()?.captures(line)?[1].parse::<u32>().ok());
            for (number, child) in (1..).zip(children) {
                names.entry(child).or_insert_with(|| format!("{name}.{number}"));
            }
        }
        if names.len() >= tasks.len() {
            break;
        }
    }
    for (number, (pid, _)) in (1..).zip(&tasks) {
        names.entry(*pid).or_insert_with(|| format!("?{number}"));
    }
    let mut trace = Trace::new();
    for (pid, lines) in tasks {
        let mut kept: Vec<String> = Vec::new();
        // When a child ends relative to what its parent does is chance: its signal is compared, its place is not.
        let mut signals: Vec<String> = Vec::new();
        for line in lines {
            let line = mask(&with_names(&line, &names));
            if line.starts_with("--- SIGCHLD") {
                signals.push(line);
            } else if !line.contains(" = ? ERESTART") {
                // Whether a call was interrupted by such a signal, to be restarted, is chance too.
                kept.push(line);
            }
        }
        signals.sort();
        kept.extend(signals);
        trace.insert(names[&pid].clone(), kept);
    }
    trace
}

/// The line with every number that is the pid of a traced task replaced by its name.
fn with_names(line: &str, names: &HashMap<u32, String>) -> String {
    static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b\d{2,7}\b").ok());
    let Some(number) = NUMBER.as_ref() else { return line.to_owned() };
    let named = |found: &regex::Captures<'_>| match found[0].parse().ok().and_then(|pid: u32| names.get(&pid)) {
        Some(name) => format!("P{name}"),
        None => found[0].to_owned(),
    };
    number.replace_all(line, named).into_owned()
}

/// The line without what differs between runs, and with the padding before `=` taken out.
pub fn mask(line: &str) -> String {
    static REGEXES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let compile = |(_, regex, by): &(&str, &str, &'static str)| Some((Regex::new(regex).ok()?, *by));
        MASKS.iter().filter_map(compile).collect()
    });
    let mut line = line.to_owned();
    for (regex, by) in REGEXES.iter() {
        line = regex.replace_all(&line, *by).into_owned();
    }
    // The column of `=` depends on the length of what was masked.
    if let Some(at) = line.rfind(") ").filter(|at| line[at + 1..].trim_start().starts_with("= ")) {
        line = format!("{} {}", &line[..=at], line[at + 1..].trim_start());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mask_is_an_expression() {
        for (why, regex, _) in MASKS {
            assert!(Regex::new(regex).is_ok(), "{why}");
        }
    }

    #[test]
    fn interrupted_calls_are_joined_in_the_form_of_either_version() {
        let old = "10  wait4(11,  <unfinished ...>\n11  exit_group(0)           = ?\n11  +++ exited with 0 +++\n10  <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 11\n";
        let new = "10  wait4(11 <unfinished ...>\n11  exit_group(0) = ?\n11  +++ exited with 0 +++\n10  <... wait4 resumed>, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 11\n";
        assert_eq!(read(old), read(new));
        assert_eq!(read(old)["1"], ["wait4(P?2, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = P?2"]);
        let named = "10<sh> getpid() = 10<sh>\n11<a > b> getppid() = 10<sh>\n";
        assert_eq!(read(named).len(), 2);
        let none = "10  read(3 <unfinished ...>\n10  <... read resumed>, \"a\", 1) = 1\n10  pause( <unfinished ...>\n10  <... pause resumed>) = 1\n";
        assert_eq!(read(none)["1"], ["read(3, \"a\", 1) = 1", "pause() = 1"]);
        let arrow = "10  clone3({flags=0} <unfinished ...>\n10  <... clone3 resumed> => {parent_tid=[11]}, 88) = 11\n";
        assert_eq!(read(arrow)["1"], ["clone3({flags=0} => {parent_tid=[P1.1]}, 88) = P1.1"]);
    }

    #[test]
    fn tasks_are_named_by_descent() {
        let text = "20  getpid() = 20\n22  exit_group(0) = ?\n21  exit_group(0) = ?\n20  clone(child_stack=NULL) = 21\n20  vfork() = 22\n";
        let trace = read(text);
        assert_eq!(trace.keys().collect::<Vec<_>>(), ["1", "1.1", "1.2"]);
        assert_eq!(trace["1"], ["getpid() = P1", "clone(child_stack=NULL) = P1.1", "vfork() = P1.2"]);
    }

    #[test]
    fn what_differs_between_runs_is_masked() {
        let check = |line: &str, expected: &str| assert_eq!(mask(line), expected);
        check(
            "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, -1, 0)    = 0x7f1234567000",
            "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, -1, 0) = ADDR",
        );
        check(
            "execve(\"/bin/a\", [\"a\"], 0x7ffc01234567 /* 35 vars */) = 0",
            "execve(\"/bin/a\", [\"a\"], ADDR /* N vars */) = 0",
        );
        check(
            "--- SIGCHLD {si_signo=SIGCHLD, si_utime=0, si_stime=12} ---",
            "--- SIGCHLD {si_signo=SIGCHLD, si_utime=T, si_stime=T} ---",
        );
        check("fcntl(3, F_SETFD, FD_CLOEXEC) = 0", "fcntl(3, F_SETFD, FD_CLOEXEC) = 0");
        check("ioctl(1, 0x1234, 0)     = 0", "ioctl(1, 0x1234, 0) = 0");
    }
}
