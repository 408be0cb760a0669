//! Counts of calls as rates: by what they are for, by call.

use crate::capture::Count;
use crate::capture::count::Histogram;
use crate::schema::types::class;
use crate::schema::{Abi, by_nr};

/// Calls in a second, by what they are for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    /// All of them.
    pub calls: f64,
    /// Those that failed.
    pub errors: f64,
    /// Those that name a file, or use a descriptor and are none of the network.
    pub files: f64,
    /// Those of the network.
    pub network: f64,
}

/// A call, as often as a process made it.
#[derive(Debug, Clone, PartialEq)]
pub struct Called {
    /// Its name.
    pub name: String,
    /// How often in a second.
    pub calls: f64,
    /// How often it failed in a second.
    pub errors: f64,
    /// Seconds spent in it in a second, by all threads: waiting included.
    pub time: f64,
    /// What half of the calls took at most, ns.
    pub half: u64,
    /// What 99 of 100 took at most, ns.
    pub most: u64,
}

impl Rates {
    /// What was counted in an interval.
    pub fn of(counts: &[Count], interval: f64) -> Rates {
        let mut rates = Rates::default();
        if interval <= 0.0 {
            return rates;
        }
        for count in counts {
            let class = by_nr(abi(count.compat), count.nr).map_or(0, |row| row.class);
            let calls = count.calls as f64 / interval;
            rates.calls += calls;
            rates.errors += count.errors as f64 / interval;
            if class & class::NET != 0 {
                rates.network += calls;
            } else if class & (class::FILE | class::DESC) != 0 {
                rates.files += calls;
            }
        }
        rates
    }
}

/// Each call, those that came most often first; and how long calls took.
pub fn called(counts: &[Count], interval: f64) -> (Vec<Called>, Histogram) {
    let mut times = Histogram::default();
    let mut list: Vec<Called> = Vec::new();
    for count in counts.iter().filter(|_| interval > 0.0) {
        for (sum, n) in times.0.iter_mut().zip(count.times.0) {
            *sum = sum.saturating_add(n);
        }
        let name =
            by_nr(abi(count.compat), count.nr).map_or_else(|| format!("call {}", count.nr), |row| row.name.into());
        list.push(Called {
            name,
            calls: count.calls as f64 / interval,
            errors: count.errors as f64 / interval,
            time: count.total as f64 / 1e9 / interval,
            half: count.percentile(50),
            most: count.percentile(99),
        });
    }
    list.sort_by(|a, b| b.calls.total_cmp(&a.calls).then_with(|| a.name.cmp(&b.name)));
    (list, times)
}

fn abi(compat: bool) -> Abi {
    if compat { Abi::I386 } else { Abi::NATIVE }
}
