//! What a call may wait for, and which of its arguments says so. It follows from the row: from what the call does to descriptors, from
//! the types of its arguments. Whoever asks what a task waits for knows no call by its name.

use super::effects::Effect;
use super::futex::{FUTEX, FUTEX2};
use super::open::FLOCK_OP;
use super::poll::{self, EPOLL_EVENT};
use super::process::{WAIT4, waits as waits_for_processes};
use super::time;
use super::types::class::SIG;
use super::types::{Arg, Rec, Row, Special, Ty};

/// What a call waits for. The numbers are places of arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// A time.
    Time,
    /// A signal.
    Signal,
    /// A change of a word in memory: the word, the operation.
    Futex(u8, u8),
    /// The same of calls without an operation: the word, the flags.
    Word(u8, u8),
    /// A descriptor, for a purpose.
    Descriptor(u8, Purpose),
    /// One of the descriptors in an array of `struct pollfd`: the array, their number.
    Poll(u8, u8),
    /// One of the descriptors in up to three sets of bits, which begin there; the number of bits.
    Select(u8, u8),
    /// What an epoll instance watches.
    Epoll(u8),
    /// Operations of a ring of io_uring.
    Ring(u8),
    /// A lock on a file by flock(2).
    Flock(u8),
    /// A lock on a range of a file by fcntl(2); of the open file description where so.
    Range(u8, bool),
    /// A file that a path leads to, to be opened or asked about: its path, and the directory where there is one.
    Path(u8, Option<u8>),
    /// Children: the argument that says which, and the one that says what kind that is.
    Children(u8, Option<u8>),
    /// A child that uses the caller's memory, until it has a program of its own.
    Vfork,
}

impl Waits {
    /// The place of the argument that names what is waited for: a word's address, a descriptor, a child.
    pub fn object(self) -> Option<u8> {
        match self {
            Waits::Futex(at, _) | Waits::Word(at, _) | Waits::Descriptor(at, _) | Waits::Epoll(at) => Some(at),
            Waits::Ring(at) | Waits::Flock(at) | Waits::Range(at, _) | Waits::Children(at, _) => Some(at),
            Waits::Time | Waits::Signal | Waits::Poll(..) | Waits::Select(..) | Waits::Path(..) | Waits::Vfork => None,
        }
    }
}

/// For what a call uses a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// To read, or to receive.
    Read,
    /// To write, or to send.
    Write,
    /// To take a connection.
    Accept,
    /// To make a connection.
    Connect,
    /// For something else.
    Other,
}

/// How a call says how long it waits at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// In milliseconds; negative: for ever.
    Millis(u8),
    /// An address of seconds and nanoseconds; 0: for ever.
    Nanos(u8),
    /// The same with microseconds.
    Micros(u8),
}

/// Commands of fcntl that wait for a lock, and whether it is one of the open file description.
const LOCKING: [(u64, bool); 3] = [(7, false), (14, false), (38, true)];

/// What a call with these arguments may wait for; `None`: nothing that its row tells.
pub fn waits(row: &Row, args: &[u64; 6]) -> Option<Waits> {
    let (does, list) = row.does(args);
    let list = row.variant(args).map_or(list, |variant| variant.args);
    let place = |is: &dyn Fn(&Arg) -> bool| list.iter().position(is).map(|at| at as u8);
    let typed = |is: fn(&Ty) -> bool| place(&|arg| is(inner(&arg.ty)));
    let set = |wanted: &'static super::set::Set| {
        place(&|arg| matches!(arg.ty, Ty::Set32(set) | Ty::Set(set) if std::ptr::eq(set, wanted)))
    };
    let fd = typed(|ty| matches!(ty, Ty::Fd));
    if let Some(op) = set(&FUTEX) {
        return Some(Waits::Futex(0, op));
    }
    // futex_wait(2) has a value to compare with; of the calls with these flags the others wake.
    if let (Some(flags), true) = (set(&FUTEX2), place(&|arg| arg.name == "val").is_some()) {
        return Some(Waits::Word(0, flags));
    }
    if let Some(fds) = typed(|ty| matches!(ty, Ty::Special(Special::PollFds))) {
        return Some(Waits::Poll(fds, fds + 1));
    }
    if let Some(sets) = typed(|ty| matches!(ty, Ty::Special(Special::FdSet))) {
        return Some(Waits::Select(sets, sets.saturating_sub(1)));
    }
    if typed(|ty| matches!(ty, Ty::Array(Ty::Rec(rec), _) if std::ptr::eq(*rec, &EPOLL_EVENT))).is_some() {
        return fd.map(Waits::Epoll);
    }
    if typed(|ty| matches!(ty, Ty::Special(Special::UringArg))).is_some() {
        return fd.map(Waits::Ring);
    }
    if set(&FLOCK_OP).is_some() {
        return fd.map(Waits::Flock);
    }
    if waits_for_processes(row) {
        let which = place(&|arg| arg.ty.whose().is_some() || arg.name == "id")?;
        let kind = place(&|arg| matches!(arg.ty, Ty::Set32(set) if !std::ptr::eq(set, &WAIT4)));
        return Some(Waits::Children(which, kind.filter(|&at| at < which)));
    }
    if let Some(found) = by_lock(list, args) {
        return Some(found);
    }
    if let Some(found) = does.effects().iter().find_map(|effect| by_effect(*effect, list)) {
        return Some(found);
    }
    if let Some(at) = typed(|ty| matches!(ty, Ty::Path)) {
        let directory = at.checked_sub(1).filter(|&at| matches!(list[usize::from(at)].ty, Ty::DirFd));
        return Some(Waits::Path(at, directory));
    }
    if let Some(fd) = fd {
        return Some(Waits::Descriptor(fd, by_type(list)));
    }
    let timed = typed(is_time).is_some();
    if row.class & SIG != 0
        && (list.is_empty() || list.first().is_some_and(|arg| is_mask(&arg.ty)) || row.name.ends_with("suspend"))
    {
        return Some(Waits::Signal);
    }
    if list.is_empty() && matches!(row.ret, Ty::Pid) && row.name.starts_with('v') {
        return Some(Waits::Vfork);
    }
    let only_times = list.iter().all(|arg| is_time(inner(&arg.ty)) || matches!(arg.ty, Ty::Set32(_)));
    (timed && only_times).then_some(Waits::Time)
}

