//! Two traces side by side: the places where they differ, small enough to read.

use std::collections::BTreeSet;

pub use crate::normal::Trace;

/// How the line of a child's end begins.
const CHILD_ENDED: &str = "--- SIGCHLD {";

/// A place where two traces differ: lines that only one has, in the task of that name. Lines that stand for each other stand
/// at the same index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The task.
    pub task: String,
    /// Lines that only the reference has.
    pub wanted: Vec<String>,
    /// Lines that only ours has.
    pub got: Vec<String>,
}

/// Leaves out lines that both have in the same task, in another place, and whose place is chance: a signal that
/// another process causes, the return from its handler, and the wait that is told of a child's end come
/// before or after what the task does meanwhile.
pub fn without_moved(mut hunks: Vec<Hunk>) -> Vec<Hunk> {
    let chance = |line: &str| ["--- SIG", "rt_sigreturn(", "wait4("].iter().any(|word| line.starts_with(word));
    for from in 0..hunks.len() {
        for to in 0..hunks.len() {
            if hunks[from].task != hunks[to].task {
                continue;
            }
            let mut at = 0;
            while at < hunks[from].wanted.len() {
                let line = &hunks[from].wanted[at];
                match hunks[to].got.iter().position(|got| got == line && chance(line)) {
                    Some(place) => {
                        hunks[from].wanted.remove(at);
                        hunks[to].got.remove(place);
                    }
                    None => at += 1,
                }
            }
        }
    }
    hunks.retain(|hunk| !hunk.wanted.is_empty() || !hunk.got.is_empty());
    hunks
}

/// Leaves out ends of children that one trace tells by a signal more than the other, with the return from the handler: a SIGCHLD
/// that is still pending takes up those that follow (signal(7)), so how many arrive depends on how fast the task is. At least one
/// must arrive in either trace.
pub fn without_merged(mut hunks: Vec<Hunk>, reference: &Trace, ours: &Trace) -> Vec<Hunk> {
    let told = |trace: &Trace, task: &str| {
        trace.get(task).is_some_and(|lines| lines.iter().any(|line| line.starts_with(CHILD_ENDED)))
    };
    let tasks: BTreeSet<String> = hunks.iter().map(|hunk| hunk.task.clone()).collect();
    for task in tasks.iter().filter(|task| told(reference, task) && told(ours, task)) {
        merge(hunks.iter_mut().filter(|hunk| hunk.task == *task).map(|hunk| &mut hunk.wanted).collect());
        merge(hunks.iter_mut().filter(|hunk| hunk.task == *task).map(|hunk| &mut hunk.got).collect());
    }
    hunks.retain(|hunk| !hunk.wanted.is_empty() || !hunk.got.is_empty());
    hunks
}

/// Takes out the lines of children's ends, and as many returns from the handler.
fn merge(mut places: Vec<&mut Vec<String>>) {
    let mut merged = 0;
    for lines in &mut places {
        let before = lines.len();
        lines.retain(|line| !line.starts_with(CHILD_ENDED));
        merged += before - lines.len();
    }
    for lines in places {
        lines.retain(|line| {
            let of_merged = merged > 0 && line.starts_with("rt_sigreturn(");
            merged -= usize::from(of_merged);
            !of_merged
        });
    }
}

/// Every difference between the reference and ours.
pub fn compare(reference: &Trace, ours: &Trace) -> Vec<Hunk> {
    let none = Vec::new();
    let tasks: BTreeSet<_> = reference.keys().chain(ours.keys()).collect();
    let hunks = |task: &&String| {
        let (a, b) = (reference.get(*task).unwrap_or(&none), ours.get(*task).unwrap_or(&none));
        diff(a, b).into_iter().map(|(wanted, got)| Hunk { task: (*task).clone(), wanted, got }).collect::<Vec<_>>()
    };
    tasks.iter().flat_map(hunks).collect()
}

