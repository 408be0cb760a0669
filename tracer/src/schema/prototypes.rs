//! What is known of functions of libraries, as data: one row per function, in the words of the rows of system calls. The plan of what is
//! copied, and when, and how it is shown, follow from the row. A function without a row shows integers.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::types::{NO_NR, Row};

pub mod characters;
pub mod files;
pub mod formats;
pub mod fortify;
pub mod loading;
pub mod locales;
pub mod memory;
pub mod names;
pub mod network;
pub mod numbers;
pub mod processes;
pub mod searching;
pub mod signals;
pub mod stdio;
pub mod strings;
pub mod threads;
pub mod times;
pub mod users;

/// A function.
#[derive(Debug)]
pub struct Prototype {
    /// Its name, its arguments and what it returns; the rest means nothing.
    pub row: &'static Row,
    /// How it ends.
    pub ends: Ends,
}

/// How a function ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// It returns.
    Returns,
    /// It does not: a probe of its return would be for nothing.
    Never,
    /// It goes through the frames that called it, and reads where they return to (`__cxa_throw`, `pthread_exit`): a probe of the return would
    /// stand in its way.
    Unwinds,
    /// It returns as often as somebody jumps back to where it returned (`setjmp`), or in two processes: the address where that is must be the
    /// caller's own.
    Twice,
    /// It is called by what the compiler puts before and behind the program's `main`, and is not shown.
    Begins,
    /// It returns, and calls functions that it is given, out of which an exception may come: where there are any (C++), its return is not
    /// probed.
    CallsBack,
}

/// Declares prototypes: `name(arg: Type, ...) -> Type;`, the types being those of [`super::types::Ty`]; each argument's name stands for its
/// value as a length, `Bytes(count)`. Behind the type may stand `, never`, `, unwinds`, `, twice`, `, begins` or `, calls back` ([`Ends`]).
#[macro_export]
macro_rules! prototypes {
    ($vis:vis $table:ident: $($name:ident ($($arg:ident: $ty:expr),* $(,)?) -> $ret:expr $(, $ends:ident $($more:ident)?)?;)*) => {
        /// The functions of this family.
        $vis static $table: &[$crate::schema::prototypes::Prototype] = &[$(
            $crate::schema::prototypes::Prototype {
                row: &$crate::schema::types::Row {
                    name: $crate::schema::bare(stringify!($name)),
                    nr: [$crate::schema::types::NO_NR; 3],
                    args: $crate::syscalls!(@args $($arg: $ty),*),
                    ret: $ret,
                    class: 0,
                    does: $crate::schema::effects::Does::Unsaid,
                    order: &[],
                    variants: &[],
                },
                ends: $crate::prototypes!(@ends $($ends $($more)?)?),
            }
        ),*];
    };
    (@ends) => { $crate::schema::prototypes::Ends::Returns };
    (@ends never) => { $crate::schema::prototypes::Ends::Never };
    (@ends unwinds) => { $crate::schema::prototypes::Ends::Unwinds };
    (@ends twice) => { $crate::schema::prototypes::Ends::Twice };
    (@ends begins) => { $crate::schema::prototypes::Ends::Begins };
    (@ends calls back) => { $crate::schema::prototypes::Ends::CallsBack };
}

/// Every family.
const TABLES: &[&[Prototype]] = &[
    characters::CHARACTERS,
    characters::WIDE,
    characters::CLASSES,
    characters::CLASSES_L,
    characters::WIDE_CLASSES,
    characters::WIDE_CLASSES_L,
    files::OPENING,
    files::INPUT_AND_OUTPUT,
    files::ATTRIBUTES,
    files::DIRECTORIES,
    formats::PRINTING,
    formats::SCANNING,
    formats::COMPLAINTS,
    fortify::CHECKED,
    fortify::CHECKED_FORMATS,
    fortify::CHECKED_WIDE,
    loading::LOADING,
    locales::LOCALES,
    memory::MEMORY,
    network::SOCKETS,
    network::ADDRESSES,
    network::NAMES,
    numbers::NUMBERS,
    processes::STARTING,
    processes::ASKING,
    processes::OPTIONS,
    processes::TERMINALS,
    searching::SEARCHING,
    signals::SIGNALS,
    stdio::STDIO,
    strings::STRINGS,
    threads::THREADS,
    threads::THREAD_ATTRIBUTES,
    threads::LOCKS,
    times::TIMES,
    users::USERS,
];

/// Functions of libc that are called as a system call is, and are another thing: their arguments, or what they return, differ.
const OTHERS: &[&str] = &[
    "brk",
    "clone",
    "getcwd",
    "getdents",
    "getdents64",
    "getgroups",
    "getpriority",
    "io_submit",
    "ptrace",
    "sched_getaffinity",
    "sched_setaffinity",
    "select",
    "shmat",
    "signal",
    "sigaltstack",
    "sysinfo",
    "syslog",
    "time",
    "times",
    "uselib",
    "ustat",
    "wait4",
    "waitpid",
];

/// Every prototype, in an order that does not change: a function's place is that of its plan. Behind the tables stand the functions that only
/// make a system call: what is known of that holds for them.
pub fn all() -> &'static [Prototype] {
    static ALL: OnceLock<Vec<Prototype>> = OnceLock::new();
    ALL.get_or_init(|| {
        let tables = || TABLES.iter().copied().flatten();
        let named: HashSet<&str> = tables().map(|it| it.row.name).chain(OTHERS.iter().copied()).collect();
        let own = tables().map(|it| Prototype { row: it.row, ends: it.ends });
        let calls =
            super::all().filter(|row| row.nr[super::Abi::NATIVE as usize] != NO_NR && !named.contains(row.name));
        own.chain(calls.map(|row| Prototype { row, ends: Ends::Returns })).collect()
    })
}

/// The prototype of a function, and its place among all.
pub fn find(name: &[u8]) -> Option<(usize, &'static Prototype)> {
    static INDEX: OnceLock<HashMap<&'static [u8], usize>> = OnceLock::new();
    let index = INDEX.get_or_init(|| (0..).zip(all()).map(|(at, it)| (it.row.name.as_bytes(), at)).collect());
    let place = *index.get(name)?;
    Some((place, all().get(place)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::plan::{Detail, prototype};

    fn tables_have(name: &str) -> bool {
        TABLES.iter().copied().flatten().any(|it| it.row.name == name)
    }

    #[test]
    fn names_are_there_once_and_plans_have_room() {
        let mut names = HashSet::new();
        let detail = Detail { data: true, strlen: 32, fds: true, env: false };
        for it in all() {
            assert!(names.insert(it.row.name), "{} is there twice", it.row.name);
            assert!(
                it.row.args.len() <= 6 || cfg!(not(target_arch = "x86_64")),
                "{}: no more than six are seen",
                it.row.name
            );
            prototype(&it.row, detail);
        }
        assert!(names.len() < tracer_common::library::PROTOTYPES as usize);
        for (name, args) in [("strlen", 1), ("write", 3), ("openat", 4)] {
            assert_eq!(find(name.as_bytes()).map(|(_, it)| (it.row.name, it.row.args.len())), Some((name, args)));
        }
        assert!(
            OTHERS.iter().all(|name| crate::schema::by_name(name).is_some() || tables_have(name)),
            "a name that is none"
        );
    }
}
