//! Where the time went: what follows from it, each thread's share of everything, what was waited for the longest, which calls took most. As
//! text of 80 columns, and as a member of the object of JSON.

use super::text::Page;
use crate::capture::Count;
use crate::render::amount::{brief, duration};
use crate::render::escape::Color;
use crate::render::json::object::Object;
use crate::tools::why::judge::link::name;
use crate::tools::why::scene::times::{KINDS, Place, Row, Thread, Times};

/// Threads, places and calls that are told in text.
const THREADS: usize = 12;
const PLACES: usize = 8;
const CALLS: usize = 8;
/// Columns of what was counted.
const HEADS: &str = "   TOTAL     TIMES     P50     P99 LONGEST";
/// Kinds of waiting that have a column.
const COLUMNS: usize = 7;
/// Columns of a thread's name.
const NAME: usize = 15;
/// The share from which on a column is worth its place: what would round to 0.1 %.
const SHOWN: f64 = 0.0005;

impl Page<'_> {
    /// The section of a process whose time was counted.
    pub(super) fn times(&mut self, times: &Times, findings: &[String]) {
        let cpu = times.cpu.map_or(String::new(), |(user, system)| {
            format!("; CPU {user:.2} s in its program, {system:.2} s in the kernel")
        });
        let head = format!("Where the time went, in {}{cpu}", duration(times.time));
        self.wrapped(0, &head, Some(Color::Title));
        for finding in findings {
            self.wrapped(2, finding, None);
        }
        self.threads(times);
        self.places(times);
        self.calls(times);
    }

    fn threads(&mut self, times: &Times) {
        let worth = |of: &dyn Fn(&Thread) -> u64| {
            times.threads.iter().any(|thread| of(thread) as f64 >= SHOWN * thread.lived().max(1) as f64)
        };
        let mut rows: Vec<&Row> = KINDS.iter().filter(|row| worth(&|thread| thread.waited(row.kind))).collect();
        let whole = rows.len() <= COLUMNS;
        if !whole {
            // Those that most time went to, in their order.
            let total = |row: &&Row| times.threads.iter().map(|thread| thread.waited(row.kind)).sum::<u64>();
            rows.sort_by_key(|row| std::cmp::Reverse(total(row)));
            rows.truncate(COLUMNS - 1);
            rows.sort_by_key(|row| row.kind);
        }
        self.blank();
        let mut heads: String = rows.iter().map(|row| format!(" {:>5}", row.head)).collect();
        heads.push_str(if whole { "" } else { "  REST" });
        self.wrapped(2, "Shares of each thread's time, in percent", Some(Color::Dim));
        self.wrapped(2, &format!("{:>8} {:NAME$}  RUNS READY{heads}", "TID", "NAME"), Some(Color::Dim));
        for thread in times.threads.iter().take(THREADS) {
            let lived = thread.lived().max(1) as f64;
            let share = |part: u64| 100.0 * part as f64 / lived;
            let mut waits: String =
                rows.iter().map(|row| format!(" {:>5.1}", share(thread.waited(row.kind)))).collect();
            if !whole {
                let told: u64 = rows.iter().map(|row| thread.waited(row.kind)).sum();
                waits += &format!(" {:>5.1}", share(thread.lived() - thread.runs - thread.ready - told));
            }
            let comm: String = match thread.comm.is_empty() {
                true => "(ended)".to_owned(),
                false => name(&thread.comm).chars().take(NAME).collect(),
            };
            let line = format!(
                "{:>8} {comm:NAME$} {:>5.1} {:>5.1}{waits}",
                thread.tid,
                share(thread.runs),
                share(thread.ready)
            );
            self.wrapped(2, &line, None);
        }
        if times.threads.len() > THREADS {
            let more = times.threads.len() - THREADS;
            self.wrapped(2, &format!("{more} more threads, less busy than these: --json has them all"), None);
        }
    }

    fn places(&mut self, times: &Times) {
        let places = times.places();
        if places.is_empty() {
            return;
        }
        self.blank();
        self.wrapped(2, "Waited for the longest, all threads together", Some(Color::Dim));
        self.wrapped(2, &format!("{HEADS}  WHERE"), Some(Color::Dim));
        for (place, threads) in places.iter().take(PLACES) {
            let many = if *threads > 1 { format!(" ({threads} threads)") } else { String::new() };
            self.wrapped(2, &format!("{}  {}{many}", numbers_of(&place.count), said(place)), None);
        }
        let mut wakers: Vec<(String, u64)> = Vec::new();
        for waker in times.threads.iter().flat_map(|thread| &thread.wakers) {
            let who = waker.by.as_ref().map_or("timers, devices, the kernel".to_owned(), |(pid, comm)| {
                match comm.is_empty() {
                    true => pid.to_string(),
                    false => format!("{pid} ({})", name(comm)),
                }
            });
            match wakers.iter_mut().find(|(it, _)| *it == who) {
                Some((_, sum)) => *sum += waker.times,
                None => wakers.push((who, waker.times)),
            }
        }
        wakers.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let said: Vec<String> = wakers.iter().take(3).map(|(who, count)| format!("{who}, {count} times")).collect();
        if !said.is_empty() {
            self.wrapped(2, &format!("Woken by: {}", said.join("; ")), None);
        }
    }

    fn calls(&mut self, times: &Times) {
        if times.calls.is_empty() {
            return;
        }
        self.blank();
        self.wrapped(2, "Calls that ended meanwhile, all threads together", Some(Color::Dim));
        self.wrapped(2, &format!("{HEADS}  CALL"), Some(Color::Dim));
        for (call, count) in times.calls.iter().take(CALLS) {
            let failed = if count.errors > 0 { format!(", {} failed", count.errors) } else { String::new() };
            self.wrapped(2, &format!("{}  {call}{failed}", numbers_of(count)), None);
        }
    }
}