/// What is only in `a` and only in `b`, by the longest common subsequence of what is left after equal ends.
fn diff(a: &[String], b: &[String]) -> Vec<(Vec<String>, Vec<String>)> {
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[head..], &b[head..]);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - tail], &b[..b.len() - tail]);
    // length[i][j]: of the longest common subsequence of a[i..] and b[j..].
    let width = b.len() + 1;
    let mut length = vec![0u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            length[i * width + j] = match a[i] == b[j] {
                true => length[(i + 1) * width + j + 1] + 1,
                false => length[(i + 1) * width + j].max(length[i * width + j + 1]),
            };
        }
    }
    let mut hunks = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let (from_i, from_j) = (i, j);
        while i < a.len() || j < b.len() {
            if i < a.len() && j < b.len() && a[i] == b[j] {
                break;
            }
            let skip_a = j == b.len() || i < a.len() && length[(i + 1) * width + j] >= length[i * width + j + 1];
            if skip_a { i += 1 } else { j += 1 }
        }
        if i > from_i || j > from_j {
            hunks.push((a[from_i..i].to_vec(), b[from_j..j].to_vec()));
        }
        while i < a.len() && j < b.len() && a[i] == b[j] {
            i += 1;
            j += 1;
        }
    }
    hunks
}

/// What differs from run to run although nothing else does: the parts of a line before and behind such a place.
#[derive(Debug, Clone, Default)]
pub struct Volatile(Vec<(String, String)>);

impl Volatile {
    /// Learns from two runs of the same tool.
    pub fn learn(one: &Trace, other: &Trace) -> Volatile {
        let pairs = compare(one, other).into_iter().filter(|hunk| hunk.wanted.len() == hunk.got.len());
        let pairs = pairs.flat_map(|hunk| hunk.wanted.into_iter().zip(hunk.got)).filter(|(a, b)| a != b);
        Volatile(pairs.map(|(a, b)| around(&a, &b)).filter(|(before, _)| before.contains('(')).collect())
    }

    /// Takes out of the differences those that have only such a place between them.
    pub fn sift(&self, hunks: Vec<Hunk>) -> Vec<Hunk> {
        let fits = |line: &str, (before, behind): &(String, String)| {
            line.len() >= before.len() + behind.len()
                && line.starts_with(before.as_str())
                && line.ends_with(behind.as_str())
        };
        let excused = |a: &str, b: &str| self.0.iter().any(|place| fits(a, place) && fits(b, place));
        let rest = |mut hunk: Hunk| {
            if hunk.wanted.len() == hunk.got.len() {
                let left = hunk.wanted.into_iter().zip(hunk.got).filter(|(a, b)| !excused(a, b));
                (hunk.wanted, hunk.got) = left.unzip();
            }
            (!hunk.wanted.is_empty() || !hunk.got.is_empty()).then_some(hunk)
        };
        hunks.into_iter().filter_map(rest).collect()
    }
}

/// What two lines have in common before and behind the place where they differ, back to where a value begins or ends: that two
/// random values have a byte in common says nothing.
fn around(a: &str, b: &str) -> (String, String) {
    let same = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| {
        a.zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a).collect::<String>()
    };
    let before = same(&mut a.chars(), &mut b.chars());
    let behind: String = same(&mut a.chars().rev(), &mut b.chars().rev()).chars().rev().collect();
    let begin = before.rfind(['"', '(', '[', '{', '=', ' ']).map_or(0, |at| at + 1);
    let end = behind.find(['"', ')', ']', '}', ',', ' ']).unwrap_or(behind.len());
    (before[..begin].to_owned(), behind[end..].to_owned())
}

