//! Where in a file a probe stands, and what it is told of its function.

use std::rc::Rc;

use tracer_common::library::cookie;

use super::wanted::{Function, Returns};
use crate::library::object::Object;
use crate::library::place::{self, Arguments, Placement, Refused};
use crate::schema::prototypes;
use crate::schema::types::{Arg, Ty};

/// What the dynamic linker calls when it has loaded files, so that debuggers know (`r_brk` of `struct r_debug`, link.h).
pub const LOADED: &[u8] = b"_dl_debug_state";

/// A file: its device and inode.
pub type FileId = (u64, u64);

/// Which file an object was read from.
pub fn id_of(object: &Object) -> FileId {
    let meta = object.file.descriptor().and_then(|file| rustix::fs::fstat(file).ok());
    meta.map_or((0, 0), |meta| (meta.st_dev, meta.st_ino))
}

/// A probe of a function.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// Where it stands.
    pub placed: Placement,
    /// Words of [`cookie`], but for [`cookie::RETURNS`]: whether the return is probed depends on who is traced.
    pub cookie: u64,
}

impl Probe {
    /// That of a function with this number.
    ///
    /// # Errors
    /// None can stand in it.
    pub fn of(object: &Object, function: &Function, number: u32) -> Result<Probe, Refused> {
        let (plan, arguments) = match prototypes::find(&function.name) {
            Some((plan, prototype)) => (plan as u64 + 1, arguments(prototype.row.args)),
            None => (0, Arguments { vectors: 0, counted: false, ..Arguments::ALL }),
        };
        let placed = place::place(object, function.target.address, arguments)?;
        let from = if function.from { cookie::FROM } else { 0 };
        Ok(Probe { placed, cookie: u64::from(number) | plan << cookie::PLAN | from })
    }
}

impl Returns {
    /// Whether the return is probed; `throws`: exceptions may come.
    pub fn is_probed(self, throws: bool) -> bool {
        match self {
            Returns::Probed => true,
            Returns::Risky => !throws,
            Returns::Unprobed => false,
        }
    }
}

/// Where a dynamic linker tells debuggers that it has loaded files, and where its `_r_debug` stands, counted from there. `None`: this
/// is no dynamic linker. `Some(None)`: it is, and no probe can stand there.
pub fn of_linker(object: &Rc<Object>) -> Option<Option<(Placement, u64)>> {
    let (function, _) = object.exported(LOADED).next()?;
    let none = Arguments { integers: 0, vectors: 0, counted: false };
    let placed = place::place(object, function.address, none).ok();
    Some(placed.and_then(|placed| Some((placed, object.debugged?.wrapping_sub(placed.address)))))
}

/// Registers in which a function is given what is seen of it. What stands in vector registers is not seen.
fn arguments(args: &[Arg]) -> Arguments {
    let integers = args.iter().filter(|arg| !matches!(arg.ty, Ty::Double | Ty::Float)).count().min(6);
    match args.last() {
        Some(arg) if matches!(arg.ty, Ty::Format) => Arguments { vectors: 0, counted: false, ..Arguments::ALL },
        _ => Arguments { integers, vectors: 0, counted: false },
    }
}
