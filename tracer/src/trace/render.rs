//! The renderer that a form of output needs, and what it says last.

use std::io::IsTerminal;

use crate::capture::Losses;
use crate::render::sink::colored;
use crate::spec::{self, Form, Spec, To};
use crate::trace::output::json::{End, Json};
use crate::trace::output::strace::{PidFormat, StraceText};
use crate::trace::output::summary::Summary;
use crate::trace::output::{Line, Render};

/// How a line names its task, by where it goes.
fn pid_format(to: &To) -> PidFormat {
    match to {
        To::Stderr => PidFormat::Stderr,
        To::File(..) | To::Pipe(_) => PidFormat::File,
        To::Each(_) => PidFormat::None,
    }
}

/// Whether lines are coloured.
fn color(spec: &Spec) -> bool {
    colored(spec.output.color, || spec.output.to == To::Stderr && std::io::stderr().is_terminal())
}

/// Lines of one form, and the counts of a summary besides.
pub struct Renderer {
    form: Lines,
    /// Only the counts are shown.
    silent: bool,
    summary: Option<(Summary, spec::Summary)>,
}

enum Lines {
    Text(StraceText),
    Json(Json),
    None,
}

impl Renderer {
    /// What `spec` asks for.
    pub fn new(spec: &Spec) -> Renderer {
        let summary = spec.output.summary.clone();
        let form = match spec.output.form {
            Form::Summary if summary.as_ref().is_some_and(|summary| summary.json) => Lines::Json(Json::new(false)),
            Form::Text => Lines::Text(StraceText::new(&spec.output.style, pid_format(&spec.output.to), color(spec))),
            Form::Json => Lines::Json(Json::new(spec.output.style.ip)),
            Form::Summary | Form::None => Lines::None,
        };
        let silent = matches!(spec.output.form, Form::Summary | Form::None);
        Renderer { form, silent, summary: summary.map(|asked| (Summary::new(asked.by_process), asked)) }
    }

    /// Calls are counted.
    pub fn summary(&mut self) -> Option<&mut Summary> {
        self.summary.as_mut().map(|(summary, _)| summary)
    }

    /// Nothing is made of single events.
    pub fn is_silent(&self) -> bool {
        self.silent
    }

    /// What comes last: the tables, or JSON's counts and summary. Returns the number of records.
    pub fn finish(&mut self, source: &str, losses: &Losses, exit_code: Option<i32>, out: &mut Vec<u8>) -> u64 {
        let counts = self.summary.as_ref();
        match &mut self.form {
            Lines::Json(json) => json.finish(
                &End { source, losses, exit_code, counts: counts.map(|(summary, asked)| (summary, asked)) },
                out,
            ),
            Lines::Text(_) | Lines::None => {
                if let Some((summary, columns)) = counts {
                    summary.render(columns, out);
                }
                0
            }
        }
    }
}

impl Render for Renderer {
    fn line(&mut self, line: &Line<'_>, out: &mut Vec<u8>) {
        if self.silent {
            return;
        }
        match &mut self.form {
            Lines::Text(text) => text.line(line, out),
            Lines::Json(json) => json.line(line, out),
            Lines::None => {}
        }
    }
}
