//! ELF files, a piece at a time. Whoever is traced chooses them, so nothing that they say is believed: each offset and size is held
//! against the file's own length, nothing larger than `PIECE_MAX` is taken into memory, and what does not fit is not there.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::rc::Rc;

use gimli::{EndianRcSlice, NativeEndian};
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use object::elf::{self, CompressionHeader64, FileHeader64, NoteHeader64, ProgramHeader64, SectionHeader64};
use object::pod::{Pod, from_bytes, slice_from_bytes};

use super::arch::ABI;

/// The most that is read of a file in one piece, and the most that a compressed piece may become.
const PIECE_MAX: u64 = 256 << 20;
/// The most headers of sections, and of segments.
const HEADERS_MAX: usize = 65_535;

type E = object::NativeEndian;
const NE: E = object::NativeEndian;

/// Bytes as gimli reads them.
pub type Reader = EndianRcSlice<NativeEndian>;

/// A file, or one that lies in memory.
#[derive(Debug)]
enum Bytes {
    File(File, u64),
    Memory(Rc<[u8]>),
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: Vec<u8>,
    /// `SHT_*`
    pub kind: u32,
    /// Where it is loaded.
    pub address: u64,
    /// The section that it refers to.
    pub link: usize,
    offset: u64,
    size: u64,
    flags: u64,
}

/// A segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    kind: u32,
    /// It may be executed.
    pub code: bool,
    /// It may be written.
    pub writable: bool,
    /// Where in the file it stands.
    pub offset: u64,
    /// Where it is loaded.
    pub address: u64,
    /// How much of the file it is.
    pub size: u64,
    /// How much memory it is; what the file does not have of it begins as zeros.
    pub memory: u64,
}

/// A file of which the headers were read.
#[derive(Debug)]
pub struct Elf {
    bytes: Bytes,
    /// `ET_*`
    pub kind: u16,
    /// Its sections, in the order of the file.
    pub sections: Vec<Section>,
    segments: Vec<Segment>,
    /// The address of its first instruction.
    pub entry: u64,
}

impl Elf {
    /// A file. `None` when it is none of this machine's.
    pub fn of_file(file: File) -> Option<Elf> {
        let len = file.metadata().ok()?.len();
        Elf::new(Bytes::File(file, len))
    }

    /// One in memory.
    pub fn of_memory(bytes: Rc<[u8]>) -> Option<Elf> {
        Elf::new(Bytes::Memory(bytes))
    }

    fn new(bytes: Bytes) -> Option<Elf> {
        let first = bytes.read(0, size_of::<FileHeader64<E>>() as u64)?;
        let (header, _) = from_bytes::<FileHeader64<E>>(&first).ok()?;
        let ident = &header.e_ident;
        let ours = ident.magic == elf::ELFMAG
            && ident.class == elf::ELFCLASS64
            && (ident.data == elf::ELFDATA2LSB) == cfg!(target_endian = "little")
            && header.e_machine.get(NE) == ABI.machine;
        if !ours {
            return None;
        }
        let segments = bytes.list::<ProgramHeader64<E>>(header.e_phoff.get(NE), header.e_phnum.get(NE).into());
        let segments = segments.unwrap_or_default();
        let segments = segments.iter().map(|s| Segment {
            kind: s.p_type.get(NE),
            code: s.p_flags.get(NE) & elf::PF_X != 0,
            writable: s.p_flags.get(NE) & elf::PF_W != 0,
            offset: s.p_offset.get(NE),
            address: s.p_vaddr.get(NE),
            size: s.p_filesz.get(NE),
            memory: s.p_memsz.get(NE),
        });
        let segments = segments.collect();
        let sections = sections(&bytes, header).unwrap_or_default();
        let entry = header.e_entry.get(NE);
        Some(Elf { bytes, kind: header.e_type.get(NE), sections, segments, entry })
    }

