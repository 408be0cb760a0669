//! Stacks of calls and signals: the frames that `stack` finds go into the record of the call, so that whatever is behind a source needs
//! neither the process nor its files.

use tracer_common::event::status;
use tracer_common::loss::Loss;
use tracer_common::plan::{ARG_SP, shape};

use super::Losses;
use super::record::{Place, Record};
use crate::spec;
use crate::stack::frames::{End, Entry, Frames};
use crate::stack::{Memory, Registers, Walker};

/// What a source needs to tell stacks.
pub struct Stacks {
    /// Finds them; it is told what processes map.
    pub walker: Walker,
    frames: Frames,
}

/// Whose stack is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Task {
    /// The task.
    pub tid: u32,
    /// Its process.
    pub tgid: u32,
    /// When it is: a word of `plan::phase`.
    pub phase: u8,
    /// Its memory is a copy of a part.
    pub copied: bool,
}

impl Stacks {
    /// As many frames as were asked for.
    pub fn new(asked: spec::Stacks) -> Stacks {
        Stacks { walker: Walker::new(asked.limit, asked.lines), frames: Frames::default() }
    }

    /// Adds the stack of a task to a record.
    pub fn add(
        &mut self,
        task: Task,
        registers: Registers,
        memory: &mut Memory<'_>,
        record: &mut Record,
        losses: &mut Losses,
    ) {
        self.frames.clear();
        let missing = self.walker.walk(task.tid, task.tgid, registers, memory, &mut self.frames);
        if task.copied && missing.memory {
            self.frames.push(&Entry::Ends(End::Cut, 0));
            losses.add(Loss::StackCut, 1);
        }
        for (part, piece) in self.frames.pieces().enumerate() {
            let place = Place { arg: ARG_SP, shape: shape::STACK, phase: task.phase, part: part as u16 };
            record.blob(place, status::WHOLE, piece, piece.len() as u64);
        }
        losses.add(Loss::StackGone, missing.mappings.into());
        losses.add(Loss::StackFile, missing.files);
    }

    /// What the process has mapped may have changed.
    pub fn changed(&mut self, tgid: u32) {
        self.walker.changed(tgid);
    }

    /// The process runs another program, or is gone.
    pub fn forget(&mut self, tgid: u32) {
        self.walker.forget(tgid);
    }
}
