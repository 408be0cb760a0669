//! What a call through a pointer has called, as far as the registers still tell: then the function that is entered may have been reached by
//! a jump at the end of another, which has no address to return to of its own. The same as the kernel side does (`pointed` of
//! `tracer-ebpf/src/pointed.rs`): the bytes before the address that is returned to are read as such a call.

use libc::user_regs_struct;

/// Bytes that are looked at.
pub const BEFORE: usize = 8;

/// What was called by the call that these bytes end with; `memory` reads a word. 0: it was no such call; 1: nobody knows what was called.
pub fn pointed(code: [u8; BEFORE], regs: &user_regs_struct, memory: impl FnOnce(u64) -> Option<u64>) -> u64 {
    let byte = |back: usize| code[BEFORE - back];
    // `call *`: opcode ff, and 2 in the middle of the byte behind it (modrm), which says how long the call is. Relative to the
    // instruction (mode 0, 5) is a slot of the GOT: that is how a library calls another.
    let is = |back: usize, mode: u8, indexed: bool| {
        let (opcode, modrm) = (byte(back), byte(back - 1));
        opcode == 0xff && modrm & 0x38 == 0x10 && modrm >> 6 == mode && (modrm & 7 == 4) == indexed
    };
    if byte(2) == 0xff && byte(1) & 0xf8 == 0xd0 {
        let extended = rex(byte(3)) & 1;
        return register(regs, byte(1) & 7 | extended << 3).max(1);
    }
    let forms =
        [(2, 0, 0, false), (3, 1, 1, false), (6, 2, 4, false), (3, 0, 0, true), (4, 1, 1, true), (7, 2, 4, true)];
    let fits = |&&(back, mode, _, indexed): &&(usize, u8, usize, bool)| {
        is(back, mode, indexed) && !(back == 2 && byte(1) & 7 == 5)
    };
    let Some(&(back, _, disp, indexed)) = forms.iter().find(fits) else { return 0 };
    let prefix = if back < 7 { rex(byte(back + 1)) } else { 0 };
    let offset = match disp {
        1 => i64::from(byte(1).cast_signed()),
        4 => i64::from(i32::from_le_bytes([byte(4), byte(3), byte(2), byte(1)])),
        _ => 0,
    };
    let modrm = byte(back - 1);
    let address = if indexed {
        let sib = byte(back - 2);
        let index = sib >> 3 & 7 | (prefix >> 1 & 1) << 3;
        let scaled = if index == 4 { 0 } else { register(regs, index) << (sib >> 6) };
        register(regs, sib & 7 | (prefix & 1) << 3).wrapping_add(scaled)
    } else {
        register(regs, modrm & 7 | (prefix & 1) << 3)
    };
    memory(address.wrapping_add_signed(offset)).unwrap_or(0).max(1)
}

/// The bits of a prefix that names registers beyond the eighth; 0 where the byte is none.
fn rex(byte: u8) -> u8 {
    if byte & 0xf0 == 0x40 { byte & 0xf } else { 0 }
}

/// A register, by its number in instructions; the stack pointer as it was before the call.
fn register(regs: &user_regs_struct, number: u8) -> u64 {
    let all = [
        regs.rax,
        regs.rcx,
        regs.rdx,
        regs.rbx,
        regs.rsp.wrapping_add(8),
        regs.rbp,
        regs.rsi,
        regs.rdi,
        regs.r8,
        regs.r9,
        regs.r10,
        regs.r11,
        regs.r12,
        regs.r13,
        regs.r14,
        regs.r15,
    ];
    all[usize::from(number & 15)]
}
