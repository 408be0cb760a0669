//! Stacks, out of what the kernel side has copied of them: registers and a few pages. Frames are found as soon as a copy is read, and put
//! into the record whose they are. The process may be gone by then, so what it has mapped is not asked of it: it is known from the
//! calls by which it came to have it, from its program's begin on.

use std::collections::HashMap;

use tracer_common::event::{File, Head, flag, kind, stack};
use tracer_common::plan::{phase, shape};
use tracer_common::record::{blobs, records};

use crate::capture::mappings::{self, Change};
use crate::capture::record::{Record, whole_path};
use crate::capture::stacks::{Stacks, Task};
use crate::capture::{Batch, Losses};
use crate::spec;
use crate::stack::Registers;
use crate::system::process::Mapping;
use crate::system::snapshot::Dev;

/// Frames of a record that is still to come.
struct Found {
    /// When the call began; 0 when that was not seen.
    time: u64,
    /// The signal.
    signal: i64,
    frames: Record,
}

/// What was copied of stacks.
pub struct Copies {
    stacks: Stacks,
    /// Of calls that run, by task.
    calls: HashMap<u32, Found>,
    /// Of the call of a library function of each task that was told last.
    functions: HashMap<u32, Found>,
    /// Of the last signal of each task.
    signals: HashMap<u32, Found>,
    /// The copies at the begin of programs whose execve is still to come, by task.
    programs: HashMap<u32, Copied>,
    /// Copies of which more is to come, by task.
    parts: HashMap<u32, Copied>,
}

/// A copy, put together of its records.
pub struct Copied {
    /// The head of the first.
    head: Head,
    /// The registers.
    pub registers: Registers,
    memory: Vec<u8>,
}

impl Copied {
    /// What a record has of one.
    pub fn of(head: &Head, record: &[u8]) -> Option<Copied> {
        let mut blobs = blobs(head, record).map(|(_, bytes)| bytes);
        let (registers, memory) = (blobs.next()?, blobs.next()?);
        let words = registers.chunks_exact(8).filter_map(|word| Some(u64::from_ne_bytes(*word.first_chunk()?)));
        let registers = Registers::of_words(&words.collect::<Vec<u64>>())?;
        Some(Copied { head: *head, registers, memory: memory.to_vec() })
    }

    /// Adds the memory of the next record, if that is what this is.
    fn goes_on(&mut self, next: &Copied) -> bool {
        let end = self.head.args[0].wrapping_add(self.memory.len() as u64);
        let same =
            (self.head.args[1], self.head.time) == (next.head.args[1], next.head.time) && next.head.args[0] == end;
        if same {
            self.memory.extend_from_slice(&next.memory);
        }
        same
    }

    /// Reads what was copied; gives how many bytes there are.
    pub fn read(&self, address: u64, bytes: &mut [u8]) -> usize {
        let place = address.checked_sub(self.head.args[0]).and_then(|place| usize::try_from(place).ok());
        let there = place.and_then(|place| self.memory.get(place..)).unwrap_or_default();
        let len = there.len().min(bytes.len());
        bytes[..len].copy_from_slice(&there[..len]);
        len
    }

    /// Goes on where the function returns that has just been called.
    fn leave(&mut self) {
        let caller = self.registers.caller_at_entry(&mut |address| self.word(address));
        if let Some(caller) = caller {
            self.registers = caller;
        }
    }

    fn word(&self, address: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        (self.read(address, &mut bytes) == bytes.len()).then(|| u64::from_ne_bytes(bytes))
    }
}

impl Copies {
    /// Frames as they were asked for.
    pub fn new(asked: spec::Stacks) -> Copies {
        Copies {
            stacks: Stacks::new(asked),
            calls: HashMap::new(),
            functions: HashMap::new(),
            signals: HashMap::new(),
            programs: HashMap::new(),
            parts: HashMap::new(),
        }
    }

