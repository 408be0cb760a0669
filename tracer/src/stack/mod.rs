//! Stacks of traced programs: from the registers of a task and its memory to frames with names, as strace prints them.
//!
//! What calls what follows from the unwinding tables of the mapped files (`tables`), and from frame pointers where a file has none.
//! Names are those of the files' symbols (`symbols`), of files with what was stripped of them, and of the maps of just-in-time compilers
//! (`perf_map`). All of these are chosen by whoever is traced, so every size is bounded and nothing in them is believed.
//! Nothing here stops a task or reads its memory: the sources do, and put the frames into their records ([`frames`]).

mod arch;
pub mod demangle;
pub mod elf;
pub mod frames;
mod image;
pub mod lines;
mod perf_map;
mod program;
pub mod space;
pub mod symbols;
pub mod tables;

use std::collections::HashMap;
use std::rc::Rc;

use self::arch::ABI;
pub use self::arch::Registers;
use self::frames::{End, Entry, Frame, Frames};
use self::image::{Image, Images};
pub use self::image::{Met, Unread};
use self::space::{Code, Space};
use self::tables::Above;
use crate::system::process::Mapping;
use crate::system::procfs::who::Who;

/// Bytes of an address.
const WORD: u64 = 8;
/// Bytes of memory that are read at once.
const BLOCK: usize = 1024;

/// Memory of a task: reads at an address, and tells how many bytes from the front there are.
pub type Memory<'a> = dyn FnMut(u64, &mut [u8]) -> usize + 'a;

/// What is missing of a stack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missing {
    /// Nobody knows what the process had mapped.
    pub mappings: bool,
    /// The frames end where memory could not be read.
    pub memory: bool,
    /// Files that should have been read and could not be.
    pub files: u64,
}

/// Finds the frames of stacks. It keeps what it has read of files and mappings.
pub struct Walker {
    limit: u32,
    lines: bool,
    spaces: HashMap<u32, Space>,
    images: Images,
}

impl Walker {
    /// One that gives at most `limit` frames; with `lines`, with those of the source.
    pub fn new(limit: u32, lines: bool) -> Walker {
        Walker { limit, lines, spaces: HashMap::new(), images: Images::default() }
    }

    /// The process runs another program, or is gone.
    pub fn forget(&mut self, tgid: u32) {
        self.spaces.remove(&tgid);
    }

    /// A process has made another one.
    pub fn forked(&mut self, parent: u32, child: u32) {
        if let Some(space) = self.spaces.get(&parent) {
            self.spaces.insert(child, space.inherited());
        }
    }

    /// The mappings of a process, to be changed as its calls do.
    pub fn space(&mut self, tgid: u32) -> &mut Space {
        self.spaces.entry(tgid).or_default()
    }

    /// A process runs the program in this file; `word` reads its memory, in which the kernel has put its arguments at `sp`.
    pub fn began(&mut self, tid: u32, tgid: u32, program: Mapping, sp: u64, word: &mut dyn FnMut(u64) -> Option<u64>) {
        let found = program::begun(Who::Id(tid), program, sp, word, &mut self.images);
        self.spaces.insert(tgid, found.map_or_else(Space::default, Space::begun));
    }

    /// The process maps other files than before.
    pub fn changed(&mut self, tgid: u32) {
        if let Some(space) = self.spaces.get_mut(&tgid) {
            space.changed();
        }
    }

    /// Looks at what the process maps, as long as it is there.
    pub fn look(&mut self, tgid: u32) {
        let space = self.spaces.entry(tgid).or_default();
        space.changed();
        space.is_known(Who::Id(tgid));
    }

    /// The frames of task `tid`, from the innermost on.
    pub fn walk(
        &mut self,
        tid: u32,
        tgid: u32,
        mut registers: Registers,
        memory: &mut Memory<'_>,
        frames: &mut Frames,
    ) -> Missing {
        let who = Who::Id(tid);
        let space = self.spaces.entry(tgid).or_default();
        if !space.is_known(who) {
            frames.push(&Entry::Ends(End::NoMappings, 0));
            return Missing { mappings: true, ..Missing::default() };
        }
        let mut blocks = Blocks { memory, at: 0, bytes: [0; BLOCK], got: 0, short: false };
        // Of a call the address behind it is known, which may be the next function's.
        let mut back = 0;
        let mut count = 0;
        let end = loop {
            let here = match code_at(space, who, &registers, back, &mut self.images) {
                Some(here) => here,
                None if registers.pc == 0 => break None,
                None => break Some(Entry::Ends(End::NoFile, registers.pc)),
            };
            here.tell(&registers, back, self.lines, frames);
            let above = here.above(&registers, back, &mut blocks);
            let (next, step) = match above {
                Above::Caller(next) => (Some(next), 1),
                Above::Interrupted(next) => (Some(next), 0),
                Above::Nothing | Above::Unreadable => (None, 0),
                Above::Untold => (by_frame_pointer(&registers, &mut blocks), 1),
            };
            let moves = |next: &Registers| (next.pc, next.sp()) != (registers.pc, registers.sp());
            count += 1;
            let Some(next) = next.filter(moves) else { break None };
            if count >= self.limit || !frames.has_room() {
                break Some(Entry::Ends(End::TooMany, 0));
            }
            registers = next;
            back = step;
        };
        end.iter().for_each(|end| frames.push(end));
        Missing { mappings: false, memory: blocks.short, files: space.take_unread() }
    }
}

