//! The table against strace's form, and against strace itself.

use super::*;

const DEFAULT: &[Column] =
    &[Column::TimePercent, Column::TimeTotal, Column::TimeAvg, Column::Calls, Column::Errors, Column::Name];

fn count(nr: u32, calls: u64, errors: u64, total: u64, min: u64, max: u64) -> Count {
    Count { nr, calls, errors, total, min, max, ..Count::default() }
}

/// read is 0, write 1, openat 257 and nanosleep 35 on x86_64; getppid 110.
fn sample() -> Summary {
    let nr = |name| u32::from(crate::schema::by_name(name).unwrap().nr[Abi::NATIVE as usize]);
    let mut summary = Summary::default();
    summary.add(&count(nr("nanosleep"), 1, 0, 1_200_244_000, 1_200_244_000, 1_200_244_000));
    summary.add(&count(nr("openat"), 2, 1, 81_900, 40_000, 41_900));
    summary.add(&count(nr("read"), 20, 0, 797_000, 39_000, 60_000));
    summary.add(&count(nr("write"), 4, 0, 0, 0, 0));
    summary
}

fn asked(columns: &[Column], sort: Option<Column>) -> spec::Summary {
    spec::Summary { columns: columns.to_vec(), sort, wall: true, by_process: false, histogram: false, json: false }
}

fn check(summary: &Summary, columns: &[Column], sort: Option<Column>, expected: &str) {
    let mut out = Vec::new();
    summary.render(&asked(columns, sort), &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), expected.strip_prefix('\n').unwrap_or(expected));
}

#[test]
fn looks_like_strace() {
    check(
        &sample(),
        DEFAULT,
        Some(Column::TimePercent),
        "
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 99.93    1.200244     1200244         1           nanosleep
  0.07    0.000797          39        20           read
  0.01    0.000082          40         2         1 openat
  0.00    0.000000           0         4           write
------ ----------- ----------- --------- --------- ----------------
100.00    1.201123       44486        27         1 total
",
    );
    check(
        &sample(),
        &[Column::Name, Column::TimeMax, Column::TimeMin, Column::Calls, Column::Errors],
        Some(Column::Calls),
        "
syscall           longest shortest     calls    errors
---------------- -------- -------- --------- ---------
read             0.000060 0.000039        20          
write            0.000000 0.000000         4          
openat           0.000042 0.000040         2         1
nanosleep        1.200244 1.200244         1          
---------------- -------- -------- --------- ---------
total            1.200244 0.000000        27         1
",
    );
    check(
        &sample(),
        &[Column::Calls, Column::Errors],
        Some(Column::Name),
        "
    calls    errors syscall
--------- --------- ----------------
        1           nanosleep
        2         1 openat
       20           read
        4           write
--------- --------- ----------------
       27         1 total
",
    );
}

#[test]
fn wide_numbers_and_names_widen_their_columns() {
    let mut summary = Summary::default();
    summary.add(&count(0x1ff, 12_345_678_901, 1_234_567_890_123, 123_456_000_000_000, 1, 12_345_000_000_000));
    check(
        &summary,
        &[Column::TimeTotal, Column::TimeMax, Column::TimeMin, Column::Calls, Column::Errors],
        None,
        "
      seconds      longest shortest       calls        errors syscall
------------- ------------ -------- ----------- ------------- ----------------
123456.000000 12345.000000 0.000000 12345678901 1234567890123 syscall_0x1ff
------------- ------------ -------- ----------- ------------- ----------------
123456.000000 12345.000000 0.000000 12345678901 1234567890123 total
",
    );
}

#[test]
fn nothing_counted_is_no_table_and_32_bit_calls_have_their_own() {
    check(&Summary::default(), DEFAULT, None, "");
    let mut summary = Summary::default();
    summary.add(&Count { compat: true, nr: 0x1ff, calls: 1, ..Count::default() });
    check(
        &summary,
        &[Column::Calls],
        None,
        "
System call usage summary for 32 bit mode:
    calls syscall
--------- ----------------
        1 syscall_0x1ff
--------- ----------------
        1 total
",
    );
}

