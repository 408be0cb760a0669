//! Plans carried out over this process's own memory: what is copied, and what is said of what could not be.

use tracer_common::event::{Blob, Head};
use tracer_common::plan::MAX_OPS;

use super::*;
use crate::capture::testing::records;

/// Stands for the task's stack.
static STACK: [u8; 16] = *b"0123456789abcdef";

/// Runs operations on this process's own memory.
fn copy(ops: &[Op], moment: Moment, args: [u64; 6]) -> (Vec<(Blob, Vec<u8>)>, Missing) {
    let mut plan = Plan { flags: Plan::WANTED, ..Plan::NONE };
    assert!(ops.iter().all(|op| plan.add(*op)));
    let me = std::process::id();
    let (mut memory, mut files, mut scratch) = (Memory::default(), Files::default(), Scratch::default());
    let mut it = Interpreter {
        tid: me,
        tgid: me,
        sp: STACK.as_ptr() as u64,
        memory: &mut memory,
        files: &mut files,
        scratch: &mut scratch,
    };
    let mut record = Record::default();
    record.start(Head::default());
    let missing = it.run(&plan, moment, &args, &mut record);
    let mut out = Vec::new();
    record.send(&mut out);
    (records(&out).remove(0).blobs, missing)
}

fn op(shape: u8, phase: u8, len: u8, len_arg: u8, unit: u16, cap: u16) -> Op {
    Op { shape, arg: 0, phase, len, len_arg, fd_at: 0, unit, cap, max: 32, only: only::ALL }
}

fn short(blobs: &[(Blob, Vec<u8>)]) -> Vec<(u16, u8, &[u8], u32)> {
    blobs.iter().map(|(b, bytes)| (b.part, b.status, bytes.as_slice(), b.want)).collect()
}

#[test]
fn a_text_that_can_not_be_had_whole_is_missed() {
    let long = vec![b'a'; 2 * BLOB_MAX];
    let check = |cap: u16, want: u32| {
        let text = [op(shape::TEXT, phase::ENTER, len::ONE, 0, 1, cap)];
        let (_, missing) = copy(&text, Moment::Enter, [long.as_ptr() as u64, 0, 0, 0, 0, 0]);
        assert_eq!(missing.cuts, want, "cap {cap}");
    };
    check(33, 0);
    check(BLOB_MAX as u16, 0);
    check(BLOB_MAX as u16 + 1, 1);
}

#[test]
fn sets_of_descriptors() {
    let file = std::fs::File::open("/dev/null").expect("a file");
    let fd = u32::try_from(std::os::fd::AsRawFd::as_raw_fd(&file)).expect("a number");
    let mut set = [0u64; 2];
    set[fd as usize / 64] |= 1 << (fd % 64);
    let ops = [op(shape::FDSET, phase::ENTER, len::BITS, 1, 1, 4096)];
    let (blobs, missing) = copy(&ops, Moment::Enter, [set.as_ptr() as u64, 128, 0, 0, 0, 0]);
    let parts: Vec<(u16, u8)> = blobs.iter().map(|(b, _)| (b.part, b.status)).collect();
    assert_eq!(parts, [(0, status::WHOLE), (1 + fd as u16, status::WHOLE)]);
    assert_eq!((blobs[0].1.len(), missing), (16, Missing::default()));
    // Beyond what is looked through: said.
    let many = [u64::MAX; 17];
    let (blobs, missing) = copy(&ops, Moment::Enter, [many.as_ptr() as u64, 17 * 64, 0, 0, 0, 0]);
    assert_eq!((blobs.len(), missing.files > 0), (1 + tracer_common::plan::FDS_MAX, true));
}

