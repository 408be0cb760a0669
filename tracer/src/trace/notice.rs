//! What tracer says on stderr besides its output, in strace's words.

use std::io::Write;

use crate::system::confine::{self, Work};

/// Says things under the program's name.
#[derive(Debug)]
pub struct Notices {
    program: String,
    quiet: bool,
    /// Attached processes not told yet, with their threads.
    attached: Vec<(u32, u32)>,
}

impl Notices {
    /// Notices of `program`; with `quiet` none about attaching.
    pub fn new(program: &str, quiet: bool) -> Notices {
        Notices { program: program.to_owned(), quiet, attached: Vec::new() }
    }

    /// Nothing is said about attaching and detaching.
    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// A task of `process` was attached to.
    pub fn attached(&mut self, process: u32) {
        if self.quiet {
            return;
        }
        match self.attached.iter_mut().find(|(known, _)| *known == process) {
            Some((_, threads)) => *threads += 1,
            None => self.attached.push((process, 1)),
        }
    }

    /// The lines about processes that were attached to since the last call.
    pub fn take_attached(&mut self) -> Vec<String> {
        let told = |(process, threads)| match threads {
            1 => format!("Process {process} attached"),
            _ => format!("Process {process} attached with {threads} threads"),
        };
        std::mem::take(&mut self.attached).into_iter().map(told).collect()
    }

    /// Says something.
    pub fn say(&self, text: &str) {
        tell(&self.program, text);
    }
}

/// Says something on stderr, under the program's name.
pub fn tell(program: &str, text: &str) {
    tell_line(&format!("{program}: {text}"));
}

/// Gives up the rights that the work does not need; says which are kept, where the kernel refuses. Nothing else depends on it.
pub fn confine(program: &str, work: Work) {
    if let Err(held) = confine::confine(work) {
        tell(program, &held.to_string());
    }
}

/// Writes one line to stderr, in one piece. A stderr that is gone or full can not be told so.
pub fn tell_line(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}
