//! What a call did, by the effects in its row.

use tracer_common::event::{Head, SKIPPED, flag, kind, status};
use tracer_common::plan::{phase, shape};

use super::Collector;
use super::files::view_of;
use super::kernel::{has_listener, leaves_clock};
use crate::decode::value::{Call, FileView, Ret, Value};
use crate::decode::{self, Blobs};
use crate::schema::effects::{Does, Effect, Unseen};
use crate::schema::narrow;
use crate::schema::types::{Arg, Ty};
use crate::tools::audit::evidence::accesses::{Row, Text, Thing};
use crate::tools::audit::evidence::{GapKind, Op};

/// A call that has ended, and whose it is.
#[derive(Clone, Copy)]
pub(super) struct Seen<'s, 'a> {
    pub(super) call: &'s Call<'a>,
    pub(super) blobs: &'s Blobs<'a>,
    /// The call's name.
    pub(super) name: &'static str,
    /// The arguments of which its effects speak.
    pub(super) args: &'static [Arg],
    /// 0 when it did not fail.
    pub(super) errno: u16,
    pub(super) unit: usize,
    pub(super) program: Text,
    /// Its further names.
    pub(super) by: Option<Text>,
    /// The unit had ended.
    pub(super) later: bool,
}

/// Who did something: as the members of [`Seen`].
pub(super) struct Doer {
    pub(super) unit: usize,
    pub(super) program: Text,
    pub(super) by: Option<Text>,
    pub(super) later: bool,
}

impl Collector<'_> {
    /// Who did what a record tells of.
    pub(super) fn doer(&mut self, head: &Head) -> Doer {
        self.process(head.tgid);
        let unit = self.whose.unit(head.tgid, head.tid);
        let process = self.whose.get(head.tgid);
        let (program, by) = process.map(|process| (process.program, process.names)).unwrap_or_default();
        Doer { unit, program, by, later: self.whose.is_over(unit) }
    }

    pub(super) fn call<'a>(&mut self, call: &Call<'a>, blobs: &Blobs<'a>) {
        let operation = call.head.kind == kind::OPERATION;
        if operation && call.head.flags & flag::REFUSED != 0 {
            // Nothing was done, nor tried: the kernel did not even read what it was asked.
            return;
        }
        let errno = match call.ret {
            Ret::Error(errno) => errno,
            // It was tried: what came back is not the kernel's word for it.
            Ret::Value(_) | Ret::Noted(..) if call.head.cpu & SKIPPED != 0 && !operation => libc::EPERM as u16,
            Ret::Value(_) | Ret::Noted(..) => 0,
            // It was submitted, and nobody was told what came of it: it may have been done.
            Ret::Never if operation => 0,
            Ret::Pending | Ret::Never | Ret::Restart(_) => return,
        };
        let Some(row) = call.row else {
            // A kernel that does not know it either refuses it.
            if errno == 0 {
                self.process(call.head.tgid);
                let unit = self.whose.unit(call.head.tgid, call.head.tid);
                let (kind, what) = if operation { (GapKind::IoUring, "operation") } else { (GapKind::Unseen, "call") };
                let what = format!("{what} {}: this version does not know it", call.head.nr);
                self.gap(kind, Some(unit), what, 1);
            }
            return;
        };
        let (does, args) = row.does(&call.head.args);
        let Doer { unit, program, by, later } = self.doer(&call.head);
        let seen = Seen { call, blobs, name: row.name, args, errno, unit, program, by, later };
        let end = call.head.time.saturating_add(call.head.dur);
        self.world.at(end);
        self.names.at(end);
        self.look_at_sockets(&seen);
        self.uses(&seen, does.effects());
        match does {
            Does::Effects(list) => list.iter().for_each(|effect| self.effect(&seen, *effect)),
            // Of the calls that go with a ring; an operation of which nobody knows what it does is a gap of its own.
            Does::Gap(Unseen::Ring, _) if self.operations && !operation => {}
            Does::Gap(unseen, why) if errno == 0 || unseen == Unseen::Attempt => {
                let kind = match unseen {
                    Unseen::Clock if leaves_clock(&seen) => return,
                    Unseen::Listener if !self.early || !has_listener(&seen) => return,
                    Unseen::Call
                    | Unseen::Attempt
                    | Unseen::Names
                    | Unseen::Root
                    | Unseen::Clock
                    | Unseen::Listener => GapKind::Unseen,
                    Unseen::Ring => GapKind::IoUring,
                };
                match unseen {
                    Unseen::Names if errno == 0 => self.mounted(&seen),
                    Unseen::Root if errno == 0 => self.moved(&seen),
                    _ => {}
                }
                self.gap(kind, Some(unit), format!("{}: {why}", row.name), 1);
            }
            Does::Gap(..) | Does::Harmless(_) | Does::Family(_) | Does::Unsaid => {}
        }
        self.arrived(&seen);
    }

    fn effect(&mut self, seen: &Seen<'_, '_>, effect: Effect) {
        if seen.is_narrow() && !effect.object().is_none_or(|at| seen.is_read(at)) {
            // What came in changes nothing, and what goes on goes where it was told.
            match effect {
                Effect::Receives(_) => return,
                Effect::Sends(_, flags) if self.goes_on(seen, flags) => return,
                _ => {}
            }
            let what = format!("{}: what a 32-bit program passes to it is not read", seen.name);
            return self.gap(GapKind::Unseen, Some(seen.unit), what, 1);
        }
        if let Effect::Writes(at) = effect {
            self.greeted(seen, at);
            self.sent_on(seen, view_of(seen, at));
        }
        if let Effect::Sends(..) = effect {
            self.greeted(seen, 0);
        }
        match effect {
            Effect::Opens(at, flags) => self.open(seen, Some(at), flags),
            Effect::OpensUnnamed(flags) => self.open(seen, None, flags),
            Effect::Takes => self.taken(seen),
            Effect::Copies(_) => self.copied(seen),
            Effect::Unshares(flags) => self.unshared(seen, flags),
            Effect::Lists(at) => self.listed(seen, at),
            Effect::Writes(at) => self.written(seen, at, seen.returned() != Some(0)),
            Effect::Rewrites(at) => self.written(seen, at, true),
            Effect::Submits(at) => self.submitted(seen, at),
            Effect::Maps(fd, protection, flags) => self.mapped(seen, fd, protection, flags),
            Effect::Controls(fd, request) => self.controlled(seen, fd, request),
            Effect::Probes(at) => self.marker(seen, at),
            Effect::Makes(at) => self.makes(seen, at),
            Effect::LinksText(text, at) => self.linked(seen, text, at, true),
            Effect::Links(old, at) => self.linked(seen, old, at, false),
            Effect::Renames(old, new, flags) => self.rename(seen, old, new, flags),
            Effect::Removes(at, of) => self.removes(seen, at, of),
            Effect::Truncates(at) => self.truncated(seen, at),
            Effect::Changes(meta, at, last) => self.changed(seen, meta, at, last),
            Effect::Runs(at) => self.execute(seen, at),
            Effect::Hears(protocol) => self.hears(seen, protocol),
            Effect::Steers(at) => self.steered(seen, at),
            Effect::Binds(at) => self.bind(seen, at),
            Effect::Listens(at) => self.listen(seen, at),
            Effect::Connects(at) => self.connect(seen, at),
            Effect::Sends(at, flags) => self.sent(seen, at, flags),
            Effect::Receives(at) => self.received(seen, at),
            Effect::Settles(_) => {
                self.connected(seen);
                self.took_by_option(seen);
            }
            Effect::Accepts(at) => self.accepted(seen, at),
            // The port was looked at; the others were told before, or change nothing.
            Effect::Reads(0) => self.read(seen),
            Effect::Locates(_) | Effect::Reads(_) | Effect::Closes(_) | Effect::Asks(_) => {}
        }
    }
}

