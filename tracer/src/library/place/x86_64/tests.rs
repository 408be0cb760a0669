//! Functions by their bytes: where a probe stands in them.

use std::rc::Rc;

use proptest::prelude::*;

use super::*;

fn body(bytes: &[u8], whole: bool) -> Body {
    Body { at: 0x1000, bytes: Rc::from(bytes), whole, fixed: true }
}

/// The bytes of `55 41 54`; blanks are for reading.
fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("a byte")).collect()
}

#[test]
fn where_a_probe_stands() {
    let check = |hex: &str, expected: (u64, Cost, Why)| {
        assert_eq!(place(&body(&bytes(hex), true), Arguments::ALL, &|_, _| None), Ok(expected), "{hex}");
    };
    let (emulated, stepped) = (Cost::Emulated, Cost::SingleStep);
    // push %rbp; push %r12; push %rsp; nop; xchg %ax,%ax; jmp; call; je
    check("55 c3", (0, emulated, Why::Entry));
    check("41 54 c3", (0, emulated, Why::Entry));
    check("54 c3", (0, emulated, Why::Entry));
    check("90 c3", (0, emulated, Why::Entry));
    check("66 90 c3", (0, emulated, Why::Entry));
    check("eb 10", (0, emulated, Why::Entry));
    check("e9 00 10 00 00", (0, emulated, Why::Entry));
    check("e8 00 10 00 00 c3", (0, emulated, Why::Entry));
    check("f2 e9 00 10 00 00", (0, emulated, Why::Entry));
    check("0f 84 00 10 00 00 c3", (0, emulated, Why::Entry));
    // endbr64; push %rbp: the push is where it may stand, and not behind it
    check("f3 0f 1e fa 55 53 c3", (4, emulated, Why::Slid));
    // test %rdi,%rdi; je
    check("48 85 ff 74 10 c3", (3, emulated, Why::Slid));
    // mov %rdi,%r10; mov %rsp,%r11; push %rbx
    check("49 89 fa 49 89 e3 53 c3", (6, emulated, Why::Slid));
    // lea 8(%rdi),%r10; push: an address is no load
    check("4c 8d 57 08 53 c3", (4, emulated, Why::Slid));
    // mov 0x10(%rip),%r10; cmpl $0,(%rip); push: what cannot fail
    check("4c 8b 15 10 00 00 00 83 3d 00 10 00 00 00 53 c3", (14, emulated, Why::Slid));
    // movaps %xmm0,%xmm8; push
    check("44 0f 28 c0 53 c3", (4, emulated, Why::Slid));
    // nopl 0(%rax,%rax,1), alone and before a push
    check("0f 1f 44 00 00 c3", (0, Cost::Nop, Why::Entry));
    check("0f 1f 44 00 00 53 c3", (5, emulated, Why::Slid));
    // mov %esi,%eax: how many vector registers are used
    check("89 f0 53 c3", (0, stepped, Why::Stopped(Stop::Argument)));
    // mov %sil,%dil; xor %ecx,%ecx; mov $1,%r8b; cmovne %rax,%rdx
    check("40 88 f7 53 c3", (0, stepped, Why::Stopped(Stop::Argument)));
    check("31 c9 53 c3", (0, stepped, Why::Stopped(Stop::Argument)));
    check("41 b0 01 53 c3", (0, stepped, Why::Stopped(Stop::Argument)));
    check("48 0f 45 d0 53 c3", (0, stepped, Why::Stopped(Stop::Argument)));
    // pxor %xmm0,%xmm0; vpxor of ymm7, which kernels refuse besides; vzeroupper
    check("66 0f ef c0 53 c3", (0, stepped, Why::Stopped(Stop::Argument)));
    check("c5 f8 77 53 c3", (0, stepped, Why::Stopped(Stop::Argument)));
    // sub $8,%rsp; push $1 (which kernels let step); pop %r11; enter
    check("48 83 ec 08 53 c3", (0, stepped, Why::Stopped(Stop::Stack)));
    check("6a 01 53 c3", (0, stepped, Why::Stopped(Stop::Stack)));
    check("41 5b 53 c3", (0, stepped, Why::Stopped(Stop::Stack)));
    check("48 50 c3", (0, stepped, Why::Stopped(Stop::Stack)));
    // mov %rsi,(%rdi); mov %r10,8(%rsp); lock-free xchg %r10,(%rip)
    check("48 89 37 53 c3", (0, stepped, Why::Stopped(Stop::Store)));
    check("4c 89 54 24 08 53 c3", (0, stepped, Why::Stopped(Stop::Store)));
    check("4c 87 15 00 10 00 00 53 c3", (0, stepped, Why::Stopped(Stop::Store)));
    // cmpb $0,(%rdi): a call with NULL dies here
    check("80 3f 00 53 c3", (0, stepped, Why::Stopped(Stop::Load)));
    // mov %fs:0x28,%r10
    check("64 4c 8b 14 25 28 00 00 00 53 c3", (9, emulated, Why::Slid));
    // ret; jmp *%rax; call *8(%rip); syscall comes behind endbr64
    check("c3", (0, stepped, Why::Stopped(Stop::Branch)));
    check("ff e0", (0, stepped, Why::Stopped(Stop::Branch)));
    check("ff 15 08 00 00 00 c3", (0, stepped, Why::Stopped(Stop::Branch)));
    check("f3 0f 1e fa 0f 05 c3", (0, stepped, Why::Stopped(Stop::Branch)));
    // loop is none of the branches that are emulated
    check("e2 fe c3", (0, stepped, Why::Stopped(Stop::Branch)));
    // the function ends without anything else
    check("48 85 ff", (0, stepped, Why::Stopped(Stop::End)));
    check("48 85 ff 06", (0, stepped, Why::Stopped(Stop::Unknown)));
    // pause
    check("f3 90 53 c3", (2, emulated, Why::Slid));
    // behind what the kernel refuses: lock is no prefix of test; cs nopw; notrack jmp
    check("66 2e 0f 1f 84 00 00 00 00 00 53 c3", (10, emulated, Why::Slid));
}

