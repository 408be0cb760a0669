//! What a call does to the world outside of its process: the class of each row, in the row. Whoever needs to know what a call does
//! (audits, `inspect --watch`, which evidence is copied) asks here and never for the name of a call.
//!
//! A row is in exactly one class: *effects* says what the call does, *gap* that it does something that nobody can tell afterwards,
//! *harmless* that it neither touches a file nor reaches a host nor runs a program. A row that is in none fails a test.

use super::rows::{Abi, all};
use super::types::{Arg, NO_NR, Row, Special, Ty, Variant};

/// The class of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// What it does.
    Effects(&'static [Effect]),
    /// It may do what is not seen, and why that is so.
    Gap(Unseen, &'static str),
    /// It does nothing of the kind, for this reason.
    Harmless(&'static str),
    /// As [`Does::Harmless`], for the reason that its family gives.
    Family(&'static str),
    /// Of a row: nobody has said. Of a variant: what the row does.
    Unsaid,
}

/// What a gap is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unseen {
    /// The call itself.
    Call,
    /// What names mean from now on to all in the mount namespace.
    Names,
    /// Where the names of the process begin from now on.
    Root,
    /// What is put into the ring of io_uring.
    Ring,
    /// The clock, where the structure that is passed asks for a change (`modes`).
    Clock,
    /// What calls are given, where another process is asked before they are made (SECCOMP_FILTER_FLAG_NEW_LISTENER in the flags), which
    /// may change it, and the source has read it by then.
    Listener,
    /// The call's arguments: of one that failed it is not known either what was tried.
    Attempt,
}

/// Whether a call follows a symbolic link that a path ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// It does.
    Followed,
    /// It takes the link itself.
    Itself,
    /// It does unless the flags in this argument have AT_SYMLINK_NOFOLLOW.
    Unless(u8),
}

/// What a call removes that removes a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Anything but a directory.
    NoDirectory,
    /// A directory.
    Directory,
    /// A directory where the flags in this argument have AT_REMOVEDIR, else anything but one.
    ByFlags(u8),
}

/// What of a file is changed besides its contents and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meta {
    /// Permissions.
    Mode,
    /// Owner or group.
    Owner,
    /// Times of access or modification.
    Times,
    /// Extended attributes, inode flags, quota.
    Attributes,
}

/// Where the flags of an open stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flags {
    /// In an argument.
    Arg(u8),
    /// In the member `flags` of the structure that an argument points to.
    How(u8),
    /// The call implies them.
    Implied(i32),
}

/// One thing that a call does. The numbers are places of arguments, which rows write by name; what stands there (a path, a
/// descriptor, an address, a message) the type of the argument tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Opens the file of a path.
    Opens(u8, Flags),
    /// Opens a file that no path names (a handle): only the descriptor that comes back tells which.
    OpensUnnamed(Flags),
    /// Takes a descriptor that another process has opened; it comes back.
    Takes,
    /// Reads from a descriptor. What is read was told when it was opened.
    Reads(u8),
    /// Lists the directory of a descriptor.
    Lists(u8),
    /// Writes to a descriptor as much as is returned.
    Writes(u8),
    /// Changes the contents behind a descriptor, whatever is returned.
    Rewrites(u8),
    /// Submits operations of `struct iocb`, each on a descriptor of its own, as many as are returned.
    Submits(u8),
    /// Maps the file of a descriptor into memory: descriptor, protection, flags.
    Maps(u8, u8, u8),
    /// Does to a descriptor what a request says that no variant of the row knows: descriptor, request.
    Controls(u8, u8),
    /// Gives the file of a descriptor another number, too, which comes back.
    Copies(u8),
    /// Closes a descriptor.
    Closes(u8),
    /// Asks about a name, or a file, and leaves everything as it was.
    Asks(u8),
    /// Asks whether a file may be used. By a name that is none a program tells an audit which unit runs.
    Probes(u8),
    /// Makes a directory, a device, a fifo.
    Makes(u8),
    /// Makes a symbolic link: its text, its name.
    LinksText(u8, u8),
    /// Gives a file a second name: the old, the new.
    Links(u8, u8),
    /// Gives a file another name: the old, the new, the flags where there are any.
    Renames(u8, u8, Option<u8>),
    /// Removes a name, and of what.
    Removes(u8, Of),
    /// Cuts or extends a file, by its path or by a descriptor.
    Truncates(u8),
    /// Changes what belongs to a file, by its path or by a descriptor.
    Changes(Meta, u8, Last),
    /// Runs a program.
    Runs(u8),
    /// Leaves namespaces that the process shares with others, as these flags say.
    Unshares(u8),
    /// Makes a socket that hears what comes to the machine of the protocol in this argument, whoever it is for; nothing where it is 0.
    Hears(u8),
    /// Sets an option of this socket, by which what it sends may go elsewhere than to the address that is told.
    Steers(u8),
    /// Gives a socket an address.
    Binds(u8),
    /// Makes a socket accept connections.
    Listens(u8),
    /// Begins a connection to an address.
    Connects(u8),
    /// Takes a connection.
    Accepts(u8),
    /// Sends to the address in an argument, or in the message there; flags.
    Sends(u8, u8),
    /// Receives into a buffer, or a message.
    Receives(u8),
    /// May tell how a connection ended that was begun.
    Settles(u8),
    /// Tells the address of a socket, whose port the kernel may have chosen.
    Locates(u8),
}

/// What rows write effects with.
pub mod words {
    pub use super::{Effect::*, Flags::*, Last::*, Meta::*, Of::*};
}

