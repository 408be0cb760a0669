//! Lists open descriptors through the snapshot program: an iterator that the kernel runs over every
//! descriptor of every task (`bpf_iter_task_file`, 5.8; what is used of it, 6.1). No file system is asked,
//! and processes that this user may not look into through /proc are in it too.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use anyhow::{Context, Result, bail};
use tracer_common::snapshot::{FileRecord, PATH_MAX, SnapshotConfig, SnapshotOffsets};

use super::bpf;
use super::btf::KernelTypes;
use super::load::VMLINUX;
use super::object::{Image, MapRow, ProgramRow, Unlinked};

/// The kernel side that this crate was built with.
static IMAGE: Image = include!(concat!(env!("OUT_DIR"), "/snapshot.bpf.rs"));

/// The iterator's program.
const PROGRAM: &str = "list_files";

/// What to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Sockets only.
    pub sockets: bool,
    /// Paths too.
    pub paths: bool,
    /// O_CLOEXEC too.
    pub cloexec: bool,
    /// What this process itself has open, too.
    pub own: bool,
    /// This process only; 0 for all.
    pub tgid: u32,
}

/// The loaded program: may be run several times.
pub struct FileIterator {
    program: OwnedFd,
}

impl FileIterator {
    /// Loads the program.
    ///
    /// # Errors
    /// What this kernel or these rights lack.
    pub fn load(wanted: Wanted) -> Result<FileIterator> {
        let types = KernelTypes::read(Path::new(VMLINUX))?;
        let config = config(&types, wanted)?;
        let object = Unlinked::new(&IMAGE, &[], &[]).and_then(|unlinked| unlinked.link(config.bytes(), &[], &[]));
        let object = object.context("cannot load the snapshot program")?;
        let (mut programs, ()) = object.load(&types.attachable(&[], Some((PROGRAM, "task_file")))?, || ())?;
        Ok(FileIterator { program: programs.pop().context("the snapshot program is not loaded")? })
    }

    /// Calls `each` for every descriptor, with its path: empty when there is none, or when it is too long.
    ///
    /// # Errors
    /// What reading the iterator gives; a record that is not one.
    pub fn run(&self, mut each: impl FnMut(&FileRecord, &[u8])) -> Result<()> {
        let mut file: File = bpf::iterate(self.program.as_fd()).context("cannot attach the file iterator")?.into();
        // Aligned for records; the kernel hands out whole ones, 8 pages of them at most.
        let mut buffer = vec![0u64; (64 << 10) / 8];
        let (mut used, mut asked) = (0, 0);
        loop {
            let bytes = bytes_of(&mut buffer);
            let got = match file.read(&mut bytes[used..]) {
                Ok(0) => break,
                Ok(got) => got,
                // The kernel found nothing to tell for a long while, and goes on when asked again.
                Err(error) if error.raw_os_error() == Some(libc::EAGAIN) && asked < 10_000 => {
                    asked += 1;
                    continue;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).context("cannot read the file iterator"),
            };
            used += got;
            let mut at = 0;
            while let Some((record, path)) = next(&bytes[at..used])? {
                at += record.len as usize;
                each(record, path);
            }
            bytes.copy_within(at..used, 0);
            used -= at;
        }
        if used != 0 {
            bail!("the file iterator ended within a record");
        }
        Ok(())
    }
}

/// What the program is told.
fn config(types: &KernelTypes, wanted: Wanted) -> Result<SnapshotConfig> {
    let list = types.find_all(SnapshotOffsets::PATHS)?;
    let off = SnapshotOffsets::from_list(&list).context("offsets and paths disagree")?;
    let mut flags = 0;
    if wanted.sockets {
        flags |= SnapshotConfig::SOCKETS;
    }
    if !wanted.paths {
        flags |= SnapshotConfig::NO_PATHS;
    }
    if wanted.cloexec {
        flags |= SnapshotConfig::CLOEXEC;
    }
    Ok(SnapshotConfig { off, flags, tgid: wanted.tgid, not_tgid: if wanted.own { 0 } else { std::process::id() } })
}

/// The first record of `bytes` and its path; `None` when it is not all there.
fn next(bytes: &[u8]) -> Result<Option<(&FileRecord, &[u8])>> {
    const HEAD: usize = size_of::<FileRecord>();
    if bytes.len() < HEAD {
        return Ok(None);
    }
    // SAFETY: any bytes are a FileRecord, there are enough, and records begin at multiples of 8 of a
    // buffer of u64.
    let record = unsafe { &*bytes.as_ptr().cast::<FileRecord>() };
    let (len, path_len) = (record.len as usize, record.path_len as usize);
    if len < HEAD || len & 7 != 0 || len > HEAD + PATH_MAX || path_len > len - HEAD {
        bail!("the file iterator gave a record of {len} bytes with a path of {path_len}");
    }
    Ok((bytes.len() >= len).then(|| (record, &bytes[HEAD..HEAD + path_len])))
}

fn bytes_of(words: &mut [u64]) -> &mut [u8] {
    // SAFETY: the same memory, as bytes.
    unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), words.len() * 8) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_cut_where_they_say_and_nowhere_else() {
        let mut words = vec![0u64; 32];
        let head = FileRecord { len: 112, path_len: 5, fd: 7, ..FileRecord::default() };
        // SAFETY: a FileRecord has no padding, and the buffer is longer.
        unsafe { words.as_mut_ptr().cast::<FileRecord>().write(head) };
        let bytes = bytes_of(&mut words);
        bytes[104..109].copy_from_slice(b"/a/b\n");
        let (record, path) = next(bytes).expect("a record").expect("whole");
        assert_eq!((record.fd, path), (7, b"/a/b\n".as_slice()));
        assert!(next(&bytes[..111]).expect("a record").is_none());
        for (at, value) in [(0usize, 8u32), (0, 113), (0, u32::MAX), (4, 9), (4, u32::MAX)] {
            let mut words = words.clone();
            let bytes = bytes_of(&mut words);
            bytes[at..at + 4].copy_from_slice(&value.to_ne_bytes());
            assert!(next(bytes).is_err(), "{at} {value}");
        }
    }
}
