//! Dates behind times, as strace spells them: `1970-01-01T00:00:05.000000002+0000`, in the local zone.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use crate::decode::value::Value;

/// The value with its date behind it; without one when the time is zero or no calendar has it. `digits` of the
/// part below a second: 9, 6 or 0.
pub fn dated<'a>(value: Value<'a>, sec: i64, part: u64, digits: usize) -> Value<'a> {
    if sec == 0 && part == 0 {
        return value;
    }
    match spelled(zone(), sec, part, digits) {
        Some(text) => Value::Comment(Box::new(value), text),
        None => value,
    }
}

/// Seconds since the epoch as a date; `None` when no calendar has it.
pub fn date(sec: i64) -> Option<String> {
    spelled(zone(), sec, 0, 0)
}

/// The local zone, looked up once: it costs files.
fn zone() -> &'static TimeZone {
    static ZONE: LazyLock<TimeZone> = LazyLock::new(TimeZone::system);
    &ZONE
}

fn spelled(zone: &TimeZone, sec: i64, part: u64, digits: usize) -> Option<String> {
    if part >= 10u64.pow(digits as u32) {
        return None;
    }
    let time = ZonedDateTime::new(Timestamp::from_second(sec).ok()?, zone.clone());
    let part = if part > 0 { format!(".{part:0digits$}") } else { String::new() };
    Some(format!("{}{part}{}", time.strftime("%Y-%m-%dT%H:%M:%S"), time.strftime("%z")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_spelled_as_strace_does() {
        let check = |sec, part, digits, expected: Option<&str>| {
            assert_eq!(spelled(&TimeZone::UTC, sec, part, digits).as_deref(), expected, "{sec} {part} {digits}");
        };
        check(0, 0, 9, Some("1970-01-01T00:00:00+0000"));
        check(5, 0, 9, Some("1970-01-01T00:00:05+0000"));
        check(1, 2, 9, Some("1970-01-01T00:00:01.000000002+0000"));
        check(1, 2, 6, Some("1970-01-01T00:00:01.000002+0000"));
        check(1_795_472_052, 26_120_639, 9, Some("2026-11-23T22:14:12.026120639+0000"));
        check(5, u64::MAX, 9, None);
        check(5, 1_000_000_000, 9, None);
        check(i64::MAX, 0, 0, None);
    }

    #[test]
    fn no_time_has_no_date() {
        assert_eq!(dated(Value::Int(0), 0, 0, 9), Value::Int(0));
        assert!(matches!(dated(Value::Int(0), 0, 1, 9), Value::Comment(..)));
    }
}