    /// The file that is read, where it is one.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match &self.bytes {
            Bytes::File(file, _) => Some(file.as_fd()),
            Bytes::Memory(_) => None,
        }
    }

    /// The address, as the file counts them, of what stands in the file at `offset`.
    pub fn address_of(&self, offset: u64) -> Option<u64> {
        // A page is mapped whole: what stands in it before the segment is there, too.
        let within = |s: &&Segment| {
            let from = s.offset & !0xfff;
            offset >= from && offset < s.offset.saturating_add(s.size)
        };
        let segment = self.loaded().find(within)?;
        Some(offset.wrapping_sub(segment.offset).wrapping_add(segment.address))
    }

    /// Where in the file stands what is loaded at an address.
    pub fn offset_of(&self, address: u64) -> Option<u64> {
        let segment = self.loaded_at(address)?;
        segment.offset.checked_add(address - segment.address)
    }

    /// The segment that has the byte at an address in the file.
    pub fn loaded_at(&self, address: u64) -> Option<&Segment> {
        let ends = |s: &&Segment| s.address.checked_add(s.size).is_some_and(|end| address < end);
        self.loaded().find(|s| address >= s.address && ends(s))
    }

    /// So many bytes that are loaded at an address; `None` where the file does not have all of them there.
    pub fn bytes_at(&self, address: u64, size: u64) -> Option<Rc<[u8]>> {
        let segment = self.loaded_at(address)?;
        let skip = address - segment.address;
        if size > segment.size - skip {
            return None;
        }
        self.bytes.read(segment.offset.checked_add(skip)?, size)
    }

    /// What the kernel loads of it.
    pub fn loaded(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(|segment| segment.kind == elf::PT_LOAD)
    }

    /// The program that loads the rest of what it needs.
    pub fn interpreter(&self) -> Option<Vec<u8>> {
        let (_, path) = self.segment(elf::PT_INTERP)?;
        path.strip_suffix(b"\0").filter(|path| path.len() < 4096).map(<[u8]>::to_vec)
    }

    /// The section of that name.
    pub fn section(&self, name: &[u8]) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// What a section holds, unpacked.
    pub fn data(&self, section: &Section) -> Option<Rc<[u8]>> {
        if section.kind == elf::SHT_NOBITS {
            return None;
        }
        let bytes = self.bytes.read(section.offset, section.size)?;
        if section.flags & u64::from(elf::SHF_COMPRESSED) == 0 {
            return Some(bytes);
        }
        let (header, packed) = from_bytes::<CompressionHeader64<E>>(&bytes).ok()?;
        let size = header.ch_size.get(NE);
        if header.ch_type.get(NE) != elf::ELFCOMPRESS_ZLIB || size > PIECE_MAX {
            return None;
        }
        decompress_to_vec_zlib_with_limit(packed, size as usize).ok().map(Rc::from)
    }

    /// The same of the section of that name, as gimli reads it; nothing where there is none.
    pub fn reader(&self, name: &str) -> Reader {
        let data = self.section(name.as_bytes()).and_then(|section| self.data(section));
        Reader::new(data.unwrap_or_default(), NativeEndian)
    }

    /// Where the segment of a kind is loaded, and its bytes.
    pub fn segment(&self, kind: u32) -> Option<(u64, Rc<[u8]>)> {
        let segment = self.segments.iter().find(|segment| segment.kind == kind)?;
        Some((segment.address, self.bytes.read(segment.offset, segment.size)?))
    }

    /// What is loaded from an address on to the end of its segment.
    pub fn loaded_from(&self, address: u64) -> Option<Rc<[u8]>> {
        let segment = self.loaded_at(address)?;
        let skip = address - segment.address;
        self.bytes.read(segment.offset.checked_add(skip)?, segment.size - skip)
    }

    /// The build id, of which the linker made a note.
    pub fn build_id(&self) -> Option<Vec<u8>> {
        let notes = self.segments.iter().filter(|segment| segment.kind == elf::PT_NOTE);
        notes.filter_map(|segment| self.bytes.read(segment.offset, segment.size)).find_map(|notes| build_id(&notes))
    }

    /// The name of the file that has what was stripped of this one, and that file's checksum.
    pub fn debug_link(&self) -> Option<(Vec<u8>, u32)> {
        let data = self.data(self.section(b".gnu_debuglink")?)?;
        let end = memchr::memchr(0, &data)?;
        let crc = data.get((end + 4) & !3..)?.first_chunk::<4>()?;
        Some((data[..end].to_vec(), u32::from_ne_bytes(*crc)))
    }

    /// The checksum of the whole file, as a debug link has it.
    pub fn checksum(&self) -> Option<u32> {
        let len = match &self.bytes {
            Bytes::File(_, len) => *len,
            Bytes::Memory(bytes) => bytes.len() as u64,
        };
        self.bytes.read(0, len).map(|bytes| crc32fast::hash(&bytes))
    }
}

