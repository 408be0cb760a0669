//! An address space with breakpoints in it: what stands where, and what was there before. Threads, and a child of vfork(2), share one; a
//! child of fork(2) has a copy.
//!
//! What is written here besides breakpoints stays when they are out, and does then what it stands for: a copy of an instruction goes on
//! behind it, and a stub, to which a function returns instead of its caller, jumps to that caller. So nobody who is on the way
//! through one has to be waited for.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::elsewhere::{Copied, Step, holds};
use super::made::{self, ASK, Asked};
use super::room::{MAPPING, Room};
use crate::capture::library::Returns;
use crate::capture::library::probe::{self, FileId};
use crate::capture::ptrace::sys;
use crate::library::modules::Module;
use crate::system::procfs::who::Who;

/// `int3`.
pub const TRAP: u8 = 0xcc;

/// A stub: a breakpoint, and behind its first byte the rest of a jump to the address behind that (`jmp *0(%rip)`).
const STUB: [u8; 6] = [TRAP, 0x25, 0, 0, 0, 0];
/// The first byte of the jump.
const JUMPS: u8 = 0xff;
const STUB_LEN: usize = STUB.len() + size_of::<u64>();

/// What a breakpoint is for.
#[derive(Debug, Clone, Copy)]
pub enum What {
    /// A function, with its cookie.
    Function(u64, Returns),
    /// The dynamic linker has loaded files, if this says so (`r_state` of `struct r_debug`).
    Loaded(u64),
    /// A program without one begins.
    Begun,
}

/// A file in an address space: which, and what is added to its addresses.
pub type Owner = (FileId, u64);

/// A breakpoint.
#[derive(Debug, Clone)]
pub struct Breakpoint {
    pub what: What,
    owner: Owner,
    original: u8,
    go: Go,
}

/// How a task goes on from a breakpoint.
#[derive(Debug, Clone)]
enum Go {
    Step(Step),
    /// By the copy at this address.
    Copy(u64),
}

/// A copy of an instruction.
#[derive(Debug, Clone, Copy)]
struct Copy {
    /// Where the instruction stands.
    origin: u64,
    /// Bytes of the copy at whose end it is done, and what follows then.
    done: Option<(u64, u64)>,
    len: u64,
}

/// An address space.
#[derive(Debug, Default)]
pub struct Space {
    breakpoints: HashMap<u64, Breakpoint>,
    /// The address that each stub stands for, and the other way round.
    stubs: HashMap<u64, u64>,
    stub_of: HashMap<u64, u64>,
    copies: BTreeMap<u64, Copy>,
    room: Room,
    /// No more room is to be had.
    full: bool,
    /// Where code is that asks for more.
    scratch: Option<u64>,
    /// Where data are that such a call is given.
    data: Option<u64>,
    memory: Option<File>,
    /// Exceptions may be thrown.
    pub throws: bool,
    /// Returns cannot be changed: the processor keeps them besides (shadow stacks).
    pub shadowed: bool,
    /// Its process was attached to: what it has mapped may be closed again.
    pub attached: bool,
    /// It was looked at.
    looked: bool,
    /// The breakpoints are out.
    left: bool,
}

/// A task ended while it was looked after: its wait status.
pub struct Ended(pub i32);

impl Space {
    /// A copy of it, as a child has.
    pub fn copied(&self) -> Space {
        Space {
            breakpoints: self.breakpoints.clone(),
            stubs: self.stubs.clone(),
            stub_of: self.stub_of.clone(),
            copies: self.copies.clone(),
            room: self.room.clone(),
            memory: None,
            ..*self
        }
    }

    /// There is room behind the code of these files. A file that may be closed again takes what stands behind it along: only those count
    /// with which the program has begun.
    pub fn has_room_behind(&mut self, modules: &[Module]) {
        let stays = |module: &&Module| {
            let name = module.path.rsplit(|&b| b == b'/').next().unwrap_or_default();
            let runtime = name.starts_with(b"libc.") || probe::of_linker(&module.object).is_some();
            !self.attached || runtime || module.object.kind.is_program()
        };
        let lasting: Vec<&Module> = modules.iter().filter(|_| !self.looked).filter(stays).collect();
        for module in lasting {
            for segment in module.object.file.loaded().filter(|segment| segment.code && !segment.writable) {
                self.room.add_behind(module.in_process(segment.address.wrapping_add(segment.memory)));
            }
        }
    }

    /// The breakpoint at an address.
    pub fn at(&self, address: u64) -> Option<&Breakpoint> {
        self.breakpoints.get(&address)
    }

    /// The address that a stub stands for.
    pub fn behind(&self, stub: u64) -> Option<u64> {
        self.stubs.get(&stub).copied()
    }

