//! Names that do not depend on the run: what a generator of temporary names or a process id put into a path is replaced, so that
//! two runs that do the same give the same evidence.

use foldhash::HashSet;

/// Names that differ from run to run.
#[derive(Debug, Default)]
pub struct Stable {
    /// Tasks that were seen.
    tasks: HashSet<u32>,
    /// The directory of temporary files.
    temporary: Option<Vec<u8>>,
    /// What was made as a file or a directory is whose name was drawn.
    drawn: HashSet<Vec<u8>>,
    /// Abstract names of unix sockets of the form that the kernel chooses: those that sockets had, and those that were asked for.
    had: HashSet<Vec<u8>>,
    asked: HashSet<Vec<u8>>,
}

/// What stands for the letters of a temporary name, and for the number of a process.
pub const RANDOM: &str = "<random>";
/// See [`RANDOM`].
pub const PID: &str = "<pid>";
/// What stands for the abstract name that the kernel chose for a unix socket.
pub const CHOSEN: &str = "@<random>";
/// What stands for a UUID.
pub const UUID: &str = "<uuid>";
/// What stands for a number that counts runs or workers.
pub const NUMBER: &str = "<number>";

/// Paths with drawn names that are remembered at most.
const MOST_PATHS: usize = 100_000;
/// The most letters of a name some of which were drawn.
const MOST_DRAWN: usize = 40;

/// Names that end with a number of this run only: pytest's directories, those of xdist's workers.
const COUNTED: &[&str] = &["pytest-", "popen-gw"];

/// What generators of temporary names make: what stands before, how many random characters (at least, at most), what stands behind.
const GENERATORS: &[(&str, usize, usize, &str)] = &[
    // mktemp(1), the crate tempfile, Python's tempfile, cc, go, bash's here-documents, rustc, sort.
    ("tmp.", 6, 10, ""),
    (".tmp", 6, 6, ""),
    ("tmp", 8, 8, ""),
    ("cc", 6, 6, ".s"),
    ("cc", 6, 6, ".o"),
    ("cc", 6, 6, ".res"),
    ("cc", 6, 6, ".le"),
    ("cc", 6, 6, ".ld"),
    ("go-build", 6, 12, ""),
    ("sh-thd.", 6, 6, ""),
    ("sh-thd-", 6, 12, ""),
    ("rustc", 6, 6, ""),
    ("rustdoctest", 6, 6, ""),
    ("rmeta", 6, 6, ""),
    ("sort", 6, 6, ""),
    // sed -i; cargo, which makes its directory for what it builds under another name.
    ("sed", 6, 6, ""),
    ("target", 6, 6, ""),
];

impl Stable {
    /// Names in this directory may be nothing but random characters (Python's tempfile, which tries whether it can write there).
    pub fn temporary(&mut self, directory: &[u8]) {
        self.temporary = Some(directory.to_vec());
    }

    /// A file or a directory was made as those are whose names are drawn: by nobody else at the same time, for its owner only.
    pub fn drawn(&mut self, path: &[u8]) {
        if self.drawn.len() < MOST_PATHS && drawn(last(path)).is_some() {
            self.drawn.insert(path.to_vec());
        }
    }

    /// A socket has this abstract name. Where nobody asked for it, the kernel chose it.
    pub fn socket_has(&mut self, name: &[u8]) {
        if is_autobound(name) && self.had.len() < MOST_PATHS && !self.had.contains(name) {
            self.had.insert(name.to_vec());
        }
    }

    /// A socket was bound to this name.
    pub fn socket_asks(&mut self, name: &[u8]) {
        if is_autobound(name) && self.asked.len() < MOST_PATHS {
            self.asked.insert(name.to_vec());
        }
    }

    /// A task was seen.
    pub fn task(&mut self, id: u32) {
        self.tasks.insert(id);
    }

    /// The path without what differs from run to run. `was_there` tells whether a path was there before the run: then no number in
    /// its last name was drawn in it.
    pub fn path(&self, path: &[u8], was_there: &mut dyn FnMut(&[u8]) -> bool) -> Vec<u8> {
        self.replaced(path, was_there, &mut |_| true)
    }

