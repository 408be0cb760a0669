//! The one way for bytes of others to reach a line. A [`Line`] owns the output while a line is made and
//! takes words of our own (`&'static str`), numbers, and bytes only through an escape: what it appends
//! is printable ASCII, whatever it is given, but for its own colours and the final newline. A traced
//! program chooses path names, socket names, its comm and its data; none can move a cursor, forge a
//! line or end a quotation.

use crate::spec::Hex;

/// A line in the making, appended to a buffer.
#[derive(Debug)]
pub struct Line<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    /// Bytes of the line that take no column: colours.
    hidden: usize,
    color: bool,
}

/// Colours of a line's parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Name of a call.
    Name,
    /// A string or a path.
    Text,
    /// A number's name.
    Constant,
    /// What went wrong.
    Error,
    /// Times, pids and comments.
    Dim,
    /// Signals and ends.
    Event,
}

impl Color {
    const fn code(self) -> &'static str {
        match self {
            Color::Name => "\x1b[1;36m",
            Color::Text => "\x1b[32m",
            Color::Constant => "\x1b[35m",
            Color::Error => "\x1b[1;31m",
            Color::Dim => "\x1b[2m",
            Color::Event => "\x1b[33m",
        }
    }
}

const RESET: &str = "\x1b[0m";

impl<'o> Line<'o> {
    /// Begins a line at the end of `out`; with `color`, [`Line::paint`] has an effect.
    pub fn new(out: &'o mut Vec<u8>, color: bool) -> Line<'o> {
        let start = out.len();
        Line { out, start, hidden: 0, color }
    }

    /// Columns used so far.
    pub fn column(&self) -> usize {
        self.out.len() - self.start - self.hidden
    }

    /// Appends a word of our own.
    #[inline]
    pub fn lit(&mut self, word: &'static str) {
        self.out.extend_from_slice(word.as_bytes());
    }

    /// Appends blanks up to `column`.
    pub fn pad(&mut self, column: usize) {
        let n = column.saturating_sub(self.column());
        self.out.resize(self.out.len() + n, b' ');
    }

    /// Ends the line.
    pub fn finish(&mut self) {
        self.out.push(b'\n');
    }

    /// Switches to a colour.
    #[inline]
    pub fn paint(&mut self, color: Color) {
        if self.color {
            self.out.extend_from_slice(color.code().as_bytes());
            self.hidden += color.code().len();
        }
    }

    /// Switches back.
    #[inline]
    pub fn plain(&mut self) {
        if self.color {
            self.out.extend_from_slice(RESET.as_bytes());
            self.hidden += RESET.len();
        }
    }

    /// Unsigned decimal.
    #[inline]
    pub fn uint(&mut self, n: u64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
    }

    /// Signed decimal.
    #[inline]
    pub fn int(&mut self, n: i64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
    }

    /// Decimal, at least `width` characters, `fill` in front.
    pub fn padded(&mut self, n: u64, width: usize, fill: u8) {
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(n).as_bytes();
        let fill = if fill == b'0' { b'0' } else { b' ' };
        self.out.resize(self.out.len() + width.saturating_sub(digits.len()), fill);
        self.out.extend_from_slice(digits);
    }

    /// `0x1f`; zero is `0`, as printf's `%#x` has it.
    #[inline]
    pub fn hex(&mut self, n: u64) {
        if n == 0 {
            self.out.push(b'0');
        } else {
            self.out.extend_from_slice(b"0x");
            self.radix(n, 16, 1);
        }
    }

    /// Hex digits without a mark, at least `width`.
    pub fn hex_digits(&mut self, n: u64, width: usize) {
        self.radix(n, 16, width);
    }

    /// Octal with a leading 0 and at least three digits, as printf's `%#03o` has it.
    pub fn octal(&mut self, n: u64) {
        let digits = (64 - n.leading_zeros()).div_ceil(3).max(1) as usize;
        self.radix(n, 8, (digits + 1).max(3));
    }

    fn radix(&mut self, mut n: u64, base: u64, width: usize) {
        let mut buffer = [b'0'; 24];
        let mut at = buffer.len();
        while n > 0 {
            at -= 1;
            buffer[at] = b"0123456789abcdef"[(n % base) as usize];
            n /= base;
        }
        let at = at.min(buffer.len() - width.min(buffer.len()));
        self.out.extend_from_slice(&buffer[at..]);
    }

    /// A string in quotes, escaped as C does; how hex is used is the style's choice, and `hex` forces it.
    pub fn quoted(&mut self, bytes: &[u8], style: Hex, hex: bool) {
        self.out.push(b'"');
        self.escaped(bytes, style, hex, false);
        self.out.push(b'"');
    }

    /// A name without quotes, in which `<` and `>` are escaped too: paths beside descriptors, comms.
    pub fn name(&mut self, bytes: &[u8], style: Hex) {
        self.escaped(bytes, style, false, true);
    }

    /// A name as it is, but for bytes that are not printable ASCII: a backslash in it stays, so that names
    /// with one look as other tools show them.
    pub fn plain_name(&mut self, bytes: &[u8]) {
        for (i, &b) in bytes.iter().enumerate() {
            match b {
                b' '..=b'~' => self.out.push(b),
                _ => self.octal_escape(b, bytes.get(i + 1).copied()),
            }
        }
    }

    /// Text that was put together by our own code, from numbers and names; should there be anything
    /// unprintable in it nevertheless, it is escaped. Quotes stay.
    pub fn text(&mut self, text: &str) {
        self.plain_name(text.as_bytes());
    }

    fn escaped(&mut self, bytes: &[u8], style: Hex, hex: bool, angles: bool) {
        let all = hex
            || match style {
                Hex::All => true,
                Hex::NonAscii => bytes.iter().any(|&b| !matches!(b, b' '..=b'~' | b'\t'..=b'\r')),
                Hex::None | Hex::NonAsciiChars => false,
            };
        if all {
            for &b in bytes {
                self.hex_escape(b);
            }
            return;
        }
        let mut plain = 0;
        for (i, &b) in bytes.iter().enumerate() {
            let class = CLASS[usize::from(b)];
            if class == PLAIN || (class == ANGLE && !angles) {
                continue;
            }
            self.out.extend_from_slice(&bytes[plain..i]);
            plain = i + 1;
            match class {
                OCTAL | ANGLE if style == Hex::NonAsciiChars => self.hex_escape(b),
                OCTAL | ANGLE => self.octal_escape(b, bytes.get(i + 1).copied()),
                letter => self.out.extend_from_slice(&[b'\\', letter]),
            }
        }
        self.out.extend_from_slice(&bytes[plain..]);
    }

    fn hex_escape(&mut self, b: u8) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.out.extend_from_slice(&[b'\\', b'x', DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]);
    }

