//! What is known of system calls, as data: one row per call, one set per family of constants, one
//! record per structure. Everything else (copy plans, decoding, `-e` sets, the numbers of each ABI)
//! derives from the rows. A row, its constants and its structures stand in the file of their family.

pub mod errno;
pub mod plan;
pub mod set;
pub mod signal_names;
pub mod types;

pub mod bpf;
pub mod creds;
pub mod futex;
pub mod ia32;
pub mod ipc;
pub mod keys;
pub mod memory;
pub mod obsolete;
pub mod prctl;
pub mod process;
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
pub mod ioctl_names;
pub mod mount;
pub mod net;
pub mod open;
pub mod poll;
pub mod sockopt;
pub mod stat;

pub use rows::{Abi, NO_PLAN, NUMBERS, all, by_name, by_nr, place_of};

/// Declares rows: `name [x86_64 i386 aarch64] (arg: Type, ...) -> Type, CLASS | CLASS;`, with `_` for an
/// ABI that lacks the call. Each argument's name stands for its value as a length: `Bytes(count)`.
/// `, order &[1, 0]` after the classes gives the order of a call that is shown by names, and
/// `, by selector { VALUE | VALUE => (arg: Type, ...) -> Type; ... }` adds other forms.
#[macro_export]
macro_rules! syscalls {
    ($vis:vis $table:ident: $($name:ident [$x:tt $i:tt $a:tt] ($($arg:ident: $ty:expr),* $(,)?) -> $ret:expr, $class:expr
        $(, order $order:expr)? $(, by $sel:ident { $($($value:path)|+ => ($($varg:ident: $vty:expr),* $(,)?) -> $vret:expr;)* })?;)*) => {
        /// The calls of this family.
        $vis static $table: &[$crate::schema::types::Row] = &[$(
            $crate::schema::types::Row {
                name: $crate::schema::bare(stringify!($name)),
                nr: [$crate::syscalls!(@nr $x), $crate::syscalls!(@nr $i), $crate::syscalls!(@nr $a)],
                args: $crate::syscalls!(@args $($arg: $ty),*),
                ret: $ret,
                class: $class,
                order: $crate::syscalls!(@order $($order)?),
                variants: &[$($(
                    $crate::schema::types::Variant {
                        selector: $crate::schema::selector(stringify!($sel), &[$(stringify!($varg)),*]),
                        values: &[$($value),+],
                        args: $crate::syscalls!(@args $($varg: $vty),*),
                        ret: $vret,
                    }
                ),*)?],
            }
        ),*];
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
/// shown with `-v` only.
#[macro_export]
macro_rules! records {
    ($($(#[$doc:meta])+ $name:ident $size:literal { $($field:ident: $off:literal $width:literal $ty:expr),* $(,)? $(; verbose: $($vf:ident: $voff:literal $vwidth:literal $vty:expr),* $(,)?)? })*) => {$(
        $(#[$doc])+
        pub static $name: $crate::schema::types::Rec = $crate::schema::types::Rec {
            size: $size,
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
