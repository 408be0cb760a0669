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

/// Whether a path is named by what is another file for everyone who passes it.
pub fn is_of_who_looks(path: &[u8]) -> bool {
    depends_on_who_looks(path) || names_own_descriptor(path)
}

/// Whether a path is one of those that lead to a descriptor of whoever asks.
pub fn names_own_descriptor(path: &[u8]) -> bool {
    [&b"/dev/std"[..], b"/dev/fd/", b"/proc/self/fd/"].iter().any(|front| path.starts_with(front))
}

/// A path of a process's own files as it may name them itself: by `self`, and by `thread-self` where it is of the same thread.
pub fn as_own(path: &[u8], process: u32, thread: u32) -> Vec<Vec<u8>> {
    let Some((name, rest)) = path.strip_prefix(PROC.as_bytes()).and_then(first) else { return Vec::new() };
    if number(name) != Some(process) {
        return Vec::new();
    }
    let mut own = vec![[BELOW.as_bytes(), b"self", rest].concat()];
    if let Some((b"task", below)) = first(rest)
        && let Some((name, rest)) = first(below)
        && number(name) == Some(thread)
    {
        own.push([BELOW.as_bytes(), b"thread-self", rest].concat());
    }
    own
}

/// What of a process leads out of /proc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// One of its descriptors.
    Descriptor(i32),
    /// Its current directory.
    Directory,
    /// Its root.
    Root,
    /// Its program.
    Program,
    /// A file that it has mapped.
    Mapped,
}

/// A path through what a process has: the process, what of it, and the rest of the path, which begins with a slash where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Through<'p> {
    /// The process.
    pub process: u32,
    /// What of it.
    pub way: Way,
    /// Where it goes on from there.
    pub rest: &'p [u8],
}

/// A name from the front of a path, and what follows it, with its slash.
fn first(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let path = path.strip_prefix(b"/")?;
    Some(path.split_at(path.iter().position(|&b| b == b'/').unwrap_or(path.len())))
}

/// A name that is a number.
fn number(name: &[u8]) -> Option<u32> {
    std::str::from_utf8(name).ok()?.parse().ok()
}

/// A path through what a process has; `asks`: whose `self` is.
pub fn through(path: &[u8], asks: u32) -> Option<Through<'_>> {
    let (name, mut rest) = first(path.strip_prefix(PROC.as_bytes())?)?;
    let process = if is_own(name) { asks } else { number(name)? };
    // A thread has what its process has.
    if let Some((b"task", below)) = first(rest) {
        rest = below;
        number(first(rest)?.0)?;
        rest = first(rest)?.1;
    }
    let (name, mut rest) = first(rest)?;
    let way = match name {
        b"cwd" => Way::Directory,
        b"root" => Way::Root,
        b"exe" => Way::Program,
        b"fd" | b"map_files" => {
            let (place, below) = first(rest)?;
            rest = below;
            if name == b"fd" { Way::Descriptor(i32::try_from(number(place)?).ok()?) } else { Way::Mapped }
        }
        _ => return None,
    };
    Some(Through { process, way, rest })
}

impl Through<'_> {
    /// The path as anyone can follow it, as long as the process has it; `path`: the one that this was found in.
    pub fn for_anyone(&self, path: &[u8]) -> Vec<u8> {
        let last = |name: &[u8]| [name, self.rest].concat();
        let below = match self.way {
            Way::Descriptor(fd) => last(format!("fd/{fd}").as_bytes()),
            Way::Directory => last(b"cwd"),
            Way::Root => last(b"root"),
            Way::Program => last(b"exe"),
            Way::Mapped => {
                let front = &path[..path.len() - self.rest.len()];
                let place = front.rsplit(|&b| b == b'/').next().unwrap_or_default();
                last(&[&b"map_files/"[..], place].concat())
            }
        };
        [BELOW.as_bytes(), self.process.to_string().as_bytes(), b"/", &below].concat()
    }
}

