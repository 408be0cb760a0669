//! `tracer audit`: runs a command (`watch`), makes evidence of what it did, has it judged, compares it with what happened before
//! (`baseline`), writes reports.

mod baseline;
mod contents;
mod databases;
mod diffs;
mod directories;
mod disk;
pub mod evidence;
mod held;
mod inherited;
mod interruption;
mod learning;
mod links;
mod loaders;
pub mod options;
pub mod output;
mod places;
mod plugins;
pub mod policy;
mod replay;
mod reports;
pub mod request;
mod resolve;
mod watch;

use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;

use self::held::Held;
use self::policy::Policy;
use crate::exit;
use crate::render::typed::show;
use crate::spec::Command;
use crate::system::confine::Work;
use crate::system::place;
use crate::tools::audit::evidence::collect::World;
use crate::tools::audit::evidence::{Evidence, Gap, GapKind, Judgement, Report, Timeline, Variables, Verdict, names};
use crate::tools::audit::request::Audit;
use crate::tools::audit::resolve::Machine;
use crate::trace::{notice, outputs, said};

pub use self::replay::{replay, report};

/// The policy that is read when none is named.
const POLICY: &str = "tracer.toml";

/// Carries an audit out, and gives the exit code.
pub fn run(spec: &Audit) -> u8 {
    match audit(spec) {
        Ok(code) => code,
        Err(error) => {
            say(spec, &said(&error));
            exit::FAILED
        }
    }
}

/// What a rule says; else what is wrong with it, and the exit code.
///
/// # Errors
/// The text is no rule.
pub fn explain(rule: &str) -> Result<String, (String, u8)> {
    let variables = directories::variables(&Command::default());
    policy::explain(rule, &variables).map_err(|faults| (faults.to_string(), exit::USAGE))
}

/// What a policy has; else what is wrong with it, and the exit code.
///
/// # Errors
/// It cannot be read, or is no policy.
pub fn check(path: &Path) -> Result<String, (String, u8)> {
    let name = show(path);
    let bytes = bytes_of(path).map_err(|error| {
        let error = anyhow::Error::new(error).context(format!("policy {name}"));
        (format!("tracer policy: {}", said(&error)), exit::FAILED)
    })?;
    // It is what others wrote.
    notice::confine("tracer policy", Work::Read);
    let mut policy = parsed(path, &bytes).map_err(|faults| (faults, exit::USAGE))?;
    let variables = directories::variables(&Command::default());
    follow(&mut policy, &variables);
    let mut text = format!("{name} is right: {}\n", policy.extent());
    for variable in policy.unknown_variables(&variables) {
        text.push_str(&format!("${variable} is not known here: its rules fit nothing\n"));
    }
    for line in policy.led(&variables) {
        text.push_str(&format!("{line}\n"));
    }
    Ok(text)
}

/// Looks where the links lead by which rules name files.
fn follow(policy: &mut Policy, variables: &Variables) {
    let mut machine = Machine::new();
    policy.follow(variables, |path| machine.follow(0, path));
}

/// Says something on stderr.
fn say(spec: &Audit, text: &str) {
    // Nobody is left to be told that stderr is closed.
    let _ = writeln!(io::stderr(), "{}: {text}", spec.program);
}

