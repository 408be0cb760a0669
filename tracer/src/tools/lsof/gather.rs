//! What a listing is made of: processes from /proc, descriptors from the kernel's iterator where there are many, else from /proc too.
//! Only what can be shown is read, and each file goes to the [`Lister`] as it is found: what is not shown is not kept.

use anyhow::Result;

use super::list::Lister;
use super::select::{Selection, kind};
use super::stream::{Stream, Told};
use crate::capture::ebpf::snapshot::Wanted;
use crate::system::procfs::covered::Covered;
use crate::system::procfs::fds::{Reader, share};
use crate::system::procfs::machine;
use crate::system::procfs::maps::Maps;
use crate::system::procfs::mounts::Trust;
use crate::system::procfs::processes;
use crate::system::procfs::who::Who;
use crate::system::snapshot::{Descriptor, Process, Slot};
use crate::tools::lsof::request::{Collect, FlagsColumn, Lsof, Source};

/// Calls by which a descriptor is read from /proc: its link; its position and flags (three); what it is.
const CALLS: u64 = 5;

/// `KCMP_FILES` and `KCMP_FS`, include/uapi/linux/kcmp.h.
const KCMP_FILES: i32 = 2;
const KCMP_FS: i32 = 3;

/// A process with the bits of what it was selected by.
type Selected = (Process, u32);

/// Gives the lister every file that can be shown; gives how many processes could not be looked into. `ends`: processes that are left
/// out are read nevertheless, for what they are at the other end of.
pub fn gather(spec: &Lsof, reader: &mut Reader, lister: &mut Lister<'_, '_>, ends: bool) -> Result<u64> {
    let sockets = lister.selection.only(kind::OF_SOCKET) && !ends;
    let cloexec = spec.show.flags != FlagsColumn::None;
    let wanted = Wanted { sockets, paths: !sockets, cloexec, own: true, ..Wanted::default() };
    if sockets && lister.selection.any_process() && use_iterator(&spec.collect, processes::all()?, true) {
        match of_holders(Stream::start(wanted), lister) {
            Err(error) if spec.collect.source == Source::Iterator => return Err(error),
            // /proc tells the same, more slowly.
            Err(_) => lister.forget(),
            Ok(unknown) => return Ok(unknown),
        }
    }
    let (list, unknown) = choose(spec, lister.selection, &Covered::among(lister.mounts), ends)?;
    let maps = !sockets && (lister.selection.mappings() || ends);
    let pids = list.iter().filter(|(process, _)| process.tid.is_none()).map(|(process, _)| process.pid);
    let stream = use_iterator(&spec.collect, pids, sockets).then(|| Stream::start(wanted));
    let must = spec.collect.source == Source::Iterator;
    let mut filling = Filling { reader, lister, stream, must, sockets, maps, mapped: Maps::default(), last: None };
    Ok(unknown + filling.all(list)?)
}

