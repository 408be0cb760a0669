//! Paths as rules name them: with variables, without the names that chance made, and directories of many files as a whole.

use std::collections::{BTreeSet, HashMap};

use super::super::glob::escape;
use super::differ::Differing;
use crate::system::proc_paths::{self, PROC};
use crate::tools::audit::evidence::stable::{NUMBER, PID, RANDOM, UUID, uuid};
use crate::tools::audit::evidence::{Op, Variables};

/// How deep names that differ from run to run are looked for.
const DEEPEST: usize = 40;

/// Directories that belong to the system: what is read of them is no part of a test. What is run of them is: whoever runs `curl` for the
/// first time does something new, though its file was always there.
const SYSTEM: &[&str] =
    &["/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", PROC, "/sys", "/nix/store", "/snap"];

/// Directories of which never all is allowed, however much of them is used: secrets of others are among them.
const NEVER_WHOLE: &[&str] =
    &["/", "/etc", "/var", "/var/lib", "/run", "/dev", "/opt", "/mnt", "/srv", "/media", "/home", "/root"];

/// What a run makes of its own, besides temporary files: programs of any name are run there.
const OWN: &[&str] = &["$WORKSPACE", "$TARGET"];

/// Directories for names that chance makes.
const TEMPORARY: &[&str] = &["/tmp", "/var/tmp", "/dev/shm", "/run/user"];

/// A UUID as a glob: a name that is nothing but one must not allow every name beside it.
const ANY_UUID: &str = "????????-????-????-????-????????????";

/// Directories of what the interpreter (PEP 3147) and the runner of tests keep for their next run. Which test makes it is chance, and
/// no number of runs tells: the first fills them, the others find them full. What others keep is learned as all else is, and what
/// moves between the units of several runs is seen to do so.
const CACHES: &[&str] = &["__pycache__", ".pytest_cache"];

/// Whether the object of a rule is such a directory.
pub fn is_cache(rule: &str) -> bool {
    rule.split('/').any(|name| CACHES.contains(&name))
}

/// Directories in which a number is one of this run only.
const NUMBERED: &[&str] = &[proc_paths::BELOW, "/dev/pts/"];

/// The directory for temporary files that a path, as rules name it, is in.
fn temporary(path: &str) -> Option<&'static str> {
    let mut directories = TEMPORARY.iter().copied().chain(["$TMPDIR"]);
    directories.find(|directory| is_below(path, directory))
}

/// Whether an object is this directory, or in it.
fn is_below(object: &str, directory: &str) -> bool {
    object.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a rule may allow this of all that is in a directory, as rules name it.
fn may_be_whole(way: Way, directory: &str) -> bool {
    // What programs keep of a user is in hidden directories: keys and passwords beside what they have fetched.
    let hidden = directory.strip_prefix("$HOME/.").is_some_and(|name| !name.contains('/'));
    let programs = || OWN.iter().any(|own| is_below(directory, own)) || temporary(directory).is_some();
    let never = NEVER_WHOLE.contains(&directory) || directory == "$HOME" || hidden;
    !never && (way != Way::Run || programs())
}

/// What is done to paths is generalised apart: what is read of a directory says nothing of what is written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Way {
    Read,
    Change,
    Run,
    /// Sockets.
    Other,
}

fn way(op: Op) -> Way {
    match op {
        Op::Read | Op::List => Way::Read,
        Op::Run => Way::Run,
        op if op.changes() => Way::Change,
        _ => Way::Other,
    }
}

/// Where the names of a path come from: a variable or the root, and how many names it has itself.
struct Front<'p> {
    text: String,
    /// The names behind it.
    names: Vec<&'p [u8]>,
    temporary: bool,
}

/// Every path that was seen, and what became of it.
pub struct Paths<'v> {
    variables: &'v Variables,
    /// Directories, as rules name them, all beneath which is allowed.
    whole: BTreeSet<(Way, String)>,
    /// Names that differ from run to run, by their paths as rules name them; with what stands for them.
    differing: Differing,
}

