//! Whether what tracer wrote stays what it wrote. Outputs lie where a traced program can reach them: it may rename another file over one,
//! delete, cut or overwrite it while tracer runs. Nothing prevents that; so it is looked for at the end, and told. A file's digest
//! is taken of what is written to it, and taken again of what is in it. What is done to it after tracer ended is seen by whoever kept
//! the digest.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::AsFd;

use rustix::fs::{FileType, Stat, fstat};
use sha2::{Digest, Sha256};

use super::place::{Place, file_id};

/// Bytes that are read at a time.
const CHUNK: usize = 256 * 1024;

/// How many bytes of what was in a file before are looked at, its last ones.
const EARLIER: u64 = 16 * 1024 * 1024;

/// A SHA-256, as `sha256sum` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum([u8; 32]);

impl Sum {
    /// The sum of what a hasher was given.
    pub fn of(hasher: Sha256) -> Sum {
        Sum(hasher.finalize().into())
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What somebody else did to a file of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It has no name any more.
    Deleted,
    /// Its path leads to another file, or to none.
    Replaced,
    /// It has another size than what was written: these are the bytes in it, and those written.
    Resized(u64, u64),
    /// Its mode or its owner is another.
    Given,
    /// Other bytes are in it.
    Written,
    /// Other bytes are in what was there before ours.
    Earlier,
    /// What is in it cannot be read.
    Unread(String),
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Changed::Deleted => f.write_str("it was deleted while tracer ran"),
            Changed::Replaced => {
                f.write_str("it was moved or replaced while tracer ran: what was written is not where its path leads")
            }
            Changed::Resized(is, was) if is < was => write!(f, "it was cut by others: it has {is} bytes of {was}"),
            Changed::Resized(is, was) => write!(f, "others wrote to it: it has {is} bytes, {was} were written"),
            Changed::Given => f.write_str("its mode or its owner was changed by others"),
            Changed::Written => f.write_str("others wrote to it: what is in it is not what was written"),
            Changed::Earlier => f.write_str("others wrote to what was in it before tracer ran"),
            Changed::Unread(why) => write!(f, "whether it is what was written cannot be told: {why}"),
        }
    }
}

/// A regular file that is written, and what was written to it so far.
#[derive(Debug)]
pub struct Kept {
    place: Place,
    id: (u64, u64),
    /// Its mode, and whose it is.
    given: [u32; 3],
    /// Bytes that were there before ours.
    start: u64,
    /// The sum of the last [`EARLIER`] of them, where they can be read.
    earlier: Option<Sum>,
    written: u64,
    hasher: Sha256,
}

impl Kept {
    /// A file that was just opened at a place, to be written from its end on; `None` for what is no regular file, and for a descriptor
    /// that whoever started us has opened.
    pub fn of(place: Place, file: impl AsFd) -> Option<Kept> {
        let mut kept = Kept::begun(place, file)?;
        if kept.start > 0 {
            kept.earlier = kept.place.open().ok().and_then(|file| kept.sum_before(&file).ok());
        }
        Some(kept)
    }

    fn begun(place: Place, file: impl AsFd) -> Option<Kept> {
        let stat = fstat(file).ok()?;
        let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        (regular && !place.is_magic()).then(|| Kept {
            place,
            id: file_id(&stat),
            given: given(&stat),
            start: stat.st_size as u64,
            earlier: None,
            written: 0,
            hasher: Sha256::new(),
        })
    }

    /// A file that was put in place whole, or read: these bytes are in it.
    pub fn whole(place: Place, file: impl AsFd, bytes: &[u8]) -> Option<Kept> {
        let mut kept = Kept { start: 0, ..Kept::begun(place, file)? };
        kept.wrote(bytes);
        Some(kept)
    }

    /// These bytes are in the file now, behind all before.
    pub fn wrote(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.written += bytes.len() as u64;
    }

    /// Whether the file is still what was written, and where it was: the sum of what was written.
    ///
    /// # Errors
    /// What became of it.
    pub fn look(self) -> Result<Sum, Changed> {
        let sum = Sum::of(self.hasher.clone());
        let found = self.place.same_again().map_err(|_| Changed::Replaced)?;
        let file = match found.open() {
            Ok(file) => file,
            Err(error) if error.is_missing() => return Err(Changed::Deleted),
            Err(error) if error.is_of_another_kind() => return Err(Changed::Replaced),
            Err(error) => return Err(unread(io::Error::from(error))),
        };
        let stat = fstat(&file).map_err(|error| unread(error.into()))?;
        if file_id(&stat) != self.id {
            return Err(Changed::Replaced);
        }
        // Also of a file that is appended to: what others append to it stands between what is ours.
        let (size, whole) = (stat.st_size as u64, self.start + self.written);
        if size != whole {
            return Err(Changed::Resized(size, whole));
        }
        if sum_from(&file, self.start).map_err(unread)? != sum {
            return Err(Changed::Written);
        }
        if self.earlier.is_some() && self.earlier != Some(self.sum_before(&file).map_err(unread)?) {
            return Err(Changed::Earlier);
        }
        if given(&stat) == self.given { Ok(sum) } else { Err(Changed::Given) }
    }

