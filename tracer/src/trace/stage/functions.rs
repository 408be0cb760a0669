//! Calls of library functions, as they come into lines.

use tracer_common::event::{Head, flag, kind};

use super::Shower;
use crate::capture::Count;
use crate::decode::library;
use crate::decode::value::Call;
use crate::schema::prototypes::Ends;
use crate::trace::output::{Item, Order};
use crate::trace::sequence::Step;

impl Shower {
    /// A call began or returned.
    pub(super) fn function(&mut self, step: &Step<'_>) {
        let head = step.head;
        if head.kind == kind::ENTERED {
            self.unfinish();
            if head.flags & flag::NO_RETURN == 0 {
                return self.functions.entered(head, step.record);
            }
            // Nobody will tell of its return: where there is one, it is not known.
            let depth = self.functions.depth(head.tid);
            let never = self.functions.function(head, depth).prototype.is_some_and(|it| it.ends == Ends::Never);
            let unfinished = never && self.order == Order::Split;
            return self.show(step.record, depth, |call| match unfinished {
                true => Item::Unfinished(call),
                false => Item::Call(call),
            });
        }
        if !self.functions.is_open(head) {
            self.unfinish();
        }
        let Some(returned) = self.functions.returned(head, step.record) else { return };
        self.show(&returned.record, returned.depth, |call| match returned.shown {
            true => Item::Resumed(call),
            false => Item::Call(call),
        });
    }

    /// Whether it is a system call in no function, where only others are asked for.
    pub(super) fn is_without(&self, head: &Head) -> bool {
        let is_call = matches!(head.kind, kind::CALL | kind::PENDING | kind::OPERATION);
        self.within && is_call && self.functions.depth(head.tid) == 0
    }

    /// Something else comes behind the call that was entered last: its entry is shown.
    pub(super) fn unfinish(&mut self) {
        if self.order != Order::Split {
            return;
        }
        if let Some((record, depth)) = self.functions.take_open() {
            self.show(&record, depth, |call| Item::Unfinished(call));
        }
    }

    /// Takes what a source counted of functions.
    pub fn count_functions(&mut self, counts: &[(u32, Count)]) {
        let demangles = self.demangles;
        if let Some(summary) = self.render.summary() {
            for (number, count) in counts {
                let head = Head { nr: *number, ..Head::default() };
                let name = self.functions.function(&head, 0).name;
                summary.add_function(name, demangles, count);
            }
        }
    }

    /// A task is gone, or runs another program: what it was in will not return.
    pub(super) fn leave_functions(&mut self, tid: u32) {
        self.unfinish();
        let left = self.functions.gone(tid);
        for (depth, call) in left.iter().enumerate().filter(|(_, call)| !call.shown) {
            self.show(&call.record, depth, |call| Item::Call(call));
        }
    }

    /// The trace is over.
    pub(super) fn leave_all_functions(&mut self) {
        self.unfinish();
        for (depth, call) in self.functions.rest() {
            if !call.shown {
                self.show(&call.record, depth, |call| Item::Detached(call));
            }
        }
    }

    fn show(&mut self, record: &[u8], depth: usize, item: impl for<'c> Fn(&'c Call<'c>) -> Item<'c>) {
        let Some(head) = Head::read(record) else { return };
        let functions = std::mem::take(&mut self.functions);
        let call = library::decode(record, functions.function(&head, depth), &self.options);
        let item = item(&call);
        let demangles = self.demangles;
        if let (Some(summary), Item::Call(_) | Item::Resumed(_)) = (self.render.summary(), &item) {
            summary.take_function(&call, demangles);
        }
        if !self.render.is_silent() {
            let time = if matches!(item, Item::Resumed(_)) { head.time.saturating_add(head.dur) } else { head.time };
            self.line(&head, record, time, item);
        }
        self.functions = functions;
    }
}
