//! Medians, spreads, and ratios of pairs.
//!
//! A traced run is only ever compared with the untraced run beside it: a machine that is slow this minute is slow for both. The
//! median of the ratios, not the ratio of the medians, is what a row says; the spread is shown with it, not an error estimate
//! that would take samples for independent.

/// A median with the least and the greatest value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The middle value; of an even number of values the mean of the two in the middle.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

/// One traced run and the untraced one beside it: nanoseconds an operation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Which round it belongs to.
    pub round: usize,
    /// Without a tracer.
    pub base: f64,
    /// With it.
    pub traced: f64,
}

impl Pair {
    /// How many times as long it takes with the tracer.
    pub fn ratio(&self) -> f64 {
        self.traced / self.base
    }
}

/// Median and spread; `None` of nothing. What is no number is left out.
pub fn spread(values: impl IntoIterator<Item = f64>) -> Option<Spread> {
    let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let (min, max) = (*values.first()?, *values.last()?);
    let middle = values.len() / 2;
    let median = if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) };
    Some(Spread { median, min, max })
}

/// The spread of traced to untraced.
pub fn ratio(pairs: &[Pair]) -> Option<Spread> {
    spread(pairs.iter().map(Pair::ratio))
}

/// The spread of what tracing adds to an operation, in nanoseconds.
pub fn added(pairs: &[Pair]) -> Option<Spread> {
    spread(pairs.iter().map(|pair| pair.traced - pair.base))
}

/// How long it takes beside another tracer, round by round: each side as a multiple of its own untraced run.
pub fn beside(pairs: &[Pair], other: &[Pair]) -> Option<f64> {
    let both = pairs.iter().filter_map(|pair| {
        let twin = other.iter().find(|twin| twin.round == pair.round)?;
        Some(pair.ratio() / twin.ratio())
    });
    spread(both).map(|spread| spread.median)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_spreads() {
        let check = |values: &[f64], expected: Option<(f64, f64, f64)>| {
            let found = spread(values.iter().copied()).map(|s| (s.median, s.min, s.max));
            assert_eq!(found, expected, "{values:?}");
        };
        check(&[], None);
        check(&[f64::NAN, f64::INFINITY], None);
        check(&[2.0], Some((2.0, 2.0, 2.0)));
        check(&[9.0, 1.0, 2.0], Some((2.0, 1.0, 9.0)));
        check(&[4.0, 1.0, 3.0, 100.0], Some((3.5, 1.0, 100.0)));
        check(&[4.0, f64::NAN, 6.0], Some((5.0, 4.0, 6.0)));
    }

    fn pair(round: usize, base: f64, traced: f64) -> Pair {
        Pair { round, base, traced }
    }

    #[test]
    fn ratios_are_of_pairs() {
        // A machine that is three times as slow in the last round; the ratio of medians would be 300/200.
        let pairs = [pair(0, 100.0, 200.0), pair(1, 200.0, 300.0), pair(2, 600.0, 1200.0)];
        assert_eq!(ratio(&pairs).map(|s| (s.median, s.min, s.max)), Some((2.0, 1.5, 2.0)));
        assert_eq!(added(&pairs).map(|s| (s.median, s.min, s.max)), Some((100.0, 100.0, 600.0)));
        assert_eq!(ratio(&[]), None);
        assert_eq!(ratio(&[pair(0, 0.0, 1.0)]), None, "nothing took no time");
    }

    #[test]
    fn tracers_are_compared_within_a_round() {
        let ours = [pair(0, 100.0, 200.0), pair(1, 100.0, 400.0), pair(2, 100.0, 900.0)];
        let other = [pair(0, 100.0, 100.0), pair(2, 300.0, 900.0)];
        // Round 0: 2/1; round 2: 9/3; round 1 has no twin.
        assert_eq!(beside(&ours, &other), Some(2.5));
        assert_eq!(beside(&ours, &[]), None);
    }
}
