//! The rules of aarch64, where every instruction has four bytes: a probe stands at the entry. Which instructions the kernel emulates
//! or refuses: arch/arm64/kernel/probes/decode-insn.c (`arm_probe_decode_insn`).

use super::{Body, Cost, Objection, Refused, Verdict, Why};

/// Bytes behind the entry, what a hit costs there, and why there.
pub(super) fn place(body: &Body) -> Result<(u64, Cost, Why), Refused> {
    let word = body.bytes.first_chunk().ok_or(Refused::Short(body.at))?;
    match verdict(u32::from_le_bytes(*word)) {
        Verdict::Takes(cost) => Ok((0, cost, Why::Entry)),
        Verdict::Refuses(objection) => Err(Refused::Instruction(body.at, objection)),
    }
}

/// What the kernel makes of an instruction.
fn verdict(word: u32) -> Verdict {
    let is = |mask: u32, value: u32| word & mask == value;
    // svc, hvc, smc, brk, hlt; eret; msr to the flags of interrupts; ldxr, stxr and their like.
    let refused = is(0xff00_0000, 0xd400_0000)
        || is(0xffff_ffff, 0xd69f_03e0)
        || is(0xfff8_f01f, 0xd500_401f)
        || is(0x3f00_0000, 0x0800_0000);
    if refused {
        return Verdict::Refuses(Objection::Exclusive);
    }
    // b, bl; b.cond; cbz, cbnz; tbz, tbnz; br, blr, ret; adr, adrp; ldr of a literal.
    let emulated = is(0x7c00_0000, 0x1400_0000)
        || is(0xff00_0010, 0x5400_0000)
        || is(0x7e00_0000, 0x3400_0000)
        || is(0x7e00_0000, 0x3600_0000)
        || is(0xff9f_fc1f, 0xd61f_0000)
        || is(0x1f00_0000, 0x1000_0000)
        || is(0xbf00_0000, 0x1800_0000);
    Verdict::Takes(if emulated { Cost::Emulated } else { Cost::SingleStep })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions() {
        let check = |word: u32, expected: Verdict| assert_eq!(verdict(word), expected, "{word:08x}");
        let (emulated, stepped) = (Verdict::Takes(Cost::Emulated), Verdict::Takes(Cost::SingleStep));
        let refused = Verdict::Refuses(Objection::Exclusive);
        check(0xa9bf_7bfd, stepped); // stp x29, x30, [sp, #-16]!
        check(0xd503_233f, stepped); // paciasp
        check(0xd503_245f, stepped); // bti c
        check(0xaa00_03e1, stepped); // mov x1, x0
        check(0x9400_0001, emulated); // bl
        check(0x1400_0001, emulated); // b
        check(0x5400_0041, emulated); // b.ne
        check(0xb400_0040, emulated); // cbz x0
        check(0x3607_fee1, emulated); // tbz w1, #0
        check(0xd65f_03c0, emulated); // ret
        check(0xd61f_0200, emulated); // br x16
        check(0x9000_0010, emulated); // adrp x16
        check(0x5800_0050, emulated); // ldr x16, .+8
        check(0xd400_0001, refused); // svc #0
        check(0xd420_0000, refused); // brk #0
        check(0xc85f_7c01, refused); // ldxr x1, [x0]
        check(0x8801_7c02, refused); // stxr w1, w2, [x0]
    }
}
