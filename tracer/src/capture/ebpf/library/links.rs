//! Links of programs to functions: one for the entries and one for the returns of each file that something new is probed in.

use std::collections::{HashMap, HashSet};
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::rc::Rc;

use tracer_common::library::cookie;
use tracer_common::loss::Loss;

use crate::capture::Losses;
use crate::capture::ebpf::bpf;
use crate::capture::library::probe::{self, FileId, Probe};
use crate::capture::library::{Function, Returns};
use crate::library::object::Object;
use crate::schema::prototypes::{self, blocks};
use crate::system::procfs::who::Who;

/// A place that a program is called at.
#[derive(Clone, Copy)]
struct At {
    function: usize,
    offset: u64,
    cookie: u64,
}

/// Functions that exceptions may pass through: what is probed of them, to be probed anew without their returns.
struct Risky {
    object: Rc<Object>,
    process: u32,
    places: Vec<At>,
    links: Vec<OwnedFd>,
}

/// The links.
pub struct Links {
    entered: OwnedFd,
    returned: OwnedFd,
    loaded: OwnedFd,
    /// Probes are there for all processes, not for each.
    tree: bool,
    links: Vec<OwnedFd>,
    /// Those of functions whose returns are in the way of exceptions.
    risky: Vec<Risky>,
    /// Some process can throw exceptions.
    throws: bool,
    /// What functions do to blocks of memory is followed, not their calls.
    blocks: bool,
    /// Calls are counted by the kernel side, where it can tell whose they are.
    counting: bool,
    /// What is probed, by file and process (0: all).
    probed: HashMap<(FileId, u32), HashSet<u64>>,
    linkers: HashMap<(FileId, u32), bool>,
}

impl Links {
    /// None yet, of these programs.
    pub fn new(programs: [OwnedFd; 3], tree: bool, blocks: bool, counting: bool) -> Links {
        let [entered, returned, loaded] = programs;
        Links {
            entered,
            returned,
            loaded,
            tree,
            links: Vec::new(),
            risky: Vec::new(),
            throws: false,
            blocks,
            counting,
            probed: HashMap::new(),
            linkers: HashMap::new(),
        }
    }

    /// All of them, to be closed.
    pub fn take(&mut self) -> Vec<OwnedFd> {
        self.links.extend(self.risky.drain(..).flat_map(|risky| risky.links));
        std::mem::take(&mut self.links)
    }

    /// A process can throw exceptions: returns that would be in their way are probed no more. Where `others` are traced, a call of theirs may
    /// be missed while the entries are probed anew, which is counted.
    pub fn let_exceptions_pass(&mut self, others: bool, losses: &mut Losses) {
        self.throws = true;
        for Risky { object, process, mut places, links } in std::mem::take(&mut self.risky) {
            drop(links);
            losses.add(Loss::LateProbes, u64::from(others));
            places.iter_mut().for_each(|at| at.cookie &= !cookie::RETURNS);
            let mut failed = HashMap::new();
            if let Some(path) = path_of(&object) {
                by_halves(&places, &mut linked(&self.entered, &path, process, false), &mut self.links, &mut failed);
                losses.add(Loss::Unprobed, failed.len() as u64);
            }
        }
    }

    /// How often the kernel skipped a program.
    ///
    /// # Errors
    /// The kernel does not say so.
    pub fn not_run(&self) -> std::io::Result<u64> {
        [&self.entered, &self.returned, &self.loaded].iter().map(|it| bpf::recursion_misses(it.as_raw_fd())).sum()
    }

    /// Has a dynamic linker tell when it has loaded files; false when it cannot. What is none says nothing.
    pub fn watch_linker(&mut self, id: FileId, object: &Rc<Object>, tgid: u32, losses: &mut Losses) -> bool {
        let process = if self.tree { 0 } else { tgid };
        let Some(placed) = probe::of_linker(object) else { return false };
        let key = (id, process);
        if let Some(watched) = self.linkers.get(&key) {
            return *watched;
        }
        let link = placed.and_then(|(placed, state)| {
            let path = path_of(object)?;
            bpf::probe(self.loaded.as_fd(), &path, &[placed.offset], &[state], process, false).ok()
        });
        let watched = link.is_some();
        self.links.extend(link);
        losses.add(Loss::Unprobed, u64::from(!watched));
        self.linkers.insert(key, watched);
        watched
    }

