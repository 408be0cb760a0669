//! What is measured: loops of calls, processes, a build, and servers under load. Each says how it is started, what an operation
//! of it is, and how many calls its tracer must have seen.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use super::measuring::{self, Done, Scratch, quiet};
use super::parsing;
use crate::command;

/// Processes that one run of `spawn` makes.
const PROCESSES: u64 = 150;

/// Source files of the project that `make` builds.
const SOURCES: u64 = 7;

/// Connections of the servers' clients.
pub const CONNECTIONS: u64 = 32;

/// Calls beyond the counted ones: start and end of the program itself.
const AROUND: u64 = 64;

/// A workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// A loop of getppid(2): as close to nothing as a call gets.
    Getppid,
    /// dd with blocks of one byte: a read and a write each.
    Dd,
    /// A loop of open, fstat, read, close.
    Files,
    /// Short processes, one after the other.
    Spawn,
    /// make of a small C project.
    Make,
    /// nginx, asked by wrk.
    Nginx,
    /// redis, asked by redis-benchmark.
    Redis,
}

/// A kind of call whose number is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Every call.
    Any,
    /// getppid(2)
    Getppid,
    /// write(2), to descriptor 1 where the output tells.
    Write,
    /// close(2)
    Close,
    /// execve(2)
    Execve,
    /// openat(2)
    Openat,
}

/// How many calls a tracer must have seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expect {
    /// Which calls.
    pub call: Call,
    /// At least so many, the lost ones included.
    pub at_least: u64,
    /// And no more, where that is known.
    pub at_most: Option<u64>,
}

/// Which calls a tracer was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// All.
    All,
    /// `openat` alone.
    Openat,
    /// The network class.
    Network,
}

impl Workload {
    /// All, in the order of the table.
    pub const ALL: [Workload; 7] = [
        Workload::Getppid,
        Workload::Dd,
        Workload::Files,
        Workload::Spawn,
        Workload::Make,
        Workload::Nginx,
        Workload::Redis,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Workload::Getppid => "getppid",
            Workload::Dd => "dd",
            Workload::Files => "files",
            Workload::Spawn => "spawn",
            Workload::Make => "make",
            Workload::Nginx => "nginx",
            Workload::Redis => "redis",
        }
    }

    /// What it is, as the head of a column.
    pub fn title(self) -> &'static str {
        match self {
            Workload::Getppid => "getppid",
            Workload::Dd => "dd bs=1",
            Workload::Files => "open, fstat, read, close",
            Workload::Spawn => "150 × fork, exec",
            Workload::Make => "make, 7 C files",
            Workload::Nginx => "nginx, a request",
            Workload::Redis => "redis, a request",
        }
    }

    /// Whether it is a server that is attached to while it runs.
    pub fn is_server(self) -> bool {
        matches!(self, Workload::Nginx | Workload::Redis)
    }

    /// Whether its runs are long, so that there are fewer of them.
    pub fn is_long(self) -> bool {
        self.is_server() || matches!(self, Workload::Spawn | Workload::Make)
    }

    /// The programs that it needs.
    pub fn needs(self) -> &'static [&'static str] {
        match self {
            Workload::Getppid | Workload::Files | Workload::Spawn => &[],
            Workload::Dd => &["dd"],
            Workload::Make => &["make"],
            Workload::Nginx => &["nginx", "wrk"],
            Workload::Redis => &["redis-server", "redis-benchmark"],
        }
    }

    /// Operations of a first, short run, from which the length of the others follows; and whether there is a choice.
    pub fn first_ops(self) -> (u64, bool) {
        match self {
            Workload::Getppid => (2_000, true),
            Workload::Dd => (1_000, true),
            Workload::Files => (500, true),
            Workload::Redis => (2_000, true),
            Workload::Spawn | Workload::Make | Workload::Nginx => (1, false),
        }
    }

    /// What a tracer that was asked for these calls sees in `ops` operations.
    pub fn expect(self, asked: Asked, ops: u64) -> Expect {
        let between = |call, at_least, at_most| Expect { call, at_least, at_most: Some(at_most) };
        let at_least = |call, at_least| Expect { call, at_least, at_most: None };
        match (self, asked) {
            (Workload::Nginx, Asked::All) => at_least(Call::Any, 2 * ops),
            (Workload::Nginx, _) => at_least(Call::Any, ops),
            (Workload::Redis, Asked::All) => at_least(Call::Any, 2 * ops),
            // redis reads and writes its sockets by calls that are not of the class; what remains is accepting.
            (Workload::Redis, _) => at_least(Call::Any, CONNECTIONS),
            (Workload::Files, Asked::Openat) => between(Call::Openat, ops, ops + AROUND),
            (Workload::Spawn, Asked::Openat) => at_least(Call::Openat, PROCESSES),
            (Workload::Make, Asked::Openat) => at_least(Call::Openat, SOURCES),
            // The libraries of the program.
            (_, Asked::Openat) => between(Call::Openat, 1, AROUND),
            (Workload::Getppid, _) => between(Call::Getppid, ops, ops),
            (Workload::Dd, _) => between(Call::Write, ops, ops + AROUND),
            (Workload::Files, _) => between(Call::Close, ops, ops + AROUND),
            (Workload::Spawn, _) => between(Call::Execve, PROCESSES + 1, PROCESSES + 2),
            // A compiler for each file, the linker, make, and our own.
            (Workload::Make, _) => at_least(Call::Execve, SOURCES + 3),
        }
    }

    /// The command of a workload that is no server.
    pub fn argv(self, fixtures: &Fixtures, ops: u64) -> Vec<OsString> {
        let load = fixtures.load.clone().into_os_string();
        let ops = ops.to_string();
        match self {
            Workload::Getppid => vec![load, "getppid".into(), ops.into()],
            Workload::Dd => vec![
                fixtures.dd.clone().into(),
                "if=/dev/zero".into(),
                "of=/dev/null".into(),
                "bs=1".into(),
                format!("count={ops}").into(),
            ],
            Workload::Files => vec![load, "files".into(), ops.into(), fixtures.file.clone().into()],
            Workload::Spawn => vec![load, "spawn".into(), PROCESSES.to_string().into()],
            Workload::Make | Workload::Nginx | Workload::Redis => {
                vec![load, "run".into(), "make".into(), "-s".into(), "-C".into(), fixtures.project.clone().into()]
            }
        }
    }

    /// The seconds of an operation, by the load's own clock.
    pub fn seconds(self, done: &Done, ops: u64) -> Result<f64> {
        let total = match self {
            Workload::Dd => parsing::dd(&done.stderr),
            _ => parsing::load(&done.stdout).map(|(_, seconds)| seconds),
        };
        Ok(total.context("the load printed no time")? / ops as f64)
    }
}

