//! What the measured programs and the tracers print, read. Everything here is text in, numbers out; a text that has not the
//! expected form is `None`, which its caller reports as a failed run.

/// What was not recorded, by a tracer's own account.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// Events that are not shown.
    pub events: u64,
    /// Details that are missing in events that are shown, and times at which the tracer saw nothing.
    pub other: u64,
}

/// `ops N seconds S`, as load.c prints it: operations and seconds.
pub fn load(text: &str) -> Option<(u64, f64)> {
    let line = text.lines().rev().find(|line| line.starts_with("ops "))?;
    let mut words = line.split(' ');
    let (ops, seconds) = (words.nth(1)?.parse().ok()?, words.nth(1)?.parse().ok()?);
    Some((ops, seconds))
}

/// The seconds in dd's last line: `1000 bytes (1.0 kB) copied, 0.00248236 s, 403 kB/s`.
pub fn dd(text: &str) -> Option<f64> {
    let line = text.lines().rev().find(|line| line.contains(" copied, "))?;
    line.split(" copied, ").nth(1)?.split(" s,").next()?.parse().ok()
}

/// wrk's requests, and the seconds that one took.
pub fn wrk(text: &str) -> Option<(u64, f64)> {
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return None;
    }
    let requests = text.lines().find_map(|line| line.trim().split_once(" requests in "))?.0.parse().ok()?;
    let rate: f64 = text.lines().find_map(|line| line.strip_prefix("Requests/sec:"))?.trim().parse().ok()?;
    (rate > 0.0).then(|| (requests, 1.0 / rate))
}

/// The seconds that a request took, the mean over the tests, of `redis-benchmark --csv`.
pub fn redis(text: &str) -> Option<f64> {
    let rates: Vec<f64> = text
        .lines()
        .filter_map(|line| line.split(',').nth(1)?.trim_matches('"').parse().ok())
        .filter(|rate| *rate > 0.0)
        .collect();
    (!rates.is_empty()).then(|| rates.iter().map(|rate| 1.0 / rate).sum::<f64>() / rates.len() as f64)
}

/// The number of calls in a row of a `-c` table; `total` is a row too. A call without a row was not made.
pub fn table_calls(table: &str, name: &str) -> Option<u64> {
    if !table.contains("calls") {
        return None;
    }
    let row =
        table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).find(|row| row.last() == Some(&name));
    match row {
        None => Some(0),
        Some(row) => row.get(3)?.parse().ok(),
    }
}

/// tracer's line on stderr: `tracer: incomplete: 1200 events lost (1200 ring_full), 34 details missing (...); for ...`.
pub fn lost_line(stderr: &str) -> Lost {
    let mut lost = Lost::default();
    for line in stderr.lines() {
        let Some((_, rest)) = line.split_once(": incomplete: ") else { continue };
        let counts = rest.split("; for ").next().unwrap_or_default();
        for part in counts.split("), ") {
            let mut words = part.split(' ');
            let (Some(Ok(count)), Some(what)) = (words.next().map(str::parse::<u64>), words.next()) else { continue };
            if what.starts_with("event") {
                lost.events += count;
            } else {
                lost.other += count;
            }
        }
    }
    lost
}

/// The reasons that take whole events away, by their names in JSON.
const EVENT_REASONS: [&str; 7] = [
    "ring_full",
    "lifecycle_ring_full",
    "program_not_run",
    "queue_full",
    "output_not_written",
    "end_not_seen",
    "signal_lost",
];

/// tracer's last JSON object: `{..."lost":{"ring_full":0,...},...}`. `None` when it is not there: the output is cut off.
pub fn lost_json(line: &str) -> Option<Lost> {
    let inside = line.split_once("\"lost\":{")?.1.split('}').next()?;
    let mut lost = Lost::default();
    for entry in inside.split(',') {
        let (name, count) = entry.split_once(':')?;
        let count: u64 = count.parse().ok()?;
        if EVENT_REASONS.contains(&name.trim_matches('"')) {
            lost.events += count;
        } else {
            lost.other += count;
        }
    }
    Some(lost)
}

