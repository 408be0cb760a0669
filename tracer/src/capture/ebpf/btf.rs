//! Where fields stand in this kernel's structures, from its BTF (Documentation/bpf/btf.rst). One pass over
//! the types and no object for each: this is most of what start-up costs.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use tracer_common::config::{ABSENT, Offsets, Types};

/// The kernel's type information, raw.
pub struct KernelTypes {
    bytes: Vec<u8>,
    strings: usize,
    /// Where each type stands, by id less one.
    at: Vec<u32>,
}

const HEADER: usize = 24;
const MAGIC: u16 = 0xeb9f;
const STRUCT: u32 = 4;
const UNION: u32 = 5;
const TYPEDEF: u32 = 8;
const FUNCTION: u32 = 12;
/// A forward declaration without a name.
const FORWARD: [u8; 12] = {
    let info = (7u32 << 24).to_ne_bytes();
    [0, 0, 0, 0, info[0], info[1], info[2], info[3], 0, 0, 0, 0]
};

impl KernelTypes {
    /// Reads a BTF file, by default `/sys/kernel/btf/vmlinux` (kernel 5.4 and CONFIG_DEBUG_INFO_BTF).
    pub fn read(path: &Path) -> Result<KernelTypes> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(bytes).with_context(|| format!("{} is not usable BTF", path.display()))
    }

    fn parse(bytes: Vec<u8>) -> Result<KernelTypes> {
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
        let mut at = Vec::with_capacity(type_len / 24);
        let mut next = types;
        while next < types + type_len {
            at.push(next as u32);
            let info = word(next + 4)? as u32;
            next += 12 + extra(info)?;
        }
        Ok(KernelTypes { bytes, strings, at })
    }

    /// The offsets of every member that the kernel side reads. Fails when one that tracing needs is missing.
    pub fn offsets(&self) -> Result<Offsets> {
        Offsets::from_list(&self.find_all(Offsets::PATHS)?).context("offsets and paths disagree")
    }

    /// The offsets of these members, `struct.member.member`; of those that are not needed, [`ABSENT`] where
    /// this kernel has none.
    pub fn find_all(&self, paths: &[(&'static str, bool)]) -> Result<Vec<u32>> {
        let roots = self.roots(paths)?;
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

    /// The numbers of the types that the kernel side casts to, with that of the function that does it; `None` where
    /// the kernel lacks one (the function came with 6.2).
    pub fn casts(&self) -> Option<(u32, Types)> {
        let (mut function, mut types) = (None, vec![None; Types::NAMES.len()]);
        for (id, &at) in (1u32..).zip(&self.at) {
            let at = at as usize;
            let info = word(&self.bytes, at + 4).ok()?;
            let kind = info >> 24 & 0x1f;
            if kind == FUNCTION || kind == STRUCT && info & 0xffff != 0 {
                let name = self.string(word(&self.bytes, at).ok()?);
                if kind == FUNCTION {
                    if name == b"bpf_rdonly_cast" {
                        function = Some(id);
                    }
                } else if let Some(i) = Types::NAMES.iter().position(|n| n.as_bytes() == name) {
                    types[i].get_or_insert(id);
                }
            }
        }
        let types: Option<Vec<u32>> = types.into_iter().collect();
        Some((function?, Types::from_list(&types?)?))
    }

    /// Where the structures stand that the paths begin with.
    fn roots(&self, paths: &[(&'static str, bool)]) -> Result<Vec<(&'static str, usize)>> {
        let mut wanted: Vec<&'static str> = paths.iter().filter_map(|(p, _)| p.split('.').next()).collect();
        wanted.dedup();
        let mut found = Vec::new();
        for &at in &self.at {
            let at = at as usize;
            let info = word(&self.bytes, at + 4)?;
            if info >> 24 & 0x1f != STRUCT || info & 0xffff == 0 {
                continue;
            }
            let name = self.string(word(&self.bytes, at)?);
            if let Some(root) = wanted.iter().find(|w| w.as_bytes() == name) {
                found.push((*root, at));
            }
        }
        Ok(found)
    }

    /// The offset in bytes of `a.b.c` in the structure at `at`.
    fn member(&self, at: usize, path: &str) -> Result<Option<u32>> {
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        let Some((off, ty)) = self.find(at, name.as_bytes(), 0)? else { return Ok(None) };
        if rest.is_empty() {
            return Ok(Some(off));
        }
        let Some(inner) = self.resolve(ty)? else { return Ok(None) };
        Ok(self.member(inner, rest)?.map(|inner| off + inner))
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

    /// The same types with nothing in them but those that a program can be attached to: every other becomes
    /// a forward declaration, so that ids stay what they are. aya makes an object of each type, which for
    /// all of them takes a tenth of the time that start-up may.
    pub fn attachable(&self) -> Vec<u8> {
        let strings = &self.bytes[self.strings..];
        let mut bytes = Vec::with_capacity(HEADER + 12 * self.at.len() + strings.len());
        bytes.extend_from_slice(&self.bytes[..4]);
        for word in [HEADER, 0, 12 * self.at.len(), 12 * self.at.len(), strings.len()] {
            bytes.extend_from_slice(&(word as u32).to_ne_bytes());
        }
        for &at in &self.at {
            let ty = self.bytes.get(at as usize..at as usize + 12).unwrap_or(&FORWARD);
            let kind = u32::from_ne_bytes([ty[4], ty[5], ty[6], ty[7]]) >> 24 & 0x1f;
            let name = u32::from_ne_bytes([ty[0], ty[1], ty[2], ty[3]]);
            let kept = match kind {
                TYPEDEF => self.string(name).starts_with(b"btf_trace_"),
                FUNCTION => self.string(name).starts_with(b"bpf_iter_"),
                _ => false,
            };
            bytes.extend_from_slice(if kept { ty } else { &FORWARD });
        }
        bytes.extend_from_slice(strings);
        bytes
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
    fn what_programs_attach_to_keeps_its_id() {
        let path = Path::new("/sys/kernel/btf/vmlinux");
        if !path.exists() {
            println!("SKIP: no {}", path.display());
            return;
        }
        let types = KernelTypes::read(path).expect("the kernel's BTF is valid");
        let all = aya::Btf::parse_file(path, aya::Endianness::default()).expect("aya reads all of it");
        let few = aya::Btf::parse(&types.attachable(), aya::Endianness::default()).expect("aya reads what is left");
        for (name, kind) in
            [("btf_trace_sys_enter", aya_obj::btf::BtfKind::Typedef), ("bpf_iter_task", aya_obj::btf::BtfKind::Func)]
        {
            let want = all.id_by_type_name_kind(name, kind).expect("it is there");
            assert_eq!(few.id_by_type_name_kind(name, kind).expect("it was kept"), want, "{name}");
        }
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
            assert!(KernelTypes::parse(bytes).is_err());
        }
    }
}
