//! Live cases: `NAME`, what it needs, a script, and what it must show. Several stand in a file; `NAME` begins the next.
//!
//! ```text
//! # Comments begin a line.
//! NAME a_missing_file_is_told
//! REQUIRES ptrace,tool:cat
//! BACKENDS ebpf,ptrace
//! TIMEOUT 10
//! RUN $tracer -o log cat /nonexistent
//! RUN grep openat log
//! EXPECT ...
//! EXPECT openat(AT_FDCWD, "/nonexistent", O_RDONLY) = -1 ENOENT (No such file or directory)
//! STDERR cat: /nonexistent: No such file or directory
//! EXIT 0
//! ```
//!
//! The RUN lines are one bash script, run in an empty directory of its own. `$tracer` is the program, with `--backend` when the
//! case names BACKENDS: it then runs once for each and must hold for all. `$FIXTURES` holds the compiled fixtures, `$backend` the
//! backend. EXPECT is the whole stdout, STDERR the whole stderr (nothing, when there is none; `STDERR ...` for whatever it is),
//! ABSENT a pattern that no line of either may match. EXIT is how the script must
//! end, where that matters; 128+N for a death by signal N. What REQUIRES has no word for a script finds out itself: it then calls
//! `skip REASON`, and the case counts as skipped.
//!
//! `REPEAT N` is for cases about the lives of processes: the script runs N times, or as often as `TRACER_TEST_REPEATS` says, each time in an
//! empty directory, and no process that it made may be left behind: none stopped, no zombie, none that waits for ever.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::harness::Outcome;
use crate::machine;
use crate::pattern::{Pattern, matches};
use crate::script::{Script, Took};

/// One live test.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// What it proves.
    pub name: String,
    /// What the machine must have: words of [`machine::lacks`]; behind `ebpf:`, what it must have for that backend.
    pub requires: Vec<String>,
    /// Run once for each; none: once, with the backend that tracer chooses.
    pub backends: Vec<String>,
    /// How long it may take; 20 s by default.
    pub timeout: Option<Duration>,
    /// The script.
    pub run: String,
    /// What stdout must be.
    pub expect: Vec<Pattern>,
    /// What stderr must be.
    pub stderr: Vec<Pattern>,
    /// What no line may be.
    pub absent: Vec<Pattern>,
    /// How the script must end, where that matters.
    pub exit: Option<i32>,
    /// How often it runs; it must leave no process then.
    pub repeat: Option<u32>,
}

/// Reads the cases of a file.
pub fn parse(text: &str) -> Result<Vec<Case>> {
    let mut cases: Vec<Case> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        if word == "NAME" {
            cases.push(Case { name: rest.to_owned(), ..Case::default() });
            continue;
        }
        let case = cases.last_mut().with_context(|| format!("line {number}: {word} before the first NAME"))?;
        let list = || rest.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned);
        let at = || format!("line {number}");
        match word {
            "REQUIRES" => case.requires.extend(list()),
            "BACKENDS" => case.backends.extend(list()),
            "TIMEOUT" => case.timeout = Some(Duration::from_secs(rest.parse().with_context(at)?)),
            "RUN" => case.run += &format!("{rest}\n"),
            "EXPECT" => case.expect.push(Pattern::new(rest).with_context(at)?),
            "STDERR" => case.stderr.push(Pattern::new(rest).with_context(at)?),
            "ABSENT" => case.absent.push(Pattern::new(rest).with_context(at)?),
            "REPEAT" => case.repeat = Some(rest.parse().with_context(at)?),
            "EXIT" => case.exit = Some(rest.parse().with_context(at)?),
            _ => bail!("line {number}: what is {word:?}?"),
        }
    }
    Ok(cases)
}