/// How the call says how long it waits at most.
pub fn limit(row: &Row, args: &[u64; 6]) -> Option<Limit> {
    let list = row.variant(args).map_or(row.args, |variant| variant.args);
    list.iter().zip(0..).find_map(|(arg, at)| match inner(&arg.ty) {
        Ty::Int if arg.name == "timeout" => Some(Limit::Millis(at)),
        Ty::Rec(rec) if is_one_of(rec, NANOS) => Some(Limit::Nanos(at)),
        Ty::Rec(rec) if is_one_of(rec, MICROS) => Some(Limit::Micros(at)),
        _ => None,
    })
}

/// Whether time limits of this call are moments, not spans: clock_nanosleep with TIMER_ABSTIME, the bitset operations of futex.
pub fn is_moment(row: &Row, args: &[u64; 6]) -> bool {
    let flags = row.args.iter().position(|arg| matches!(arg.ty, Ty::Set32(set) if std::ptr::eq(set, &time::TIMER)));
    let futex = row.args.iter().position(|arg| matches!(arg.ty, Ty::Set32(set) if std::ptr::eq(set, &FUTEX)));
    match (flags, futex) {
        (Some(at), _) => args[at] & 1 != 0,
        // All but FUTEX_WAIT.
        (_, Some(at)) => args[at] & 0x7f != 0,
        _ => row.args.iter().any(|arg| arg.name.starts_with("abs_") || arg.name == "clockid"),
    }
}

/// The type without the words that say when it is read.
fn inner(ty: &Ty) -> &Ty {
    match ty {
        Ty::Out(ty) | Ty::InOut(ty) | Ty::Wide(ty) | Ty::Interrupted(ty) | Ty::Late(ty) | Ty::Positive(ty) => inner(ty),
        ty => ty,
    }
}

fn is_time(ty: &Ty) -> bool {
    matches!(ty, Ty::Rec(rec) if is_one_of(rec, NANOS) || is_one_of(rec, MICROS))
}

/// Structures of seconds and nanoseconds; of seconds and microseconds.
static NANOS: &[&Rec] = &[&poll::TIMESPEC, &time::TIMESPEC];
static MICROS: &[&Rec] = &[&poll::TIMEVAL, &time::TIMEVAL];

fn is_one_of(rec: &Rec, list: &[&Rec]) -> bool {
    list.iter().any(|known| std::ptr::eq(*known, rec))
}

fn is_mask(ty: &Ty) -> bool {
    matches!(ty, Ty::SigSet(_))
}

fn by_lock(list: &'static [Arg], args: &[u64; 6]) -> Option<Waits> {
    use super::open::{FCNTL, FLOCK, FLOCK64};
    let is_lock = |arg: &Arg| matches!(inner(&arg.ty), Ty::Rec(rec) if std::ptr::eq(*rec, &FLOCK) || std::ptr::eq(*rec, &FLOCK64));
    let command = list.iter().position(|arg| matches!(arg.ty, Ty::Set32(set) if std::ptr::eq(set, &FCNTL)))?;
    list.iter().any(is_lock).then_some(())?;
    let (_, open) = LOCKING.into_iter().find(|(value, _)| *value == args[command] & 0xffff_ffff)?;
    Some(Waits::Range(0, open))
}

fn by_effect(effect: Effect, list: &[Arg]) -> Option<Waits> {
    use Purpose::*;
    let descriptor = |at: u8, purpose| {
        let is = list.get(usize::from(at)).is_some_and(|arg| matches!(arg.ty, Ty::Fd));
        is.then_some(Waits::Descriptor(at, purpose))
    };
    match effect {
        Effect::Reads(at) | Effect::Lists(at) => descriptor(at, Read),
        Effect::Writes(at) => descriptor(at, Write),
        Effect::Rewrites(at) | Effect::Truncates(at) | Effect::Controls(at, _) => descriptor(at, Other),
        Effect::Accepts(_) => descriptor(0, Accept),
        Effect::Connects(_) => descriptor(0, Connect),
        Effect::Sends(..) => descriptor(0, Write),
        Effect::Receives(_) => descriptor(0, Read),
        _ => None,
    }
}

