//! The one way for text of others to be written: a traced program chooses path names, socket names, its comm and its data; none can
//! move a cursor, forge a line or end a quotation. A [`Line`] owns the output while a line is made and takes words of our own
//! (`&'static str`), numbers, and bytes only through an escape: what it appends is printable ASCII, whatever it is given, but for its
//! own colours and the final newline. Where other characters may be shown, a [`Profile`] says how those are written that may not:
//! [`never_raw`] has the list of them, and nothing else has one.

use crate::spec::Hex;

/// Characters that are no control characters and that no output has raw: they have no width, turn the direction of text, end a line
/// or are tags, so that what is read is not what is there. In ascending order: the Unicode categories Cf, Zl and Zp, and what is to be
/// ignored where it is unknown (Default_Ignorable_Code_Point), but for the sixteen selectors of a glyph's form, which text with
/// emoji is full of.
const HIDDEN: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a character must not come out as it is, whoever reads it: control characters of both kinds, and those of `HIDDEN`.
pub fn never_raw(c: char) -> bool {
    c.is_control() || HIDDEN.iter().take_while(|range| range.0 <= c).any(|range| c <= range.1)
}

/// A piece of text of others: a character, or a byte that belongs to none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// A character of UTF-8.
    Char(char),
    /// What is no UTF-8.
    Byte(u8),
}

/// The pieces of bytes that may be UTF-8.
pub fn pieces(bytes: &[u8]) -> impl Iterator<Item = Piece> {
    bytes.utf8_chunks().flat_map(|chunk| {
        chunk.valid().chars().map(Piece::Char).chain(chunk.invalid().iter().map(|&byte| Piece::Byte(byte)))
    })
}

/// Who reads text of others that need not be ASCII, and so how it is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Inside of a string of JSON: `\n`, `\u202e`.
    Json,
    /// Inside of a string of TOML in double quotes: `\u202e`, `\U000e0041`.
    Toml,
    /// Words that somebody typed, in a message: `\x1b`, `\u{202e}`.
    Typed,
    /// As lsof writes names: `\n` and its like, `^X`, `\xe2\x80\xae`; other characters as they are in a UTF-8 locale only.
    Lsof {
        /// A UTF-8 locale.
        utf8: bool,
        /// Blanks are escaped too.
        blank: bool,
    },
}

impl Profile {
    /// Appends a piece.
    pub fn put(self, piece: Piece, out: &mut Vec<u8>) {
        match (self, piece) {
            (Profile::Json | Profile::Toml, Piece::Char(c @ ('"' | '\\'))) => out.extend_from_slice(&[b'\\', c as u8]),
            (Profile::Json | Profile::Toml, Piece::Char('\n')) => out.extend_from_slice(b"\\n"),
            (Profile::Json | Profile::Toml, Piece::Char('\t')) => out.extend_from_slice(b"\\t"),
            (Profile::Json | Profile::Toml, Piece::Char('\r')) => out.extend_from_slice(b"\\r"),
            (Profile::Lsof { utf8, blank }, Piece::Char(c)) => match c {
                ' ' if !blank => out.push(b' '),
                '\\' => out.extend_from_slice(b"\\\\"),
                '!'..='~' => out.push(c as u8),
                '\u{8}' => out.extend_from_slice(b"\\b"),
                '\u{c}' => out.extend_from_slice(b"\\f"),
                '\n' => out.extend_from_slice(b"\\n"),
                '\r' => out.extend_from_slice(b"\\r"),
                '\t' => out.extend_from_slice(b"\\t"),
                '\0'..='\u{1f}' => out.extend_from_slice(&[b'^', c as u8 + 0x40]),
                c if !c.is_ascii() && utf8 && !never_raw(c) => raw(c, out),
                c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| hex(b, out)),
            },
            (_, Piece::Char(c)) if !never_raw(c) => raw(c, out),
            (Profile::Json, Piece::Char(c)) => {
                c.encode_utf16(&mut [0; 2]).iter().for_each(|&unit| digits(b"\\u", unit.into(), 4, out));
            }
            (Profile::Toml, Piece::Char(c)) if c > '\u{ffff}' => digits(b"\\U", c.into(), 8, out),
            (Profile::Toml, Piece::Char(c)) => digits(b"\\u", c.into(), 4, out),
            (Profile::Typed, Piece::Char(c)) if c.is_ascii() => hex(c as u8, out),
            (Profile::Typed, Piece::Char(c)) => out.extend_from_slice(c.escape_unicode().to_string().as_bytes()),
            // Neither JSON nor TOML has a form for it: their writers keep such bytes in another one.
            (_, Piece::Byte(b)) => hex(b, out),
        }
    }
}

fn raw(c: char, out: &mut Vec<u8>) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// `\x1b`
fn hex(b: u8, out: &mut Vec<u8>) {
    digits(b"\\x", b.into(), 2, out);
}

/// `\u202e`: so many hexadecimal digits.
fn digits(mark: &[u8], n: u32, width: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(mark);
    out.extend((0..width).rev().map(|at| b"0123456789abcdef"[(n >> (4 * at)) as usize & 15]));
}

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
    /// The head of a table.
    Title,
    /// What is no longer there.
    Gone,
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
            Color::Title => "\x1b[1m",
            Color::Gone => "\x1b[31m",
        }
    }

    /// Appends a part in this colour, where there are `colors`: for what is made without a [`Line`].
    pub fn around(self, colors: bool, out: &mut Vec<u8>, part: impl FnOnce(&mut Vec<u8>)) {
        if colors {
            out.extend_from_slice(self.code().as_bytes());
        }
        part(out);
        if colors {
            out.extend_from_slice(RESET.as_bytes());
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

    fn escaped(&mut self, bytes: &[u8], style: Hex, forced: bool, angles: bool) {
        let all = forced
            || match style {
                Hex::All => true,
                Hex::NonAscii => bytes.iter().any(|&b| !matches!(b, b' '..=b'~' | b'\t'..=b'\r')),
                Hex::None | Hex::NonAsciiChars => false,
            };
        if all {
            for &b in bytes {
                hex(b, self.out);
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
                OCTAL | ANGLE if style == Hex::NonAsciiChars => hex(b, self.out),
                OCTAL | ANGLE => self.octal_escape(b, bytes.get(i + 1).copied()),
                letter => self.out.extend_from_slice(&[b'\\', letter]),
            }
        }
        self.out.extend_from_slice(&bytes[plain..]);
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
#[path = "escape_tests.rs"]
mod tests;