    /// The sum of what is in the file before what is ours.
    fn sum_before(&self, mut file: &File) -> io::Result<Sum> {
        let from = self.start.saturating_sub(EARLIER);
        file.seek(SeekFrom::Start(from))?;
        sum_of(file.take(self.start - from))
    }
}

fn given(stat: &Stat) -> [u32; 3] {
    [stat.st_mode, stat.st_uid, stat.st_gid]
}

fn unread(error: io::Error) -> Changed {
    Changed::Unread(crate::schema::errno::said(&error).into_owned())
}

/// The sum of what is in a file from there on.
pub fn sum_from(mut file: &File, start: u64) -> io::Result<Sum> {
    file.seek(SeekFrom::Start(start))?;
    sum_of(file)
}

fn sum_of(mut bytes: impl Read) -> io::Result<Sum> {
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match bytes.read(&mut chunk)? {
            0 => return Ok(Sum::of(hasher)),
            n => hasher.update(&chunk[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    /// A file with two writes, and something done to it after them.
    fn after(append: bool, done: impl FnOnce(&Path)) -> Result<Sum, Changed> {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("out/log");
        fs::create_dir(dir.path().join("out")).expect("a directory");
        fs::write(&path, "old").expect("a file");
        let place = Place::find(&path).expect("a place");
        let mut file = place.create(append).expect("a file");
        let mut kept = Kept::of(place, &file).expect("a regular file");
        for bytes in [b"one", b"two"] {
            file.write_all(bytes).expect("written");
            kept.wrote(bytes);
        }
        done(&path);
        kept.look()
    }

    #[test]
    fn what_is_left_alone_is_what_was_written() {
        let sum = after(false, |_| ()).expect("whole");
        assert_eq!(sum, Sum::of(Sha256::new_with_prefix("onetwo")));
        assert_eq!(sum.to_string(), "25b6746d5172ed6352966a013d93ac846e1110d5a25e8f183b5931f4688842a1");
        assert!(after(true, |_| ()).is_ok());
    }

    #[test]
    fn what_others_did_to_it_is_told() {
        let check = |append, expected: Changed, done: &dyn Fn(&Path)| {
            assert_eq!(after(append, done), Err(expected.clone()), "{expected}");
        };
        for append in [false, true] {
            check(append, Changed::Deleted, &|path| fs::remove_file(path).expect("removed"));
            check(append, Changed::Replaced, &|path| {
                let other = path.with_file_name("other");
                fs::write(&other, "onetwo").expect("a file");
                fs::rename(other, path).expect("renamed");
            });
            check(append, Changed::Replaced, &|path| {
                fs::remove_file(path).expect("removed");
                fs::create_dir(path).expect("a directory");
            });
            check(append, Changed::Replaced, &|path| {
                let dir = path.parent().expect("a directory");
                fs::rename(dir, dir.with_file_name("moved")).expect("renamed");
                fs::create_dir(dir).expect("a directory");
                fs::write(path, "onetwo").expect("a file");
            });
        }
        check(false, Changed::Resized(0, 6), &|path| drop(fs::write(path, "")));
        check(false, Changed::Resized(9, 6), &|path| drop(fs::write(path, "onetwosix")));
        check(false, Changed::Written, &|path| drop(fs::write(path, "twoone")));
        check(true, Changed::Resized(2, 9), &|path| drop(fs::write(path, "ol")));
        check(true, Changed::Resized(12, 9), &|path| drop(fs::write(path, "oldonetwosix")));
        check(true, Changed::Written, &|path| drop(fs::write(path, "oldtwoone")));
        check(true, Changed::Earlier, &|path| drop(fs::write(path, "onlonetwo")));
        for append in [false, true] {
            let others = fs::Permissions::from_mode(0o666);
            check(append, Changed::Given, &|path| fs::set_permissions(path, others.clone()).expect("given"));
        }
    }

    #[test]
    fn what_others_append_between_is_not_written_over() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log");
        let place = Place::find(&path).expect("a place");
        let mut file = place.create(false).expect("a file");
        let mut kept = Kept::of(place, &file).expect("a regular file");
        for bytes in [b"one", b"two"] {
            file.write_all(bytes).expect("written");
            kept.wrote(bytes);
            fs::OpenOptions::new().append(true).open(&path).expect("open").write_all(b"-").expect("appended");
        }
        assert_eq!(kept.look(), Err(Changed::Resized(8, 6)));
        assert_eq!(fs::read(&path).expect("read"), b"one-two-");
    }

    #[test]
    fn only_regular_files_are_looked_at() {
        for path in ["/dev/null", "/dev/fd/2"] {
            let place = Place::find(Path::new(path)).expect("a place");
            let file = place.create(false).expect("open");
            assert!(Kept::of(place, &file).is_none());
        }
    }
}
