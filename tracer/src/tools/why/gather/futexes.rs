//! Futexes: what the word belongs to, by the call's own arguments, by what stands around it, and by the functions on the program's stack.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::inside::{put, take};
use super::{Gatherer, tasks};
use crate::capture::memory::Memory;
use crate::schema::types::Row;
use crate::schema::types::Whose;
use crate::schema::waits::{self, Waits};
use crate::stack::frames::{Entry, Frames};
use crate::stack::{Registers, Walker};
use crate::system::mapped;
use crate::system::procfs::nested::{self, Nested};
use crate::system::procfs::waiting::Entered;
use crate::system::procfs::who::Who;
use crate::system::procfs::{patience, processes, regions};
use crate::tools::why::scene::objects::Kind;
use crate::tools::why::scene::{Futex, Wait};

/// Bytes in front of a word that are read, and behind.
const BEFORE: u64 = 16;
const BEHIND: u64 = 48;
/// How long the child that walks stacks may be silent.
const PATIENCE: Duration = Duration::from_millis(500);
/// The most threads whose stacks are walked.
const STACKS: usize = 64;
/// The most frames.
const FRAMES: u32 = 12;

/// FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME.
const PRIVATE: u32 = 0x80;
const REALTIME: u32 = 0x100;
/// The number of the owner in a word that names it (`FUTEX_TID_MASK`).
const OWNER: u32 = 0x3fff_ffff;
/// Somebody waits (`FUTEX_WAITERS`).
const WAITERS: u32 = 0x8000_0000;
/// What is known of `__kind` of a mutex of glibc: recursive and its like, robust, priority inheritance, protection, shared.
const KINDS: u32 = 0x3 | 0x10 | 0x20 | 0x40 | 0x80 | 0x100 | 0x200;

/// The pieces around a word: in front of it nothing may be mapped.
pub fn spans(address: u64) -> [(u64, u64); 2] {
    [(address.saturating_sub(BEFORE), BEFORE), (address, BEHIND)]
}

/// What stands in front of a word, and from it on.
struct Around<'m>(&'m [u8], &'m [u8]);

impl Around<'_> {
    /// The 32 bits at a distance from the word.
    fn word(&self, at: i64) -> Option<u32> {
        let (piece, from) = if at < 0 { (self.0, BEFORE as i64 + at) } else { (self.1, at) };
        let from = usize::try_from(from).ok()?;
        piece.get(from..from + 4)?.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
    }
}

/// A number that memory names, as the task that has it; of this process unless the memory is shared.
type Find<'f> = &'f dyn Fn(u32) -> Option<u32>;