/// What the workloads work on.
pub struct Fixtures {
    /// load.c, compiled.
    pub load: PathBuf,
    /// dd; bpftrace wants a path.
    dd: PathBuf,
    /// The C project.
    project: PathBuf,
    /// The file that is opened.
    file: PathBuf,
}

impl Fixtures {
    /// Compiles and writes them.
    pub fn make(scratch: &Scratch) -> Result<Fixtures> {
        let load = scratch.path("load");
        let mut cc = quiet("cc");
        cc.arg("-O2").arg("-o").arg(&load).arg(command::root().join("xtask/src/bench/load.c"));
        measuring::run(cc, scratch, "cc", Duration::from_secs(60))?;

        let file = scratch.path("file");
        fs::write(&file, "what is read\n")?;
        let project = scratch.path("project");
        fs::create_dir(&project)?;
        let mut main = String::from("#include <stdio.h>\n");
        let mut calls = String::new();
        let mut objects = String::from("main.o");
        for i in 1..SOURCES {
            let text = format!(
                "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n\nint part{i}(int n) {{\n    \
                 char text[64];\n    snprintf(text, sizeof text, \"%d\", n * {i});\n    return atoi(text) + (int)strlen(text);\n}}\n"
            );
            fs::write(project.join(format!("part{i}.c")), text)?;
            main += &format!("int part{i}(int n);\n");
            calls += &format!(" + part{i}({i})");
            objects += &format!(" part{i}.o");
        }
        main += &format!("\nint main(void) {{\n    printf(\"%d\\n\", 0{calls});\n    return 0;\n}}\n");
        fs::write(project.join("main.c"), main)?;
        fs::write(project.join("Makefile"), format!("CC = cc\nprogram: {objects}\n\t$(CC) -o $@ {objects}\n"))?;
        Ok(Fixtures { load, dd: command::find("dd").unwrap_or_else(|| "dd".into()), project, file })
    }

    /// Removes what make has made.
    pub fn clean(&self) -> Result<()> {
        for entry in fs::read_dir(&self.project)? {
            let path = entry?.path();
            if path.extension().is_none_or(|end| end == "o") && !path.ends_with("Makefile") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_counted_exactly() {
        for ops in [1, 500, 1_000_000] {
            let expect = Workload::Getppid.expect(Asked::All, ops);
            assert_eq!((expect.call, expect.at_least, expect.at_most), (Call::Getppid, ops, Some(ops)));
            let expect = Workload::Files.expect(Asked::Openat, ops);
            assert_eq!((expect.call, expect.at_least), (Call::Openat, ops));
        }
        // What was not asked for must not be shown: the bound does not grow with the operations.
        assert_eq!(Workload::Dd.expect(Asked::Openat, 1_000_000).at_most, Some(AROUND));
    }
}
