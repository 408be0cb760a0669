//! The answer for one process, as plain data: what is written in any form. Nothing here does I/O.

use crate::tools::why::judge::outcome::Verdict;
use crate::tools::why::judge::{Cause, Sure};
use crate::tools::why::scene::times::Times;

/// What is said of a process.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Process.
    pub pid: u32,
    /// Its name.
    pub comm: Vec<u8>,
    /// When it began, in ticks since boot.
    pub start: u64,
    /// The gravest of its threads.
    pub verdict: Verdict,
    /// In a sentence; names of others are escaped.
    pub conclusion: String,
    /// What its threads do, the gravest first: those that do the same are one story.
    pub stories: Vec<Story>,
    /// Threads.
    pub threads: usize,
    /// Seconds between both looks.
    pub between: f64,
    /// It ended meanwhile.
    pub ended: bool,
    /// Where its time went, where that was counted.
    pub times: Option<Times>,
    /// It was asked for, and nobody could count it.
    pub uncounted: bool,
    /// What follows from that: sentences, the gravest first.
    pub findings: Vec<String>,
    /// What could not be seen, and why.
    pub missing: Vec<(String, String)>,
}

/// What some threads of a process do.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// Threads that do so; the first is told.
    pub tids: Vec<u32>,
    /// What comes of it.
    pub verdict: Verdict,
    /// The cause of the first link.
    pub cause: Cause,
    /// How sure the whole chain is: as its weakest link.
    pub sure: Sure,
    /// The chain, the thread itself first.
    pub steps: Vec<Step>,
    /// From here on in `steps` it is a circle.
    pub circle: Option<usize>,
    /// Why the last in the circle waits for the first: `holds it`.
    pub closes: Option<&'static str>,
    /// Who is to blame, by the chain: its last step, or all in the circle; none where it is the thread itself.
    pub culprits: Vec<usize>,
}

/// A link of a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Task.
    pub tid: u32,
    /// Its process.
    pub pid: u32,
    /// Its name.
    pub comm: Vec<u8>,
    /// Why the one before waits for it: `holds it`.
    pub role: Option<&'static str>,
    /// What it does: `waits for ...`, with a verb.
    pub does: String,
    /// Why.
    pub cause: Cause,
    /// How sure it is that the next one is right.
    pub sure: Sure,
    /// The state, a letter of proc(5).
    pub state: u8,
    /// Seconds since it last ran.
    pub age: Option<f64>,
    /// The call that it is in.
    pub call: Option<String>,
    /// Functions of the program, the innermost first.
    pub frames: Vec<Vec<u8>>,
    /// What was seen.
    pub evidence: Vec<String>,
    /// Processes that could end its wait as well.
    pub others: Vec<(u32, Vec<u8>)>,
}

impl Report {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self.verdict {
            Verdict::Stuck => crate::exit::STUCK,
            Verdict::Unknown => crate::exit::LOSS,
            _ if self.uncounted => crate::exit::LOSS,
            Verdict::Runs => crate::exit::OK,
            Verdict::Idle => crate::exit::NOTHING,
        }
    }
}
