//! An object of ours in the kernel: maps, programs. It was read and linked when this crate was built (`build/image.rs`). aya's own loader
//! would do all of it here, but reads and unpacks the kernel's BTF first, and then has a program verified after the other, which together
//! takes longer than everything else that tracer does before a command begins.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, anyhow, bail, ensure};
use aya::maps::{Map, MapData};
use aya_obj::generated::bpf_insn;

use super::bpf::{self, Attach};
use super::fold::{Code, fold};
use crate::system::threads;

/// The frozen variable that every object has: what its programs are told.
const CONFIG: &str = "CONFIG";

/// An object, read and linked when this crate was built (`build/image.rs`).
#[derive(Debug)]
pub struct Image {
    /// The types that it uses.
    pub types: &'static [u8],
    /// What may be called is decided by this.
    pub license: &'static CStr,
    /// Its maps; instructions name them by their places here.
    pub maps: &'static [MapRow],
    /// Its programs, each with all functions that it calls.
    pub programs: &'static [ProgramRow],
    /// Variables that do not change once they are loaded: name, place of the map, and first byte and number of bytes in its values.
    pub variables: &'static [(&'static str, usize, usize, usize)],
}

/// A map before it is made: members of `union bpf_attr`.
#[derive(Debug)]
pub struct MapRow {
    /// At most 15 bytes of it are kept.
    pub name: &'static str,
    /// `bpf_map_type`.
    pub kind: u32,
    /// Bytes of a key.
    pub key: u32,
    /// Bytes of a value.
    pub value: u32,
    /// How many there is room for.
    pub entries: u32,
    /// `BPF_F_*`.
    pub flags: u32,
    /// The key's type.
    pub key_type: u32,
    /// The value's.
    pub value_type: u32,
    /// It has constants, and is frozen.
    pub constant: bool,
    /// What it holds at first.
    pub values: &'static [u8],
}

/// A program before it is loaded.
#[derive(Debug)]
pub struct ProgramRow {
    /// Its name.
    pub name: &'static str,
    /// `struct bpf_insn`, one after the other; an instruction that names a map has its place among the maps for a descriptor.
    pub code: &'static [u8],
    /// `struct bpf_func_info` of each function.
    pub functions: &'static [u8],
    /// Bytes of one of them.
    pub function_size: u32,
}

/// An object with its maps made, all but that of constants: none of it depends on the kernel's types, which are read meanwhile.
pub struct Unlinked {
    image: &'static Image,
    /// Each in the place of its row.
    maps: Vec<Option<OwnedFd>>,
    types: OwnedFd,
}

/// An object with its maps made and its programs not yet loaded.
pub struct Object {
    image: &'static Image,
    maps: Vec<Option<OwnedFd>>,
    /// The values of the maps of constants, with the maps.
    constants: Vec<(RawFd, Vec<u8>)>,
    /// Functions of the kernel.
    functions: Vec<(u32, u32)>,
    types: OwnedFd,
}

impl Unlinked {
    /// Makes the maps of an object, but for those of `others`, which it is given. `entries`: the sizes of maps that have others
    /// than in the file.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn new(image: &'static Image, entries: &[(&str, u32)], others: &[&str]) -> Result<Unlinked> {
        let types = told(|log| bpf::load_types(image.types, log)).context("the kernel refuses the object's types")?;
        let mut unlinked = Unlinked { image, maps: Vec::new(), types };
        for row in image.maps {
            let made = match row.constant || others.contains(&row.name) {
                true => None,
                false => Some(make(row, entries, &unlinked.types, row.values)?),
            };
            unlinked.maps.push(made);
        }
        Ok(unlinked)
    }

    /// A map's descriptor.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn map(&self, name: &str) -> Result<BorrowedFd<'_>> {
        named(self.image, &self.maps, name)
    }

    /// Takes a map that was made by others.
    ///
    /// # Errors
    /// None of that name was left to them.
    pub fn give(&mut self, name: &str, made: OwnedFd) -> Result<()> {
        let place = self.image.maps.iter().position(|row| row.name == name);
        let empty = place.and_then(|place| self.maps.get_mut(place)).filter(|map| map.is_none());
        *empty.with_context(|| format!("the object waits for no map {name}"))? = Some(made);
        Ok(())
    }

    /// Gives the programs `config` in their constants, and what else `constants` names. `functions`: numbers that stand for functions
    /// of the kernel, and those of their types in the kernel's BTF. aya knows no kernel functions. Where the kernel lacks one the
    /// calls stay, where the verifier sees that they are not reached.
    ///
    /// # Errors
    /// As `new`; a constant that the object does not have.
    pub fn link(mut self, config: &[u8], constants: &[(&str, &[u8])], functions: &[(u32, u32)]) -> Result<Object> {
        let mut values: Vec<Vec<u8>> = self.image.maps.iter().map(|row| row.values.to_vec()).collect();
        for (name, value) in constants.iter().copied().chain([(CONFIG, config)]) {
            let variable = self.image.variables.iter().find(|(known, ..)| *known == name);
            let (_, map, at, size) = variable.with_context(|| format!("the object has no constant {name}"))?;
            let room = values.get_mut(*map).and_then(|values| values.get_mut(*at..at + size));
            let room = room.with_context(|| format!("the object has no place for {name}"))?;
            ensure!(room.len() == value.len(), "{} bytes for {name}, which has {size}", value.len());
            room.copy_from_slice(value);
        }
        let mut frozen = Vec::new();
        for ((row, values), map) in self.image.maps.iter().zip(values).zip(&mut self.maps) {
            if row.constant {
                let made = map.insert(make(row, &[], &self.types, &values)?);
                bpf::freeze(made.as_raw_fd()).with_context(|| format!("the kernel refuses to freeze {}", row.name))?;
                frozen.push((made.as_raw_fd(), values));
            }
        }
        let Unlinked { image, maps, types } = self;
        Ok(Object { image, maps, constants: frozen, functions: functions.to_vec(), types })
    }
}

