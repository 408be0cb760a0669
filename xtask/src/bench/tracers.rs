//! The tracers that are compared: how each is started, on a command or a process, and what its output must look like.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::measuring::{self, Scratch, quiet};
use super::parsing::{self, Lost};
use super::workloads::{Asked, Call, Workload};

/// How a tracer comes to its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Not a tracer at all: empty programs on the tracepoints.
    Floor,
    /// tracer of this repository.
    Ours,
    /// strace
    Strace,
    /// perf trace
    Perf,
    /// bpftrace, with one line a call.
    Bpftrace,
}

/// The form of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Lines as strace writes them.
    Text,
    /// JSON Lines.
    Json,
    /// A recording, which is replayed to be counted.
    Recording,
    /// The table of -c.
    Table,
    /// Lines as perf trace writes them.
    Perf,
    /// `PID NUMBER = RESULT`
    Numbers,
}

/// A row of the table.
#[derive(Debug)]
pub struct Tracer {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is.
    pub title: &'static str,
    /// The program.
    pub program: Program,
    /// Which calls it is asked for.
    pub asked: Asked,
    /// Whether what is measured is another process than the traced one.
    pub elsewhere: bool,
    /// Whether it is among the few of a quick run.
    pub quick: bool,
    options: &'static [&'static str],
    form: Form,
    /// The workloads that it says something about; all when empty.
    only: &'static [Workload],
}

/// What most rows are.
const ROW: Tracer = Tracer {
    name: "",
    title: "",
    program: Program::Ours,
    asked: Asked::All,
    elsewhere: false,
    quick: false,
    options: &[],
    form: Form::Text,
    only: &[],
};

const LOOPS: &[Workload] = &[Workload::Getppid, Workload::Dd, Workload::Files];
/// What stacks are compared on: their frames are the same for every call.
const STACKS: &[Workload] = &[Workload::Getppid, Workload::Files];
const LOCAL: &[Workload] = &[Workload::Getppid, Workload::Dd, Workload::Files, Workload::Spawn, Workload::Make];
const SERVERS: &[Workload] = &[Workload::Nginx, Workload::Redis];

/// All rows, in the order of the table.
pub const ALL: &[Tracer] = &[
    Tracer {
        name: "floor",
        title: "an empty BPF program on both tracepoints (the floor)",
        program: Program::Floor,
        quick: true,
        ..ROW
    },
    Tracer { name: "text", title: "`tracer -f -o FILE`", quick: true, ..ROW },
    Tracer { name: "text-y", title: "`tracer -f -y -o FILE`", options: &["-y"], only: LOOPS, ..ROW },
    Tracer { name: "json", title: "`tracer -f --json -o FILE`", options: &["--json"], form: Form::Json, ..ROW },
    Tracer { name: "record", title: "`tracer -f -o FILE.trace`", form: Form::Recording, ..ROW },
    Tracer { name: "count", title: "`tracer -f -c`", options: &["-c"], form: Form::Table, quick: true, ..ROW },
    Tracer {
        name: "filter",
        title: "`tracer -f --trace=openat`",
        options: &["--trace=openat"],
        asked: Asked::Openat,
        only: LOCAL,
        ..ROW
    },
    Tracer {
        name: "network",
        title: "`tracer -f --trace=network`",
        options: &["--trace=network"],
        asked: Asked::Network,
        only: SERVERS,
        ..ROW
    },
    Tracer { name: "stacks", title: "`tracer -f -k`", options: &["-k"], only: STACKS, ..ROW },
    Tracer { name: "other", title: "tracer, on another process", elsewhere: true, ..ROW },
    Tracer {
        name: "ptrace",
        title: "`tracer -f --backend ptrace`",
        options: &["--backend", "ptrace"],
        quick: true,
        ..ROW
    },
    Tracer {
        name: "ptrace-filter",
        title: "`tracer -f --backend ptrace --seccomp-bpf --trace=openat`",
        options: &["--backend", "ptrace", "--seccomp-bpf", "--trace=openat"],
        asked: Asked::Openat,
        only: LOCAL,
        ..ROW
    },
    Tracer { name: "strace", title: "`strace -f -o FILE`", program: Program::Strace, quick: true, ..ROW },
    Tracer {
        name: "strace-count",
        title: "`strace -f -c`",
        program: Program::Strace,
        options: &["-c"],
        form: Form::Table,
        ..ROW
    },
    Tracer {
        name: "strace-filter",
        title: "`strace -f --seccomp-bpf --trace=openat`",
        program: Program::Strace,
        options: &["--seccomp-bpf", "--trace=openat"],
        asked: Asked::Openat,
        only: LOCAL,
        ..ROW
    },
    Tracer {
        name: "strace-stacks",
        title: "`strace -f -k`",
        program: Program::Strace,
        options: &["-k"],
        only: STACKS,
        ..ROW
    },
    Tracer { name: "perf", title: "`perf trace -o FILE`", program: Program::Perf, form: Form::Perf, ..ROW },
    Tracer {
        name: "bpftrace",
        title: "bpftrace, a `printf` a call",
        program: Program::Bpftrace,
        form: Form::Numbers,
        quick: true,
        ..ROW
    },
];

