//! Text of others, as lsof writes it: `\n` and its like, `^X` for other control characters, `\xNN` for what
//! is not printable; in a UTF-8 locale, printable characters as they are.

use crate::render::escape::{Profile, pieces};

/// Appends `text`. `blank`: a blank is escaped too. With `limit`, as many whole characters or escapes as fit
/// into so many columns; gives the columns used.
pub fn safe(text: &[u8], blank: bool, utf8: bool, limit: Option<usize>, out: &mut Vec<u8>) -> usize {
    let plain = |b: &u8| matches!(b, b'!'..=b'~') && *b != b'\\' || *b == b' ' && !blank;
    if limit.is_none() && text.iter().all(plain) {
        out.extend_from_slice(text);
        return text.len();
    }
    let limit = limit.unwrap_or(usize::MAX);
    let mut used = 0;
    for piece in pieces(text) {
        let start = out.len();
        Profile::Lsof { utf8, blank }.put(piece, out);
        let raw = !out[start..].is_ascii();
        let columns = if raw { 1 } else { out.len() - start };
        if columns > limit - used {
            // Of a character's bytes, each an escape of four columns, some may fit.
            let some = if !raw && out[start..].starts_with(b"\\x") { (limit - used) / 4 * 4 } else { 0 };
            out.truncate(start + some);
            return used + some;
        }
        used += columns;
    }
    used
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::render::escape::never_raw;

    fn written(text: &[u8], blank: bool, utf8: bool, limit: Option<usize>) -> (String, usize) {
        let mut out = Vec::new();
        let used = safe(text, blank, utf8, limit, &mut out);
        (String::from_utf8_lossy(&out).into_owned(), used)
    }

    #[test]
    fn as_lsof_writes_it() {
        let check = |text: &[u8], blank, utf8, expected: &str| {
            assert_eq!(written(text, blank, utf8, None).0, expected, "{text:?}");
        };
        check(b"/tmp/a b", false, false, "/tmp/a b");
        check(b"a b", true, false, "a\\x20b");
        check(b"a\\b\n\t\r\x08\x0c\x01\x1b[2J\x7f\xff", false, false, "a\\\\b\\n\\t\\r\\b\\f^A^[[2J\\x7f\\xff");
        check("\u{e4}".as_bytes(), false, false, "\\xc3\\xa4");
        check("\u{e4}".as_bytes(), false, true, "\u{e4}");
        check("\u{202e}\u{9b}".as_bytes(), false, true, "\\xe2\\x80\\xae\\xc2\\x9b");
        check(b"gr\xc3", false, true, "gr\\xc3");
    }

    #[test]
    fn a_limit_breaks_no_escape() {
        for (limit, expected) in [(0, ""), (2, "ab"), (3, "ab"), (5, "ab"), (6, "ab\\x20"), (9, "ab\\x20c")] {
            assert_eq!(written(b"ab c", true, false, Some(limit)), (expected.to_owned(), expected.len()));
        }
    }

    proptest! {
        #[test]
        fn nothing_unprintable_comes_out(text: Vec<u8>, blank: bool, limit: Option<u8>) {
            let (ascii, used) = written(&text, blank, false, limit.map(usize::from));
            prop_assert!(ascii.bytes().all(|b| (b' '..=b'~').contains(&b)));
            prop_assert_eq!(used, ascii.len());
            let (wide, _) = written(&text, blank, true, None);
            prop_assert!(wide.chars().all(|c| c == ' ' || c.is_ascii_graphic() || (c as u32 >= 0x80 && !never_raw(c))));
        }
    }
}
