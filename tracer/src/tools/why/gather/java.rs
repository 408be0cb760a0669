//! Java's monitors: which thread waits for one, and who has it. The virtual machine describes its own structures in its memory, for
//! debuggers (`gHotSpotVMStructs`); nothing of it is run, and nothing is believed that does not hold together.

use std::collections::HashMap;
use std::time::Duration;

use super::inside::{put, take};
use crate::capture::memory::Memory;
use crate::stack::elf::Elf;
use crate::stack::symbols::address_of;
use crate::system::mapped;
use crate::system::procfs::mounts::Mounts;
use crate::system::procfs::patience;
use crate::system::procfs::who::Who;

/// How long the child may be silent.
const PATIENCE: Duration = Duration::from_millis(600);
/// The most descriptions of members, and the most threads.
const MEMBERS: u64 = 20_000;
const THREADS: u64 = 4096;
/// Bytes of a description: type, member, its type; whether it is static; offset; address.
const DESCRIPTION: u64 = 48;

/// A monitor that a thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Monitor {
    /// Its address.
    pub at: u64,
    /// The number of the thread that has it; `None`: it could not be found.
    pub owner: Option<u32>,
}

/// Threads that wait for a monitor, by their numbers in the process's own pid namespace. Nothing where this is no Java, or one that is not
/// known.
pub fn monitors(pid: u32) -> Vec<(u32, Monitor)> {
    let read = || {
        let mut out = Vec::new();
        for (thread, at, owner) in Machine::of(pid).and_then(|mut machine| machine.waiting()).unwrap_or_default() {
            put(&mut out, &[u64::from(thread), at, u64::from(owner)].map(u64::to_ne_bytes).concat());
        }
        out
    };
    let bytes = patience::within(PATIENCE, read).unwrap_or_default();
    let mut rest = bytes.as_slice();
    let mut found = Vec::new();
    while let Some([thread, at, owner]) = take(&mut rest).and_then(three) {
        found.push((thread as u32, Monitor { at, owner: (owner != 0).then_some(owner as u32) }));
    }
    found
}

fn three(piece: &[u8]) -> Option<[u64; 3]> {
    let word = |at: usize| piece.get(8 * at..)?.first_chunk().map(|bytes| u64::from_ne_bytes(*bytes));
    Some([word(0)?, word(1)?, word(2)?])
}

/// A virtual machine in a process.
struct Machine {
    pid: u32,
    memory: Memory,
    /// Offset of a member, or address of a static one, by its name and by the type that has it.
    members: HashMap<(Vec<u8>, Vec<u8>), u64>,
}

impl Machine {
    fn of(pid: u32) -> Option<Machine> {
        let who = Who::Id(pid);
        let list = mapped::mappings(who)?;
        let library = list.iter().find(|mapping| mapping.path.ends_with(b"/libjvm.so") && mapping.offset == 0)?;
        let file = Elf::of_file(mapped::open(who, library, &Mounts::of(who))?)?;
        let base = library.from.wrapping_sub(file.address_of(0)?);
        let place = address_of(&file, b"gHotSpotVMStructs")?;
        let mut memory = Memory::default();
        memory.careful();
        let mut machine = Machine { pid, memory, members: HashMap::new() };
        let mut at = machine.word(base.wrapping_add(place))?;
        // Members of a type stand together: its name is read once.
        let mut last = (0, false, Vec::new());
        for _ in 0..MEMBERS {
            let entry: [u64; 6] = machine.bytes::<{ DESCRIPTION as usize }>(at).map(words)?;
            let [kind, member, _, is_static, offset, address] = entry;
            if kind == 0 {
                break;
            }
            if kind != last.0 {
                let name = machine.text(kind)?;
                last = (kind, WANTED.iter().any(|(wanted, _)| wanted.as_bytes() == name), name);
            }
            if last.1 {
                let member = machine.text(member)?;
                let value = if is_static as u32 != 0 { address } else { offset };
                machine.members.insert((member, last.2.clone()), value);
            }
            at += DESCRIPTION;
        }
        Some(machine)
    }

    fn bytes<const N: usize>(&mut self, address: u64) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        (self.memory.read(self.pid, self.pid, address, &mut bytes) == N).then_some(bytes)
    }

    fn word(&mut self, address: u64) -> Option<u64> {
        self.bytes(address).map(u64::from_ne_bytes)
    }

    fn half(&mut self, address: u64) -> Option<u32> {
        self.bytes(address).map(u32::from_ne_bytes)
    }

    fn text(&mut self, address: u64) -> Option<Vec<u8>> {
        let mut bytes = [0; 64];
        let got = self.memory.read(self.pid, self.pid, address, &mut bytes);
        bytes[..got].split(|&b| b == 0).next().map(<[u8]>::to_vec)
    }

    /// A member of one of several types: it moved up and down between versions.
    fn member(&self, name: &str) -> Option<u64> {
        let kinds = WANTED.iter().filter(|(_, members)| members.contains(&name));
        kinds.into_iter().find_map(|(kind, _)| self.members.get(&(name.into(), kind.as_bytes().into()))).copied()
    }

    /// Threads that wait for a monitor, where that is, and the owner; 0: it is not found.
    fn waiting(&mut self) -> Option<Vec<(u32, u64, u32)>> {
        let list = self.member("_java_thread_list")?;
        let list = self.word(list)?;
        let (length, threads) = (self.member("_length")?, self.member("_threads")?);
        let count = u64::from(self.half(list + length)?).min(THREADS);
        let threads = self.word(list + threads)?;
        let mut known = Vec::new();
        for at in 0..count {
            let thread = self.word(threads + 8 * at)?;
            let os = self.word(thread + self.member("_osthread")?)?;
            let number = self.half(os + self.member("_thread_id")?)?;
            let base = self.word(thread + self.member("_stack_base")?)?;
            let size = self.word(thread + self.member("_stack_size")?)?;
            let pending = self.word(thread + self.member("_current_pending_monitor")?)?;
            known.push((thread, number, base.wrapping_sub(size)..base, pending));
        }
        let owner_at = self.member("_owner")?;
        let mut found = Vec::new();
        for (_, number, _, pending) in known.iter().filter(|(.., pending)| *pending != 0) {
            // The owner is a thread, or a place on the stack of one that locked it before anybody waited.
            let owner = self.word(pending + owner_at)?;
            let is = |(thread, _, stack, _): &&(u64, u32, std::ops::Range<u64>, u64)| {
                *thread == owner || stack.contains(&owner)
            };
            found.push((*number, *pending, known.iter().find(is).map_or(0, |(_, number, ..)| *number)));
        }
        Some(found)
    }
}

/// The words of a description.
fn words(bytes: [u8; DESCRIPTION as usize]) -> [u64; 6] {
    let mut words = [0; 6];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = bytes.first_chunk().map_or(0, |bytes| u64::from_ne_bytes(*bytes));
    }
    words
}

/// Types, and the members of them that are needed.
const WANTED: &[(&str, &[&str])] = &[
    ("ThreadsSMRSupport", &["_java_thread_list"]),
    ("ThreadsList", &["_length", "_threads"]),
    ("JavaThread", &["_osthread", "_stack_base", "_stack_size", "_current_pending_monitor"]),
    ("Thread", &["_osthread", "_stack_base", "_stack_size", "_current_pending_monitor"]),
    ("OSThread", &["_thread_id"]),
    ("ObjectMonitor", &["_owner"]),
];
