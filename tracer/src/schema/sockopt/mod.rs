//! Options of sockets (setsockopt(2), getsockopt(2)): a table for each level, a row for each option. Its name for output, how its value is
//! shown and the forms of both calls follow from the rows. Some numbers have another name where they are asked for.

use super::net::SOL;
use super::set::Set;
use super::types::{Arg, Ty, Variant};

pub mod families;
pub mod inet;

pub use families::*;
pub use inet::*;

/// An option.
#[derive(Debug, Clone, Copy)]
pub struct Opt {
    /// Its name.
    pub name: &'static str,
    /// Its number.
    pub nr: u64,
    /// What its value is; `None`: what those of its level are that say nothing.
    pub form: Option<Form>,
    /// Which of the two calls call it so.
    pub call: Call,
}

/// Which calls an option's name is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Both.
    Both,
    /// setsockopt(2).
    Set,
    /// getsockopt(2).
    Get,
}

/// What an option's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An `int` if it has four bytes, otherwise bytes.
    Plain,
    /// An `int`, whatever is behind it.
    Int,
    /// An error, or 0.
    Error,
    /// `struct linger`.
    Linger,
    /// `struct ucred`.
    Peer,
    /// `struct sock_fprog`.
    Filter,
    /// `struct ip_mreq`.
    Member4,
    /// `struct ipv6_mreq`.
    Member6,
    /// `struct group_req`.
    Group,
    /// Two ports, the lower one in the lower half.
    Ports,
    /// A protocol where it is asked for.
    Protocol,
    /// `struct packet_mreq`.
    Link,
    /// `struct tpacket_req`.
    Ring,
    /// `struct tpacket_stats`.
    Statistics,
    /// `struct icmp_filter`: a bit for each type.
    Types,
}

/// A level, with its options.
#[derive(Debug)]
pub struct Level {
    /// Its number.
    pub nr: u64,
    /// Its options.
    pub rows: &'static [Opt],
    /// What values are of which no row says it.
    pub others: Form,
    /// The form of setsockopt(2).
    pub set: Variant,
    /// The form of getsockopt(2).
    pub get: Variant,
}

/// Bytes of `struct group_req`, the longest value that is taken apart: an interface, and at 8 a `struct sockaddr_storage`.
/// include/uapi/linux/in.h
pub const GROUP: usize = 136;

/// The option's value as setsockopt takes it.
pub const SET: Ty = Ty::Special(super::types::Special::SockOptSet);
/// The option's value as getsockopt gives it.
pub const GET: Ty = Ty::Special(super::types::Special::SockOptGet);

/// All levels, by number, ascending.
pub const LEVELS: [&Level; 27] = [
    &SOL_IP,
    &SOL_SOCKET,
    &SOL_TCP,
    &SOL_UDP,
    &SOL_IPV6,
    &SOL_SCTP,
    &SOL_RAW,
    &SOL_IPX,
    &SOL_AX25,
    &SOL_PACKET,
    &SOL_IRDA,
    &SOL_LLC,
    &SOL_DCCP,
    &SOL_NETLINK,
    &SOL_TIPC,
    &SOL_RXRPC,
    &SOL_PPPOL2TP,
    &SOL_BLUETOOTH,
    &SOL_PNPIPE,
    &SOL_RDS,
    &SOL_IUCV,
    &SOL_CAIF,
    &SOL_ALG,
    &SOL_NFC,
    &SOL_KCM,
    &SOL_TLS,
    &SOL_XDP,
];

/// The forms of setsockopt(2), a level each.
pub static SETS: [Variant; LEVELS.len()] = forms(true);
/// The forms of getsockopt(2), a level each.
pub static GETS: [Variant; LEVELS.len()] = forms(false);

const fn forms(set: bool) -> [Variant; LEVELS.len()] {
    let mut all = [LEVELS[0].set; LEVELS.len()];
    let mut at = 0;
    while at < LEVELS.len() {
        all[at] = if set { LEVELS[at].set } else { LEVELS[at].get };
        at += 1;
    }
    all
}

/// What the value of an option is.
pub fn form(level: u32, name: u32) -> Form {
    let Some(level) = LEVELS.iter().find(|known| known.nr == u64::from(level)) else { return Form::Plain };
    let row = level.rows.iter().find(|row| row.nr == u64::from(name));
    row.and_then(|row| row.form).unwrap_or(level.others)
}

