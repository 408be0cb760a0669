//! The ways in which a path or a descriptor can be given.

use tracer::schema::types::Ty;

use super::values::o;
use super::{Form, Maker, Words};

/// What a path has to lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// A file that is there, through any link.
    File,
    /// The name itself: a link is not followed.
    Name,
    /// A name that is to be made, removed or given to something else: only its directory is looked at.
    Entry,
}

/// A way, and what it does.
pub(crate) struct Way {
    pub name: &'static str,
    pub words: Words,
    /// The name, in the directory of the attempt, of what it is done to; `None` where it is something else, which no rule denies.
    pub object: Option<&'static str>,
}

/// A path, with what stands before it.
struct Spelling {
    name: &'static str,
    path: String,
    directory: Option<String>,
    before: Option<String>,
}

impl Spelling {
    fn new(name: &'static str, path: String) -> Spelling {
        Spelling { name, path, directory: None, before: None }
    }

    fn at(self, directory: String) -> Spelling {
        Spelling { directory: Some(directory), ..self }
    }

    fn before(self, word: String) -> Spelling {
        Spelling { before: Some(word), ..self }
    }
}

impl Form {
    /// The place before that of a path, where it is the path's directory.
    pub(crate) fn directory(&self, at: u8) -> Option<u8> {
        let before = at.checked_sub(1)?;
        matches!(self.args[usize::from(before)].ty, Ty::DirFd).then_some(before)
    }
}

impl Maker<'_> {
    /// The ways in which the path in a place may lead to `name` in the directory of the attempt.
    pub(crate) fn paths(&self, mode: &str, at: u8, means: Means, name: &'static str) -> Vec<Way> {
        let id = |way: &str| self.id(mode, way);
        let dir = |way: &str| self.dir(mode, way);
        let (place, only, listed) = (o("O_PATH"), o("O_PATH") | o("O_DIRECTORY"), o("O_RDONLY") | o("O_DIRECTORY"));
        let below = |way: &'static str, format: &str| Spelling::new(way, format!("x{format}|{}/{name}", dir(way)));
        let mut spellings = vec![
            Spelling::new("absolute", format!("s{}/{name}", dir("absolute"))),
            Spelling::new("relative", format!("s{name}")).before(format!("+cd:{}", dir("relative"))),
            Spelling::new("dots", format!("s{}/../{}/.//{name}", dir("dots"), id("dots"))),
            Spelling::new("procdir", format!("x/proc/self/fd/%1$d/{name}|{}", dir("procdir"))),
            Spelling::new("proccwd", format!("s/proc/self/cwd/{name}")).before(format!("+cd:{}", dir("proccwd"))),
            Spelling::new("procroot", format!("s/proc/self/root{}/{name}", dir("procroot"))),
            Spelling::new("linkdir", format!("s{}.l/{name}", dir("linkdir"))),
        ];
        let directory = self.form.directory(at);
        if directory.is_some() {
            spellings.push(Spelling::new("at", format!("s{name}")).at(format!("f{only}:{}", dir("at"))));
            spellings.push(Spelling::new("atlisted", format!("s{name}")).at(format!("f{listed}:{}", dir("atlisted"))));
        }
        if means != Means::Entry {
            spellings.push(Spelling::new("link", format!("s{}/link", dir("link"))));
            spellings.push(below("proc", "/proc/self/fd/%1$d"));
            spellings.push(below("dev", "/dev/fd/%1$d"));
            spellings.push(below("thread", "/proc/thread-self/fd/%1$d"));
            spellings.push(below("task", "/proc/self/task/%2$d/fd/%1$d"));
            spellings.push(below("pid", "/proc/%2$d/fd/%1$d"));
            if directory.is_some() {
                spellings.push(below("atproc", "%1$d").at(format!("f{only}:/proc/self/fd")));
                spellings.push(Spelling::new("null", "=0".to_owned()).at(format!("f0:{}/{name}", dir("null"))));
                spellings.push(Spelling::new("empty", "s".to_owned()).at(format!("f{place}:{}/{name}", dir("empty"))));
            }
        }
        let empty = self.form.with_flag("AT_EMPTY_PATH");
        let mut ways = Vec::new();
        for spelling in spellings.into_iter().filter(|spelling| spelling.name != "empty" || empty.is_some()) {
            let mut words = Words { before: spelling.before, ..Words::default() };
            words.by_place.insert(at, spelling.path);
            if let (Some(place), Some(word)) = (directory, spelling.directory) {
                words.by_place.insert(place, word);
            }
            if let Some((place, value)) = empty.filter(|_| spelling.name == "empty") {
                words.flag(place, value);
            }
            let object = match (spelling.name, means) {
                ("link", Means::Name) => Some("link"),
                // The link that /proc has.
                ("proc" | "dev" | "thread" | "task" | "pid" | "atproc", Means::Name) => None,
                _ => Some(name),
            };
            ways.push(Way { name: spelling.name, words, object });
        }
        ways
    }

    /// The ways in which `it` may be behind the descriptor in a place, and what is held open for that; `mode` of the open.
    pub(crate) fn descriptors(&self, mode: &str, at: u8, flags: u64) -> Vec<(Way, Vec<String>)> {
        let way = |name, word: String| {
            let mut words = Words::default();
            words.by_place.insert(at, word);
            Way { name, words, object: Some("it") }
        };
        let held = self.held();
        vec![
            (way("opened", format!("f{flags}:{}/it", self.dir(mode, "opened"))), Vec::new()),
            (
                way("inherited", format!("={}", held + 1)),
                vec![format!("H {} {flags} {}/it", held + 1, self.dir(mode, "inherited"))],
            ),
        ]
    }
}

impl Words {
    /// Sets a flag in an argument.
    pub(crate) fn flag(&mut self, at: u8, value: u64) {
        let old = self.by_place.get(&at).and_then(|word| word.strip_prefix('=')?.parse::<u64>().ok()).unwrap_or(0);
        self.by_place.insert(at, format!("={}", old | value));
    }
}