#[test]
fn no_further_than_what_is_jumped_to() {
    let check = |hex: &str, expected: (u64, Cost, Why)| {
        assert_eq!(place(&body(&bytes(hex), true), Arguments::ALL, &|_, _| None), Ok(expected), "{hex}");
    };
    let target = Why::Stopped(Stop::Target);
    // endbr64; push %rbx; ...; jmp to the push
    check("f3 0f 1e fa 53 90 eb fc", (0, Cost::SingleStep, target));
    // 0: test %rdi,%rdi; 3: test %rsi,%rsi; 6: je; 8: jne 3
    check("48 85 ff 48 85 f6 74 02 75 f9 c3", (0, Cost::SingleStep, target));
    // a jump to the entry calls the function again
    check("48 85 ff 74 02 eb f9 c3", (3, Cost::Emulated, Why::Slid));
    // behind the place is far enough
    check("48 85 ff 74 02 90 eb fd c3", (3, Cost::Emulated, Why::Slid));
    // its address is computed: lea -9(%rip),%r10 leads to 3
    check("48 85 ff 74 02 4c 8d 15 f7 ff ff ff c3", (0, Cost::SingleStep, target));
    // somebody else jumps behind the first instruction, or to the second
    let elsewhere = |at: u64| {
        let head = body(&bytes("48 85 ff 48 85 f6 74 02 c3"), true);
        place(&head, Arguments::ALL, &move |behind, up_to| (behind < at && at <= up_to).then_some(at))
    };
    assert_eq!(elsewhere(0x1003), Ok((0, Cost::SingleStep, target)));
    assert_eq!(elsewhere(0x1006), Ok((0, Cost::SingleStep, target)));
    assert_eq!(elsewhere(0x1007), Ok((6, Cost::Emulated, Why::Slid)));
    // a nop at the entry stays one
    check("0f 1f 00 53 eb fd", (0, Cost::Nop, Why::Entry));
}

#[test]
fn nothing_is_passed_where_the_length_is_not_known() {
    let stopped = Why::Stopped(Stop::End);
    assert_eq!(
        place(&body(&bytes("48 85 ff 53 c3"), false), Arguments::ALL, &|_, _| None),
        Ok((0, Cost::SingleStep, stopped))
    );
    assert_eq!(place(&body(&bytes("53 c3"), false), Arguments::ALL, &|_, _| None), Ok((0, Cost::Emulated, Why::Entry)));
}

