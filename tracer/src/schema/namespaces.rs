//! The namespaces that a task, or a child of it, is in once it has asked for others (`-e namespace=new`): which calls ask, and how a
//! record carries what they came to, as a blob that belongs to no argument. No plan asks for it: a source looks it up.

use tracer_common::event::{Head, flag, kind};
use tracer_common::plan::{phase, shape};
use tracer_common::record::blobs;

use super::mount::NAMESPACE;
use super::process::UNSHARE;
use super::types::{Row, Special, Ty};
use super::{Abi, by_nr, errno, parts};

/// What the blob has in the place of an argument.
pub const ARG: u8 = 9;
/// CLONE_NEWTIME.
pub const TIME: u64 = 0x80;

/// Kinds of namespace: the flag that asks for one, and the name that it has in /proc. clone(2), namespaces(7)
pub const KINDS: [(u64, &str); 8] = [
    (0x0200_0000, "cgroup"),
    (0x0800_0000, "ipc"),
    (0x0002_0000, "mnt"),
    (0x4000_0000, "net"),
    (0x2000_0000, "pid"),
    (TIME, "time"),
    (0x1000_0000, "user"),
    (0x0400_0000, "uts"),
];

/// A namespace: the place of its kind in [`KINDS`], and its inode.
pub type Entered = (usize, u64);

/// Where a call says which namespaces it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// In this argument.
    Argument(u8),
    /// In this one; where that is 0, any may be meant.
    AnyOrArgument(u8),
    /// In this one, whose low byte is a signal.
    AboveSignal(u8),
    /// In the first word of what this one points to.
    Memory(u8),
}

/// Where a call of `row` says which namespaces it asks for; `None` where it asks for none.
fn said(row: &Row) -> Option<Said> {
    let by_type = |(at, ty): (u8, &Ty)| match ty {
        Ty::Set32(set) if std::ptr::eq(*set, &UNSHARE) => Some(Said::Argument(at)),
        Ty::Set32(set) if std::ptr::eq(*set, &NAMESPACE) => Some(Said::AnyOrArgument(at)),
        Ty::Special(Special::CloneFlags) => Some(Said::AboveSignal(at)),
        Ty::Special(Special::CloneArgs) => Some(Said::Memory(at)),
        _ => None,
    };
    (0..).zip(row.args.iter().map(|arg| &arg.ty)).find_map(by_type)
}

/// Whether calls of `row` may change which namespaces a task is in, or make a task that is in others.
pub fn changes(row: &Row) -> bool {
    said(row).is_some()
}

/// What the call of a record asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The flags of the kinds.
    pub flags: u64,
    /// Its child is in them, not it itself.
    pub child: bool,
}

/// The row of the call of a record.
fn row(head: &Head) -> Option<&'static Row> {
    let abi = if head.flags & flag::COMPAT != 0 { Abi::I386 } else { Abi::NATIVE };
    let is_call = matches!(head.kind, kind::CALL | kind::PENDING);
    by_nr(abi, head.nr).filter(|row| is_call && !parts::is_no_call(head, row))
}

/// What the call of a record asks for; `None` where that is nothing.
fn asked(head: &Head, record: &[u8]) -> Option<Asked> {
    let row = row(head)?;
    let argument = |at: u8| head.args.get(usize::from(at)).copied().unwrap_or(0);
    let flags = match said(row)? {
        Said::Argument(at) | Said::AnyOrArgument(at) => argument(at),
        Said::AboveSignal(at) => argument(at) & !0xff,
        Said::Memory(at) => {
            let is_there = |at_entry: u8| at_entry == phase::ENTER || head.flags & flag::BEFORE != 0;
            let mut found = blobs(head, record)
                .filter(|(blob, _)| blob.arg == at && blob.shape == shape::BYTES && is_there(blob.phase));
            u64::from_le_bytes(found.find_map(|(_, bytes)| bytes.first_chunk().copied())?)
        }
    };
    let flags = flags & KINDS.iter().fold(0, |all, (flag, _)| all | flag);
    (flags != 0).then_some(Asked { flags, child: matches!(row.ret, Ty::Pid) })
}

/// What the call of a record asked for and got.
pub fn got(head: &Head, record: &[u8]) -> Option<Asked> {
    let got = head.kind == kind::CALL && head.flags & flag::NO_RETURN == 0 && errno::of(head.ret).is_none();
    if got { asked(head, record) } else { None }
}

/// The flags of the kinds that may be others for a task because of the call of a record, or because of what it has done so far.
pub fn may_lead(head: &Head, record: &[u8]) -> u64 {
    let failed = head.kind == kind::CALL && head.flags & flag::NO_RETURN == 0 && errno::of(head.ret).is_some();
    let anywhere = |row: &Row| matches!(said(row), Some(Said::AnyOrArgument(at)) if head.args[usize::from(at)] == 0);
    match (row(head), asked(head, record)) {
        (Some(row), None) if !failed && anywhere(row) => u64::MAX,
        (_, Some(Asked { flags, child: false })) if !failed => flags,
        _ => 0,
    }
}

