//! The snapshot that a listing is made of: processes from /proc, descriptors from the kernel's iterator
//! where there are many, else from /proc too. Only what can be shown is read.

use std::collections::HashMap;

use anyhow::Result;
use tracer_common::snapshot::FileRecord;

use super::select::{Selection, kind};
use crate::capture::ebpf::snapshot::{FileIterator, Wanted};
use crate::system::procfs::fds::{Reader, share};
use crate::system::procfs::machine;
use crate::system::procfs::maps::Maps;
use crate::system::procfs::mounts::Trust;
use crate::system::procfs::processes;
use crate::system::procfs::who::Who;
use crate::system::snapshot::{Access, Descriptor, Dev, FileStat, Process, Slot, Snapshot};
use crate::tools::lsof::request::{Collect, FlagsColumn, Lsof, Source};

/// Calls by which a descriptor is read from /proc: its link; its position and flags (three); what it is.
const CALLS: u64 = 5;

/// `KCMP_FILES` and `KCMP_FS`, include/uapi/linux/kcmp.h.
const KCMP_FILES: i32 = 2;
const KCMP_FS: i32 = 3;

/// Descriptors by process and task.
type ByTask = HashMap<(u32, u32), Vec<(Descriptor, bool, u64)>>;

/// A process with the bits of what it was selected by.
pub type Selected = (Process, u32);

/// Takes the snapshot. `ends`: processes that are left out are read nevertheless, for what they are at the
/// other end of.
pub fn gather(
    spec: &Lsof,
    selection: &mut Selection<'_>,
    reader: &mut Reader,
    ends: bool,
) -> Result<(Vec<Selected>, u64)> {
    let mut buffer = Vec::new();
    let pids = match selection.pids().filter(|_| !ends) {
        Some(pids) => pids,
        None => processes::all()?,
    };
    let me = std::process::id();
    let (mut list, mut unknown): (Vec<Selected>, u64) = (Vec::new(), 0);
    for pid in pids.into_iter().filter(|&pid| pid != me) {
        let process = match processes::process(pid, &mut buffer) {
            Ok(Some(process)) => process,
            Ok(None) => continue,
            Err(_) => {
                unknown += 1;
                continue;
            }
        };
        let mut tasks = Vec::new();
        if selection.tasks() {
            for tid in processes::tasks(pid) {
                let Some(task) = processes::task(&process, tid, &mut buffer) else { continue };
                match selection.process(&task, true) {
                    Some(bits) => tasks.push((task, bits)),
                    None if ends => tasks.push((task, 0)),
                    None => {}
                }
            }
        }
        // With -a, a process with tasks that are listed is listed beside them.
        let as_task = spec.select.and && !tasks.is_empty();
        match selection.process(&process, as_task) {
            Some(bits) => list.push((process, bits)),
            None if ends => list.push((process, 0)),
            None => {}
        }
        list.append(&mut tasks);
    }
    let sockets = selection.only(kind::OF_SOCKET) && !ends;
    let maps = !sockets && (selection.mappings() || ends);
    let unreadable = unknown + fill(spec, &mut list, reader, sockets, maps)?;
    Ok((list, unreadable))
}

