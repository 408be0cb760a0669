//! What follows from where the time of a process went: whether it wants for a CPU, for disks, for others, for locks, or has nothing to do.

use super::link::name;
use crate::render::amount::duration;
use crate::schema::types::{Row, class};
use crate::schema::waits::{Purpose, Waits, waits};
use crate::tools::why::scene::Object;
use crate::tools::why::scene::times::{KINDS, Kind, Thread, Times};

/// Shares from which on something is told.
const MUCH: f64 = 0.8;
const SOME: f64 = 0.2;
const LITTLE: f64 = 0.05;
/// Below it a process has nothing to do.
const NOTHING: f64 = 0.02;
/// Waits for one word of a second from which on threads are in each other's way.
const CONTENDED: f64 = 100.0;

/// What a thread waits for in a call. `blocks`: no signal wakes it; `object`: what the descriptor leads to, where it has one.
pub fn kind(row: Option<&Row>, blocks: bool, object: Option<&Object>) -> Kind {
    let Some(row) = row else { return if blocks { Kind::Memory } else { Kind::Other } };
    match (waits(row, &[0; 6]), object) {
        (Some(Waits::Time), _) => Kind::Sleep,
        (Some(Waits::Signal), _) => Kind::Signal,
        (Some(Waits::Futex(..) | Waits::Word(..)), _) => Kind::Lock,
        (Some(Waits::Poll(..) | Waits::Select(..) | Waits::Epoll(_) | Waits::Ring(_)), _) => Kind::Events,
        (Some(Waits::Children(..) | Waits::Vfork | Waits::Flock(_)), _) => Kind::Peer,
        (Some(Waits::Path(..)), _) => Kind::File,
        (Some(Waits::Range(..) | Waits::Descriptor(..)), Some(object)) => of_object(row, object),
        (Some(Waits::Descriptor(_, purpose)), None) => of_call(row, purpose),
        (_, _) if blocks && row.class & class::FILE != 0 => Kind::File,
        _ => Kind::Other,
    }
}

fn of_object(row: &Row, object: &Object) -> Kind {
    match object {
        Object::Pipe(_) | Object::Unix(_) | Object::Event(..) | Object::Process(_) => Kind::Peer,
        Object::Inet(_) | Object::Socket(_) => Kind::Network,
        Object::Terminal(..) | Object::Device(_) => Kind::Device,
        Object::File(_) => Kind::File,
        Object::Timer(_) => Kind::Sleep,
        Object::Signals(_) | Object::Changes | Object::Epoll(..) | Object::Ring => Kind::Events,
        Object::Other(_) | Object::Closed | Object::Unseen(_) => of_call(row, Purpose::Other),
    }
}

/// By the call alone, where its descriptor is closed by now.
fn of_call(row: &Row, purpose: Purpose) -> Kind {
    let connects = matches!(purpose, Purpose::Accept | Purpose::Connect);
    if connects || row.class & class::NET != 0 { Kind::Network } else { Kind::Other }
}

