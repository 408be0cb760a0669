//! Which calls touch a path that was named (`-P`): by a name that they pass, or by a descriptor of it. Records are judged, so that every
//! source and every reader of records says the same.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use tracer_common::event::{Head, flag, kind};
use tracer_common::plan::{ARG_RET, phase, shape};
use tracer_common::record::blobs;

use crate::capture::record::whole_path;
use crate::schema::types::{Arg, Row, Special, Ty, class};
use crate::schema::{Abi, by_nr, uring};
use crate::spec::Numbers;

/// The paths of `-P`.
#[derive(Debug, Default)]
pub struct Paths {
    paths: HashSet<Vec<u8>>,
    /// Room to put a path together.
    scratch: Vec<u8>,
}

impl Paths {
    /// These paths, and what they lead to; `notice` is told of each that is a link.
    pub fn new(given: &[Vec<u8>], mut notice: impl FnMut(&[u8], &[u8])) -> Paths {
        let mut paths = HashSet::new();
        for given in given {
            if let Ok(real) = fs::canonicalize(Path::new(OsStr::from_bytes(given))) {
                let real = real.into_os_string().into_vec();
                if real != *given {
                    notice(given, &real);
                    paths.insert(real);
                }
            }
            paths.insert(given.clone());
        }
        Paths { paths, scratch: Vec::new() }
    }

    /// None was named.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Whether a call names one of the paths, or works on a descriptor of one.
    pub fn touches(&mut self, head: &Head, record: &[u8]) -> bool {
        let args = form(head).map_or(&[][..], |(_, args)| args);
        // What a call gives is not what it was on.
        for (blob, bytes) in blobs(head, record).filter(|(blob, _)| blob.arg != ARG_RET) {
            let found = match blob.shape {
                shape::TEXT => is_path(args, blob.arg) && self.paths.contains(bytes),
                // The working directory is no descriptor, even where a call passes it as one.
                shape::DIRFD if head.args.get(usize::from(blob.arg)).is_some_and(|&fd| fd as i32 == libc::AT_FDCWD) => {
                    false
                }
                shape::FD | shape::DIRFD | shape::FDS | shape::FDSET => {
                    whole_path(bytes, &mut self.scratch) && self.paths.contains(&self.scratch)
                }
                // Structures and the files of their descriptors take turns.
                shape::REFS if blob.part > 0 && blob.part % 2 == 0 => {
                    whole_path(bytes, &mut self.scratch) && self.paths.contains(&self.scratch)
                }
                _ => false,
            };
            if found {
                return true;
            }
        }
        false
    }
}

/// Whether a call uses one of these descriptors: passes it, alone or in an array or a set. Calls of descriptors, files and networks do.
pub fn uses(head: &Head, record: &[u8], wanted: &Numbers) -> bool {
    let Some((row, args)) = form(head) else { return false };
    let scalar = |(at, arg): (usize, &Arg)| {
        let passed = head.args.get(at).map_or(-1, |&value| value as i32);
        matches!(plain(&arg.ty), Ty::Fd | Ty::DirFd) && wanted.has(passed)
    };
    if row.class & (class::DESC | class::FILE | class::NET) == 0 {
        return false;
    }
    if args.iter().enumerate().take(6).any(scalar) {
        return true;
    }
    blobs(head, record).filter(|(blob, _)| blob.phase == phase::ENTER && blob.part == 0).any(|(blob, bytes)| match args
        .get(usize::from(blob.arg))
        .map(|arg| plain(&arg.ty))
    {
        Some(Ty::Special(Special::PollFds)) => {
            let fds = bytes.chunks_exact(8).filter_map(|fd| fd.first_chunk::<4>());
            fds.map(|fd| i32::from_ne_bytes(*fd)).any(|fd| wanted.has(fd))
        }
        Some(Ty::Special(Special::FdSet)) => {
            let bits = (0..8 * bytes.len()).filter(|&bit| bytes[bit / 8] >> (bit % 8) & 1 == 1);
            bits.take_while(|&bit| (bit as u64) < head.args[0]).any(|bit| wanted.has(bit as i32))
        }
        _ => false,
    })
}

/// The row of a record, and the arguments of the form that its call has.
fn form(head: &Head) -> Option<(&'static Row, &'static [Arg])> {
    let abi = if head.flags & flag::COMPAT != 0 { Abi::I386 } else { Abi::NATIVE };
    let row = match head.kind {
        kind::OPERATION => uring::by_opcode(head.nr).map(|operation| &operation.row),
        _ => by_nr(abi, head.nr),
    }?;
    Some((row, row.variant(&head.args).map_or(row.args, |form| form.args)))
}

/// Without what says when it is there.
fn plain(ty: &Ty) -> &Ty {
    match ty {
        Ty::When(_, _, inner) | Ty::Wide(inner) => inner,
        ty => ty,
    }
}

fn is_path(args: &[Arg], at: u8) -> bool {
    let mut ty = match args.get(usize::from(at)) {
        Some(arg) => arg.ty,
        None => return false,
    };
    while let Ty::When(_, _, inner) = ty {
        ty = *inner;
    }
    matches!(ty, Ty::Path)
}
