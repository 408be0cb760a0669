//! The frames of the stacks that gave blocks, by the numbers that the kernel side has made of them. A number stands for the frames that
//! have their ends within the bytes that were copied, and for code that the kernel side was told of: behind either, nothing is told.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;

use tracer_common::event::Head;

use super::code::Codes;
use crate::capture::ebpf::bpf;
use crate::capture::ebpf::stacks::Copied;
use crate::schema::prototypes::{self, Block};
use crate::stack::Walker;
use crate::stack::demangle::demangled;
use crate::stack::frames::{End, Entry, Frames};

/// A stack.
#[derive(Debug, Default)]
pub struct Stack {
    /// Its frames.
    pub frames: Frames,
    /// The function that gave the block: of those that hand one on, the outermost.
    pub by: Vec<u8>,
    /// Whoever called it is of the same library.
    own: bool,
}

/// All of them.
pub struct Stacks {
    walker: Walker,
    names: HashMap<u32, Vec<u8>>,
    found: HashMap<u64, Rc<Stack>>,
    /// The same, by the number of the code that they are of.
    of_code: HashMap<u64, Vec<u64>>,
    /// Those of which the kernel side sends no copy again.
    sent: OwnedFd,
    given: OnceCell<HashSet<Vec<u8>>>,
}

impl Stacks {
    /// None yet, of at most so many frames.
    pub fn new(limit: u32, sent: OwnedFd) -> Stacks {
        Stacks {
            walker: Walker::new(limit, true),
            names: HashMap::new(),
            found: HashMap::new(),
            of_code: HashMap::new(),
            sent,
            given: OnceCell::new(),
        }
    }

    /// What a function's number stands for.
    pub fn name(&mut self, number: u32, name: &[u8]) {
        self.names.insert(number, name.to_vec());
    }

    /// A process has mapped other files: they are looked at now, for it may be gone when the first stack comes.
    pub fn changed(&mut self, tgid: u32) {
        self.walker.look(tgid);
    }

    /// A process is the copy of another.
    pub fn forked(&mut self, parent: u32, child: u32) {
        self.walker.forked(parent, child);
    }

    /// A process is gone, or runs another program.
    pub fn forget(&mut self, tgid: u32) {
        self.walker.forget(tgid);
    }

    /// A copy came.
    pub fn add(&mut self, head: &Head, record: &[u8], codes: &Codes) {
        let Some(copied) = Copied::of(head, record) else { return };
        let mut walked = Frames::default();
        let mut read = |address: u64, bytes: &mut [u8]| copied.read(address, bytes);
        let missing = self.walker.walk(head.tid, head.tgid, copied.registers.clone(), &mut read, &mut walked);
        let mut stack = Stack { by: self.named(head.nr), ..Stack::default() };
        let mut files: Vec<Vec<u8>> = Vec::new();
        // The file of the last one that gives: what it calls in its own file belongs to it.
        let mut within = Some(Vec::new());
        let mut cut = missing.memory.then_some(End::Cut);
        for entry in walked.entries() {
            if let Entry::Frame(frame) = &entry {
                if !codes.has(head.args[3], frame.file) {
                    cut = Some(End::NoFile);
                    break;
                }
                let giver = frame.symbol.and_then(|symbol| self.giver(symbol)).filter(|_| within.is_some());
                if let (Some(giver), false) = (giver, files.is_empty()) {
                    stack.by = giver.to_vec();
                }
                within = match giver {
                    _ if files.is_empty() || giver.is_some() => Some(frame.file.to_vec()),
                    _ => within.filter(|file| *file == frame.file),
                };
                files.push(frame.file.to_vec());
            }
            stack.frames.push(&entry);
        }
        if let Some(end) = cut {
            stack.frames.push(&Entry::Ends(end, 0));
        }
        stack.own = matches!(&files[..], [first, next, ..] if first == next && codes.is_library(head.args[3], first));
        self.of_code.entry(head.args[3]).or_default().push(head.dur);
        self.found.insert(head.dur, Rc::new(stack));
    }

    /// Nobody has this code any more.
    pub fn forget_code(&mut self, code: u64) {
        for number in self.of_code.remove(&code).unwrap_or_default() {
            self.found.remove(&number);
            let _ = bpf::delete(self.sent.as_raw_fd(), &number);
        }
    }

    /// The stack of this number; one that nobody knows has no frames.
    pub fn of(&self, number: u64, function: u32) -> Rc<Stack> {
        let unknown = || Rc::new(Stack { by: self.named(function), ..Stack::default() });
        self.found.get(&number).cloned().unwrap_or_else(unknown)
    }

    /// Whether who called the function is of the function's own file.
    pub fn is_own(&self, number: u64) -> bool {
        self.found.get(&number).is_some_and(|stack| stack.own)
    }

    fn named(&self, function: u32) -> Vec<u8> {
        demangled(self.names.get(&function).map_or(b"?", Vec::as_slice))
    }

    /// What a function is called that gives blocks or hands them on, by what frames call it: with the debugging information of glibc they
    /// have its own names for it.
    fn giver<'s>(&self, symbol: &'s [u8]) -> Option<&'s [u8]> {
        let all = || {
            let given = prototypes::of_blocks().filter(|it| it.block.gives() && it.block != Block::None);
            given.map(|it| demangled(it.row.name.as_bytes())).collect()
        };
        let given = self.given.get_or_init(all);
        let name = symbol.strip_prefix(b"__GI_").unwrap_or(symbol);
        let bare = name.iter().position(|byte| *byte != b'_').map_or(name, |at| &name[at..]);
        [bare, name].into_iter().find(|name| given.contains(*name))
    }
}