impl Bytes {
    fn read(&self, offset: u64, size: u64) -> Option<Rc<[u8]>> {
        let end = offset.checked_add(size)?;
        match self {
            Bytes::Memory(bytes) => bytes.get(usize::try_from(offset).ok()?..usize::try_from(end).ok()?).map(Rc::from),
            Bytes::File(file, len) => {
                if end > *len || size > PIECE_MAX {
                    return None;
                }
                let mut bytes = vec![0; size as usize];
                // It may have become shorter.
                file.read_exact_at(&mut bytes, offset).ok()?;
                Some(bytes.into())
            }
        }
    }

    fn list<T: Pod + Clone>(&self, offset: u64, count: usize) -> Option<Vec<T>> {
        let bytes = self.read(offset, (count.min(HEADERS_MAX) * size_of::<T>()) as u64)?;
        slice_from_bytes::<T>(&bytes, count.min(HEADERS_MAX)).ok().map(|(list, _)| list.to_vec())
    }
}

fn sections(bytes: &Bytes, header: &FileHeader64<E>) -> Option<Vec<Section>> {
    let list = bytes.list::<SectionHeader64<E>>(header.e_shoff.get(NE), header.e_shnum.get(NE).into())?;
    let names = list.get(usize::from(header.e_shstrndx.get(NE)))?;
    let names = bytes.read(names.sh_offset.get(NE), names.sh_size.get(NE))?;
    let of = |s: &SectionHeader64<E>| Section {
        name: word(&names, s.sh_name.get(NE)).to_vec(),
        kind: s.sh_type.get(NE),
        address: s.sh_addr.get(NE),
        link: s.sh_link.get(NE) as usize,
        offset: s.sh_offset.get(NE),
        size: s.sh_size.get(NE),
        flags: s.sh_flags.get(NE),
    };
    Some(list.iter().map(of).collect())
}

/// The text at an offset of a table of strings; empty where there is none.
pub fn word(table: &[u8], offset: u32) -> &[u8] {
    let rest = table.get(offset as usize..).unwrap_or_default();
    &rest[..memchr::memchr(0, rest).unwrap_or(0)]
}

fn build_id(mut notes: &[u8]) -> Option<Vec<u8>> {
    loop {
        let (header, rest) = from_bytes::<NoteHeader64<E>>(notes).ok()?;
        let (name, data) = (header.n_namesz.get(NE) as usize, header.n_descsz.get(NE) as usize);
        let at = name.checked_next_multiple_of(4)?;
        let end = at.checked_add(data)?;
        let found = rest.get(at..end)?;
        if header.n_type.get(NE) == elf::NT_GNU_BUILD_ID && rest.get(..name)? == b"GNU\0" {
            return (2..=64).contains(&data).then(|| found.to_vec());
        }
        notes = rest.get(end.checked_next_multiple_of(4)?..)?;
    }
}
