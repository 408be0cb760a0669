//! Copies are run beside what they are copies of, by this processor.

use super::*;

const LEN: usize = 4096;

/// A page of code, given back when it is dropped.
struct Code(*mut u8);

impl Code {
    fn new() -> Code {
        let prot = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
        // SAFETY: a fresh mapping of its own.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), LEN, prot, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0) };
        assert_ne!(at, libc::MAP_FAILED);
        Code(at.cast())
    }

    fn at(&self, offset: usize) -> u64 {
        self.0 as u64 + offset as u64
    }

    fn write(&self, offset: usize, bytes: &[u8]) {
        assert!(offset + bytes.len() <= LEN);
        // SAFETY: within the page, which nobody runs now.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.0.add(offset), bytes.len()) };
    }

    fn run(&self, offset: usize, value: u64) -> u64 {
        // SAFETY: a function stands there that takes a number and returns one.
        let function: extern "C" fn(u64) -> u64 = unsafe { std::mem::transmute(self.0.add(offset)) };
        function(value)
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, and nobody runs it any more.
        unsafe { libc::munmap(self.0.cast(), LEN) };
    }
}

/// Where a helper stands that doubles its argument, and a word.
const DOUBLES: usize = 0x800;
const WORD: usize = 0x900;
const COPY: usize = 0xa00;

/// Runs a function as it is and by a copy of its first instruction: both must return this.
fn same(function: &[u8], expected: u64) {
    let code = Code::new();
    // lea (%rdi,%rdi),%rax; ret
    code.write(DOUBLES, &[0x48, 0x8d, 0x04, 0x3f, 0xc3]);
    code.write(WORD, &1234u64.to_le_bytes());
    code.write(0, function);
    assert_eq!(code.run(0, 21), expected, "{function:02x?} itself");
    let Ok(Step::Copy(copied)) = Step::of(function, code.at(0)) else { panic!("{function:02x?} is copied") };
    let copy = copied.code(code.at(COPY)).expect("it is near");
    assert_eq!(copy.len(), copied.len());
    code.write(COPY, &copy);
    assert_eq!(code.run(COPY, 21), expected, "a copy of {function:02x?}");
}

fn near(from: usize, to: usize) -> [u8; 4] {
    (to as i32 - from as i32).to_le_bytes()
}

#[test]
fn a_copy_does_what_the_instruction_does() {
    // push %rdi; pop %rax; ret
    same(&[0x57, 0x58, 0xc3], 21);
    // mov %rdi,%rax; ret
    same(&[0x48, 0x89, 0xf8, 0xc3], 21);
    // mov WORD(%rip),%rax; ret
    let [a, b, c, d] = near(7, WORD);
    same(&[0x48, 0x8b, 0x05, a, b, c, d, 0xc3], 1234);
    // cmpl $1234,WORD(%rip): a number stands behind the distance; sete %al; movzbl %al,%eax; ret
    let [a, b, c, d] = near(10, WORD);
    same(&[0x81, 0x3d, a, b, c, d, 0xd2, 4, 0, 0, 0x0f, 0x94, 0xc0, 0x0f, 0xb6, 0xc0, 0xc3], 1);
    // call DOUBLES; inc %rax; ret
    let [a, b, c, d] = near(5, DOUBLES);
    same(&[0xe8, a, b, c, d, 0x48, 0xff, 0xc0, 0xc3], 43);
}

