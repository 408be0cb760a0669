//! What becomes of each record once it is in order: the model learns from it, and when it makes a line
//! it is decoded and rendered into a buffer. The buffer goes to the sink once a batch, so the common
//! call costs no allocation and no system call of our own.

mod driven;
mod entered;
mod functions;
mod lives;

use std::collections::HashMap;
use std::io::{self, IsTerminal};

use tracer_common::event::{Head, flag, kind};

use self::entered::Entered;
use super::dumps::Dumps;
use super::filter::Filter;
use super::interfaces;
use super::leaving::{self, Leaving};
use super::library::Calls;
use super::naming::Naming;
use super::notice::Notices;
use super::passed::Passed;
use super::render::Renderer;
use super::sequence::{Part, Stage, Step};
use crate::capture::{Count, Losses, ourselves};
use crate::decode;
use crate::render::sink::{Flow, Outcome, Sink};
use crate::schema::records::Told;
use crate::spec::{OutputForm, Spec, To};
use crate::trace::output::{Event, Item, Line, Order, Stack};
use crate::trace::tasks::{Processes, TracedTask, number};

/// Bytes of rendered lines that are kept before they are handed over within a batch.
const HAND_OVER: usize = 64 * 1024;

/// By the id of a process that runs another program: the thread that began its execve.
type Moved = HashMap<u32, u32>;

/// Renders lines and keeps the model. Implements [`Stage`].
pub struct Shower {
    filter: Filter,
    /// The traced tasks.
    pub processes: Processes,
    options: decode::Options,
    render: Renderer,
    sink: Sink,
    /// Lines not handed over yet: those of task `of` where each has a file.
    lines: Vec<u8>,
    count: u64,
    of: u32,
    each: bool,
    /// Where each has a file of text: whose execve goes on under which id, as threads that are not the first have it.
    moved: Option<Moved>,
    flow: Flow,
    /// CLOCK_REALTIME minus CLOCK_MONOTONIC, ns.
    wall: u64,
    /// Pids stand in every line: output goes to a file and children are followed.
    pids: bool,
    on_stderr: bool,
    passed: Passed,
    functions: Calls,
    demangles: bool,
    /// System calls are shown within functions only.
    within: bool,
    order: Order,
    /// Somebody watches: what runs for long is shown before it ends.
    live: bool,
    entered: Option<Entered>,
    notices: Notices,
    waiting: bool,
    naming: Naming,
    leaving: Leaving,
    dumps: Option<Dumps>,
    /// What is to be shown below the line that is made.
    below: Vec<u8>,
    /// Calls that may still be shown.
    left: Option<u64>,
    /// The command that tracer started, and how it ended.
    pub command: Command,
    /// No record of the command came yet.
    unmet: bool,
    /// The command's program does not run yet; its execve failed.
    unstarted: bool,
    refused: bool,
    execve: u32,
    /// Some task made 32-bit calls.
    compat: bool,
    quiet_personality: bool,
    /// The records' own clock, when they come from a recording.
    recorded: bool,
}

/// The command that tracer started.
#[derive(Debug, Default, Clone, Copy)]
pub struct Command {
    /// Its process.
    pub pid: Option<u32>,
    /// Its wait status, once it ended.
    pub status: Option<i32>,
}

impl Stage for Shower {
    fn visible(&mut self, head: &Head, record: &[u8]) -> bool {
        if !self.leaving.comes(head) {
            return false;
        }
        if self.unstarted && self.command.pid == Some(head.tid) && self.is_ours(head) {
            return false;
        }
        self.filter.wants(head, record)
    }

