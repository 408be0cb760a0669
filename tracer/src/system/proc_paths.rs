//! What a path below /proc means, of whoever passed it. Nothing here looks at the files.

/// Where processes are found.
pub const PROC: &str = "/proc";
/// The front of every path there.
pub const BELOW: &str = "/proc/";

/// The names of a path below /proc.
fn names(path: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    path.strip_prefix(BELOW.as_bytes()).map(|rest| rest.split(|&b| b == b'/'))
}

/// What the C library reads for itself when it gives memory back, at a time of its own choosing.
pub fn is_for_the_allocator(path: &[u8]) -> bool {
    path == b"/proc/sys/vm/overcommit_memory"
}

/// Whether a path is below /proc, where processes come and go.
pub fn is_below(path: &[u8]) -> bool {
    names(path).is_some()
}

/// What leads to somebody else for everyone who looks.
fn is_own(name: &[u8]) -> bool {
    matches!(name, b"self" | b"thread-self")
}

/// Whether what a path means depends on who looks at it.
pub fn depends_on_who_looks(path: &[u8]) -> bool {
    names(path).and_then(|mut names| names.next()).is_some_and(is_own)
}

/// Whether a path is one of those that lead to a descriptor of whoever asks.
pub fn names_own_descriptor(path: &[u8]) -> bool {
    [&b"/dev/std"[..], b"/dev/fd/", b"/proc/self/fd/"].iter().any(|front| path.starts_with(front))
}

/// Directories of a process that lead out of /proc.
fn leads_out(name: &[u8]) -> bool {
    matches!(name, b"fd" | b"cwd" | b"root")
}

/// A path through the descriptors and directories of whoever asks, as one through those of a process.
pub fn of_process(path: &[u8], process: u32) -> Option<Vec<u8>> {
    let rest = names(path)?.next().filter(|name| is_own(name)).map(|name| &path[BELOW.len() + name.len()..])?;
    let first = rest.strip_prefix(b"/")?.split(|&b| b == b'/').next()?;
    leads_out(first).then(|| [BELOW.as_bytes(), process.to_string().as_bytes(), rest].concat())
}

/// The process and the descriptor that a path names.
pub fn descriptor(path: &[u8]) -> Option<(u32, i32)> {
    let mut names = names(path)?;
    let number = |name: &[u8]| std::str::from_utf8(name).ok()?.parse().ok();
    let process = number(names.next()?)?;
    let (Some(b"fd"), Some(fd), None) = (names.next(), names.next(), names.next()) else { return None };
    Some((process, i32::try_from(number(fd)?).ok()?))
}

/// Whether a path goes through what a process had, and has not any more.
pub fn is_inside(path: &[u8]) -> bool {
    let Some(mut names) = names(path) else { return false };
    names.next().is_some_and(|process| !process.is_empty() && process.iter().all(u8::is_ascii_digit))
        && names.next().is_some_and(leads_out)
        && names.next().is_some()
}

/// Whether a path is that of memory: a process's, or the kernel's.
pub fn is_memory(path: &[u8]) -> bool {
    let last = names(path).and_then(Iterator::last);
    matches!(last, Some(b"mem")) || names(path).is_some_and(|names| names.eq([b"kcore"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_has_is_known() {
        let check = |path: &str, known: Option<(u32, i32)>, inside: bool| {
            assert_eq!((descriptor(path.as_bytes()), is_inside(path.as_bytes())), (known, inside), "{path}");
        };
        check("/proc/12/fd/0", Some((12, 0)), true);
        check("/proc/12/fd/0/x", None, true);
        check("/proc/12/cwd/x", None, true);
        for path in ["/proc/12/fd", "/proc/12/maps", "/proc/x/fd/1", "/dev/fd/3", "/proc", "/tmp/12/fd/1"] {
            check(path, None, false);
        }
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(of_process(path.as_bytes(), 7), expected.map(|path| path.as_bytes().to_vec()), "{path}");
        };
        check("/proc/self/fd/3", Some("/proc/7/fd/3"));
        check("/proc/thread-self/cwd/x", Some("/proc/7/cwd/x"));
        check("/proc/self/root", Some("/proc/7/root"));
        for path in ["/proc/self/maps", "/proc/7/fd/3", "/proc/self", "/proc/selfish/fd/1"] {
            check(path, None);
        }
    }

    #[test]
    fn descriptors_of_whoever_asks() {
        for (path, expected) in [
            ("/dev/stdin", true),
            ("/dev/fd/3", true),
            ("/proc/self/fd/3", true),
            ("/proc/7/fd/3", false),
            ("/dev/null", false),
        ] {
            assert_eq!(names_own_descriptor(path.as_bytes()), expected, "{path}");
        }
    }

    #[test]
    fn whose_a_path_is() {
        let check = |path: &str, expected: (bool, bool, bool)| {
            let bytes = path.as_bytes();
            assert_eq!((is_below(bytes), depends_on_who_looks(bytes), is_memory(bytes)), expected, "{path}");
        };
        check("/proc", (false, false, false));
        check("/proc/self", (true, true, false));
        check("/proc/thread-self/fd", (true, true, false));
        check("/proc/selfish", (true, false, false));
        check("/proc/7/mem", (true, false, true));
        check("/proc/7/task/8/mem", (true, false, true));
        check("/proc/kcore", (true, false, true));
        check("/proc/7/kcore", (true, false, false));
        check("/process/self/mem", (false, false, false));
    }
}