/// Whether a path is that of memory: a process's, or the kernel's.
pub fn is_memory(path: &[u8]) -> bool {
    let last = names(path).and_then(Iterator::last);
    matches!(last, Some(b"mem")) || names(path).is_some_and(|names| names.eq([b"kcore"]))
}

/// The process whose memory a path is (proc_pid_mem(5)), also by one of its tasks.
pub fn memory_of(path: &[u8]) -> Option<u32> {
    let inside = path.strip_prefix(BELOW.as_bytes())?.strip_suffix(b"/mem")?;
    std::str::from_utf8(inside).ok()?.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ones_own_has_names_of_its_own() {
        let own = |path: &str| {
            let names = as_own(path.as_bytes(), 7, 13).into_iter();
            names.map(|name| String::from_utf8_lossy(&name).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(own("/proc/7/environ"), ["/proc/self/environ"]);
        assert_eq!(own("/proc/7"), ["/proc/self"]);
        assert_eq!(own("/proc/7/task/13/comm"), ["/proc/self/task/13/comm", "/proc/thread-self/comm"]);
        assert_eq!(own("/proc/7/task/14/comm"), ["/proc/self/task/14/comm"]);
        assert!(
            ["/proc/8/environ", "/proc/self/environ", "/proc/77", "/proc", "/tmp/7"]
                .iter()
                .all(|path| own(path).is_empty())
        );
    }

    #[test]
    fn what_a_process_has_is_known() {
        let check = |path: &str, expected: Option<(u32, Way, &str)>, anyone: &str| {
            let found = through(path.as_bytes(), 7);
            let expected = expected.map(|(process, way, rest)| Through { process, way, rest: rest.as_bytes() });
            assert_eq!(found, expected, "{path}");
            let for_anyone = found.map(|found| String::from_utf8(found.for_anyone(path.as_bytes())).expect("text"));
            assert_eq!(for_anyone.unwrap_or_default(), anyone, "{path}");
        };
        check("/proc/12/fd/0", Some((12, Way::Descriptor(0), "")), "/proc/12/fd/0");
        check("/proc/12/fd/0/x", Some((12, Way::Descriptor(0), "/x")), "/proc/12/fd/0/x");
        check("/proc/12/cwd/x/y", Some((12, Way::Directory, "/x/y")), "/proc/12/cwd/x/y");
        check("/proc/12/task/13/fd/4/x", Some((12, Way::Descriptor(4), "/x")), "/proc/12/fd/4/x");
        check("/proc/self/task/13/cwd", Some((7, Way::Directory, "")), "/proc/7/cwd");
        check("/proc/self/fd/3", Some((7, Way::Descriptor(3), "")), "/proc/7/fd/3");
        check("/proc/thread-self/cwd/x", Some((7, Way::Directory, "/x")), "/proc/7/cwd/x");
        check("/proc/self/root", Some((7, Way::Root, "")), "/proc/7/root");
        check("/proc/self/exe", Some((7, Way::Program, "")), "/proc/7/exe");
        check("/proc/self/map_files/1-2", Some((7, Way::Mapped, "")), "/proc/7/map_files/1-2");
        for path in
            ["/proc/12/fd", "/proc/12/maps", "/proc/x/fd/1", "/dev/fd/3", "/proc", "/tmp/12/fd/1", "/proc/self/fd/x"]
        {
            check(path, None, "");
        }
        for path in [
            "/proc/self/maps",
            "/proc/self",
            "/proc/selfish/fd/1",
            "/proc/self/task",
            "/proc/self/task/1",
            "/process/1/cwd",
        ] {
            check(path, None, "");
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

    #[test]
    fn memory_is_that_of_a_process() {
        for (path, whose) in [
            ("/proc/7/mem", Some(7)),
            ("/proc/7/task/8/mem", Some(7)),
            ("/proc/self/mem", None),
            ("/proc/7/maps", None),
            ("/mem", None),
        ] {
            assert_eq!(memory_of(path.as_bytes()), whose, "{path}");
        }
    }
}
