//! Totality: whatever a record holds, decoding gives a call, and rendering it gives one printable line.
//! What decoded calls look like is tested where lines are made.
#![expect(non_upper_case_globals, reason = "argument names stand for their values in the table")]

use proptest::prelude::*;
use tracer_common::event::{Blob, Head, kind};
use tracer_common::plan::{ARG_RET, phase, shape};

use super::testing::{ALL_FDS, Record, decode_row, style};
use super::value::Ret;
use super::{Options, decode};
use crate::schema::types::Len::*;
use crate::schema::types::Ty::*;
use crate::schema::types::{Row, Special, class};
use crate::spec::{Hex, NameStyle, Pids, Style, Verbose};
use crate::trace::output::strace::{PidFormat, StraceText};
use crate::trace::output::testing::signal;
use crate::trace::output::{Item, Line, Render, Stack};
use crate::{records, sets, syscalls};

sets! {
    /// Flags and a choice.
    FLAGS "F_"
    choice 3: F_A = 0, F_B = 1;
    bits: F_X = 4, F_YZ = 24, F_Y = 8;
}

records! {
    /// One field of each kind.
    REC 40 {
        fd: 0 4 Fd, flags: 4 2 Set(&FLAGS), chars: 8 8 Chars, words: 16 8 Array(&Uint, Fixed(2)),
        inner: 24 8 Rec(&INNER); verbose: raw: 32 8 HexBytes(Fixed(8))
    }
    /// Nested.
    INNER 8 { long: 0 8 Long }
}

syscalls! { ROWS:
    a [1 1 1] (fd: Fd, path: Path, text: Text, bytes: Bytes(len), out: Out(&Bytes(Ret)), len: Ulong) -> Long, class::DESC;
    b [2 2 2] (rec: Rec(&REC), sized: Sized(&REC, n), ptr: Ptr(&Fd), arr: Array(&Rec(&REC), n), n: Ulong, o: InOut(&Ptr(&Int))) -> Fd, 0;
    c [3 3 3] (iov: Iovec(n), msg: Msghdr, mm: Mmsghdr(n), sa: Sockaddr(n), argv: Argv, n: Envp) -> Addr, 0;
    d [4 4 4] (iov: Out(&Iovec(n)), msg: InOut(&Msghdr), mm: Out(&Mmsghdr(n)), n: Uint, set: SigSet(n), mode: When(n, 1, &Perm)) -> Octal, 0;
    e [5 5 5] (w: Positive(&Special(Special::WaitStatus)), s: Special(Special::Siginfo), st: Out(&Special(Special::Stat)),
               r: Interrupted(&Rec(&INNER)), dir: DirFd, l: Late(&Set(&FLAGS))) -> Note(&Int, &Set(&FLAGS)), 0,
        by dir { SELECTOR => (w: Hidden, s: Int, st: HexBytes(dir), r: Hex32, dir: Mode, l: Dev) -> Noted("flags ", &FLAGS); };
}
const SELECTOR: u64 = 7;

fn lines(record: &[u8], row: &'static Row) {
    for style in styles() {
        let options = Options::new(&style);
        let call = decode_row(record, row, &options);
        assert!(call.entered <= call.args.len());
        for item in [Item::Call(&call), Item::Unfinished(&call), Item::Resumed(&call), Item::Detached(&call)] {
            one_line(&style, item);
        }
    }
}

fn styles() -> [Style; 3] {
    let all =
        Style { verbose: Verbose::All, hex: Hex::NonAsciiChars, names: NameStyle::Verbose, fds: ALL_FDS, ..style() };
    [style(), all, Style { strlen: 0, names: NameStyle::Raw, hex: Hex::All, number: true, ip: true, ..style() }]
}

fn one_line(style: &Style, item: Item<'_>) {
    let mut out = Vec::new();
    let line =
        Line { wall: 1, tid: 1, tgid: 1, comm: b"\x1b]0;\n", stack: Stack::default(), below: &[], many: true, item };
    StraceText::new(&Style { pids: Pids { comm: true, here: true }, ..style.clone() }, PidFormat::Stderr, false)
        .line(&line, &mut out);
    let (last, rest) = out.split_last().expect("a line was made");
    assert_eq!(*last, b'\n');
    assert!(rest.iter().all(|b| (b' '..=b'~').contains(b)), "{:?}", String::from_utf8_lossy(rest));
}

