//! What was asked of `tracer audit`.

use std::path::PathBuf;

use crate::spec::{Backend, Color, Command};
use crate::tools::audit::evidence::Extent;

/// An audit of a command.
#[derive(Debug, Clone)]
pub struct Audit {
    /// The name by which it was called, for messages.
    pub program: String,
    /// The command.
    pub command: Command,
    /// The policy; `None` takes `tracer.toml` of the working directory, where there is one.
    pub policy: Option<PathBuf>,
    /// Write a policy that allows what happened; into one that is there, add it.
    pub learn: Option<PathBuf>,
    /// How often the command is run, to learn from what differs.
    pub runs: usize,
    /// Write a policy that is there and was added to.
    pub write: bool,
    /// What happened before: compared with, or written when it is not there yet.
    pub baseline: Option<PathBuf>,
    /// Write the baseline anew.
    pub update: bool,
    /// Reports, each to its file.
    pub reports: Vec<(Form, PathBuf)>,
    /// Of an interrupted run, leave what the command started running.
    pub keep: bool,
    /// Keep the events here.
    pub record: Option<PathBuf>,
    /// Tell contents of files by their sums.
    pub hash: bool,
    /// Tell how text files differ from before.
    pub diff: bool,
    /// How much reports tell.
    pub extent: Extent,
    /// Variables that name a unit.
    pub unit_variables: Vec<String>,
    /// Globs of programs that are units.
    pub unit_programs: Vec<String>,
    /// Have pytest mark its tests, wherever it is run.
    pub pytest: bool,
    /// Have node:test, jest and vitest mark theirs.
    pub node: bool,
    /// What others do in this cgroup v2 directory, or below it, is done for the command.
    pub cgroup: Option<PathBuf>,
    /// By what it is traced.
    pub backend: Backend,
    /// Bytes of the ring buffer.
    pub ring_size: Option<usize>,
    /// Colours.
    pub color: Color,
    /// No summary on stderr.
    pub quiet: bool,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The summary of the terminal, without colours.
    Text,
    /// One object of JSON: schema/audit.schema.json.
    Json,
    /// JUnit's XML.
    Junit,
    /// SARIF 2.1.0.
    Sarif,
    /// Markdown, as GitHub shows it in a step's summary.
    Markdown,
    /// Workflow commands of GitHub: annotations.
    Github,
    /// A page of one file, for a browser.
    Html,
}

impl Form {
    /// All of them.
    pub const ALL: [Form; 7] =
        [Form::Text, Form::Json, Form::Junit, Form::Sarif, Form::Markdown, Form::Github, Form::Html];

    /// The word on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Form::Text => "text",
            Form::Json => "json",
            Form::Junit => "junit",
            Form::Sarif => "sarif",
            Form::Markdown => "markdown",
            Form::Github => "github",
            Form::Html => "html",
        }
    }
}