    fn step(&mut self, step: Step<'_>) {
        let head = step.head;
        let step = Step { shown: step.shown && !self.is_without(head), ..step };
        if self.left == Some(0) {
            return;
        }
        match self.leaving.shows(head) {
            leaving::Part::Gone => return,
            leaving::Part::Leaves => return self.leave_task(&step),
            leaving::Part::Stays => {}
        }
        if self.unmet {
            self.meet(head);
        }
        match head.kind {
            kind::NAMED => return self.functions.name(head, step.record),
            kind::ENTERED | kind::RETURNED if step.shown => return self.function(&step),
            kind::ENTERED | kind::RETURNED => return,
            kind::EXIT => self.leave_functions(head.tid),
            kind::EXEC => self.leave_functions(head.tgid),
            _ if step.shown => self.unfinish(),
            _ => {}
        }
        if head.kind == kind::CALL {
            if !self.recorded {
                ourselves::look(head);
            }
            if self.compat || head.flags & flag::COMPAT != 0 {
                self.personality(head);
            }
            if step.shown {
                self.call(&step);
            } else if !self.naming.idle() && step.part != Part::Unfinished {
                self.naming.call(&mut decode::decode(step.record, &self.options), &self.processes);
            }
            if step.part != Part::Unfinished {
                self.processes.ended(head, step.record);
            }
        } else if head.kind == kind::OPERATION {
            if step.shown {
                self.call(&step);
            }
        } else {
            self.event(&step);
        }
    }
}

impl Shower {
    /// A shower of what `spec` asks for, with its output opened.
    ///
    /// # Errors
    /// Those of opening the output.
    pub fn open(spec: &Spec) -> anyhow::Result<Shower> {
        let Spec { watch, view } = spec;
        let to = &view.output.to;
        let to_file = matches!(to, To::Stdout | To::File(..) | To::Pipe(_));
        let target = &watch.target;
        let wide = target.all || target.cgroup.is_some() || target.comm.is_some() || target.uid.is_some();
        let run_to_file = target.command.is_some() && target.pids.is_empty() && *to != To::Stderr;
        let live = view.output.form == OutputForm::TEXT
            && *to == To::Stderr
            && view.output.style.relative.is_none()
            && io::stderr().is_terminal();
        let notices = Notices::new(&watch.program, view.show.quiet_attach || wide || run_to_file);
        let sink = Sink::open(to)?;
        let filter = Filter::new(watch, view, |given, real| {
            notices.say(&format!(
                "Requested path \"{}\" resolved into \"{}\"",
                given.escape_ascii(),
                real.escape_ascii()
            ));
        });
        Ok(Shower {
            filter,
            processes: Processes::default(),
            options: decode::Options::new(&view.output.style),
            render: Renderer::new(view),
            sink,
            lines: Vec::with_capacity(2 * HAND_OVER),
            count: 0,
            of: 0,
            each: matches!(to, To::Each(_)),
            moved: (matches!(to, To::Each(_)) && view.output.form == OutputForm::TEXT).then(Moved::new),
            flow: Flow::Open,
            wall: wall_offset(),
            pids: view.output.style.always_pid || to_file && (watch.follow || target.pids.len() > 1 || wide),
            on_stderr: *to == To::Stderr,
            live,
            entered: None,
            passed: Passed::default(),
            functions: Calls::default(),
            demangles: view.output.style.library.demangle,
            within: view.output.style.library.within,
            order: super::order(view),
            notices,
            waiting: false,
            naming: Naming::new(view.output.style.pids),
            leaving: Leaving::new(watch.leave_on_exec),
            dumps: Dumps::new(view),
            below: Vec::new(),
            left: view.show.limit,
            command: Command::default(),
            unmet: false,
            unstarted: false,
            refused: false,
            execve: number("execve"),
            compat: false,
            quiet_personality: view.show.quiet_personality,
            recorded: false,
        })
    }

    /// The command is process `pid`.
    pub fn expect(&mut self, pid: u32) {
        self.command.pid = Some(pid);
        self.leaving.expect(pid);
        self.unmet = true;
        self.unstarted = true;
    }

    /// Records come from a recording that was made when CLOCK_REALTIME minus CLOCK_MONOTONIC was `wall` ns.
    pub fn recorded(&mut self, wall: i64) {
        self.recorded = true;
        self.naming.recorded();
        self.wall = wall as u64;
    }

