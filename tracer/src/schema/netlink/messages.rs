//! What a protocol of netlink has: messages by number, what each begins with, and which attributes follow.

use super::holds::{Attributes, Layout};
use super::{NLMSG, generic, netfilter, others, route, sock_diag};
use crate::schema::set::Set;

/// What the upper flags of a message mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// Nothing that has a name.
    Plain,
    /// It asks.
    Get,
    /// It makes something.
    New,
    /// It removes something.
    Del,
}

/// What a message begins with.
#[derive(Debug, Clone, Copy)]
pub enum Begins {
    /// Bytes of which nothing is known.
    Nothing,
    /// A family, and bytes of which nothing is known.
    Family,
    /// A structure, and attributes behind it; bytes of which nothing is known where there are none. Of a shorter one its first field is
    /// told, the family.
    With(&'static Layout, Option<&'static Attributes>),
    /// A structure; what stands behind it is none of it.
    Only(&'static Layout),
    /// A structure and attributes; of a shorter one nothing is told.
    Whole(&'static Layout, Option<&'static Attributes>),
}

/// Says by the type, the flags and the bytes of a message what it begins with.
pub type Looks = fn(u16, u16, &[u8]) -> Begins;

/// The messages of a protocol.
#[derive(Debug)]
pub struct Messages {
    /// Their names.
    pub types: Set,
    /// What each begins with, in the order of the names.
    pub begins: &'static [Begins],
    /// What a message without a name begins with.
    pub other: Begins,
    /// What its upper flags mean, by its type and name.
    pub course: fn(u16, Option<&str>) -> Course,
    /// What it begins with, where more than its type decides: its flags, its first bytes.
    pub looks: Option<Looks>,
    /// Groups of messages, where the upper half of a type says of which it is.
    pub groups: Option<&'static Groups>,
}

/// Groups of messages.
#[derive(Debug)]
pub struct Groups {
    /// Their names, by the upper half of a type.
    pub names: &'static Set,
    /// The messages of each, by the lower half.
    pub within: &'static [(u16, &'static Set)],
}

impl Messages {
    /// Its name, as far as it has one of its own.
    pub fn name(&self, ty: u16) -> Option<&'static str> {
        let within = || {
            let (_, set) = self.groups?.within.iter().find(|(group, _)| *group == ty >> 8)?;
            set.name_of(u64::from(ty & 0xff))
        };
        self.types.name_of(u64::from(ty)).or_else(within)
    }

    /// What its upper flags mean.
    pub fn course(&self, ty: u16) -> Course {
        (self.course)(ty, self.name(ty))
    }

    /// The names of the two halves of a type that is of a group.
    pub fn halves(&self, ty: u16) -> Option<(&'static Set, Option<&'static Set>)> {
        let groups = self.groups.filter(|_| self.types.name_of(u64::from(ty)).is_none())?;
        let within = groups.within.iter().find(|(group, _)| *group == ty >> 8);
        Some((groups.names, within.map(|(_, set)| *set)))
    }

    /// What a message begins with.
    pub fn begins(&self, ty: u16, flags: u16, body: &[u8]) -> Begins {
        if let Some(looks) = self.looks {
            return looks(ty, flags, body);
        }
        let place = self.types.choice.iter().position(|(_, number)| *number == u64::from(ty));
        place.and_then(|place| self.begins.get(place)).copied().unwrap_or(self.other)
    }
}

/// Declares the messages of a protocol: `NAME "PREFIX_" (course, other): TYPE = NUMBER: BEGINS, ...;`.
#[macro_export]
macro_rules! messages {
    ($($(#[$doc:meta])+ $name:ident $prefix:literal ($course:expr, $other:expr $(, looks $looks:expr)? $(, groups $groups:expr)?): $($ty:ident = $number:literal: $begins:expr),* $(,)?;)*) => {$(
        $(#[$doc])+
        pub static $name: $crate::schema::netlink::messages::Messages = $crate::schema::netlink::messages::Messages {
            types: $crate::schema::set::Set {
                prefix: $prefix,
                mask: u64::MAX,
                marked: false,
                choice: &[$((stringify!($ty), $number)),*],
                bits: &[],
            },
            begins: &[$($begins),*],
            other: $other,
            course: $course,
            looks: $crate::messages!(@some $($looks)?),
            groups: $crate::messages!(@some $($groups)?),
        };
    )*};
    (@some) => { None };
    (@some $some:expr) => { Some($some) };
}

/// Messages of a protocol of which nothing is known.
static UNKNOWN: Messages = Messages {
    types: Set { prefix: NLMSG.prefix, mask: u64::MAX, marked: false, choice: &[], bits: &[] },
    begins: &[],
    other: Begins::Nothing,
    course: plain,
    looks: None,
    groups: None,
};

/// Flags that mean nothing more.
pub fn plain(_: u16, _: Option<&str>) -> Course {
    Course::Plain
}

/// All messages ask.
pub fn gets(_: u16, _: Option<&str>) -> Course {
    Course::Get
}

/// The messages of a protocol (`NETLINK_*`).
pub fn messages(protocol: u16) -> &'static Messages {
    match super::super::protocols::NETLINK_PROTO.name_of(u64::from(protocol)) {
        Some("NETLINK_ROUTE") => &route::RTM,
        Some("NETLINK_SOCK_DIAG") => &sock_diag::SOCK_DIAG,
        Some("NETLINK_GENERIC") => &generic::GENERIC_FAMILY,
        Some("NETLINK_NETFILTER") => &netfilter::NFNL,
        Some("NETLINK_XFRM") => &others::XFRM_MSG,
        Some("NETLINK_AUDIT") => &others::AUDIT,
        Some("NETLINK_SELINUX") => &others::SELNL_MSG,
        Some("NETLINK_CRYPTO") => &others::CRYPTO_MSG,
        _ => &UNKNOWN,
    }
}