impl Effect {
    /// An audit has to see the call. Of the rest, what matters was seen before: what is read was opened.
    pub const fn is_evidence(self) -> bool {
        !matches!(self, Effect::Reads(_) | Effect::Closes(_) | Effect::Asks(_))
    }

    /// The argument of the path, descriptor, address or message that it is done to.
    pub const fn object(self) -> Option<u8> {
        use Effect::*;
        match self {
            OpensUnnamed(_) | Takes | Unshares(_) => None,
            Opens(at, _)
            | Reads(at)
            | Lists(at)
            | Writes(at)
            | Rewrites(at)
            | Submits(at)
            | Maps(at, ..)
            | Controls(at, _)
            | Copies(at)
            | Closes(at) => Some(at),
            Asks(at) | Probes(at) | Makes(at) | Removes(at, _) | Truncates(at) | Changes(_, at, _) | Runs(at) => {
                Some(at)
            }
            LinksText(_, at) | Links(at, _) | Renames(at, ..) => Some(at),
            Binds(at) | Listens(at) | Connects(at) | Accepts(at) | Sends(at, _) | Receives(at) => Some(at),
            Settles(at) | Locates(at) | Hears(at) | Steers(at) => Some(at),
        }
    }
}

impl Does {
    /// An audit has to see such a call.
    pub fn is_evidence(&self) -> bool {
        match self {
            Does::Effects(list) => list.iter().any(|effect| effect.is_evidence()),
            Does::Gap(..) => true,
            Does::Harmless(_) | Does::Family(_) | Does::Unsaid => false,
        }
    }

    /// Its effects; none where there are none, or they are not known.
    pub fn effects(&self) -> &'static [Effect] {
        match self {
            Does::Effects(list) => list,
            _ => &[],
        }
    }
}

/// So many variants are only in tables of requests ([`super::ioctl`]): by number, with a value each.
pub const MANY: usize = 128;

impl Row {
    /// The variant that the selecting argument chooses.
    pub fn variant(&self, args: &[u64; 6]) -> Option<&'static Variant> {
        let value = |variant: &Variant| args.get(usize::from(variant.selector)).copied().unwrap_or(0) as u32;
        // A table of its own is in the order of its values.
        if self.variants.len() >= MANY {
            let wanted = u64::from(value(&self.variants[0]));
            let at = self.variants.binary_search_by_key(&wanted, |variant| variant.values[0]).ok()?;
            return self.variants.get(at);
        }
        self.variants.iter().find(|variant| variant.values.iter().any(|&known| known as u32 == value(variant)))
    }

    /// What a call with these arguments does, and the arguments that this speaks of.
    pub fn does(&self, args: &[u64; 6]) -> (Does, &'static [Arg]) {
        match self.variant(args) {
            Some(variant) if variant.does != Does::Unsaid => (variant.does, variant.args),
            _ => (self.does, self.args),
        }
    }

    /// What the call and its variants do.
    pub fn all_does(&self) -> impl Iterator<Item = (Does, &'static [Arg])> {
        let said = |variant: &&Variant| variant.does != Does::Unsaid;
        let variants = self.variants.iter().filter(said).map(|variant| (variant.does, variant.args));
        std::iter::once((self.does, self.args)).chain(variants)
    }

    /// An audit has to see the call, in one of its forms at least.
    pub fn is_evidence(&self) -> bool {
        self.all_does().any(|(does, _)| does.is_evidence())
    }

    /// Some form of it does something of this kind.
    pub fn has(&self, kind: impl Fn(Effect) -> bool) -> bool {
        self.all_does().flat_map(|(does, _)| does.effects()).any(|effect| kind(*effect))
    }
}

/// An argument that names what lies outside of the process: a path, an address, a message with one, another process's descriptor.
pub fn reaches_out(arg: &Arg) -> bool {
    match arg.ty {
        Ty::Path | Ty::Sockaddr(_) | Ty::Msghdr | Ty::Mmsghdr(_) | Ty::DirFd | Ty::Special(Special::FanDirFd) => true,
        Ty::When(_, _, Ty::Path) | Ty::InOut(Ty::Msghdr) | Ty::Out(Ty::Mmsghdr(_)) => true,
        Ty::Fd => arg.name == "pidfd",
        _ => false,
    }
}

/// How many calls of an ABI are in each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Classes {
    /// Their effects are known.
    pub effects: usize,
    /// What they do cannot be known.
    pub gap: usize,
    /// They do nothing of the kind, for a reason of their own.
    pub harmless: usize,
    /// The same, for the reason of their family.
    pub family: usize,
    /// In no class; a test sees to it that there are none.
    pub unsaid: usize,
}

/// Counts the classes of an ABI's calls; `forms`: of the forms that an argument chooses instead, where these have a class.
pub fn classes(abi: Abi, forms: bool) -> Classes {
    let mut classes = Classes::default();
    for row in all().filter(|row| row.nr[abi as usize] != NO_NR) {
        let (skip, take) = if forms { (1, usize::MAX) } else { (0, 1) };
        for (does, _) in row.all_does().skip(skip).take(take) {
            *match does {
                Does::Effects(_) => &mut classes.effects,
                Does::Gap(..) => &mut classes.gap,
                Does::Harmless(_) => &mut classes.harmless,
                Does::Family(_) => &mut classes.family,
                Does::Unsaid => &mut classes.unsaid,
            } += 1;
        }
    }
    classes
}
