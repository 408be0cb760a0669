//! Lists of open files and sockets beside the newest lsof and ss: runs of both, one after the other in each round, on a small system,
//! among many processes, and among many descriptors, as root and as an ordinary user.
//!
//! What is compared is the program alone, started without the peer's wrapper; memory is the peak that the kernel counts for it. Both
//! list the same: where their numbers of lines differ by more than the ends of a moment, the row says so.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::measuring::{self, Job, Scratch, quiet};
use super::rounds::Bench;
use super::statistics::{Pair, spread};
use crate::command;

/// The ordinary user: nobody, on every distribution's list.
const NOBODY: u32 = 65534;

/// Processes of the greatest system, descriptors of the fullest, and of each of its processes.
const PROCESSES: u32 = 6000;
const DESCRIPTORS: u32 = 100_000;
const EACH: u32 = 1000;

/// What is held while lists are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Nothing,
    Processes,
    Plain,
    Mixed,
}

impl Held {
    const ALL: [Held; 4] = [Held::Nothing, Held::Processes, Held::Plain, Held::Mixed];

    fn title(self) -> String {
        match self {
            Held::Nothing => "this system".to_owned(),
            Held::Processes => format!("{PROCESSES} processes"),
            Held::Plain => format!("{DESCRIPTORS} files"),
            Held::Mixed => format!("{DESCRIPTORS} descriptors of all kinds"),
        }
    }

    /// The lists that are made of it. PID, PORT, FILE and DIR are those of the load.
    fn lists(self) -> &'static [&'static str] {
        match self {
            Held::Nothing => &["lsof -nP", "lsof -nP -i", "ss -tlnp", "ss -anp"],
            Held::Processes => {
                &["lsof -nP", "lsof -nP -i", "lsof -nP -i:PORT", "lsof -nP -p PID", "ss -tlnp", "ss -anp"]
            }
            Held::Plain | Held::Mixed => &[
                "lsof -nP",
                "lsof -nP -i",
                "lsof -nP -i:PORT",
                "lsof -nP -p PID",
                "lsof -nP FILE",
                "lsof -nP +D DIR",
                "lsof -nP +L1",
                "ss -tlnp",
                "ss -anp",
            ],
        }
    }
}

/// A list, ours and the peer's.
#[derive(Debug)]
pub struct Row {
    /// What is held, by whom lists are made, and the command.
    pub what: String,
    /// Times of whole runs in nanoseconds: the peer's as the base, ours as the other.
    pub pairs: Vec<Pair>,
    /// The greatest memory that was seen, in KiB: the peer's, ours.
    pub memory: [u64; 2],
    /// Lines: the peer's, ours.
    pub lines: [u64; 2],
}

impl Row {
    /// Where it loses: in time, in memory, in what it lists.
    pub fn losses(&self) -> Vec<&'static str> {
        let slower = spread(self.pairs.iter().map(Pair::ratio)).is_some_and(|ratio| ratio.median > 1.0);
        // Processes come and go between two lists.
        let apart = self.lines[0].abs_diff(self.lines[1]) > 20 + self.lines[0] / 100;
        let losses = [(slower, "slower"), (self.memory[1] > self.memory[0], "more memory"), (apart, "other lines")];
        losses.into_iter().filter_map(|(is, word)| is.then_some(word)).collect()
    }
}

/// Every row, in groups by what is held and by whom.
pub fn measure(bench: &Bench, rounds: usize) -> Result<Vec<Row>> {
    let holds = bench.scratch.path("holds");
    let mut cc = quiet("cc");
    cc.arg("-O2").arg("-o").arg(&holds).arg(command::root().join("xtask/src/bench/holds.c"));
    measuring::run(cc, &bench.scratch, "cc", Duration::from_secs(60))?;
    let mut rows = Vec::new();
    for user in [0, NOBODY] {
        for held in Held::ALL {
            let load = Load::start(&holds, held, user, &bench.scratch)?;
            for list in held.lists() {
                let who = if user == 0 { "root" } else { "an ordinary user" };
                let what = format!("{}, {who}: `{list}`", held.title());
                rows.push(row(bench, &holds, &load, list, user, rounds, what)?);
            }
        }
    }
    Ok(rows)
}

