//! Numbers and names as they fit into columns.

use ratatui::text::Span;

use crate::render::escape::{Profile, pieces};

/// Text of others, printable.
pub fn plain(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    pieces(bytes).for_each(|piece| Profile::Typed.put(piece, &mut out));
    String::from_utf8_lossy(&out).into_owned()
}

/// A number in at most five columns: `0`, `0.4`, `12`, `1234`, `12.3k`, `4.5M`.
pub fn number(value: f64) -> String {
    scaled(value, 1000.0, &["", "k", "M", "G", "T", "P"])
}

/// Bytes in at most five columns: `0`, `512`, `1.2K`, `34M`.
pub fn bytes(value: f64) -> String {
    scaled(value, 1024.0, &["", "K", "M", "G", "T", "P"])
}

fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    if !value.is_finite() || value <= 0.0 {
        return "0".to_owned();
    }
    // Below ten a tenth is told, where there is one.
    let told = |value: f64| match value {
        _ if value >= 9.95 || (value * 10.0).round() % 10.0 == 0.0 && value >= 0.5 => format!("{value:.0}"),
        _ if value < 0.05 => "0.1".to_owned(),
        _ => format!("{value:.1}"),
    };
    let (mut value, mut unit) = (value, 0);
    if value < 9999.5 && step < 1024.0 {
        return if value < 0.05 { "0.0".to_owned() } else { told(value) };
    }
    while value >= step - 0.5 && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    format!("{}{}", told(value), units[unit])
}

/// Percent in at most five columns.
pub fn percent(value: f64) -> String {
    if value < 99.95 { format!("{value:.1}") } else { format!("{value:.0}") }
}

/// A time in at most five columns: `850n`, `1.2u`, `34m`, `1.5s`.
pub fn time(ns: u64) -> String {
    let value = ns as f64;
    let (value, unit) = match ns {
        0..1_000 => (value, "n"),
        1_000..1_000_000 => (value / 1e3, "u"),
        1_000_000..1_000_000_000 => (value / 1e6, "m"),
        _ => (value / 1e9, "s"),
    };
    if value < 9.95 && value.fract() >= 0.05 { format!("{value:.1}{unit}") } else { format!("{value:.0}{unit}") }
}

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { Span::raw(text).width() }
}

/// At most so many columns of a text; what is cut ends with a tilde.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = width(c.encode_utf8(&mut [0; 4]));
        if used + wide + 1 > columns {
            break;
        }
        out.push(c);
        used += wide;
    }
    if columns > 0 {
        out.push('~');
    }
    out
}

/// Numbers as bars, the last `columns` of them; the highest is the greatest.
pub fn bars(values: impl DoubleEndedIterator<Item = u64> + ExactSizeIterator, columns: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let skip = values.len().saturating_sub(columns);
    let values: Vec<u64> = values.skip(skip).collect();
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let bar = |value: u64| BARS[((value as u128 * 7).div_ceil(most as u128) as usize).min(7)];
    values.into_iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit() {
        let check = |value: f64, expected: &str| assert_eq!(number(value), expected, "{value}");
        check(0.0, "0");
        check(0.01, "0.0");
        check(0.4, "0.4");
        check(3.0, "3");
        check(12.3, "12");
        check(9999.0, "9999");
        check(12_345.0, "12k");
        check(1_234_567.0, "1.2M");
        check(f64::NAN, "0");
        for value in [0.04, 0.96, 9.96, 99.99, 999.7, 9999.4, 9999.6, 99_999.0, 999_600.0, 1e9, 1e15] {
            assert!(number(value).len() <= 5 && bytes(value).len() <= 5, "{value} {} {}", number(value), bytes(value));
        }
    }

    #[test]
    fn bytes_and_times_fit() {
        let check = |value: f64, expected: &str| assert_eq!(bytes(value), expected, "{value}");
        check(0.0, "0");
        check(512.0, "512");
        check(1024.0, "1K");
        check(1536.0, "1.5K");
        check(1023.9, "1K");
        let check = |ns: u64, expected: &str| assert_eq!(time(ns), expected, "{ns}");
        check(0, "0n");
        check(850, "850n");
        check(1_250, "1.2u");
        check(34_000_000, "34m");
        check(1_500_000_000, "1.5s");
    }

    #[test]
    fn text_is_cut_by_columns() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab~");
        assert_eq!(cut("日本語", 4), "日~");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(plain(b"a\x1b[2J\xff"), "a\\x1b[2J\\xff");
    }

    #[test]
    fn bars_show_the_last() {
        assert_eq!(bars([0u64, 4, 8].into_iter(), 10), "▁▅█");
        assert_eq!(bars([1u64, 0, 0].into_iter(), 2), "▁▁");
    }
}
