//! The form of a recording: what a source gave, kept to be decoded again. Written by
//! `trace::output::record`, read by [`super::replay`].
//!
//! ```text
//! magic     8 bytes   89 't' 'r' 'a' 'c' 'e' 0d 0a: no text, and shows a transfer that changed line ends
//! version   u32       the version of this form, 1
//! section*            tag (4 bytes), len (u32), sum (u32), zero (u32), then len bytes
//! ```
//! The first section is `HEAD` (JSON: [`Header`]), then come `RECS` (whole records, as
//! `tracer_common::event` lays them out), and the last is `TAIL` (JSON: [`Trailer`]): a file without it
//! was cut, or its tracer was killed. `sum` is a CRC-32 over all sections up to this one, heads
//! included, so that none can be changed, moved or left out unseen. Integers are little-endian. A
//! newer version with the same magic may look different behind the version number.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tracer_common::loss::Loss;

use super::Losses;
use crate::schema::plan::Detail;
use crate::system::procfs::machine;

/// How every recording begins.
pub const MAGIC: [u8; 8] = *b"\x89trace\r\n";
/// The version of the form that this build writes and reads.
pub const VERSION: u32 = 1;
/// Bytes of `HEAD` and `TAIL` at most.
pub const TEXT_MAX: u32 = 4 << 20;
/// Bytes of a `RECS` section at most.
pub const RECORDS_MAX: u32 = 16 << 20;
/// Bytes of a section's head.
pub const SECTION: usize = 16;

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// Facts needed to show the records.
    Head,
    /// Records.
    Records,
    /// The end.
    Tail,
}

impl Tag {
    /// The bytes it is written as.
    pub const fn bytes(self) -> [u8; 4] {
        match self {
            Tag::Head => *b"HEAD",
            Tag::Records => *b"RECS",
            Tag::Tail => *b"TAIL",
        }
    }

    /// Bytes a section of this kind has at most.
    pub const fn max(self) -> u32 {
        match self {
            Tag::Records => RECORDS_MAX,
            Tag::Head | Tag::Tail => TEXT_MAX,
        }
    }

    /// The kind that bytes stand for.
    pub fn read(bytes: [u8; 4]) -> Option<Tag> {
        [Tag::Head, Tag::Records, Tag::Tail].into_iter().find(|tag| tag.bytes() == bytes)
    }
}

/// The running sum over sections.
#[derive(Debug, Clone, Default)]
pub struct Sum(u32);

impl Sum {
    /// The sum with one more section, whose head has no sum yet.
    pub fn add(&mut self, tag: Tag, bytes: &[u8]) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&self.0.to_le_bytes());
        hasher.update(&tag.bytes());
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
        self.0 = hasher.finalize();
        self.0
    }
}

/// Facts of the host and the request without which records can not be shown as they were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the tracer that wrote it.
    pub tracer: String,
    /// Architecture, as `std::env::consts::ARCH`: it decides numbers and layouts.
    pub arch: String,
    /// Kernel release (`uname -r`).
    pub kernel: String,
    /// `/proc/sys/kernel/random/boot_id`: whose monotonic clock this is.
    pub boot_id: String,
    /// CLOCK_REALTIME minus CLOCK_MONOTONIC, ns.
    pub clock_offset: i64,
    /// Name of the source.
    pub source: String,
    /// The traced command with its arguments, as bytes; empty when processes were attached to.
    pub command: Vec<Vec<u8>>,
    /// The command's pid, 0 without one.
    pub command_pid: u32,
    /// Processes that were attached to.
    pub pids: Vec<i32>,
    /// Children were followed.
    pub follow: bool,
    /// How much of each call was copied.
    pub detail: HeaderDetail,
    /// It tells of library functions: how they were shown.
    #[serde(default)]
    pub library: Option<HeaderLibrary>,
}

/// [`crate::spec::LibraryStyle`], as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderLibrary {
    /// See [`crate::spec::LibraryStyle::demangle`].
    pub demangle: bool,
    /// See [`crate::spec::LibraryStyle::indent`].
    pub indent: usize,
    /// See [`crate::spec::LibraryStyle::callers`].
    pub callers: bool,
    /// See [`crate::spec::LibraryStyle::within`].
    #[serde(default)]
    pub within: bool,
    /// Where results are aligned.
    pub column: usize,
}

/// [`Detail`], as it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderDetail {
    /// See [`Detail::data`].
    pub data: bool,
    /// See [`Detail::strlen`].
    pub strlen: u32,
    /// See [`Detail::fds`].
    pub fds: bool,
    /// See [`Detail::env`].
    pub env: bool,
}

impl From<Detail> for HeaderDetail {
    fn from(Detail { data, strlen, fds, env }: Detail) -> HeaderDetail {
        HeaderDetail { data, strlen, fds, env }
    }
}

impl From<HeaderDetail> for Detail {
    fn from(HeaderDetail { data, strlen, fds, env }: HeaderDetail) -> Detail {
        Detail { data, strlen, fds, env }
    }
}

impl Header {
    /// The facts of this host, now; what was asked is left to the caller.
    pub fn of_host() -> Header {
        let now = |clock| {
            let time = rustix::time::clock_gettime(clock);
            time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec)
        };
        let kernel = rustix::system::uname().release().to_string_lossy().into_owned();
        Header {
            tracer: env!("CARGO_PKG_VERSION").to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            kernel,
            boot_id: machine::boot_id(),
            clock_offset: now(rustix::time::ClockId::Realtime) - now(rustix::time::ClockId::Monotonic),
            ..Header::default()
        }
    }
}

/// What is known at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trailer {
    /// Records in the file.
    pub records: u64,
    /// What was lost, by reason's name.
    pub losses: BTreeMap<String, u64>,
    /// Exit code or status of the traced command, as tracer ended with it.
    pub exit_code: Option<i32>,
}

impl Trailer {
    /// The trailer's losses in this build's reasons; names it does not know are counted as output that
    /// was lost, so that none becomes nothing.
    pub fn losses(&self) -> Losses {
        let mut losses = Losses::default();
        for (name, &n) in &self.losses {
            let known = Loss::ALL.iter().find(|l| l.name() == name);
            losses.add(known.copied().unwrap_or(Loss::OutputFailed), n);
        }
        losses
    }

    /// Losses by name.
    pub fn names(losses: &Losses) -> BTreeMap<String, u64> {
        losses.reasons.iter().map(|(loss, &n)| (loss.name().to_owned(), n)).collect()
    }
}
