//! What is known of functions of libraries, as data: one row per function, in the words of the rows of system calls. The plan of what is
//! copied, and when, and how it is shown, follow from the row. A function without a row shows integers.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use tracer_common::plan::shape;

use super::plan::{self, Detail};
use super::types::{Arg, NO_NR, Row, Ty};

pub mod blocks;
pub mod characters;
pub mod crypto;
pub mod curl;
pub mod cxx;
pub mod files;
pub mod formats;
pub mod fortify;
pub mod loading;
pub mod locales;
pub mod math;
pub mod memory;
pub mod names;
pub mod network;
pub mod numbers;
pub mod processes;
pub mod searching;
pub mod signals;
pub mod sqlite;
pub mod stdio;
pub mod strings;
pub mod threads;
pub mod times;
pub mod tls;
pub mod users;
pub mod zlib;

pub use self::blocks::Block;

/// A function.
#[derive(Debug)]
pub struct Prototype {
    /// Its name, its arguments and what it returns; the rest means nothing.
    pub row: &'static Row,
    /// How it ends.
    pub ends: Ends,
    /// What it does to blocks of memory.
    pub block: Block,
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
/// value as a length, `Bytes(count)`. Behind the type may stand `, never`, `, unwinds`, `, twice`, `, begins` or `, calls back` ([`Ends`]), and
/// behind that what it does to blocks of memory: `=> gives(size)`, `=> frees(ptr)` and the others of [`Block`].
#[macro_export]
macro_rules! prototypes {
    ($vis:vis $table:ident: $($name:ident ($($arg:ident: $ty:expr),* $(,)?) -> $ret:expr $(, $ends:ident $($more:ident)?)?
        $(=> $block:ident $(($($of:ident),+))?)?;)*) => {
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
                block: $crate::prototypes!(@block $($block $(($($of),+))?)?),
            }
        ),*];
    };
    (@ends) => { $crate::schema::prototypes::Ends::Returns };
    (@ends never) => { $crate::schema::prototypes::Ends::Never };
    (@ends unwinds) => { $crate::schema::prototypes::Ends::Unwinds };
    (@ends twice) => { $crate::schema::prototypes::Ends::Twice };
    (@ends begins) => { $crate::schema::prototypes::Ends::Begins };
    (@ends calls back) => { $crate::schema::prototypes::Ends::CallsBack };
    (@block) => { $crate::schema::prototypes::Block::None };
    (@block gives ($($of:ident),+)) => { $crate::schema::prototypes::Block::Gives(&[$(stringify!($of)),+]) };
    (@block puts ($at:ident, $size:ident)) => { $crate::schema::prototypes::Block::Puts(&[stringify!($at), stringify!($size)]) };
    (@block resizes ($($of:ident),+)) => { $crate::schema::prototypes::Block::Resizes(&[$(stringify!($of)),+]) };
    (@block frees ($of:ident)) => { $crate::schema::prototypes::Block::Frees(&[stringify!($of)]) };
    (@block maps ($len:ident)) => { $crate::schema::prototypes::Block::Maps(&[stringify!($len)]) };
    (@block unmaps ($at:ident, $len:ident)) => { $crate::schema::prototypes::Block::Unmaps(&[stringify!($at), stringify!($len)]) };
    (@block remaps ($($of:ident),+)) => { $crate::schema::prototypes::Block::Remaps(&[$(stringify!($of)),+]) };
    (@block hands) => { $crate::schema::prototypes::Block::Hands };
}

/// Every family, by the library that has it. What is called libc's here is that of all of the C library's files, libm among them.
pub const FAMILIES: &[(&str, &[&[Prototype]])] = &[
    (
        "libc.so.6",
        &[
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
            math::double::DOUBLE,
            math::float::FLOAT,
            math::long_double::LONG_DOUBLE,
            math::FLOATING,
        ],
    ),
    ("libstdc++.so.6", &[cxx::CXX, cxx::CLASSES]),
    ("libz.so.1", &[zlib::ZLIB]),
    ("libssl.so.3", &[tls::SSL, tls::SSL_SAID, tls::SSL_CONTEXTS]),
    (
        "libcrypto.so.3",
        &[
            crypto::ALGORITHMS,
            crypto::LIBRARY,
            crypto::DIGESTS,
            crypto::CIPHERS,
            crypto::KEYS,
            crypto::CERTIFICATES,
            crypto::STREAMS,
        ],
    ),
    ("libgnutls.so.30", &[tls::GNUTLS, tls::GNUTLS_SAID]),
    ("libcurl.so.4", &[curl::CURL]),
    ("libsqlite3.so.0", &[sqlite::CONNECTIONS, sqlite::STATEMENTS, sqlite::VALUES]),
];

/// Every table.
fn tables() -> impl Iterator<Item = &'static Prototype> {
    FAMILIES.iter().flat_map(|(_, tables)| tables.iter().copied().flatten())
}

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

/// Every prototype, and how many of them have something to copy: those stand first.
fn known() -> &'static (Vec<Prototype>, usize) {
    static KNOWN: OnceLock<(Vec<Prototype>, usize)> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let named: HashSet<&str> = tables().map(|it| it.row.name).chain(OTHERS.iter().copied()).collect();
        let own = tables().map(|it| Prototype { row: it.row, ends: it.ends, block: it.block });
        let calls =
            super::all().filter(|row| row.nr[super::Abi::NATIVE as usize] != NO_NR && !named.contains(row.name));
        let all = own.chain(calls.map(|row| Prototype { row, ends: Ends::Returns, block: Block::None }));
        let (mut copying, other): (Vec<_>, Vec<_>) = all.partition(|it| copies(it.row));
        let plans = copying.len();
        copying.extend(other);
        (copying, plans)
    })
}