impl Object {
    /// A map's descriptor.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn map(&self, name: &str) -> Result<BorrowedFd<'_>> {
        named(self.image, &self.maps, name)
    }

    /// A map of a kind that aya has a type for.
    ///
    /// # Errors
    /// There is none of that name, or it is of another kind.
    pub fn take(&self, name: &str) -> Result<Map> {
        Ok(Map::from_map_data(MapData::from_fd(self.map(name)?.try_clone_to_owned()?)?)?)
    }

    /// Has the kernel verify programs, as many at once as there are processors, the longest first; in the order in which they
    /// are named. `meanwhile` is done by this thread when the others have begun: what takes the address space for itself would
    /// keep them from it.
    ///
    /// # Errors
    /// The first that is refused, with the last words of the verifier.
    pub fn load<T>(&self, wanted: &[(&str, Attach)], meanwhile: impl FnOnce() -> T) -> Result<(Vec<OwnedFd>, T)> {
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        let len = |at: &usize| self.program(wanted[*at].0).map_or(0, |program| program.code.len());
        order.sort_by_key(|at| std::cmp::Reverse(len(at)));
        let next = AtomicUsize::new(0);
        let loaded: Mutex<Vec<Option<Result<OwnedFd>>>> = Mutex::new(wanted.iter().map(|_| None).collect());
        let work = || {
            while let Some(&at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                let (name, attach) = wanted[at];
                let result = self.load_one(name, attach);
                if let Ok(mut loaded) = loaded.lock() {
                    loaded[at] = Some(result);
                }
            }
        };
        let done = std::thread::scope(|scope| {
            for _ in 1..std::thread::available_parallelism().map_or(1, usize::from).min(wanted.len()) {
                // Without another thread this one does it all.
                let _ = threads::scoped(scope, work);
            }
            let done = meanwhile();
            work();
            done
        });
        let loaded = loaded.into_inner().map_err(|_| anyhow!("loading a program panicked"))?;
        let loaded: Result<_> = loaded.into_iter().map(|one| one.context("a program was not loaded")?).collect();
        Ok((loaded?, done))
    }

    fn program(&self, name: &str) -> Result<&ProgramRow> {
        let row = self.image.programs.iter().find(|program| program.name == name);
        row.with_context(|| format!("the object has no program {name}"))
    }

    /// A program's code, with the descriptors of its maps and the kernel's functions.
    fn code(&self, program: &ProgramRow) -> Result<Code> {
        let instructions = program.code.chunks_exact(size_of::<bpf_insn>()).map(|bytes| self.instruction(bytes));
        Ok(Code {
            instructions: instructions.collect::<Result<_>>()?,
            functions: program.functions.to_vec(),
            function_size: program.function_size,
        })
    }

    fn instruction(&self, bytes: &[u8]) -> Result<bpf_insn> {
        let [code, registers, off @ .., a, b, c, d] = bytes else { bail!("{} bytes of an instruction", bytes.len()) };
        let off = <[u8; 2]>::try_from(off).map(i16::from_le_bytes)?;
        let mut this = bpf_insn {
            code: *code,
            _bitfield_align_1: [],
            _bitfield_1: bpf_insn::new_bitfield_1(registers & 15, registers >> 4),
            off,
            imm: i32::from_le_bytes([*a, *b, *c, *d]),
        };
        if names_map(&this) {
            let map = self.maps.get(this.imm as usize).and_then(Option::as_ref);
            this.imm = map.with_context(|| format!("the object has no map {}", this.imm))?.as_raw_fd();
        }
        Ok(of_kernel(this, &self.functions))
    }

    fn load_one(&self, name: &str, attach: Attach) -> Result<OwnedFd> {
        let code = self.code(self.program(name)?)?;
        let constants: Vec<_> = self.constants.iter().map(|(fd, values)| (*fd, values.as_slice())).collect();
        let code = fold(&code, &constants);
        let program = bpf::Program {
            name,
            instructions: &code.instructions,
            license: self.image.license,
            types: Some(self.types.as_fd()),
            functions: &code.functions,
            function_size: code.function_size,
            attach,
        };
        told(|log| bpf::load(&program, log)).with_context(|| format!("the kernel refuses program {name}"))
    }
}

