//! ioctl(2): its requests by name and number, and what each passes. A request is a row of the table of its family: `NAME = NUMBER;`
//! names it, `=> TYPE` behind the number says what its argument is. Names for output, forms for decoding and plans follow from the
//! rows. Drivers have given one number several names: all are shown. A request without a row is taken apart by the fields of its number.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::effects::Does;
use super::set::Set;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use super::types::*;
use crate::syscalls;

pub mod block;
pub mod boards;
pub mod btrfs;
pub mod devices;
pub mod fs;
pub mod input;
pub mod kernel;
pub mod keyboard;
pub mod kvm;
mod names;
pub mod net;
mod parameters;
pub mod storage;
pub mod tty;
pub mod video;

pub use parameters::spelled;

/// A request of ioctl(2).
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// Its name.
    pub name: &'static str,
    /// Its number.
    pub nr: u64,
    /// What it passes; `None` where only its name is known, and the argument is shown as a number.
    pub form: Option<Variant>,
}

/// One `int`, which the request reads.
const INT: Ty = Ptr(&Int);
/// One `int`, which the request writes.
const TO_INT: Ty = Out(&INT);

/// The request, whatever its form.
const CMD: Ty = Special(S::IoctlCmd);

/// The tables of all families.
pub const TABLES: &[&[Request]] = &[
    tty::TTY,
    fs::FS,
    net::NET,
    block::BLOCK,
    devices::DEVICES,
    kernel::KERNEL,
    kvm::KVM,
    storage::STORAGE,
    input::INPUT,
    video::VIDEO,
    btrfs::BTRFS,
];

/// How many requests have a form.
const FORMS: usize = {
    let (mut count, mut table) = (0, 0);
    while table < TABLES.len() {
        let mut row = 0;
        while row < TABLES[table].len() {
            count += TABLES[table][row].form.is_some() as usize;
            row += 1;
        }
        table += 1;
    }
    count
};

/// The forms of all requests, by number: so they are found by bisection.
static VARIANTS: [Variant; FORMS] = {
    let unset = Variant { selector: 1, values: &[0], args: &[], ret: Int, does: Does::Unsaid };
    let (mut all, mut count, mut table) = ([unset; FORMS], 0, 0);
    while table < TABLES.len() {
        let mut row = 0;
        while row < TABLES[table].len() {
            if let Some(form) = TABLES[table][row].form {
                let mut at = count;
                while at > 0 && all[at - 1].values[0] > form.values[0] {
                    all[at] = all[at - 1];
                    at -= 1;
                }
                all[at] = form;
                count += 1;
            }
            row += 1;
        }
        table += 1;
    }
    all
};

syscalls! { pub IOCTL_CALL:
    ioctl [16 54 29] (fd: Fd, request: CMD, argp: Special(S::IoctlArg)) -> Int, DESC, does [Controls(fd, request)], forms &VARIANTS;
}

/// All requests, by number, ascending. Those that share one are named together, in the order of their names.
pub static IOCTL: LazyLock<Set> = LazyLock::new(|| {
    let mut names: BTreeMap<u64, Vec<&'static str>> = BTreeMap::new();
    for request in requests() {
        names.entry(request.nr).or_default().push(request.name);
    }
    let joined = |mut names: Vec<&'static str>| -> &'static str {
        names.sort_unstable();
        if names.len() == 1 { names[0] } else { names.join(" or ").leak() }
    };
    let choice: Vec<_> = names.into_iter().map(|(nr, names)| (joined(names), nr)).collect();
    Set { marked: false, prefix: "", mask: u64::MAX, choice: choice.leak(), bits: &[] }
});

/// Every request that has a row.
pub fn requests() -> impl Iterator<Item = &'static Request> {
    TABLES.iter().chain(names::TABLES.iter().copied().flatten()).flat_map(|table| table.iter())
}

/// The name of a request; several where several drivers have it.
pub fn name_of(request: u64) -> Option<&'static str> {
    let at = IOCTL.choice.binary_search_by_key(&request, |(_, nr)| *nr).ok()?;
    IOCTL.choice.get(at).map(|(name, _)| *name)
}

/// Declares the requests of a family: `TABLE: NAME = NUMBER; NAME = NUMBER => TYPE; ...`. Behind the type of the argument (`Hidden`: it
/// has none) stand `, returns TYPE`, where that is not an `int`, and what it does, as a call says it: `, does [...]`, `, gap "why"`,
/// `, harmless "why"`; without it what ioctl does.
#[macro_export]
macro_rules! requests {
    ($(#[$doc:meta])+ $table:ident: $($name:ident = $nr:literal $(=> $ty:expr $(, returns $ret:expr)? $(, does [$($effect:expr),+])?
        $(, gap $gap:literal)? $(, harmless $harmless:literal)?)?;)*) => {
        $(#[doc = concat!("The request `", stringify!($name), "`.")] pub const $name: u64 = $nr;)*
        $(#[$doc])+
        pub const $table: &[$crate::schema::ioctl::Request] = &[$(
            $crate::schema::ioctl::Request {
                name: stringify!($name),
                nr: $nr,
                form: $crate::requests!(@form $nr $($ty $(, returns $ret)? $(, does [$($effect),+])? $(, gap $gap)?
                    $(, harmless $harmless)?)?),
            }
        ),*];
    };
    (@form $nr:literal) => { None };
    (@form $nr:literal $ty:expr $(, returns $ret:expr)? $(, does [$($effect:expr),+])? $(, gap $gap:literal)? $(, harmless $harmless:literal)?) => {{
        const ARGS: &[$crate::schema::types::Arg] = &[
            $crate::schema::types::Arg { name: "fd", ty: $crate::schema::types::Ty::Fd },
            $crate::schema::types::Arg { name: "request", ty: $crate::schema::types::Ty::Special($crate::schema::types::Special::IoctlCmd) },
            $crate::schema::types::Arg { name: "argp", ty: $ty },
        ];
        Some($crate::schema::types::Variant {
            selector: 1,
            values: &[$nr],
            args: ARGS,
            ret: $crate::requests!(@ret $($ret)?),
            does: $crate::syscalls!(@does [] (fd request argp) $(does [$($effect),+])? $(gap $gap)? $(harmless $harmless)?),
        })
    }};
    (@ret) => { $crate::schema::types::Ty::Int };
    (@ret $ret:expr) => { $ret };
}

/// Declares requests of which only names are known: `TABLE: NAME = NUMBER, ...;`.
#[macro_export]
macro_rules! request_names {
    ($($(#[$doc:meta])+ $table:ident: $($name:ident = $nr:literal),* $(,)?;)*) => {$(
        $(#[$doc])+
        pub const $table: &[$crate::schema::ioctl::Request] =
            &[$($crate::schema::ioctl::Request { name: stringify!($name), nr: $nr, form: None }),*];
    )*};
}

/// Whether a request that no form knows may change interfaces, routes or neighbours of the machine: one of sockets that does not say
/// that it asks, one that sets a tunnel (include/uapi/linux/sockios.h, wireless.h, if_tun.h).
pub fn changes_network(request: u64) -> bool {
    const QUERIES: [&str; 2] = ["SIOCBONDSLAVEINFOQUERY", "SIOCBONDINFOQUERY"];
    let request = request & 0xffff_ffff;
    let name = name_of(request).unwrap_or_default();
    match request >> 8 & 0xff {
        0x89 => !name.starts_with("SIOCG") && !QUERIES.contains(&name),
        // What asks is odd.
        0x8b => request & 1 == 0,
        _ => name.starts_with("TUNSET"),
    }
}

#[cfg(test)]
mod tests;
