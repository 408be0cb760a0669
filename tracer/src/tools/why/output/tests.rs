//! The text is printable whatever others chose, and fits; JSON is as the schema describes it, and without control characters.

use std::sync::LazyLock;

use serde_json::Value as J;

use super::*;
use crate::capture::Count;
use crate::render::json::schema::valid;
use crate::tools::why::judge::causes::ROWS;
use crate::tools::why::judge::outcome::Verdict;
use crate::tools::why::judge::{Cause, Sure};
use crate::tools::why::report::{Report, Step, Story};
use crate::tools::why::scene::times::{KINDS, Kind, Place, Thread, Times, Waker};

static SCHEMA: LazyLock<J> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../../schema/why.schema.json")).expect("the schema is JSON")
});

/// What a terminal would obey, and what is no UTF-8.
const EVIL: &[u8] = b"a\x1b[2J\r\nb\x07\xff\xe2\x80\xae\xc2\x9b\x7fz";

fn step(tid: u32, role: Option<&'static str>, does: &str) -> Step {
    Step {
        tid,
        pid: 7,
        comm: EVIL.to_vec(),
        role,
        does: does.to_owned(),
        cause: Cause::Mutex,
        sure: Sure::Likely,
        state: b'S',
        age: Some(1.5),
        call: Some("futex(0x7f, FUTEX_WAIT_PRIVATE, 2, NULL)".into()),
        frames: vec![EVIL.to_vec()],
        evidence: vec!["its owner's number stands in it: 9".into()],
        others: vec![(3, EVIL.to_vec())],
    }
}

/// A circle of two, in which every string that others choose is evil.
fn evil() -> Report {
    let steps =
        vec![step(8, None, "waits for the mutex at 0x1"), step(9, Some("holds it"), "waits for the mutex at 0x2")];
    let story = Story {
        tids: vec![8],
        verdict: Verdict::Stuck,
        cause: Cause::Mutex,
        sure: Sure::Certain,
        culprits: vec![0, 1],
        circle: Some(0),
        closes: Some("holds it"),
        steps,
    };
    let others = Story { tids: (10..40).collect(), circle: None, verdict: Verdict::Idle, ..story.clone() };
    Report {
        pid: 7,
        comm: EVIL.to_vec(),
        verdict: Verdict::Stuck,
        conclusion:
            "stuck in a deadlock: thread 8 waits for the mutex at 0x1; thread 9 holds it and waits for the mutex at 0x2"
                .into(),
        stories: vec![story, others],
        threads: 33,
        missing: vec![("sockets".into(), "Permission denied".into())],
        times: Some(times()),
        findings: vec![
            "it is CPU bound: thread 7 (a) ran 99.9 % of the time, 78 % of that in the kernel, which is most".into(),
        ],
        ..Report::default()
    }
}

/// Threads that did something of every kind.
fn times() -> Times {
    let mut count = Count::default();
    [1, 1500, 2_000_000, 3_000_000_000].into_iter().for_each(|ns| count.take(ns, ns == 1));
    let waits = |kind: Kind| {
        let object = Some("5 (/var/lib/some/where/that/has/a/long/name/and/so/no/place/on/the/line)".to_owned());
        let call = Some("clock_nanosleep".to_owned());
        Place { kind, call, object, word: 0, is_lock: None, count }
    };
    let thread = |tid: u32| Thread {
        tid,
        comm: EVIL.to_vec(),
        ended: tid == 9,
        runs: 1_000_000_000,
        ready: 2_000_000,
        taken: 3,
        waits: KINDS.iter().map(|row| waits(row.kind)).collect(),
        wakers: vec![Waker { by: None, times: 4 }, Waker { by: Some((1, EVIL.to_vec())), times: 3 }],
    };
    let calls = vec![("read".to_owned(), count), ("write".to_owned(), Count::default())];
    Times { time: 5_000_000_000, threads: (7..30).map(thread).collect(), calls, cpu: Some((1.0, 2.0)) }
}

#[test]
fn the_schema_has_every_kind_of_waiting() {
    let place = "/properties/times/properties/threads/items/properties/waits/items/properties/kind/enum";
    let listed = SCHEMA.pointer(place).and_then(J::as_array).expect("a list");
    let words: Vec<&str> = KINDS.iter().map(|row| row.word).collect();
    assert_eq!(listed.iter().map(|word| word.as_str().unwrap_or_default()).collect::<Vec<_>>(), words);
}

