//! `--histogram`: how long the calls of a table's line took, drawn as bpftrace and perf do, a row for each
//! power of two of nanoseconds. Lines fit a terminal of 80 columns.

use std::io::Write;

use super::{Entry, Histogram};
use crate::render::amount::brief;

/// Columns of the longest bar.
const BAR: usize = 44;

/// Appends the histogram of a call, below an empty line and a heading. A row that has any call has a mark.
pub fn draw(entry: &Entry, out: &mut Vec<u8>) {
    let count = &entry.count;
    let buckets = &count.times.0;
    let used = |n: &u64| *n > 0;
    let (Some(first), Some(last)) = (buckets.iter().position(used), buckets.iter().rposition(used)) else { return };
    let longest = u128::from(*buckets.iter().max().unwrap_or(&1));
    let [p50, p90, p99] = [50, 90, 99].map(|percent| brief(count.percentile(percent)));
    let calls = if count.calls == 1 { "call" } else { "calls" };
    // Writing to a Vec does not fail.
    let _ = writeln!(out, "\n{}: {} {calls}, p50 {p50}, p90 {p90}, p99 {p99}", entry.name, count.calls);
    for (at, &n) in buckets.iter().enumerate().take(last + 1).skip(first) {
        let (from, to) = Histogram::bounds(at);
        let range = format!("[{}, {})", brief(from), to.map_or_else(|| "...".to_owned(), brief));
        let bar = "@".repeat((u128::from(n) * BAR as u128).div_ceil(longest) as usize);
        let _ = writeln!(out, "  {range:<18} {n:>11} |{bar:<BAR$}|");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Count;

    fn drawn(name: &'static str, times: &[(u64, u64)]) -> String {
        let mut count = Count::none(false, 0);
        times.iter().for_each(|&(ns, n)| (0..n).for_each(|_| count.take(ns, false)));
        let mut out = Vec::new();
        draw(&Entry { name: name.into(), count, function: false }, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn looks_like_bpftrace() {
        let expected = "
read: 161 calls, p50 393ns, p90 502ns, p99 62.3us
  [256ns, 512ns)             150 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
  [512ns, 1.02us)              1 |@                                           |
  [1.02us, 2.05us)             0 |                                            |
  [2.05us, 4.10us)             0 |                                            |
  [4.10us, 8.19us)             0 |                                            |
  [8.19us, 16.4us)             0 |                                            |
  [16.4us, 32.8us)             0 |                                            |
  [32.8us, 65.5us)            10 |@@@                                         |
";
        assert_eq!(drawn("read", &[(256, 100), (511, 50), (700, 1), (65_535, 10)]), expected);
        assert_eq!(drawn("read", &[]), "");
    }

    #[test]
    fn fits_eighty_columns() {
        let longest = drawn("syscall_0x1ff", &[(0, 1), (1 << 20, 3), (u64::MAX, 2)]);
        assert!(longest.lines().all(|line| line.len() < 80), "{longest}");
        assert!(longest.contains("  [550s, ...)                  2 |@@@@@@"), "{longest}");
        assert_eq!(longest.lines().count(), 42);
    }

    #[test]
    fn durations_have_three_digits() {
        for (ns, text) in [
            (0, "0ns"),
            (999, "999ns"),
            (1 << 10, "1.02us"),
            (1 << 14, "16.4us"),
            (1 << 19, "524us"),
            (1 << 20, "1.05ms"),
            (1 << 30, "1.07s"),
            (1 << 39, "550s"),
        ] {
            assert_eq!(brief(ns), text);
        }
    }
}
