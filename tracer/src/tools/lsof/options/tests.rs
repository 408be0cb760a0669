//! Tables of command lines, and what they become.

use std::time::Duration;

use super::*;
use crate::spec::Color;
use crate::tools::lsof::request::{Ends, Family, Fields, FlagsColumn, Lsof, NamesAre, SizeColumn, SortKey, Source};

fn parsed(line: &str) -> Result<Lsof, String> {
    let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
    match parse("lsof", false, &args) {
        Ok(Asked::List(spec)) => Ok(*spec),
        Ok(other) => Err(format!("{other:?}")),
        Err(error) => Err(error.to_string()),
    }
}

fn check<T: std::fmt::Debug + PartialEq>(line: &str, get: impl Fn(Lsof) -> T, expected: T) {
    assert_eq!(parsed(line).map(get), Ok(expected), "{line}");
}

#[test]
fn options_bundle_behind_either_sign() {
    let flags = |s: Lsof| (s.show.numeric_hosts, s.show.numeric_ports, s.show.numeric_users, s.select.and);
    check("-nPl -p 1 -a", flags, (true, true, true, true));
    check("-naPp1", flags, (true, true, false, true));
    check("+n", flags, (false, false, false, false));
    check("-n +n", flags, (false, false, false, false));
    let links = |s: Lsof| (s.show.links, s.select.links_below, s.select.and);
    check("+L1", links, (true, Some(1), false));
    check("+L", links, (true, None, false));
    check("+aL1", links, (true, Some(1), true));
    check("+L 1", links, (true, Some(1), false));
    check("+L -p 1", links, (true, None, false));
    check("+L1n", |s| (s.select.links_below, s.show.numeric_hosts), (Some(1), false));
    check("-a -p1 -K", |s| s.select.tasks, Tasks::Select);
    check("-K i", |s| s.select.tasks, Tasks::Ignore);
    check("+E -p1", |s| s.show.ends, Ends::List);
    check("-E -p1", |s| s.show.ends, Ends::Tell);
    check("-o", |s| (s.show.size, s.show.offset_digits), (SizeColumn::Offset, 8));
    check("-o -o 4", |s| (s.show.size, s.show.offset_digits), (SizeColumn::Offset, 4));
    check("-oo10", |s| (s.show.size, s.show.offset_digits), (SizeColumn::Offset, 10));
    check("-o0n", |s| (s.show.offset_digits, s.show.numeric_hosts), (0, true));
    check("-s", |s| s.show.size, SizeColumn::Size);
    check("-T", |s| (s.show.state, s.show.queues), (false, false));
    check("-Tqs", |s| (s.show.state, s.show.queues), (true, true));
    check("-T q", |s| (s.show.state, s.show.queues), (false, true));
    check("+c 0", |s| s.show.command_width, 0);
    check("+c15", |s| s.show.command_width, 15);
    check("+c 3", |s| s.show.command_width, 7);
    check("-S 7", |s| s.collect.limit, Duration::from_secs(7));
    check("+w", |s| s.warn, true);
    check("-w", |s| s.warn, false);
    check("-t", |s| (s.warn, s.show.form), (false, Layout::Pids));
}

#[test]
fn values_stand_behind_or_next() {
    let ids = |s: Lsof| s.select.pids.iter().map(|p| (p.value, p.not)).collect::<Vec<_>>();
    check("-p 1,^2", ids, vec![(1, false), (2, true)]);
    check("-p1", ids, vec![(1, false)]);
    check("-p 1 -p 2 -p 1", ids, vec![(1, false), (2, false)]);
    check("-i", |s| s.select.inet, Some(Family::Any));
    check("-i -n", |s| (s.select.inet, s.show.numeric_hosts), (Some(Family::Any), true));
    check("-i4 -i6", |s| s.select.inet, Some(Family::Any));
    check("-i :80 -i tcp", |s| s.select.addresses.len(), 2);
    check("-i -- file", |s| (s.select.inet, s.select.names.len()), (Some(Family::Any), 1));
    check("-g", |s| (s.show.group, s.select.groups.len()), (true, 0));
    check("-g 1,2", |s| (s.show.group, s.select.groups.len()), (true, 2));
    check("-d cwd,1-3 -d fd", |s| s.select.fds.map(|l| l.items.len()), Some(3));
    check("-d ^1,^2", |s| s.select.fds.map(|l| l.not), Some(true));
    check("+d /tmp +D /var", |s| s.select.dirs.iter().map(|d| d.deep).collect::<Vec<_>>(), vec![false, true]);
    check("-c sh -c ^x -c /y/i", |s| (s.select.commands.len(), s.select.patterns.len()), (2, 1));
    check("-s tcp:listen,^close", |s| s.select.states.len(), 2);
    check("-x +D /tmp", |s| (s.select.cross_mounts, s.select.cross_links), (true, true));
    check("-xf +D /tmp", |s| (s.select.cross_mounts, s.select.cross_links), (true, false));
    check("-f -- /", |s| s.select.names_are, NamesAre::Files);
    check("+f -- /", |s| s.select.names_are, NamesAre::FileSystems);
    check("+fg", |s| s.show.flags, FlagsColumn::Names);
    check("+fG", |s| s.show.flags, FlagsColumn::Hex);
    check("a b", |s| s.select.names.len(), 2);
    check("-p1 a -n", |s| s.select.names.len(), 2);
}