    /// Where a task goes on that has come to the breakpoint at an address.
    pub fn onward(&self, address: u64, flags: u64) -> Option<u64> {
        Some(match &self.breakpoints.get(&address)?.go {
            Go::Copy(copy) => *copy,
            Go::Step(Step::To(next)) => *next,
            Go::Step(Step::If(condition, there, next)) => {
                if holds(*condition, flags) {
                    *there
                } else {
                    *next
                }
            }
            Go::Step(Step::Copy(_)) => address,
        })
    }

    /// Where a task that runs a copy is in the program, and whether its instruction is still to come.
    pub fn origin(&self, ip: u64) -> Option<(u64, bool)> {
        let (at, copy) = self.copies.range(..=ip).next_back()?;
        let into = ip - at;
        if into >= copy.len {
            return None;
        }
        match copy.done {
            _ if into == 0 => Some((copy.origin, true)),
            Some((done, next)) if into == done => Some((next, false)),
            _ => None,
        }
    }

    /// Only these files are mapped now, as far as they can be read: breakpoints in others are gone with them, and what is mapped there
    /// since is not theirs.
    pub fn keep(&mut self, tid: u32, owners: &HashSet<Owner>) {
        self.looked = true;
        let elsewhere = self.breakpoints.iter().filter(|(_, breakpoint)| !owners.contains(&breakpoint.owner));
        let elsewhere: Vec<u64> = elsewhere.map(|(at, _)| *at).collect();
        for at in elsewhere {
            if self.byte(tid, at) != Some(TRAP) {
                self.breakpoints.remove(&at);
            }
        }
    }

    /// Sets a breakpoint in a file, in memory that a stopped task has.
    pub fn set(&mut self, tid: u32, owner: Owner, address: u64, what: What, asks: bool) -> Result<(), Unset> {
        if self.breakpoints.contains_key(&address) {
            return Ok(());
        }
        let bytes = self.read(tid, address).ok_or(Unset::Memory)?;
        if bytes.first() == Some(&TRAP) {
            return Err(Unset::Taken);
        }
        let go = match Step::of(&bytes, address).map_err(|_| Unset::Unmovable(bytes.clone()))? {
            Step::Copy(copied) => Go::Copy(self.copy(tid, address, &copied, asks)?),
            step => Go::Step(step),
        };
        self.write(tid, address, &[TRAP]).map_err(|_| Unset::Memory)?;
        self.breakpoints.insert(address, Breakpoint { what, owner, original: bytes[0], go });
        Ok(())
    }

    fn copy(&mut self, tid: u32, origin: u64, copied: &Copied, asks: bool) -> Result<u64, Unset> {
        let len = copied.len();
        let at = self.take(tid, len, origin, asks, |at| copied.code(at).is_some())?;
        let code = copied.code(at).ok_or(Unset::Room)?;
        self.write(tid, at, &code).map_err(|_| Unset::Memory)?;
        self.copies.insert(at, Copy { origin, done: copied.done(), len: len as u64 });
        Ok(at)
    }

    /// A stub for an address that a function returns to.
    pub fn stub(&mut self, tid: u32, address: u64) -> Result<u64, Unset> {
        if let Some(stub) = self.stub_of.get(&address) {
            return Ok(*stub);
        }
        let at = self.take(tid, STUB_LEN, address, true, |_| true)?;
        let mut code = [0; STUB_LEN];
        code[..STUB.len()].copy_from_slice(&STUB);
        code[STUB.len()..].copy_from_slice(&address.to_le_bytes());
        self.write(tid, at, &code).map_err(|_| Unset::Memory)?;
        self.stubs.insert(at, address);
        self.stub_of.insert(address, at);
        Ok(at)
    }