/// `futex on the word at 0x7f, for a word in memory`
fn said(place: &Place) -> String {
    match (&place.call, &place.object) {
        (Some(call), Some(object)) => format!("{call} on {object}"),
        (Some(call), None) => call.clone(),
        (None, _) => format!("{}, in no call", place.kind.row().what),
    }
}

/// As [`HEADS`] has them.
fn numbers_of(count: &Count) -> String {
    let [p50, p99] = [50, 99].map(|percent| brief(count.percentile(percent)));
    format!("{:>8} {:>9} {p50:>7} {p99:>7} {:>7}", brief(count.total), count.calls, brief(count.max))
}

/// The member of JSON.
pub(super) fn json(times: &Times, findings: &[String], out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.number("ns", times.time);
    object.list("findings", findings, |text, out| crate::render::json::escape::string(out, text));
    if let Some((user, system)) = times.cpu {
        object.member("user").extend_from_slice(format!("{user:.3}").as_bytes());
        object.member("system").extend_from_slice(format!("{system:.3}").as_bytes());
    }
    object.list("threads", &times.threads, thread);
    object.list("calls", &times.calls, |(call, count), out| {
        let mut inner = Object::begin(out);
        inner.text("call", call);
        numbers(count, &mut inner);
        inner.number("errors", count.errors);
        inner.end();
    });
    object.end();
}

fn thread(thread: &Thread, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.number("tid", thread.tid);
    object.bytes("comm", &thread.comm);
    object.flag("ended", thread.ended);
    object.number("ns", thread.lived());
    object.number("runs_ns", thread.runs);
    object.number("ready_ns", thread.ready);
    object.number("taken", thread.taken);
    object.list("waits", &thread.waits, |place, out| {
        let mut inner = Object::begin(out);
        inner.word("kind", place.kind.row().word);
        if let Some(call) = &place.call {
            inner.text("call", call);
        }
        if let Some(on) = &place.object {
            inner.text("object", on);
        }
        numbers(&place.count, &mut inner);
        inner.end();
    });
    object.list("woken_by", &thread.wakers, |waker, out| {
        let mut inner = Object::begin(out);
        if let Some((pid, comm)) = &waker.by {
            inner.number("pid", *pid);
            inner.bytes("comm", comm);
        }
        inner.number("times", waker.times);
        inner.end();
    });
    object.end();
}

fn numbers(count: &Count, object: &mut Object<'_>) {
    object.number("times", count.calls);
    object.number("total_ns", count.total);
    object.number("p50_ns", count.percentile(50));
    object.number("p90_ns", count.percentile(90));
    object.number("p99_ns", count.percentile(99));
    object.number("max_ns", count.max);
}
