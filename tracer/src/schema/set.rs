//! Named constants: flags and enumerations as the kernel's headers have them. One type serves both,
//! because many arguments are a value in some bits and flags in the others (`O_RDWR|O_CREAT`).

/// A family of named constants.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Set {
    /// What unknown values are called: `/* O_??? */`. Empty: unknown values are plain hex; `#`: plain decimal.
    pub prefix: &'static str,
    /// The bits that hold one value out of `choice`; all ones for an enumeration, 0 for pure flags.
    pub mask: u64,
    /// A value under `mask` without a name is marked, and flags follow behind it; else it is left to what has no name at the end.
    pub marked: bool,
    /// Values under `mask`.
    pub choice: &'static [(&'static str, u64)],
    /// Flags, in the order in which they are printed: a flag that contains another comes first.
    /// One with value 0 names the absence of all.
    pub bits: &'static [(&'static str, u64)],
}

impl Set {
    /// The name of exactly this value.
    pub fn name_of(&self, value: u64) -> Option<&'static str> {
        self.choice.iter().chain(self.bits).find(|(_, v)| *v == value).map(|(name, _)| *name)
    }

    /// The value of a name of `choice`, for constants: a name that the set lacks does not compile.
    pub const fn value(&self, name: &str) -> u64 {
        among(self.choice, name)
    }

    /// The same of a name of `bits`.
    pub const fn flag(&self, name: &str) -> u64 {
        among(self.bits, name)
    }
}

const fn among(list: &[(&str, u64)], name: &str) -> u64 {
    let mut at = 0;
    while !same(list[at].0.as_bytes(), name.as_bytes()) {
        at += 1;
    }
    list[at].1
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// A value that differs between architectures: x86_64 and aarch64.
pub const fn arch(x86_64: u64, aarch64: u64) -> u64 {
    if cfg!(target_arch = "x86_64") { x86_64 } else { aarch64 }
}

/// Declares sets: `choice MASK: NAME = VALUE, ...;` and `bits: NAME = VALUE, ...;`, either or both.
/// `choice all:` is an enumeration, `choice MASK marked:` says `0x5 /* T_??? */|T_FLAG` of a value without a name. Every set says which kernel header it is from in its doc line.
#[macro_export]
macro_rules! sets {
    ($($(#[$doc:meta])+ $name:ident $prefix:literal $(choice $mask:tt $($marked:ident)?: $($cn:ident = $cv:expr),* $(,)?;)? $(bits: $($bn:ident = $bv:expr),* $(,)?;)?)*) => {$(
        $(#[$doc])+
        pub static $name: $crate::schema::set::Set = $crate::schema::set::Set {
            prefix: $prefix,
            mask: 0 $(| $crate::sets!(@mask $mask))?,
            marked: false $($(| $crate::sets!(@$marked))?)?,
            choice: &[$($((stringify!($cn), $cv)),*)?],
            bits: &[$($((stringify!($bn), $bv)),*)?],
        };
    )*};
    (@marked) => { true };
    (@mask all) => { u64::MAX };
    (@mask $mask:tt) => { $mask };
}
