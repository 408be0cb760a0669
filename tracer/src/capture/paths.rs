//! Which calls touch a path that was named (`-P`): by a name that they pass, or by a descriptor of it. Records are judged, so that every
//! source and every reader of records says the same.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use tracer_common::event::{Head, flag, kind};
use tracer_common::plan::shape;
use tracer_common::record::blobs;

use crate::capture::record::whole_path;
use crate::schema::types::{Arg, Ty};
use crate::schema::{Abi, by_nr, uring};

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
        let abi = if head.flags & flag::COMPAT != 0 { Abi::I386 } else { Abi::NATIVE };
        let row = match head.kind {
            kind::OPERATION => uring::by_opcode(head.nr).map(|operation| &operation.row),
            _ => by_nr(abi, head.nr),
        };
        let args = row.map_or(&[][..], |row| row.variant(&head.args).map_or(row.args, |form| form.args));
        for (blob, bytes) in blobs(head, record) {
            let found = match blob.shape {
                shape::TEXT => is_path(args, blob.arg) && self.paths.contains(bytes),
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