#[test]
fn a_call_through_a_register_or_a_pointer_pushes_its_own_address() {
    let check = |function: &[u8], doubles: bool| {
        let code = Code::new();
        code.write(DOUBLES, &[0x48, 0x8d, 0x04, 0x3f, 0xc3]);
        code.write(WORD, &code.at(DOUBLES).to_le_bytes());
        code.write(0, function);
        // What is called is in r11, which the code before sets.
        let entry = 0x400;
        let copied = match Step::of(function, code.at(0)) {
            Ok(Step::Copy(copied)) => copied,
            other => panic!("{other:?}"),
        };
        code.write(COPY, &copied.code(code.at(COPY)).expect("it is near"));
        for target in [code.at(0), code.at(COPY)] {
            // movabs DOUBLES,%r11; movabs target,%rax; jmp *%rax
            let mut before = vec![0x49, 0xbb];
            before.extend(code.at(DOUBLES).to_le_bytes());
            before.extend([0x48, 0xb8]);
            before.extend(target.to_le_bytes());
            before.extend([0xff, 0xe0]);
            code.write(entry, &before);
            assert_eq!(code.run(entry, 21), if doubles { 43 } else { 21 });
        }
    };
    // call *%r11; inc %rax; ret
    check(&[0x41, 0xff, 0xd3, 0x48, 0xff, 0xc0, 0xc3], true);
    // call *WORD(%rip); inc %rax; ret
    let [a, b, c, d] = near(6, WORD);
    check(&[0xff, 0x15, a, b, c, d, 0x48, 0xff, 0xc0, 0xc3], true);
}

#[test]
fn jumps_and_what_does_nothing_only_say_what_comes_next() {
    let of = |bytes: &[u8]| Step::of(bytes, 0x1000);
    assert_eq!(of(&[0x90]), Ok(Step::To(0x1001)));
    assert_eq!(of(&[0xf3, 0x0f, 0x1e, 0xfa]), Ok(Step::To(0x1004)));
    assert_eq!(of(&[0x0f, 0x1f, 0x44, 0, 0]), Ok(Step::To(0x1005)));
    assert_eq!(of(&[0xeb, 0x10]), Ok(Step::To(0x1012)));
    assert_eq!(of(&[0xe9, 0, 0x10, 0, 0]), Ok(Step::To(0x2005)));
    assert_eq!(of(&[0x74, 0x10]), Ok(Step::If(ConditionCode::e, 0x1012, 0x1002)));
}

#[test]
fn what_cannot_be_done_elsewhere_is_not() {
    // int3, syscall, ud2, jrcxz, call *8(%rsp), half an instruction.
    for bytes in [&[0xcc][..], &[0x0f, 0x05], &[0x0f, 0x0b], &[0xe3, 5], &[0xff, 0x54, 0x24, 8], &[0x48]] {
        assert_eq!(Step::of(bytes, 0x1000), Err(Unmovable), "{bytes:02x?}");
    }
    // What it refers to is too far away.
    let Ok(Step::Copy(copied)) = Step::of(&[0x48, 0x8b, 0x05, 0, 0, 0, 0], 0x1000) else { panic!("it is copied") };
    assert_eq!(copied.code(1 << 40), None);
}

#[test]
fn conditions_hold_as_the_processor_says() {
    // In the order of the conditions' numbers: setcc %al is 0f 90+n c0.
    let conditions = [
        ConditionCode::o,
        ConditionCode::no,
        ConditionCode::b,
        ConditionCode::ae,
        ConditionCode::e,
        ConditionCode::ne,
        ConditionCode::be,
        ConditionCode::a,
        ConditionCode::s,
        ConditionCode::ns,
        ConditionCode::p,
        ConditionCode::np,
        ConditionCode::l,
        ConditionCode::ge,
        ConditionCode::le,
        ConditionCode::g,
    ];
    let code = Code::new();
    for (number, condition) in (0u8..).zip(conditions) {
        // push %rdi; popf; setcc %al; movzbl %al,%eax; cld; ret
        code.write(0, &[0x57, 0x9d, 0x0f, 0x90 + number, 0xc0, 0x0f, 0xb6, 0xc0, 0xfc, 0xc3]);
        for bits in 0..32u64 {
            let flag = |at: u32, bit: u32| (bits >> at & 1) << bit;
            let flags = 2 | flag(0, 0) | flag(1, 2) | flag(2, 6) | flag(3, 7) | flag(4, 11);
            assert_eq!(u64::from(holds(condition, flags)), code.run(0, flags), "{condition:?} {flags:#x}");
        }
    }
}
