//! Columns as wide as what stands in them, computed as ss does: to a pipe, each as wide as its longest field; to
//! a terminal, room that is left is dealt out, and columns that do not fit go to lines of their own.

/// Columns that are gone to; the port, the other end and everything else follow by [`Columns::next`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// tracer's own: the network namespace.
    Netns,
    /// Which table.
    Netid,
    /// State.
    State,
    /// Bytes or connections waiting.
    RecvQ,
    /// The same, sending.
    SendQ,
    /// Local address.
    Address,
    /// Who has it open.
    Process = PROCESS as isize,
}

const COUNT: usize = 11;
const PROCESS: usize = 9;

/// All columns: header, what stands before it, whether its fields stand to the right. The last has no fields: it
/// ends the line.
const LAYOUT: [(&str, &str, bool); COUNT] = [
    ("Netns", "", false),
    ("Netid", " ", false),
    ("State", " ", false),
    ("Recv-Q", " ", false),
    ("Send-Q", " ", false),
    ("Local Address:", " ", true),
    ("Port", "", false),
    ("Peer Address:", " ", true),
    ("Port", "", false),
    ("Process", "", false),
    ("", "", false),
];

/// ss keeps five chunks of a MiB, each with a head of two pointers, and shows what is in them when a line ends in
/// the fifth. A field takes its length, two bytes, and is aligned to two.
const CHUNK: usize = (1 << 20) - 16;
const CHUNKS: usize = 5;

/// Fields and their columns.
#[derive(Debug)]
pub struct Columns {
    screen: Option<usize>,
    disabled: [bool; COUNT],
    /// The longest field so far.
    longest: [usize; COUNT],
    /// The bytes of all fields, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    current: usize,
    /// Chunks in use, and bytes in the last.
    chunks: usize,
    used: usize,
}

impl Columns {
    /// For a terminal of this width, or for none.
    pub fn new(screen: Option<usize>) -> Columns {
        Columns {
            screen,
            disabled: [false; COUNT],
            longest: [0; COUNT],
            bytes: Vec::new(),
            ends: Vec::new(),
            current: 0,
            chunks: 1,
            used: 0,
        }
    }

    /// Leaves a column out.
    pub fn disable(&mut self, column: Column) {
        self.disabled[column as usize] = true;
    }

    /// Puts the headers in.
    pub fn header(&mut self) {
        while self.current < COUNT - 1 {
            if !self.disabled[self.current] {
                self.bytes.extend_from_slice(LAYOUT[self.current].0.as_bytes());
            }
            self.end_field(&mut Vec::new());
        }
    }

    /// Ends fields until this column is reached; beyond the last of a line a new one begins.
    pub fn go(&mut self, column: Column, out: &mut Vec<u8>) {
        while self.current != column as usize {
            self.end_field(out);
        }
    }

    /// Ends the current field. Where processes are not shown, what would stand behind them belongs to the port before them, as in ss.
    pub fn next(&mut self, out: &mut Vec<u8>) {
        if self.current != PROCESS - 1 || !self.disabled[PROCESS] {
            self.end_field(out);
        }
    }

    /// Where the current field's bytes are to be appended; `None` in a column that is left out.
    pub fn field(&mut self) -> Option<&mut Vec<u8>> {
        if self.disabled[self.current] { None } else { Some(&mut self.bytes) }
    }

    fn end_field(&mut self, out: &mut Vec<u8>) {
        let last = self.current == COUNT - 1;
        if last && self.chunks >= CHUNKS {
            return self.render(out);
        }
        if !self.disabled[self.current] {
            let from = self.ends.last().copied().unwrap_or(0);
            // A field's length has 16 bits.
            self.bytes.truncate(from + usize::from(u16::MAX));
            let len = self.bytes.len() - from;
            self.longest[self.current] = self.longest[self.current].max(len);
            self.ends.push(self.bytes.len());
            let token = (2 + len).next_multiple_of(2);
            if len > 0 && self.used > 0 && self.used + 2 + len >= CHUNK || self.used + token + 2 > CHUNK {
                self.chunks += 1;
                self.used = 0;
            }
            self.used += token;
        }
        self.current = if last { 0 } else { self.current + 1 };
    }

