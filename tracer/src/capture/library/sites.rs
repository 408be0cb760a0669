//! From where a function was called: what the instruction says that stands before the address to which the call returns. It is read from
//! the file, for the process may be gone.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::probe::FileId;
use crate::library::modules::Module;
use crate::library::object::Object;

/// Bytes before an address in which a call is looked for.
const BEFORE: u64 = 8;
/// Bytes of a stub of the PLT that are looked at.
const STUB: u64 = 16;

/// What a call calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Called {
    /// This address, as the file counts.
    Address(u64),
    /// What a slot of the GOT holds, by itself or through a stub of the PLT.
    Slot(u64),
    /// What a pointer points to, that stands elsewhere.
    Pointer,
}

/// The code of processes, and what was found in it.
#[derive(Default)]
pub struct Sites {
    processes: HashMap<u32, Rc<Vec<(FileId, Module)>>>,
    found: HashMap<(FileId, u64), Called>,
    /// Slots through which a file goes on by a jump, to other files.
    jumps: HashMap<FileId, HashSet<u64>>,
}

impl Sites {
    /// A process has these files.
    pub fn know(&mut self, tgid: u32, modules: &[Module], ids: &[FileId]) {
        let modules = ids.iter().copied().zip(modules.iter().cloned());
        self.processes.insert(tgid, Rc::new(modules.collect()));
    }

    /// A process is another's copy.
    pub fn forked(&mut self, parent: u32, child: u32) {
        if let Some(modules) = self.processes.get(&parent).cloned() {
            self.processes.insert(child, modules);
        }
    }

    /// A process is gone, or runs another program.
    pub fn forget(&mut self, tgid: u32) {
        self.processes.remove(&tgid);
    }

    /// Whether an address of a process is one of code.
    pub fn is_code(&self, tgid: u32, address: u64) -> bool {
        let modules = self.processes.get(&tgid).map_or(&[][..], |modules| modules.as_slice());
        modules.iter().any(|(_, module)| module.in_file(address).is_some())
    }

    /// Whether an address of a process is one of its dynamic linker: whatever it calls is no callback of the program's.
    pub fn is_linker(&self, tgid: u32, address: u64) -> bool {
        let modules = self.processes.get(&tgid).map_or(&[][..], |modules| modules.as_slice());
        modules.iter().any(|(_, it)| it.object.debugged.is_some() && it.in_file(address).is_some())
    }

    /// Whether the module that has the code at an address of a process ends a function by a jump to the function of this number, which it
    /// reaches through these slots.
    pub fn jumps(&mut self, tgid: u32, at: u64, number: u32, slots: &HashMap<u64, u32>) -> bool {
        let modules = self.processes.get(&tgid).map_or(&[][..], |modules| modules.as_slice());
        let Some((id, module)) = modules.iter().find(|(_, module)| module.in_file(at).is_some()) else { return false };
        let object = &module.object;
        let jumps = self.jumps.entry(*id).or_insert_with(|| jumps_of(object));
        slots.iter().any(|(slot, of)| *of == number && jumps.contains(slot))
    }

    /// What the call calls that returns to an address of a process; an address is one of the process. Code that is in no file may have
    /// called anything.
    pub fn called(&mut self, tgid: u32, ip: u64) -> Called {
        let modules = self.processes.get(&tgid).map_or(&[][..], |modules| modules.as_slice());
        let before = ip.wrapping_sub(1);
        let Some((id, module, at)) = modules.iter().find_map(|(id, it)| Some((*id, it, it.in_file(before)? + 1)))
        else {
            return Called::Pointer;
        };
        let object = &module.object;
        let called = *self.found.entry((id, at)).or_insert_with(|| called_before(object, at));
        match called {
            Called::Address(address) => Called::Address(module.in_process(address)),
            other => other,
        }
    }
}