    fn replaced(
        &self,
        path: &[u8],
        was_there: &mut dyn FnMut(&[u8]) -> bool,
        is_meant: &mut dyn FnMut(u32) -> bool,
    ) -> Vec<u8> {
        if path.starts_with(b"@") && self.had.contains(path) && !self.asked.contains(path) {
            return CHOSEN.as_bytes().to_vec();
        }
        let mut out = Vec::with_capacity(path.len());
        if let Some(front) = self.temporary.as_ref().filter(|front| path.starts_with(front))
            && let Some(name) = path[front.len()..].strip_prefix(b"/")
            && name.len() == 8
            && name.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_')
            && is_random(name)
        {
            return [front.as_slice(), b"/", RANDOM.as_bytes()].concat();
        }
        let temporary_end = self.temporary.as_ref().filter(|front| path.starts_with(front)).map(Vec::len);
        let mut end = 0;
        for (nth, name) in path.split(|&b| b == b'/').enumerate() {
            if nth > 0 {
                out.push(b'/');
                end += 1;
            }
            end += name.len();
            let within = temporary_end.is_some_and(|front| end > front);
            let known = temporary(name)
                .map(|(before, behind)| (before.as_bytes(), RANDOM, behind.as_bytes()))
                .or_else(|| unnamed(name).map(|()| (&b"#"[..], RANDOM, &b""[..])))
                .or_else(|| pythons(name).filter(|_| within).map(|behind| (&b"tmp"[..], RANDOM, behind)))
                .or_else(|| rusts(name).filter(|_| within).map(|behind| (&b".tmp"[..], RANDOM, behind)))
                .or_else(|| counted(name).map(|before| (before.as_bytes(), NUMBER, &b""[..])))
                .or_else(|| bytecode(name).map(|before| (before, NUMBER, &b""[..])));
            let known = known.or_else(|| {
                let (before, behind) = drawn(name).filter(|_| self.drawn.contains(&path[..end]))?;
                Some((before, RANDOM, behind))
            });
            let known = known.or_else(|| {
                let (before, behind) = uuid(name).filter(|_| !was_there(&path[..end]))?;
                Some((before, UUID, behind))
            });
            let mut is_task = |digits: &[u8]| self.task_of(digits).is_some_and(&mut *is_meant);
            match known {
                Some((before, instead, behind)) => {
                    out.extend_from_slice(before);
                    out.extend_from_slice(instead.as_bytes());
                    out.extend_from_slice(behind);
                }
                None if has_number(name, &mut is_task) && !was_there(&path[..end]) => {
                    numbers(name, &mut is_task, &mut out);
                }
                None => out.extend_from_slice(name),
            }
        }
        out
    }

    /// An argument of a program without what differs from run to run. `is_there` tells whether a process with this number was there:
    /// a number that is none of a path, and that one of the run's many processes had, is more often a mode, a port or a count.
    pub fn word(
        &self,
        word: &[u8],
        was_there: &mut dyn FnMut(&[u8]) -> bool,
        is_there: &mut dyn FnMut(u32) -> bool,
    ) -> Vec<u8> {
        match word.contains(&b'/') {
            true => self.path(word, was_there),
            false => self.replaced(word, was_there, is_there),
        }
    }

    /// The task that has these digits as its number. One of one or two digits is too likely to be another.
    fn task_of(&self, digits: &[u8]) -> Option<u32> {
        if digits.len() < 3 || digits[0] == b'0' {
            return None;
        }
        let id = std::str::from_utf8(digits).ok()?.parse::<u32>().ok()?;
        self.tasks.contains(&id).then_some(id)
    }
}

/// Whether a name is of the form that the kernel chooses (unix(7), Autobind feature).
fn is_autobound(name: &[u8]) -> bool {
    let digits = name.strip_prefix(b"@").unwrap_or_default();
    digits.len() == 5 && digits.iter().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

/// Whether a name has numbers of tasks.
fn has_number(name: &[u8], is_task: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    name.split(|b| !b.is_ascii_digit()).any(is_task)
}

/// The text with numbers of tasks replaced, but for those in the middle of hexadecimal digits.
fn numbers(name: &[u8], is_task: &mut dyn FnMut(&[u8]) -> bool, out: &mut Vec<u8>) {
    let is_hash = |at: usize, end: usize| {
        let before = name[..at].iter().rev().take_while(|b| b.is_ascii_alphanumeric());
        let word = before.chain(name[end..].iter().take_while(|b| b.is_ascii_alphanumeric()));
        word.clone().next().is_some() && word.clone().all(u8::is_ascii_hexdigit)
    };
    let mut at = 0;
    while at < name.len() {
        let digits = name[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            out.push(name[at]);
            at += 1;
            continue;
        }
        let number = &name[at..at + digits];
        match !is_hash(at, at + digits) && is_task(number) {
            true => out.extend_from_slice(PID.as_bytes()),
            false => out.extend_from_slice(number),
        }
        at += digits;
    }
}

/// A file that never had a name (O_TMPFILE): the kernel tells its number.
fn unnamed(name: &[u8]) -> Option<()> {
    let digits = name.strip_prefix(b"#")?;
    let digits = digits.strip_suffix(b" (deleted)").unwrap_or(digits);
    (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit)).then_some(())
}

