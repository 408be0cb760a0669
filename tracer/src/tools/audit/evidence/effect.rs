//! What became of a file over the whole run.

/// What became of a file over the whole run.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It was not there before, and is now.
    #[default]
    Created,
    /// It was there, and its contents may be others now.
    Modified,
    /// It was there, and is not any more.
    Deleted,
    /// It has another name now: this one. (The object is the old name.)
    Renamed(Vec<u8>),
    /// It was made and removed again.
    Temporary,
}

impl Change {
    /// The word of reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Change::Created => "created",
            Change::Modified => "modified",
            Change::Deleted => "deleted",
            Change::Renamed(_) => "renamed",
            Change::Temporary => "temporary",
        }
    }
}

/// The net effect on a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Effect {
    /// Its path.
    pub path: Vec<u8>,
    /// What became of it.
    pub change: Change,
    /// The units that changed it, by index.
    pub units: Vec<usize>,
    /// What the file was before the run, where that is known.
    pub before: Held,
    /// What it is afterwards; of a renamed file, by its new name.
    pub after: Held,
    /// How its text differs from before, where that was asked for.
    pub diff: Option<Diff>,
}

/// How the text of a file differs from before the run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Diff {
    /// The lines that differ, as diff -u tells them, without its head and without line ends.
    Lines(Vec<String>),
    /// Why that is not told.
    Not(&'static str),
}

/// What is known of a regular file at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// Its bytes.
    pub size: Option<u64>,
    /// Its permissions, as in `st_mode`.
    pub mode: Option<u32>,
    /// SHA-256 of its contents, in hex.
    pub sum: Option<String>,
}
