//! Strings in JSON. Bytes that are UTF-8 become a JSON string, others an object `{"b64": "..."}`, so
//! that every byte survives the round trip and neither can be taken for the other. What a terminal or
//! an editor might obey (control characters of both kinds, marks that turn the direction of text) is
//! written as `\uXXXX`, which means the same character.

use crate::render::escape::{Piece, Profile};

/// Bytes of ASCII that stand for themselves: 1; those that need an escape: 0.
static PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0x20;
    while b < 0x7f {
        table[b] = b != b'"' as usize && b != b'\\' as usize;
        b += 1;
    }
    table
};

/// Appends bytes that somebody else chose: a string, or `{"b64":...}`; when they were cut,
/// `{"text":...,"cut":true}` or `{"b64":...,"cut":true}`.
pub fn bytes(out: &mut Vec<u8>, bytes: &[u8], cut: bool) {
    if bytes.is_ascii() {
        if cut {
            out.extend_from_slice(b"{\"text\":");
        }
        ascii(out, bytes);
    } else if let Ok(text) = std::str::from_utf8(bytes) {
        if cut {
            out.extend_from_slice(b"{\"text\":");
        }
        string(out, text);
    } else {
        out.extend_from_slice(b"{\"b64\":\"");
        base64(out, bytes);
        out.push(b'"');
        if !cut {
            out.push(b'}');
        }
    }
    if cut {
        out.extend_from_slice(b",\"cut\":true}");
    }
}

/// Appends a JSON string.
pub fn string(out: &mut Vec<u8>, text: &str) {
    if text.is_ascii() {
        return ascii(out, text.as_bytes());
    }
    out.push(b'"');
    for c in text.chars() {
        match c {
            ' '..='~' if PLAIN[c as usize] => out.push(c as u8),
            c => Profile::Json.put(Piece::Char(c), out),
        }
    }
    out.push(b'"');
}

/// Appends a JSON string of bytes below 0x80.
fn ascii(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&b| !PLAIN[b as usize]) {
        out.extend_from_slice(&rest[..at]);
        Profile::Json.put(Piece::Char(rest[at].into()), out);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Appends base64 with padding (RFC 4648, section 4).
pub fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in bytes.chunks(3) {
        let word = group.iter().enumerate().fold(0u32, |word, (i, &b)| word | u32::from(b) << (16 - 8 * i));
        for i in 0..4 {
            out.push(if i <= group.len() { DIGITS[(word >> (18 - 6 * i)) as usize & 63] } else { b'=' });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(data: &[u8], cut: bool) -> String {
        let mut out = Vec::new();
        bytes(&mut out, data, cut);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_is_text_and_the_rest_survives() {
        let check = |data: &[u8], cut, expected: &str| assert_eq!(written(data, cut), expected);
        check(b"", false, r#""""#);
        check(b"/etc/passwd", false, r#""/etc/passwd""#);
        check(b"a\"b\\c\n\t\r\0\x1b[31m\x7f", false, r#""a\"b\\c\n\t\r\u0000\u001b[31m\u007f""#);
        check("gr\u{fc}n\u{1f600}".as_bytes(), false, "\"gr\u{fc}n\u{1f600}\"");
        check(
            "\u{9b}31m\u{202e}\u{2028}\u{feff}\u{e0041}".as_bytes(),
            false,
            r#""\u009b31m\u202e\u2028\ufeff\udb40\udc41""#,
        );
        check(b"\xff", false, r#"{"b64":"/w=="}"#);
        check(b"ab\xff", false, r#"{"b64":"YWL/"}"#);
        check(b"\xff\xfe", false, r#"{"b64":"//4="}"#);
        check(b"abc", true, r#"{"text":"abc","cut":true}"#);
        check(b"\xff", true, r#"{"b64":"/w==","cut":true}"#);
        check(b"gr\xc3", true, r#"{"b64":"Z3LD","cut":true}"#);
    }

    fn read(value: &serde_json::Value) -> Vec<u8> {
        if let Some(text) = value.as_str().or_else(|| value["text"].as_str()) {
            return text.as_bytes().to_vec();
        }
        let digits = value["b64"].as_str().unwrap().bytes().filter(|&b| b != b'=').map(|b| match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            _ => 63,
        });
        let bits: Vec<u8> = digits.flat_map(|d| (0..6).rev().map(move |i| d >> i & 1)).collect();
        bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |n, bit| n << 1 | bit)).collect()
    }

    proptest! {
        #[test]
        fn any_bytes_survive(data: Vec<u8>, cut: bool) {
            let text = written(&data, cut);
            prop_assert_eq!(read(&serde_json::from_str(&text).unwrap()), data);
            prop_assert!(text.chars().all(|c| !c.is_control()));
        }

        #[test]
        fn any_text_survives_without_control_characters(data: String) {
            let text = written(data.as_bytes(), false);
            prop_assert_eq!(serde_json::from_str::<String>(&text).unwrap(), data);
            prop_assert!(text.chars().all(|c| !c.is_control()));
        }
    }
}
