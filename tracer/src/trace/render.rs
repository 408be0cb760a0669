//! The renderer that a request asks for, and the counts of a summary besides.

use std::io::IsTerminal;

use crate::capture::Losses;
use crate::render::sink::colored;
use crate::spec::{self, OutputForm, To, View};
use crate::trace::output::summary::Summary;
use crate::trace::output::{self, Line, Render, TraceEnd};

/// Lines of one form, and the counts of a summary.
pub struct Renderer {
    form: Option<Box<dyn Render>>,
    /// Only the counts are shown.
    silent: bool,
    summary: Option<(Summary, spec::Summary)>,
}

impl Renderer {
    /// What `view` asks for. Where only counts are shown, they come last in a form that shows nothing else.
    pub fn new(view: &View) -> Renderer {
        let summary = view.output.summary.clone();
        let json = summary.as_ref().is_some_and(|summary| summary.json);
        let shown = match view.output.form {
            OutputForm::Summary if json => OutputForm::JSON,
            OutputForm::Summary => OutputForm::TEXT,
            form => form,
        };
        let color = colored(view.output.color, || match view.output.to {
            To::Stderr => std::io::stderr().is_terminal(),
            To::Stdout => std::io::stdout().is_terminal(),
            _ => false,
        });
        let form = match shown {
            OutputForm::Lines(name) => output::form(name).map(|form| (form.make)(view, color)),
            OutputForm::Summary | OutputForm::None => None,
        };
        let silent = matches!(view.output.form, OutputForm::Summary | OutputForm::None);
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

    /// The bytes of a line.
    pub fn line(&mut self, line: &Line<'_>, out: &mut Vec<u8>) {
        if let (false, Some(form)) = (self.silent, &mut self.form) {
            form.line(line, out);
        }
    }

    /// What comes last. Returns the number of records.
    pub fn finish(&mut self, source: &str, losses: &Losses, exit_code: Option<i32>, out: &mut Vec<u8>) -> u64 {
        let counts = self.summary.as_ref().map(|(summary, asked)| (summary, asked));
        self.form.as_mut().map_or(0, |form| form.end(&TraceEnd { source, losses, exit_code, counts }, out))
    }
}