    /// Writes out what is there, and begins anew.
    pub fn render(&mut self, out: &mut Vec<u8>) {
        if self.ends.is_empty() && self.bytes.is_empty() {
            return;
        }
        // The field that was begun ends the line. ss does not count its length.
        if !self.disabled[self.current] {
            self.ends.push(self.bytes.len());
        }
        let widths = self.widths();
        let mut column = (0..COUNT).find(|&c| widths[c] > 0).unwrap_or(COUNT - 1);
        let mut started = false;
        let mut from = 0;
        for &end in &self.ends {
            let (_, delimiter, right) = LAYOUT[column];
            let mut printed = 0;
            if started {
                out.extend_from_slice(delimiter.as_bytes());
                printed = delimiter.len();
            }
            started = true;
            let field = &self.bytes[from..end];
            from = end;
            let pad = widths[column].saturating_sub(printed + field.len());
            let at = out.len();
            if right {
                out.resize(at + pad, b' ');
                out.extend_from_slice(field);
            } else {
                out.extend_from_slice(field);
                out.resize(at + field.len() + pad, b' ');
            }
            loop {
                if column == COUNT - 1 {
                    out.push(b'\n');
                    started = false;
                    column = 0;
                } else {
                    column += 1;
                }
                if !self.disabled[column] {
                    break;
                }
            }
        }
        if started {
            out.push(b'\n');
        }
        self.bytes.clear();
        self.ends.clear();
        (self.current, self.chunks, self.used) = (0, 1, 0);
    }

    fn widths(&self) -> [usize; COUNT] {
        let screen = self.screen.unwrap_or(usize::MAX);
        let mut widths = [0; COUNT];
        let mut first = true;
        for c in (0..COUNT).filter(|&c| !self.disabled[c]) {
            let delimiter = if !first && self.longest[c] > 0 { LAYOUT[c].1.len() } else { 0 };
            widths[c] = (self.longest[c] + delimiter).min(screen);
            first &= widths[c] == 0;
        }
        if self.screen.is_some() {
            spread(&mut widths, screen);
        }
        widths
    }
}

/// Deals out the room that a terminal has left, line by line.
fn spread(widths: &mut [usize; COUNT], screen: usize) {
    let (mut line, mut len, mut columns) = (0, 0, 0);
    let mut c = 0;
    while c < COUNT {
        if widths[c] == 0 {
            c += 1;
            continue;
        }
        columns += 1;
        len += widths[c];
        let last = widths[c + 1..].iter().all(|&width| width == 0);
        if !last && len < screen {
            c += 1;
            continue;
        }
        if len != screen {
            let mut end = c;
            if len > screen && columns > 1 {
                len -= widths[c];
                columns -= 1;
                end -= 1;
            }
            let room = screen.saturating_sub(len);
            let (each, mut more) = (room / columns, room % columns);
            for width in widths[line..=end].iter_mut().rev().filter(|width| **width > 0) {
                *width += each;
                if more > 0 {
                    *width += 1;
                    more -= 1;
                }
            }
            c = end;
        }
        (line, len, columns) = (c + 1, 0, 0);
        c += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(screen: Option<usize>, rows: &[[&str; 3]]) -> String {
        let mut columns = Columns::new(screen);
        columns.disable(Column::Netns);
        columns.disable(Column::Netid);
        columns.header();
        let mut out = Vec::new();
        for row in rows {
            for (column, text) in [Column::State, Column::Address].into_iter().zip(row) {
                columns.go(column, &mut out);
                columns.field().expect("a column that is shown").extend_from_slice(text.as_bytes());
            }
            (0..4).for_each(|_| columns.next(&mut out));
            columns.field().expect("a column that is shown").extend_from_slice(row[2].as_bytes());
        }
        columns.render(&mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn to_a_pipe_columns_are_as_wide_as_their_fields() {
        let expected = "State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n\
                        LISTEN                     0.0.0.0:                      x      \n";
        assert_eq!(list(None, &[["LISTEN", "0.0.0.0:", "x"]]), expected);
        assert_eq!(list(None, &[]), "State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n");
    }

    #[test]
    fn to_a_terminal_room_is_dealt_out() {
        for line in list(Some(100), &[["LISTEN", "0.0.0.0:", "x"]]).lines() {
            assert_eq!(line.len(), 100, "{line:?}");
        }
        // What does not fit goes to the next line, as a terminal breaks it.
        for line in list(Some(40), &[["LISTEN", "0.0.0.0:", "x"]]).lines() {
            assert_eq!(line.len() % 40, 0, "{line:?}");
        }
    }
}
