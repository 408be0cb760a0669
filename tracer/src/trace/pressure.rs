//! Says at once when events get lost because they come faster than they can be shown. The end of the output says how
//! many there were; a user who watches must know while it happens.

use std::time::{Duration, Instant};

use crate::capture::Throughput;

/// Interval between two looks at the losses.
const LOOK: Duration = Duration::from_millis(250);
/// How often it is said, while it goes on.
const SAY: Duration = Duration::from_secs(2);

/// What was seen and said so far.
#[derive(Debug)]
pub struct Pressure {
    looked: Instant,
    said: Option<Instant>,
    /// At the last look.
    then: Throughput,
}

impl Pressure {
    /// Nothing was lost yet.
    pub fn new(now: Instant) -> Pressure {
        Pressure { looked: now, said: None, then: Throughput::default() }
    }

    /// Whether it is time to look.
    pub fn due(&self, now: Instant) -> bool {
        now.duration_since(self.looked) >= LOOK
    }

    /// Takes the counts of a look. Gives the line to print, if there is one.
    ///
    /// `losing events: 12.3 % of 1400000 a second find no room, 168000 so far; ...`
    pub fn look(&mut self, now: Instant, seen: Throughput) -> Option<String> {
        let (lost, read) = (seen.lost.saturating_sub(self.then.lost), seen.read.saturating_sub(self.then.read));
        let seconds = now.duration_since(self.looked).as_secs_f64();
        self.looked = now;
        self.then = seen;
        if lost == 0 || self.said.is_some_and(|said| now.duration_since(said) < SAY) {
            return None;
        }
        self.said = Some(now);
        let all = (lost + read) as f64;
        Some(format!(
            "losing events: {:.1} % of {:.0} a second find no room, {} so far; \
             a larger --ring-size, or fewer calls with -e trace=, helps",
            100.0 * lost as f64 / all,
            all / seconds,
            seen.lost
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_the_share_and_the_rate_and_not_too_often() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut pressure = Pressure::new(start);
        assert!(!pressure.due(at(100)) && pressure.due(at(250)));
        assert_eq!(pressure.look(at(1000), Throughput { read: 1000, lost: 0 }), None);
        let said = pressure.look(at(2000), Throughput { read: 1900, lost: 100 });
        let said = said.expect("something was lost");
        assert!(said.starts_with("losing events: 10.0 % of 1000 a second find no room, 100 so far"), "{said}");
        assert_eq!(pressure.look(at(2500), Throughput { read: 1950, lost: 150 }), None, "too soon");
        assert_eq!(pressure.look(at(9000), Throughput { read: 9000, lost: 150 }), None, "nothing new");
        assert!(pressure.look(at(9500), Throughput { read: 9000, lost: 151 }).is_some());
    }
}