impl<'v> Paths<'v> {
    /// Looks for the directories of which much is used.
    pub fn new(variables: &'v Variables, runs: &[Vec<(Op, &[u8])>], most_names: usize) -> Paths<'v> {
        let mut children: HashMap<(Way, String), BTreeSet<String>> = HashMap::new();
        let mut paths = Paths { variables, whole: BTreeSet::new(), differing: Differing::default() };
        let mut depth = 0;
        while depth < DEEPEST {
            let names = runs.iter().map(|run| {
                let steps = run.iter().filter_map(|(op, path)| paths.steps(way(*op), path));
                steps.filter_map(|steps| Some((steps.get(depth)?.clone(), steps.get(depth + 1)?.clone()))).collect()
            });
            let names: Vec<BTreeSet<(String, String)>> = names.collect();
            depth += 1;
            if runs.len() < 2 || names.iter().all(BTreeSet::is_empty) {
                break;
            }
            paths.differing.learn(&names);
        }
        let mut known: BTreeSet<(Way, &[u8])> = BTreeSet::new();
        for (op, path) in runs.iter().flatten().copied() {
            if !known.insert((way(op), path)) {
                continue;
            }
            let Some(steps) = paths.steps(way(op), path) else { continue };
            for pair in steps.windows(2) {
                if may_be_whole(way(op), &pair[0]) {
                    children.entry((way(op), pair[0].clone())).or_default().insert(pair[1].clone());
                }
            }
        }
        let many = children.into_iter().filter(|(_, names)| names.len() > most_names);
        paths.whole = many.map(|(key, _)| key).collect();
        paths
    }

    /// The glob of a rule about a path; `None` where no glob can be.
    pub fn rule(&self, op: Op, path: &[u8]) -> Option<String> {
        let steps = self.steps(way(op), path)?;
        let whole = steps.iter().find(|step| self.whole.contains(&(way(op), (*step).clone())));
        match whole {
            Some(front) => Some(self.beneath(front, steps.last()?)),
            None => steps.last().cloned(),
        }
    }

    /// All that is in the directory for temporary files that a rule's object is in.
    pub fn temporary(&self, object: &str) -> Option<String> {
        let is_socket = |(front, _): &(&str, &str)| *front == "unix";
        let (front, path) = object.split_once(' ').filter(is_socket).map_or(("", object), |(_, path)| ("unix ", path));
        Some(format!("{front}{}", self.beneath(temporary(path)?, path)))
    }

    /// The glob of all that is in a directory. Where another that has a variable lies in it (`$WORKSPACE` below `$TMPDIR`), what is
    /// allowed of the one must not be allowed of the other: then only of what is beside that on the way to `path`.
    fn beneath(&self, directory: &str, path: &str) -> String {
        if !self.holds_another(directory) {
            return format!("{directory}/**");
        }
        match path.strip_prefix(directory).unwrap_or_default().trim_start_matches('/').split_once('/') {
            Some((name, _)) => self.beneath(&format!("{directory}/{name}"), path),
            None if path == directory => path.to_owned(),
            None => format!("{directory}/*"),
        }
    }

    /// Whether the directory of a variable lies in a directory, as rules name it.
    fn holds_another(&self, directory: &str) -> bool {
        let (name, rest) = directory.split_once('/').unwrap_or((directory, ""));
        let start = name.strip_prefix('$').and_then(|name| self.variables.path(name)).unwrap_or(name.as_bytes());
        let whole = [start, b"/", rest.as_bytes()].concat();
        let whole = whole.strip_suffix(b"/").unwrap_or(&whole);
        let is_within = |path: &[u8]| path.strip_prefix(whole).is_some_and(|rest| rest.starts_with(b"/"));
        self.variables.0.iter().any(|(_, path)| is_within(path))
    }

    /// The globs of a path and of the directories above it, up to where its variable begins.
    fn steps(&self, way: Way, path: &[u8]) -> Option<Vec<String>> {
        let front = self.front(path)?;
        let mut text = front.text.clone();
        let mut steps = vec![if text.is_empty() { "/".to_owned() } else { text.clone() }];
        for name in front.names {
            if let Some(cache) = CACHES.iter().find(|cache| cache.as_bytes() == name) {
                let directory = if front.text.is_empty() { text } else { format!("{}/**", front.text) };
                steps.extend([format!("{directory}/{cache}"), format!("{directory}/{cache}/**")]);
                break;
            }
            text.push('/');
            let number = name.iter().all(u8::is_ascii_digit);
            if number && NUMBERED.iter().any(|front| text.starts_with(front)) {
                text.push('*');
            } else {
                text.push_str(&chance(name, front.temporary).unwrap_or_else(|| escape(name)));
            }
            if let Some(instead) = self.differing.get(&text) {
                text.clone_from(instead);
            }
            steps.push(text.clone());
            if way == Way::Read && SYSTEM.contains(&text.as_str()) {
                // A system directory is one whole, and so are those within.
                steps.push(format!("{text}/**"));
                break;
            }
        }
        Some(steps)
    }

    fn front<'p>(&self, path: &'p [u8]) -> Option<Front<'p>> {
        let names: Vec<&[u8]> =
            path.strip_prefix(b"/")?.split(|&b| b == b'/').filter(|name| !name.is_empty()).collect();
        if names.iter().any(|name| matches!(*name, b"." | b"..") || name.contains(&0)) || path.len() > 1000 {
            return None;
        }
        let below = |front: &[u8]| path.starts_with(front) && matches!(path.get(front.len()), None | Some(b'/'));
        let temporary = TEMPORARY.iter().any(|front| below(front.as_bytes()));
        let shortened = self.variables.shorten(path);
        if shortened.first() != Some(&b'$') {
            return Some(Front { text: String::new(), names, temporary });
        }
        let end = shortened.iter().position(|&b| b == b'/').unwrap_or(shortened.len());
        let text = String::from_utf8_lossy(&shortened[..end]).into_owned();
        let count = shortened[end..].split(|&b| b == b'/').filter(|name| !name.is_empty()).count();
        let temporary = temporary && text != "$WORKSPACE" && text != "$TARGET" || text == "$TMPDIR";
        Some(Front { text, names: names[names.len() - count..].to_vec(), temporary })
    }
}