/// What is traced.
pub enum Target<'a> {
    /// A command, started by the tracer.
    Command(&'a [std::ffi::OsString]),
    /// A process that runs.
    Pid(u32),
}

impl Tracer {
    /// Whether it has a row under this workload.
    pub fn applies(&self, workload: Workload) -> bool {
        self.only.is_empty() || self.only.contains(&workload)
    }

    /// The program that must be installed.
    pub fn needs(&self) -> Option<&'static str> {
        match self.program {
            Program::Floor | Program::Ours => None,
            Program::Strace => Some("strace"),
            Program::Perf => Some("perf"),
            Program::Bpftrace => Some("bpftrace"),
        }
    }

    /// Where its output goes.
    pub fn output(&self, scratch: &Scratch) -> PathBuf {
        scratch.path(if self.form == Form::Recording { "output.trace" } else { "output" })
    }

    /// The command that traces `target`. `ours` is this repository's tracer.
    pub fn command(&self, ours: &Path, target: &Target, workload: Workload, scratch: &Scratch) -> Command {
        let output = self.output(scratch);
        let mut command = match self.program {
            Program::Ours => quiet(ours),
            _ => quiet(self.needs().unwrap_or_default()),
        };
        match self.program {
            Program::Floor => {}
            Program::Ours | Program::Strace => {
                command.arg("-f").args(self.options).arg("-o").arg(output);
                match target {
                    Target::Command(argv) => command.args(*argv),
                    Target::Pid(pid) => command.arg("-p").arg(pid.to_string()),
                };
            }
            Program::Perf => {
                command.arg("trace").arg("-o").arg(output);
                match target {
                    Target::Command(argv) => command.arg("--").args(*argv),
                    Target::Pid(pid) => command.arg("-p").arg(pid.to_string()),
                };
            }
            Program::Bpftrace => {
                command.arg("-o").arg(output);
                match target {
                    Target::Command(argv) => {
                        let words: Vec<_> = argv.iter().map(|word| word.to_string_lossy()).collect();
                        command.arg("-c").arg(words.join(" ")).arg("-e").arg(script("cpid", !LOOPS.contains(&workload)))
                    }
                    Target::Pid(pid) => command.arg("-e").arg(script(&pid.to_string(), false)),
                };
            }
        }
        command
    }

    /// Whether it says on stderr that it is attached to a running process; else its output tells.
    pub fn announces(&self) -> bool {
        matches!(self.program, Program::Ours | Program::Strace)
    }

    /// How many such calls its output shows.
    pub fn shown(&self, call: Call, tools: &Tools) -> Result<u64> {
        let output = self.output(tools.scratch);
        match self.form {
            Form::Table => {
                let table = fs::read_to_string(&output).with_context(|| format!("no table in {}", output.display()))?;
                parsing::table_calls(&table, name(call)).context("the output is no table of calls")
            }
            Form::Recording => {
                let text = tools.scratch.path("replayed");
                let mut replay = quiet(tools.ours);
                replay.arg("replay").arg(&output).arg("-f").arg("-o").arg(&text);
                measuring::run(replay, tools.scratch, "replay", Duration::from_secs(60))?;
                let count = tools.count(&text, &self.needle(call));
                fs::remove_file(&text)?;
                count
            }
            _ => tools.count(&output, &self.needle(call)),
        }
    }

    /// What stands in the line of such a call.
    fn needle(&self, call: Call) -> String {
        if call == Call::Any {
            return if self.form == Form::Json { "\"type\":\"call\"".into() } else { " = ".into() };
        }
        match self.form {
            Form::Json => format!("\"call\":\"{}\"", name(call)),
            Form::Numbers => format!(" {} = ", number(call)),
            Form::Perf if call == Call::Write => "write(fd: 1".into(),
            _ if call == Call::Write => "write(1".into(),
            _ => format!("{}(", name(call)),
        }
    }

    /// Whether one call may have two lines in its output: perf trace shows both sides of a call that was interrupted.
    pub fn repeats(&self, call: Call) -> bool {
        self.program == Program::Perf && call == Call::Execve
    }

    /// What it says it lost.
    pub fn lost(&self, stderr: &str, tools: &Tools) -> Result<Lost> {
        match self.program {
            Program::Floor | Program::Strace => Ok(Lost::default()),
            Program::Ours if self.form == Form::Json => {
                let summary = tools.lines(&self.output(tools.scratch), "\"lost\":{")?;
                parsing::lost_json(summary.lines().last().unwrap_or_default())
                    .context("no summary at the end of the JSON")
            }
            Program::Ours => Ok(parsing::lost_line(stderr)),
            Program::Perf => {
                let lines = tools.lines(&self.output(tools.scratch), "LOST ")?;
                Ok(Lost { events: parsing::lost_events(&lines), other: 0 })
            }
            Program::Bpftrace => {
                let lines = tools.lines(&self.output(tools.scratch), "Lost ")?;
                Ok(Lost { events: parsing::lost_events(&lines) + parsing::lost_events(stderr), other: 0 })
            }
        }
    }
}

