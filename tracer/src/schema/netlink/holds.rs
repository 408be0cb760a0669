//! The vocabulary of netlink's messages: what an attribute holds, which attributes a family has, how a structure lies. A row says name,
//! number and what is held; names of types and the decoding follow from it.

use crate::schema::set::Set;
use crate::schema::types::Ty;

/// What an attribute, or a field of a structure, holds. Fewer bytes than it takes are shown as they are.
#[derive(Debug, Clone, Copy)]
pub enum Holds {
    /// Bytes of which nothing more is said.
    Raw,
    /// A number of that many bytes.
    Num(u8, Ty),
    /// Flags of that many bytes, in an attribute of 8 at most.
    Flags(u8, &'static Set),
    /// A constant of that many bytes, in an attribute of 8 at most.
    Loose(u8, &'static Set),
    /// A constant of as many bytes as there are, 8 at most.
    Whole(&'static Set),
    /// A number of that many bytes in network order.
    Net(u8, Ty),
    /// As `Net`, shown with what makes it: `htons(80)`.
    Order(u8),
    /// A text with its NUL.
    Text,
    /// A text up to its NUL.
    Kind,
    /// A hardware address.
    Hardware,
    /// The hardware address of an interface, of which 7 bytes are shown.
    Station,
    /// An address of IPv4.
    Ip4,
    /// An address of IPv6.
    Ip6,
    /// An address of the family that the message is about.
    Address,
    /// The number of an interface.
    Interface,
    /// A descriptor.
    Descriptor,
    /// A subsystem of netfilter in network order, where it is nf_tables, as the message is.
    Group(&'static Set),
    /// An error, negative.
    Error,
    /// A time in clock ticks of which a second has so many, in that many bytes.
    Ticks(u8, u32),
    /// A structure.
    Rec(&'static Layout),
    /// Attributes.
    Nest(&'static Attributes),
    /// As many as there are, one behind the other, of that many bytes.
    List(u8, &'static Holds),
    /// The same; one alone stands without brackets.
    Row(u8, &'static Holds),
    /// The same, where each place has a name.
    Named(u8, &'static Holds, &'static Set),
    /// What something around it says.
    By(fn(&Around<'_>) -> Holds),
    /// A named constant of that many bytes whose number is always shown, too.
    Spelled(u8, &'static Set),
    /// A constant of 16 bits in network order: `htons(ETH_P_IP)`.
    Htons(&'static Set),
    /// A constant of that many bytes of the first set, where it has it, else of the second.
    Either(u8, &'static Set, &'static Set),
    /// A word of a set of bits: `0x00000000000001`.
    Mask,
    /// A number of 32 bits in hex: `00000000`.
    Padded,
    /// A socket's address.
    Sockaddr,
    /// Hops, one behind the other, each with attributes.
    Hops(&'static Attributes),
    /// A family, and an address of it.
    Via,
    /// Of fields: what others beside it say, in that many bytes.
    Choose(u8, fn(&Around<'_>) -> Holds),
    /// Of fields: not shown where it is 0.
    NonZero(&'static Holds),
    /// Of fields: so many bits, from that one on, of a byte.
    Bits(u8, u8),
    /// Of fields: that many bytes.
    Bytes(u8),
    /// Of fields: a hardware address of that many bytes.
    Mac(u8),
    /// Of fields: a text in that many bytes.
    Chars(u8),
}

/// What decides of what an attribute holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    /// The protocol of the socket (`NETLINK_*`).
    pub protocol: u16,
    /// The type of the message.
    pub message: u16,
    /// The structure in front of the attributes.
    pub header: &'a [u8],
    /// The family that the message is about.
    pub family: u8,
    /// The last text beside it: the kind of what follows.
    pub kind: &'a [u8],
    /// The type of the attribute.
    pub ty: u16,
    /// The structure that a field is of.
    pub within: &'a [u8],
}

/// The attributes of a place, by type.
#[derive(Debug)]
pub struct Attributes {
    /// Their names.
    pub types: Set,
    /// What each holds, in the order of `types.choice`.
    pub rows: &'static [Holds],
    /// What those hold that have no name.
    pub other: Holds,
}

impl Attributes {
    /// What an attribute of this type holds.
    pub fn holds(&self, ty: u16) -> Holds {
        let place = self.types.choice.iter().position(|(_, number)| *number == u64::from(ty));
        place.and_then(|place| self.rows.get(place)).copied().unwrap_or(self.other)
    }
}

/// A structure.
#[derive(Debug)]
pub struct Layout {
    /// Bytes that it takes; of older kernels fewer: fields that reach beyond what is there are left out.
    pub least: u16,
    /// Bytes of all fields.
    pub size: u16,
    /// Names, offsets, and what is held.
    pub fields: &'static [(&'static str, u16, Holds)],
}

impl Holds {
    /// Bytes that it takes as a field.
    pub const fn width(&self) -> usize {
        match self {
            Holds::Num(n, _)
            | Holds::Flags(n, _)
            | Holds::Net(n, _)
            | Holds::Order(n)
            | Holds::Ticks(n, _)
            | Holds::Spelled(n, _)
            | Holds::Loose(n, _)
            | Holds::Choose(n, _)
            | Holds::Either(n, ..)
            | Holds::Bytes(n)
            | Holds::Mac(n)
            | Holds::Chars(n) => *n as usize,
            Holds::Ip4 | Holds::Interface | Holds::Descriptor | Holds::Error => 4,
            Holds::Padded => 4,
            Holds::Mask => 8,
            Holds::Group(_) | Holds::Htons(_) => 2,
            Holds::Ip6 | Holds::Address => 16,
            Holds::Bits(..) => 1,
            Holds::NonZero(inner) => inner.width(),
            Holds::Rec(layout) => layout.size as usize,
            Holds::List(n, _) => *n as usize,
            _ => 0,
        }
    }
}

/// The same names in another place.
pub const fn again(of: &Set) -> Set {
    Set { prefix: of.prefix, mask: of.mask, marked: of.marked, choice: of.choice, bits: of.bits }
}

/// An unsigned number.
pub const U8: Holds = Holds::Num(1, Ty::Ulong);
/// An unsigned number.
pub const U16: Holds = Holds::Num(2, Ty::Ulong);
/// An unsigned number.
pub const U32: Holds = Holds::Num(4, Ty::Ulong);
/// An unsigned number.
pub const U64: Holds = Holds::Num(8, Ty::Ulong);
/// A number with a sign.
pub const S8: Holds = Holds::Num(1, Ty::Long);
/// A number with a sign.
pub const S16: Holds = Holds::Num(2, Ty::Long);
/// A number with a sign.
pub const S32: Holds = Holds::Num(4, Ty::Long);
/// A number with a sign.
pub const S64: Holds = Holds::Num(8, Ty::Long);
/// A number in hex.
pub const X8: Holds = Holds::Num(1, Ty::Hex);
/// A number in hex.
pub const X16: Holds = Holds::Num(2, Ty::Hex);
/// A number in hex.
pub const X32: Holds = Holds::Num(4, Ty::Hex);
/// A number in hex.
pub const X64: Holds = Holds::Num(8, Ty::Hex);
/// A number in network order.
pub const BE16: Holds = Holds::Net(2, Ty::Ulong);
/// A number in network order.
pub const BE32: Holds = Holds::Net(4, Ty::Ulong);
/// A number in network order.
pub const BE64: Holds = Holds::Net(8, Ty::Ulong);

/// A named constant of that many bytes.
pub const fn one(width: u8, set: &'static Set) -> Holds {
    Holds::Num(width, Ty::Set(set))
}

/// A named constant of that many bytes in network order.
pub const fn net(width: u8, set: &'static Set) -> Holds {
    Holds::Net(width, Ty::Set(set))
}

/// Declares attributes: `NAME "PREFIX_": TYPE = NUMBER: HOLDS, ...;`. `else HOLDS` behind the prefix is what types without a name hold.
#[macro_export]
macro_rules! attributes {
    ($($(#[$doc:meta])+ $name:ident $prefix:literal $(else $other:expr,)? : $($ty:ident = $number:literal: $holds:expr),* $(,)?;)*) => {$(
        $(#[$doc])+
        pub static $name: $crate::schema::netlink::holds::Attributes = $crate::schema::netlink::holds::Attributes {
            types: $crate::schema::set::Set {
                prefix: $prefix,
                mask: u64::MAX,
                marked: false,
                choice: &[$((stringify!($ty), $number)),*],
                bits: &[],
            },
            rows: &[$($holds),*],
            other: $crate::attributes!(@other $($other)?),
        };
    )*
        /// All of them.
        #[cfg(test)]
        pub static ATTRIBUTES: &[&$crate::schema::netlink::holds::Attributes] = &[$(&$name),*];
    };
    (@other) => { $crate::schema::netlink::holds::Holds::Raw };
    (@other $other:expr) => { $other };
}

/// Declares structures: `NAME SIZE { field @ OFFSET: HOLDS, ... }`; `NAME LEAST..SIZE` where older kernels have a shorter one.
#[macro_export]
macro_rules! layouts {
    ($($(#[$doc:meta])+ $name:ident $size:literal $(.. $whole:literal)? { $($field:ident @ $off:literal: $holds:expr),* $(,)? })*) => {$(
        $(#[$doc])+
        pub static $name: $crate::schema::netlink::holds::Layout = $crate::schema::netlink::holds::Layout {
            least: $size,
            size: $crate::layouts!(@size $size $($whole)?),
            fields: &[$(($crate::schema::bare(stringify!($field)), $off, $holds)),*],
        };
    )*};
    (@size $size:literal) => { $size };
    (@size $size:literal $whole:literal) => { $whole };
}
