//! Descriptors from the kernel's iterator as they come, so that those of a whole machine are never kept: a thread reads the kernel's
//! records and hands over some at a time, and whoever lists takes those of one process after the other.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use anyhow::{Result, bail};
use tracer_common::snapshot::FileRecord;

use crate::capture::ebpf::snapshot::{FileIterator, Wanted};
use crate::system::snapshot::{Access, Descriptor, Dev, FileStat, Slot};
use crate::system::threads;

/// Records that are handed over at a time, and how often that is done before somebody takes them.
const RECORDS: usize = 256;
const CHUNKS: usize = 8;

/// File systems whose inodes tell what stat(2) tells, or that may not answer, so that what their inodes tell
/// has to do: include/uapi/linux/magic.h and the file systems' own headers.
const INODE_DOES: &[u32] = &[
    0xef53,      // ext2, ext3, ext4
    0x5846_5342, // xfs
    0x0102_1994, // tmpfs
    0x8584_58f6, // ramfs
    0x5049_5045, // pipefs
    SOCKFS,
    ANON_INODE,
    PIDFS,
    0x1cd1,      // devpts
    0x9584_58f6, // hugetlbfs
    0x1980_0202, // mqueue
    0x6e73_6673, // nsfs
    0x6573_5546, // fuse
    0x6969,      // nfs
    0xff53_4d42, // cifs
    0xfe53_4d42, // smb2
    0x0102_1997, // 9p
    0x00c3_6400, // ceph
    0x5346_414f, // afs
];
const ANON_INODE: u32 = 0x0904_1934;
const PIDFS: u32 = 0x5049_4446;
const SOCKFS: u32 = 0x534f_434b;

/// Some records, with their paths one behind the other.
#[derive(Debug, Default)]
struct Chunk {
    records: Vec<(FileRecord, usize)>,
    paths: Vec<u8>,
}

/// What the thread says.
enum Said {
    Some(Chunk),
    End,
    Failed(anyhow::Error),
}

/// Records in the order in which the kernel walks tasks: by their ids.
pub struct Stream {
    said: Receiver<Said>,
    chunk: Chunk,
    at: usize,
    over: bool,
}

/// What a record tells.
pub struct Told {
    /// The process, and the task: another where it has descriptors of its own.
    pub tgid: u32,
    /// See above.
    pub tid: u32,
    /// When the task began, in nanoseconds since boot.
    pub start: u64,
    /// The descriptor.
    pub file: Descriptor,
    /// The file system must be asked what it is.
    pub ask: bool,
}

impl Stream {
    /// Loads the iterator and begins, in a thread of its own. What goes wrong is told by [`Stream::next_of`].
    pub fn start(wanted: Wanted) -> Stream {
        let (sender, said) = sync_channel(CHUNKS);
        let here = sender.clone();
        if let Err(error) = threads::start(move || run(wanted, &sender)) {
            let _ = here.send(Said::Failed(error.into()));
        }
        Stream { said, chunk: Chunk::default(), at: 0, over: false }
    }

    /// The next record of a task by its id; those of tasks before it are left out, those behind it stay. `None`: no more of it.
    ///
    /// # Errors
    /// The iterator cannot be loaded, or ended too early.
    pub fn next_of(&mut self, task: u32) -> Result<Option<Told>> {
        self.next_if(|record| match record.tid.cmp(&task) {
            std::cmp::Ordering::Less => Fit::Skipped,
            std::cmp::Ordering::Equal if record.tgid != task => Fit::Skipped,
            std::cmp::Ordering::Equal => Fit::Taken,
            std::cmp::Ordering::Greater => Fit::Kept,
        })
    }

    /// The next record of any.
    ///
    /// # Errors
    /// As [`Stream::next_of`].
    pub fn next(&mut self) -> Result<Option<Told>> {
        self.next_if(|_| Fit::Taken)
    }