/// What counting needs: large outputs are searched by load.c, for this is a debug build.
pub struct Tools<'a> {
    /// This repository's tracer.
    pub ours: &'a Path,
    /// load.c, compiled.
    pub load: &'a Path,
    /// The folder of the bench.
    pub scratch: &'a Scratch,
}

impl Tools<'_> {
    /// The number of lines of a file that have `text`.
    fn count(&self, file: &Path, text: &str) -> Result<u64> {
        let out = self.search("count", file, text)?;
        out.trim().parse().with_context(|| format!("cannot count in {}", file.display()))
    }

    /// The lines of a file that have `text`.
    fn lines(&self, file: &Path, text: &str) -> Result<String> {
        self.search("lines", file, text)
    }

    fn search(&self, how: &str, file: &Path, text: &str) -> Result<String> {
        let mut load = quiet(self.load);
        load.arg(how).arg(file).arg(text);
        Ok(measuring::run(load, self.scratch, "search", Duration::from_secs(60))?.stdout)
    }
}

/// bpftrace's script: a line for each end of a call of one process, or of it and all its children.
fn script(pid: &str, children: bool) -> String {
    let print = "{ printf(\"%d %d = %ld\\n\", pid, args->id, args->ret); }";
    if !children {
        return format!("tracepoint:raw_syscalls:sys_exit /pid == {pid}/ {print}");
    }
    format!(
        "BEGIN {{ @task[{pid}] = 1; }} \
         tracepoint:sched:sched_process_fork /@task[pid]/ {{ @task[args->child_pid] = 1; }} \
         tracepoint:raw_syscalls:sys_exit /@task[pid]/ {print} \
         END {{ clear(@task); }}"
    )
}

/// The name of a call; of all together the last row of a table.
fn name(call: Call) -> &'static str {
    match call {
        Call::Any => "total",
        Call::Getppid => "getppid",
        Call::Write => "write",
        Call::Close => "close",
        Call::Execve => "execve",
        Call::Openat => "openat",
    }
}

/// Its number on this machine.
fn number(call: Call) -> i64 {
    match call {
        Call::Any => -1,
        Call::Getppid => libc::SYS_getppid,
        Call::Write => libc::SYS_write,
        Call::Close => libc::SYS_close,
        Call::Execve => libc::SYS_execve,
        Call::Openat => libc::SYS_openat,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_workload_has_ours_and_strace() {
        for (i, tracer) in ALL.iter().enumerate() {
            assert!(ALL[..i].iter().all(|other| other.name != tracer.name), "{}", tracer.name);
        }
        for workload in Workload::ALL {
            for name in ["floor", "text", "strace"] {
                assert!(
                    ALL.iter().any(|tracer| tracer.name == name && tracer.applies(workload)),
                    "{name} {workload:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_counted_stands_in_real_lines() {
        let check = |tracer: &str, call: Call, line: &str| {
            let tracer = ALL.iter().find(|row| row.name == tracer).unwrap();
            let needle = tracer.needle(call);
            assert!(line.contains(&needle), "{needle:?} is not in {line:?}");
        };
        check("text", Call::Getppid, "7648  getppid()                         = 7647");
        check("text-y", Call::Write, "write(1</dev/null<char 1:3>>, \"\\0\", 1) = 1");
        check("text", Call::Any, "7648  close(2)                          = 0");
        check("json", Call::Close, r#"{"v":1,"type":"call","comm":"dd","call":"close","nr":3}"#);
        check("json", Call::Any, r#"{"v":1,"type":"call","comm":"dd","call":"close","nr":3}"#);
        check(
            "perf",
            Call::Write,
            "4.436 ( 0.014 ms): dd/10997 write(fd: 1</dev/null>, buf: 0x557a73b39000, count: 1)   = 1",
        );
        check("bpftrace", Call::Getppid, &format!("11009 {} = 7", libc::SYS_getppid));
    }
}