/// Whether a call of the function may copy anything, however much is asked for. One that does not needs no plan.
fn copies(row: &Row) -> bool {
    let most = Detail { data: true, strlen: 32, fds: true, env: true };
    plan::prototype(row, most).op.iter().any(|op| op.shape != shape::NONE)
}

/// Every prototype that needs a plan, in an order that does not change: a function's place is that of its plan. Behind the tables stand the
/// functions that only make a system call: what is known of that holds for them.
pub fn all() -> &'static [Prototype] {
    let (all, plans) = known();
    &all[..*plans]
}

/// Every function that gives or takes back blocks of memory, or hands on one that it was given.
pub fn of_blocks() -> impl Iterator<Item = &'static Prototype> {
    known().0.iter().filter(|it| it.block != Block::None)
}

/// Functions that take or give what is said within TLS connections.
pub fn said_in_tls() -> impl Iterator<Item = &'static Prototype> {
    tls::SAID.into_iter().flatten()
}

/// The prototype of a function, and its place: one behind the last of [`all`] has no plan, and nothing is copied of it but its registers.
pub fn find(name: &[u8]) -> Option<(usize, &'static Prototype)> {
    static INDEX: OnceLock<HashMap<&'static [u8], usize>> = OnceLock::new();
    let (all, _) = known();
    let index = INDEX.get_or_init(|| (0..).zip(all).map(|(at, it)| (it.row.name.as_bytes(), at)).collect());
    let place = *index.get(name)?;
    Some((place, all.get(place)?))
}

/// The number of the integer register that an argument is passed in, counted without those that are passed elsewhere: floating-point numbers
/// have registers of their own. `None` for such a number.
pub fn register(row: &Row, argument: usize) -> Option<usize> {
    let elsewhere = |it: &Arg| matches!(it.ty, Ty::Double | Ty::Float);
    let before = row.args.get(..argument)?;
    let own = row.args.get(argument)?;
    (!elsewhere(own)).then(|| before.iter().filter(|it| !elsewhere(it)).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::plan::prototype;

    fn tables_have(name: &str) -> bool {
        tables().any(|it| it.row.name == name)
    }

    #[test]
    fn functions_that_copy_nothing_need_no_plan() {
        let planned = |name: &str| find(name.as_bytes()).expect(name).0 < all().len();
        for name in ["strlen", "write", "fopen", "printf", "getenv", "sqlite3_errmsg"] {
            assert!(planned(name), "{name}");
        }
        for name in ["malloc", "free", "cos", "isalpha", "pthread_mutex_lock"] {
            assert!(!planned(name), "{name}");
        }
        println!("{} prototypes, {} of them with a plan", known().0.len(), all().len());
    }

    #[test]
    fn what_is_said_within_tls_is_data_and_is_all_there() {
        let is_data =
            |it: &&Prototype| it.row.args.iter().any(|arg| matches!(arg.ty, Ty::Bytes(_) | Ty::Out(Ty::Bytes(_))));
        let said: HashSet<&str> = said_in_tls().map(|it| it.row.name).collect();
        assert!(said_in_tls().all(|it| is_data(&it)) && said.len() > 10);
        let begins = ["SSL_read", "SSL_peek", "SSL_write", "gnutls_record_send", "gnutls_record_recv"];
        for it in
            known().0.iter().filter(is_data).filter(|it| begins.iter().any(|begin| it.row.name.starts_with(begin)))
        {
            assert!(said.contains(it.row.name), "{}", it.row.name);
        }
    }

    #[test]
    fn floating_point_numbers_take_no_integer_register() {
        let of = |name: &str| {
            let row = find(name.as_bytes()).expect(name).1.row;
            (0..row.args.len()).map(|at| register(row, at)).collect::<Vec<_>>()
        };
        assert_eq!(of("ldexp"), [None, Some(0)]);
        assert_eq!(of("remquof"), [None, None, Some(0)]);
        assert_eq!(of("jn"), [Some(0), None]);
        assert_eq!(of("openat"), [Some(0), Some(1), Some(2), Some(3)]);
    }

    #[test]
    fn names_are_there_once_and_plans_have_room() {
        let mut names = HashSet::new();
        let detail = Detail { data: true, strlen: 32, fds: true, env: false };
        for it in &known().0 {
            assert!(names.insert(it.row.name), "{} is there twice", it.row.name);
            assert!(
                it.row.args.len() <= 6 || cfg!(not(target_arch = "x86_64")),
                "{}: no more than six are seen",
                it.row.name
            );
            prototype(it.row, detail);
        }
        assert!(all().len() < tracer_common::library::PROTOTYPES as usize, "{} plans", all().len());
        assert!(names.len() < usize::from(u16::MAX), "a place has 16 bits");
        for (name, args) in [("strlen", 1), ("write", 3), ("openat", 4)] {
            assert_eq!(find(name.as_bytes()).map(|(_, it)| (it.row.name, it.row.args.len())), Some((name, args)));
        }
        assert!(
            OTHERS.iter().all(|name| crate::schema::by_name(name).is_some() || tables_have(name)),
            "a name that is none"
        );
    }
}