/// The processes, and tasks, of which something can be shown, and how many could not be looked at.
fn choose(spec: &Lsof, selection: &mut Selection<'_>, covered: &Covered, ends: bool) -> Result<(Vec<Selected>, u64)> {
    let mut buffer = Vec::new();
    let pids = match selection.pids().filter(|_| !ends) {
        Some(pids) => pids,
        None => processes::all()?,
    };
    let (mut list, mut unknown): (Vec<Selected>, u64) = (Vec::new(), 0);
    for pid in pids {
        let process = match processes::process(pid, &mut buffer) {
            _ if covered.has(pid) => {
                unknown += 1;
                continue;
            }
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
    Ok((list, unknown))
}

/// Where only sockets are shown, and any process will do: those alone are looked at that have one. Gives how many could not be.
fn of_holders(mut stream: Stream, lister: &mut Lister<'_, '_>) -> Result<u64> {
    let mut unknown = 0;
    let covered = Covered::among(lister.mounts);
    let mut buffer = Vec::new();
    let mut last: Option<([u32; 2], Option<Selected>)> = None;
    while let Some(Told { tgid, tid, start, file, .. }) = stream.next()? {
        let key = [tgid, tid];
        if last.as_ref().is_none_or(|(other, _)| *other != key) {
            if let Some((process, _)) = last.take().and_then(|(_, selected)| selected) {
                lister.end(process, true);
            }
            // A thread with descriptors of its own is no process, unless it goes on for one.
            let found = match processes::process(tgid, &mut buffer) {
                Ok(found) if !covered.has(tgid) => found,
                _ => {
                    unknown += 1;
                    None
                }
            };
            let found = found.filter(|process| process.seen() == tid);
            let found = found.filter(|process| !is_later(start, process));
            let found = found.and_then(|process| lister.selection.process(&process, false).map(|bits| (process, bits)));
            last = Some((key, found));
        }
        if let Some((_, Some((process, bits)))) = &last {
            lister.file(file, process, *bits);
        }
    }
    if let Some((process, _)) = last.and_then(|(_, selected)| selected) {
        lister.end(process, true);
    }
    // The kernel goes by threads: one that stands for its process has a number of its own.
    lister.in_order();
    Ok(unknown)
}

/// A listing of chosen processes in the making.
struct Filling<'f, 'l, 's> {
    reader: &'f mut Reader,
    lister: &'f mut Lister<'l, 's>,
    /// The iterator, as long as it works.
    stream: Option<Stream>,
    /// It was demanded.
    must: bool,
    sockets: bool,
    maps: bool,
    mapped: Maps,
    /// The process that was counted last among those that could not be looked into.
    last: Option<u32>,
}

/// What the tasks of a process may share with it.
struct Leader {
    pid: u32,
    around: Vec<Descriptor>,
    numbers: Vec<Descriptor>,
}

impl Filling<'_, '_, '_> {
    fn all(&mut self, list: Vec<Selected>) -> Result<u64> {
        let mut denied = 0;
        let mut buffer = Vec::new();
        let mut leader: Option<Leader> = None;
        let mut rest = list.into_iter().peekable();
        while let Some((process, bits)) = rest.next() {
            self.reader.trouble = Default::default();
            let has_tasks = process.tid.is_none()
                && rest.peek().is_some_and(|(next, _)| next.pid == process.pid && next.tid.is_some());
            if process.tid.is_none() {
                let (pid, around, numbers) = (process.pid, Vec::new(), Vec::new());
                leader = has_tasks.then_some(Leader { pid, around, numbers });
            }
            let of = leader.as_mut().filter(|leader| leader.pid == process.pid);
            self.one(&process, bits, of)?;
            // A process counts once, whatever its tasks say.
            denied += u64::from(self.reader.trouble.denied && self.last.replace(process.pid) != Some(process.pid));
            // What ended while it was read has nothing open.
            let alive = !self.reader.trouble.gone || processes::still_there(&process, &mut buffer);
            self.lister.end(process, alive);
        }
        Ok(denied)
    }

    /// Everything of one. `leader`: of a process with tasks, to be filled; of a task, its process's.
    fn one(&mut self, process: &Process, bits: u32, mut leader: Option<&mut Leader>) -> Result<()> {
        let task = process.tid;
        if !self.sockets {
            let shared = leader.as_ref().filter(|leader| task.is_some() && !leader.around.is_empty());
            let shared = shared.filter(|_| share(process.pid, task.unwrap_or(0), KCMP_FS) == Some(true));
            let around = match shared {
                Some(leader) => leader.around.clone(),
                None => self.around(process),
            };
            if let (None, Some(leader)) = (task, &mut leader) {
                leader.around.clone_from(&around);
            }
            around.into_iter().for_each(|file| self.lister.file(file, process, bits));
        }
        match (task, leader) {
            (None, leader) => self.numbers(process, bits, leader.map(|leader| &mut leader.numbers)),
            (Some(tid), leader) => {
                let shared = share(process.pid, tid, KCMP_FILES);
                match leader.filter(|_| shared != Some(false)) {
                    Some(leader) => {
                        leader.numbers.iter().for_each(|file| self.lister.file(file.clone(), process, bits));
                    }
                    None => self.read_proc(process, bits, None),
                }
                Ok(())
            }
        }
    }

    /// Directories, program and mappings.
    fn around(&mut self, process: &Process) -> Vec<Descriptor> {
        let mut files = self.reader.links(process);
        let program = files.iter().find(|file| file.slot == Slot::Text).and_then(|file| file.stat);
        if self.maps {
            files.extend(self.mapped.files(process, program, self.reader));
        }
        files
    }

    /// The descriptors of a process. `keep`: where those go that its tasks may share.
    fn numbers(&mut self, process: &Process, bits: u32, mut keep: Option<&mut Vec<Descriptor>>) -> Result<()> {
        // A thread that goes on for its process stands elsewhere among the kernel's.
        let Some(stream) = self.stream.as_mut().filter(|_| process.through.is_none()) else {
            self.read_proc(process, bits, keep);
            return Ok(());
        };
        let mark = self.lister.mark();
        let mut any = false;
        loop {
            match stream.next_of(process.pid) {
                Ok(Some(told)) => {
                    any = true;
                    let Some(file) = settled(told, process, self.reader) else { continue };
                    if let Some(keep) = &mut keep {
                        keep.push(file.clone());
                    }
                    self.lister.file(file, process, bits);
                }
                // Nothing open; or somebody hides it from the iterator: /proc says which. Of sockets nearly all have none.
                Ok(None) if !any && !self.sockets => break,
                Ok(None) => return Ok(()),
                Err(error) if self.must => return Err(error),
                // /proc tells the same, more slowly.
                Err(_) => {
                    self.stream = None;
                    self.lister.rewind(mark);
                    break;
                }
            }
        }
        if let Some(keep) = &mut keep {
            keep.clear();
        }
        self.read_proc(process, bits, keep);
        Ok(())
    }

    fn read_proc(&mut self, process: &Process, bits: u32, keep: Option<&mut Vec<Descriptor>>) {
        let files = self.reader.descriptors(process, self.sockets);
        if let Some(keep) = keep {
            keep.clone_from(&files);
        }
        let shown = |file: &Descriptor| !self.sockets || file.is_socket() || file.stat.is_none();
        files.into_iter().filter(shown).for_each(|file| self.lister.file(file, process, bits));
    }
}