/// A glob for a name part of which chance made: `.tmpAb3dE9` is `.tmp*` (in a directory for such names), `id-0123456789abcdef`
/// is `id-*` (anywhere).
pub fn chance(name: &[u8], temporary: bool) -> Option<String> {
    for (known, glob) in [(UUID, ANY_UUID), (RANDOM, "*"), (PID, "*"), (NUMBER, "*")] {
        if let Some(at) = memchr::memmem::find(name, known.as_bytes()) {
            let (before, behind) = (&name[..at], &name[at + known.len()..]);
            let behind = chance(behind, temporary).unwrap_or_else(|| escape(behind));
            return Some(format!("{}{glob}{behind}", chance(before, temporary).unwrap_or_else(|| escape(before))));
        }
    }
    if let Some((before, behind)) = uuid(name) {
        return Some(format!("{}{ANY_UUID}{}", escape(before), escape(behind)));
    }
    // The user that runs it.
    if temporary && name.strip_prefix(b"pytest-of-").is_some_and(|user| !user.is_empty()) {
        return Some("pytest-of-*".to_owned());
    }
    for front in [&b".tmp"[..], b"tmp.", b"tmp"].into_iter().filter(|_| temporary) {
        let rest = name.strip_prefix(front).filter(|rest| rest.len() >= 6);
        if rest.is_some_and(|rest| rest.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'_')) {
            return Some(format!("{}*", escape(front)));
        }
    }
    let mut out = String::new();
    let (mut at, mut found) = (0, false);
    while at < name.len() {
        let run = name[at..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        if run == 0 {
            let end = at + name[at..].iter().take_while(|b| !b.is_ascii_alphanumeric()).count();
            out.push_str(&escape(&name[at..end]));
            at = end;
            continue;
        }
        let word = &name[at..at + run];
        match random(word, temporary) {
            Some(kept) => {
                found = true;
                out.push_str(&escape(&word[..kept]));
                out.push('*');
            }
            None => out.push_str(&escape(word)),
        }
        at += run;
    }
    found.then_some(out)
}