/// What stands behind the eight random characters of a name of Python's tempfile.
fn pythons(name: &[u8]) -> Option<&[u8]> {
    let (random, behind) = name.strip_prefix(b"tmp")?.split_at_checked(8)?;
    let drawn = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_';
    let ends = behind.first().is_none_or(|b| !b.is_ascii_alphanumeric());
    (ends && random.iter().all(drawn)).then_some(behind)
}

/// What stands behind the six random characters of a name of the crate tempfile: what the program asked for, and what the kernel says
/// of a file that has lost its name.
fn rusts(name: &[u8]) -> Option<&[u8]> {
    let (random, behind) = name.strip_prefix(b".tmp")?.split_at_checked(6)?;
    random.iter().all(u8::is_ascii_alphanumeric).then_some(behind)
}

/// The last name of a path.
fn last(path: &[u8]) -> &[u8] {
    path.rsplit(|&b| b == b'/').next().unwrap_or_default()
}

/// What stands before and behind what may be drawn in a name that a program began and ended as it liked: all letters and digits before
/// the dot, since nobody knows where those begin that were drawn.
fn drawn(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = name.iter().skip(1).position(|&b| b == b'.').map_or(name.len(), |at| at + 1);
    let (stem, behind) = name.split_at(end);
    let word = stem.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let (before, word) = stem.split_at(stem.len() - word);
    (word.len() >= 6 && word.len() <= MOST_DRAWN && looks_drawn(word)).then_some((before, behind))
}

/// Letters and digits that nobody would write: a digit that is not at the end, a capital within, letters that seldom follow each other.
fn looks_drawn(word: &[u8]) -> bool {
    let drawn = &word[word.len() - word.len().min(8)..];
    let within = |one: u8, next: u8| {
        one.is_ascii_digit() && !next.is_ascii_digit() || one.is_ascii_lowercase() && next.is_ascii_uppercase()
    };
    drawn.windows(2).any(|pair| within(pair[0], pair[1]))
        || drawn.windows(2).filter(|pair| is_seldom(pair[0], pair[1])).count() > 1
}

/// What stands before a number that counts runs.
fn counted(name: &[u8]) -> Option<&'static str> {
    let number = |front: &&&str| {
        let digits = name.strip_prefix(front.as_bytes()).unwrap_or_default();
        !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
    };
    COUNTED.iter().find(number).copied()
}

/// What stands before the number of an object in memory: Python writes its bytecode under such a name first (importlib's `_write_atomic`).
fn bytecode(name: &[u8]) -> Option<&[u8]> {
    const BEHIND: &[u8] = b".pyc.";
    let at = name.windows(BEHIND.len()).rposition(|part| part == BEHIND)? + BEHIND.len();
    let digits = &name[at..];
    (digits.len() > 9 && digits.iter().all(u8::is_ascii_digit)).then_some(&name[..at])
}

/// What stands before and behind a UUID (RFC 9562) in a name.
pub fn uuid(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_uuid = |text: &[u8]| {
        let dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
        text.iter().enumerate().all(|(at, b)| if dash(at) { *b == b'-' } else { b.is_ascii_hexdigit() })
    };
    let at = name.windows(36).position(is_uuid)?;
    let (before, behind) = (&name[..at], &name[at + 36..]);
    let apart = |b: Option<&u8>| b.is_none_or(|b| !b.is_ascii_alphanumeric());
    (apart(before.last()) && apart(behind.first())).then_some((before, behind))
}

/// What stands before and behind the random characters of a temporary name.
fn temporary(name: &[u8]) -> Option<(&'static str, &'static str)> {
    let first = name.first()?;
    let made_by = |(before, least, most, behind): &(&'static str, usize, usize, &'static str)| {
        // Most names begin with another letter, and this looks at each part of each path.
        if before.as_bytes().first() != Some(first) {
            return None;
        }
        let middle = name.strip_prefix(before.as_bytes())?.strip_suffix(behind.as_bytes())?;
        let random = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        ((*least..=*most).contains(&middle.len()) && middle.iter().all(random) && is_random(middle))
            .then_some((*before, *behind))
    };
    GENERATORS.iter().find_map(made_by)
}

