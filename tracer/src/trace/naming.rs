//! What stands beside the numbers of tasks (`--decode-pids`): the name of the task, and the number that it has in tracer's own pid
//! namespace. Traced tasks are known from records: what a new task is called and which namespace it is in came with the record of it,
//! so that a process that lives for a millisecond has its name, and a replay shows what the trace did. Others are looked up in /proc
//! when the line is made, and only while tracing is live.

use std::collections::{HashMap, VecDeque};

use tracer_common::event::Head;

use super::tasks::{Processes, TracedTask};
use crate::capture::lookup;
use crate::decode::calls::reaped;
use crate::decode::value::{Call, FileView, Ret, Task, Value};
use crate::schema::records::Told;
use crate::schema::types::Whose;
use crate::spec::Pids;

/// Processes that have ended and were not waited for yet, at most.
const ENDED: usize = 1024;

/// Names tasks.
#[derive(Debug)]
pub struct Naming {
    asked: Pids,
    /// Tasks that are not traced can be looked up.
    live: bool,
    /// tracer's own pid namespace.
    ours: Option<u32>,
    tasks: HashMap<u32, Numbers>,
    /// By namespace and number in it.
    numbers: HashMap<(u32, u32), u32>,
    /// Processes that nobody has waited for yet, with their names: they still have their numbers.
    ended: VecDeque<(u32, Vec<u8>)>,
}

/// The numbers of a traced task: in its own namespace, and in that of the task that made it.
#[derive(Debug)]
struct Numbers {
    own: (u32, u32),
    outer: Option<(u32, u32)>,
}

impl Naming {
    /// Of what is asked for.
    pub fn new(asked: Pids) -> Naming {
        let wanted = asked != Pids::default();
        let ours = if wanted { lookup::own_space() } else { None };
        Naming { asked, live: true, ours, tasks: HashMap::new(), numbers: HashMap::new(), ended: VecDeque::new() }
    }

    /// Records come from a recording: nobody can be asked any more.
    pub fn recorded(&mut self) {
        self.live = false;
        self.ours = None;
    }

    /// What is not known from records can be looked up.
    pub fn live(&self) -> bool {
        self.live
    }

    /// Nothing is asked for.
    pub fn idle(&self) -> bool {
        self.asked == Pids::default()
    }

    /// The command's process is in tracer's own namespace.
    pub fn started(&mut self, tid: u32) {
        if let (false, Some(ours)) = (self.idle(), self.ours) {
            self.tasks.insert(tid, Numbers { own: (ours, tid), outer: None });
        }
    }

    /// Learns of a task.
    pub fn learn(&mut self, head: &Head) {
        if let (false, Told::Attach { .. }) = (self.idle(), Told::of(head)) {
            self.space(head.tid);
        }
        let Told::Fork { child, space, numbers, .. } = Told::of(head) else { return };
        let (number, outer) = (numbers as u32, (numbers >> 32) as u32);
        if self.idle() || space == 0 {
            return;
        }
        let around = self.tasks.get(&head.tid).map(|maker| maker.own.0).or(self.ours);
        let outer = around.filter(|_| outer != 0).map(|around| (around, outer));
        let numbers = Numbers { own: (space, number), outer };
        self.numbers.insert(numbers.own, child);
        self.numbers.extend(outer.map(|outer| (outer, child)));
        self.tasks.insert(child, numbers);
    }

    /// A task has ended. A process keeps its number until it is waited for.
    pub fn gone(&mut self, tid: u32, task: Option<&TracedTask>) {
        match task {
            _ if self.idle() => {}
            Some(task) if task.tgid == tid => {
                self.ended.push_back((tid, task.comm().to_vec()));
                if self.ended.len() > ENDED
                    && let Some((oldest, _)) = self.ended.pop_front()
                {
                    self.forget(oldest);
                }
            }
            _ => self.forget(tid),
        }
    }

    fn forget(&mut self, tid: u32) {
        if let Some(numbers) = self.tasks.remove(&tid) {
            for key in [Some(numbers.own), numbers.outer].into_iter().flatten() {
                if self.numbers.get(&key) == Some(&tid) {
                    self.numbers.remove(&key);
                }
            }
        }
    }

