//! What the kernel side says of itself (`TRACER_BPF_LOG=debug`): why a record was not sent, where a plan met memory that cannot be
//! read. Off unless asked for: the verifier then drops the code that would say it.

use std::ffi::OsStr;
use std::io::Write;
use std::os::fd::{AsRawFd, BorrowedFd};

use anyhow::{Context, Result, bail};
use aya_log::{EbpfLogger, Level};
use log::{Metadata, Record};

use super::bpf;

/// What asks for it.
const ASKED: &str = "TRACER_BPF_LOG";
/// The constant of the object that has the level; 0 is off.
pub const LEVEL: &str = aya_log::LEVEL;
/// The ring of what is said, and its size in bytes where nothing is.
pub const RING_OFF: (&str, u32) = ("AYA_LOGS", 4096);

/// Levels by their names.
const LEVELS: [(&str, u8); 6] = [
    ("off", 0),
    ("error", Level::Error as u8),
    ("warn", Level::Warn as u8),
    ("info", Level::Info as u8),
    ("debug", Level::Debug as u8),
    ("trace", Level::Trace as u8),
];

/// The level that the environment asks for; 0 where it asks for none.
///
/// # Errors
/// A word that is no level.
pub fn asked() -> Result<u8> {
    std::env::var_os(ASKED).map_or(Ok(0), |word| level(&word))
}

fn level(word: &OsStr) -> Result<u8> {
    if let Some((_, level)) = LEVELS.iter().find(|(name, _)| word == *name) {
        return Ok(*level);
    }
    let names: Vec<&str> = LEVELS.iter().map(|(name, _)| *name).collect();
    bail!("{ASKED}={word:?}: it may be {}", names.join(", "))
}

/// Reads what a loaded program and those that were loaded with it say.
pub struct Log(EbpfLogger<ToStderr>);

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Log")
    }
}

impl Log {
    /// # Errors
    /// What the kernel refuses.
    pub fn open(program: BorrowedFd<'_>) -> Result<Log> {
        let id = bpf::id(program.as_raw_fd()).context("cannot ask for the number of a program")?;
        Ok(Log(EbpfLogger::init_from_id_with_logger(id, ToStderr).context("cannot read what the kernel side says")?))
    }

    /// Writes out what was said since the last time.
    pub fn flush(&mut self) {
        self.0.flush();
    }
}

/// Lines of their own among the messages.
struct ToStderr;

impl log::Log for ToStderr {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "tracer: kernel side: {}", record.args().to_string().trim_end());
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        let check = |word: &str, expected: Result<u8, &str>| {
            let level = level(OsStr::new(word)).map_err(|error| error.to_string());
            assert_eq!(level.as_ref().map_err(String::as_str), expected.as_ref().map_err(|error| *error), "{word}");
        };
        check("debug", Ok(4));
        check("off", Ok(0));
        check("loud", Err("TRACER_BPF_LOG=\"loud\": it may be off, error, warn, info, debug, trace"));
        check("", Err("TRACER_BPF_LOG=\"\": it may be off, error, warn, info, debug, trace"));
    }
}