/// Whether letters look drawn and not written: with a digit, or in both cases, or without vowels enough, or with letters that seldom
/// follow each other.
fn is_random(letters: &[u8]) -> bool {
    let any = |test: fn(&u8) -> bool| letters.iter().any(test);
    let vowels = letters.iter().filter(|b| b"aeiouAEIOU".contains(b)).count();
    any(u8::is_ascii_digit)
        || letters.contains(&b'_')
        || (any(u8::is_ascii_lowercase) && letters[1..].iter().any(u8::is_ascii_uppercase))
        || vowels * 5 < letters.len()
        || letters.windows(2).filter(|pair| is_seldom(pair[0], pair[1])).count() > 1
}

/// What follows each letter, from a to z, in words of English, of programs and of this project's sources in at least eight of some 4,000.
/// Of names of eight drawn letters with vowels enough, 6 in 100 have no two pairs beside it; of the words of eight letters, 3 in 394 have.
const FOLLOWS: [&str; 26] = [
    "bcdfgiklmnprstuvwy",
    "aeilorsu",
    "acehikloprstuv",
    "adegiloprstuvy",
    "abcdefgilmnopqrstuvwxy",
    "adefilorstu",
    "aehilnorsu",
    "aeiortu",
    "abcdefglmnoprstvxz",
    "eo",
    "aeins",
    "adefiklopstuvy",
    "abeilmopsu",
    "acdefgiklmnopstuvwy",
    "abcdefgiklmnoprstuvw",
    "aefhiloprstuy",
    "u",
    "acdefgiklmnoprstuvy",
    "aceghiklmnopstuwy",
    "acdefhilmoprstuxy",
    "abcdefgilmnoprst",
    "aeimo",
    "aehinors",
    "acefipt",
    "emnopst",
    "e",
];

