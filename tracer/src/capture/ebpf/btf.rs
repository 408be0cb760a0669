//! Where fields stand in this kernel's structures, from its BTF (Documentation/bpf/btf.rst). The types are looked through where they
//! are, and no object is made of each: there are more than a hundred thousand.

use std::io::Read;
use std::ops::Deref;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use rustix::mm::{MapFlags, ProtFlags};
use tracer_common::config::{ABSENT, Offsets, Types, function};

use super::bpf::Attach;
use super::mapping::Mapping;
use crate::system::place::{self, shown};

/// The kernel's type information, raw.
pub struct KernelTypes {
    bytes: Bytes,
    strings: usize,
    /// Where each type stands, by id less one.
    at: Vec<u32>,
    /// Those that are looked for by name.
    named: Vec<Named>,
}

/// A function, a typedef, or a structure that has members: its id, its kind, and how its name begins. Names lie all over the file, and
/// most are not looked at further than this, once.
struct Named {
    id: u32,
    kind: u8,
    front: u16,
}

/// How a name begins.
fn front(name: &[u8]) -> u16 {
    match name {
        [a, b, ..] => u16::from_ne_bytes([*a, *b]),
        _ => 0,
    }
}

const HEADER: usize = 24;
const MAGIC: u16 = 0xeb9f;
const STRUCT: u32 = 4;
const UNION: u32 = 5;
const TYPEDEF: u32 = 8;
const FUNCTION: u32 = 12;
impl KernelTypes {
    /// Reads a BTF file, by default `/sys/kernel/btf/vmlinux` (kernel 5.4 and CONFIG_DEBUG_INFO_BTF).
    pub fn read(path: &Path) -> Result<KernelTypes> {
        let bytes = Bytes::read(path).with_context(|| format!("cannot read {}", shown(path)))?;
        Self::parse(bytes).with_context(|| format!("{} is not usable BTF", shown(path)))
    }

    fn parse(bytes: Bytes) -> Result<KernelTypes> {
        ensure!(bytes.len() >= HEADER, "it has only {} bytes", bytes.len());
        ensure!(u16::from_ne_bytes([bytes[0], bytes[1]]) == MAGIC, "its magic number is not {MAGIC:#x}");
        let word = |at| word(&bytes, at).map(|w| w as usize);
        let header = word(4)?;
        let (type_off, type_len, str_off, str_len) = (word(8)?, word(12)?, word(16)?, word(20)?);
        let (types, strings) = (header + type_off, header + str_off);
        ensure!(
            types + type_len <= bytes.len() && strings + str_len <= bytes.len(),
            "its sections end behind the file"
        );
        // Room for the most there can be: what is not written to is not there, and to move a large vector takes longer than to fill it.
        let mut at = Vec::with_capacity(type_len / 12);
        let mut named = Vec::with_capacity(type_len / 12);
        let mut next = types;
        while next < types + type_len {
            at.push(next as u32);
            let info = word(next + 4)? as u32;
            let kind = info >> 24 & 0x1f;
            if matches!(kind, FUNCTION | TYPEDEF) || kind == STRUCT && info & 0xffff != 0 {
                let name = bytes.get(strings + word(next)?..).unwrap_or_default();
                named.push(Named { id: at.len() as u32, kind: kind as u8, front: front(name) });
            }
            next += 12 + extra(info)?;
        }
        Ok(KernelTypes { bytes, strings, at, named })
    }

    /// The offsets of every member that the kernel side reads. Fails when one that tracing needs is missing.
    pub fn offsets(&self) -> Result<Offsets> {
        Offsets::from_list(&self.find_all(Offsets::PATHS)?).context("offsets and paths disagree")
    }

