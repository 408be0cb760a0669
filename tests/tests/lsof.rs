//! `lsof` and `tracer lsof` beside the same process, which holds a file of every kind: every line must be the same, and the exit
//! code, for each option set of `lsof/options.txt`, from both sources of descriptors; but for what `lsof/known.txt` names with a
//! reason. Where that makes a column wider, alignment is not compared.

use std::fs;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use tracer_tests::compare::{Hunk, Trace, compare, show};
use tracer_tests::harness::{self, Outcome, Trial};
use tracer_tests::known::{self, Known};
use tracer_tests::script::Script;
use tracer_tests::{machine, root};

/// The lsof that is the judge: any of this line (`cargo xtask test` brings the newest).
const JUDGE: &str = "4.99.";

/// Where descriptors come from.
const SOURCES: [&str; 2] = ["proc", "iter"];

/// How often a set is tried: the machine changes between two listings of all of it.
const TRIES: u32 = 3;

fn main() -> ExitCode {
    let (sets, known) = match read() {
        Ok(read) => read,
        Err(error) => {
            let what = format!("{error:#}");
            return harness::main("lsof", vec![Trial::new("files", move || Outcome::Failed(what.clone()))]);
        }
    };
    let used = Arc::new(Mutex::new(vec![0usize; known.len()]));
    let known = Arc::new(known);
    let mut trials = Vec::new();
    for set in &sets {
        for source in SOURCES {
            let (set, known, used) = (set.clone(), Arc::clone(&known), Arc::clone(&used));
            trials.push(Trial::new(format!("{source}::{set}"), move || check(&set, source, &known, &used)));
        }
    }
    trials.push(Trial::new("known_differences_are_all_needed", move || {
        let used = used.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if used.iter().all(|&n| n == 0) {
            return Outcome::Skipped("no comparison ran".to_owned());
        }
        let idle: Vec<_> = known.iter().zip(used.iter()).filter(|(_, n)| **n == 0).map(|(k, _)| &k.reason).collect();
        // A part of the sets need not meet all of them.
        match std::env::args().len() == 1 && !idle.is_empty() {
            true => Outcome::Failed(format!("never met: {idle:#?}")),
            false => Outcome::Passed,
        }
    }));
    harness::main("lsof", trials)
}

fn read() -> Result<(Vec<String>, Vec<Known>)> {
    let dir = root().join("tests/lsof");
    let sets = fs::read_to_string(dir.join("options.txt")).context("options.txt")?;
    let sets = sets.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect();
    let known = fs::read_to_string(dir.join("known.txt")).context("known.txt")?;
    Ok((sets, known::parse(&known)?))
}

fn check(set: &str, source: &str, known: &[Known], used: &Mutex<Vec<usize>>) -> Outcome {
    let needs: &[&str] = if source == "iter" { &["tool:lsof", "root", "bpf"] } else { &["tool:lsof", "root"] };
    let mut lacking: Vec<_> = needs.iter().filter_map(|word| machine::lacks(word)).collect();
    if lacking.is_empty() && !is_judge() {
        lacking.push(format!("needs lsof {JUDGE}"));
    }
    if !lacking.is_empty() {
        return Outcome::Skipped(lacking.join("; "));
    }
    let mut what = String::new();
    for _ in 0..TRIES {
        match attempt(set, source, known) {
            Ok((left, counts)) if left.is_empty() => {
                let mut used = used.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                used.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
                return Outcome::Passed;
            }
            Ok((left, _)) => what = show(&left, "lsof", "tracer"),
            Err(error) => what = format!("{error:#}"),
        }
    }
    Outcome::Failed(what)
}

fn is_judge() -> bool {
    let Some(lsof) = machine::find("lsof") else { return false };
    let out = std::process::Command::new(lsof).arg("-v").output();
    out.is_ok_and(|out| {
        let text = [out.stdout, out.stderr].concat();
        String::from_utf8_lossy(&text).contains(&format!("revision: {JUDGE}"))
    })
}

/// One comparison: what differs and is not known, and which rules were used.
fn attempt(set: &str, source: &str, known: &[Known]) -> Result<(Vec<Hunk>, Vec<usize>)> {
    let (options, whole) = set.strip_prefix("all:").map_or((set, false), |options| (options, true));
    let (options, filter) = options.split_once('|').map_or((options, ""), |(options, filter)| (options, filter));
    let filter = match (whole, filter) {
        (true, _) => "| awk -v p=$p 'NR == 1 || $2 == p'".to_owned(),
        (_, "") => String::new(),
        (_, filter) => format!("| {filter}"),
    };
    let text = format!(
        "for fd in /proc/$$/fd/*; do fd=${{fd##*/}}; case $fd in 0|1|2|255) ;; *) eval \"exec $fd>&-\" ;; esac; done 2> /dev/null\n\
         $FIXTURES/mkfds one two > said < /dev/null 2> err & p=$!\n\
         (mkdir other; cd other; exec $FIXTURES/mkfds > ../said2 < /dev/null 2> ../err2) & q=$!\n\
         until grep -q ready said && grep -q ready said2; do sleep 0.02; done\n\
         (lsof {options}; echo exit $?) {filter} > lsof.out 2> lsof.err\n\
         ($TRACER lsof --source={source} {options}; echo exit $?) {filter} > tracer.out 2> tracer.err\n\
         kill $p $q; wait\n\
         sed -n 's/^/{LSOF}/p' lsof.out; sed -n 's/^/{OURS}/p' tracer.out\n\
         sed -n 's/^lsof: /{LSOF}stderr: /p' lsof.err; sed -n 's/^tracer lsof: /{OURS}stderr: /p' tracer.err\n",
        LSOF = LSOF,
        OURS = OURS,
    );
    let mut script = Script::new(&text)?;
    script.timeout(Duration::from_secs(60));
    let took = script.run()?;
    anyhow::ensure!(!took.timed_out, "did not end in time");
    let side = |mark: &str| -> Vec<String> {
        took.stdout.lines().filter_map(|line| line.strip_prefix(mark)).map(ours).collect()
    };
    let (a, b) = (side(LSOF), side(OURS));
    let (a, b) = if a == b {
        (a, b)
    } else {
        (a.iter().map(|line| squeeze(line)).collect(), b.iter().map(|line| squeeze(line)).collect())
    };
    let trace = |lines: Vec<String>| Trace::from([("all".to_owned(), lines)]);
    Ok(known::sift(compare(&trace(a), &trace(b)), known, source))
}

/// What marks a line as lsof's, and as ours.
const LSOF: &str = "L>";
const OURS: &str = "T>";

/// Messages begin with the name of the program.
fn ours(line: &str) -> String {
    line.replacen("tracer lsof: ", "lsof: ", 1)
}

fn squeeze(line: &str) -> String {
    line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
