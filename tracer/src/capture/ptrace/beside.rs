//! What is looked up beside what a call passes and gives back, while its task stands still: the namespaces that it led to, and why a
//! virtual CPU stopped.

use tracer_common::event::{Head, status};
use tracer_common::plan::{phase, shape};
use tracer_common::record::first;

use super::task::Task;
use crate::capture::memory::Memory;
use crate::capture::record::Place;
use crate::capture::{lookup, namespaces};
use crate::schema::kvm;
use crate::schema::namespaces::{KINDS, got};
use crate::schema::types::Whose;
use crate::spec::Watch;
use crate::system::procfs::regions;
use crate::system::procfs::who::Who;

/// What is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside {
    asked: crate::spec::Beside,
    followed: bool,
}

impl Beside {
    /// What a request asks for.
    pub fn new(watch: &Watch) -> Beside {
        let asked = if watch.counting.is_some() { crate::spec::Beside::default() } else { watch.beside };
        Beside { asked, followed: watch.follow }
    }

    /// A task has made a child, which stands still yet.
    pub fn made(self, task: &mut Task, child: u32) {
        if self.asked.namespaces {
            task.child = namespaces::look(child, u64::MAX);
        }
    }

    /// Has the record of a call that has ended tell of it.
    pub fn tell(self, task: &mut Task, memory: &mut Memory) {
        if self.asked.namespaces {
            self.entered(task);
        }
        if let Some(fd) = kvm::ran(&task.record.head).filter(|_| self.asked.exits)
            && let Some(reason) = reason(&task.record.head, fd, memory)
        {
            let place = Place { arg: kvm::ARG, shape: shape::BYTES, phase: phase::EXIT_OK, part: 0 };
            task.record.blob(place, status::WHOLE, &reason, reason.len() as u64);
        }
    }

    /// A child that is followed was looked at when it was made.
    fn entered(self, task: &mut Task) {
        let child = std::mem::take(&mut task.child);
        let head = task.record.head;
        let mut whole = Vec::new();
        task.record.send(&mut whole);
        let Some(asked) = first(&whole).ok().and_then(|(head, record)| got(&head, record)) else { return };
        let entered = match asked.child {
            false => namespaces::look(head.tid, asked.flags),
            true if self.followed => child.into_iter().filter(|&(kind, _)| asked.flags & KINDS[kind].0 != 0).collect(),
            true => {
                let space = lookup::place(head.tid).map(|(space, _)| space);
                let found = space.zip(u32::try_from(head.ret).ok());
                let child = found.and_then(|(space, number)| lookup::find(space, number, Whose::Process));
                child.map_or_else(Vec::new, |child| namespaces::look(child, asked.flags))
            }
        };
        namespaces::tell(&entered, &mut task.record);
    }
}

/// Why the virtual CPU behind a descriptor stopped. Where several are mapped that have its number (of several machines), nobody knows which.
fn reason(head: &Head, fd: i32, memory: &mut Memory) -> Option<[u8; 4]> {
    let who = Who::Id(head.tid);
    let name = who.link(format_args!("fd/{fd}")).ok().filter(|name| name.starts_with(kvm::FILE))?;
    let mut found = regions::named(&who.read("maps").ok()?, &name).into_iter();
    let (at, None) = (found.next()?, found.next()) else { return None };
    let mut reason = [0; 4];
    (memory.read(head.tid, head.tgid, at + kvm::REASON, &mut reason) == reason.len()).then_some(reason)
}