fn blob() -> impl Strategy<Value = (Blob, Vec<u8>)> {
    let part = prop_oneof![0u16..6, 40u16..48, any::<u16>()];
    let size = prop_oneof![0usize..20, Just(40), Just(56), Just(64), Just(128), Just(144), 0usize..300];
    let bytes = size.prop_flat_map(|n| prop::collection::vec(prop_oneof![Just(0u8), 0u8..20, any::<u8>()], n));
    let head = (0u8..=ARG_RET, shape::TEXT..=shape::FDS, 0u8..5, phase::ENTER..=phase::EXIT, part, any::<u32>());
    (head, bytes).prop_map(|((arg, shape, status, phase, part, want), bytes)| {
        (Blob { arg, shape, status, phase, part, want, ..Blob::default() }, bytes)
    })
}

fn word() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..8, Just(u64::MAX), Just(u64::from(u32::MAX)), any::<u64>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_blobs_give_a_line(
        blobs in prop::collection::vec(blob(), 0..8), args in prop::array::uniform6(word()),
        ret in prop_oneof![-600i64..600, any::<i64>()], flags: u8, running: bool, row in 0usize..ROWS.len(),
    ) {
        let mut record = Record::nr(1).args(&args).ret(ret).flags(flags);
        if running {
            record = record.pending();
        }
        for (blob, bytes) in &blobs {
            record = record.blob(*blob, bytes);
        }
        lines(&record.build(), &ROWS[row]);
    }

    #[test]
    fn any_bytes_give_a_line(bytes in prop::collection::vec(any::<u8>(), 0..400), row in 0usize..ROWS.len()) {
        lines(&bytes, &ROWS[row]);
        for style in styles() {
            let call = decode(&bytes, &Options::new(&style));
            one_line(&style, Item::Call(&call));
            one_line(&style, signal(99, &bytes, false));
        }
    }
}

#[test]
fn every_row_takes_every_blob() {
    let bytes = [0xa5u8; 160];
    for row in crate::schema::all() {
        for ret in [-2, -512, 0, 3] {
            let mut record = Record::nr(0).args(&[1, 2, 3, 4, 5, 6]).ret(ret);
            for arg in 0..=ARG_RET {
                for shape in shape::TEXT..=shape::FDS {
                    for phase in [phase::ENTER, phase::EXIT_OK] {
                        record = record.part(arg, shape, phase, 0, &bytes).part(arg, shape, phase, 1, &bytes);
                    }
                }
            }
            lines(&record.build(), row);
        }
    }
}

#[test]
fn a_cut_record_is_read_to_its_end() {
    let whole = Record::call("write").args(&[1, 0x1000, 5]).enter(1, b"hello").ret(5).build();
    for n in 0..whole.len() {
        let call = decode(&whole[..n], &Options::new(&style()));
        if n < size_of::<Head>() {
            assert_eq!(call.head, Head::default());
        }
        one_line(&style(), Item::Call(&call));
    }
}

#[test]
fn the_end_is_told_by_kind_flag_and_value() {
    let options = Options::new(&style());
    let end = |record: Record| {
        let bytes = record.build();
        match decode(&bytes, &options).ret {
            Ret::Pending => "pending".to_owned(),
            Ret::Never => "never".to_owned(),
            Ret::Error(n) => format!("error {n}"),
            Ret::Restart(n) => format!("restart {n}"),
            other => format!("{other:?}"),
        }
    };
    let read = || Record::call("read").args(&[0, 0x1000, 1]);
    assert_eq!(end(read().ret(1)), "Value(Int(1))");
    assert_eq!(end(read().ret(-9)), "error 9");
    assert_eq!(end(read().ret(-4095)), "error 4095");
    assert_eq!(end(read().ret(-4096)), "Value(Int(-4096))");
    assert_eq!(end(read().ret(-512)), "restart 512");
    assert_eq!(end(read().ret(-515)), "error 515");
    assert_eq!(end(read().ret(-516)), "restart 516");
    assert_eq!(end(read().ret(-517)), "error 517");
    assert_eq!(end(read().ret(0).never()), "never");
    let mut bytes = read().ret(0).pending().build();
    assert_eq!(bytes[4], kind::PENDING);
    assert_eq!(decode(&bytes, &options).ret, Ret::Pending);
    bytes[4] = kind::CALL;
    assert_eq!(decode(&bytes, &options).ret, Ret::Value(super::value::Value::Int(0)));
}