fn audit(spec: &Audit) -> Result<u8> {
    let mut held = Held::default();
    let mut policy = match policy(spec) {
        Ok(policy) => policy,
        Err(Wrong::Policy(text)) => {
            let _ = writeln!(io::stderr(), "{text}");
            return Ok(exit::USAGE);
        }
        Err(Wrong::Other(error)) => return Err(error),
    };
    let variables = directories::variables(&spec.command);
    if let Some((policy, name)) = &mut policy {
        follow(policy, &variables);
        for variable in policy.unknown_variables(&variables) {
            say(spec, &format!("{name}: ${variable} is not known here: its rules fit nothing"));
        }
    }
    let known = match &spec.baseline {
        Some(path) if !spec.update => baseline::read(path, &mut held)?,
        _ => None,
    };
    let taught = match spec.learn.as_deref().map(learning::taught).transpose() {
        Ok(taught) => taught.flatten(),
        Err(Wrong::Policy(text)) => {
            let _ = writeln!(io::stderr(), "{text}");
            return Ok(exit::USAGE);
        }
        Err(Wrong::Other(error)) => return Err(error),
    };
    let files = spec.reports.iter().map(|(_, path)| path.as_path()).filter(|path| path.as_os_str() != "-");
    let learn = spec.learn.as_deref().filter(|_| spec.write || taught.is_none());
    let baseline = spec.baseline.as_deref().filter(|_| known.is_none());
    let summary = reports::summary();
    let files = files.chain(spec.record.as_deref()).chain(learn).chain(baseline).chain(summary.as_deref());
    // What is learned may go into the policy itself.
    let read = policy.as_ref().map(|(_, name)| Path::new(name)).filter(|path| learn != Some(*path));
    if let Err(error) = outputs::attempt(files, read) {
        say(spec, &said(&error.into()));
        return Ok(exit::USAGE);
    }
    reports::make(spec, &mut held)?;
    learn.iter().for_each(|path| held.reserve("policy", path));
    baseline.iter().for_each(|path| held.reserve("baseline", path));
    let contents = if spec.hash { contents::before(&variables) } else { contents::Contents::default() };
    let snapshot = spec.diff.then(|| diffs::before(&variables));
    let asked = policy.as_ref().map(|(policy, _)| policy.asks(&variables)).unwrap_or_default();
    let (mut runs, mut timeline) = (Vec::new(), Timeline::default());
    while runs.len() < spec.runs && !runs.last().is_some_and(Evidence::is_interrupted) {
        let (evidence, times) = watch::watch(spec, &variables, &asked, runs.len() + 1 == spec.runs)?;
        runs.push(evidence);
        timeline = times;
    }
    let mut evidence = match &mut runs[..] {
        // What was learned of one run is not asked for again.
        [one] if spec.learn.is_none() => std::mem::take(one),
        runs => Evidence::of_runs(runs),
    };
    contents.after(&mut evidence, spec.hash);
    if let Some(snapshot) = snapshot {
        snapshot.after(&mut evidence);
    }

    if asked.hosts {
        let unheard = names::unheard(&evidence);
        evidence.gaps.extend(unheard);
    }
    for variable in policy.iter().flat_map(|(policy, _)| policy.unknown_denials(&variables)) {
        let what = format!("what ${variable} is, of which a rule speaks that denies something");
        evidence.gaps.push(Gap { kind: GapKind::Unreadable, unit: None, what, count: 1 });
    }
    evidence.gaps.extend(held.gaps());
    evidence.gaps.sort();
    if let Some(remark) = policy.as_ref().and_then(|(policy, _)| policy.unfitted(&evidence)) {
        evidence.remarks.push(remark);
        evidence.remarks.sort();
    }
    let judgement = match &policy {
        Some((policy, _)) => policy.judge(&evidence, &variables),
        None => Judgement::default(),
    };
    let difference = match &spec.baseline {
        Some(path) => {
            let lines = baseline::lines(&evidence, &variables);
            if known.is_none() {
                held.put("baseline", path, baseline::text(&lines).as_bytes())?;
            }
            known.map(|known| baseline::compare(path, &known, &lines))
        }
        None => None,
    };
    if let Some(path) = &spec.learn {
        learning::learn(spec, path, taught, &runs, &variables, &mut held)?;
    }
    let is_new = difference.as_ref().is_some_and(|difference| !difference.new.is_empty());
    let verdict = verdict(&evidence, &judgement, is_new);
    let report = Report { evidence, variables, judgement, difference, verdict, timeline, extent: spec.extent };
    reports::write(spec, &mut held, &report)?;
    held.touched.iter().for_each(|what| say(spec, what));
    // The process ends: to give tens of thousands of texts back one by one is time that whoever waits for it has lost.
    std::mem::forget((report, policy));
    Ok(match verdict {
        Verdict::Violated => exit::VIOLATED,
        Verdict::CommandFailed => exit::NOTHING,
        Verdict::Incomplete => exit::LOSS,
        Verdict::Clean if !held.touched.is_empty() => exit::LOSS,
        Verdict::Clean => exit::OK,
    })
}