impl<'s, 'a> Seen<'s, 'a> {
    /// The argument in a place of the row, where it is shown.
    pub(super) fn arg(&self, at: u8) -> Option<&'s Value<'a>> {
        let name = self.args.get(usize::from(at))?.name;
        self.call.args.iter().find(|(shown, _)| *shown == name).map(|(_, value)| value)
    }

    /// The number in a place.
    pub(super) fn number(&self, at: u8) -> u64 {
        self.call.head.args.get(usize::from(at)).copied().unwrap_or(0)
    }

    /// The call's `flags` have this bit.
    pub(super) fn has_flag(&self, flag: u64) -> bool {
        let at = self.args.iter().position(|arg| arg.name == "flags").and_then(|at| u8::try_from(at).ok());
        at.is_some_and(|at| self.number(at) & flag != 0)
    }

    /// What the argument in a place is.
    pub(super) fn ty(&self, at: u8) -> Option<&'static Ty> {
        self.args.get(usize::from(at)).map(|arg| &arg.ty)
    }

    /// The argument in a place is a descriptor.
    pub(super) fn is_fd(&self, at: u8) -> bool {
        matches!(self.ty(at), Some(Ty::Fd | Ty::Slot(_)))
    }

    /// The argument before that of a path, where it is the path's directory.
    pub(super) fn before(&self, at: u8) -> Option<&'s Value<'a>> {
        let before = at.checked_sub(1)?;
        matches!(self.ty(before), Some(Ty::DirFd)).then(|| self.arg(before)).flatten()
    }

    /// The number that came back.
    pub(super) fn returned(&self) -> Option<i64> {
        match self.call.ret {
            Ret::Value(_) | Ret::Noted(..) => Some(self.call.head.ret),
            _ => None,
        }
    }

    /// The current directory of the process, where the call's path in a place could begin there.
    pub(super) fn current(&self, at: u8) -> Option<Vec<u8>> {
        match self.before(at) {
            Some(Value::Fd(fd, view)) if *fd == libc::AT_FDCWD => named(view.as_deref()?),
            _ => self.directory(),
        }
    }

    /// The current directory of the process, where the plan asked for it.
    pub(super) fn directory(&self) -> Option<Vec<u8>> {
        let found = (0..6).find_map(|arg| self.blobs.find(arg, shape::CWD, phase::ENTER, 0));
        let (_, bytes) = found.filter(|(blob, _)| blob.status == status::WHOLE)?;
        named(&*decode::file_view(bytes)?)
    }

    pub(super) fn row(&self, op: Op, thing: Thing) -> Row {
        let Seen { errno, by, later, .. } = *self;
        Row { errno, by, later, ..Row::new(self.unit, op, thing, self.program) }
    }

    /// A call of the 32-bit ABI.
    fn is_narrow(&self) -> bool {
        self.call.head.flags & flag::COMPAT != 0
    }

    /// What the argument in a place of a 32-bit call points to has a layout that is known.
    fn is_read(&self, at: u8) -> bool {
        self.ty(at).is_some_and(|ty| narrow::behind(ty, false) != narrow::Known::Untold)
    }
}

/// The path of a file; the one that it had, where that is gone. None where only its end is known.
pub(super) fn named(view: &FileView<'_>) -> Option<Vec<u8>> {
    (!view.path.is_empty() && !view.cut).then(|| view.path.to_vec())
}