    /// Makes frames of the copies in what stands from `from` on in the batch, and puts them into the records whose they are.
    pub fn settle(&mut self, batch: &mut Batch, from: usize, losses: &mut Losses) {
        let new = batch.split_off(from);
        let mut walk = records(&new);
        for (head, record) in walk.by_ref() {
            match head.kind {
                kind::STACK => self.copied(&head, record, losses),
                kind::CALL | kind::PENDING => self.call(&head, record, batch, losses),
                kind::ENTERED => {
                    self.complete(head.tid, losses);
                    let found = self.functions.remove(&head.tid).filter(|found| found.time == head.time);
                    send(found.as_ref(), &head, record, batch);
                }
                kind::SIGNAL | kind::STOPPED => {
                    self.complete(head.tid, losses);
                    // One that was ignored is told with the end of the call in which it came.
                    let signal = if head.flags & flag::IGNORED == 0 { head.ret } else { 0 };
                    let found = self.signals.get(&head.tid).filter(|found| found.signal == signal);
                    send(found, &head, record, batch);
                }
                _ => {
                    self.lives(&head);
                    batch.extend_from_slice(record);
                }
            }
        }
        batch.extend_from_slice(walk.rest());
    }

    /// Learns of the lives of tasks.
    fn lives(&mut self, head: &Head) {
        match head.kind {
            kind::FORK if head.args[1] as u32 != head.tgid => {
                self.stacks.walker.forked(head.tgid, head.args[1] as u32);
            }
            kind::EXEC if head.flags & flag::MOVED != 0 => {
                if let Some(found) = self.calls.remove(&(head.args[0] as u32)) {
                    self.calls.insert(head.tid, found);
                }
            }
            kind::EXIT => {
                self.calls.remove(&head.tid);
                self.functions.remove(&head.tid);
                self.signals.remove(&head.tid);
                self.programs.remove(&head.tid);
                self.parts.remove(&head.tid);
                if head.args[0] == 1 {
                    self.stacks.forget(head.tgid);
                }
            }
            _ => {}
        }
    }

    /// A copy came.
    fn copied(&mut self, head: &Head, record: &[u8], losses: &mut Losses) {
        let Some(copied) = Copied::of(head, record) else { return };
        if !self.parts.get_mut(&head.tid).is_some_and(|before| before.goes_on(&copied)) {
            // One of which nothing more came is complete.
            self.complete(head.tid, losses);
            self.parts.insert(head.tid, copied);
        }
        if head.args[2] == 0 {
            self.complete(head.tid, losses);
        }
    }

    /// Makes frames of what came of a task's copy.
    fn complete(&mut self, tid: u32, losses: &mut Losses) {
        let Some(mut copied) = self.parts.remove(&tid) else { return };
        match copied.head.args[1] {
            stack::PROGRAM => {
                self.programs.insert(tid, copied);
            }
            stack::FUNCTION => {
                copied.leave();
                let found = self.found(&copied, phase::ENTER, losses);
                self.functions.insert(tid, found);
            }
            what => {
                let at_entry = what == stack::ENTRY;
                let found = self.found(&copied, if at_entry { phase::ENTER } else { phase::EXIT }, losses);
                if at_entry && self.signals.get(&tid).is_some_and(|found| found.signal == 0) {
                    self.signals.remove(&tid);
                }
                let of = if what == stack::SIGNAL { &mut self.signals } else { &mut self.calls };
                of.insert(tid, found);
            }
        }
    }

    fn found(&mut self, copied: &Copied, phase: u8, losses: &mut Losses) -> Found {
        let head = &copied.head;
        let mut frames = Record::default();
        let task = Task { tid: head.tid, tgid: head.tgid, phase, copied: true };
        let mut read = |address: u64, bytes: &mut [u8]| copied.read(address, bytes);
        self.stacks.add(task, copied.registers.clone(), &mut read, &mut frames, losses);
        Found { time: head.time, signal: head.ret, frames }
    }

