//! What /proc tells of tasks that no record told of, when a line is made of them: names, and numbers in PID namespaces.

use crate::schema::types::Whose;
use crate::system::procfs::nested::{self, Nested};
use crate::system::procfs::who::Who;

/// tracer's own PID namespace.
pub fn own_space() -> Option<u32> {
    Nested::of(Who::Myself)?.own()
}

/// The PID namespace of a task, and its number there.
pub fn place(tid: u32) -> Option<(u32, u32)> {
    let nested = Nested::of(Who::Id(tid))?;
    let own = nested.own()?;
    Some((own, nested.number(Whose::Thread, own)?))
}

/// Who has a number in a namespace: its number in tracer's own.
pub fn find(space: u32, number: u32, whose: Whose) -> Option<u32> {
    nested::find(space, number, whose)
}

/// A task's name.
pub fn comm(tid: u32) -> Option<Vec<u8>> {
    Who::Id(tid).comm()
}

/// The name of a network interface, in tracer's own namespace.
pub fn interface(index: u32) -> Option<Box<str>> {
    let mut name = [0; libc::IF_NAMESIZE];
    // SAFETY: there is room for the longest name.
    let found = unsafe { libc::if_indextoname(index, name.as_mut_ptr()) };
    let bytes: Vec<u8> = name.iter().take_while(|byte| **byte != 0).map(|byte| *byte as u8).collect();
    (!found.is_null()).then(|| String::from_utf8_lossy(&bytes).into())
}
