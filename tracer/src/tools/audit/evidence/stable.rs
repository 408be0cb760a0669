//! Names that do not depend on the run: what a generator of temporary names or a process id put into a path is replaced, so that
//! two runs that do the same give the same evidence.

use std::collections::HashSet;

/// Names that differ from run to run.
#[derive(Debug, Default)]
pub struct Stable {
    /// Tasks that were seen.
    tasks: HashSet<u32>,
    /// The directory of temporary files.
    temporary: Option<Vec<u8>>,
}

/// What stands for the letters of a temporary name, and for the number of a process.
pub const RANDOM: &str = "<random>";
/// See [`RANDOM`].
pub const PID: &str = "<pid>";

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
    ("rmeta", 6, 6, ""),
    ("sort", 6, 6, ""),
];

impl Stable {
    /// Names in this directory may be nothing but random characters (Python's tempfile, which tries whether it can write there).
    pub fn temporary(&mut self, directory: &[u8]) {
        self.temporary = Some(directory.to_vec());
    }

    /// A task was seen.
    pub fn task(&mut self, id: u32) {
        self.tasks.insert(id);
    }

    /// The path without what differs from run to run. `was_there` tells whether a path was there before the run: then no number in
    /// its last name was drawn in it.
    pub fn path(&self, path: &[u8], was_there: &mut dyn FnMut(&[u8]) -> bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(path.len());
        if let Some(front) = self.temporary.as_ref().filter(|front| path.starts_with(front))
            && let Some(name) = path[front.len()..].strip_prefix(b"/")
            && name.len() == 8
            && name.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_')
            && is_random(name)
        {
            return [front.as_slice(), b"/", RANDOM.as_bytes()].concat();
        }
        let mut end = 0;
        for (nth, name) in path.split(|&b| b == b'/').enumerate() {
            if nth > 0 {
                out.push(b'/');
                end += 1;
            }
            end += name.len();
            match temporary(name) {
                Some((before, behind)) => {
                    out.extend_from_slice(before.as_bytes());
                    out.extend_from_slice(RANDOM.as_bytes());
                    out.extend_from_slice(behind.as_bytes());
                }
                None if self.has_number(name) && !was_there(&path[..end]) => self.numbers(name, &mut out),
                None => out.extend_from_slice(name),
            }
        }
        out
    }

    /// Whether a name has numbers of tasks.
    fn has_number(&self, name: &[u8]) -> bool {
        let mut digits = name.split(|b| !b.is_ascii_digit());
        digits.any(|digits| self.is_task(digits))
    }

    /// Whether these digits are the number of a task. One of one or two digits is too likely to be another.
    fn is_task(&self, digits: &[u8]) -> bool {
        let id = || std::str::from_utf8(digits).ok()?.parse::<u32>().ok();
        digits.len() > 2 && digits[0] != b'0' && id().is_some_and(|id| self.tasks.contains(&id))
    }

    /// The text with numbers of tasks replaced, but for those in the middle of hexadecimal digits.
    fn numbers(&self, name: &[u8], out: &mut Vec<u8>) {
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
            match self.is_task(number) && !is_hash(at, at + digits) {
                true => out.extend_from_slice(PID.as_bytes()),
                false => out.extend_from_slice(number),
            }
            at += digits;
        }
    }
}

/// What stands before and behind the random characters of a temporary name.
fn temporary(name: &[u8]) -> Option<(&'static str, &'static str)> {
    let made_by = |(before, least, most, behind): &(&'static str, usize, usize, &'static str)| {
        let middle = name.strip_prefix(before.as_bytes())?.strip_suffix(behind.as_bytes())?;
        let random = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        ((*least..=*most).contains(&middle.len()) && middle.iter().all(random) && is_random(middle))
            .then_some((*before, *behind))
    };
    GENERATORS.iter().find_map(made_by)
}

/// Whether letters look drawn and not written: with a digit, or in both cases, or without vowels enough.
fn is_random(letters: &[u8]) -> bool {
    let any = |test: fn(&u8) -> bool| letters.iter().any(test);
    let vowels = letters.iter().filter(|b| b"aeiouAEIOU".contains(b)).count();
    any(u8::is_ascii_digit)
        || letters.contains(&b'_')
        || (any(u8::is_ascii_lowercase) && letters[1..].iter().any(u8::is_ascii_uppercase))
        || vowels * 5 < letters.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_chance_made_is_replaced() {
        let mut stable = Stable::default();
        stable.task(4242);
        stable.task(7);
        stable.temporary(b"/tmp");
        for (path, expected) in [
            ("/tmp/tmp.aB3dE6gH9k/x", "/tmp/tmp.<random>/x"),
            ("/tmp/.tmpQx7yZ2", "/tmp/.tmp<random>"),
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
            ("/tmp/messages", "/tmp/messages"),
            ("/src/8w7lai73", "/src/8w7lai73"),
            ("/", "/"),
            ("", ""),
        ] {
            let mut was_there = |path: &[u8]| path == b"/was/4242";
            assert_eq!(String::from_utf8_lossy(&stable.path(path.as_bytes(), &mut was_there)), expected);
        }
    }
}
