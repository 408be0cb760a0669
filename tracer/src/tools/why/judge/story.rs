//! A process in words: its threads grouped by what they do, the chain of each, and the sentence that comes first.

use super::causes::Cause;
use super::link::{Node, Sure, name};
use super::outcome::{Outcomes, Verdict, outcomes};
use super::{slow, work};
use crate::tools::why::report::{Report, Step, Story};
use crate::tools::why::scene::{Process, Scene};

/// Others that could end a wait, of which the names are told.
const OTHERS: usize = 8;

/// What is missing where it could not be counted.
const TIMES: &str = "where the time goes";

/// The report of a process.
pub fn report(scene: &Scene, pid: u32) -> Report {
    let Some(process) = scene.processes.get(&pid) else {
        return Report { pid, ended: true, missing: scene.missing.clone(), ..Report::default() };
    };
    let outcomes = outcomes(scene);
    let mut stories: Vec<Story> = Vec::new();
    for &tid in &process.threads {
        let Some(task) = scene.tasks.get(&tid) else { continue };
        // A first thread that has ended, while others go on, has no story.
        if matches!(task.state, b'Z' | b'X' | b'x') && !process.zombie {
            continue;
        }
        let story = story(scene, &outcomes, tid);
        match stories.iter_mut().find(|known| same(known, &story)) {
            Some(known) => known.tids.push(tid),
            None => stories.push(story),
        }
    }
    // The gravest first; of those the first thread's, then those of most threads.
    stories.sort_by_key(|story| {
        let circle = story.circle.is_none();
        (std::cmp::Reverse(story.verdict), circle, !story.tids.contains(&pid), std::cmp::Reverse(story.tids.len()))
    });
    let verdict = stories.first().map_or(Verdict::Unknown, |story| story.verdict);
    let conclusion = conclusion(scene, process, &stories);
    let uncounted = scene.uncounted.clone().filter(|_| !scene.times.contains_key(&pid));
    Report {
        pid,
        comm: process.comm.clone(),
        start: process.start,
        verdict,
        conclusion,
        threads: process.threads.len(),
        between: scene.between,
        ended: false,
        findings: findings(scene, process, pid),
        times: scene.times.get(&pid).cloned(),
        uncounted: uncounted.is_some(),
        missing: scene.missing.iter().cloned().chain(uncounted.map(|why| (TIMES.to_owned(), why))).collect(),
        stories,
    }
}

/// What follows from where its time went; a quota that held it back stands first, for it explains the others.
fn findings(scene: &Scene, process: &Process, pid: u32) -> Vec<String> {
    let Some(times) = scene.times.get(&pid) else { return Vec::new() };
    let held = work::throttled(scene, process).map(|link| format!("it {}: {}", link.does, link.evidence.join("; ")));
    held.into_iter().chain(slow::findings(times)).collect()
}

/// Whether two threads are told as one.
fn same(one: &Story, other: &Story) -> bool {
    let shape = |story: &Story| -> Vec<(u32, Cause, String)> {
        story
            .steps
            .iter()
            .enumerate()
            .map(|(at, step)| (if at == 0 { 0 } else { step.tid }, step.cause, step.does.clone()))
            .collect()
    };
    one.verdict == other.verdict && one.circle.is_none() && other.circle.is_none() && shape(one) == shape(other)
}

fn story(scene: &Scene, outcomes: &Outcomes, tid: u32) -> Story {
    let mut way = outcomes.way(scene, tid);
    if way.circle.is_none() {
        // Behind somebody who may be any of many there is no chain.
        let unknown = |tid: &u32| outcomes.links.get(tid).is_some_and(|link| link.sure == Sure::Unknown);
        if let Some(at) = way.tasks.iter().position(unknown) {
            way.tasks.truncate(at + 1);
        }
    }
    let mut steps: Vec<Step> = Vec::new();
    for (at, &tid) in way.tasks.iter().enumerate() {
        let (Some(task), Some(link)) = (scene.tasks.get(&tid), outcomes.links.get(&tid)) else { break };
        let role = at.checked_sub(1).and_then(|before| role(scene, outcomes, way.tasks[before], tid));
        let next = way.tasks.get(at + 1).or(way.circle.and_then(|from| way.tasks.get(from)));
        let next_pid = next.and_then(|next| scene.tasks.get(next)).map(|task| task.pid);
        let pids = link.on.iter().filter_map(|on| match on.node {
            Node::Process(pid) => Some(pid),
            Node::Task(tid) => scene.tasks.get(&tid).map(|task| task.pid),
        });
        let mut others: Vec<(u32, Vec<u8>)> = Vec::new();
        for pid in pids.filter(|pid| Some(*pid) != next_pid && *pid != task.pid) {
            if others.len() < OTHERS && !others.iter().any(|(known, _)| *known == pid) {
                let known = scene.processes.get(&pid).map(|process| &process.comm);
                others.push((pid, known.or(scene.names.get(&pid)).cloned().unwrap_or_default()));
            }
        }
        steps.push(Step {
            tid,
            pid: task.pid,
            comm: task.comm.clone(),
            role,
            does: link.does.clone(),
            cause: link.cause,
            sure: link.sure,
            state: task.state,
            age: task.age,
            call: task.call.as_ref().map(|call| call.text.clone()),
            frames: task.frames.clone(),
            evidence: link.evidence.clone(),
            others,
        });
    }
    let last = steps.len().saturating_sub(1);
    let culprits = match way.circle {
        Some(from) => (from..steps.len()).collect(),
        None if last > 0 => vec![last],
        None => Vec::new(),
    };
    let linked = if way.circle.is_some() { steps.len() } else { last };
    let sure = steps.iter().take(linked.max(1)).map(|step| step.sure).max().unwrap_or(Sure::Unknown);
    let verdict = outcomes.verdict(scene, tid);
    let cause = steps.first().map_or(Cause::Unknown, |step| step.cause);
    let closes = way.circle.and_then(|from| role(scene, outcomes, *way.tasks.last()?, way.tasks[from]));
    Story { tids: vec![tid], verdict, cause, sure, steps, circle: way.circle, closes, culprits }
}

