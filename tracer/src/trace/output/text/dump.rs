//! Bytes, in hex and as text, 16 in a line.

use crate::render::escape::Line;

/// Bytes of a line.
const ROW: usize = 16;

/// ` | 00010  71 72 ...  qr               |`, and last how many more bytes there were that were not copied.
pub fn dump(out: &mut Vec<u8>, bytes: &[u8], missing: u64) {
    for (i, row) in bytes.chunks(ROW).enumerate() {
        let mut line = Line::new(out, false);
        line.lit(" | ");
        line.hex_digits((i * ROW) as u64, 5);
        line.lit(" ");
        for at in 0..ROW {
            line.lit(if at == ROW / 2 { "  " } else { " " });
            match row.get(at) {
                Some(byte) => line.hex_digits(u64::from(*byte), 2),
                None => line.lit("  "),
            }
        }
        line.lit("  ");
        let shown: String =
            row.iter().map(|&byte| if (b' '..=b'~').contains(&byte) { byte as char } else { '.' }).collect();
        line.text(&format!("{shown:<ROW$}"));
        line.lit(" |");
        line.finish();
    }
    if missing > 0 {
        let mut line = Line::new(out, false);
        line.lit(" | ... ");
        line.uint(missing);
        line.lit(" more bytes were not copied");
        line.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stand_in_two_columns() {
        let check = |bytes: &[u8], missing, expected: &str| {
            let mut out = Vec::new();
            dump(&mut out, bytes, missing);
            assert_eq!(String::from_utf8_lossy(&out), expected);
        };
        check(b"", 0, "");
        check(b"hello\n", 0, " | 00000  68 65 6c 6c 6f 0a                                 hello.           |\n");
        check(
            b"0123456789abcdef\x1b\xff",
            3,
            " | 00000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef |\n\
             \x20| 00010  1b ff                                             ..               |\n\
             \x20| ... 3 more bytes were not copied\n",
        );
    }
}