#[test]
fn texts() {
    let long = [b'a'; 600];
    let text = c"hello";
    let check = |ptr: *const u8, cap: u16, want: (u8, usize)| {
        let (blobs, _) =
            copy(&[op(shape::TEXT, phase::ENTER, len::ONE, 0, 1, cap)], Moment::Enter, [ptr as u64, 0, 0, 0, 0, 0]);
        assert_eq!((blobs[0].0.status, blobs[0].1.len()), want, "cap {cap}");
    };
    check(text.as_ptr().cast(), 4096, (status::WHOLE, 5));
    check(text.as_ptr().cast(), 6, (status::WHOLE, 5));
    check(text.as_ptr().cast(), 5, (status::CUT, 5));
    check(text.as_ptr().cast(), 0, (status::CUT, 0));
    check(long.as_ptr(), 600, (status::CUT, 600));
    check(16 as *const u8, 33, (status::FAULT, 0));
    let (blobs, missing) = copy(&[op(shape::TEXT, phase::ENTER, len::ONE, 0, 1, 10)], Moment::Enter, [0; 6]);
    assert!(blobs.is_empty() && missing == Missing::default(), "NULL gives no blob");
}

#[test]
fn the_stack_is_an_operand() {
    let op = Op { arg: ARG_SP, ..op(shape::BYTES, phase::ENTER, len::ONE, 0, 12, 12) };
    let (blobs, _) = copy(&[op], Moment::Enter, [0; 6]);
    assert_eq!(short(&blobs), [(0, status::WHOLE, &STACK[..12], 12)]);
    assert_eq!(blobs[0].0.arg, ARG_SP);
}

#[test]
fn a_fixed_number_of_descriptors() {
    let fds = [0i32, -1, 999_999];
    let op = Op { max: 3, ..op(shape::FDS, phase::ENTER, len::ONE, 0, 4, 0) };
    let (blobs, _) = copy(&[op], Moment::Enter, [fds.as_ptr() as u64, 0, 0, 0, 0, 0]);
    let seen: Vec<_> = blobs.iter().map(|(b, _)| (b.part, b.status)).collect();
    assert_eq!(seen, [(0, status::WHOLE), (1, status::ABSENT), (2, status::ABSENT)]);
}

#[test]
fn lengths() {
    let data = *b"0123456789abcdef";
    let n32 = 7u32;
    let n64 = 9u64;
    let args = [data.as_ptr() as u64, 5, &raw const n32 as u64, &raw const n64 as u64, 100, 16];
    let check = |len: u8, len_arg: u8, moment: Moment, want: &[u8]| {
        let phase = if moment == Moment::Enter { phase::ENTER } else { phase::EXIT };
        let (blobs, _) = copy(&[op(shape::BYTES, phase, len, len_arg, 1, 64)], moment, args);
        assert_eq!((blobs[0].0.status, blobs[0].1.as_slice()), (status::WHOLE, want), "len {len}");
    };
    check(len::ONE, 0, Moment::Enter, &data[..1]);
    check(len::ARG, 1, Moment::Enter, &data[..5]);
    check(len::DEREF, 2, Moment::Enter, &data[..7]);
    check(len::DEREF64, 3, Moment::Enter, &data[..9]);
    check(len::BITS, 4, Moment::Enter, &data[..16]);
    check(len::RET, 0, Moment::Exit(3), &data[..3]);
    check(len::RET, 0, Moment::Exit(-5), b"");
    let (blobs, missing) = copy(&[op(shape::BYTES, phase::ENTER, len::DEREF, 1, 1, 64)], Moment::Enter, args);
    assert_eq!((short(&blobs), missing.faults), (vec![(0, status::FAULT, &b""[..], 0)], 1));
    let (blobs, _) = copy(&[op(shape::BYTES, phase::ENTER, len::ARG, 5, 1, 4)], Moment::Enter, args);
    assert_eq!(short(&blobs), [(0, status::CUT, &data[..4], 16)]);
}

