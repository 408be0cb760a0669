//! What is known of system calls, as data: one row per call, one set per family of constants, one
//! record per structure. Everything else (copy plans, decoding, `-e` sets, the numbers of each ABI)
//! derives from the rows. A row, its constants and its structures stand in the file of their family.

// Not `expect`: the compiler then makes a message for each name, which takes 80 s (tidy knows of it).
#![allow(non_upper_case_globals, reason = "argument names stand for their values in the tables")]

pub mod details;
pub mod devices;
pub mod effects;
pub mod errno;
pub mod ethernet;
pub mod namespaces;
pub mod narrow;
pub mod parts;
pub mod plan;
pub mod reach;
pub mod records;
pub mod set;
pub mod signal_names;
pub mod tampered;
pub mod types;
pub mod waits;

pub mod bpf;
pub mod creds;
pub mod data;
pub mod futex;
pub mod ia32;
pub mod ipc;
pub mod keys;
pub mod kvm;
pub mod memory;
pub mod obsolete;
pub mod prctl;
pub mod process;
pub mod prototypes;
pub mod ptrace;
mod rows;
pub mod sched;
pub mod signal;
pub mod system;
#[cfg(test)]
mod tests;
pub mod time;

pub mod aio;
pub mod file;
pub mod io;
pub mod ioctl;
pub mod mount;
pub mod net;
pub mod netlink;
pub mod open;
pub mod poll;
pub mod protocols;
pub mod sockopt;
pub mod stat;
pub mod uring;

pub use rows::{Abi, NO_PLAN, NUMBERS, all, by_name, by_nr, place_of};

/// Declares rows: `name [x86_64 i386 aarch64] (arg: Type, ...) -> Type, CLASS | CLASS, does [Effect(arg), ...];`, with `_` for an
/// ABI that lacks the call. Each argument's name stands for its value as a length, `Bytes(count)`, and for its place in an effect.
/// In the place of `does [...]` stands `gap "why it is not seen"`, `names "the same of a mount"`, `root "the same of another root"`, `ring "the same of io_uring"`, `clock "the same of a structure with modes"`, `unread "why nothing of it is known"` (then a call that failed is
/// a gap too) or `harmless "reason"`; a table
/// may begin with the reason of its family, `pub NAME harmless "reason":`, for rows that say nothing (see [`effects`]).
/// `, order &[1, 0]` after that gives the order of a call that is shown by names, and
/// `, by selector { VALUE | VALUE => (arg: Type, ...) -> Type; ... }` adds other forms, which may have a class of their own; `, forms TABLE`
/// adds those of a table, by number, with a value each ([`ioctl`]).
#[macro_export]
macro_rules! syscalls {
    ($vis:vis $table:ident: $($rows:tt)*) => { $crate::syscalls!(@rows [] $vis $table: $($rows)*); };
    ($vis:vis $table:ident harmless $why:literal: $($rows:tt)*) => { $crate::syscalls!(@rows [$why] $vis $table: $($rows)*); };
    (@rows $family:tt $vis:vis $table:ident: $($name:ident [$x:tt $i:tt $a:tt] ($($arg:ident: $ty:expr),* $(,)?) -> $ret:expr, $class:expr
        $(, does [$($effect:expr),+])? $(, gap $gap:literal)? $(, names $names:literal)? $(, root $root:literal)? $(, ring $ring:literal)? $(, clock $clock:literal)? $(, unread $unread:literal)? $(, harmless $harmless:literal)?
        $(, order $order:expr)? $(, by $sel:ident { $($($value:path)|+ => ($($varg:ident: $vty:expr),* $(,)?) -> $vret:expr
            $(, does [$($veffect:expr),+])? $(, gap $vgap:literal)? $(, listener $vlistener:literal)? $(, harmless $vharmless:literal)?;)* })? $(, forms $forms:expr)?;)*) => {
        /// The calls of this family.
        $vis static $table: &[$crate::schema::types::Row] = &[$(
            $crate::schema::types::Row {
                name: $crate::schema::bare(stringify!($name)),
                nr: [$crate::syscalls!(@nr $x), $crate::syscalls!(@nr $i), $crate::syscalls!(@nr $a)],
                args: $crate::syscalls!(@args $($arg: $ty),*),
                ret: $ret,
                class: $class,
                does: $crate::syscalls!(@does $family ($($arg)*) $(does [$($effect),+])? $(gap $gap)? $(names $names)? $(root $root)? $(ring $ring)?
                    $(clock $clock)? $(unread $unread)? $(harmless $harmless)?),
                order: $crate::syscalls!(@order $($order)?),
                variants: $crate::syscalls!(@variants [$($forms)?] &[$($(
                    $crate::schema::types::Variant {
                        selector: $crate::schema::selector(stringify!($sel), &[$(stringify!($varg)),*]),
                        values: &[$($value),+],
                        args: $crate::syscalls!(@args $($varg: $vty),*),
                        ret: $vret,
                        does: $crate::syscalls!(@does [] ($($varg)*) $(does [$($veffect),+])? $(gap $vgap)? $(listener $vlistener)? $(harmless $vharmless)?),
                    }
                ),*)?]),
            }
        ),*];
    };
    (@variants [] $listed:expr) => { $listed };
    (@variants [$forms:expr] $listed:expr) => { $forms };
    (@does $family:tt ($($arg:ident)*) does [$($effect:expr),+]) => {{
        use $crate::schema::effects::words::*;
        $crate::syscalls!(@places 0u8; $($arg)*);
        const EFFECTS: &[$crate::schema::effects::Effect] = &[$($effect),+];
        $crate::schema::effects::Does::Effects(EFFECTS)
    }};
    (@does $family:tt $args:tt gap $why:literal) => { $crate::schema::effects::Does::Gap($crate::schema::effects::Unseen::Call, $why) };
    (@does $family:tt $args:tt names $why:literal) => { $crate::schema::effects::Does::Gap($crate::schema::effects::Unseen::Names, $why) };
    (@does $family:tt $args:tt root $why:literal) => { $crate::schema::effects::Does::Gap($crate::schema::effects::Unseen::Root, $why) };
    (@does $family:tt $args:tt ring $why:literal) => { $crate::schema::effects::Does::Gap($crate::schema::effects::Unseen::Ring, $why) };
    (@does $family:tt $args:tt clock $why:literal) => { $crate::schema::effects::Does::Gap($crate::schema::effects::Unseen::Clock, $why) };
    (@does $family:tt $args:tt listener $why:literal) => { $crate::schema::effects::Does::Gap($crate::schema::effects::Unseen::Listener, $why) };
    (@does $family:tt $args:tt unread $why:literal) => { $crate::schema::effects::Does::Gap($crate::schema::effects::Unseen::Attempt, $why) };
    (@does $family:tt $args:tt harmless $why:literal) => { $crate::schema::effects::Does::Harmless($why) };
    (@does [$why:literal] $args:tt) => { $crate::schema::effects::Does::Family($why) };
    (@does [] $args:tt) => { $crate::schema::effects::Does::Unsaid };
    (@places $n:expr;) => {};
    (@places $n:expr; $arg:ident $($rest:ident)*) => {
        const $arg: u8 = $n;
        const _: u8 = $arg;
        $crate::syscalls!(@places $n + 1; $($rest)*);
    };
    (@order) => { &[] };
    (@order $order:expr) => { $order };
    (@nr _) => { $crate::schema::types::NO_NR };
    (@nr $nr:literal) => { $nr };
    (@args $($arg:ident: $ty:expr),*) => {{
        $crate::syscalls!(@names 0u8; $($arg)*);
        const ARGS: &[$crate::schema::types::Arg] = &[$($crate::schema::types::Arg { name: $crate::schema::bare(stringify!($arg)), ty: $ty }),*];
        ARGS
    }};
    (@names $n:expr;) => {};
    (@names $n:expr; $arg:ident $($rest:ident)*) => {
        const $arg: $crate::schema::types::Len = $crate::schema::types::Len::Arg($n);
        const _: $crate::schema::types::Len = $arg;
        $crate::syscalls!(@names $n + 1; $($rest)*);
    };
}

