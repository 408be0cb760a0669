//! Every kind of record has all its parts.

use super::*;

/// The words of `tracer_common::event::kind`, as their file has them.
fn words() -> Vec<(String, u8)> {
    let file = include_str!("../../../tracer-common/src/event.rs");
    let module = file.split_once("pub mod kind {").and_then(|(_, rest)| rest.split_once("\n}")).expect("its words").0;
    let word = |line: &str| {
        let (name, number) = line.trim().strip_prefix("pub const ")?.split_once(": u8 = ")?;
        Some((name.to_owned(), number.trim_end_matches(';').parse().expect("a number")))
    };
    module.lines().filter_map(word).collect()
}

#[test]
fn every_kind_of_record_has_a_row() {
    let words = words();
    assert!(words.len() >= 9, "{words:?}");
    for (name, word) in words {
        let head = Head { kind: word, ..Head::default() };
        assert!(RecordKind::of(word).is_some(), "{name} has no row");
        assert_ne!(Told::of(&head), Told::Unknown, "{name} has no row");
    }
    assert_eq!(Told::of(&Head { kind: 0, ..Head::default() }), Told::Unknown);
}

#[test]
fn every_row_has_all_its_parts() {
    for kind in KINDS {
        assert_eq!(kind.course, Course::of(kind.word), "{}", kind.name);
        assert_ne!(kind.lines.is_empty(), kind.silent.is_empty(), "{}: lines, or why it makes none", kind.name);
        for field in kind.fields {
            assert!(field.doc.trim().ends_with('.'), "{}: {}", kind.name, field.name);
        }
        let has = |name: &str| {
            assert!(kind.field(name).is_some(), "{} has no field {name}", kind.name);
        };
        for line in kind.lines {
            assert!(line.doc.ends_with('.') && !line.name.is_empty(), "{}: {}", kind.name, line.name);
            match line.when {
                When::Always => {}
                When::Set(field) | When::Unset(field) => has(field),
            }
            match line.asked {
                Asked::Signals => assert_eq!(kind.field("signal").map(|field| field.ty), Some(FieldType::Signal)),
                Asked::Calls | Asked::Operations | Asked::Library => assert!(matches!(line.shape, Shape::Call)),
                Asked::Blocks | Asked::Exits | Asked::Superseded | Asked::Tasks => {}
            }
            let Shape::Event { members, title, text, .. } = line.shape else { continue };
            assert!(!members.is_empty() && !title.is_empty(), "{}", line.name);
            assert_eq!(line.asked == Asked::Tasks, text == Text::None, "{}: forms without lines of tasks", line.name);
            for member in members {
                match member {
                    Member::Of(field) | Member::IfSet(field) => has(field),
                    Member::Siginfo(_) | Member::Stack(_) | Member::Frames(_) | Member::Name(_) => {}
                }
            }
            let words = if let Text::Words(_, words) = text { words } else { &[] };
            for word in title.iter().chain(words) {
                match word {
                    Word::Of(field) | Word::If(field, _) => has(field),
                    Word::Lit(_) | Word::Siginfo => {}
                }
            }
        }
    }
}

#[test]
fn a_record_says_what_its_row_says() {
    let check = |head: Head, told: Told, text: Option<&str>, all: Option<&str>| {
        assert_eq!(Told::of(&head), told);
        let kind = RecordKind::of(head.kind).expect("a row");
        let name = |only_text| kind.line(&head, only_text).map(|line| line.name);
        assert_eq!((name(true), name(false)), (text, all), "{told:?}");
    };
    let [low, high] = [u64::from_ne_bytes(*b"longname"), u64::from_ne_bytes(*b"-is-cut\0")];
    let of = |word, ret, args| Head { kind: word, ret, args, ..Head::default() };
    let comm = *b"longname-is-cut\0";
    let fork = of(kind::FORK, 1, [7, 6, 90, 5 << 32 | 2, low, high]);
    let numbers = 5 << 32 | 2;
    let told = |together| Told::Fork { child: 7, process: 6, together, space: 90, numbers, traced: true, comm };
    check(fork, told(false), None, Some("fork"));
    check(Head { flags: flag::TOGETHER, ..fork }, told(true), None, Some("fork"));
    let exec = of(kind::EXEC, 0, [5, 0, 0, 0, low, high]);
    check(exec, Told::Exec { from: 5, by: 5, moved: false, comm }, None, Some("exec"));
    let moved = Head { flags: flag::MOVED, ..exec };
    check(moved, Told::Exec { from: 5, by: 5, moved: true, comm }, Some("superseded"), Some("exec"));
    let exit = |status, code, signal, core| Told::Exit {
        status,
        code,
        signal: Signal(signal),
        core,
        last: true,
        of_process: 0,
    };
    let ended = |status| of(kind::EXIT, status, [1, 0, 0, 0, 0, 0]);
    check(ended(3 << 8), exit(3 << 8, 3, 0, false), Some("exit"), Some("exit"));
    check(ended(0x8b), exit(0x8b, 0, 11, true), Some("kill"), Some("kill"));
    let signal = Head { flags: flag::IGNORED, ..of(kind::SIGNAL, 17, [0; 6]) };
    check(signal, Told::Signal { signal: Signal(17), ignored: true }, Some("signal"), Some("signal"));
    let stopped = of(kind::STOPPED, 19, [0; 6]);
    check(stopped, Told::Stopped { signal: Signal(19) }, Some("stopped"), Some("stopped"));
    let attach = of(kind::ATTACH, 0, [1, 0, 0, 0, low, high]);
    check(attach, Told::Attach { parent: 1, comm }, None, None);
    check(of(kind::CALL, 0, [0; 6]), Told::Call {}, Some("call"), Some("call"));
    check(of(kind::MARK, 0, [0; 6]), Told::Mark {}, None, None);
}
