//! Programs made by hand, and any: what is left does what was there.

use proptest::prelude::*;

use super::*;

/// The map of constants.
const MAP: i32 = 7;
/// What is in it: a byte that is 0, one that is 5, a number of 32 bits, one of 64.
const VALUES: [u8; 16] = [0, 5, 0, 0, 0x78, 0x56, 0x34, 0x92, 1, 0, 0, 0, 0, 0, 0, 0x80];

fn one(code: u8, to: u8, from: u8, off: i16, imm: i32) -> bpf_insn {
    let mut this = bpf_insn { code, _bitfield_align_1: [], _bitfield_1: bpf_insn::new_bitfield_1(to, from), off, imm };
    this.set_dst_reg(to);
    this
}

fn set(to: u8, imm: i32) -> bpf_insn {
    one(op::MOV_64, to, 0, 0, imm)
}

fn jump(off: i16) -> bpf_insn {
    one(op::JMP, 0, 0, off, 0)
}

fn jump_if(code: u8, to: u8, imm: i32, off: i16) -> bpf_insn {
    one(code, to, 0, off, imm)
}

fn call(function: i32) -> bpf_insn {
    one(op::JMP | op::CALL, 0, 0, 0, function)
}

const EXIT: u8 = op::JMP | op::EXIT;
const IF_EQUAL: u8 = op::JMP | 0x10;

/// The address of a constant in a register.
fn place(to: u8, offset: i32) -> [bpf_insn; 2] {
    [one(op::LOAD_64, to, op::MAP_VALUE, 0, MAP), one(0, 0, 0, 0, offset)]
}

/// A load of 1, 2, 4 or 8 bytes.
fn read(to: u8, from: u8, off: i16, size: u8) -> bpf_insn {
    let bits = match size {
        1 => 0x10,
        2 => 0x08,
        4 => 0,
        _ => 0x18,
    };
    one(op::LDX | op::MEM | bits, to, from, off, 0)
}

fn folded(instructions: &[bpf_insn]) -> Code {
    let record = |first: u32| [first.to_ne_bytes(), 1u32.to_ne_bytes()].concat();
    let handed = |at| function(instructions, at).flatten();
    let mut firsts: Vec<usize> = (0..instructions.len()).filter_map(handed).collect();
    firsts.push(0);
    firsts.sort_unstable();
    firsts.dedup();
    let functions = firsts.into_iter().flat_map(|first| record(first as u32)).collect();
    fold(&Code { instructions: instructions.to_vec(), functions, function_size: 8 }, &[(MAP, &VALUES)])
}

fn text(code: &[bpf_insn]) -> Vec<(u8, u8, u8, i16, i32)> {
    code.iter().map(|it| (it.code, it.dst_reg(), it.src_reg(), it.off, it.imm)).collect()
}

#[test]
fn what_a_constant_keeps_from_being_reached_is_gone() {
    let [place, second] = place(1, 0);
    let code = [
        place,
        second,
        read(2, 1, 0, 1),
        jump_if(IF_EQUAL, 2, 0, 2),
        call(35),
        call(36),
        read(2, 1, 1, 1),
        jump_if(IF_EQUAL, 2, 0, 1),
        call(14),
        one(EXIT, 0, 0, 0, 0),
    ];
    let left = [place, second, set(2, 0), set(2, 5), call(14), one(EXIT, 0, 0, 0, 0)];
    assert_eq!(text(&folded(&code).instructions), text(&left));
}

#[test]
fn functions_that_nobody_calls_are_gone_with_their_records() {
    let handed = |to: i32| [one(op::LOAD_64, 2, op::OWN_FUNCTION, 0, to), one(0, 0, 0, 0, 0)];
    let own = |to: i32| one(op::JMP | op::CALL, 0, op::OWN_CALL, 0, to);
    let exit = one(EXIT, 0, 0, 0, 0);
    let ([place, second], [function, rest]) = (place(1, 0), handed(7));
    let code = [
        place,
        second,
        read(3, 1, 0, 1),
        jump_if(IF_EQUAL, 3, 0, 1),
        own(4),
        function,
        rest,
        call(181),
        exit,
        // The one that is not called, and two that stand behind it.
        call(14),
        exit,
        exit,
        exit,
        own(-2),
        exit,
    ];
    let [function, rest] = handed(4);
    let left = [place, second, set(3, 0), function, rest, call(181), exit, exit, own(-2), exit];
    let done = folded(&code);
    assert_eq!(text(&done.instructions), text(&left));
    let firsts: Vec<u8> = done.functions.chunks(8).map(|record| record[0]).collect();
    assert_eq!(firsts, [0, 7, 8]);
}

#[test]
fn what_is_not_understood_stays() {
    for code in [vec![jump(7)], vec![jump(-3)], vec![one(op::LOAD_64, 1, 0, 0, 0)], vec![set(1, 1)], vec![set(13, 1)]] {
        assert_eq!(text(&folded(&code).instructions), text(&code));
    }
    assert_eq!(fold(&Code::default(), &[]).instructions.len(), 0);
}

