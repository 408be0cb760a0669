//! Times as they stand in front of lines.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::render::escape::Line;
use crate::spec::Stamp;

/// Nanoseconds of a second.
pub const NANOS: u64 = 1_000_000_000;

/// `.123456`, nothing for 0 digits.
pub fn fraction(out: &mut Line<'_>, nanos: u64, digits: u8) {
    if digits == 0 {
        return;
    }
    let digits = digits.min(9);
    out.lit(".");
    out.padded(nanos / 10u64.pow(9 - u32::from(digits)), usize::from(digits), b'0');
}

/// Local time of day. The zone's offset is looked up once a quarter of an hour: no zone changes it in between.
#[derive(Debug, Default)]
pub struct Clock {
    quarter: Option<u64>,
    offset: i64,
}

impl Clock {
    /// Appends the stamp of a line at `wall`, ns since the epoch, and a blank, where one was asked for.
    pub fn stamp(&mut self, out: &mut Line<'_>, asked: Stamp, wall: u64) {
        match asked {
            Stamp::None => return,
            Stamp::Clock(digits) => self.write(out, wall, digits),
            Stamp::Unix(digits) => {
                out.uint(wall / NANOS);
                fraction(out, wall % NANOS, digits);
            }
        }
        out.lit(" ");
    }

    /// Appends the time of day of `wall`, ns since the epoch, with so many digits behind the second.
    fn write(&mut self, out: &mut Line<'_>, wall: u64, digits: u8) {
        let seconds = wall / NANOS;
        if self.quarter != Some(seconds / 900) {
            self.quarter = Some(seconds / 900);
            let stamp = Timestamp::from_second(seconds as i64).unwrap_or(Timestamp::UNIX_EPOCH);
            self.offset = i64::from(TimeZone::system().to_offset(stamp).seconds());
        }
        let day = (seconds as i64).saturating_add(self.offset).rem_euclid(86_400) as u64;
        out.padded(day / 3600, 2, b'0');
        out.lit(":");
        out.padded(day / 60 % 60, 2, b'0');
        out.lit(":");
        out.padded(day % 60, 2, b'0');
        fraction(out, wall % NANOS, digits);
    }
}
