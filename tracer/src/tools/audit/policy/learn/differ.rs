//! Names that differ from run to run, though nothing in them tells that chance made them: where runs of the same command have
//! names of one form in one directory, each its own, the parts in which these differ are `*`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A part of a name that is shorter is not told from another by its beginning.
const FRONT: usize = 3;

/// Paths as rules name them, with what stands for them.
#[derive(Debug, Default)]
pub struct Differing(HashMap<String, String>);

impl Differing {
    /// What stands for a path.
    pub fn get(&self, path: &str) -> Option<&String> {
        self.0.get(path)
    }

    /// Takes the directories and the paths of files and directories right below them, for each run.
    pub fn learn(&mut self, runs: &[BTreeSet<(String, String)>]) {
        let mut seen: BTreeMap<&(String, String), Vec<usize>> = BTreeMap::new();
        for (run, names) in runs.iter().enumerate() {
            names.iter().for_each(|name| seen.entry(name).or_default().push(run));
        }
        let mut forms: BTreeMap<(&str, String), Vec<(&str, usize)>> = BTreeMap::new();
        for ((directory, path), of) in &seen {
            let name = path.get(directory.len()..).unwrap_or_default().trim_start_matches('/');
            // What a rule names by a glob already is told apart from nothing more.
            if let [run] = of[..]
                && !name.contains(['*', '\\'])
            {
                forms.entry((directory, form(name))).or_default().push((name, run));
            }
        }
        for ((directory, _), names) in forms {
            let of: BTreeSet<usize> = names.iter().map(|(_, run)| *run).collect();
            if of.len() < 2 {
                continue;
            }
            let parts: Vec<Vec<&str>> = names.iter().map(|(name, _)| parts(name)).collect();
            let front = if directory == "/" { "" } else { directory };
            let pattern: String = (0..parts[0].len()).map(|at| common(parts.iter().map(|parts| parts[at]))).collect();
            for (name, _) in names {
                self.0.insert(format!("{front}/{name}"), format!("{front}/{pattern}"));
            }
        }
    }
}

/// Words and what stands between them, by turns.
fn parts(name: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut word) = (0, None);
    for (at, c) in name.char_indices() {
        let is_word = c.is_alphanumeric();
        if word.is_some_and(|word| word != is_word) {
            parts.push(&name[start..at]);
            start = at;
        }
        word = Some(is_word);
    }
    parts.push(&name[start..]);
    parts
}

/// What names that may stand for each other have in common: all but their words, and what a file's name ends with.
fn form(name: &str) -> String {
    let end = name.rfind('.').filter(|at| *at > 0).unwrap_or(name.len());
    let bare = |part: &str| if part.starts_with(char::is_alphanumeric) { "a".to_owned() } else { part.to_owned() };
    let mut form: String = parts(&name[..end]).into_iter().map(bare).collect();
    form.push_str(&name[end..]);
    form
}

/// What stands for parts of names: the part where all have the same, else how they begin and `*`.
fn common<'n>(mut parts: impl Iterator<Item = &'n str>) -> String {
    let first = parts.next().unwrap_or_default();
    let mut same = first.len();
    let mut whole = true;
    for part in parts {
        let front = first.char_indices().zip(part.chars()).find(|((_, a), b)| a != b);
        same = same.min(front.map_or(first.len().min(part.len()), |((at, _), _)| at));
        whole &= part == first;
    }
    // Digits that happen to be the same are no name.
    let front = first[..same].trim_end_matches(|c: char| c.is_ascii_digit());
    match (whole, front.len() >= FRONT) {
        (true, _) => first.to_owned(),
        (false, true) => format!("{front}*"),
        (false, false) => "*".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_between_runs_is_any() {
        let check = |runs: &[&[&str]], expected: &[(&str, &str)]| {
            let pair = |path: &&str| {
                let at = path.rfind('/').expect("a path");
                (path[..at].to_owned(), (*path).to_owned())
            };
            let runs: Vec<BTreeSet<(String, String)>> = runs.iter().map(|run| run.iter().map(pair).collect()).collect();
            let mut differing = Differing::default();
            differing.learn(&runs);
            let mut found: Vec<(&str, &str)> =
                differing.0.iter().map(|(path, instead)| (path.as_str(), instead.as_str())).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{runs:?}");
        };
        check(&[&["/a/same"], &["/a/same"]], &[]);
        check(&[&["/a/kqzw"], &["/a/mbvx"]], &[("/a/kqzw", "/a/*"), ("/a/mbvx", "/a/*")]);
        check(
            &[&["/a/job-kq.log"], &["/a/job-mb.log"]],
            &[("/a/job-kq.log", "/a/job-*.log"), ("/a/job-mb.log", "/a/job-*.log")],
        );
        check(&[&["/a/port18231"], &["/a/port18977"]], &[("/a/port18231", "/a/port*"), ("/a/port18977", "/a/port*")]);
        // One run did what no other did: nothing is known of it.
        check(&[&["/a/x", "/a/once"], &["/a/x"]], &[]);
        // Names of other forms do not stand for each other.
        check(&[&["/a/one.log"], &["/a/two.txt"]], &[]);
        check(&[&["/a/one"], &["/b/two"]], &[]);
        check(&[&["/a/x*"], &["/a/y*"]], &[]);
    }
}
