//! What is escaped, for whom and how; and that nothing of the list comes out raw.

use proptest::prelude::*;

use super::*;

fn line(f: impl FnOnce(&mut Line<'_>)) -> String {
    let mut out = Vec::new();
    f(&mut Line::new(&mut out, false));
    String::from_utf8(out).expect("a line is ASCII")
}

#[test]
fn strings_are_escaped_as_strace_does() {
    let check = |bytes: &[u8], style, expected: &str| {
        assert_eq!(line(|l| l.quoted(bytes, style, false)), expected);
    };
    check(b"plain <text>", Hex::None, r#""plain <text>""#);
    check(b"\x018\x017\x01a\x7f\xff9\0", Hex::None, r#""\18\0017\1a\177\3779\0""#);
    check(b"a\"b\\\t\n\x0b\x0c\r", Hex::None, r#""a\"b\\\t\n\v\f\r""#);
    check(b"ab\n", Hex::NonAscii, r#""ab\n""#);
    check(b"ab\x01", Hex::NonAscii, r#""\x61\x62\x01""#);
    check(b"ab\x01", Hex::NonAsciiChars, r#""ab\x01""#);
    check(b"ab", Hex::All, r#""\x61\x62""#);
    check(b"\x1b[2J", Hex::None, r#""\33[2J""#);
}

#[test]
fn names_can_not_close_their_brackets() {
    assert_eq!(line(|l| l.name(b"/a<b>\"c\n\x01\xc3\xa4", Hex::None)), r#"/a\74b\76\"c\n\1\303\244"#);
}

#[test]
fn numbers_are_printf_s() {
    for (n, expected) in [(0, "000"), (6, "006"), (0o10, "010"), (0o644, "0644"), (0o7, "007"), (0o170000, "0170000")] {
        assert_eq!(line(|l| l.octal(n)), expected);
    }
    assert_eq!(line(|l| l.hex(0)), "0");
    assert_eq!(line(|l| l.hex(u64::MAX)), "0xffffffffffffffff");
    assert_eq!(line(|l| l.hex_digits(0x7f, 16)), "000000000000007f");
    assert_eq!(line(|l| l.padded(7, 5, b' ')), "    7");
}

const PROFILES: [Profile; 7] = [
    Profile::Json,
    Profile::Toml,
    Profile::Typed,
    Profile::Lsof { utf8: true, blank: true },
    Profile::Lsof { utf8: true, blank: false },
    Profile::Lsof { utf8: false, blank: true },
    Profile::Lsof { utf8: false, blank: false },
];

fn written(profile: Profile, bytes: &[u8]) -> String {
    let mut out = Vec::new();
    pieces(bytes).for_each(|piece| profile.put(piece, &mut out));
    String::from_utf8(out).expect("what is no UTF-8 is escaped")
}

#[test]
fn each_reader_has_its_own_escapes() {
    let text = "a \"\\\n\x1b\u{7f}\u{9b}\u{e4}\u{200b}\u{e0041}".as_bytes();
    let check = |profile, expected: &str| assert_eq!(written(profile, text), expected, "{profile:?}");
    check(Profile::Json, "a \\\"\\\\\\n\\u001b\\u007f\\u009b\u{e4}\\u200b\\udb40\\udc41");
    check(Profile::Toml, "a \\\"\\\\\\n\\u001b\\u007f\\u009b\u{e4}\\u200b\\U000e0041");
    check(Profile::Typed, "a \"\\\\x0a\\x1b\\x7f\\u{9b}\u{e4}\\u{200b}\\u{e0041}");
    check(
        Profile::Lsof { utf8: true, blank: true },
        "a\\x20\"\\\\\\n^[\\x7f\\xc2\\x9b\u{e4}\\xe2\\x80\\x8b\\xf3\\xa0\\x81\\x81",
    );
}

#[test]
fn the_list_has_every_kind() {
    for c in [
        '\0', '\x1b', '\x7f', '\u{9b}', '\u{ad}', '\u{61c}', '\u{200b}', '\u{200f}', '\u{2028}', '\u{2029}', '\u{202e}',
    ]
    .into_iter()
    .chain(['\u{2066}', '\u{feff}', '\u{fff9}', '\u{3164}', '\u{e0001}', '\u{e007f}', '\u{e01ef}'])
    {
        assert!(never_raw(c), "{c:?}");
    }
    for c in [' ', '~', '\u{a0}', '\u{e4}', '\u{5d0}', '\u{4e00}', '\u{fe0f}', '\u{fffd}', '\u{1f600}'] {
        assert!(!never_raw(c), "{c:?}");
    }
    assert!(HIDDEN.windows(2).all(|pair| pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0), "ascending");
}

/// Text in which every second character is one of the list.
fn hostile() -> impl Strategy<Value = String> {
    let listed: Vec<char> = (0..=0x10_ffff).filter_map(char::from_u32).filter(|&c| never_raw(c)).collect();
    proptest::collection::vec(prop_oneof![proptest::sample::select(listed), any::<char>()], 0..40)
        .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #[test]
    fn no_profile_lets_a_listed_character_through(text in hostile(), bytes: Vec<u8>) {
        for bytes in [text.as_bytes(), &bytes, &[text.as_bytes(), &bytes].concat()] {
            for profile in PROFILES {
                let out = written(profile, bytes);
                prop_assert!(!out.chars().any(never_raw), "{:?}: {:?}", profile, out);
            }
        }
    }

    #[test]
    fn nothing_unprintable_comes_out(bytes: Vec<u8>, text: String, hex: bool) {
        for style in [Hex::None, Hex::NonAscii, Hex::NonAsciiChars, Hex::All] {
            let all = line(|l| { l.quoted(&bytes, style, hex); l.name(&bytes, style); l.plain_name(&bytes); l.text(&text); });
            prop_assert!(all.bytes().all(|b| (b' '..=b'~').contains(&b)));
        }
    }
}