#[test]
fn counts_add_up() {
    let mut summary = Summary::default();
    summary.add(&count(0x1ff, 1, 0, 10, 10, 10));
    summary.add(&count(0x1ff, 2, 1, 50, 5, 45));
    summary.add(&count(0x1d4, 0, 0, 0, 0, 0));
    let entries: Vec<_> = summary.sections(None).into_iter().flat_map(|section| section.entries).collect();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].count, count(0x1ff, 3, 1, 60, 5, 45));
}

/// A count of calls that took this long each.
fn timed(nr: u32, times: &[u64]) -> Count {
    let mut count = Count::none(false, nr);
    times.iter().for_each(|&ns| count.take(ns, false));
    count
}

#[test]
fn percentiles_are_columns_and_keys() {
    let mut summary = Summary::default();
    summary.add(&timed(0, &[200, 200, 200, 200, 200, 200, 200, 200, 200, 2_000_000_000]));
    summary.add(&timed(1, &[300, 300]));
    check(
        &summary,
        &[Column::TimeP50, Column::TimeP90, Column::TimeP99, Column::Calls, Column::Name],
        Some(Column::TimeP50),
        "
        p50         p90         p99     calls syscall
----------- ----------- ----------- --------- ----------------
0.000000300 0.000000300 0.000000300         2 write
0.000000230 0.000000255 2.000000000        10 read
----------- ----------- ----------- --------- ----------------
0.000000236 0.000000511 2.000000000        12 total
",
    );
    check(
        &summary,
        &[Column::Calls],
        Some(Column::TimeP99),
        "
    calls syscall
--------- ----------------
       10 read
        2 write
--------- ----------------
       12 total
",
    );
}

/// Two processes, of which one made 32-bit calls too, and whose names are no words.
fn processes() -> Summary {
    let mut summary = Summary::new(true);
    let compat = Count { compat: true, nr: 0x1ff, ..timed(0, &[300]) };
    for (process, count) in [(7, timed(0, &[100])), (7, timed(1, &[200])), (8, timed(0, &[500, 500])), (8, compat)] {
        summary.add(&count);
        summary.add_of(process, &count);
    }
    summary.name(8, b"a>\x1b");
    summary
}

#[test]
fn each_process_has_a_table() {
    check(
        &processes(),
        &[Column::Calls],
        Some(Column::Calls),
        "
    calls syscall
--------- ----------------
        3 read
        1 write
--------- ----------------
        4 total
System call usage summary for 32 bit mode:
    calls syscall
--------- ----------------
        1 syscall_0x1ff
--------- ----------------
        1 total

Process 8<a\\76\\33>:
    calls syscall
--------- ----------------
        2 read
--------- ----------------
        2 total
System call usage summary for 32 bit mode:
    calls syscall
--------- ----------------
        1 syscall_0x1ff
--------- ----------------
        1 total

Process 7:
    calls syscall
--------- ----------------
        1 read
        1 write
--------- ----------------
        2 total
",
    );
    let order = |sort| processes().sections(sort).iter().filter_map(|s| s.process).map(|p| p.0).collect::<Vec<_>>();
    assert_eq!(order(None), [7, 8, 8], "by id");
    assert_eq!(order(Some(Column::Name)), [7, 8, 8], "by name");
    assert_eq!(order(Some(Column::TimeTotal)), [8, 8, 7]);
}