/// Whether two letters seldom follow each other.
fn is_seldom(one: u8, next: u8) -> bool {
    let place = usize::from(one.to_ascii_lowercase().wrapping_sub(b'a'));
    FOLLOWS.get(place).is_some_and(|follows| !follows.as_bytes().contains(&next.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_among_arguments_is_a_process_only_if_one_was_there() {
        let mut stable = Stable::default();
        for id in [600, 4242] {
            stable.task(id);
        }
        let word = |text: &str| {
            let word = stable.word(text.as_bytes(), &mut |_| false, &mut |id| id == 4242);
            String::from_utf8_lossy(&word).into_owned()
        };
        let told = ["600", "4242", "--pid=4242", "-p600", "4711", "tmp.aB3dE6gH9k", "/tmp/x-600"].map(word);
        assert_eq!(told, ["600", "<pid>", "--pid=<pid>", "-p600", "4711", "tmp.<random>", "/tmp/x-<pid>"]);
    }

    #[test]
    fn a_name_of_a_socket_that_nobody_asked_for_was_chosen() {
        let mut stable = Stable::default();
        for name in ["@0001f", "@decaf", "@other", "@0001F", "@0001f0"] {
            stable.socket_has(name.as_bytes());
        }
        stable.socket_asks(b"@decaf");
        for (name, expected) in [
            ("@0001f", "@<random>"),
            ("@decaf", "@decaf"),
            ("@other", "@other"),
            ("@0001F", "@0001F"),
            ("@0001f0", "@0001f0"),
            ("@00020", "@00020"),
            ("@<random>", "@<random>"),
        ] {
            assert_eq!(String::from_utf8_lossy(&stable.path(name.as_bytes(), &mut |_| false)), expected);
        }
    }

    #[test]
    fn what_was_drawn_is_known_by_how_it_was_made() {
        let mut stable = Stable::default();
        for (path, expected) in [
            ("/t/report-ab3_cd9f.txt", "/t/report-<random>.txt"),
            ("/t/reportab3_cd9f.tar.gz", "/t/<random>.tar.gz"),
            ("/t/.worker-Qx7yZ2", "/t/.worker-<random>"),
            ("/t/worker-jzfkjmiu", "/t/worker-<random>"),
            ("/t/settings2", "/t/settings2"),
            ("/t/id_rsa", "/t/id_rsa"),
            ("/t/messages.log", "/t/messages.log"),
            ("/t/a1b2", "/t/a1b2"),
        ] {
            let shown =
                |stable: &Stable| String::from_utf8_lossy(&stable.path(path.as_bytes(), &mut |_| false)).into_owned();
            assert_eq!(shown(&stable), path, "made otherwise");
            stable.drawn(path.as_bytes());
            assert_eq!(shown(&stable), expected);
        }
        stable.drawn(b"/t/d-1a2b3c4d");
        assert_eq!(stable.path(b"/t/d-1a2b3c4d/x-1a2b3c4d", &mut |_| false), b"/t/d-<random>/x-1a2b3c4d");
    }

    #[test]
    fn what_chance_made_is_replaced() {
        let mut stable = Stable::default();
        stable.task(4242);
        stable.task(7);
        stable.temporary(b"/tmp");
        for (path, expected) in [
            ("/tmp/tmp.aB3dE6gH9k/x", "/tmp/tmp.<random>/x"),
            ("/tmp/.tmpQx7yZ2", "/tmp/.tmp<random>"),
            ("/tmp/.tmpabodef", "/tmp/.tmp<random>"),
            ("/tmp/.tmpmsHLiBsuffix", "/tmp/.tmp<random>suffix"),
            ("/tmp/sub/.tmpQx7yZ2.log", "/tmp/sub/.tmp<random>.log"),
            ("/tmp/.tmpQx7yZ2 (deleted)/x", "/tmp/.tmp<random> (deleted)/x"),
            ("/tmp/.tmp-file", "/tmp/.tmp-file"),
            ("/src/.tmpabodefsuffix", "/src/.tmpabodefsuffix"),
            ("/tmp/tmpab3_cd9f/tmpdir", "/tmp/tmp<random>/tmpdir"),
            ("/tmp/ccQ8fW1a.o", "/tmp/cc<random>.o"),
            ("/tmp/go-build123456789/b001", "/tmp/go-build<random>/b001"),
            ("/proc/4242/maps", "/proc/<pid>/maps"),
            ("/tmp/x-4242-y", "/tmp/x-<pid>-y"),
            ("/tmp/x-42421", "/tmp/x-42421"),
            ("/tmp/run4242.log", "/tmp/run<pid>.log"),
            ("/target/suite-e8cea9e6b2bd4242", "/target/suite-e8cea9e6b2bd4242"),
            ("/target/suite-4242cea9", "/target/suite-4242cea9"),
            ("/was/4242", "/was/4242"),
            ("/was/4242/log-4242", "/was/4242/log-<pid>"),
            ("/tmp/x-04242", "/tmp/x-04242"),
            ("/proc/7/maps", "/proc/7/maps"),
            ("/usr/share/tmpfiles.d", "/usr/share/tmpfiles.d"),
            ("/src/tmpstorage", "/src/tmpstorage"),
            ("/src/sorting", "/src/sorting"),
            ("/tmp/8w7lai73", "/tmp/<random>"),
            ("/tmp/jzfkjmiu", "/tmp/<random>"),
            ("/tmp/settings", "/tmp/settings"),
            ("/tmp/webhooks", "/tmp/webhooks"),
            ("/tmp/messages", "/tmp/messages"),
            ("/src/8w7lai73", "/src/8w7lai73"),
            ("/tmp/#4711", "/tmp/#<random>"),
            ("/tmp/#4711 (deleted)", "/tmp/#<random>"),
            ("/tmp/#x", "/tmp/#x"),
            ("/tmp/tmpaeioumn_.zip", "/tmp/tmp<random>.zip"),
            ("/tmp/sub/tmpabodefgi", "/tmp/sub/tmp<random>"),
            ("/src/tmpabodefgi", "/src/tmpabodefgi"),
            (
                "/tmp/pytest-of-root/pytest-12/popen-gw3/test_a0",
                "/tmp/pytest-of-root/pytest-<number>/popen-gw<number>/test_a0",
            ),
            ("/tmp/pytest-x", "/tmp/pytest-x"),
            ("/src/__pycache__/exc.cpython-311.pyc.139709551940144", "/src/__pycache__/exc.cpython-311.pyc.<number>"),
            ("/src/x.pyc.12", "/src/x.pyc.12"),
            ("/src/targetxF4vUB/CACHEDIR.TAG", "/src/target<random>/CACHEDIR.TAG"),
            ("/src/targets", "/src/targets"),
            ("/src/sedOymzBI", "/src/sed<random>"),
            ("/src/garbage-123e4567-e89b-12d3-a456-426614174000.d", "/src/garbage-<uuid>.d"),
            ("/was/123e4567-e89b-12d3-a456-426614174000", "/was/123e4567-e89b-12d3-a456-426614174000"),
            ("/src/0123e4567-e89b-12d3-a456-426614174000", "/src/0123e4567-e89b-12d3-a456-426614174000"),
            ("/", "/"),
            ("", ""),
        ] {
            let mut was_there = |path: &[u8]| path == b"/was/4242" || path.starts_with(b"/was/123");
            assert_eq!(String::from_utf8_lossy(&stable.path(path.as_bytes(), &mut was_there)), expected);
        }
    }
}