/// Declares structures: `NAME size { field: offset width Type, ... }`; fields after `verbose:` are
/// shown with `-v` only. `NAME size same { ... }` says that the 32-bit ABI has the same layout, `NAME size untold "why" { ... }` that it has
/// another that the fields do not give ([`types::Narrow`]).
#[macro_export]
macro_rules! records {
    (@narrow) => { $crate::schema::types::Narrow::Words };
    (@narrow same) => { $crate::schema::types::Narrow::Same };
    (@narrow untold $why:literal) => { $crate::schema::types::Narrow::Untold($why) };
    ($($(#[$doc:meta])+ $name:ident $size:literal $($narrow:ident $($why:literal)?)? { $($field:ident: $off:literal $width:literal $ty:expr),* $(,)? $(; verbose: $($vf:ident: $voff:literal $vwidth:literal $vty:expr),* $(,)?)? })*) => {$(
        $(#[$doc])+
        pub static $name: $crate::schema::types::Rec = $crate::schema::types::Rec {
            size: $size,
            narrow: $crate::records!(@narrow $($narrow $($why)?)?),
            fields: &[
                $($crate::schema::types::Field { name: $crate::schema::bare(stringify!($field)), off: $off, width: $width, ty: $ty, verbose: false },)*
                $($($crate::schema::types::Field { name: $crate::schema::bare(stringify!($vf)), off: $voff, width: $vwidth, ty: $vty, verbose: true },)*)?
            ],
        };
    )*};
}

/// A name that is a keyword, without its `r#`; for the macros.
pub const fn bare(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// Declares numbers as variants' selectors name them: `pub NAME = 1, OTHER = 2;`.
#[macro_export]
macro_rules! selectors {
    ($($name:ident = $value:expr),* $(,)?) => {
        $(#[doc = concat!("Selector `", stringify!($name), "`.")] pub const $name: u64 = $value;)*
    };
}

/// The place of argument `name` among `names`; for the macro.
pub const fn selector(name: &str, names: &[&str]) -> u8 {
    let mut i = 0;
    while i < names.len() {
        let (a, b) = (name.as_bytes(), names[i].as_bytes());
        let mut k = 0;
        while k < a.len() && k < b.len() && a[k] == b[k] {
            k += 1;
        }
        if a.len() == b.len() && k == a.len() {
            return i as u8;
        }
        i += 1;
    }
    panic!("a variant lacks the argument that selects it")
}
