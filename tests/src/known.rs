//! Known differences from strace, each with its reason: `differential/known.txt`.
//!
//! ```text
//! # Why the difference is right, or why it is left.
//! strace: REGEX
//! tracer: REGEX
//! backend: ptrace
//! ```
//!
//! Beside lsof, the first is `lsof:` (`lsof/known.txt`); beside ltrace, `ltrace:` (`differential/functions-known.txt`). A regex must match its whole line after masking; `-` stands for no line. `backend:` restricts the rule and may be missing.

use anyhow::{Context, Result, bail};
use regex::Regex;

use crate::compare::Hunk;

/// A difference that is known.
#[derive(Debug)]
pub struct Known {
    /// Why it is there.
    pub reason: String,
    strace: Option<Regex>,
    tracer: Option<Regex>,
    backend: Option<String>,
}

/// Reads the list.
pub fn parse(text: &str) -> Result<Vec<Known>> {
    let mut list = Vec::new();
    for block in text.split("\n\n").filter(|block| block.lines().any(|line| !line.starts_with('#') && !line.is_empty()))
    {
        let (mut reason, mut sides, mut backend) = (Vec::new(), [None, None], None);
        for line in block.lines() {
            let regex = |text: &str| match text.trim() {
                "-" => Ok(None),
                text => Regex::new(&format!("^(?:{text})$")).map(Some).with_context(|| line.to_owned()),
            };
            if let Some(text) = line.strip_prefix('#') {
                reason.push(text.trim());
            } else if let Some(text) = line
                .strip_prefix("strace:")
                .or_else(|| line.strip_prefix("lsof:").or_else(|| line.strip_prefix("ltrace:")))
            {
                sides[0] = Some(regex(text)?);
            } else if let Some(text) = line.strip_prefix("tracer:") {
                sides[1] = Some(regex(text)?);
            } else if let Some(text) = line.strip_prefix("backend:") {
                backend = Some(text.trim().to_owned());
            } else if !line.is_empty() {
                bail!("what is {line:?}?");
            }
        }
        let [Some(strace), Some(tracer)] = sides else { bail!("strace: or tracer: is missing in\n{block}") };
        if reason.is_empty() || (strace.is_none() && tracer.is_none()) {
            bail!("no reason, or no line on either side, in\n{block}");
        }
        list.push(Known { reason: reason.join(" "), strace, tracer, backend });
    }
    Ok(list)
}

/// Takes out of the differences what is known; says which rules were used, and how often.
pub fn sift(hunks: Vec<Hunk>, known: &[Known], backend: &str) -> (Vec<Hunk>, Vec<usize>) {
    let mut used = vec![0; known.len()];
    let mut rule = |strace: Option<&str>, tracer: Option<&str>| {
        let side = |regex: &Option<Regex>, line: Option<&str>| match (regex, line) {
            (None, None) => true,
            (Some(regex), Some(line)) => regex.is_match(line),
            _ => false,
        };
        let found = known.iter().position(|known| {
            let here = known.backend.as_ref().is_none_or(|only| only == backend);
            here && side(&known.strace, strace) && side(&known.tracer, tracer)
        });
        found.inspect(|&index| used[index] += 1).is_some()
    };
    let mut left = Vec::new();
    for mut hunk in hunks {
        // Lines of either side that are known to have no partner go first, then those that stand for each other.
        hunk.wanted.retain(|line| !rule(Some(line), None));
        hunk.got.retain(|line| !rule(None, Some(line)));
        let mut index = 0;
        while index < hunk.wanted.len().min(hunk.got.len()) {
            if hunk.wanted[index] == hunk.got[index] || rule(Some(&hunk.wanted[index]), Some(&hunk.got[index])) {
                hunk.wanted.remove(index);
                hunk.got.remove(index);
            } else {
                index += 1;
            }
        }
        if !hunk.wanted.is_empty() || !hunk.got.is_empty() {
            left.push(hunk);
        }
    }
    (left, used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_differences_are_taken_out_and_counted() {
        let known = parse("# Reason.\nstrace: a.*\ntracer: b.*\n\n# Other.\nstrace: -\ntracer: extra\nbackend: ebpf\n")
            .unwrap();
        let lines = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let hunk = |wanted: &str, got: &str| Hunk { task: "1".into(), wanted: lines(wanted), got: lines(got) };
        assert_eq!(sift(vec![hunk("a1", "b2")], &known, "ebpf"), (vec![], vec![1, 0]));
        assert_eq!(sift(vec![hunk("a1", "extra b2")], &known, "ebpf"), (vec![], vec![1, 1]));
        assert_eq!(sift(vec![hunk("", "extra")], &known, "ptrace"), (vec![hunk("", "extra")], vec![0, 0]));
        assert_eq!(sift(vec![hunk("a x", "b y")], &known, "ebpf"), (vec![hunk("x", "y")], vec![1, 0]));
    }

    #[test]
    fn a_rule_has_a_reason_and_two_sides() {
        for text in
            ["strace: a\ntracer: b\n", "# R\nstrace: a\n", "# R\nstrace: -\ntracer: -\n", "# R\nstrace: (\ntracer: b\n"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