impl Case {
    /// Runs the case with `backend`.
    pub fn check(&self, backend: Option<&str>) -> Outcome {
        // What only one backend needs stands behind its name.
        let own = |word: &'_ str| match word.split_once(':') {
            Some((of @ ("ebpf" | "ptrace"), rest)) => (backend == Some(of)).then(|| rest.to_owned()),
            _ => Some(word.to_owned()),
        };
        let needs = self.requires.iter().filter_map(|word| own(word));
        let needs: Vec<_> = needs.chain(backend.map(|it| machine::of_backend(it).to_owned())).collect();
        let needs = needs.iter().map(String::as_str);
        let lacking: Vec<_> = needs.filter_map(machine::lacks).collect();
        if !lacking.is_empty() {
            return Outcome::Skipped(lacking.join("; "));
        }
        let times = self.repeat.map_or(1, |times| machine::repeats().unwrap_or(times));
        for time in 1..=times {
            match self.run_once(backend) {
                Outcome::Passed => {}
                Outcome::Failed(what) if times > 1 => return Outcome::Failed(format!("run {time} of {times}: {what}")),
                outcome => return outcome,
            }
        }
        Outcome::Passed
    }

    fn run_once(&self, backend: Option<&str>) -> Outcome {
        let mut script = match Script::new(&self.run) {
            Ok(script) => script,
            Err(error) => return Outcome::Failed(format!("{error:#}")),
        };
        script.backend(backend);
        script.timeout(self.timeout.unwrap_or(Duration::from_secs(20)) * machine::slowness());
        if self.repeat.is_some() {
            script.leaves_none();
        }
        let took = match script.run() {
            Ok(took) => took,
            Err(error) => return Outcome::Failed(format!("{error:#}")),
        };
        if let Some(why) = took.skipped() {
            return Outcome::Skipped(why);
        }
        match self.judge(&took) {
            Ok(()) => Outcome::Passed,
            Err(what) => Outcome::Failed(format!("{what}\n{}", took.show())),
        }
    }

    fn judge(&self, took: &Took) -> Result<(), String> {
        if took.timed_out {
            return Err("did not end in time".to_owned());
        }
        let (out, err) = (took.stdout.lines().collect::<Vec<_>>(), took.stderr.lines().collect::<Vec<_>>());
        for absent in &self.absent {
            let Pattern::Line(regex, text) = absent else { continue };
            if let Some(line) = out.iter().chain(&err).find(|line| regex.is_match(line)) {
                return Err(format!("must not be there: {text}\nbut is:            {line}"));
            }
        }
        matches(&self.expect, &out).map_err(|what| format!("stdout: {what}"))?;
        matches(&self.stderr, &err).map_err(|what| format!("stderr: {what}"))?;
        if let Some(exit) = self.exit.filter(|exit| *exit != took.code) {
            return Err(format!("exit code {}, expected {exit}", took.code));
        }
        if !took.left.is_empty() {
            return Err(format!("left behind: {}", took.left.join(", ")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_read() {
        let text = "# c\nNAME one\nREQUIRES root,bpf\nBACKENDS ebpf,ptrace\nTIMEOUT 3\nRUN a\nRUN  b\nEXPECT x\nEXPECT ...\nEXIT 4\n\nNAME two\n";
        let cases = parse(text).unwrap();
        assert_eq!(cases.len(), 2);
        assert_eq!(cases[0].run, "a\n b\n");
        assert_eq!(cases[0].requires, ["root", "bpf"]);
        assert_eq!(cases[0].backends, ["ebpf", "ptrace"]);
        assert_eq!(cases[0].timeout, Some(Duration::from_secs(3)));
        assert_eq!((cases[0].expect.len(), cases[0].exit), (2, Some(4)));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in
            [("RUN a\n", "before the first NAME"), ("NAME a\nREN b\n", "REN"), ("NAME a\nEXIT x\n", "line 2")]
        {
            let error = parse(text).unwrap_err();
            assert!(format!("{error:#}").contains(expected), "{error:#}");
        }
    }

    #[test]
    fn what_a_case_promises_is_what_is_checked() {
        let check = |text: &str, expected: Result<(), &str>| {
            let case = parse(text).unwrap().remove(0);
            match (case.check(None), expected) {
                (Outcome::Passed, Ok(())) => {}
                (Outcome::Failed(what), Err(expected)) if what.contains(expected) => {}
                (outcome, _) => panic!("{text}: {outcome:?}"),
            }
        };
        check("NAME a\nRUN echo hello\nEXPECT hello\n", Ok(()));
        check("NAME a\nRUN echo hello\n", Err("stdout"));
        check("NAME a\nRUN echo hello >&2\n", Err("stderr"));
        check("NAME a\nRUN exit 3\nEXIT 0\n", Err("exit code 3"));
        check("NAME a\nRUN kill -9 $$\nEXIT 137\n", Ok(()));
        check("NAME a\nRUN echo hello\nEXPECT ...\nABSENT h{{.*}}\n", Err("must not be there"));
        check("NAME a\nRUN exit 77\nEXIT 77\n", Ok(()));
        check("NAME a\nREQUIRES ebpf:tool:none\nRUN true\n", Ok(()));
        assert_eq!(parse("NAME a\nRUN skip no moon\n").unwrap()[0].check(None), Outcome::Skipped("no moon".to_owned()));
        check("NAME a\nREPEAT 2\nRUN true & wait\n", Ok(()));
        check("NAME a\nREPEAT 2\nRUN exit 1\nEXIT 0\n", Err("run 1 of 2"));
        check("NAME a\nREPEAT 1\nRUN setsid sleep 60 & disown\n", Err("sleep (S)"));
        check("NAME a\nREPEAT 1\nRUN sleep 60 & kill -STOP $!\n", Err(" (T)"));
        check("NAME a\nTIMEOUT 1\nRUN read x < <(sleep 60)\n", Err("did not end in time"));
    }
}