#[test]
fn forms_of_output() {
    let form = |s: Lsof| match s.show.form {
        Layout::Table => "table".to_owned(),
        Layout::Pids => "pids".to_owned(),
        Layout::Fields { fields, nul } => format!("fields {} {nul}", letters(fields)),
        Layout::Json(fields) => format!("json {}", letters(fields)),
        Layout::JsonLines(fields) => format!("lines {}", letters(fields)),
    };
    fn letters(fields: Fields) -> String {
        Fields::LETTERS.chars().filter(|&c| fields.has(c as u8)).collect()
    }
    check("", form, "table".to_owned());
    check("-F", form, "fields acdDfGgiKkLlMmnopPRsSTtu false".to_owned());
    check("-F0", form, "fields acdDfGgiKkLlMmnopPRsSTtu true".to_owned());
    check("-F pcfn", form, "fields cfnp false".to_owned());
    check("-Fn0", form, "fields np0 true".to_owned());
    check("-F -n", form, "fields acdDfGgiKkLlMmnopPRsSTtu false".to_owned());
    check("-J", form, "json acdDfGgiKkLlMmnopPRsSTtu".to_owned());
    check("--json", form, "json acdDfGgiKkLlMmnopPRsSTtu".to_owned());
    check("-j -F pn", form, "lines np".to_owned());
    check("-t", form, "pids".to_owned());
    check("-r", |s| s.repeat.map(|r| (r.every, r.until_none, r.count)), Some((15, false, 0)));
    check("+r2", |s| s.repeat.map(|r| (r.every, r.until_none, r.count)), Some((2, true, 0)));
    check("-r 2c3", |s| s.repeat.map(|r| (r.every, r.until_none, r.count)), Some((2, false, 3)));
    check("-r1m%H", |s| s.repeat.and_then(|r| r.marker), Some("%H".to_owned()));
    check("--sort=size", |s| s.show.sort, Some(SortKey::Size));
    check("--source=proc --color=always", |s| (s.collect.source, s.show.color), (Source::Proc, Color::Always));
}

#[test]
fn what_is_wrong_is_said_in_lsofs_words() {
    for (line, expected) in [
        ("-p", "no process ID specified"),
        ("-p x", "illegal process ID: x"),
        ("-p 1,^1", "PID 1 has been included and excluded."),
        ("-g x", "illegal process group ID: x"),
        ("-u nosuchuser0", "can't get UID for nosuchuser0"),
        ("-u", "no UIDs specified"),
        ("-c", "missing -c option value"),
        ("-c 0123456789abcdefg", "length (17) > what system provides (15)"),
        ("-c /(/", "regular expression error"),
        ("-c /a", "invalid regular expression: /a"),
        ("+c x", "+c not followed by width number"),
        ("+c 16", "+c 16 > what system provides (15)"),
        ("-d", "no file descriptor specified"),
        ("-d 1,^2", "exclude in an include -d list: ^2"),
        ("-d 5-3", "-d FD range's low >= its high: 5-3"),
        ("-d -3", "no file descriptor specified"),
        ("-i :80x", "unacceptable port"),
        ("-s udp:idle", "no UDP state names available: udp:idle"),
        ("-s x:y", "unknown -s protocol: \"x:y\""),
        ("-s tcp:nosuch", "unknown TCP state name: nosuch"),
        ("-s tcp:listen,^listen", "can't include and exclude TCP state: LISTEN"),
        ("-o -s", "-o and -s are mutually exclusive"),
        ("-F -t", "-F and -t are mutually exclusive"),
        ("-J -j", "-J and -j are mutually exclusive"),
        ("-J -t", "-J and -t are mutually exclusive"),
        ("-a", "no select options to AND via -a"),
        ("-x", "-x must accompany +d or +D"),
        ("-Fq", "unknown field: q"),
        ("-y", "illegal option character: y"),
        ("-L1", "no number may follow -L"),
        ("-T w", "unsupported TCP/TPI info selection: w"),
        ("-K x", "-K not followed by i (but by x)"),
        ("+d", "+d not followed by a directory path"),
        ("-D x", "unsupported option: -D"),
        ("--nonsense", "illegal option: --nonsense"),
        ("--sort=x", "--sort is"),
    ] {
        let error = parsed(line).expect_err(line);
        assert!(error.contains(expected), "{line}: {error}");
    }
}

#[test]
fn codes_of_usage_errors_are_lsofs_under_its_name() {
    let args = [OsString::from("-y")];
    let code = |own| parse("lsof", own, &args).expect_err("wrong").code;
    assert_eq!((code(false), code(true)), (1, 2));
}

proptest::proptest! {
    #[test]
    fn any_words_are_read_or_refused(words: Vec<Vec<u8>>) {
        let args: Vec<OsString> = words.into_iter().map(OsString::from_vec).collect();
        let _ = parse("lsof", false, &args);
    }

    #[test]
    fn any_options_are_read_or_refused(words in proptest::collection::vec("[-+][a-zA-Z0-9:@^/,]{0,8}", 0..6)) {
        let args: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        let _ = parse("lsof", true, &args);
    }
}
