//! Text of others, as lsof writes it: `\n` and its like, `^X` for other control characters, `\xNN` for what
//! is not printable; in a UTF-8 locale, printable characters as they are.

/// Whether a character beyond ASCII may reach a terminal: neither a control character, nor one that
/// turns the direction of writing or hides.
fn printable(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

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
    let mut put = |bytes: &[u8], columns: usize, out: &mut Vec<u8>| {
        let fits = used + columns <= limit;
        if fits {
            out.extend_from_slice(bytes);
            used += columns;
        }
        fits
    };
    'all: for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut bytes = [0; 4];
            let bytes = c.encode_utf8(&mut bytes).as_bytes();
            let fits = match c {
                ' ' if !blank => put(b" ", 1, out),
                '\\' => put(b"\\\\", 2, out),
                '!'..='~' => put(bytes, 1, out),
                '\u{8}' => put(b"\\b", 2, out),
                '\u{c}' => put(b"\\f", 2, out),
                '\n' => put(b"\\n", 2, out),
                '\r' => put(b"\\r", 2, out),
                '\t' => put(b"\\t", 2, out),
                '\0'..='\u{1f}' => put(&[b'^', c as u8 + 0x40], 2, out),
                c if c as u32 >= 0x80 && utf8 && printable(c) => put(bytes, 1, out),
                _ => bytes.iter().all(|&b| put(&hex(b), 4, out)),
            };
            if !fits {
                break 'all;
            }
        }
        if !chunk.invalid().iter().all(|&b| put(&hex(b), 4, out)) {
            break;
        }
    }
    used
}

fn hex(b: u8) -> [u8; 4] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [b'\\', b'x', DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
            prop_assert!(wide.chars().all(|c| c == ' ' || c.is_ascii_graphic() || (c as u32 >= 0x80 && printable(c))));
        }
    }
}
