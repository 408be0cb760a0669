//! What SQLite keeps beside a database while it changes one (its journal): a run that finds nothing to change makes none, so learning may
//! not see it. Whoever writes to the database is taught that too. <https://sqlite.org/fileformat2.html>, <https://sqlite.org/tempfiles.html>

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;

use super::evidence::{Access, Evidence, Object, Op};
use super::resolve::as_path;

/// How a database begins; behind it, at 18, stands how it is written.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const WRITTEN_AT: usize = 18;
/// Written ahead (WAL) and not with a rollback journal.
const AHEAD: u8 = 2;

/// What is done to a journal, or may be.
const DONE: [Op; 7] = [Op::Read, Op::Create, Op::Write, Op::Truncate, Op::Delete, Op::Chmod, Op::Chown];

/// Whence SQLite takes the random numbers for one.
const RANDOM: &[u8] = b"/dev/urandom";

/// The runs, with what is done beside the databases that they wrote to.
pub fn with_journals(runs: &[Evidence]) -> Vec<Evidence> {
    runs.iter().cloned().map(|run| with(run, &beside)).collect()
}

fn with(mut run: Evidence, beside: &dyn Fn(&[u8]) -> Vec<Vec<u8>>) -> Evidence {
    let known: BTreeSet<_> =
        run.accesses.iter().map(|access| (access.unit, access.op, access.object.clone())).collect();
    let written = |access: &&Access| access.op == Op::Write && access.errno == 0;
    let mut more = Vec::new();
    for access in run.accesses.iter().filter(written) {
        let Object::File(path) = &access.object else { continue };
        let journals = beside(path);
        let random = (!journals.is_empty()).then(|| (Op::Read, RANDOM.to_vec()));
        let done = journals.into_iter().flat_map(|journal| DONE.map(|op| (op, journal.clone()))).chain(random);
        more.extend(done.map(|(op, path)| Access { op, object: Object::File(path.into()), ..access.clone() }));
    }
    more.retain(|access| !known.contains(&(access.unit, access.op, access.object.clone())));
    run.accesses.extend(more);
    run
}

/// The files that SQLite makes beside a path, where that is a database.
fn beside(path: &[u8]) -> Vec<Vec<u8>> {
    let flags = libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_NOCTTY;
    let Ok(mut file) = OpenOptions::new().read(true).custom_flags(flags).open(as_path(path)) else { return Vec::new() };
    let mut front = [0; WRITTEN_AT + 1];
    if !file.metadata().is_ok_and(|found| found.is_file()) || file.read_exact(&mut front).is_err() {
        return Vec::new();
    }
    let ends: &[&[u8]] = match front.starts_with(MAGIC) {
        false => &[],
        true if front[WRITTEN_AT] == AHEAD => &[b"-wal", b"-shm"],
        true => &[b"-journal"],
    };
    ends.iter().map(|end| [path, end].concat()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_known_by_their_first_bytes() {
        let dir = std::env::temp_dir().join(format!("tracer-databases-{}", std::process::id()));
        std::fs::create_dir(&dir).expect("a directory of its own");
        let check = |name: &str, bytes: &[u8], expected: &[&str]| {
            let path = dir.join(name);
            std::fs::write(&path, bytes).expect("written");
            let path = path.to_string_lossy().into_owned();
            let found = beside(path.as_bytes());
            let ends: Vec<_> = found.iter().map(|found| String::from_utf8_lossy(&found[path.len()..])).collect();
            assert_eq!(ends, expected, "{name}");
        };
        check("rollback", b"SQLite format 3\0\x10\0\x01\x01", &["-journal"]);
        check("ahead", b"SQLite format 3\0\x10\0\x02\x02", &["-wal", "-shm"]);
        check("short", b"SQLite format 3\0", &[]);
        check("other", b"SQLite format 4\0\x10\0\x01\x01", &[]);
        assert!(beside(dir.as_os_str().as_encoded_bytes()).is_empty(), "a directory");
        std::fs::remove_dir_all(&dir).expect("removed");
    }

    #[test]
    fn who_writes_to_a_database_may_write_its_journal() {
        let access = |op: Op, path: &str| Access {
            unit: 0,
            op,
            object: Object::File(path.as_bytes().into()),
            errno: 0,
            to: None,
            passed: None,
            wrote: false,
            program: b"/p"[..].into(),
            later: false,
        };
        let journal = |path: &[u8]| if path == b"/d" { vec![b"/d-journal".to_vec()] } else { Vec::new() };
        let done = |accesses: Vec<Access>| {
            let run = with(Evidence { accesses, ..Evidence::default() }, &journal);
            run.accesses
                .iter()
                .filter(|access| access.object == access_of("/d-journal"))
                .map(|access| access.op)
                .collect()
        };
        fn access_of(path: &str) -> Object {
            Object::File(path.as_bytes().into())
        }
        let none: Vec<Op> = done(vec![access(Op::Read, "/d"), access(Op::Write, "/e")]);
        assert_eq!(none, []);
        let all: BTreeSet<Op> =
            done(vec![access(Op::Write, "/d"), access(Op::Create, "/d-journal")]).into_iter().collect();
        assert_eq!(all, BTreeSet::from(DONE));
    }
}