    /// Hands rendered lines to the sink, and with `now` lets it write them.
    pub fn deliver(&mut self, now: bool) -> Flow {
        // Of a process with threads, the others may be among what waits.
        if now && !self.waiting || !self.lines.is_empty() {
            self.tell_attached();
        }
        self.hand_over();
        if now && self.flow == Flow::Open {
            self.flow = self.sink.flush();
        }
        self.flow
    }

    /// What could not be written so far.
    pub fn unwritten(&self) -> u64 {
        self.sink.unwritten()
    }

    /// tracer came to the command, which it did not start as its child.
    pub fn attached(&mut self, pid: u32) {
        self.notices.attached(pid);
    }

    /// Says something on stderr, after the lines before it.
    pub fn say(&mut self, text: &str) {
        if self.on_stderr {
            self.hand_over();
            self.flow = self.sink.flush();
        }
        self.notices.say(text);
    }

    /// Takes what a source counted itself.
    pub fn count(&mut self, counts: &[Count], by_process: &[(u32, Count)]) {
        if let Some(summary) = self.render.summary() {
            counts.iter().for_each(|count| summary.add(count));
            by_process.iter().for_each(|(process, count)| summary.add_of(*process, count));
        }
    }

    /// Writes what is left, with the summary, and closes the output.
    pub fn finish(mut self, source: &str, losses: &Losses) -> Outcome {
        self.leave_all_functions();
        let code = self.command.status.filter(|status| status & 0x7f == 0).map(|status| (status >> 8) & 0xff);
        self.hand_over();
        for tid in self.processes.tids() {
            self.name_process(tid);
        }
        self.count = self.render.finish(source, losses, code, &mut self.lines);
        self.hand_over();
        self.sink.finish()
    }

    fn call(&mut self, step: &Step<'_>) {
        let head = step.head;
        let mut call = decode::decode(step.record, &self.options);
        self.naming.call(&mut call, &self.processes);
        if self.naming.live() {
            interfaces::name(&mut call);
        }
        match step.part {
            Part::Unfinished | Part::Changed => self.passed.shown(head, step.record),
            Part::Resumed if self.passed.has_more(head, step.record) => call.entered = 0,
            _ => {}
        }
        if !matches!(step.part, Part::Unfinished | Part::Changed | Part::Entered) {
            if let Some(left) = &mut self.left {
                *left -= 1;
            }
            if let Some(summary) = self.render.summary() {
                summary.add_call(&call);
            }
            if let Some(dumps) = &self.dumps {
                self.below.clear();
                dumps.dump(&call, step.record, &mut self.below);
            }
        }
        if self.render.is_silent() {
            return;
        }
        if self.goes_on_elsewhere(step, &call) {
            return;
        }
        let item = match step.part {
            Part::Whole => Item::Call(&call),
            Part::Unfinished | Part::Entered => Item::Unfinished(&call),
            Part::Changed => Item::Changed(&call),
            Part::Resumed => Item::Resumed(&call),
            Part::Detached => Item::Detached(&call),
        };
        let time = if step.part == Part::Resumed { head.time.saturating_add(head.dur) } else { head.time };
        if step.part == Part::Entered {
            return self.enter(head, step.record, item);
        }
        self.line(head, step.record, time, item);
    }

    fn event(&mut self, step: &Step<'_>) {
        let head = step.head;
        let told = Told::of(head);
        match told {
            Told::Running {} => return self.call(step),
            Told::Exit { status, last, .. } => {
                if last {
                    self.passed.gone(head.tgid);
                }
                return self.exited(step, status);
            }
            _ => {
                self.naming.learn(head);
                self.processes.learn(head);
            }
        }
        if let (Told::Exec { from, moved: true, .. }, Some(moved)) = (&told, &mut self.moved) {
            moved.insert(head.tid, *from);
        }
        match told {
            Told::Attach { .. } => self.notices.attached(head.tgid),
            Told::Fork { child, traced: true, .. } if !self.notices.quiet() => {
                self.say(&format!("Process {child} attached"));
            }
            _ => {}
        }
        if step.shown {
            self.tell(head, step.record);
        }
    }