/// Reads what each has open; gives how many could not be looked into.
fn fill(spec: &Lsof, list: &mut Vec<Selected>, reader: &mut Reader, sockets: bool, maps: bool) -> Result<u64> {
    let iterate = use_iterator(&spec.collect, list, sockets);
    let cloexec = spec.show.flags != FlagsColumn::None;
    let wanted = Wanted { sockets, paths: true, cloexec, ..Wanted::default() };
    // The iterator runs while mappings are read.
    let (found, unreadable) = std::thread::scope(|scope| {
        let found = iterate.then(|| scope.spawn(move || collect(wanted)));
        let unreadable = if sockets { 0 } else { around(list, reader, maps) };
        (found.map(|thread| thread.join()), unreadable)
    });
    let found = match found {
        None => None,
        Some(Ok(Ok(found))) => Some(found),
        Some(Ok(Err(error))) if spec.collect.source == Source::Iterator => return Err(error),
        Some(Err(_)) if spec.collect.source == Source::Iterator => anyhow::bail!("the file iterator's thread panicked"),
        // /proc tells the same, more slowly.
        Some(Ok(Err(_)) | Err(_)) => None,
    };
    let mut denied = unreadable;
    let mut buffer = Vec::new();
    let mut last = None;
    match found {
        Some(mut found) => {
            for (process, _) in list.iter_mut() {
                reader.trouble = Default::default();
                from_iterator(process, &mut found, reader, sockets);
                forget_ended(process, reader, &mut buffer);
            }
        }
        None => {
            for (process, _) in list.iter_mut() {
                reader.trouble = Default::default();
                if process.tid.is_none() || share(process.pid, process.tid.unwrap_or(0), KCMP_FILES) != Some(true) {
                    let mut files = reader.descriptors(process, sockets);
                    process.files.append(&mut files);
                }
                // A process counts once, whatever its tasks say.
                if reader.trouble.denied && sockets && last.replace(process.pid) != Some(process.pid) {
                    denied += 1;
                }
                forget_ended(process, reader, &mut buffer);
            }
        }
    }
    list.retain(|(process, _)| process.state != b'X');
    share_with_tasks(list);
    if sockets {
        for (process, _) in list.iter_mut() {
            process.files.retain(|file| file.is_socket() || file.stat.is_none());
        }
    }
    Ok(denied)
}

/// What ended while it was read has nothing open.
fn forget_ended(process: &mut Process, reader: &Reader, buffer: &mut Vec<u8>) {
    if reader.trouble.gone && !processes::still_there(process, buffer) {
        process.state = b'X';
        process.files.clear();
    }
}

/// Directories, programs and mappings; gives how many processes could not be looked into.
fn around(list: &mut [Selected], reader: &mut Reader, maps: bool) -> u64 {
    let mut mapped = Maps::default();
    let mut buffer = Vec::new();
    let mut denied = 0;
    let mut last = None;
    let mut leader: Option<(u32, Vec<Descriptor>)> = None;
    for (process, _) in list.iter_mut() {
        reader.trouble = Default::default();
        let of_leader = leader.as_ref().filter(|(pid, _)| process.tid.is_some() && *pid == process.pid);
        let same = of_leader.filter(|_| share(process.pid, process.tid.unwrap_or(0), KCMP_FS) == Some(true));
        if let Some((_, files)) = same {
            process.files.clone_from(files);
            continue;
        }
        process.files = reader.links(process);
        let program = process.files.iter().find(|file| file.slot == Slot::Text).and_then(|file| file.stat);
        if maps {
            let files = mapped.files(process, program, reader);
            process.files.extend(files);
        }
        if reader.trouble.denied && last.replace(process.pid) != Some(process.pid) {
            denied += 1;
        }
        forget_ended(process, reader, &mut buffer);
        if process.tid.is_none() {
            leader = Some((process.pid, process.files.clone()));
        }
    }
    denied
}

/// Whether the iterator is to be used.
fn use_iterator(collect: &Collect, list: &[Selected], sockets: bool) -> bool {
    match collect.source {
        Source::Proc => false,
        Source::Iterator => true,
        Source::Auto if !rustix::process::geteuid().is_root() => false,
        Source::Auto if collect.no_stat => true,
        Source::Auto => {
            let pids = list.iter().filter(|(process, _)| process.tid.is_none()).map(|(process, _)| process.pid);
            // Of what is no socket only the link is read, and nearly all are none.
            processes::iterator_pays(pids, if sockets { 1 } else { CALLS })
        }
    }
}