/// How many bytes in front of a word are not of chance, where the rest is.
fn random(word: &[u8], temporary: bool) -> Option<usize> {
    let digits = |word: &[u8]| word.iter().filter(|b| b.is_ascii_digit()).count();
    let hex = word.iter().all(u8::is_ascii_hexdigit);
    if hex && word.len() >= 16 && digits(word) > 0 {
        return Some(0);
    }
    if !temporary {
        return None;
    }
    let kept = [&b"pid"[..], b"tmp"].iter().find(|front| word.starts_with(front)).map_or(0, |front| front.len());
    let rest = &word[kept..];
    let number = digits(rest) == rest.len() && rest.len() >= 3;
    // Among letters digits or capitals turn up again and again; words have fewer capitals.
    let turns = rest.windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count();
    let letters = rest.len() >= 6 && (digits(rest) > 0 && turns >= 2 || turns * 2 >= rest.len());
    (number || letters).then_some(kept)
}

/// A digit, a small letter, a capital.
fn kind(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_another_directory_is_not_allowed_with_it() {
        let variables = [("TMPDIR", &b"/tmp"[..]), ("WORKSPACE", b"/tmp/a/w"), ("HOME", b"/h")];
        let variables = Variables::of(variables.map(|(name, path)| (name, path.to_vec())));
        let made: Vec<String> =
            (0..12).flat_map(|n| [format!("/tmp/n{n}"), format!("/h/d/{n}/x"), format!("/tmp/b/{n}")]).collect();
        let run: Vec<(Op, &[u8])> = made.iter().map(|path| (Op::Create, path.as_bytes())).collect();
        let paths = Paths::new(&variables, &[run], 8);
        for (path, expected) in [
            ("/tmp/new", "$TMPDIR/*"),
            ("/tmp/b/new", "$TMPDIR/b/**"),
            ("/tmp/a/x", "$TMPDIR/a/*"),
            ("/tmp/a/b/x", "$TMPDIR/a/b/**"),
            ("/tmp/a/w/x", "$WORKSPACE/x"),
            ("/h/d/e/f", "$HOME/d/**"),
        ] {
            assert_eq!(paths.rule(Op::Create, path.as_bytes()).as_deref(), Some(expected), "{path}");
        }
        for (object, expected) in [
            ("$TMPDIR/x", Some("$TMPDIR/*")),
            ("unix $TMPDIR/x/y/z", Some("unix $TMPDIR/x/**")),
            ("$TMPDIR", Some("$TMPDIR")),
            ("/var/tmp/x", Some("/var/tmp/**")),
            ("$WORKSPACE/x", None),
        ] {
            assert_eq!(paths.temporary(object).as_deref(), expected, "{object}");
        }
    }

    #[test]
    fn names_of_chance_are_known() {
        let check = |name: &str, temporary: bool, expected: Option<&str>| {
            assert_eq!(chance(name.as_bytes(), temporary).as_deref(), expected, "{name} {temporary}");
        };
        check(".tmpAb3dE9", true, Some(".tmp*"));
        check(".tmpabcdef", true, Some(".tmp*"));
        check("tmp.X1y2Z3w4", true, Some("tmp.*"));
        check("tmp.X1y2Z3w4", false, None);
        check("out-4242.log", true, Some("out-*.log"));
        check("out-4242.log", false, None);
        check("serde-0123456789abcdef.d", false, Some("serde-*.d"));
        check("report.xml", true, None);
        check("README", true, None);
        check("test_1", true, None);
        check("MyCrate", true, None);
        check("tmpab_cde12", true, Some("tmp*"));
        check("aBcDeF", true, Some("*"));
        check("x*aBcDeF", true, Some("x\\**"));
        check("pid4242", true, Some("pid*"));
        check("123e4567-e89b-12d3-a456-426614174000", true, Some(ANY_UUID));
        check("x-123e4567-e89b-12d3-a456-426614174000.d", false, Some(&format!("x-{ANY_UUID}.d")));
        check("x-<uuid>.d", false, Some(&format!("x-{ANY_UUID}.d")));
        check("pytest-of-root", true, Some("pytest-of-*"));
        check("pytest-of-root", false, None);
        check("pytest-<number>", true, Some("pytest-*"));
        check("tmp<random>.zip", false, Some("tmp*.zip"));
        check("x-<pid>-<pid>", false, Some("x-*-*"));
        check("a b*", true, None);
    }
}