    fn next_if(&mut self, fits: impl Fn(&FileRecord) -> Fit) -> Result<Option<Told>> {
        loop {
            if self.at == self.chunk.records.len() {
                if self.over {
                    return Ok(None);
                }
                match self.said.recv() {
                    Ok(Said::Some(chunk)) => (self.chunk, self.at) = (chunk, 0),
                    Ok(Said::End) => self.over = true,
                    Ok(Said::Failed(error)) => return Err(error),
                    Err(_) => bail!("the file iterator's thread panicked"),
                }
                continue;
            }
            let from = self.at.checked_sub(1).map_or(0, |before| self.chunk.records[before].1);
            let (record, to) = &self.chunk.records[self.at];
            match fits(record) {
                Fit::Kept => return Ok(None),
                Fit::Skipped => self.at += 1,
                Fit::Taken => {
                    let (file, ask) = descriptor(record, &self.chunk.paths[from..*to]);
                    let told = Told { tgid: record.tgid, tid: record.tid, start: record.start, file, ask };
                    self.at += 1;
                    return Ok(Some(told));
                }
            }
        }
    }
}

/// What becomes of a record.
enum Fit {
    Taken,
    Skipped,
    Kept,
}

fn run(wanted: Wanted, sender: &SyncSender<Said>) {
    // Whoever listens has enough when there is nobody to be told any more.
    let walked = FileIterator::load(wanted).and_then(|iterator| {
        let mut chunk = Chunk::default();
        iterator.run(|record, path| {
            chunk.paths.extend_from_slice(path);
            chunk.records.push((*record, chunk.paths.len()));
            if chunk.records.len() == RECORDS {
                let _ = sender.send(Said::Some(std::mem::take(&mut chunk)));
            }
        })?;
        let _ = sender.send(Said::Some(chunk));
        Ok(())
    });
    let _ = sender.send(walked.map_or_else(Said::Failed, |()| Said::End));
}

/// A record as a descriptor, and whether the file system must be asked what it is.
fn descriptor(record: &FileRecord, path: &[u8]) -> (Descriptor, bool) {
    // Their inodes have a type since 6.16, which stat(2) does not tell.
    let typeless = matches!(record.magic, ANON_INODE | PIDFS);
    let stat = FileStat {
        dev: Dev::of_kernel(record.dev),
        ino: record.ino,
        mode: if typeless { record.mode & !libc::S_IFMT } else { record.mode },
        rdev: Dev::of_kernel(record.rdev),
        size: Some(record.size),
        links: Some(record.nlink.into()),
    };
    let mut file = Descriptor::new(Slot::Number(record.fd), path);
    file.access = Access::of_mode(record.f_mode);
    file.pos = Some(record.pos);
    file.flags = Some(record.f_flags);
    file.stat = Some(stat);
    file.netns = record.netns;
    // Of a socket the path says no more than the inode.
    (file, !INODE_DOES.contains(&record.magic) || path.is_empty() && record.magic != SOCKFS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(tasks: &[(u32, u32)]) -> Stream {
        let mut chunk = Chunk::default();
        for (at, &(tgid, tid)) in tasks.iter().enumerate() {
            chunk.paths.extend_from_slice(format!("/{at}").as_bytes());
            let record = FileRecord { tgid, tid, fd: at as u32, ..FileRecord::default() };
            chunk.records.push((record, chunk.paths.len()));
        }
        let (sender, said) = sync_channel(2);
        sender.send(Said::Some(chunk)).expect("room");
        sender.send(Said::End).expect("room");
        Stream { said, chunk: Chunk::default(), at: 0, over: false }
    }

    #[test]
    fn each_process_has_its_own_and_nobody_anothers() {
        // 7 is a task of 5 with descriptors of its own.
        let mut stream = stream(&[(2, 2), (5, 5), (5, 5), (5, 7), (9, 9)]);
        let mut of = |task| {
            let mut paths = Vec::new();
            while let Some(told) = stream.next_of(task).expect("no fault") {
                paths.push(String::from_utf8_lossy(&told.file.path).into_owned());
            }
            paths
        };
        assert_eq!(of(1), [""; 0]);
        assert_eq!(of(5), ["/1", "/2"]);
        assert_eq!(of(8), [""; 0]);
        assert_eq!(of(9), ["/4"]);
        assert_eq!(of(10), [""; 0]);
    }

    #[test]
    fn an_end_without_a_word_is_a_fault() {
        let (sender, said) = sync_channel::<Said>(1);
        drop(sender);
        let mut stream = Stream { said, chunk: Chunk::default(), at: 0, over: false };
        assert!(stream.next().is_err());
    }
}