/// Of calls that do nothing to files: what the arguments behind the descriptor are.
fn by_type(list: &[Arg]) -> Purpose {
    let is = |wanted: fn(&Ty) -> bool| list.iter().any(|arg| wanted(&arg.ty));
    if is(|ty| matches!(ty, Ty::Out(Ty::Bytes(_)))) {
        Purpose::Read
    } else if is(|ty| matches!(ty, Ty::Bytes(_))) {
        Purpose::Write
    } else {
        Purpose::Other
    }
}

#[cfg(test)]
mod tests {
    use super::Purpose::*;
    use super::*;
    use crate::schema::by_name;

    #[test]
    fn calls_wait_for_what_their_rows_say() {
        let check = |name: &str, args: [u64; 6], expected: Option<Waits>| {
            assert_eq!(waits(by_name(name).expect(name), &args), expected, "{name}");
        };
        let none = [0; 6];
        for (name, at, purpose) in [
            ("read", 0, Read),
            ("preadv2", 0, Read),
            ("getdents64", 0, Read),
            ("write", 0, Write),
            ("sendto", 0, Write),
            ("sendmmsg", 0, Write),
            ("recvmsg", 0, Read),
            ("accept4", 0, Accept),
            ("connect", 0, Connect),
            ("fsync", 0, Other),
            ("ioctl", 0, Other),
            ("mq_timedreceive", 0, Read),
            ("mq_timedsend", 0, Write),
            ("fstat", 0, Other),
        ] {
            check(name, none, Some(Waits::Descriptor(at, purpose)));
        }
        check("futex", none, Some(Waits::Futex(0, 1)));
        check("futex_wait", none, Some(Waits::Word(0, 3)));
        check("futex_wake", none, None);
        check("poll", none, Some(Waits::Poll(0, 1)));
        check("ppoll", none, Some(Waits::Poll(0, 1)));
        check("select", none, Some(Waits::Select(1, 0)));
        check("pselect6", none, Some(Waits::Select(1, 0)));
        check("epoll_wait", none, Some(Waits::Epoll(0)));
        check("epoll_pwait2", none, Some(Waits::Epoll(0)));
        check("io_uring_enter", none, Some(Waits::Ring(0)));
        check("flock", none, Some(Waits::Flock(0)));
        check("fcntl", [0, 7, 0, 0, 0, 0], Some(Waits::Range(0, false)));
        check("fcntl", [0, 38, 0, 0, 0, 0], Some(Waits::Range(0, true)));
        check("open", none, Some(Waits::Path(0, None)));
        check("openat", none, Some(Waits::Path(1, Some(0))));
        check("newfstatat", none, Some(Waits::Path(1, Some(0))));
        check("unlink", none, Some(Waits::Path(0, None)));
        check("wait4", none, Some(Waits::Children(0, None)));
        check("waitid", none, Some(Waits::Children(1, Some(0))));
        check("nanosleep", none, Some(Waits::Time));
        check("clock_nanosleep", none, Some(Waits::Time));
        check("pause", none, Some(Waits::Signal));
        check("rt_sigsuspend", none, Some(Waits::Signal));
        check("rt_sigtimedwait", none, Some(Waits::Signal));
        check("vfork", none, Some(Waits::Vfork));
        for name in ["getpid", "kill", "brk", "mmap", "fork", "clone", "exit_group", "rt_sigaction", "sched_yield"] {
            let found = waits(by_name(name).expect(name), &none);
            assert!(matches!(found, None | Some(Waits::Descriptor(_, Other))), "{name}: {found:?}");
        }
    }

    #[test]
    fn calls_say_how_long() {
        let check = |name: &str, args: [u64; 6], expected, moment| {
            let row = by_name(name).expect(name);
            assert_eq!((limit(row, &args), is_moment(row, &args)), (expected, moment), "{name}");
        };
        check("poll", [0; 6], Some(Limit::Millis(2)), false);
        check("ppoll", [0; 6], Some(Limit::Nanos(2)), false);
        check("select", [0; 6], Some(Limit::Micros(4)), false);
        check("epoll_wait", [0; 6], Some(Limit::Millis(3)), false);
        check("epoll_pwait2", [0; 6], Some(Limit::Nanos(3)), false);
        check("futex", [0; 6], Some(Limit::Nanos(3)), false);
        check("futex", [0, 0x189, 0, 0, 0, 0], Some(Limit::Nanos(3)), true);
        check("nanosleep", [0; 6], Some(Limit::Nanos(0)), false);
        check("clock_nanosleep", [1, 1, 0, 0, 0, 0], Some(Limit::Nanos(2)), true);
        check("clock_nanosleep", [1, 0, 0, 0, 0, 0], Some(Limit::Nanos(2)), false);
        check("read", [0; 6], None, false);
    }
}