    /// A call came: what it has changed, and its frames.
    fn call(&mut self, head: &Head, record: &[u8], batch: &mut Batch, losses: &mut Losses) {
        self.complete(head.tid, losses);
        let ended = head.kind == kind::CALL;
        if ended && let Some(change) = mappings::changed(head) {
            self.changed(head, record, change, losses);
        }
        let time = if head.flags & flag::BEFORE != 0 { 0 } else { head.time };
        let found = self.calls.get(&head.tid).filter(|found| found.time == time);
        send(found, head, record, batch);
        if ended {
            self.calls.remove(&head.tid);
        }
    }

    fn changed(&mut self, head: &Head, record: &[u8], change: Change, losses: &mut Losses) {
        let space = self.stacks.walker.space(head.tgid);
        match change {
            Change::Mapped { from, to, code, offset } => {
                let file = file_of(head, record, shape::FD).unwrap_or_default();
                space.map(Mapping { from, to, code, offset, ..file });
            }
            Change::Unmapped { from, to } => space.unmap(from, to),
            Change::Moved { from, len, to, new_len } => space.move_to(from, len, to, new_len),
            Change::Protected { from, to, code } => space.protect(from, to, code),
            Change::Replaced => self.began(head, record, losses),
        }
    }

    /// A program begins.
    fn began(&mut self, head: &Head, record: &[u8], losses: &mut Losses) {
        self.stacks.forget(head.tgid);
        let copied = self.programs.remove(&head.tid).filter(|copied| copied.head.time == head.time);
        let Some(copied) = copied else { return };
        if let Some(file) = file_of(head, record, shape::EXE) {
            let sp = copied.registers.sp();
            self.stacks.walker.began(head.tid, head.tgid, file, sp, &mut |address| copied.word(address));
        }
        // What called the first execve is tracer's own.
        if self.calls.get(&head.tid).is_none_or(|found| found.time != head.time) {
            let found = self.found(&copied, phase::EXIT, losses);
            self.calls.insert(head.tid, found);
        }
    }
}

/// Appends a record, with its frames where there are any.
fn send(found: Option<&Found>, head: &Head, record: &[u8], batch: &mut Batch) {
    match found {
        Some(found) => found.frames.send_behind(head, record, batch),
        None => batch.extend_from_slice(record),
    }
}

/// The file that a call works on, as a mapping of nothing yet; `None` where it is no regular file.
fn file_of(head: &Head, record: &[u8], of: u8) -> Option<Mapping> {
    let (_, bytes) = blobs(head, record).find(|(blob, _)| blob.shape == of)?;
    let file = File::read(bytes).filter(|file| file.mode & libc::S_IFMT == libc::S_IFREG)?;
    let mut path = Vec::new();
    if !whole_path(bytes, &mut path) {
        return None;
    }
    if file.deleted != 0 {
        path.extend_from_slice(b" (deleted)");
    }
    Some(Mapping { dev: Dev::of_kernel(file.dev), ino: file.ino, path, ..Mapping::default() })
}

#[cfg(test)]
mod tests {
    use tracer_common::event::status;
    use tracer_common::plan::ARG_SP;

    use super::*;
    use crate::capture::record::Place;
    use crate::stack::frames::{End, Entry, Stack};

    const ASKED: spec::Stacks = spec::Stacks { lines: false, limit: 9 };

    /// A copy of a stack of our own process, at no code.
    fn copy(what: u64, time: u64, ret: i64) -> Vec<u8> {
        let me = std::process::id();
        let mut record = Record::default();
        let args = [0x7000, what, 0, 0, 0, 0];
        record.start(Head { kind: kind::STACK, tid: 7, tgid: me, time, ret, args, ..Head::default() });
        for (part, bytes) in [(0, vec![1; stack::REGISTERS]), (1, vec![0; 64])] {
            let place = Place { arg: ARG_SP, shape: shape::BYTES, phase: 0, part };
            record.blob(place, status::WHOLE, &bytes, bytes.len() as u64);
        }
        let mut out = Vec::new();
        record.send(&mut out);
        out
    }