    /// The offsets of these members, `struct.member.member`; of those that are not needed, [`ABSENT`] where
    /// this kernel has none.
    pub fn find_all(&self, paths: &[(&'static str, bool)]) -> Result<Vec<u32>> {
        let roots = self.roots(paths);
        let mut list = Vec::with_capacity(paths.len());
        for (path, needed) in paths {
            let (root, members) = path.split_once('.').unwrap_or((path, ""));
            let found = match roots.iter().find(|(name, _)| *name == root) {
                Some((_, at)) => self.member(*at, members)?,
                None => None,
            };
            match found {
                Some(off) => list.push(off),
                None if *needed => bail!("this kernel has no {path}"),
                None => list.push(ABSENT),
            }
        }
        Ok(list)
    }

    /// The functions of the kernel that programs call (see `function`), and the numbers of the types that they cast to; `None` where
    /// the kernel lacks one (the functions came with 6.2).
    pub fn functions(&self) -> Option<(Vec<(u32, u32)>, Types)> {
        let mut wanted: Vec<_> = function::NAMES.iter().map(|(_, name)| (FUNCTION, *name)).collect();
        wanted.extend(Types::NAMES.iter().map(|name| (STRUCT, *name)));
        let found: Vec<u32> = self.numbers(&wanted).into_iter().collect::<Option<_>>()?;
        let (functions, types) = found.split_at_checked(function::NAMES.len())?;
        let functions = function::NAMES.iter().zip(functions).map(|((stands, _), number)| (*stands, *number));
        Some((functions.collect(), Types::from_list(types)?))
    }

    /// The offsets and sizes in bytes of these members, `struct.member.member`; `None` where this kernel has none.
    ///
    /// # Errors
    /// Types that are not whole.
    pub fn members(&self, paths: &[&'static str]) -> Result<Vec<Option<(u32, u32)>>> {
        let wanted: Vec<(&'static str, bool)> = paths.iter().map(|path| (*path, false)).collect();
        let roots = self.roots(&wanted);
        let mut list = Vec::with_capacity(paths.len());
        for path in paths {
            let (root, members) = path.split_once('.').unwrap_or((path, ""));
            list.push(match roots.iter().find(|(name, _)| *name == root) {
                Some((_, at)) => self.place(*at, members)?,
                None => None,
            });
        }
        Ok(list)
    }

    /// Tracepoints: their numbers, and how many arguments they have, with one that all have; `None` where this kernel has none.
    ///
    /// # Errors
    /// Types that are not whole.
    pub fn tracepoints(&self, names: &[&str]) -> Result<Vec<Option<(u32, usize)>>> {
        let names: Vec<String> = names.iter().map(|name| format!("btf_trace_{name}")).collect();
        let wanted: Vec<(u32, &str)> = names.iter().map(|name| (TYPEDEF, name.as_str())).collect();
        let mut list = Vec::with_capacity(names.len());
        for number in self.numbers(&wanted) {
            list.push(match number {
                Some(number) => self.arguments(number)?.map(|arguments| (number, arguments)),
                None => None,
            });
        }
        Ok(list)
    }

    /// How many arguments a function has, through a typedef and a pointer.
    fn arguments(&self, mut id: u32) -> Result<Option<usize>> {
        const PROTOTYPE: u32 = 13;
        for _ in 0..4 {
            let Some(&at) = (id as usize).checked_sub(1).and_then(|i| self.at.get(i)) else { return Ok(None) };
            let info = word(&self.bytes, at as usize + 4)?;
            if info >> 24 & 0x1f == PROTOTYPE {
                return Ok(Some((info & 0xffff) as usize));
            }
            id = word(&self.bytes, at as usize + 8)?;
        }
        Ok(None)
    }

    /// What programs attach to: tracepoints, then an iterator. Each is the name of the program and the kernel's.
    pub fn attachable(
        &self,
        tracepoints: &[(&'static str, &str)],
        iterator: Option<(&'static str, &str)>,
    ) -> Result<Vec<(&'static str, Attach)>> {
        let names: Vec<String> = tracepoints.iter().map(|(_, name)| format!("btf_trace_{name}")).collect();
        let function = iterator.map(|(_, name)| format!("bpf_iter_{name}"));
        let mut wanted: Vec<(u32, &str)> = names.iter().map(|name| (TYPEDEF, name.as_str())).collect();
        wanted.extend(function.as_deref().map(|function| (FUNCTION, function)));
        let mut numbers = self
            .numbers(&wanted)
            .into_iter()
            .zip(&wanted)
            .map(|(number, (_, name))| number.with_context(|| format!("this kernel has no {name} to attach to")));
        let mut list = Vec::new();
        for ((program, _), number) in tracepoints.iter().zip(&mut numbers) {
            list.push((*program, Attach::Tracepoint(number?)));
        }
        for ((program, _), number) in iterator.iter().zip(numbers) {
            list.push((*program, Attach::Iterator(number?)));
        }
        Ok(list)
    }

    /// The numbers of types by kind and name: of structures that have members.
    fn numbers(&self, wanted: &[(u32, &str)]) -> Vec<Option<u32>> {
        let mut found = vec![None; wanted.len()];
        let mut fronts = [0u64; 1 << 10];
        for (_, name) in wanted {
            let front = usize::from(front(name.as_bytes()));
            fronts[front / 64] |= 1 << (front % 64);
        }
        for &Named { id, kind, front } in &self.named {
            let place = usize::from(front);
            if fronts[place / 64] >> (place % 64) & 1 == 0 {
                continue;
            }
            let Some(Ok(name)) = self.at.get(id as usize - 1).map(|&at| word(&self.bytes, at as usize)) else { break };
            let name = self.string(name);
            for (found, wanted) in found.iter_mut().zip(wanted) {
                if wanted.0 == u32::from(kind) && wanted.1.as_bytes() == name {
                    found.get_or_insert(id);
                }
            }
        }
        found
    }

    /// Where the structures stand that the paths begin with.
    fn roots(&self, paths: &[(&'static str, bool)]) -> Vec<(&'static str, usize)> {
        let mut wanted: Vec<(u32, &'static str)> =
            paths.iter().filter_map(|(path, _)| Some((STRUCT, path.split('.').next()?))).collect();
        wanted.dedup();
        let numbers = self.numbers(&wanted);
        let at = |number: u32| self.at.get(number as usize - 1).map(|at| *at as usize);
        wanted.iter().zip(numbers).filter_map(|((_, name), number)| Some((*name, at(number?)?))).collect()
    }

    /// The offset in bytes of `a.b.c` in the structure at `at`.
    fn member(&self, at: usize, path: &str) -> Result<Option<u32>> {
        Ok(self.typed(at, path)?.map(|(off, _)| off))
    }

    /// The same, and the size.
    fn place(&self, at: usize, path: &str) -> Result<Option<(u32, u32)>> {
        let Some((off, ty)) = self.typed(at, path)? else { return Ok(None) };
        Ok(Some((off, self.size(ty)?)))
    }

    /// The same, and the type.
    fn typed(&self, at: usize, path: &str) -> Result<Option<(u32, u32)>> {
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        let Some((off, ty)) = self.find(at, name.as_bytes(), 0)? else { return Ok(None) };
        if rest.is_empty() {
            return Ok(Some((off, ty)));
        }
        let Some(inner) = self.resolve(ty)? else { return Ok(None) };
        Ok(self.typed(inner, rest)?.map(|(inner, ty)| (off + inner, ty)))
    }

    /// Bytes of a type; of an array, which is none of a number, 0.
    fn size(&self, mut id: u32) -> Result<u32> {
        const POINTER: u32 = 2;
        for _ in 0..16 {
            let Some(&at) = (id as usize).checked_sub(1).and_then(|i| self.at.get(i)) else { return Ok(0) };
            let next = word(&self.bytes, at as usize + 8)?;
            match word(&self.bytes, at as usize + 4)? >> 24 & 0x1f {
                // integer, structure, union, enumerations, floating point
                1 | STRUCT | UNION | 6 | 16 | 19 => return Ok(next),
                POINTER => return Ok(8),
                TYPEDEF..=11 | 18 => id = next,
                _ => return Ok(0),
            }
        }
        Ok(0)
    }

    /// The values of an enumeration whose names begin with `prefix`, without it.
    #[cfg(test)]
    pub fn enumeration(&self, name: &str, prefix: &str) -> Result<Vec<(String, u32)>> {
        let mut values = Vec::new();
        for &at in &self.at {
            let at = at as usize;
            let info = word(&self.bytes, at + 4)?;
            if info >> 24 & 0x1f != 6 || self.string(word(&self.bytes, at)?) != name.as_bytes() {
                continue;
            }
            for i in 0..(info & 0xffff) as usize {
                let value = at + 12 + 8 * i;
                let text = String::from_utf8_lossy(self.string(word(&self.bytes, value)?)).into_owned();
                values.extend(
                    text.strip_prefix(prefix).map(|name| (name.to_owned(), word(&self.bytes, value + 4).unwrap_or(0))),
                );
            }
        }
        Ok(values)
    }

    /// A member by name, also within members that have none themselves.
    fn find(&self, at: usize, name: &[u8], depth: u32) -> Result<Option<(u32, u32)>> {
        let info = word(&self.bytes, at + 4)?;
        for i in 0..(info & 0xffff) as usize {
            let m = at + 12 + 12 * i;
            let (name_off, ty, off) = (word(&self.bytes, m)?, word(&self.bytes, m + 4)?, word(&self.bytes, m + 8)?);
            let bits = if info >> 31 != 0 { off & 0xff_ffff } else { off };
            if name_off != 0 && self.string(name_off) == name {
                return Ok(Some((bits / 8, ty)));
            }
            if name_off == 0
                && depth < 8
                && let Some(inner) = self.resolve(ty)?
                && let Some((off, ty)) = self.find(inner, name, depth + 1)?
            {
                return Ok(Some((bits / 8 + off, ty)));
            }
        }
        Ok(None)
    }

    /// The structure or union that a type id stands for, through typedefs and qualifiers.
    fn resolve(&self, mut id: u32) -> Result<Option<usize>> {
        for _ in 0..16 {
            let Some(&at) = (id as usize).checked_sub(1).and_then(|i| self.at.get(i)) else { return Ok(None) };
            let kind = word(&self.bytes, at as usize + 4)? >> 24 & 0x1f;
            match kind {
                STRUCT | UNION => return Ok(Some(at as usize)),
                // typedef, volatile, const, restrict, type tag
                TYPEDEF..=11 | 18 => id = word(&self.bytes, at as usize + 8)?,
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    fn string(&self, off: u32) -> &[u8] {
        let from = self.bytes.get(self.strings + off as usize..).unwrap_or_default();
        &from[..memchr::memchr(0, from).unwrap_or(from.len())]
    }
}

/// The bytes of a file: the kernel's own BTF may be mapped (6.16), which takes no time; read, it comes page by page.
enum Bytes {
    Mapped(Mapping),
    Read(Vec<u8>),
}

/// Bytes that types are read of; the kernel's are some five million.
const MOST: u64 = 256 << 20;

impl Bytes {
    fn read(path: &Path) -> std::io::Result<Bytes> {
        let file = place::open(path)?;
        let len = file.metadata()?.len() as usize;
        // A file of somebody else's could be cut while it is mapped.
        if path.starts_with("/sys/kernel/btf")
            && let Ok(mapping) = Mapping::new(&file, len, ProtFlags::READ, MapFlags::PRIVATE, 0)
        {
            return Ok(Bytes::Mapped(mapping));
        }
        let mut bytes = Vec::with_capacity(len);
        file.take(MOST).read_to_end(&mut bytes)?;
        Ok(Bytes::Read(bytes))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            // SAFETY: as many bytes are mapped while this value lives, and the kernel does not change its types.
            Bytes::Mapped(mapping) => unsafe { std::slice::from_raw_parts(mapping.at().as_ptr(), mapping.len()) },
            Bytes::Read(bytes) => bytes,
        }
    }
}

fn word(bytes: &[u8], at: usize) -> Result<u32> {
    let Some(b) = bytes.get(at..at + 4) else { bail!("a word at {at} is behind its end") };
    Ok(u32::from_ne_bytes([b[0], b[1], b[2], b[3]]))
}

/// Bytes that follow the 12 of a type, by its kind (include/uapi/linux/btf.h).
fn extra(info: u32) -> Result<usize> {
    let vlen = (info & 0xffff) as usize;
    Ok(match info >> 24 & 0x1f {
        1 | 14 | 17 => 4,          // int, var, decl tag
        2 | 7..=12 | 16 | 18 => 0, // pointer, forward, typedef, qualifiers, function, float, type tag
        3 => 12,                   // array
        STRUCT | UNION => 12 * vlen,
        6 | 13 => 8 * vlen,   // enum, function prototype
        15 | 19 => 12 * vlen, // data section, 64-bit enum
        kind => bail!("type kind {kind} is unknown"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_kernels_structures_are_found() {
        let path = Path::new("/sys/kernel/btf/vmlinux");
        if !path.exists() {
            println!("SKIP: no {}", path.display());
            return;
        }
        let types = KernelTypes::read(path).expect("the kernel's BTF is valid");
        let off = types.offsets().expect("every member that is needed exists");
        assert_ne!(off.task_pid, 0);
        assert_eq!(off.task_tgid, off.task_pid + 4);
    }

    #[test]
    fn types_have_the_numbers_that_the_kernel_gives_them() {
        let path = Path::new("/sys/kernel/btf/vmlinux");
        if !path.exists() {
            println!("SKIP: no {}", path.display());
            return;
        }
        let types = KernelTypes::read(path).expect("the kernel's BTF is valid");
        let all = aya::Btf::parse_file(path, aya::Endianness::default()).expect("aya reads all of it");
        use aya_obj::btf::BtfKind;
        let number = |name: &str, kind| all.id_by_type_name_kind(name, kind).expect("it is there");
        let expected = [
            ("enter", Attach::Tracepoint(number("btf_trace_sys_enter", BtfKind::Typedef))),
            ("exit", Attach::Tracepoint(number("btf_trace_sys_exit", BtfKind::Typedef))),
            ("walk", Attach::Iterator(number("bpf_iter_task", BtfKind::Func))),
        ];
        assert_eq!(
            types.attachable(&[("enter", "sys_enter"), ("exit", "sys_exit")], Some(("walk", "task"))).expect("found"),
            expected
        );
        let casts = types.numbers(&[(STRUCT, "file"), (FUNCTION, "no such function")]);
        assert_eq!(casts, [Some(number("file", BtfKind::Struct)), None]);
        assert!(types.attachable(&[("enter", "no_such_tracepoint")], Some(("walk", "task"))).is_err());
        assert!(types.attachable(&[], Some(("walk", "nothing"))).is_err());
    }

    #[test]
    fn hostile_files_are_errors() {
        for bytes in [vec![], vec![0x9f, 0xeb], vec![0xff; 64], {
            let mut b = vec![0u8; 64];
            b[..2].copy_from_slice(&MAGIC.to_ne_bytes());
            b[4..8].copy_from_slice(&24u32.to_ne_bytes());
            b[12..16].copy_from_slice(&u32::MAX.to_ne_bytes());
            b
        }] {
            assert!(KernelTypes::parse(Bytes::Read(bytes)).is_err());
        }
    }
}
