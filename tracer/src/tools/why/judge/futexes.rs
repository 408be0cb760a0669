//! Waits for a word in memory: what it belongs to decides who could change it, and whether its memory names anybody.

use super::causes::Cause;
use super::link::{End, Link, Node, On, Sure};
use crate::render::amount::time;
use crate::tools::why::scene::objects::Kind;
use crate::tools::why::scene::{Futex, Process, Scene, Task, Wait};

/// The word says so where somebody died who held it (`FUTEX_OWNER_DIED`).
const DIED: u32 = 0x4000_0000;

/// Judges a wait for a futex.
pub fn link(scene: &Scene, process: &Process, task: &Task, futex: &Futex) -> Link {
    let place = format!("{:#x}", futex.address);
    let link = match futex.of {
        Kind::Mutex | Kind::Owned => owned(scene, process, task, futex, Cause::Mutex, &format!("the mutex at {place}")),
        Kind::Writing | Kind::Reading if futex.named != 0 => {
            owned(scene, process, task, futex, Cause::RwLock, &format!("the lock for reading and writing at {place}"))
        }
        Kind::Writing | Kind::Reading => {
            let to = if futex.of == Kind::Writing { "to write" } else { "to read" };
            let held = match futex.readers {
                0 => "whose holder is not recorded".to_owned(),
                1 => "which one reader holds, who is not recorded".to_owned(),
                n => format!("which {n} readers hold, who are not recorded"),
            };
            let does = format!("waits {to} for the lock at {place}, {held}");
            others(scene, process, task, futex, Cause::RwLock, does, "could hold it")
        }
        Kind::Join => match futex.owner {
            Some(tid) => {
                let does = format!("waits for its thread {tid} to end");
                Link::waits(Cause::Join, Sure::Certain, does, vec![On::task(tid, "")])
                    .seen(format!("the word at {place} holds the number of a thread of this process (pthread_join)"))
            }
            None => Link::ends(Cause::Join, End::Unknown, "waits for a thread to end that was not seen"),
        },
        Kind::Lock => {
            let does = format!("waits for the lock at {place}, whose holder is not recorded");
            others(scene, process, task, futex, Cause::Lock, does, "could hold it")
        }
        Kind::Java if futex.named != 0 => owned(scene, process, task, futex, Cause::Monitor, "a monitor of Java"),
        Kind::Java => {
            let does = "waits for a lock or a monitor of Java, whose holder was not read".to_owned();
            others(scene, process, task, futex, Cause::Monitor, does, "could hold it")
        }
        Kind::Interpreter => interpreter(scene, process, task, futex),
        Kind::Condition => {
            let does = format!("waits for the condition variable at {place} to be signalled");
            others(scene, process, task, futex, Cause::Condition, does, "could signal it")
        }
        Kind::Semaphore => {
            let does = format!("waits for the semaphore at {place}");
            others(scene, process, task, futex, Cause::Semaphore, does, "could post it")
        }
        Kind::Barrier => {
            let does = format!("waits at the barrier at {place} for other threads");
            others(scene, process, task, futex, Cause::Barrier, does, "could come there")
        }
        Kind::Sleep => {
            let left = task.call.as_ref().and_then(|call| call.limit);
            let does = left
                .map_or_else(|| "sleeps by itself".into(), |left| format!("sleeps by itself, {} longer", time(left)));
            Link::ends(Cause::Sleep, End::Sleeps, does)
        }
        Kind::Parked => others(
            scene,
            process,
            task,
            futex,
            Cause::Parked,
            "is parked until another thread wakes it".into(),
            "could wake it",
        ),
        Kind::Go => {
            others(scene, process, task, futex, Cause::Parked, "has no goroutine to run".into(), "could bring one")
        }
        Kind::Unknown => {
            let does = format!("waits for the word at {place} to change, of which nobody knows what it is");
            others(scene, process, task, futex, Cause::Futex, does, "could change it")
        }
    };
    match futex.value {
        Some(_) if futex.owner.is_some() => link,
        None => link.seen(format!("the word at {place} could not be read")),
        Some(value) if value != futex.expected && !matches!(futex.of, Kind::Mutex | Kind::Owned | Kind::Join) => {
            link.seen(format!("the word at {place} was {:#x} when it began to wait, and is {value:#x}", futex.expected))
        }
        Some(_) => link,
    }
}