fn collect(wanted: Wanted) -> Result<ByTask> {
    let mut found = ByTask::new();
    let mut last = ((0, 0), Vec::new());
    FileIterator::load(wanted)?.run(|record, path| {
        let key = (record.tgid, record.tid);
        if key != last.0 {
            let (key, files) = std::mem::replace(&mut last, (key, Vec::new()));
            found.entry(key).or_default().extend(files);
        }
        let (file, ask) = descriptor(record, path);
        last.1.push((file, ask, record.start));
    })?;
    found.entry(last.0).or_default().extend(last.1);
    Ok(found)
}

/// File systems whose inodes tell what stat(2) tells, or that may not answer, so that what their inodes tell
/// has to do: include/uapi/linux/magic.h and the file systems' own headers.
const INODE_DOES: &[u32] = &[
    0xef53,      // ext2, ext3, ext4
    0x5846_5342, // xfs
    0x0102_1994, // tmpfs
    0x8584_58f6, // ramfs
    0x5049_5045, // pipefs
    0x534f_434b, // sockfs
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
    (file, !INODE_DOES.contains(&record.magic) || path.is_empty())
}

/// Gives a process, or a task with descriptors of its own, what the iterator found.
fn from_iterator(process: &mut Process, found: &mut ByTask, reader: &mut Reader, sockets: bool) {
    let key = (process.pid, process.tid.unwrap_or(process.pid));
    let Some(files) = found.remove(&key) else {
        // Nothing open; or somebody hides it from the iterator: /proc says which.
        if process.tid.is_none() {
            let mut files = reader.descriptors(process, sockets);
            process.files.append(&mut files);
        }
        return;
    };
    for (mut file, ask, start) in files {
        // Another process that got the number after this one was looked at.
        if start / 10_000_000 > process.start + 1 && process.tid.is_none() && ticks_are_centiseconds() {
            continue;
        }
        let Slot::Number(fd) = file.slot else { continue };
        if ask {
            if file.path.is_empty()
                && let Ok(path) = Who::of(process).link(format_args!("fd/{fd}"))
            {
                file.path = path.into();
            }
            if let Ok(stat) = reader.stat_fd(process, fd, Trust::Cached) {
                file.stat = Some(stat);
            }
        }
        process.files.push(file);
    }
}

/// Whether times of /proc and of the kernel can be compared: 100 ticks a second, and no time namespace.
fn ticks_are_centiseconds() -> bool {
    static ARE: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *ARE.get_or_init(|| rustix::param::clock_ticks_per_second() == 100 && !machine::has_own_time())
}

/// Tasks that have no descriptors of their own have their process's.
fn share_with_tasks(list: &mut [Selected]) {
    let is_number = |file: &&Descriptor| matches!(file.slot, Slot::Number(_) | Slot::NoFd);
    let mut leader: Option<(u32, Vec<Descriptor>)> = None;
    for (process, _) in list.iter_mut() {
        match process.tid {
            None => leader = Some((process.pid, process.files.iter().filter(is_number).cloned().collect())),
            Some(_) if process.files.iter().any(|file| is_number(&file)) => {}
            Some(tid) => {
                let of_leader = leader.as_ref().filter(|(pid, _)| *pid == process.pid);
                if let Some((_, files)) = of_leader
                    && share(process.pid, tid, KCMP_FILES) != Some(false)
                {
                    process.files.extend(files.iter().cloned());
                }
            }
        }
    }
}

/// A snapshot of every process, with every descriptor: what other views of the system start from.
///
/// # Errors
/// /proc cannot be read; or the iterator was demanded and does not work.
pub fn everything(spec: &Lsof, reader: &mut Reader) -> Result<Snapshot> {
    let mut selection = Selection::new(&spec.select, Vec::new(), false);
    let (list, unreadable) = gather(spec, &mut selection, reader, false)?;
    Ok(Snapshot { processes: list.into_iter().map(|(process, _)| process).collect(), unreadable })
}