    /// The shortest octal escape, or three digits where the next byte would be taken for one of them.
    fn octal_escape(&mut self, b: u8, next: Option<u8>) {
        let digits = [b'0' + (b >> 6), b'0' + (b >> 3 & 7), b'0' + (b & 7)];
        let skip = match next {
            Some(b'0'..=b'7') => 0,
            _ if b >= 0o100 => 0,
            _ if b >= 0o10 => 1,
            _ => 2,
        };
        self.out.push(b'\\');
        self.out.extend_from_slice(&digits[skip..]);
    }
}

/// Bytes that stand for themselves, that have no short escape, and that are escaped in names only;
/// any other class is the letter behind the backslash.
const PLAIN: u8 = 0;
const OCTAL: u8 = 1;
const ANGLE: u8 = 2;

static CLASS: [u8; 256] = {
    let mut class = [OCTAL; 256];
    let mut b = 0x20;
    while b < 0x7f {
        class[b] = PLAIN;
        b += 1;
    }
    class[b'"' as usize] = b'"';
    class[b'\\' as usize] = b'\\';
    class[b'<' as usize] = ANGLE;
    class[b'>' as usize] = ANGLE;
    class[b'\t' as usize] = b't';
    class[b'\n' as usize] = b'n';
    class[0x0b] = b'v';
    class[0x0c] = b'f';
    class[b'\r' as usize] = b'r';
    class
};

#[cfg(test)]
mod tests {
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
        for (n, expected) in
            [(0, "000"), (6, "006"), (0o10, "010"), (0o644, "0644"), (0o7, "007"), (0o170000, "0170000")]
        {
            assert_eq!(line(|l| l.octal(n)), expected);
        }
        assert_eq!(line(|l| l.hex(0)), "0");
        assert_eq!(line(|l| l.hex(u64::MAX)), "0xffffffffffffffff");
        assert_eq!(line(|l| l.hex_digits(0x7f, 16)), "000000000000007f");
        assert_eq!(line(|l| l.padded(7, 5, b' ')), "    7");
    }

    proptest! {
        #[test]
        fn nothing_unprintable_comes_out(bytes: Vec<u8>, text: String, hex: bool) {
            for style in [Hex::None, Hex::NonAscii, Hex::NonAsciiChars, Hex::All] {
                let all = line(|l| { l.quoted(&bytes, style, hex); l.name(&bytes, style); l.plain_name(&bytes); l.text(&text); });
                prop_assert!(all.bytes().all(|b| (b' '..=b'~').contains(&b)));
            }
        }
    }
}