    /// Probes functions of a file; `new` counts those that were not before. Gives the names of those that cannot be.
    pub fn probe(
        &mut self,
        id: FileId,
        object: &Rc<Object>,
        functions: &[(Function, u32)],
        tgid: u32,
        new: &mut usize,
    ) -> Vec<(Vec<u8>, String)> {
        let process = if self.tree { 0 } else { tgid };
        let probed = self.probed.entry((id, process)).or_default();
        let (mut entries, mut returns, mut risky, mut refused) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let throws = self.throws;
        let doubtful = if self.counting { doubtful(functions, self.tree) } else { HashSet::new() };
        for (at, (function, number)) in functions.iter().enumerate() {
            if !probed.insert(function.target.address) {
                continue;
            }
            let Probe { placed, cookie } = match Probe::of(object, function, *number) {
                Ok(probe) => probe,
                Err(why) => {
                    refused.push((function.name.clone(), why.to_string()));
                    continue;
                }
            };
            let is_probed = function.returns.is_probed(throws);
            let told = match self.blocks {
                true => of_blocks(function, is_probed).map(|told| u64::from(*number) | told),
                false => Some(cookie | if is_probed { cookie::RETURNS } else { 0 }),
            };
            let told = told.map(|told| told | if doubtful.contains(&at) { cookie::ASK } else { 0 });
            let Some(cookie) = told else {
                refused.push((function.name.clone(), "what it returns cannot be seen".to_owned()));
                continue;
            };
            let is_probed = is_probed && (!self.blocks || cookie & cookie::RETURNS != 0);
            let at = At { function: at, offset: placed.offset, cookie };
            match function.returns {
                Returns::Risky if is_probed => risky.push(at),
                _ => entries.push(at),
            }
            if is_probed && function.returns == Returns::Probed {
                returns.push(at);
            }
        }
        *new += entries.len() + risky.len();
        let Some(path) = path_of(object) else {
            let unread = |at: &At| (functions[at.function].0.name.clone(), "its file cannot be named".to_owned());
            refused.extend(entries.iter().chain(&risky).map(unread));
            return refused;
        };
        let mut failed = HashMap::new();
        let groups = [
            (&self.entered, &entries, false, false),
            (&self.returned, &returns, true, false),
            (&self.entered, &risky, false, true),
            (&self.returned, &risky, true, true),
        ];
        let mut of_risky = Vec::new();
        for (program, places, at_return, is_risky) in groups {
            let links = if is_risky { &mut of_risky } else { &mut self.links };
            by_halves(places, &mut linked(program, &path, process, at_return), links, &mut failed);
        }
        if !risky.is_empty() {
            self.risky.push(Risky { object: object.clone(), process, places: risky, links: of_risky });
        }
        refused.extend(failed.into_iter().map(|(at, why): (usize, _)| (functions[at].0.name.clone(), why)));
        refused
    }
}

/// Functions of which the kernel side cannot tell by the address to return to whether a call is one that was asked for, and by which name:
/// another program of the tree may ask for others; of several that call, not all may be asked for; a place has two names.
fn doubtful(functions: &[(Function, u32)], tree: bool) -> HashSet<usize> {
    let callers: HashSet<usize> = functions.iter().flat_map(|(function, _)| function.callers.iter().copied()).collect();
    let mut names: HashMap<u64, usize> = HashMap::new();
    functions.iter().for_each(|(function, _)| *names.entry(function.target.address).or_default() += 1);
    let is_doubtful = |function: &Function| {
        let its: HashSet<usize> = function.callers.iter().copied().collect();
        tree || its.len() < callers.len() || names.get(&function.target.address).is_some_and(|names| *names > 1)
    };
    let all = functions.iter().enumerate().filter(|(_, (function, _))| function.from && is_doubtful(function));
    all.map(|(at, _)| at).collect()
}

/// What the kernel side is told of a function of blocks; `None` where it would have to see it return, and cannot.
fn of_blocks(function: &Function, is_probed: bool) -> Option<u64> {
    let (_, prototype) = prototypes::find(&function.name)?;
    let told = blocks::told(prototype)?;
    match (prototype.block.ends(), is_probed) {
        (false, _) => Some(told),
        (true, true) => Some(told | cookie::RETURNS),
        (true, false) => None,
    }
}

/// Links places of a file to a program.
fn linked(
    program: &OwnedFd,
    path: &CStr,
    process: u32,
    at_return: bool,
) -> impl FnMut(&[At]) -> std::io::Result<OwnedFd> {
    move |places| {
        let offsets: Vec<u64> = places.iter().map(|at| at.offset).collect();
        let cookies: Vec<u64> = places.iter().map(|at| at.cookie).collect();
        bpf::probe(program.as_fd(), path, &offsets, &cookies, process, at_return)
    }
}

/// Links places at once; where one is refused none is linked, and they are tried by halves.
fn by_halves(
    places: &[At],
    link: &mut impl FnMut(&[At]) -> std::io::Result<OwnedFd>,
    links: &mut Vec<OwnedFd>,
    failed: &mut HashMap<usize, String>,
) {
    if places.is_empty() {
        return;
    }
    match link(places) {
        Ok(made) => links.push(made),
        Err(why) if places.len() == 1 => {
            failed.extend(places.iter().map(|at| (at.function, format!("the kernel refuses it: {why}"))));
        }
        Err(_) => {
            let (one, other) = places.split_at(places.len() / 2);
            by_halves(one, link, links, failed);
            by_halves(other, link, links, failed);
        }
    }
}

/// A path by which the kernel finds the file that was read, whatever has become of its name.
fn path_of(object: &Object) -> Option<CString> {
    let file = object.file.descriptor()?;
    CString::new(Who::Myself.path(format_args!("fd/{}", file.as_raw_fd()))).ok()
}
