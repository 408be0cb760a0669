//! What a call through a pointer has called, told by the code before the address that it returns to and by the registers.

use core::hint::black_box;

use aya_ebpf::{EbpfContext, programs::ProbeContext};
use tracer_common::config::Config;

use crate::capture;
use crate::kernel::conf;

/// What a call through a pointer that returns to an address has called, as far as the registers still tell: then the function may have been
/// reached by a jump at the end of another, which has no address to return to of its own. 0: it was no such call; 1: nobody knows what was
/// called.
#[inline(always)]
pub fn pointed(ctx: &ProbeContext, ip: u64) -> u64 {
    let code: u64 = capture::user(ip.wrapping_sub(8));
    if conf!(flags) & Config::ARM64 != 0 {
        // blr
        return ((code >> 32) as u32 & 0xffff_fc1f == 0xd63f_0000) as u64;
    }
    // `call *`: opcode ff, and 2 in the middle of the byte behind it (modrm). How long it is follows from that byte: a register, or what
    // it points to, with an offset of a byte or of four, with an index or without.
    let byte = |back: u64| code >> (64 - 8 * back) & 0xff;
    let is = |back: u64, mode: u64, indexed: bool| {
        let (opcode, modrm) = (byte(back), byte(back - 1));
        opcode == 0xff && modrm & 0x38 == 0x10 && modrm >> 6 == mode && (modrm & 7 == 4) == indexed
    };
    let form = |back: u64, disp: u64, indexed: bool| Operand { code, back, disp, indexed };
    // Relative to the instruction (mode 0, 5) is a slot of the GOT: that is how a library calls another.
    if byte(2) == 0xff && byte(1) & 0xf8 == 0xd0 {
        let extended = rex(byte(3)) & 1;
        return register(ctx, byte(1) & 7 | extended << 3).max(1);
    }
    let operand = if is(2, 0, false) && byte(1) & 7 != 5 {
        form(2, 0, false)
    } else if is(3, 1, false) {
        form(3, 1, false)
    } else if is(6, 2, false) {
        form(6, 4, false)
    } else if is(3, 0, true) {
        form(3, 0, true)
    } else if is(4, 1, true) {
        form(4, 1, true)
    } else if is(7, 2, true) {
        form(7, 4, true)
    } else {
        return 0;
    };
    capture::user::<u64>(operand.address(ctx)).max(1)
}

/// Where in memory a call finds what it calls: its last bytes, where among them its opcode stands, how long its offset is.
struct Operand {
    code: u64,
    back: u64,
    disp: u64,
    indexed: bool,
}

impl Operand {
    #[inline(always)]
    fn address(&self, ctx: &ProbeContext) -> u64 {
        let byte = |back: u64| self.code >> (64 - 8 * (back & 7)) & 0xff;
        let prefix = if self.back < 7 { rex(byte(self.back + 1)) } else { 0 };
        let low = match self.disp {
            1 => (byte(1) as u8 as i8) as i64 as u64,
            4 => (self.code >> 32) as u32 as i32 as i64 as u64,
            _ => 0,
        };
        let modrm = byte(self.back - 1);
        if !self.indexed {
            return register(ctx, modrm & 7 | (prefix & 1) << 3).wrapping_add(low);
        }
        let sib = byte(self.back - 2);
        let index = sib >> 3 & 7 | (prefix >> 1 & 1) << 3;
        let scaled = if index == 4 { 0 } else { register(ctx, index) << (sib >> 6) };
        register(ctx, sib & 7 | (prefix & 1) << 3).wrapping_add(scaled).wrapping_add(low)
    }
}

/// The bits of a prefix that names registers beyond the eighth; 0 where the byte is none.
#[inline(always)]
fn rex(byte: u64) -> u64 {
    if byte & 0xf0 == 0x40 { byte & 0xf } else { 0 }
}

/// A register of x86_64, by its number in instructions; the stack pointer as it was before the call.
#[inline(always)]
fn register(ctx: &ProbeContext, number: u64) -> u64 {
    let at = black_box(ctx.as_ptr()).cast::<u64>();
    macro_rules! word {
        ($off:literal) => {
            // SAFETY: within the context, which is the registers.
            unsafe { at.add($off / 8).read_volatile() }
        };
    }
    // All of them, and then one: a load at an offset that is computed is not allowed.
    let all = [
        word!(80),
        word!(88),
        word!(96),
        word!(40),
        word!(152).wrapping_add(8),
        word!(32),
        word!(104),
        word!(112),
        word!(72),
        word!(64),
        word!(56),
        word!(48),
        word!(24),
        word!(16),
        word!(8),
        word!(0),
    ];
    let at = black_box(number as usize) & 15;
    // SAFETY: masked to the array.
    unsafe { (&raw const all).cast::<u64>().add(at).read_volatile() }
}