fn row(bench: &Bench, holds: &Path, load: &Load, list: &str, user: u32, rounds: usize, what: String) -> Result<Row> {
    let words: Vec<String> = list.split(' ').map(|word| load.word(word)).collect();
    let (tool, options) = words.split_first().context("an empty list")?;
    let ours = [vec![bench.ours.display().to_string(), tool.clone()], options.to_vec()].concat();
    let theirs = [peer(tool)?, options.to_vec()].concat();
    let run = |how: &str, words: &[String]| -> Result<String> {
        let mut command = quiet(holds);
        command.arg(how).arg(user.to_string()).args(words).current_dir("/");
        Ok(measuring::run(command, &bench.scratch, "list", bench.limit)?.stdout)
    };
    let count = |words: &[String]| -> Result<u64> { Ok(run("count", words)?.trim().parse()?) };
    let mut row = Row { what, pairs: Vec::new(), memory: [0; 2], lines: [count(&theirs)?, count(&ours)?] };
    for round in 0..rounds {
        let mut times = [0.0; 2];
        for (at, words) in [&theirs, &ours].into_iter().enumerate() {
            let told = run("run", words)?;
            let [ns, kilobytes, code] = numbers(&told).with_context(|| format!("`{told}` is no measurement"))?;
            if code > 1 {
                bail!("`{}` ended with {code}", words.join(" "));
            }
            times[at] = ns as f64;
            row.memory[at] = row.memory[at].max(kilobytes);
        }
        row.pairs.push(Pair { round, base: times[0], traced: times[1] });
    }
    Ok(row)
}

/// The numbers of `ns N kilobytes N code N`.
fn numbers(line: &str) -> Option<[u64; 3]> {
    let mut words = line.split_whitespace();
    let mut next = |name| (words.next()? == name).then(|| words.next()?.parse().ok())?;
    Some([next("ns")?, next("kilobytes")?, next("code")?])
}

/// What starts a peer: the program with its loader, as its wrapper does it, and without the shell.
fn peer(tool: &str) -> Result<Vec<String>> {
    let wrapper = command::target().join("peers/bin").join(tool);
    let text = fs::read_to_string(&wrapper)
        .with_context(|| format!("no {}: `cargo xtask peers` brings the newest", wrapper.display()))?;
    let line = text.lines().find_map(|line| line.strip_prefix("exec ")).context("a wrapper without exec")?;
    let words = line.split(' ').filter(|word| *word != "\"$@\"");
    Ok(words.map(|word| word.trim_matches('\'').to_owned()).collect())
}

/// What is held; it ends when dropped.
struct Load {
    _job: Option<Job>,
    pid: u32,
    port: u16,
    dir: PathBuf,
}

impl Load {
    fn start(holds: &Path, held: Held, user: u32, scratch: &Scratch) -> Result<Load> {
        let dir = scratch.path(&format!("held-{held:?}-{user}"));
        fs::create_dir(&dir)?;
        // Of the folders above, the first is the only one of ours.
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o777))?;
        let mut load = Load { _job: None, pid: 0, port: 0, dir };
        let processes = (DESCRIPTORS / EACH).to_string();
        let (kind, numbers) = match held {
            Held::Nothing => return Ok(load),
            Held::Processes => ("processes", vec![PROCESSES.to_string()]),
            Held::Plain => ("plain", vec![processes, EACH.to_string(), load.dir.display().to_string()]),
            Held::Mixed => ("mixed", vec![processes, EACH.to_string(), load.dir.display().to_string()]),
        };
        let mut command = quiet(holds);
        command.arg("as").arg(user.to_string()).arg(kind).args(numbers);
        let mut job = Job::start(command, scratch, "held")?;
        let out = scratch.path("held.stdout");
        job.wait_until(|_| fs::read_to_string(&out).is_ok_and(|text| text.ends_with('\n')))?;
        let told = fs::read_to_string(&out)?;
        let mut words = told.split_whitespace().skip(1);
        load.pid = words.next().context("no process")?.parse()?;
        load.port = words.next().context("no port")?.parse()?;
        load._job = Some(job);
        Ok(load)
    }

    /// A word of a command with what the load has in its place.
    fn word(&self, word: &str) -> String {
        match word {
            "PID" => self.pid.to_string(),
            "-i:PORT" => format!("-i:{}", self.port),
            "FILE" => self.dir.join("file0").display().to_string(),
            "DIR" => self.dir.display().to_string(),
            word => word.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_are_read() {
        assert_eq!(numbers("ns 12 kilobytes 3 code 1\n"), Some([12, 3, 1]));
        for wrong in ["", "ns", "ns 12 kilobytes x code 1", "kilobytes 3 ns 12 code 1"] {
            assert_eq!(numbers(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn losses_are_said() {
        let row = |ours: f64, memory, lines| Row {
            what: String::new(),
            pairs: vec![Pair { round: 0, base: 10.0, traced: ours }],
            memory,
            lines,
        };
        assert!(row(9.0, [5, 5], [1000, 1010]).losses().is_empty());
        assert_eq!(row(11.0, [5, 6], [1000, 10]).losses(), ["slower", "more memory", "other lines"]);
    }
}