    /// Room for code, which the task is made to ask for where there is none.
    fn take(
        &mut self,
        tid: u32,
        len: usize,
        near: u64,
        asks: bool,
        mut fits: impl FnMut(u64) -> bool,
    ) -> Result<u64, Unset> {
        self.scratch(tid);
        if let Some(at) = self.room.take(len, &mut fits) {
            return Ok(at);
        }
        let Some(scratch) = self.scratch.filter(|_| asks && !self.full) else { return Err(Unset::Room) };
        // A filter of the process's own may end it for the call.
        if Who::Id(tid).status().is_ok_and(|status| status.seccomp != 0) {
            return Err(Unset::Room);
        }
        // Below the program there is room that nobody asks for; the kernel chooses another place where it is taken.
        let below = (near & !(MAPPING - 1)).saturating_sub(64 * MAPPING).max(MAPPING);
        let (code, own) = (libc::PROT_READ | libc::PROT_EXEC, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        match made::call(tid, scratch, libc::SYS_mmap, [below, MAPPING, code as u64, own as u64, u64::MAX, 0]) {
            Ok(Asked::Told(at)) if at > 0 => self.room.add(at.cast_unsigned(), at.cast_unsigned() + MAPPING),
            Ok(Asked::Ended(status)) => return Err(Unset::Ended(Ended(status))),
            Ok(Asked::Told(_)) | Err(_) => self.full = true,
        }
        self.room.take(len, fits).ok_or(Unset::Room)
    }

    /// Where code is by which a task can be made to call.
    fn scratch(&mut self, tid: u32) -> Option<u64> {
        if self.scratch.is_none()
            && let Some(at) = self.room.take(ASK.len(), |_| true)
            && self.write(tid, at, &ASK).is_ok()
        {
            self.scratch = Some(at);
        }
        self.scratch
    }

    /// Puts data where a call finds them that a task is made to make; gives where the code for that is, and where the data are.
    pub fn place_for_data(&mut self, tid: u32, data: &[u8]) -> Option<(u64, u64)> {
        let scratch = self.scratch(tid)?;
        let at = match self.data {
            Some(at) => at,
            None => self.room.take(data.len(), |_| true)?,
        };
        self.data = Some(at);
        self.write(tid, at, data).ok()?;
        Some((scratch, at))
    }

    /// Takes a breakpoint out.
    pub fn unset(&mut self, tid: u32, address: u64) {
        if let Some(breakpoint) = self.breakpoints.remove(&address) {
            let _ = self.put_back(tid, address, breakpoint.original);
        }
    }

    /// Takes all of them out, by a task that stands still or, where the kernel allows it, while all run. Whether they are out.
    pub fn leave(&mut self, tid: u32) -> bool {
        if self.left {
            return true;
        }
        let breakpoints: Vec<(u64, u8)> = self.breakpoints.iter().map(|(at, it)| (*at, it.original)).collect();
        let stubs = self.stubs.keys().map(|at| (*at, JUMPS));
        let mut done = true;
        for (at, byte) in breakpoints.into_iter().chain(stubs.collect::<Vec<_>>()) {
            done &= self.put_back(tid, at, byte);
        }
        self.left = done;
        done
    }

    /// Puts a byte back where a breakpoint is, and not where something else was mapped or written since. Whether none is left there.
    fn put_back(&mut self, tid: u32, at: u64, byte: u8) -> bool {
        self.byte(tid, at) != Some(TRAP) || self.write(tid, at, &[byte]).is_ok()
    }

    fn byte(&mut self, tid: u32, at: u64) -> Option<u8> {
        self.read(tid, at)?.first().copied()
    }

    /// What stands at an address, as far as an instruction may go.
    fn read(&mut self, tid: u32, address: u64) -> Option<Vec<u8>> {
        let mut bytes = vec![0; super::elsewhere::LONGEST];
        let read = match self.file(tid) {
            Some(file) => file.read_at(&mut bytes, address).unwrap_or(0),
            None => 0,
        };
        bytes.truncate(read);
        (read > 0).then_some(bytes)
    }

    /// The word at an address.
    pub fn word(&mut self, tid: u32, address: u64) -> Option<u64> {
        let bytes = self.read(tid, address)?;
        bytes.first_chunk().map(|word| u64::from_ne_bytes(*word))
    }

    fn write(&mut self, tid: u32, address: u64, bytes: &[u8]) -> io::Result<()> {
        if let Some(file) = self.file(tid)
            && file.write_all_at(bytes, address).is_ok()
        {
            return Ok(());
        }
        sys::poke(tid, address, bytes)
    }

    fn file(&mut self, tid: u32) -> Option<&File> {
        if self.memory.is_none() {
            self.memory = Who::Id(tid).memory_to_write().or_else(|_| Who::Id(tid).memory()).ok();
        }
        self.memory.as_ref()
    }
}

/// Why there is no breakpoint, or no stub.
pub enum Unset {
    /// The memory cannot be read or written.
    Memory,
    /// Its instruction, which begins with these bytes, cannot be done elsewhere.
    Unmovable(Vec<u8>),
    /// Somebody else's breakpoint stands there, or a probe of the kernel's.
    Taken,
    /// There is no room for what it needs.
    Room,
    /// The task ended.
    Ended(Ended),
}

impl Unset {
    /// In words.
    pub fn why(&self) -> String {
        match self {
            Unset::Memory | Unset::Ended(_) => "its memory cannot be changed".to_owned(),
            Unset::Unmovable(bytes) => format!("its first instruction ({bytes:02x?}) cannot be done elsewhere"),
            Unset::Taken => "another breakpoint, or a probe of the kernel's, stands there already".to_owned(),
            Unset::Room => "the process has no room for a copy of its first instruction".to_owned(),
        }
    }
}