#[test]
fn phases() {
    let data = *b"xy";
    let args = [data.as_ptr() as u64, 2, 0, 0, 0, 0];
    let ops = [
        op(shape::BYTES, phase::ENTER, len::ARG, 1, 1, 9),
        op(shape::BYTES, phase::EXIT_OK, len::ARG, 1, 1, 9),
        op(shape::BYTES, phase::EXIT, len::ARG, 1, 1, 9),
    ];
    let check = |moment: Moment, want: &[u8]| {
        let phases: Vec<u8> = copy(&ops, moment, args).0.iter().map(|(b, _)| b.phase).collect();
        assert_eq!(phases, want, "{moment:?}");
    };
    check(Moment::Enter, &[phase::ENTER]);
    check(Moment::Exit(0), &[phase::EXIT_OK, phase::EXIT]);
    check(Moment::Exit(-512), &[phase::EXIT]);
    check(Moment::Exit(-4096), &[phase::EXIT_OK, phase::EXIT]);
}

#[test]
fn vectors_are_bounded_by_what_was_done() {
    let (a, b) = (*b"abcd", *b"efgh");
    let iov: [u64; 6] = [a.as_ptr() as u64, 4, 0, 3, b.as_ptr() as u64, 4];
    let raw: Vec<u8> = iov.iter().flat_map(|w| w.to_ne_bytes()).collect();
    let args = [iov.as_ptr() as u64, 3, 0, 0, 0, 0];
    let check = |phase: u8, moment: Moment, cap: u16, want: &[(u16, u8, &[u8], u32)]| {
        let (blobs, _) = copy(&[op(shape::IOVEC, phase, len::ARG, 1, 16, cap)], moment, args);
        let mut all = vec![(0, status::WHOLE, raw.as_slice(), 48)];
        all.extend_from_slice(want);
        assert_eq!(short(&blobs), all);
    };
    check(phase::ENTER, Moment::Enter, 32, &[(1, status::WHOLE, b"abcd", 4), (3, status::WHOLE, b"efgh", 4)]);
    check(phase::ENTER, Moment::Enter, 3, &[(1, status::CUT, b"abc", 4), (3, status::CUT, b"efg", 4)]);
    check(phase::EXIT_OK, Moment::Exit(2), 32, &[(1, status::WHOLE, b"ab", 2), (3, status::WHOLE, b"", 0)]);
}

#[test]
fn messages() {
    let (name, control, data) = (*b"name", *b"ctl", *b"payload");
    let iov: [u64; 2] = [data.as_ptr() as u64, 7];
    let hdr: [u64; 8] = [name.as_ptr() as u64, 4, iov.as_ptr() as u64, 1, control.as_ptr() as u64, 3, 0, 5];
    let args = [hdr.as_ptr() as u64, 1, 0, 0, 0, 0];
    let (blobs, _) = copy(&[op(shape::MSGHDR, phase::EXIT_OK, len::ONE, 0, 56, 32)], Moment::Exit(5), args);
    let parts: Vec<_> = short(&blobs).into_iter().map(|(part, _, bytes, _)| (part, bytes.to_vec())).collect();
    assert_eq!(parts[0].1.len(), 56);
    assert_eq!(parts[1], (1, b"name".to_vec()));
    assert_eq!(parts[2], (2, b"ctl".to_vec()));
    assert_eq!((parts[3].0, parts[3].1.len()), (3, 16));
    assert_eq!(parts[4], (4, b"paylo".to_vec()));
    let (blobs, _) = copy(&[op(shape::MMSG, phase::EXIT_OK, len::RET, 0, 64, 32)], Moment::Exit(1), args);
    let parts: Vec<_> = blobs.iter().map(|(b, bytes)| (b.part, bytes.len())).collect();
    assert_eq!(parts, [(0, 64), (2, 4), (3, 3), (4, 16), (5, 5)], "bounded by msg_len");
}

