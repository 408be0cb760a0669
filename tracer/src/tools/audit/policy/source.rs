//! Where a part of a string's value stands in the file: quotes and escapes take bytes that the value has not.

use std::ops::Range;

/// A string of the file.
#[derive(Debug, Clone)]
pub struct Quoted<'v> {
    /// Its value.
    pub value: &'v str,
    /// Its place, quotes included.
    pub at: Range<usize>,
}

impl Quoted<'_> {
    /// The place in the file of a part of the value.
    pub fn place(&self, text: &str, part: Range<usize>) -> Range<usize> {
        let raw = text.get(self.at.clone()).unwrap_or_default();
        let (open, escapes) = opening(raw);
        let inner = raw.get(open..raw.len().saturating_sub(open)).unwrap_or_default();
        // The line end after three quotes is not of the value.
        let skipped = match (open, inner) {
            (3, inner) if inner.starts_with("\r\n") => 2,
            (3, inner) if inner.starts_with('\n') => 1,
            _ => 0,
        };
        let base = self.at.start + open + skipped;
        let inner = &inner[skipped..];
        if !escapes || !inner.contains('\\') {
            return base + part.start.min(inner.len())..base + part.end.min(inner.len());
        }
        if open == 3 {
            // A backslash may swallow lines there.
            return self.at.clone();
        }
        base + raw_offset(inner, part.start)..base + raw_offset(inner, part.end)
    }
}

/// The bytes of the opening quotes, and whether a backslash is special.
fn opening(raw: &str) -> (usize, bool) {
    match raw {
        _ if raw.starts_with("\"\"\"") && raw.len() >= 6 => (3, true),
        _ if raw.starts_with("'''") && raw.len() >= 6 => (3, false),
        _ => (usize::from(raw.len() >= 2), raw.starts_with('"')),
    }
}

/// Bytes of a basic string's source up to the given byte of its value.
fn raw_offset(inner: &str, wanted: usize) -> usize {
    let (mut raw, mut value) = (0, 0);
    while value < wanted && raw < inner.len() {
        let rest = &inner[raw..];
        let Some(escape) = rest.strip_prefix('\\') else {
            let width = rest.chars().next().map_or(1, char::len_utf8);
            (raw, value) = (raw + width, value + width);
            continue;
        };
        let digits = match escape.as_bytes().first() {
            Some(b'x') => 2,
            Some(b'u') => 4,
            Some(b'U') => 8,
            _ => 0,
        };
        let code = escape.get(1..1 + digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        value += code.and_then(char::from_u32).map_or(1, char::len_utf8);
        raw = inner.len().min(raw + 2 + digits);
    }
    raw
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_values_are_found_in_the_file() {
        let check = |file: &str, value: &str, part: &str, expected: &str| {
            let at = file.find(['"', '\'']).expect("a quote")..file.len();
            let start = value.find(part).expect("a part");
            let place = Quoted { value, at }.place(file, start..start + part.len());
            assert_eq!(&file[place], expected, "{file}");
        };
        check("a = \"read /x\"", "read /x", "/x", "/x");
        check("a = 'read \\x'", "read \\x", "\\x", "\\x");
        check("a = \"r\\u00e9ad\\t /x\"", "réad\t /x", "/x", "/x");
        check("a = \"r\\u00e9ad\\t /x\"", "réad\t /x", "d\t", "d\\t");
        check("a = \"\\\\* \\U0001F600 /x\"", "\\* 😀 /x", "/x", "/x");
        check("a = \"\"\"\nread /x\"\"\"", "read /x", "/x", "/x");
        check("a = '''read /x'''", "read /x", "read", "read");
        check("a = \"\"\"re\\\n  ad\"\"\"", "read", "ad", "\"\"\"re\\\n  ad\"\"\"");
    }
}