/// The names that a call has for options.
pub const fn names<const N: usize>(rows: &[Opt], call: Call) -> [(&'static str, u64); N] {
    let mut names = [("", 0); N];
    let (mut row, mut at) = (0, 0);
    while row < rows.len() {
        if has(&rows[row], call) {
            names[at] = (rows[row].name, rows[row].nr);
            at += 1;
        }
        row += 1;
    }
    names
}

/// How many names a call has for options.
pub const fn count(rows: &[Opt], call: Call) -> usize {
    let (mut row, mut count) = (0, 0);
    while row < rows.len() {
        count += has(&rows[row], call) as usize;
        row += 1;
    }
    count
}

const fn has(row: &Opt, call: Call) -> bool {
    matches!(row.call, Call::Both) || row.call as u8 == call as u8
}

/// A set of names that are numbers, each its own.
pub const fn named(prefix: &'static str, choice: &'static [(&'static str, u64)]) -> Set {
    Set { marked: false, prefix, mask: u64::MAX, choice, bits: &[] }
}

/// The arguments of setsockopt(2), or of getsockopt(2), with options of this name.
pub const fn arguments(names: &'static Set, value: Ty, length: Ty) -> [Arg; 5] {
    [
        Arg { name: "fd", ty: Ty::Fd },
        Arg { name: "level", ty: Ty::Set32(&SOL) },
        Arg { name: "optname", ty: Ty::Set32(names) },
        Arg { name: "optval", ty: value },
        Arg { name: "optlen", ty: length },
    ]
}

/// Declares levels: `LEVEL SET "PREFIX_": NAME = NUMBER; NAME = NUMBER => FORM; ...`, where `SET` is what its names are in setsockopt. Behind
/// the prefix may stand `, others FORM`, for options that have none, and `, does [...]`, what setsockopt does. `, set only` and `, get only`
/// behind a row say that only this call has the name.
#[macro_export]
macro_rules! options {
    ($($(#[$doc:meta])+ $level:ident $set:ident $prefix:literal $(, others $others:ident)? $(, does [$($effect:expr),+])?:
        $($name:ident = $nr:literal $(=> $form:ident)? $(, $call:ident only)?;)*)*) => {$(
        #[doc = concat!("The level `", stringify!($level), "`.")]
        pub const $level: $crate::schema::sockopt::Level = {
            use $crate::schema::sockopt::{self, Call, GET, Opt, SET};
            use $crate::schema::types::{Arg, Ty, Variant};
            const NR: u64 = $crate::schema::net::SOL.value(stringify!($level));
            const ROWS: &[Opt] = $crate::options!(@rows $($name = $nr $(=> $form)? $(, $call only)?;)*);
            static ASKED: $crate::schema::set::Set = {
                const NAMES: [(&str, u64); sockopt::count(ROWS, Call::Get)] = sockopt::names(ROWS, Call::Get);
                sockopt::named($prefix, &NAMES)
            };
            const TO: [Arg; 5] = sockopt::arguments(&$set, SET, Ty::Int);
            const FROM: [Arg; 5] = sockopt::arguments(&ASKED, GET, Ty::InOut(&Ty::Ptr(&Ty::Int)));
            let does = $crate::syscalls!(@does [] (fd level optname optval optlen) $(does [$($effect),+])?);
            sockopt::Level {
                nr: NR,
                rows: ROWS,
                others: $crate::options!(@others $($others)?),
                set: Variant { selector: 1, values: &[NR], args: &TO, ret: Ty::Int, does },
                get: Variant { selector: 1, values: &[NR], args: &FROM, ret: Ty::Int, does: $crate::schema::effects::Does::Unsaid },
            }
        };
        $(#[$doc])+
        pub static $set: $crate::schema::set::Set = {
            use $crate::schema::sockopt::{self, Call, Opt};
            const ROWS: &[Opt] = $crate::options!(@rows $($name = $nr $(=> $form)? $(, $call only)?;)*);
            const NAMES: [(&str, u64); sockopt::count(ROWS, Call::Set)] = sockopt::names(ROWS, Call::Set);
            sockopt::named($prefix, &NAMES)
        };
    )*};
    (@rows $($name:ident = $nr:literal $(=> $form:ident)? $(, $call:ident only)?;)*) => {
        &[$(Opt {
            name: stringify!($name),
            nr: $nr,
            form: $crate::options!(@form $($form)?),
            call: $crate::options!(@call $($call)?),
        }),*]
    };
    (@form) => { None };
    (@form $form:ident) => { Some($crate::schema::sockopt::Form::$form) };
    (@call) => { $crate::schema::sockopt::Call::Both };
    (@call set) => { $crate::schema::sockopt::Call::Set };
    (@call get) => { $crate::schema::sockopt::Call::Get };
    (@others) => { $crate::schema::sockopt::Form::Plain };
    (@others $others:ident) => { $crate::schema::sockopt::Form::$others };
}