/// What a word is, by everything that is known of it. `find` gives the task of a number in memory.
fn classify(futex: &mut Futex, around: &Around<'_>, frames: &[Vec<u8>], find: Find<'_>) {
    let has = |names: &[&str]| {
        frames
            .iter()
            .any(|frame| names.iter().any(|name| frame.windows(name.len()).any(|part| part == name.as_bytes())))
    };
    let op = futex.op & !(PRIVATE | REALTIME);
    let value = futex.value.unwrap_or(0);
    let plain = futex.op & REALTIME == 0;
    let is_mutex = |around: &Around<'_>| {
        let (owner, users, kind) = (around.word(8)?, around.word(12)?, around.word(16)?);
        (kind & !KINDS == 0 && users < 1 << 20 && owner <= OWNER).then_some(owner)
    };
    // FUTEX_LOCK_PI, FUTEX_LOCK_PI2: the word is the owner's number by the kernel's own rule.
    if matches!(op, 6 | 13) {
        futex.of = Kind::Owned;
        futex.named = value & OWNER;
        futex.owner = find(futex.named);
        return;
    }
    if has(&["pthread_rwlock_", "rwlock_"]) && !has(&["pthread_mutex"]) {
        let write = has(&["wrlock", "write"]);
        // Readers wait at one member of the lock, writers at the next, and the first of them at that of the readers.
        let base = if around.word(16).is_some_and(|writer| find(writer).is_some()) || !write { 8 } else { 12 };
        futex.of = if write { Kind::Writing } else { Kind::Reading };
        futex.named = around.word(24 - base).unwrap_or(0);
        futex.owner = find(futex.named);
        futex.readers = around.word(-base).unwrap_or(0) >> 3;
        if futex.owner.is_none() && base == 12 {
            futex.named = 0;
        }
        return;
    }
    if has(&["PyEval_RestoreThread", "take_gil", "PyGILState_Ensure"]) {
        futex.of = Kind::Interpreter;
        return;
    }
    // What the condition variables of Java's virtual machine are used for.
    if has(&["JavaThread::sleep", "JVM_Sleep"]) {
        futex.of = Kind::Sleep;
        return;
    }
    if has(&["ObjectMonitor::enter", "ObjectMonitor::EnterI"]) {
        futex.of = Kind::Java;
        return;
    }
    if has(&["Parker::park", "Unsafe_Park"]) {
        futex.of = Kind::Parked;
        return;
    }
    if has(&["pthread_cond_", "Condvar::wait", "Condvar4wait", "cnd_wait", "condition_variable"])
        && !has(&["pthread_mutex_"])
    {
        futex.of = Kind::Condition;
        return;
    }
    if has(&["sem_wait", "sem_timedwait", "sem_clockwait", "new_sem_wait"]) {
        futex.of = Kind::Semaphore;
        return;
    }
    if has(&["pthread_barrier_wait"]) {
        futex.of = Kind::Barrier;
        return;
    }
    if has(&["runtime.futex"]) {
        futex.of = Kind::Go;
        return;
    }
    if has(&["thread::park", "Thread4park", "thread4park", "Parker", "crossbeam"]) {
        futex.of = Kind::Parked;
        return;
    }
    // A wait on shared memory, with the number of a thread as the value: pthread_join; the kernel clears it at the thread's end.
    if futex.op & PRIVATE == 0
        && op == 9
        && value == futex.expected
        && value > 1
        && let Some(tid) = find(value)
    {
        futex.of = Kind::Join;
        futex.owner = Some(tid);
        return;
    }
    // A robust mutex has its owner's number in the word, with the bit of those who wait.
    if op == 0 && futex.expected & WAITERS != 0 {
        futex.of = Kind::Owned;
        futex.named = value & OWNER;
        futex.owner = find(futex.named);
        return;
    }
    if op == 0 && plain && futex.expected == 2 {
        match is_mutex(around) {
            // While it is handed over the owner's number is 0; some locks of the C library have nothing behind the word.
            Some(owner) if owner != 0 && (find(owner).is_some() || has(&["pthread_mutex"])) => {
                futex.of = Kind::Mutex;
                futex.named = owner;
                futex.owner = find(owner);
            }
            _ => futex.of = Kind::Lock,
        }
        return;
    }
    // Rust's mutex, and locks of glibc that only wait.
    if futex.expected == 2 && has(&["lock_contended", "Mutex", "mutex"]) || op == 9 && plain && futex.expected == 2 {
        futex.of = Kind::Lock;
    }
}

impl Gatherer {
    /// A wait for a word.
    pub(super) fn futex(
        &mut self,
        pid: u32,
        tid: u32,
        call: &Entered,
        op: u32,
        memory: &[Vec<u8>],
        tids: &[u32],
    ) -> Wait {
        let piece = |at: usize| memory.get(at).map_or(&[][..], Vec::as_slice);
        let around = Around(piece(0), piece(1));
        // Without the flag the kernel looks where the word is: in memory that the process has for itself it is its own.
        let shared = op & PRIVATE == 0 && self.is_shared(pid, call.args[0]);
        let mut futex = Futex {
            address: call.args[0],
            op,
            expected: call.args[2] as u32,
            value: around.word(0),
            shared,
            ..Futex::default()
        };
        let frames = self.scene.tasks.get(&tid).map(|task| task.frames.clone()).unwrap_or_default();
        let numbers = Numbers::new(pid, tids);
        // A mutex for one process is held by one of its threads; of one that is shared the number may be anybody's.
        let find = |number: u32| numbers.own(number).or_else(|| if shared { numbers.any(number) } else { None });
        classify(&mut futex, &around, &frames, &find);
        if let Some(monitor) = self.monitors.get(&tid) {
            futex.of = Kind::Java;
            futex.named = monitor.owner.unwrap_or(0);
            futex.owner = monitor.owner.and_then(|owner| numbers.own(owner));
        }
        if futex.owner.is_none() && matches!(futex.of, Kind::Mutex | Kind::Owned) {
            futex.elsewhere = numbers.any(futex.named).and_then(tasks::process_of).filter(|&other| other != pid);
        }
        let depends = futex.owner.is_none() && !matches!(futex.of, Kind::Join);
        if shared && depends {
            let (sharers, whole) = sharers(pid, futex.address);
            futex.sharers = sharers;
            if !whole {
                self.scene.miss("who has the memory of a futex", "not all processes may be looked into");
            }
        }
        Wait::Futex(futex)
    }
}

impl Gatherer {
    /// Whether memory of a process may be that of others, too; yes where nobody can tell.
    fn is_shared(&mut self, pid: u32, address: u64) -> bool {
        let maps = self.maps.entry(pid).or_insert_with(|| {
            let text = patience::read(&Who::Id(pid).path("maps"), PATIENCE).unwrap_or_default();
            regions::mappings(&text)
        });
        maps.iter().find(|one| one.from <= address && address < one.to).is_none_or(|one| one.shared)
    }
}

