//! How the lines of a trace are driven.

use std::ops::ControlFlow;

use super::{Shower, wall_offset};
use crate::render::sink::Flow;
use crate::trace::drive::{Driven, Turn};

impl Driven for Shower {
    fn is_live(&self) -> bool {
        self.live
    }

    /// A trace that nobody reads any more is over. A command goes on to its end, which is tracer's as well; a recording is still
    /// written.
    fn turn(&mut self, turn: &Turn) -> ControlFlow<()> {
        self.waiting = turn.waiting;
        if self.left == Some(0) {
            let _ = self.deliver(true);
            if !self.notices.quiet() {
                self.say("System call limit has been reached, detaching tracees");
            }
            self.let_go();
            return ControlFlow::Break(());
        }
        let unread = self.deliver(turn.idle) == Flow::Closed && self.command.pid.is_none() && !turn.recorded;
        if unread { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn pressed(&mut self, said: &str) {
        self.say(said);
    }

    /// The clock may have been set: lines made from now on follow it.
    fn tick(&mut self) {
        if !self.recorded {
            self.wall = wall_offset();
        }
    }

    /// Says that every task that still lives is no longer traced.
    fn let_go(&mut self) {
        self.waiting = false;
        if !self.notices.quiet() {
            let _ = self.deliver(true);
            for tid in self.processes.tids() {
                self.notices.say(&format!("Process {tid} detached"));
            }
        }
    }
}