/// What registers hold at each call, until the program has taken enough of them. `unknown` is what they hold at first.
fn run(code: &[bpf_insn], mut unknown: u64) -> Vec<Value> {
    let mut registers = [Value::Number(unknown); 11];
    let mut said = Vec::new();
    let (mut at, mut jumps) = (0, 0);
    // A loop without a call does not end.
    while said.len() < 900 && jumps < 10_000 {
        let this = code[at];
        let (to, from) = (usize::from(this.dst_reg()), usize::from(this.src_reg()));
        let operand = if this.code & op::X != 0 { registers[from] } else { Value::Number(this.imm as i64 as u64) };
        at += 1;
        match this.code {
            EXIT => break,
            op::LOAD_64 => {
                registers[to] = Value::Place(0, code[at].imm as u32);
                at += 1;
            }
            code if code == op::JMP | op::CALL => {
                said.extend_from_slice(&registers[1..10]);
                unknown = unknown.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(this.imm as u64);
                registers[..6].fill(Value::Number(unknown));
            }
            op::JMP => {
                jumps += 1;
                at = at.wrapping_add_signed(this.off.into());
            }
            code if matches!(code & 7, op::JMP | op::JMP32) => {
                jumps += 1;
                // Of an address and a number nobody can say.
                if compare(code, registers[to], operand).unwrap_or(true) {
                    at = at.wrapping_add_signed(this.off.into());
                }
            }
            code if code & 7 == op::LDX => {
                let Value::Place(_, offset) = registers[from] else {
                    registers[to] = Value::Number(1);
                    continue;
                };
                let size = [4, 2, 1, 8][usize::from(code >> 3 & 3)];
                let bytes = VALUES.get((i64::from(offset) + i64::from(this.off)) as usize..);
                let Some(bytes) = bytes.and_then(|bytes| bytes.get(..size)) else { break };
                registers[to] = Value::Number(bytes.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte)));
            }
            code => registers[to] = compute(code, registers[to], operand),
        }
    }
    said
}

/// What may stand anywhere; a jump leads on or back.
fn anything() -> impl Strategy<Value = Vec<bpf_insn>> {
    let register = || 0..10u8;
    let small = || prop_oneof![Just(0), Just(1), Just(5), Just(-1), any::<i32>()];
    let operation = prop::sample::select(vec![0x00u8, 0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0x80, 0xa0, 0xb0, 0xc0]);
    let test = prop::sample::select(vec![0x10u8, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0]);
    let class = prop::sample::select(vec![op::ALU, op::ALU64]);
    let jump_class = prop::sample::select(vec![op::JMP, op::JMP32]);
    prop_oneof![
        (operation, class, any::<bool>(), register(), register(), small()).prop_map(
            |(code, class, x, to, from, imm)| {
                let code = code | class | if x { op::X } else { 0 };
                vec![one(code, to, if x { from } else { 0 }, 0, if x { 0 } else { imm })]
            }
        ),
        (test, jump_class, any::<bool>(), register(), register(), small(), -9..9i16).prop_map(
            |(code, class, x, to, from, imm, off)| {
                let code = code | class | if x { op::X } else { 0 };
                vec![one(code, to, if x { from } else { 0 }, off, if x { 0 } else { imm })]
            }
        ),
        (register(), 0..16i32, register(), -2..4i16, prop::sample::select(vec![1u8, 2, 4, 8])).prop_map(
            |(base, offset, to, off, size)| {
                [place(base, offset).to_vec(), vec![read(to, base, off, size)]].concat()
            }
        ),
        (-9..9i16).prop_map(|off| vec![jump(off)]),
        Just(vec![call(5)]),
        Just(vec![one(EXIT, 0, 0, 0, 0)]),
    ]
}

/// A program whose jumps lead to where instructions begin.
fn program() -> impl Strategy<Value = Vec<bpf_insn>> {
    prop::collection::vec(anything(), 1..60).prop_map(|parts| {
        let mut code: Vec<bpf_insn> = parts.concat();
        code.extend([call(5), one(EXIT, 0, 0, 0, 0)]);
        let last = code.len() as i64 - 1;
        let second = |code: &[bpf_insn], at: i64| at > 0 && code[at as usize - 1].code == op::LOAD_64;
        for at in 0..code.len() {
            let jumps = matches!(code[at].code & 7, op::JMP | op::JMP32) && !matches!(code[at].code, EXIT | 0x85);
            if jumps {
                let mut to = (at as i64 + 1 + i64::from(code[at].off)).clamp(0, last);
                to += i64::from(second(&code, to));
                code[at].off = (to - at as i64 - 1) as i16;
            }
        }
        code
    })
}

proptest! {
    #[test]
    fn a_folded_program_does_the_same(code in program(), first in prop_oneof![Just(0u64), Just(5), any::<u64>()]) {
        let done = folded(&code).instructions;
        prop_assert!(done.len() <= code.len());
        prop_assert!((0..done.len()).all(|at| target(&done, at).is_some()));
        prop_assert_eq!(run(&code, first), run(&done, first));
        prop_assert_eq!(text(&folded(&done).instructions), text(&done));
    }
}