#[test]
fn string_vectors() {
    let words = [c"ls".as_ptr() as u64, c"/tmp".as_ptr() as u64, 0];
    let args = [words.as_ptr() as u64, 0, 0, 0, 0, 0];
    let argv = Op { max: 64, ..op(shape::ARGV, phase::ENTER, len::ONE, 0, 8, 33) };
    let (blobs, _) = copy(&[argv], Moment::Enter, args);
    let seen = short(&blobs);
    assert_eq!((seen[0].0, seen[0].1, seen[0].2.len(), seen[0].3), (0, status::WHOLE, 16, 2));
    assert_eq!(seen[1..], [(1, status::WHOLE, &b"ls"[..], 2), (2, status::WHOLE, &b"/tmp"[..], 4)]);
    let (blobs, _) = copy(&[Op { max: 1, ..argv }], Moment::Enter, args);
    assert_eq!((blobs.len(), blobs[0].0.status, blobs[0].0.want), (2, status::CUT, 2));
    let (blobs, _) = copy(&[op(shape::COUNT, phase::ENTER, len::ONE, 0, 8, 0)], Moment::Enter, args);
    assert_eq!(short(&blobs), [(0, status::WHOLE, &b""[..], 2)]);
    let (blobs, _) = copy(&[argv], Moment::Enter, [8, 0, 0, 0, 0, 0]);
    assert_eq!(short(&blobs), [(0, status::FAULT, &b""[..], 0)]);
}

proptest::proptest! {
    /// No plan, however senseless, and no argument makes the interpreter fail or break the layout.
    #[test]
    fn any_plan_gives_a_whole_record(
        ops in proptest::collection::vec(proptest::array::uniform10(0u8..), 0..MAX_OPS),
        args in proptest::array::uniform6(0u64..),
        ret in proptest::prelude::any::<i64>(),
    ) {
        let ops: Vec<Op> = ops.iter().map(|o| Op {
            shape: o[0] % 17, arg: o[1] % 8, phase: o[2] % 4, len: o[3] % 7, len_arg: o[4] % 8, fd_at: 0,
            unit: u16::from(o[5]), cap: u16::from_ne_bytes([o[6], o[7]]), max: u16::from_ne_bytes([o[8], o[9]]),
            only: u32::from(o[1] >> 7),
        }).collect();
        let words = [args[1], args[2], args[3], args[4], args[5], 3, 9, 1, 0, 0, 0, 0];
        let args = [words.as_ptr() as u64, words.as_ptr() as u64, args[2], args[3] % 70, args[4], args[5]];
        copy(&ops, Moment::Enter, args);
        copy(&ops, Moment::Exit(ret), args);
    }
}

#[test]
fn entries_beyond_a_blob_are_counted() {
    // Entries of 24 bytes, which say so `length` bytes into them.
    let many = |number: usize, length: usize| {
        let mut bytes = vec![0u8; 24 * number];
        bytes.chunks_mut(24).for_each(|entry| entry[length..length + 2].copy_from_slice(&24u16.to_le_bytes()));
        bytes
    };
    let counted = |bytes: &[u8], n: usize, length: u8| {
        let entries = Op { fd_at: length, ..op(shape::ENTRIES, phase::EXIT_OK, len::RET, 0, 1, 1000) };
        let (blobs, missing) = copy(&[entries], Moment::Exit(n as i64), [bytes.as_ptr() as u64, 0, 0, 0, 0, 0]);
        (blobs.first().map(|(blob, _)| blob.want), missing.cuts)
    };
    for length in [8u8, 16] {
        for number in [42, 1365, 1366, 8192] {
            let bytes = many(number, length.into());
            assert_eq!(counted(&bytes, bytes.len(), length), (Some(number as u32), 0), "{number}");
        }
        let bytes = many(8193, length.into());
        assert_eq!(counted(&bytes, bytes.len(), length), (None, 1), "more than are counted");
        let bytes = many(100, length.into());
        assert_eq!(counted(&bytes, 960, length), (None, 0), "another blob has them");
        assert_eq!(counted(&bytes, 2399, length), (None, 1), "an end within an entry");
    }
    assert_eq!(counted(&[0; 2400], 2400, 16), (None, 1), "lengths that lead nowhere");
}