/// The differences for a person.
pub fn show(hunks: &[Hunk], reference: &str, ours: &str) -> String {
    let mut text = String::new();
    for hunk in hunks.iter().take(40) {
        text += &format!("task {}\n", hunk.task);
        for index in 0..hunk.wanted.len().max(hunk.got.len()) {
            if let Some(line) = hunk.wanted.get(index) {
                text += &format!("  {reference:>14} | {line}\n");
            }
            if let Some(line) = hunk.got.get(index) {
                text += &format!("  {ours:>14} | {line}\n");
            }
        }
    }
    if hunks.len() > 40 {
        text += &format!("and {} more places\n", hunks.len() - 40);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_between_two_runs_of_the_same_tool_is_no_difference() {
        let trace = |line: &str| Trace::from([("1".to_owned(), vec![line.to_owned()])]);
        let check = |one: &str, other: &str, ours: &str, expected: bool| {
            let left = Volatile::learn(&trace(one), &trace(other)).sift(compare(&trace(one), &trace(ours)));
            assert_eq!(left.is_empty(), expected, "{one} | {other} | {ours}");
        };
        check("getppid() = 120", "getppid() = 121", "getppid() = 200", true);
        check("getppid() = 120", "getppid() = 120", "getppid() = 200", false);
        check(r#"read(3, "abc", 4) = 3"#, r#"read(3, "abd", 4) = 3"#, r#"read(3, "xyz", 4) = 3"#, true);
        check(r#"read(3, "abc", 4) = 3"#, r#"read(3, "abd", 4) = 3"#, r#"read(5, "xyz", 4) = 3"#, false);
        check(r#"read(3, "abc", 4) = 3"#, r#"read(3, "abd", 4) = 3"#, r#"read(3, "xyz", 5) = 3"#, false);
    }

    #[test]
    fn only_what_differs_is_left() {
        let check = |a: &str, b: &str, expected: &[(&str, &str)]| {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let expected: Vec<_> = expected.iter().map(|(a, b)| (words(a), words(b))).collect();
            assert_eq!(diff(&words(a), &words(b)), expected, "{a} | {b}");
        };
        check("a b c", "a b c", &[]);
        check("a b c", "a x c", &[("b", "x")]);
        check("a b c", "a c", &[("b", "")]);
        check("a c", "a b c", &[("", "b")]);
        check("", "a", &[("", "a")]);
        check("a b c d e", "a x c y e", &[("b", "x"), ("d", "y")]);
        check("a b c", "x y", &[("a b c", "x y")]);
    }

    #[test]
    fn signals_of_children_may_merge_but_not_all_be_missing() {
        let lines = |text: &str| text.split_terminator('|').map(str::to_owned).collect::<Vec<_>>();
        let check = |a: &str, b: &str, left: bool| {
            let (a, b) = (Trace::from([("1".into(), lines(a))]), Trace::from([("1".into(), lines(b))]));
            assert_eq!(without_merged(compare(&a, &b), &a, &b).is_empty(), !left, "{a:?} {b:?}");
        };
        let (one, two, back) = ("--- SIGCHLD {1} ---", "--- SIGCHLD {2} ---", "rt_sigreturn({mask=[]}) = R");
        check(&format!("{back}|{back}|{one}|{two}"), &format!("{back}|{one}"), false);
        check(&format!("{back}|{one}"), &format!("{back}|{back}|{one}|{two}"), false);
        check(&format!("{back}|{back}|{one}|{two}"), &format!("{back}|{two}|x"), true);
        check(&format!("{back}|{back}|{one}"), &format!("{back}|{one}"), true);
        check(&format!("{back}|{one}"), "", true);
    }

    #[test]
    fn only_lines_whose_place_is_chance_may_move() {
        let hunk = |task: &str, wanted: &[&str], got: &[&str]| Hunk {
            task: task.into(),
            wanted: wanted.iter().map(|&l| l.to_owned()).collect(),
            got: got.iter().map(|&l| l.to_owned()).collect(),
        };
        let moved = vec![hunk("1", &["wait4(-1) = 2"], &[]), hunk("1", &[], &["wait4(-1) = 2"])];
        assert_eq!(without_moved(moved), vec![]);
        for stays in [
            vec![hunk("1", &["wait4(-1) = 2"], &[]), hunk("2", &[], &["wait4(-1) = 2"])],
            vec![hunk("1", &["close(3) = 0"], &[]), hunk("1", &[], &["close(3) = 0"])],
            vec![hunk("1", &["wait4(-1) = 2"], &["wait4(-1) = 3"])],
        ] {
            assert_eq!(without_moved(stays.clone()), stays);
        }
    }
}