    /// Makes the line of an event.
    fn tell(&mut self, head: &Head, record: &[u8]) {
        if let Some((kind, line)) = self.filter.line(head) {
            let mut event = Event::new(kind, line, head, record);
            if let Some(info) = event.info() {
                self.naming.value(info, head.tid, &self.processes);
            }
            self.line(head, record, head.time, Item::Event(event));
        }
    }

    fn tell_attached(&mut self) {
        for text in self.notices.take_attached() {
            self.say(&text);
        }
    }

    fn exited(&mut self, step: &Step<'_>, status: i32) {
        let head = step.head;
        let (leads, others) = (head.tid == head.tgid, self.processes.threads(head.tgid) > 1);
        if leads && self.command.pid == Some(head.tgid) {
            self.command.status = Some(status);
        }
        if let (true, true, Some(task)) = (leads, others, self.processes.get_mut(head.tid)) {
            // A leader whose threads live on: its process ends with the last of them, and so does its line.
            task.left = Some(status);
            return;
        }
        if step.shown {
            self.tell(head, step.record);
        }
        self.forget(head.tid);
        let leader = self.processes.get(head.tgid).and_then(|task| task.left);
        if let (Some(status), 1) = (leader, self.processes.threads(head.tgid)) {
            if step.shown {
                self.tell(&Head { tid: head.tgid, ret: status.into(), ..*head }, step.record);
            }
            self.forget(head.tgid);
        }
    }

    fn forget(&mut self, tid: u32) {
        if self.each {
            self.hand_over();
            self.sink.task_gone(tid);
        }
        self.name_process(tid);
        self.naming.gone(tid, self.processes.get(tid));
        self.processes.gone(tid);
    }

    /// Tells the tables by process what a process was called last: as its first thread is, while it is known.
    fn name_process(&mut self, tid: u32) {
        if let (Some(summary), Some(task)) = (self.render.summary(), self.processes.get(tid))
            && task.tgid == tid
        {
            summary.name(tid, task.comm());
        }
    }

    /// Renders one line of task `head.tid`.
    fn line<'a>(&'a mut self, head: &Head, record: &'a [u8], time: u64, item: Item<'a>) {
        if self.each && self.of != head.tid {
            self.hand_over();
            self.of = head.tid;
        }
        let task = self.processes.get(head.tid);
        let time = if time == 0 { task.map_or(0, |t| t.since) } else { time };
        let many = self.pids || (!self.each && self.processes.several(time));
        let line = Line {
            wall: time.wrapping_add(self.wall),
            tid: head.tid,
            tgid: head.tgid,
            comm: task.map_or(&[], TracedTask::comm),
            stack: Stack::of(record),
            below: &self.below,
            many,
            item,
        };
        let before = self.lines.len();
        self.render.line(&line, &mut self.lines);
        self.below.clear();
        if self.lines.len() > before {
            self.count += 1;
            if self.entered.is_some() {
                self.leave(head, before);
            }
        }
        if self.lines.len() >= HAND_OVER {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        if !self.lines.is_empty() {
            self.flow = self.sink.write(self.of, &self.lines, self.count);
            self.lines.clear();
            self.count = 0;
        }
    }
}

/// CLOCK_REALTIME minus CLOCK_MONOTONIC, in ns.
fn wall_offset() -> u64 {
    let ns = |clock| {
        let t = rustix::time::clock_gettime(clock);
        (t.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(t.tv_nsec as u64)
    };
    ns(rustix::time::ClockId::Realtime).wrapping_sub(ns(rustix::time::ClockId::Monotonic))
}