/// The findings, the gravest first: sentences in printable ASCII.
pub fn findings(times: &Times) -> Vec<String> {
    let mut said = Vec::new();
    let lived: u64 = times.threads.iter().map(Thread::lived).sum();
    if lived == 0 {
        return said;
    }
    // Who came and went says nothing of the rest.
    let stayed = |thread: &&Thread| share(thread.lived(), times.time) >= SOME;
    let busy: Vec<&Thread> =
        times.threads.iter().filter(stayed).filter(|it| share(it.busy(), it.lived()) > NOTHING).collect();
    if busy.is_empty() {
        let most = KINDS.iter().max_by_key(|row| times.threads.iter().map(|it| it.waited(row.kind)).sum::<u64>());
        let what = most.map_or("something", |row| row.what);
        said.push(format!("it has nothing to do: its threads wait for {what}"));
        return said;
    }
    if let Some(thread) = most(&busy, |it| it.runs).filter(|it| share(it.runs, it.lived()) >= MUCH) {
        said.push(format!(
            "it is CPU bound: {} ran {} of the time{}",
            who(thread),
            percent(thread.runs, thread.lived()),
            in_kernel(times)
        ));
    }
    if let Some(thread) = most(&busy, |it| it.ready).filter(|it| share(it.ready, it.lived()) >= SOME / 2.0) {
        said.push(format!(
            "it wants for a CPU: {} was ready {} of the time and had none; one was taken from it {} times",
            who(thread),
            percent(thread.ready, thread.lived()),
            thread.taken
        ));
    }
    contention(times, &mut said);
    for row in KINDS.iter().filter(|row| !row.idle && row.kind != Kind::Lock) {
        let Some(thread) = most(&busy, |it| it.waited(row.kind)) else { continue };
        let waited = thread.waited(row.kind);
        let least = if row.kind == Kind::Memory { LITTLE } else { SOME };
        if share(waited, thread.lived()) < least {
            continue;
        }
        let place = thread.waits.iter().filter(|place| place.kind == row.kind).max_by_key(|place| place.count.total);
        let call =
            place.and_then(|place| place.call.as_deref()).map_or(String::new(), |call| format!(", most in {call}"));
        let object = place.and_then(|place| place.object.as_deref()).map_or(String::new(), |on| format!(" on {on}"));
        let bound = if row.kind == Kind::File { "it is I/O bound: " } else { "" };
        said.push(format!(
            "{bound}{} waits for {} {} of the time{call}{object}",
            who(thread),
            row.what,
            percent(waited, thread.lived())
        ));
    }
    for (call, count) in times.calls.iter().filter(|(_, count)| count.calls >= 1000 && count.errors * 2 >= count.calls)
    {
        said.push(format!("{} of {} calls of {call} failed", count.errors, count.calls));
    }
    said
}

/// Words for which threads wait are locks that they take from each other, where they are known to be locks; else where they wait for them
/// often, which a pool that is given much work does as well.
fn contention(times: &Times, said: &mut Vec<String>) {
    let seconds = times.time as f64 / 1e9;
    let places = times.places();
    let all: u64 = times.threads.iter().map(Thread::lived).sum();
    let worst = places.iter().find(|(place, threads)| {
        let often = place.count.calls as f64 >= CONTENDED * seconds.max(0.1);
        let is_contended = match place.is_lock {
            Some(true) => share(place.count.total, all) >= LITTLE && place.count.calls > *threads as u64,
            Some(false) => false,
            None => often,
        };
        place.kind == Kind::Lock && *threads > 1 && is_contended
    });
    if let Some((place, threads)) = worst {
        let sure = if place.is_lock == Some(true) {
            "locks are contended"
        } else {
            "locks are contended, or a pool is given work"
        };
        said.push(format!(
            "{sure}: {threads} threads waited {} times for {}, {} together, half of them longer than {}",
            place.count.calls,
            place.object.as_deref().unwrap_or("a word in memory"),
            duration(place.count.total),
            duration(place.count.percentile(50))
        ));
    }
}

/// Where most of the CPU time is the kernel's.
fn in_kernel(times: &Times) -> String {
    match times.cpu {
        Some((user, system)) if system > user => {
            format!(", {:.0} % of that in the kernel", 100.0 * system / (user + system))
        }
        _ => String::new(),
    }
}

fn most<'t>(threads: &[&'t Thread], of: impl Fn(&Thread) -> u64) -> Option<&'t Thread> {
    threads.iter().copied().max_by(|one, other| share(of(one), one.lived()).total_cmp(&share(of(other), other.lived())))
}

fn who(thread: &Thread) -> String {
    format!("thread {} ({})", thread.tid, name(&thread.comm))
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// `12.5 %`
pub fn percent(part: u64, whole: u64) -> String {
    format!("{:.1} %", 100.0 * share(part, whole))
}