    /// Names the tasks in a call. What it was given is named as things were before it, what it gave as they are after it.
    pub fn call(&mut self, call: &mut Call<'_>, processes: &Processes) {
        if self.idle() {
            return;
        }
        let tid = call.head.tid;
        for (_, value) in call.args.iter_mut().take(call.entered) {
            self.value(value, tid, processes);
        }
        if let Some(process) = reaped(call)
            && let Some(here) = self.here(tid, process, Whose::Process)
        {
            self.ended.retain(|(ended, _)| *ended != here);
            if processes.get(here).is_none() {
                self.forget(here);
            }
        }
        for (_, value) in call.args.iter_mut().skip(call.entered) {
            self.value(value, tid, processes);
        }
        match &mut call.ret {
            Ret::Value(value) => self.value(value, tid, processes),
            Ret::Noted(value, note) => {
                self.value(value, tid, processes);
                self.value(note, tid, processes);
            }
            Ret::Pending | Ret::Never | Ret::Error(_) | Ret::Restart(_) => {}
        }
    }

    /// Names the tasks in a value that task `tid` sees.
    pub fn value(&mut self, value: &mut Value<'_>, tid: u32, processes: &Processes) {
        match value {
            _ if self.idle() => {}
            Value::Pid(number, whose, task) => {
                let (number, whose) = match *whose {
                    Whose::ProcessOrGroup if *number < -1 => (-*number, Whose::Group),
                    Whose::ProcessOrGroup => (*number, Whose::Process),
                    whose => (*number, whose),
                };
                *task = self.task(tid, number, whose, processes).map(Box::new);
            }
            Value::Fd(_, Some(view)) => self.descriptor(view, processes),
            Value::Apply(_, values) | Value::Array(values, _) | Value::List(values) => {
                values.iter_mut().for_each(|value| self.value(value, tid, processes));
            }
            Value::Struct { fields, .. } | Value::Phrase(fields) => {
                fields.iter_mut().for_each(|(_, value)| self.value(value, tid, processes));
            }
            Value::Comment(value, _) => self.value(value, tid, processes),
            Value::Changed(before, after) => {
                self.value(before, tid, processes);
                self.value(after, tid, processes);
            }
            _ => {}
        }
    }

    /// Names the process of a pidfd, whose number is already that of tracer's own namespace.
    fn descriptor(&mut self, view: &mut FileView<'_>, processes: &Processes) {
        if view.is_pidfd() && view.file.rdev != 0 && self.asked.comm {
            let comm = self.comm(view.file.rdev, processes);
            view.task = comm.map(|comm| Box::new(Task { comm: Some(comm), here: None }));
        }
    }

    fn task(&mut self, tid: u32, number: i32, whose: Whose, processes: &Processes) -> Option<Task> {
        let named = self.asked.comm && matches!(whose, Whose::Process | Whose::Thread);
        if !named && !self.asked.here {
            return None;
        }
        let here = self.here(tid, number, whose)?;
        let comm = if named { self.comm(here, processes) } else { None };
        let here = Some(here).filter(|&here| self.asked.here && i64::from(here) != i64::from(number));
        (comm.is_some() || here.is_some()).then_some(Task { comm, here })
    }

    /// The number in tracer's own namespace of what task `tid` calls `number`.
    fn here(&mut self, tid: u32, number: i32, whose: Whose) -> Option<u32> {
        let number = u32::try_from(number).ok().filter(|&number| number != 0)?;
        let Some(space) = self.space(tid).filter(|space| Some(*space) != self.ours) else { return Some(number) };
        let groups = matches!(whose, Whose::Group | Whose::Session);
        if groups
            && self.live
            && let Some(found) = lookup::find(space, number, whose)
        {
            return Some(found);
        }
        if let Some(known) = self.numbers.get(&(space, number)) {
            return Some(*known);
        }
        if self.live && !groups { lookup::find(space, number, whose) } else { None }
    }

    /// The namespace of a traced task.
    fn space(&mut self, tid: u32) -> Option<u32> {
        if let Some(known) = self.tasks.get(&tid) {
            return Some(known.own.0);
        }
        if !self.live {
            return None;
        }
        let place = lookup::place(tid)?;
        let numbers = Numbers { own: place, outer: None };
        self.numbers.insert(numbers.own, tid);
        self.tasks.insert(tid, numbers);
        Some(place.0)
    }

    fn comm(&self, here: u32, processes: &Processes) -> Option<Vec<u8>> {
        if let Some(task) = processes.get(here).filter(|task| !task.comm().is_empty()) {
            return Some(task.comm().to_vec());
        }
        if let Some((_, comm)) = self.ended.iter().find(|(ended, _)| *ended == here) {
            return Some(comm.clone());
        }
        if self.live { lookup::comm(here) } else { None }
    }
}