#[test]
fn histograms_stand_below_their_table() {
    let mut summary = Summary::default();
    summary.add(&timed(0, &[100]));
    summary.add(&timed(1, &[200, 300, 300]));
    let mut out = Vec::new();
    let asked = spec::Summary { histogram: true, ..asked(&[Column::Calls], Some(Column::Calls)) };
    summary.render(&asked, &mut out);
    let expected = "    calls syscall
--------- ----------------
        3 write
        1 read
--------- ----------------
        4 total

write: 3 calls, p50 278ns, p90 300ns, p99 300ns
  [128ns, 256ns)               1 |@@@@@@@@@@@@@@@@@@@@@@                      |
  [256ns, 512ns)               2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|

read: 1 call, p50 100ns, p90 100ns, p99 100ns
  [64ns, 128ns)                1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

/// The table strace itself prints, read back and rendered by us, is the same but for digits that
/// strace did not show us.
#[test]
fn agrees_with_the_installed_strace() {
    let cases: &[(&str, &[Column], &str, Option<Column>)] = &[
        (
            "time-percent,total-time,calls,errors,name",
            &[Column::TimePercent, Column::TimeTotal, Column::Calls, Column::Errors, Column::Name],
            "none",
            None,
        ),
        ("name,calls,errors", &[Column::Name, Column::Calls, Column::Errors], "calls", Some(Column::Calls)),
        ("calls,name,errors", &[Column::Calls, Column::Name, Column::Errors], "name", Some(Column::Name)),
        ("errors,calls", &[Column::Errors, Column::Calls], "errors", Some(Column::Errors)),
        (
            "max-time,min-time,total-time,calls,errors,name",
            &[Column::TimeMax, Column::TimeMin, Column::TimeTotal, Column::Calls, Column::Errors, Column::Name],
            "none",
            None,
        ),
    ];
    for &(columns, ours, key, sort) in cases {
        let run = std::process::Command::new("strace")
            .args(["-cwqq", "-U", columns, "-S", key, "cat", "/dev/null", "/"])
            .output();
        let Ok(run) = run else {
            eprintln!("skipped: no strace here");
            return;
        };
        let text = String::from_utf8(run.stderr).unwrap();
        let table: String = text.lines().skip_while(|l| !l.contains("syscall")).flat_map(|l| [l, "\n"]).collect();
        let mut summary = Summary::default();
        for line in table.lines().skip(2).take_while(|l| !l.starts_with('-')) {
            // `errors` may be blank: columns are told apart by where they stand.
            let divider = table.lines().nth(1).unwrap();
            let mut count = count(0, 0, 0, 0, 0, 0);
            let mut at = 0;
            for (i, dashes) in divider.split(' ').enumerate() {
                let last = divider.len() == at + dashes.len();
                let cell = if last { &line[at..] } else { &line[at..at + dashes.len()] }.trim();
                let ns = || (cell.parse::<f64>().unwrap() * 1e9).round() as u64;
                match ours.get(i).unwrap_or(&Column::Name) {
                    Column::TimePercent | Column::TimeAvg | Column::TimeP50 | Column::TimeP90 | Column::TimeP99 => {}
                    Column::TimeTotal => count.total = ns(),
                    Column::TimeMin => count.min = ns(),
                    Column::TimeMax => count.max = ns(),
                    Column::Calls => count.calls = cell.parse().unwrap(),
                    Column::Errors => count.errors = if cell.is_empty() { 0 } else { cell.parse().unwrap() },
                    Column::Name => match crate::schema::by_name(cell) {
                        Some(row) => count.nr = row.nr[Abi::NATIVE as usize].into(),
                        None => count.nr = 1000 + summary.all.counts[0].len() as u32,
                    },
                }
                if let Some(Column::Name) | None = ours.get(i) {
                    let name = Cow::Owned(cell.to_owned());
                    summary.all.counts[0].insert(count.nr, Entry { name, count, function: false });
                }
                at += dashes.len() + 1;
            }
            // What stands behind the name was read after the line was made.
            summary.all.counts[0].get_mut(&count.nr).unwrap().count = count;
        }
        let mut out = Vec::new();
        summary.render(&asked(ours, sort), &mut out);
        let sorted = |text: &str| {
            // Order among equals is by number, which rows that are not there yet do not have here.
            let mut lines: Vec<String> = text.lines().map(mask).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&String::from_utf8(out).unwrap()), sorted(&table), "-U {columns} -S {key}");
    }
}

/// Digits of times as `0`: strace rounds what we have rounded already.
fn mask(line: &str) -> String {
    let time = |word: &str| word.contains('.');
    line.split(' ')
        .map(|w| if time(w) { w.replace(|c: char| c.is_ascii_digit(), "0") } else { w.to_owned() })
        .collect::<Vec<_>>()
        .join(" ")
}