/// The sum of what perf trace (`LOST 12 events!`) or bpftrace (`Lost 12 events`) says in these lines.
pub fn lost_events(lines: &str) -> u64 {
    let count = |line: &str| {
        let at = line.find("LOST ").or_else(|| line.find("Lost "))?;
        let mut words = line[at..].split(' ').skip(1);
        let count: u64 = words.next()?.parse().ok()?;
        words.next()?.starts_with("events").then_some(count)
    };
    lines.lines().filter_map(count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_are_read() {
        assert_eq!(load("noise\nops 1000 seconds 0.250000000\n"), Some((1000, 0.25)));
        assert_eq!(load("ops 1000\n"), None);
        assert_eq!(load(""), None);
        let text =
            "1000+0 records in\n1000+0 records out\n1000 bytes (1.0 kB, 1000 B) copied, 0.00248236 s, 403 kB/s\n";
        assert_eq!(dd(text), Some(0.002_482_36));
        assert_eq!(dd("3 bytes copied, 0.0004 s, 6.9 kB/s"), Some(0.0004));
        assert_eq!(dd("dd: failed to open"), None);
    }

    #[test]
    fn servers_loads_are_read() {
        let text =
            "Running 1s test\n  100 requests in 1.00s, 18.18MB read\nRequests/sec:    200.00\nTransfer/sec: 18MB\n";
        assert_eq!(wrk(text), Some((100, 0.005)));
        assert_eq!(wrk(&text.replace("Running", "Socket errors: connect 1")), None, "errors are no requests");
        assert_eq!(wrk("unable to connect"), None);
        let text = "\"test\",\"rps\",\"avg_latency_ms\"\n\"SET\",\"100.00\",\"0.2\"\n\"GET\",\"200.00\",\"0.2\"\n";
        assert_eq!(redis(text), Some(0.0075));
        assert_eq!(redis("Could not connect"), None);
    }

    #[test]
    fn tables_are_read() {
        let table = "\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 28.91    0.000318         317         1           execve
 16.07    0.000177           5        35        16 openat
------ ----------- ----------- --------- --------- ----------------
100.00    0.001100           1      2126        20 total
";
        assert_eq!(table_calls(table, "execve"), Some(1));
        assert_eq!(table_calls(table, "openat"), Some(35));
        assert_eq!(table_calls(table, "total"), Some(2126));
        assert_eq!(table_calls(table, "getppid"), Some(0));
        assert_eq!(table_calls("", "getppid"), None, "no table at all");
    }

    #[test]
    fn losses_are_read() {
        let check =
            |stderr: &str, events: u64, other: u64| assert_eq!(lost_line(stderr), Lost { events, other }, "{stderr}");
        check("", 0, 0);
        check("tracer: Process 7 attached\n", 0, 0);
        check("tracer: incomplete: 1 event lost (1 end_not_seen)\n", 1, 0);
        check(
            "x\ntracer: incomplete: 1205 events lost (1200 ring_full, 5 signal_lost), 34 details missing (34 blob_faulted), \
             1 blind spot (1 source_silent); for ring_full: a larger --ring-size, or fewer calls with -e trace=\n",
            1205,
            35,
        );
        let line =
            r#"{"v":1,"type":"summary","calls":3,"lost":{"ring_full":7,"queue_full":1,"blob_cut":2},"lost_total":10}"#;
        assert_eq!(lost_json(line), Some(Lost { events: 8, other: 2 }));
        assert_eq!(lost_json(r#"{"v":1,"type":"call"}"#), None);
        assert_eq!(lost_events("\u{1b}[31mLOST 12 events!\nx\nLost 30 events\nLOST in space\n"), 42);
        assert_eq!(lost_events(""), 0);
    }
}