/// The first of these that holds. A test suite that fails says so even where evidence is missing; what is certainly wrong
/// goes before both.
fn verdict(evidence: &Evidence, judgement: &Judgement, is_new: bool) -> Verdict {
    if !judgement.violations.is_empty() || !judgement.unmet.is_empty() || is_new {
        Verdict::Violated
    } else if evidence.status != Some(0) && !evidence.is_interrupted() {
        Verdict::CommandFailed
    } else if !evidence.gaps.is_empty() {
        Verdict::Incomplete
    } else {
        Verdict::Clean
    }
}

/// Bytes that a policy or a baseline has at most.
const MOST: u64 = 16 << 20;

/// What is in the file of a policy.
fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    Ok(place::read(path, MOST)?)
}

/// Why there is no policy.
enum Wrong {
    /// It is wrong, and this says where.
    Policy(String),
    /// It cannot be read.
    Other(anyhow::Error),
}

/// The policy and its name.
fn policy(spec: &Audit) -> Result<Option<(Policy, String)>, Wrong> {
    let (path, named) = match &spec.policy {
        Some(path) => (path.as_path(), true),
        None => (Path::new(POLICY), false),
    };
    let bytes = match bytes_of(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !named => return Ok(None),
        Err(error) => {
            return Err(Wrong::Other(anyhow::Error::new(error).context(format!("policy {}", show(path)))));
        }
    };
    let name = path.to_string_lossy().into_owned();
    parsed(path, &bytes).map(|policy| Some((policy, name))).map_err(Wrong::Policy)
}

/// The policy in a file's bytes; or what is wrong with it, in words.
fn parsed(path: &Path, bytes: &[u8]) -> Result<Policy, String> {
    Policy::parse_bytes(bytes, &path.to_string_lossy()).map_err(|faults| match std::fs::symlink_metadata(path) {
        // What a link leads to may be no policy at all, and nobody's to be quoted.
        Ok(found) if found.is_symlink() => {
            format!("tracer policy: {}: the file that this link leads to is no policy", show(path))
        }
        _ => faults.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::audit::evidence::{Gap, GapKind, Violation};

    #[test]
    fn the_worst_is_the_verdict() {
        let check = |violated: bool, is_new: bool, status: Option<i32>, gap: Option<GapKind>, expected: Verdict| {
            let mut evidence = Evidence { status, ..Evidence::default() };
            let gap = gap.map(|kind| Gap { kind, unit: None, what: String::new(), count: 1 });
            evidence.gaps.extend(gap);
            let mut judgement = Judgement::default();
            if violated {
                judgement.violations.push(Violation { access: 0, rule: String::new(), line: 1 });
            }
            assert_eq!(verdict(&evidence, &judgement, is_new), expected);
        };
        let (lost, interrupted) = (Some(GapKind::Lost), Some(GapKind::Interrupted));
        check(false, false, Some(0), None, Verdict::Clean);
        check(false, false, Some(0), lost, Verdict::Incomplete);
        check(false, false, Some(256), lost, Verdict::CommandFailed);
        check(false, false, None, None, Verdict::CommandFailed);
        check(true, false, Some(256), lost, Verdict::Violated);
        check(false, true, Some(0), None, Verdict::Violated);
        check(false, false, Some(2), interrupted, Verdict::Incomplete);
        check(false, false, None, interrupted, Verdict::Incomplete);
        check(false, false, Some(0), interrupted, Verdict::Incomplete);
        check(true, false, Some(2), interrupted, Verdict::Violated);
    }
}
