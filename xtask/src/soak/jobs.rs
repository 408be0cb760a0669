//! In which ways tracer is run, and what each counts.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// One way.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    /// Its name.
    pub name: &'static str,
    /// Options; `{dir}` is the folder of the run.
    pub words: &'static str,
    /// Calls a second; what ptrace stands is less.
    pub rate: u32,
    /// Who counts what was shown.
    pub count: Count,
    /// It runs for no longer than this at a time, in seconds: what it writes has to have room.
    pub most: f64,
    /// Bytes that stay of each process: what the report says of it.
    pub kept: u64,
}

/// Where the count of what was shown stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Lines of text.
    Lines,
    /// The table of `-c`.
    Table,
    /// The table of the recording.
    Recording,
    /// Nothing is shown of single calls; the verdict says whether anything was lost.
    Verdict,
}

/// The calls of which the number is known.
pub const CALLS: [&str; 3] = ["getppid", "getpgid", "dup"];

/// All of them, in turn.
pub const ALL: [Job; 5] = [
    Job {
        name: "ebpf",
        words: "--backend ebpf -f -e trace=getppid,getpgid,dup -o {dir}/log",
        rate: 150_000,
        count: Count::Lines,
        most: 60.0,
        kept: 0,
    },
    Job {
        name: "ebpf -c",
        words: "--backend ebpf -f -c -U name,calls -e trace=getppid,getpgid,dup -o {dir}/log",
        rate: 150_000,
        count: Count::Table,
        most: 600.0,
        kept: 0,
    },
    Job {
        name: "record",
        words: "--backend ebpf -f -e trace=getppid,getpgid,dup --record {dir}/rec -o /dev/null",
        rate: 150_000,
        count: Count::Recording,
        most: 60.0,
        kept: 0,
    },
    Job {
        name: "audit",
        words: "audit --backend ebpf --report=text={dir}/log",
        rate: 150_000,
        count: Count::Verdict,
        most: 600.0,
        kept: 128,
    },
    Job {
        name: "ptrace",
        words: "--backend ptrace -f -e trace=getppid,getpgid,dup -o {dir}/log",
        rate: 8_000,
        count: Count::Lines,
        most: 600.0,
        kept: 0,
    },
];

impl Job {
    /// The calls that were shown, of those whose number is known.
    pub fn shown(&self, tracer: &Path, dir: &Path) -> Result<u64> {
        let log = dir.join("log");
        match self.count {
            Count::Lines => {
                use std::io::BufRead;
                let mut lines = std::io::BufReader::with_capacity(1 << 20, std::fs::File::open(&log)?);
                let (mut line, mut sum) = (Vec::new(), 0);
                while lines.read_until(b'\n', &mut line)? > 0 {
                    // A call that is shown in two lines counts where it ends.
                    let is_call = CALLS.iter().any(|call| {
                        contains(&line, format!(" {call}(").as_bytes())
                            || contains(&line, format!("<... {call} resumed>").as_bytes())
                    });
                    sum += u64::from(is_call && !line.ends_with(b"<unfinished ...>\n"));
                    line.clear();
                }
                Ok(sum)
            }
            Count::Table => table(&std::fs::read_to_string(&log)?),
            Count::Recording => {
                let mut out = Command::new(tracer);
                out.arg("replay").arg(dir.join("rec")).args(["-c", "-U", "name,calls", "-o"]);
                let status = out.arg(&log).status()?;
                if !status.success() {
                    bail!("the recording cannot be read");
                }
                table(&std::fs::read_to_string(&log)?)
            }
            Count::Verdict => Ok(0),
        }
    }
}

fn contains(line: &[u8], part: &[u8]) -> bool {
    line.windows(part.len()).any(|window| window == part)
}

/// The sum of a table of names and calls.
fn table(text: &str) -> Result<u64> {
    let row = |line: &str| -> Option<u64> {
        let mut words = line.split_ascii_whitespace();
        let name = words.next()?;
        CALLS.contains(&name).then(|| words.next()?.parse().ok())?
    };
    let rows: Vec<u64> = text.lines().filter_map(row).collect();
    if rows.is_empty() {
        return Err(anyhow::anyhow!("no row")).with_context(|| text.to_owned());
    }
    Ok(rows.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_summed() {
        let text = "syscall calls\n------- -----\ngetppid   100\ndup 20\n------- -----\ntotal 120\n";
        assert_eq!(table(text).expect("rows"), 120);
        assert!(table("nothing").is_err());
    }
}
