//! What of the events makes a line: the call set, `-e status=`, `-e signal=`, `-P` and the quiet flags.
//! Judged on records, before they are put in order, because a line that is not shown must not cut
//! another's in two.

use tracer_common::event::{Head, flag, kind};

use crate::capture::paths::{Paths, uses};
use crate::schema::errno;
use crate::schema::records::{Asked, LineKind, RecordKind};
use crate::spec::{CallFilter, OutputForm, Show, View, Watch};
use crate::trace::output;

/// Records that summaries are made of.
const COUNTED: [u8; 4] = [kind::CALL, kind::OPERATION, kind::ENTERED, kind::RETURNED];

/// The filters of one trace.
#[derive(Debug)]
pub struct Filter {
    calls: CallFilter,
    show: Show,
    every_status: bool,
    form: OutputForm,
    /// The form shows forks and execs, too.
    tasks: bool,
    /// The source counts calls: those that it tells of are not counted again.
    counted: bool,
    paths: Paths,
}

impl Filter {
    /// The filters that were asked for. Resolves the paths of `-P`; `notice` is told of each that is a link.
    pub fn new(watch: &Watch, View { show, output, .. }: &View, mut notice: impl FnMut(&[u8], &[u8])) -> Filter {
        let form = output.form;
        let paths = Paths::new(&show.paths, |given, real| {
            if !show.quiet_paths {
                notice(given, real);
            }
        });
        Filter {
            calls: watch.calls.clone(),
            counted: watch.counting.is_some(),
            show: show.clone(),
            every_status: show.status.all(),
            form,
            tasks: matches!(form, OutputForm::Lines(name) if output::form(name).is_some_and(|form| form.tasks)),
            paths,
        }
    }

    /// Whether a record makes a line.
    pub fn wants(&mut self, head: &Head, record: &[u8]) -> bool {
        match self.form {
            OutputForm::Lines(_) => {}
            // A summary is made of what is called alone.
            OutputForm::Summary if head.kind == kind::CALL && self.counted => return false,
            OutputForm::Summary if COUNTED.contains(&head.kind) => {}
            OutputForm::Summary | OutputForm::None => return false,
        }
        self.line(head).is_some_and(|(kind, line)| match line.asked {
            Asked::Calls => self.wants_call(head, record),
            Asked::Operations => self.calls.operations && self.wants_ended(head, record),
            Asked::Library | Asked::Blocks => true,
            Asked::Signals => kind.field("signal").is_some_and(|field| self.wants_signal(field.place.number(head))),
            Asked::Exits => !self.show.quiet_exit,
            Asked::Superseded => !self.show.quiet_superseded,
            Asked::Tasks => self.tasks,
        })
    }

    /// The line that the form has of a record, were it asked for.
    pub fn line(&self, head: &Head) -> Option<(&'static RecordKind, &'static LineKind)> {
        let kind = RecordKind::of(head.kind)?;
        Some((kind, kind.line(head, !self.tasks)?))
    }

    fn wants_call(&mut self, head: &Head, record: &[u8]) -> bool {
        let compat = head.flags & flag::COMPAT != 0;
        self.calls.wants(head.nr, compat) && self.wants_ended(head, record)
    }

    /// By how a call or an operation ended, and what it was on.
    fn wants_ended(&mut self, head: &Head, record: &[u8]) -> bool {
        (self.every_status || self.wants_status(head)) && self.wants_file(head, record)
    }

    /// By the paths and the descriptors that were named, if any were.
    fn wants_file(&mut self, head: &Head, record: &[u8]) -> bool {
        match &self.show.fds {
            None => self.paths.is_empty() || self.paths.touches(head, record),
            Some(fds) => uses(head, record, fds) || !self.paths.is_empty() && self.paths.touches(head, record),
        }
    }

    fn wants_status(&self, head: &Head) -> bool {
        let status = &self.show.status;
        if head.kind == kind::PENDING {
            status.detached
        } else if head.flags & flag::NO_RETURN != 0 {
            status.unfinished
        } else if errno::of(head.ret).is_some() {
            status.failed
        } else {
            status.successful
        }
    }

    fn wants_signal(&self, signal: i64) -> bool {
        (1..=64).contains(&signal) && self.show.signals & (1 << (signal - 1)) != 0
    }
}