/// What the call calls that ends at an address of a file.
fn called_before(object: &Object, end: u64) -> Called {
    let Some(code) = object.file.bytes_at(end.wrapping_sub(BEFORE), BEFORE) else { return Called::Pointer };
    if cfg!(target_arch = "aarch64") {
        let word = word(&code, 4);
        // bl
        if word >> 26 == 0b10_0101 {
            let offset = i64::from((word << 6).cast_signed() >> 4);
            return at(object, end.wrapping_sub(4).wrapping_add_signed(offset)).unwrap_or(Called::Pointer);
        }
        return Called::Pointer;
    }
    let offset = i64::from(word(&code, 4).cast_signed());
    let target = end.wrapping_add_signed(offset);
    // call *slot(%rip)
    if code.get(2..4) == Some(&[0xff, 0x15]) {
        return Called::Slot(target);
    }
    // Bytes that only look like such a call lead nowhere.
    let direct = code.get(3) == Some(&0xe8);
    at(object, target).filter(|_| direct).unwrap_or(Called::Pointer)
}

/// The most code that is looked through for jumps, in bytes; in more there may be any.
const CODE_MAX: u64 = 64 << 20;

/// The slots through which a file goes on by a jump. The stubs of the PLT do, too: what stands in them is left out.
fn jumps_of(object: &Object) -> HashSet<u64> {
    let mut found = HashSet::new();
    for segment in object.file.loaded().filter(|segment| segment.code && segment.size <= CODE_MAX) {
        let Some(code) = object.file.bytes_at(segment.address, segment.size) else { continue };
        for (at, window) in code.windows(6).enumerate() {
            let here = segment.address + at as u64;
            let offset = |from: usize| i64::from(word(window, from).cast_signed());
            match window {
                // jmp address
                [0xe9, ..] => found.extend(slot_of(object, here.wrapping_add(5).wrapping_add_signed(offset(1)))),
                // jmp *slot(%rip), which is no stub of its own
                [0xff, 0x25, ..] if !is_stub(&code, at) => {
                    found.insert(here.wrapping_add(6).wrapping_add_signed(offset(2)));
                }
                _ => {}
            }
        }
    }
    found
}

/// Whether a jump through a slot begins where a stub of the PLT does: at a multiple of 8, or behind what may stand before it there.
fn is_stub(code: &[u8], at: usize) -> bool {
    at.is_multiple_of(8)
        || at >= 4 && code[at - 4..].starts_with(&[0xf3, 0x0f, 0x1e, 0xfa])
        || at >= 5 && code[at - 5..].starts_with(&[0xf3, 0x0f, 0x1e, 0xfa, 0xf2])
}

/// What stands at an address that is called: a stub of the PLT, or a function. `None`: no code.
fn at(object: &Object, address: u64) -> Option<Called> {
    if !object.is_code(address) {
        return None;
    }
    Some(slot_of(object, address).map_or(Called::Address(address), Called::Slot))
}

/// The slot by which a stub of the PLT goes on.
fn slot_of(object: &Object, stub: u64) -> Option<u64> {
    let code = object.file.bytes_at(stub, STUB)?;
    if cfg!(target_arch = "aarch64") {
        // adrp x16, page; ldr x17, [x16, #offset]; perhaps behind a bti.
        let skip = if word(&code, 0) == 0xd503_245f { 4 } else { 0 };
        let (page, load) = (word(&code, skip), word(&code, skip + 4));
        let is_stub = page & 0x9f00_001f == 0x9000_0010 && load & 0xffc0_03ff == 0xf940_0211;
        let pages = (page >> 5 & 0x7_ffff) << 2 | page >> 29 & 3;
        let offset = i64::from((pages << 11).cast_signed() >> 11) << 12;
        let here = stub.wrapping_add(skip as u64) & !0xfff;
        return is_stub.then(|| here.wrapping_add_signed(offset).wrapping_add(u64::from(load >> 10 & 0xfff) * 8));
    }
    let mut skip = 0;
    for prefix in [&[0xf3, 0x0f, 0x1e, 0xfa][..], &[0xf2][..]] {
        skip += if code.get(skip..)?.starts_with(prefix) { prefix.len() } else { 0 };
    }
    if !code.get(skip..)?.starts_with(&[0xff, 0x25]) {
        return None;
    }
    let offset = i64::from(word(&code, skip + 2).cast_signed());
    Some(stub.wrapping_add(skip as u64 + 6).wrapping_add_signed(offset))
}

fn word(code: &[u8], at: usize) -> u32 {
    code.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}