/// What code a frame is in.
enum Here {
    /// Of a file; where in it, as the file counts, and by how much that differs from where it is loaded.
    File(Code, Option<(Rc<Image>, u64, u64)>),
    /// Made by a compiler of the process, which says in this file what it is called and where it begins.
    Made(Vec<u8>, Vec<u8>, u64),
}

/// What code a frame is in; `None` where nobody knows.
fn code_at(space: &mut Space, who: Who, registers: &Registers, back: u64, images: &mut Images) -> Option<Here> {
    let address = registers.pc.wrapping_sub(back);
    if let Some(code) = space.code(who, registers.pc, images) {
        let image = code.image.clone();
        let place = image.and_then(|image| code.in_file(&image, address).map(|(at, bias)| (image, at, bias)));
        return Some(Here::File(code, place));
    }
    let (name, start) = space.perf_map.find(who, address).map(|(name, start)| (name.to_vec(), start))?;
    Some(Here::Made(space.perf_map.path.clone(), name, start))
}

impl Here {
    /// Adds the frame.
    fn tell(&self, registers: &Registers, back: u64, lines: bool, frames: &mut Frames) {
        let pc = registers.pc;
        match self {
            Here::Made(file, name, start) => {
                let (symbol, offset) = (Some(name.as_slice()), pc.wrapping_sub(*start));
                frames.push(&Entry::Frame(Frame { file, symbol, offset, address: pc, source: None }));
            }
            Here::File(code, found) => {
                let place = found.as_ref().map(|(image, at, _)| (image.place(*at, lines), *at));
                let (place, at) = place.unwrap_or_default();
                let symbol = place.symbol.as_ref();
                frames.push(&Entry::Frame(Frame {
                    file: &code.path,
                    symbol: symbol.map(|(name, _)| &**name),
                    offset: symbol.map_or(0, |(_, start)| at.wrapping_add(back).wrapping_sub(*start)),
                    address: code.offset_of(pc),
                    source: place.source.as_ref().map(|(file, line)| (file.as_bytes(), *line)),
                }));
            }
        }
    }

    /// What is above the frame, as far as tables tell.
    fn above(&self, registers: &Registers, back: u64, blocks: &mut Blocks<'_, '_>) -> Above {
        match self {
            Here::File(_, Some((image, at, bias))) => match image.tables() {
                Some(tables) => {
                    let mut above = |at: u64| tables.above(at, *bias, registers, &mut |address| blocks.word(address));
                    match above(*at) {
                        // Behind the last instruction of its function: it waits for the kernel, which rt_sigreturn never leaves.
                        Above::Untold if back == 0 => above(at.wrapping_sub(1)),
                        found => found,
                    }
                }
                None => Above::Untold,
            },
            _ => Above::Untold,
        }
    }
}

/// The frame that called this one, by the frame pointer: there the caller's stands, and behind it where it goes on.
fn by_frame_pointer(registers: &Registers, blocks: &mut Blocks<'_, '_>) -> Option<Registers> {
    let frame = registers.get(ABI.frame)?;
    if frame < registers.sp() || !frame.is_multiple_of(WORD) {
        return None;
    }
    let mut next = registers.clone();
    next.set(ABI.frame, Some(blocks.word(frame)?));
    next.pc = blocks.word(frame.wrapping_add(WORD))?;
    next.set(ABI.stack, Some(frame.wrapping_add(2 * WORD)));
    (next.pc != 0).then_some(next)
}

/// Memory, a block at a time: a stack's words stand close together.
struct Blocks<'m, 'a> {
    memory: &'m mut Memory<'a>,
    at: u64,
    bytes: [u8; BLOCK],
    got: usize,
    /// A word could not be read.
    short: bool,
}

impl Blocks<'_, '_> {
    fn word(&mut self, address: u64) -> Option<u64> {
        if address < self.at || address - self.at + WORD > self.got as u64 {
            self.at = address;
            self.got = (self.memory)(address, &mut self.bytes);
        }
        let place = (address - self.at) as usize;
        let bytes = self.bytes.get(place..self.got).and_then(|bytes| bytes.first_chunk());
        self.short |= bytes.is_none();
        bytes.map(|bytes| u64::from_ne_bytes(*bytes))
    }
}

#[cfg(test)]
mod tests;
