//! Words that someone typed, on a command line or into a policy: how they are shown, and which word may have been meant.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::escape::{Profile, pieces};

/// What was typed, fit for a terminal: bytes that are not UTF-8, and characters that may not come out raw, are written as escapes.
pub fn show(typed: impl AsRef<OsStr>) -> String {
    let mut out = Vec::new();
    pieces(typed.as_ref().as_bytes()).for_each(|piece| Profile::Typed.put(piece, &mut out));
    String::from_utf8_lossy(&out).into_owned()
}

/// The candidate that is nearest to a mistyped word, when it is near enough to be meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > 64 {
        return None;
    }
    let word = word.to_ascii_lowercase();
    let most = (word.len() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|c| (distance(word.as_bytes(), c.to_ascii_lowercase().as_bytes()), c))
        .filter(|&(d, _)| d <= most)
        .min()
        .map(|(_, c)| c)
}

/// Edit distance, a swap of neighbours counting one.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let width = b.len() + 1;
    let mut d = vec![0usize; (a.len() + 1) * width];
    d[..width].iter_mut().enumerate().for_each(|(j, cell)| *cell = j);
    for i in 1..=a.len() {
        d[i * width] = i;
        for j in 1..width {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut best =
                (d[(i - 1) * width + j - 1] + same).min(d[(i - 1) * width + j] + 1).min(d[i * width + j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(d[(i - 2) * width + j - 2] + 1);
            }
            d[i * width + j] = best;
        }
    }
    d[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_reaches_the_terminal_raw() {
        let check = |typed: &[u8], expected: &str| assert_eq!(show(OsStr::from_bytes(typed)), expected);
        check(b"plain", "plain");
        check(b"\x1b[2J\x07", "\\x1b[2J\\x07");
        check(b"a\xffb", "a\\xffb");
        check("\u{9b}1m\u{202e}x".as_bytes(), "\\u{9b}1m\\u{202e}x");
        check("größe".as_bytes(), "größe");
        check(b"line\nline", "line\\x0aline");
        check("a\u{200b}b\u{feff}c\u{e0041}\u{2028}".as_bytes(), "a\\u{200b}b\\u{feff}c\\u{e0041}\\u{2028}");
    }

    #[test]
    fn the_nearest_word_is_found() {
        let words = ["open", "openat", "read", "readv", "write", "%clock"];
        let check = |word, expected| assert_eq!(nearest(word, words), expected, "{word}");
        check("opneat", Some("openat"));
        check("raed", Some("read"));
        check("wirte", Some("write"));
        check("READ", Some("read"));
        check("frobnicate", None);
        check("", None);
    }
}
