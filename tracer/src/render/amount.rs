//! Sizes, times and sets of bits for people.

/// `45.1 MiB`
pub fn size(bytes: u64) -> String {
    const UNITS: &[&str] = &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// `3 d 4 h`, `12 min 3 s`, `4.25 s`
pub fn time(seconds: f64) -> String {
    let whole = seconds as u64;
    match whole {
        0..60 => format!("{seconds:.2} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        3600..86_400 => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{} d {} h", whole / 86_400, whole % 86_400 / 3600),
    }
}

/// Nanoseconds: `4.1 ms`, `1.25 s`, `12 min 3 s`
pub fn duration(ns: u64) -> String {
    if ns < 1_000_000_000 { format!("{:.1} ms", ns as f64 / 1e6) } else { time(ns as f64 / 1e9) }
}

/// A duration with three digits that count: `512ns`, `1.02us`, `131us`, `2.10ms`.
pub fn brief(ns: u64) -> String {
    let (n, unit) = match ns {
        0..1_000 => return format!("{ns}ns"),
        1_000..1_000_000 => (ns as f64 / 1e3, "us"),
        1_000_000..1_000_000_000 => (ns as f64 / 1e6, "ms"),
        _ => (ns as f64 / 1e9, "s"),
    };
    let digits = [2, 1, 0][usize::from(n >= 10.0) + usize::from(n >= 100.0)];
    format!("{n:.digits$}{unit}")
}

/// Names of the bits of a set of capabilities; `last`: the highest that there is.
pub fn capabilities(set: u64, last: u32) -> String {
    let all = if last >= 63 { u64::MAX } else { (1 << (last + 1)) - 1 };
    match set & all {
        0 => "none".to_owned(),
        some if some == all => "all".to_owned(),
        some if (all & !some).count_ones() < some.count_ones() => format!("all but {}", names(all & !some)),
        some => names(some),
    }
}

fn names(set: u64) -> String {
    capability_names(set).collect::<Vec<_>>().join(" ")
}

/// `CAP_CHOWN` and its like.
pub fn capability_names(set: u64) -> impl Iterator<Item = String> {
    (0..64u64).filter(move |bit| set & 1 << bit != 0).map(|bit| match crate::schema::creds::CAP.name_of(bit) {
        Some(name) => name.to_owned(),
        None => format!("CAP_{bit}"),
    })
}

/// Names of the flags of an open file, as open(2) has them, without how it is accessed.
pub fn open_flags(flags: u32) -> Vec<&'static str> {
    let known: &[(i32, &str)] = &[
        (libc::O_CREAT, "CREAT"),
        (libc::O_EXCL, "EXCL"),
        (libc::O_NOCTTY, "NOCTTY"),
        (libc::O_TRUNC, "TRUNC"),
        (libc::O_APPEND, "APPEND"),
        (libc::O_NONBLOCK, "NONBLOCK"),
        (libc::O_SYNC, "SYNC"),
        (libc::O_DSYNC, "DSYNC"),
        (libc::O_ASYNC, "ASYNC"),
        (libc::O_DIRECT, "DIRECT"),
        (libc::O_TMPFILE, "TMPFILE"),
        (libc::O_DIRECTORY, "DIRECTORY"),
        (libc::O_NOFOLLOW, "NOFOLLOW"),
        (libc::O_NOATIME, "NOATIME"),
        (libc::O_PATH, "PATH"),
        (libc::O_CLOEXEC, "CLOEXEC"),
    ];
    let mut left = flags;
    let mut names = Vec::new();
    // A flag that contains another goes first.
    let mut order: Vec<_> = known.iter().collect();
    order.sort_by_key(|(bits, _)| std::cmp::Reverse((*bits as u32).count_ones()));
    for (bits, name) in order {
        let bits = *bits as u32;
        if left & bits == bits {
            left &= !bits;
            names.push(*name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times() {
        for (bytes, expected) in [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (u64::MAX, "16.0 EiB")] {
            assert_eq!(size(bytes), expected);
        }
        for (seconds, expected) in
            [(4.25, "4.25 s"), (723.9, "12 min 3 s"), (7260.0, "2 h 1 min"), (273_600.0, "3 d 4 h")]
        {
            assert_eq!(time(seconds), expected);
        }
    }

    #[test]
    fn sets_of_capabilities() {
        for (set, last, expected) in [
            (0, 40, "none"),
            (0x1ff_ffff_ffff, 40, "all"),
            (u64::MAX, 63, "all"),
            (1 << 10 | 1 << 13, 40, "CAP_NET_BIND_SERVICE CAP_NET_RAW"),
            (0x1ff_ffff_ffff & !(1 << 21), 40, "all but CAP_SYS_ADMIN"),
        ] {
            assert_eq!(capabilities(set, last), expected);
        }
    }

    #[test]
    fn flags_of_files() {
        let flags = (libc::O_RDWR | libc::O_APPEND | libc::O_CLOEXEC) as u32;
        assert_eq!(open_flags(flags), ["APPEND", "CLOEXEC"]);
        assert_eq!(open_flags((libc::O_SYNC | libc::O_DIRECTORY) as u32), ["SYNC", "DIRECTORY"]);
        assert_eq!(open_flags(1), Vec::<&str>::new());
    }
}