/// The bytes of the blob.
pub fn bytes(entered: &[Entered]) -> Vec<u8> {
    entered.iter().flat_map(|&(kind, inode)| [KINDS[kind % KINDS.len()].0, inode]).flat_map(u64::to_le_bytes).collect()
}

/// What a blob says.
pub fn read(bytes: &[u8]) -> impl Iterator<Item = (&'static str, u64)> {
    let (words, _) = bytes.as_chunks::<16>();
    words.iter().filter_map(|word| {
        let [flag, inode] = [0, 8].map(|at| word[at..at + 8].iter().rev().fold(0, |n, &b| n << 8 | u64::from(b)));
        KINDS.iter().find(|(known, _)| *known == flag).map(|(_, name)| (*name, inode))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::all;
    use crate::schema::set::Set;

    #[test]
    fn every_kind_is_one_that_the_calls_know() {
        let bits = |set: &Set| {
            let new = set.bits.iter().filter(|(name, _)| name.starts_with("CLONE_NEW"));
            new.fold(0, |all, (_, bit)| all | bit)
        };
        let all = KINDS.iter().fold(0, |all, (flag, _)| all | flag);
        assert_eq!([bits(&UNSHARE), bits(&NAMESPACE)], [all, all]);
        assert!(KINDS.is_sorted_by_key(|(_, name)| *name));
    }

    #[test]
    fn calls_that_ask_are_known_by_their_types() {
        let mut names: Vec<_> = all().filter(|row| changes(row)).map(|row| row.name).collect();
        names.sort_unstable();
        assert_eq!(names, ["clone", "clone3", "setns", "unshare"]);
    }

    #[test]
    fn what_is_asked_for() {
        let check = |name: &str, args: [u64; 6], ret: i64, expected: Option<(u64, bool)>| {
            let nr = crate::schema::by_name(name).expect("a row").nr[Abi::NATIVE as usize].into();
            let head = Head { nr, args, ret, kind: kind::CALL, len: size_of::<Head>() as u32, ..Head::default() };
            let expected = expected.map(|(flags, child)| Asked { flags, child });
            assert_eq!(got(&head, head.bytes()), expected, "{name}{args:x?}");
        };
        check("unshare", [0x0400_0080, 0, 0, 0, 0, 0], 0, Some((0x0400_0080, false)));
        check("unshare", [0x0400_0080, 0, 0, 0, 0, 0], -1, None);
        check("unshare", [0x600, 0, 0, 0, 0, 0], 0, None);
        check("setns", [3, 0x4000_0000, 0, 0, 0, 0], 0, Some((0x4000_0000, false)));
        check("setns", [3, 0, 0, 0, 0, 0], 0, None);
        // The low byte of its flags is a signal.
        check("clone", [0x0400_0091, 0, 0, 0, 0, 0], 7, Some((0x0400_0000, true)));
        check("clone", [0x11, 0, 0, 0, 0, 0], 7, None);
        // Nothing was copied of its arguments.
        check("clone3", [1, 88, 0, 0, 0, 0], 7, None);
        check("getpid", [0x0400_0000; 6], 7, None);
    }

    #[test]
    fn what_may_have_changed() {
        let check = |name: &str, args: [u64; 6], ret: i64, expected: u64| {
            let nr = crate::schema::by_name(name).expect("a row").nr[Abi::NATIVE as usize].into();
            for (kind, expected) in [(kind::CALL, expected), (kind::EXIT, 0)] {
                let head = Head { nr, args, ret, kind, len: size_of::<Head>() as u32, ..Head::default() };
                assert_eq!(may_lead(&head, head.bytes()), expected, "{name}{args:x?}");
            }
        };
        check("setns", [3, 0, 0, 0, 0, 0], 0, u64::MAX);
        check("setns", [3, 0, 0, 0, 0, 0], -22, 0);
        check("setns", [3, TIME, 0, 0, 0, 0], 0, TIME);
        check("unshare", [0, 0, 0, 0, 0, 0], 0, 0);
        check("unshare", [TIME, 0, 0, 0, 0, 0], 0, TIME);
        check("clone", [0x0400_0011, 0, 0, 0, 0, 0], 7, 0);
        check("getpid", [0; 6], 7, 0);
    }

    #[test]
    fn blobs_keep_it() {
        let all = [(7, u64::MAX), (0, 5)];
        assert_eq!(read(&bytes(&all)).collect::<Vec<_>>(), [("uts", u64::MAX), ("cgroup", 5)]);
        assert_eq!(read(&bytes(&all)[..31]).count(), 1);
        assert_eq!(read(&[0xff; 32]).count(), 0);
    }
}