#[test]
fn where_the_time_went_is_a_table() {
    let mut times = times();
    times.threads.truncate(1);
    let thread = &mut times.threads[0];
    (thread.comm, thread.wakers) = (b"sh".to_vec(), vec![Waker { by: None, times: 1 }]);
    thread.waits.retain(|place| place.kind == Kind::File);
    thread.waits[0].object = Some("5 (/a)".to_owned());
    let report = Report { times: Some(times), findings: vec!["it is slow".to_owned()], ..Report::default() };
    let expected = "
Where the time went, in 5.00 s; CPU 1.00 s in its program, 2.00 s in the kernel
  it is slow

  Shares of each thread's time, in percent
       TID NAME             RUNS READY  FILE
         7 sh               25.0   0.0  75.0

  Waited for the longest, all threads together
     TOTAL     TIMES     P50     P99 LONGEST  WHERE
     3.00s         4  2.05us   3.00s   3.00s  clock_nanosleep on 5 (/a)
  Woken by: timers, devices, the kernel, 1 times

  Calls that ended meanwhile, all threads together
     TOTAL     TIMES     P50     P99 LONGEST  CALL
     3.00s         4  2.05us   3.00s   3.00s  read, 1 failed
       0ns         0     0ns     0ns     0ns  write
";
    let text = written(&report, Look::default());
    assert_eq!(text.split_once('\n').map(|(_, rest)| rest).unwrap_or_default(), expected, "{text}");
}

fn written(report: &Report, look: Look) -> String {
    let mut out = Vec::new();
    text(report, look, &mut out);
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn text_is_printable_and_fits() {
    let colours = regex::Regex::new("\x1b\\[[0-9;]*m").expect("a pattern");
    for report in [evil(), Report::default()] {
        let text = written(&report, Look::default());
        assert!(text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n')), "{text}");
        // Names of others are not cut, and may be long.
        assert!(text.lines().filter(|line| !line.contains("\\33")).all(|line| line.len() <= 80), "{text}");
        let colored = written(&report, Look { color: true, utf8: false });
        assert_eq!(colours.replace_all(&colored, ""), text);
        // With lines for its branches it says the same.
        let drawn = written(&report, Look { color: false, utf8: true });
        assert_eq!(drawn.replace("\u{2514}\u{2500} ", "`- "), text);
    }
}

#[test]
fn the_conclusion_comes_first_then_the_chain() {
    let report = Report { stories: vec![evil().stories.remove(0)], missing: Vec::new(), times: None, ..evil() };
    let plain = |text: &[u8]| text.to_vec();
    let mut report = Report { comm: plain(b"sh"), threads: 2, ..report };
    for step in &mut report.stories[0].steps {
        (step.comm, step.others, step.frames, step.sure) = (plain(b"sh"), Vec::new(), Vec::new(), Sure::Certain);
    }
    let expected = "\
7 (sh): stuck in a deadlock: thread 8 waits for the mutex at 0x1; thread 9 holds
  it and waits for the mutex at 0x2

8 sh  waits for the mutex at 0x1
`- 9 sh  holds it and waits for the mutex at 0x2
   `- 8 holds it: the circle is closed

Evidence
  8  futex(0x7f, FUTEX_WAIT_PRIVATE, 2, NULL), for 1.50 s
     its owner's number stands in it: 9
  9  futex(0x7f, FUTEX_WAIT_PRIVATE, 2, NULL), for 1.50 s
     its owner's number stands in it: 9
";
    assert_eq!(written(&report, Look::default()), expected);
}

#[test]
fn json_is_what_the_schema_says() {
    for report in [evil(), Report::default()] {
        let mut out = Vec::new();
        json(&report, &mut out);
        let text = std::str::from_utf8(&out).expect("UTF-8");
        let line = text.strip_suffix('\n').expect("one line");
        assert!(line.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{text}");
        let object: J = serde_json::from_str(text).expect("JSON");
        if let Err(why) = valid(&SCHEMA, &SCHEMA, &object) {
            panic!("{why}\n{text}");
        }
    }
}

#[test]
fn the_schema_has_every_cause() {
    let words: Vec<&str> = ROWS.iter().map(|row| row.1).collect();
    for place in ["/properties/cause/enum", "/$defs/step/properties/cause/enum"] {
        let listed = SCHEMA.pointer(place).and_then(J::as_array).expect("a list");
        assert_eq!(listed.iter().map(|word| word.as_str().unwrap_or_default()).collect::<Vec<_>>(), words, "{place}");
    }
}