/// Why a task waits for another.
fn role(scene: &Scene, outcomes: &Outcomes, from: u32, to: u32) -> Option<&'static str> {
    let pid = scene.tasks.get(&to)?.pid;
    let fits = |node: Node| node == Node::Task(to) || node == Node::Process(pid);
    outcomes.links.get(&from)?.on.iter().find(|on| fits(on.node)).map(|on| on.role).filter(|role| !role.is_empty())
}

/// The sentence that comes first.
fn conclusion(scene: &Scene, process: &Process, stories: &[Story]) -> String {
    let Some(story) = stories.first() else { return "nothing of it could be seen".to_owned() };
    let many = process.threads.len() > 1;
    let who = match story.tids.as_slice() {
        [tid] if many => format!("thread {tid}"),
        [_] => "it".to_owned(),
        list => format!("{} of its {} threads", list.len(), process.threads.len()),
    };
    let chain = chain(scene, process.pid, story, many);
    match story.verdict {
        Verdict::Stuck if story.circle.is_some() => {
            let length = story.steps.len() - story.circle.unwrap_or_default();
            let what = match (length, story.sure) {
                (1, _) => "stuck: it waits for itself",
                (_, Sure::Certain) => "stuck in a deadlock",
                _ => "stuck: nobody is left who could go on, most likely a deadlock",
            };
            format!("{what}: {}", told(&who, story, &chain))
        }
        Verdict::Stuck => format!("stuck: {}", told(&who, story, &chain)),
        Verdict::Unknown => format!("I do not know: {}", told(&who, story, &chain)),
        Verdict::Runs if story.steps.len() == 1 => plain(&who, story),
        Verdict::Runs => format!("runs: {}", told(&who, story, &chain)),
        Verdict::Idle if story.steps.len() == 1 => plain(&who, story),
        Verdict::Idle => told(&who, story, &chain),
    }
}

/// `it sleeps by itself`; of one thread alone without a subject.
fn plain(who: &str, story: &Story) -> String {
    let does = story.steps.first().map_or("", |step| step.does.as_str());
    if who == "it" { does.to_owned() } else { format!("{who}: {does}") }
}

fn told(who: &str, story: &Story, chain: &str) -> String {
    let does = story.steps.first().map_or("", |step| step.does.as_str());
    match story.tids.len() {
        1 => format!("{who} {does}{chain}"),
        _ => format!("{who} {}{chain}", plural(does)),
    }
}

/// `; 13 (worker) holds it and waits for ...`
fn chain(scene: &Scene, own: u32, story: &Story, many: bool) -> String {
    let steps = &story.steps;
    let mut out = String::new();
    for step in steps.iter().skip(1) {
        let who = who(scene, own, step, many);
        match step.role {
            Some(role) => out += &format!("; {who} {role} and {}", step.does),
            None => out += &format!("; {who} {}", step.does),
        }
    }
    if let Some(back) = story.circle.and_then(|from| steps.get(from)).filter(|_| steps.len() > 1) {
        out += &format!("; {} {}", who(scene, own, back, many), story.closes.unwrap_or("is waited for in turn"));
    }
    out
}

/// `thread 13`, `process 14 (sh)`, `thread 15 of process 14 (sh)`.
fn who(scene: &Scene, own: u32, step: &Step, many: bool) -> String {
    let process = scene.processes.get(&step.pid);
    let comm = process.map(|process| name(&process.comm)).unwrap_or_default();
    let threads = process.map_or(1, |process| process.threads.len());
    match step.pid == own {
        true if many => format!("thread {}", step.tid),
        true => "the process itself".to_owned(),
        false if threads > 1 && step.tid != step.pid => format!("thread {} of process {} ({comm})", step.tid, step.pid),
        false => format!("process {} ({comm})", step.pid),
    }
}

/// What several do: `waits for it` becomes `wait for it`.
pub fn plural(does: &str) -> String {
    let (verb, rest) = does.split_at(does.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(does.len()));
    let verb = match verb {
        "is" => "are",
        "has" => "have",
        verb => verb.strip_suffix('s').unwrap_or(verb),
    };
    format!("{verb}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_do_what_one_does() {
        for (one, several) in [
            ("waits for it", "wait for it"),
            ("waits, and nobody may see for what", "wait, and nobody may see for what"),
            ("is stopped", "are stopped"),
            ("has ended", "have ended"),
            ("runs", "run"),
            ("", ""),
        ] {
            assert_eq!(plural(one), several);
        }
    }
}