#[test]
fn what_is_no_argument_may_be_written() {
    // mov %edi,%eax; mov %rdi,%rdx; pxor %xmm0,%xmm0; cmp $0xfe0,%eax; ja: the head of a strlen
    let strlen = bytes("89 f8 48 89 fa 66 0f ef c0 3d e0 0f 00 00 77 10 c3");
    let check = |integers: usize, vectors: usize, counted: bool, expected: u64| {
        let (slid, ..) =
            place(&body(&strlen, true), Arguments { integers, vectors, counted }, &|_, _| None).expect("a place");
        assert_eq!(slid, expected, "{integers} {vectors} {counted}");
    };
    check(1, 0, false, 14);
    check(2, 0, false, 14);
    check(3, 0, false, 0);
    check(1, 1, false, 0);
    check(1, 0, true, 0);
    check(usize::MAX, usize::MAX, true, 0);
}

#[test]
fn what_the_kernel_refuses() {
    let check = |hex: &str, expected: Refused| {
        assert_eq!(place(&body(&bytes(hex), true), Arguments::ALL, &|_, _| None), Err(expected), "{hex}")
    };
    let opcode = |byte: u8| Refused::Instruction(0x1000, Objection::Opcode(byte));
    let prefix = |byte: u8| Refused::Instruction(0x1000, Objection::Prefix(byte));
    check("cc 53 c3", opcode(0xcc));
    check("f4", opcode(0xf4));
    check("cd 80", opcode(0xcd));
    check("0f 05 c3", opcode(0x05));
    check("0f 0b", opcode(0x0b));
    check("0f 01 f9 c3", opcode(0x01));
    check("f0 ff 0f 53 c3", prefix(0xf0));
    check("3e ff e0", prefix(0x3e));
    check("2e 74 10 c3", prefix(0x2e));
    check("66 e9 00 10 00 00", Refused::Instruction(0x1000, Objection::Short));
    // vpxor %xmm0,%xmm0,%xmm0 and vmovdqu (%rdi),%ymm0: the opcodes of out and of outs; vmovdqu64 with EVEX
    check("c5 f9 ef c0 53 c3", opcode(0xef));
    check("c5 fe 6f 07 53 c3", opcode(0x6f));
    check("62 e1 fe 28 6f 07 53 c3", opcode(0x6f));
    // xchg %r8,%rax
    check("49 90 53 c3", Refused::Instruction(0x1000, Objection::Mistaken));
    // mov %eax,%ss
    check("8e d0", Refused::Instruction(0x1000, Objection::Exclusive));
    check("", Refused::Short(0x1000));
    check("e8 00", Refused::Short(0x1000));
    check("06 07", Refused::NoInstruction(0x1000));
}

#[test]
fn addresses_that_are_computed() {
    // lea 0x10(%rip),%rax; mov $0x401234,%eax; movabs $0x1122334455667788,%rdx; ret
    let list = "48 8d 05 10 00 00 00 b8 34 12 40 00 48 ba 88 77 66 55 44 33 22 11 c3";
    let of = |fixed: bool| computed(&Body { fixed, ..body(&bytes(list), true) });
    assert_eq!(of(true), [0x1017, 0x401234, 0x1122_3344_5566_7788]);
    assert_eq!(of(false), [0x1017]);
}

proptest! {
    #[test]
    fn any_bytes_are_survived_and_the_place_is_within(bytes: Vec<u8>, whole: bool) {
        let body = body(&bytes, whole);
        let _ = computed(&body);
        if let Ok((slid, ..)) = place(&body, Arguments::ALL, &|_, _| None) {
            prop_assert!((slid as usize) < bytes.len());
            prop_assert!(whole || slid == 0);
        }
    }

    /// Whatever stands behind, what a probe passes has moved no stack pointer: the next instruction but one may.
    #[test]
    fn no_push_is_ever_passed(front in 0u8..8, behind: Vec<u8>) {
        let bytes = [&[0xf3, 0x0f, 0x1e, 0xfa, 0x50 | front], behind.as_slice()].concat();
        if let Ok((slid, ..)) = place(&body(&bytes, true), Arguments::ALL, &|_, _| None) {
            prop_assert!(slid <= 4, "{slid}");
        }
    }
}
