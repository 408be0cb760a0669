//! What is passed for an argument of which an effect does not speak, by its type.

use tracer::schema::effects::Effect;
use tracer::schema::set::Set;
use tracer::schema::types::{Arg, Len, Special, Ty};
use tracer::schema::{Abi, narrow, open};

use super::{Form, Words};

/// A value that no form knows: of ioctl the one that writes zeros, FS_IOC_ZERO_RANGE, with [`RANGE`].
pub const UNKNOWN: u64 = 0x4030_5839;
/// `struct space_resv` of one byte: l_len is 1. include/uapi/linux/falloc.h
pub const RANGE: &str =
    "b00000000000000000000000000000000010000000000000000000000000000000000000000000000000000000000000000";

/// AT_FDCWD.
const HERE: &str = "=-100";

/// A flag of open(2).
pub fn o(name: &str) -> u64 {
    flag(&open::OPEN, name).unwrap_or_default()
}

/// A flag of a set; `None` where it has none of the name.
pub fn flag(set: &Set, name: &str) -> Option<u64> {
    set.choice.iter().chain(set.bits).find(|(known, _)| *known == name).map(|(_, value)| *value)
}

impl Form {
    /// The words of all arguments.
    pub(crate) fn arguments(&self, abi: Abi, words: &Words) -> Result<Vec<String>, String> {
        let mut list = Vec::new();
        for (at, arg) in self.args.iter().enumerate() {
            let given = words.by_place.get(&(at as u8)).cloned();
            let chosen =
                || self.selected.filter(|(place, _)| usize::from(*place) == at).map(|(_, value)| format!("={value}"));
            let word = match given.or_else(chosen) {
                Some(word) => word,
                None => self
                    .value(at as u8, &arg.ty)
                    .ok_or_else(|| format!("what is passed for {}: {:?}?", arg.name, arg.ty))?,
            };
            if abi == Abi::I386 {
                let (low, high) = narrow::registers(self.row, self.args, at);
                list.resize(list.len().max(usize::from(high.unwrap_or(low)) + 1), "=0".to_owned());
                list[usize::from(low)] = word;
            } else {
                list.push(word);
            }
        }
        Ok(list)
    }

    fn value(&self, at: u8, ty: &Ty) -> Option<String> {
        let before = at.checked_sub(1).map(|before| &self.args[usize::from(before)].ty);
        Some(match ty {
            Ty::Int | Ty::Uint | Ty::Long | Ty::Ulong => match self.counted(at) {
                Some(count) => format!("={count}"),
                None if matches!(before, Some(Ty::Out(_) | Ty::Special(Special::XattrOut))) => "=4096".to_owned(),
                // A buffer of which the row knows no more than where it is.
                None if matches!(before, Some(Ty::Addr)) => "=4096".to_owned(),
                None if self.name(at).contains("offset") || self.name(at) == "flags" => "=0".to_owned(),
                None => "=1".to_owned(),
            },
            // A context of asynchronous I/O.
            Ty::Addr if self.name(at) == "ctx_id" => "c".to_owned(),
            Ty::Addr if matches!(self.name(at), "statbuf" | "buf" | "dirp" | "msgvec" | "addr") => "z4096".to_owned(),
            Ty::Addr | Ty::Hex | Ty::Hex32 | Ty::Hidden | Ty::Set(_) | Ty::Set32(_) | Ty::Pid => "=0".to_owned(),
            Ty::Special(Special::PageOffset) => "=0".to_owned(),
            Ty::Perm => "=0x1a0".to_owned(),
            // A fifo.
            Ty::Mode => "=0x1180".to_owned(),
            Ty::Id => "=-1".to_owned(),
            // The number that a copy gets.
            Ty::Fd if self.name(at) == "newfd" => "=900".to_owned(),
            Ty::DirFd | Ty::Special(Special::FanDirFd) => HERE.to_owned(),
            Ty::Text => "suser.t".to_owned(),
            Ty::Bytes(_) | Ty::HexBytes(_) => "b78".to_owned(),
            Ty::Rec(rec) | Ty::Sized(rec, _) => format!("z{}", rec.size),
            Ty::Ptr(Ty::Wide(_)) | Ty::Special(Special::MovedOffset | Special::NodeDev) | Ty::Envp => "=0".to_owned(),
            Ty::Ptr(_) | Ty::Special(Special::IoctlArg) => "z64".to_owned(),
            Ty::Sockaddr(_) => "=0".to_owned(),
            Ty::Iovec(_) => "v".to_owned(),
            Ty::Msghdr | Ty::Mmsghdr(_) => "m".to_owned(),
            Ty::Argv => "A".to_owned(),
            Ty::Special(Special::Utimbuf | Special::Timevals | Special::Timespecs) => "z32".to_owned(),
            Ty::Special(
                Special::FileHandleOut | Special::Stat | Special::Stat64 | Special::Statx | Special::XattrOut,
            ) => "z4096".to_owned(),
            Ty::Special(Special::SockOptSet | Special::SockOptGet | Special::Dirents | Special::Dirents64) => {
                "z4096".to_owned()
            }
            Ty::Out(Ty::Mmsghdr(_)) | Ty::InOut(Ty::Msghdr) => "m".to_owned(),
            Ty::Out(Ty::Iovec(_)) => "v".to_owned(),
            Ty::Out(Ty::Sockaddr(_)) => "=0".to_owned(),
            Ty::InOut(Ty::Ptr(_)) if matches!(before, Some(Ty::Out(Ty::Sockaddr(_)))) => "=0".to_owned(),
            Ty::Out(_) | Ty::InOut(_) | Ty::Positive(_) => "z4096".to_owned(),
            Ty::When(_, _, inner) | Ty::Wide(inner) => return self.value(at, inner),
            _ => return None,
        })
    }

    fn name(&self, at: u8) -> &'static str {
        self.args[usize::from(at)].name
    }

    /// How much there is of what the argument in a place counts.
    fn counted(&self, at: u8) -> Option<u16> {
        let is = |len: &Len| *len == Len::Arg(at);
        self.args.iter().find_map(|arg| match &arg.ty {
            Ty::Sized(rec, len) | Ty::Out(Ty::Sized(rec, len)) if is(len) => Some(rec.size),
            Ty::Bytes(len) | Ty::Iovec(len) | Ty::Mmsghdr(len) | Ty::Out(Ty::Iovec(len) | Ty::Mmsghdr(len))
                if is(len) =>
            {
                Some(1)
            }
            Ty::Refs(_, len) if is(len) => Some(1),
            _ => None,
        })
    }

    /// The place of a flags argument that knows the flag, and its value.
    pub(crate) fn with_flag(&self, name: &str) -> Option<(u8, u64)> {
        self.args.iter().enumerate().find_map(|(at, arg)| match arg.ty {
            Ty::Set(set) | Ty::Set32(set) => flag(set, name).map(|value| (at as u8, value)),
            _ => None,
        })
    }

    /// Whether what a 32-bit program passes for an effect is read: there is a layout of it.
    pub(crate) fn is_read(&self, effect: Effect) -> bool {
        let told = |at: u8| narrow::behind(&self.args[usize::from(at)].ty, false) != narrow::Known::Untold;
        effect.object().is_none_or(told)
    }

    /// The first argument of a type.
    pub(crate) fn first(&self, is: impl Fn(&Arg) -> bool) -> Option<u8> {
        self.args.iter().position(is).map(|at| at as u8)
    }
}
