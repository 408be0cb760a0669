//! Whether a run in which something failed is right: tracer says so or does its work, ends by itself, and who was traced is whole.

use super::jobs::Job;
use super::run::{Done, Folder};

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// As if nothing had failed.
    Whole,
    /// It did its work, lacks something, and says so.
    Said,
    /// It did not start, or gave up, with a line and a code that says so; who was traced went on.
    Refused,
    /// What failed was not reached.
    Unreached,
    /// It panicked, aborted or was ended by a signal.
    Crash,
    /// It did not end.
    Hang,
    /// The command is not whole.
    Tracee,
    /// A code that means something else, or no word.
    Code,
    /// Something is missing, and nothing says so.
    Silent,
}

impl Outcome {
    /// All of them, as the matrix has them.
    pub const ALL: [Outcome; 9] = [
        Outcome::Whole,
        Outcome::Said,
        Outcome::Refused,
        Outcome::Unreached,
        Outcome::Crash,
        Outcome::Hang,
        Outcome::Tracee,
        Outcome::Code,
        Outcome::Silent,
    ];

    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Whole => "whole",
            Outcome::Said => "said",
            Outcome::Refused => "refused",
            Outcome::Unreached => "unreached",
            Outcome::Crash => "CRASH",
            Outcome::Hang => "HANG",
            Outcome::Tracee => "TRACEE",
            Outcome::Code => "CODE",
            Outcome::Silent => "SILENT",
        }
    }

    /// It is none of those that may be.
    pub fn is_fault(self) -> bool {
        self > Outcome::Unreached
    }
}

/// Judges a run; `amount`: what the job shows when nothing fails.
pub fn judge(job: &Job, amount: usize, done: &Done, dir: &Folder) -> Outcome {
    let has = |name: &str| dir.path().join(name).exists();
    if done.hung {
        return Outcome::Hang;
    }
    if done.signal.is_some() || done.code == Some(101) || done.stderr.contains("panicked at") {
        return Outcome::Crash;
    }
    // The shell writes both: a command that began has to come to its end.
    if job.runs && has("begun") != has("whole") {
        return Outcome::Tracee;
    }
    let says = !done.stderr.trim().is_empty();
    match done.code {
        Some(code) if code == job.code && (!job.runs || has("whole")) => {
            let shown = job.shown.map_or_else(|| done.stdout.clone(), |name| dir.text(name));
            match job.amount(&shown) == amount {
                true => Outcome::Whole,
                // lsof says it in the line of what it could not list.
                false if says || shown.contains("\"lost\":{\"") || shown.contains(" (opendir: ") => Outcome::Said,
                false => Outcome::Silent,
            }
        }
        // 1: a snapshot found nothing, or ss could not do it; 2: an output cannot be written; 4: evidence is incomplete;
        // 126 and 127: the command could not be run, as a shell says it.
        Some(1 | 2 | 4 | 125 | 126 | 127 | 255) if says => Outcome::Refused,
        _ => Outcome::Code,
    }
}
