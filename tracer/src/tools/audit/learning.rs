//! Writing what was learned: a new policy at once, a changed one after it was shown, and asked for (`--write`).

use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;

use super::held::Held;
use super::{Wrong, bytes_of, databases, policy, say};
use crate::render::typed::show;
use crate::tools::audit::evidence::{Evidence, Variables};
use crate::tools::audit::policy::Policy;
use crate::tools::audit::request::Audit;

/// A policy that is there, with its text.
pub struct Taught {
    policy: Policy,
    text: String,
}

/// The policy that is to be added to; `None` where there is none yet.
pub fn taught(path: &Path) -> Result<Option<Taught>, Wrong> {
    let bytes = match bytes_of(path) {
        Ok(bytes) => bytes,
        // Nothing can be written to a directory, and that is said where outputs are tried.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::IsADirectory) => return Ok(None),
        Err(error) => {
            return Err(Wrong::Other(anyhow::Error::new(error).context(format!("policy {}", show(path)))));
        }
    };
    // An empty file is one that somebody made a place for.
    if bytes.is_empty() {
        return Ok(None);
    }
    let policy = super::parsed(path, &bytes).map_err(Wrong::Policy)?;
    Ok(Some(Taught { policy, text: String::from_utf8_lossy(&bytes).into_owned() }))
}

/// Writes what these runs taught.
///
/// # Errors
/// The file cannot be written.
pub fn learn(
    spec: &Audit,
    path: &Path,
    taught: Option<Taught>,
    runs: &[Evidence],
    variables: &Variables,
    held: &mut Held,
) -> Result<()> {
    let runs = &databases::with_journals(runs)[..];
    let Some(taught) = taught else {
        return held.put("policy", path, policy::learn(runs, variables).as_bytes());
    };
    let name = show(path);
    let added = policy::add(&taught.text, &taught.policy, runs, variables);
    if added.denied > 0 {
        say(
            spec,
            &format!(
                "{name} denies some of what happened in words ({} times): learning allows none of it",
                added.denied
            ),
        );
    }
    if added.rules == 0 {
        say(spec, &format!("{name} allows what else happened: nothing was added"));
        return Ok(());
    }
    let rules = if added.rules == 1 { "1 rule".to_owned() } else { format!("{} rules", added.rules) };
    let lines = policy::difference(&name, &taught.text, &added.text);
    let lines: String = lines.lines().map(|line| format!("{}\n", show(line))).collect();
    // Nobody is left to be told that stderr is closed.
    let _ = io::stderr().write_all(lines.as_bytes());
    if spec.write {
        held.put("policy", path, added.text.as_bytes())?;
        say(spec, &format!("{name}: {rules} added"));
    } else {
        say(spec, &format!("{name}: {rules} would be added; --write does"));
    }
    Ok(())
}
