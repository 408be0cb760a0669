//! Children made with CLONE_UNTRACED escape a ptracer. The flag is taken out while the call runs and put back
//! at its end, so the program sees nothing of it: for clone in the register, for clone3 in its struct.

use super::sys;
use crate::capture::memory::Memory;

const CLONE_UNTRACED: u64 = 0x0080_0000;

/// What to put back when the call has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// The first argument's register, that of a 32-bit call or not.
    Register(u64, bool),
    /// The flags at this address.
    Memory(u64, u64),
}

/// The calls that make tasks with flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Clone,
    Clone3,
}

fn which(nr: u32, compat: bool) -> Option<Which> {
    let (clone, clone3) = if compat { (120, 435) } else { (libc::SYS_clone as u32, libc::SYS_clone3 as u32) };
    match nr {
        n if n == clone => Some(Which::Clone),
        n if n == clone3 => Some(Which::Clone3),
        _ => None,
    }
}

/// Takes the flag out of the call that the task enters. `Err` when it is there and stays there: the child
/// will not be followed.
pub fn clear(
    tid: u32,
    tgid: u32,
    nr: u32,
    compat: bool,
    args: &[u64; 6],
    memory: &mut Memory,
) -> Result<Option<Undo>, ()> {
    match which(nr, compat) {
        Some(Which::Clone) if args[0] & CLONE_UNTRACED != 0 => {
            sys::set_first(tid, compat, args[0] & !CLONE_UNTRACED).map_err(|_| ())?;
            Ok(Some(Undo::Register(args[0], compat)))
        }
        Some(Which::Clone3) => {
            let mut flags = [0u8; 8];
            if memory.read(tid, tgid, args[0], &mut flags) < flags.len() {
                // The kernel can not read them either, unless it may wait for the page and we may not.
                return if memory.is_careful() && args[0] != 0 { Err(()) } else { Ok(None) };
            }
            let flags = u64::from_ne_bytes(flags);
            if flags & CLONE_UNTRACED == 0 {
                return Ok(None);
            }
            write(tid, args[0], flags & !CLONE_UNTRACED).map_err(|_| ())?;
            Ok(Some(Undo::Memory(args[0], flags)))
        }
        _ => Ok(None),
    }
}

/// Puts back what [`clear`] took, at the call's end.
pub fn restore(tid: u32, undo: Undo) {
    // Failure means that the task was killed: nothing is left to put back.
    let _ = match undo {
        Undo::Register(value, compat) => sys::set_first(tid, compat, value),
        Undo::Memory(addr, flags) => write(tid, addr, flags),
    };
}

fn write(tid: u32, addr: u64, word: u64) -> std::io::Result<()> {
    sys::poke(tid, addr, &word.to_ne_bytes())
}