/// Numbers of tasks as a process has them in its memory: those of its own pid namespace.
pub(super) struct Numbers<'t> {
    pid: u32,
    tids: &'t [u32],
    /// Its namespace, where that is not the machine's first.
    space: Option<u32>,
}

impl<'t> Numbers<'t> {
    pub(super) fn new(pid: u32, tids: &'t [u32]) -> Numbers<'t> {
        let theirs = Who::Id(pid).namespace("pid").ok();
        let same = theirs.is_none() || theirs == Who::Myself.namespace("pid").ok();
        Numbers { pid, tids, space: theirs.filter(|_| !same).map(|space| space as u32) }
    }

    /// A thread of the process itself.
    pub(super) fn own(&self, number: u32) -> Option<u32> {
        match self.space {
            None => self.tids.contains(&number).then_some(number),
            Some(space) => self.tids.iter().copied().find(|&tid| {
                Nested::of(Who::Thread(self.pid, tid))
                    .is_some_and(|nested| nested.number(Whose::Thread, space) == Some(number))
            }),
        }
    }

    /// Any task.
    fn any(&self, number: u32) -> Option<u32> {
        match self.space {
            None => (number != 0 && Who::Id(number).exists()).then_some(number),
            Some(space) => nested::find(space, number, Whose::Thread),
        }
    }
}

/// Other processes that have the memory of an address mapped, and whether all could be asked. A child reads: the maps of a process wait
/// for a lock of its memory.
fn sharers(pid: u32, address: u64) -> (Vec<u32>, bool) {
    let me = std::process::id();
    let read = || {
        let mut out = Vec::new();
        let own = mapped::mappings(Who::Id(pid)).unwrap_or_default();
        let here = own.into_iter().find(|one| one.from <= address && address < one.to && one.ino != 0);
        let mut whole = true;
        for other in processes::all().unwrap_or_default().into_iter().filter(|&other| other != pid && other != me) {
            let Some(here) = &here else { break };
            match Who::Id(other).read("maps") {
                Ok(text) => {
                    let same = regions::mappings(&text).iter().any(|one| (one.dev, one.ino) == (here.dev, here.ino));
                    if same {
                        put(&mut out, &other.to_ne_bytes());
                    }
                }
                // A thread of the kernel has none, and one that is gone neither.
                Err(_) => whole &= Who::Id(other).stat().is_none(),
            }
        }
        put(&mut out, &[u8::from(whole)]);
        out
    };
    let bytes = patience::within(PATIENCE, read).unwrap_or_default();
    let mut rest = bytes.as_slice();
    let (mut found, mut whole) = (Vec::new(), false);
    while let Some(piece) = take(&mut rest) {
        match piece.first_chunk() {
            Some(number) => found.push(u32::from_ne_bytes(*number)),
            None => whole = piece == [1],
        }
    }
    (found, whole)
}

/// Functions on the stacks of tasks that wait for a word: the names that say what it is. Of many only the first are walked.
pub fn stacks(pid: u32, calls: &[(u32, Entered, Option<&'static Row>)]) -> HashMap<u32, Vec<Vec<u8>>> {
    let waits = |(_, call, row): &&(u32, Entered, Option<&'static Row>)| {
        let futex = row.and_then(|row| waits::waits(row, &call.args));
        matches!(futex, Some(Waits::Futex(..) | Waits::Word(..)))
    };
    // Threads that wait at the same place, called from the same, are told by one of them.
    let mut places: BTreeMap<(u64, u64, u64), Vec<u32>> = BTreeMap::new();
    let mut walked: Vec<(u32, Entered)> = Vec::new();
    for (tid, call, _) in calls.iter().filter(waits) {
        let place = (call.pc, call.args[0], call.args[1]);
        let known = places.entry(place).or_default();
        if known.is_empty() && walked.len() < STACKS {
            walked.push((*tid, *call));
        }
        known.push(*tid);
    }
    if walked.is_empty() {
        return HashMap::new();
    }
    let walk = || {
        let mut memory = Memory::default();
        memory.careful();
        let mut walker = Walker::new(FRAMES, false);
        let mut out = Vec::new();
        for (tid, call) in &walked {
            let registers = Registers::at(call.sp, call.pc);
            let mut frames = Frames::default();
            let mut read = |address: u64, bytes: &mut [u8]| memory.read(*tid, pid, address, bytes);
            walker.walk(*tid, pid, registers, &mut read, &mut frames);
            let names: Vec<Vec<u8>> = frames.entries().filter_map(|entry| symbol(&entry)).collect();
            put(&mut out, &names.join(&b'\n'));
        }
        out
    };
    let bytes = patience::within(PATIENCE, walk).unwrap_or_default();
    let mut rest = bytes.as_slice();
    let mut found = HashMap::new();
    for (tid, call) in &walked {
        let names = take(&mut rest).unwrap_or_default();
        let names: Vec<Vec<u8>> =
            names.split(|&b| b == b'\n').filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect();
        let alike = places.get(&(call.pc, call.args[0], call.args[1]));
        for other in alike.into_iter().flatten().chain([tid]) {
            found.insert(*other, names.clone());
        }
    }
    found
}

fn symbol(entry: &Entry<'_>) -> Option<Vec<u8>> {
    match entry {
        Entry::Frame(frame) => frame.symbol.map(crate::stack::demangle::demangled),
        Entry::Ends(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words from the futex on, and the one in front of it.
    fn check(op: u32, expected: u32, words: &[u32], before: u32, frames: &[&str], want: (Kind, Option<u32>)) {
        let front: Vec<u8> = [0, 0, 0, before].iter().flat_map(|word: &u32| word.to_ne_bytes()).collect();
        let behind: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let around = Around(&front, &behind);
        let shared = op & PRIVATE == 0;
        let mut futex = Futex { op, expected, value: around.word(0), shared, ..Futex::default() };
        let frames: Vec<Vec<u8>> = frames.iter().map(|frame| frame.as_bytes().to_vec()).collect();
        // Tasks 70 to 79 are there.
        let find = |number: u32| (70..80).contains(&number).then_some(number);
        classify(&mut futex, &around, &frames, &find);
        assert_eq!((futex.of, futex.owner), want, "{op:#x} {expected:#x} {words:?} {frames:?}");
    }

    #[test]
    fn words_are_known_by_call_neighbours_and_stack() {
        let none: &[&str] = &[];
        // lock, count, owner, users, kind
        check(0x80, 2, &[2, 1, 71, 1, 0], 0, none, (Kind::Mutex, Some(71)));
        check(0x80, 2, &[2, 1, 71, 1, 1], 0, &["__lll_lock_wait", "pthread_mutex_lock"], (Kind::Mutex, Some(71)));
        check(0x0, 2, &[2, 1, 72, 1, 0x80], 0, none, (Kind::Mutex, Some(72)));
        check(0x80, 2, &[2, 1, 9999, 1, 0], 0, &["pthread_mutex_lock"], (Kind::Mutex, None));
        // Nothing like a mutex behind the word: a lock that records nobody.
        check(0x80, 2, &[2, 1, 9999, 1, 0], 0, none, (Kind::Lock, None));
        check(0x80, 2, &[2, 0, 71, 1, 0xdead_beef], 0, none, (Kind::Lock, None));
        check(
            0x89,
            2,
            &[2, 0, 0, 0, 0],
            0,
            &["std::sys::sync::mutex::futex::Mutex::lock_contended"],
            (Kind::Lock, None),
        );
        // The word itself names the owner.
        check(0x86, 0, &[0x8000_0049, 0, 0], 0, none, (Kind::Owned, Some(73)));
        check(0x0, 0x8000_004a, &[0x8000_004a, 0, 0], 0, none, (Kind::Owned, Some(74)));
        check(0x109, 75, &[75], 0, none, (Kind::Join, Some(75)));
        check(0x109, 9999, &[9999], 0, none, (Kind::Unknown, None));
        check(
            0x189,
            0,
            &[0],
            0,
            &["__futex_abstimed_wait_common", "pthread_cond_wait", "main"],
            (Kind::Condition, None),
        );
        check(0x189, 0, &[0], 0, &["__new_sem_wait_slow64.constprop.0"], (Kind::Semaphore, None));
        check(0x189, 0, &[0], 0, &["pthread_cond_timedwait", "PyEval_RestoreThread"], (Kind::Interpreter, None));
        check(0x89, 0, &[0], 0, &["pthread_cond_timedwait", "JavaThread::sleep(long)"], (Kind::Sleep, None));
        check(0x80, 0, &[0], 0, &["runtime.futex.abi0", "runtime.futexsleep"], (Kind::Go, None));
        check(0x89, u32::MAX, &[u32::MAX], 0, &["std::thread::park"], (Kind::Parked, None));
        // A lock for reading and writing: the reader waits at +8, the writer's number is at +24.
        check(0x189, 3, &[3, 0, 0, 0, 76], 0, &["pthread_rwlock_rdlock"], (Kind::Reading, Some(76)));
        check(0x189, 3, &[3, 0, 0, 77], 0, &["pthread_rwlock_wrlock"], (Kind::Writing, Some(77)));
        // Nothing could be read.
        check(0x80, 2, &[], 0, none, (Kind::Lock, None));
    }
}