    fn bare(kind: u8, time: u64, ret: i64) -> Vec<u8> {
        let mut out = Vec::new();
        let nr = libc::SYS_getppid as u32;
        Record::send_bare(Head { kind, tid: 7, tgid: std::process::id(), nr, time, ret, ..Head::default() }, &mut out);
        out
    }

    #[test]
    fn frames_go_to_the_record_whose_they_are() {
        let check = |list: &[Vec<u8>], expected: &[(u8, bool)]| {
            let mut batch = vec![9; 8];
            list.iter().for_each(|record| batch.extend_from_slice(record));
            Copies::new(ASKED).settle(&mut batch, 8, &mut Losses::default());
            assert_eq!(batch[..8], [9; 8]);
            let given: Vec<_> =
                records(&batch[8..]).map(|(head, record)| (head.kind, !Stack::of(record).is_empty())).collect();
            assert_eq!(given, expected);
        };
        use kind::*;
        check(&[bare(CALL, 5, 0)], &[(CALL, false)]);
        check(&[copy(stack::ENTRY, 5, 0), bare(CALL, 5, 0)], &[(CALL, true)]);
        check(&[copy(stack::ENTRY, 5, 0), bare(CALL, 6, 0)], &[(CALL, false)]);
        check(&[copy(stack::ENTRY, 5, 0), bare(PENDING, 5, 0), bare(CALL, 5, 0)], &[(PENDING, true), (CALL, true)]);
        check(
            &[copy(stack::SIGNAL, 0, 19), bare(SIGNAL, 8, 19), bare(STOPPED, 9, 19), bare(SIGNAL, 9, 10)],
            &[(SIGNAL, true), (STOPPED, true), (SIGNAL, false)],
        );
        let (mut first, mut second, mut wrong) =
            (copy(stack::ENTRY, 5, 0), copy(stack::ENTRY, 5, 0), copy(stack::ENTRY, 5, 0));
        let put = |record: &mut Vec<u8>, from: u64, more: u64| {
            let mut head = Head::read(record).expect("a head");
            (head.args[0], head.args[2]) = (from, more);
            record[..size_of::<Head>()].copy_from_slice(head.bytes());
        };
        put(&mut first, 0x7000, 1);
        put(&mut second, 0x7040, 0);
        put(&mut wrong, 0x9000, 0);
        check(&[first.clone(), second, bare(CALL, 5, 0)], &[(CALL, true)]);
        check(&[first.clone(), bare(CALL, 5, 0)], &[(CALL, true)]);
        check(&[first, wrong, bare(CALL, 5, 0)], &[(CALL, true)]);
        check(&[copy(stack::ENTRY, 5, 0), bare(EXIT, 6, 0), bare(CALL, 5, 0)], &[(EXIT, false), (CALL, false)]);
    }

    #[test]
    fn a_copy_is_read_within_its_bounds() {
        let record = copy(stack::ENTRY, 5, 0);
        let copied = Copied::of(&Head::read(&record).expect("a head"), &record).expect("a copy");
        let check = |address: u64, expected: Option<u64>| assert_eq!(copied.word(address), expected, "{address:#x}");
        check(0x7000, Some(0));
        check(0x7038, Some(0));
        check(0x7039, None);
        check(0x6fff, None);
        check(u64::MAX, None);
    }

    #[test]
    fn a_stack_beyond_its_copy_is_said_and_counted() {
        let mut losses = Losses::default();
        let mut record = Record::default();
        let me = std::process::id();
        let here = file_of as *const () as u64;
        let mut words = [0x9000; 34];
        words[16] = here;
        words[32] = here;
        let registers = Registers::of_words(&words).expect("enough words");
        let task = Task { tid: me, tgid: me, phase: phase::ENTER, copied: true };
        Stacks::new(ASKED).add(task, registers, &mut |_, _| 0, &mut record, &mut losses);
        let mut out = Vec::new();
        record.send(&mut out);
        assert_eq!(Stack::of(&out).entries().last(), Some(Entry::Ends(End::Cut, 0)));
        assert_eq!(losses.total(), 1);
    }
}
