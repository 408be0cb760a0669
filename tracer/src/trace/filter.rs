//! What of the events makes a line: the call set, `-e status=`, `-e signal=`, `-P` and the quiet flags.
//! Judged on records, before they are put in order, because a line that is not shown must not cut
//! another's in two.

use std::collections::HashSet;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use tracer_common::event::{Head, flag, kind};
use tracer_common::plan::shape;
use tracer_common::record::blobs;

use crate::capture::record::whole_path;
use crate::schema::records::{Asked, LineKind, RecordKind};
use crate::schema::types::{Arg, Ty};
use crate::schema::{Abi, by_nr, errno, uring};
use crate::spec::{CallFilter, OutputForm, Show};
use crate::trace::output;

/// The filters of one trace.
#[derive(Debug)]
pub struct Filter {
    calls: CallFilter,
    show: Show,
    every_status: bool,
    form: OutputForm,
    /// The form shows forks and execs, too.
    tasks: bool,
    paths: HashSet<Vec<u8>>,
    /// Room to put a path together.
    scratch: Vec<u8>,
}

impl Filter {
    /// The filters that were asked for. Resolves the paths of `-P`; `notice` is told of each that is a link.
    pub fn new(calls: &CallFilter, show: &Show, form: OutputForm, mut notice: impl FnMut(&[u8], &[u8])) -> Filter {
        let mut paths = HashSet::new();
        for given in &show.paths {
            if let Ok(real) = fs::canonicalize(Path::new(std::ffi::OsStr::from_bytes(given))) {
                let real = real.into_os_string().into_vec();
                if real != *given {
                    if !show.quiet_paths {
                        notice(given, &real);
                    }
                    paths.insert(real);
                }
            }
            paths.insert(given.clone());
        }
        Filter {
            calls: calls.clone(),
            show: show.clone(),
            every_status: show.status.all(),
            form,
            tasks: matches!(form, OutputForm::Lines(name) if output::form(name).is_some_and(|form| form.tasks)),
            paths,
            scratch: Vec::new(),
        }
    }

    /// Whether a record makes a line.
    pub fn wants(&mut self, head: &Head, record: &[u8]) -> bool {
        match self.form {
            OutputForm::Lines(_) => {}
            // A summary is made of calls and operations alone.
            OutputForm::Summary if matches!(head.kind, kind::CALL | kind::OPERATION) => {}
            OutputForm::Summary | OutputForm::None => return false,
        }
        self.line(head).is_some_and(|(kind, line)| match line.asked {
            Asked::Calls => self.wants_call(head, record),
            Asked::Operations => self.calls.operations && self.wants_ended(head, record),
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
        (self.every_status || self.wants_status(head)) && (self.show.paths.is_empty() || self.touches(head, record))
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

    /// Whether a call names one of the paths, or works on a descriptor of one.
    fn touches(&mut self, head: &Head, record: &[u8]) -> bool {
        let abi = if head.flags & flag::COMPAT != 0 { Abi::I386 } else { Abi::NATIVE };
        let row = match head.kind {
            kind::OPERATION => uring::by_opcode(head.nr).map(|operation| &operation.row),
            _ => by_nr(abi, head.nr),
        };
        let args = row.map_or(&[][..], |row| row.variant(&head.args).map_or(row.args, |form| form.args));
        for (blob, bytes) in blobs(head, record) {
            let found = match blob.shape {
                shape::TEXT => is_path(args, blob.arg) && self.paths.contains(bytes),
                shape::FD | shape::DIRFD | shape::FDS | shape::FDSET => {
                    whole_path(bytes, &mut self.scratch) && self.paths.contains(&self.scratch)
                }
                // Structures and the files of their descriptors take turns.
                shape::REFS if blob.part > 0 && blob.part % 2 == 0 => {
                    whole_path(bytes, &mut self.scratch) && self.paths.contains(&self.scratch)
                }
                _ => false,
            };
            if found {
                return true;
            }
        }
        false
    }
}

fn is_path(args: &[Arg], at: u8) -> bool {
    let mut ty = match args.get(usize::from(at)) {
        Some(arg) => arg.ty,
        None => return false,
    };
    while let Ty::When(_, _, inner) = ty {
        ty = *inner;
    }
    matches!(ty, Ty::Path)
}