/// What the iterator told of a process, completed; `None` where it is of another that got the number later.
fn settled(told: Told, process: &Process, reader: &mut Reader) -> Option<Descriptor> {
    if is_later(told.start, process) {
        return None;
    }
    let Told { mut file, ask, .. } = told;
    if let Slot::Number(fd) = file.slot
        && ask
    {
        if file.path.is_empty()
            && let Ok(path) = Who::of(process).link(format_args!("fd/{fd}"))
        {
            file.path = path.into();
        }
        if let Ok(stat) = reader.stat_fd(process, fd, Trust::Cached) {
            file.stat = Some(stat);
        }
    }
    Some(file)
}

/// Whether a task that began then, in nanoseconds since boot, is another than the process that was looked at.
fn is_later(start: u64, process: &Process) -> bool {
    process.through.is_none() && start / 10_000_000 > process.start + 1 && ticks_are_centiseconds()
}

/// Whether times of /proc and of the kernel can be compared: 100 ticks a second, and no time namespace.
fn ticks_are_centiseconds() -> bool {
    static ARE: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *ARE.get_or_init(|| rustix::param::clock_ticks_per_second() == 100 && !machine::has_own_time())
}

/// Whether the iterator is to be used for these processes.
fn use_iterator(collect: &Collect, pids: impl IntoIterator<Item = u32>, sockets: bool) -> bool {
    match collect.source {
        Source::Proc => false,
        Source::Iterator => true,
        Source::Auto if !processes::iterator_sees_all() => false,
        Source::Auto if collect.no_stat => true,
        // Of what is no socket only the link is read, and nearly all are none.
        Source::Auto => processes::iterator_pays(pids, if sockets { 1 } else { CALLS }),
    }
}