/// One whose memory names its owner.
fn owned(scene: &Scene, process: &Process, task: &Task, futex: &Futex, cause: Cause, what: &str) -> Link {
    let named = futex.named;
    if let Some(owner) = futex.owner {
        // The word and the call were not read at one moment: who went on meanwhile has it, or had it, and does not wait for itself.
        if owner == task.tid && task.change.is_some_and(|change| change.times > 0) {
            return Link::ends(cause, End::Runs, format!("waits for {what}, which went from hand to hand meanwhile"));
        }
        let does = if owner == task.tid {
            format!("waits for {what}, which it holds itself")
        } else {
            format!("waits for {what}")
        };
        let link = Link::waits(cause, Sure::Certain, does, vec![On::task(owner, "holds it")]);
        return link.seen(format!("its owner's number stands in it: {named}"));
    }
    if named != 0 || futex.value.is_some_and(|value| value & DIED != 0 && futex.of == Kind::Owned) {
        let does = match futex.elsewhere {
            Some(other) => format!(
                "waits for {what}, which was held when the process was made by fork: its owner is thread {named} of process {other}, \
                 and cannot let it go here"
            ),
            None => format!("waits for {what}, whose owner has ended and did not let it go"),
        };
        let link = Link::ends(cause, End::Nobody, does);
        return link.seen(format!("the owner's number in it is {named}, which is no thread that could hold it"));
    }
    let does = format!("waits for {what}, whose holder is not recorded");
    others(scene, process, task, futex, Cause::Lock, does, "could hold it")
}

/// One that anybody who has the memory may end.
fn others(
    scene: &Scene,
    process: &Process,
    task: &Task,
    futex: &Futex,
    cause: Cause,
    does: String,
    role: &'static str,
) -> Link {
    let mine = process.threads.iter().filter(|tid| **tid != task.tid && scene.tasks.contains_key(tid));
    // Who waits at the same place does not end that.
    let elsewhere = mine.filter(|tid| match &scene.tasks[tid].wait {
        Wait::Futex(other) => other.address != futex.address || other.shared != futex.shared,
        _ => true,
    });
    let alive = elsewhere.filter(|tid| !matches!(scene.tasks[tid].state, b'Z' | b'X' | b'x'));
    let mut on: Vec<On> = alive.map(|&tid| On::task(tid, role)).collect();
    on.extend(futex.sharers.iter().filter(|&&pid| pid != process.pid).map(|&pid| On::process(pid, role)));
    let several = on.len() > 1;
    let sure = if on.len() == 1 { Sure::Likely } else { Sure::Unknown };
    let nobody = on.is_empty();
    let mut link = Link::waits(cause, sure, does, on);
    if nobody {
        link = link.or(if futex.shared { End::Unknown } else { End::Nobody });
        link = link.seen(if futex.shared {
            "the memory is shared, and who else has it was not found"
        } else {
            "the memory is its own process's, in which no other thread could do it"
        });
    } else if several {
        let these = these(&link.on);
        link = link.seen(format!("{these} {role}; the memory names none"));
    }
    link
}

/// `threads 2, 3, 4 and 5 more`
fn these(on: &[On]) -> String {
    let name = |on: &On| match on.node {
        Node::Task(tid) => tid.to_string(),
        Node::Process(pid) => format!("those of {pid}"),
    };
    let some: Vec<String> = on.iter().take(4).map(name).collect();
    let more = if on.len() > 4 { format!(" and {} more", on.len() - 4) } else { String::new() };
    format!("threads {}{more}", some.join(", "))
}

/// Python's lock: the thread that waits for neither it nor anything else of the kind has it, most likely.
fn interpreter(scene: &Scene, process: &Process, task: &Task, futex: &Futex) -> Link {
    let does = "waits for Python's global lock";
    let waits = |tid: &u32| matches!(&scene.tasks[tid].wait, Wait::Futex(other) if other.of == Kind::Interpreter);
    let others: Vec<u32> =
        process.threads.iter().copied().filter(|tid| *tid != task.tid && scene.tasks.contains_key(tid)).collect();
    let free: Vec<u32> = others.into_iter().filter(|tid| !waits(tid)).collect();
    let busy: Vec<u32> = free.iter().copied().filter(|tid| matches!(scene.tasks[tid].wait, Wait::Nothing)).collect();
    let one = if busy.len() == 1 { busy } else { free };
    let sure = if one.len() == 1 { Sure::Likely } else { Sure::Unknown };
    let on = one.into_iter().map(|tid| On::task(tid, "has it, as the only thread that does not wait for it")).collect();
    Link::waits(Cause::Interpreter, sure, does, on)
        .seen(format!("its stack has PyEval_RestoreThread; the word is at {:#x}", futex.address))
}