/// A call of a function of the kernel in the place of one of a number that stands for it (`BPF_PSEUDO_KFUNC_CALL`,
/// include/uapi/linux/bpf.h).
fn of_kernel(mut instruction: bpf_insn, functions: &[(u32, u32)]) -> bpf_insn {
    const CALL: u8 = 0x85;
    const KFUNC: u8 = 2;
    if instruction.code == CALL && instruction.src_reg() == 0 {
        let called = functions.iter().find(|(number, _)| *number == instruction.imm as u32);
        if let Some((_, function)) = called {
            instruction.set_src_reg(KFUNC);
            instruction.imm = *function as i32;
        }
    }
    instruction
}

/// The first half of an instruction that loads a map's address, or that of its values (`BPF_PSEUDO_MAP_FD`, `BPF_PSEUDO_MAP_VALUE`).
fn names_map(this: &bpf_insn) -> bool {
    const LOAD_64: u8 = 0x18;
    this.code == LOAD_64 && matches!(this.src_reg(), 1 | 2)
}

fn named<'m>(image: &Image, maps: &'m [Option<OwnedFd>], name: &str) -> Result<BorrowedFd<'m>> {
    let place = image.maps.iter().position(|row| row.name == name);
    let map = place.and_then(|place| maps.get(place)?.as_ref()).map(AsFd::as_fd);
    map.with_context(|| format!("the object has no map {name}"))
}

/// Makes a map with what it holds at first.
fn make(row: &MapRow, entries: &[(&str, u32)], types: &OwnedFd, values: &[u8]) -> Result<OwnedFd> {
    let entries = entries.iter().find(|(name, _)| *name == row.name).map_or(row.entries, |(_, entries)| *entries);
    let made =
        bpf::make_map(row, entries, types.as_fd()).with_context(|| format!("the kernel refuses map {}", row.name))?;
    if !values.is_empty() {
        ensure!(values.len() == row.value as usize, "{} bytes for {} of {}", values.len(), row.value, row.name);
        bpf::update(made.as_raw_fd(), &0u32, values)
            .with_context(|| format!("the kernel refuses the values of {}", row.name))?;
    }
    Ok(made)
}

/// Has the kernel verify something; once more where it refuses, to hear why.
fn told(verify: impl Fn(&mut [u8]) -> std::io::Result<OwnedFd>) -> Result<OwnedFd> {
    verify(&mut []).or_else(|error| {
        let mut log = vec![0; 1 << 22];
        verify(&mut log).map_err(|_| anyhow!("{error}{}", last_words(&log)))
    })
}

/// What the verifier said at last.
fn last_words(log: &[u8]) -> String {
    const LINES: usize = 8;
    let end = log.iter().position(|&b| b == 0).unwrap_or(log.len());
    let text = String::from_utf8_lossy(&log[..end]);
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].iter().map(|line| format!("\n  {line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifier_has_the_last_word() {
        let mut log = b"0: (b7) r0 = 0\n\nR1 type=scalar expected=fp\nprocessed 1 insns\n".to_vec();
        log.resize(4096, 0);
        assert_eq!(last_words(&log), "\n  0: (b7) r0 = 0\n  R1 type=scalar expected=fp\n  processed 1 insns");
        assert_eq!(last_words(&[]), "");
    }
}
