//! An object file of ours in the kernel: maps, programs. aya-obj reads the file and links it; aya's own loader would do all of it,
//! but reads and unpacks the kernel's BTF first, and then has a program verified after the other, which together takes longer than
//! everything else that tracer does before a command begins.

use std::collections::HashMap;
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};

use anyhow::{Context, Result, anyhow, ensure};
use aya::maps::{Map, MapData};
use aya_obj::btf::BtfFeatures;
use aya_obj::generated::bpf_insn;

use super::bpf::{self, Attach};
use super::fold::{Code, fold};

/// What every kernel that runs these programs knows (6.0): functions that may be verified once, sections of data, 64-bit enums.
const FEATURES: BtfFeatures = BtfFeatures::new(true, true, true, true, true, true, true, true);

/// The frozen variable that every object has: what its programs are told.
const CONFIG: &str = "CONFIG";

/// The file with its maps made, all but that of constants: none of it depends on the kernel's types, which are read meanwhile.
pub struct Unlinked {
    file: aya_obj::Object,
    maps: HashMap<String, MapData>,
    /// The maps with their descriptors, for the programs.
    places: Vec<(String, RawFd, aya_obj::Map)>,
    /// Those that others make.
    others: HashMap<String, aya_obj::Map>,
    types: OwnedFd,
}

/// The file, linked, with its maps made and its programs not yet loaded.
pub struct Object {
    maps: HashMap<String, MapData>,
    programs: HashMap<String, Code>,
    /// The values of the maps of constants, with the maps.
    constants: Vec<(RawFd, Vec<u8>)>,
    types: OwnedFd,
    license: CString,
}

impl Unlinked {
    /// Makes the maps of an object, but for those of `others`, which it is given. `entries`: the sizes of maps that have others
    /// than in the file.
    ///
    /// # Errors
    /// What is wrong with the file, or what the kernel refuses.
    pub fn new(file: &[u8], entries: &[(&str, u32)], others: &[&str]) -> Result<Unlinked> {
        let mut file = aya_obj::Object::parse(file).context("the object cannot be read")?;
        let types = file.fixup_and_sanitize_btf(&FEATURES)?.context("the object has no types")?.to_bytes();
        let types = told(|log| bpf::load_types(&types, log)).context("the kernel refuses the object's types")?;
        let (constants, maps): (HashMap<_, _>, HashMap<_, _>) =
            std::mem::take(&mut file.maps).into_iter().partition(|(_, map)| are_constants(map));
        file.maps = constants;
        let (others, maps) = maps.into_iter().partition(|(name, _)| others.contains(&name.as_str()));
        let mut unlinked = Unlinked { file, maps: HashMap::new(), places: Vec::new(), others, types };
        unlinked.make(maps, entries)?;
        Ok(unlinked)
    }

    fn make(&mut self, maps: HashMap<String, aya_obj::Map>, entries: &[(&str, u32)]) -> Result<()> {
        for (name, mut map) in maps {
            if let Some((_, entries)) = entries.iter().find(|(wanted, _)| *wanted == name) {
                map.set_max_entries(*entries);
            }
            let made = MapData::create(map.clone(), &name, Some(self.types.as_fd()))
                .with_context(|| format!("the kernel refuses map {name}"))?;
            let fd = made.fd().as_fd().as_raw_fd();
            fill(&map, fd).with_context(|| format!("the kernel refuses the values of {name}"))?;
            self.places.push((name.clone(), fd, map));
            self.maps.insert(name, made);
        }
        Ok(())
    }

    /// A map's descriptor.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn map(&self, name: &str) -> Result<BorrowedFd<'_>> {
        named(&self.maps, name)
    }

    /// Takes a map that was made by others, who keep it until the programs are loaded.
    ///
    /// # Errors
    /// None of that name was left to them.
    pub fn give(&mut self, name: &str, made: BorrowedFd<'_>) -> Result<()> {
        let (name, map) =
            self.others.remove_entry(name).with_context(|| format!("the object waits for no map {name}"))?;
        self.places.push((name, made.as_raw_fd(), map));
        Ok(())
    }

    /// Gives the programs `config` in their constants, and what else `constants` names. `functions`: numbers that stand for functions
    /// of the kernel, and those of their types in the kernel's BTF. aya knows no kernel functions. Where the kernel lacks one the
    /// calls stay, where the verifier sees that they are not reached.
    ///
    /// # Errors
    /// As `new`.
    pub fn link(mut self, config: &[u8], constants: &[(&str, &[u8])], functions: &[(u32, u32)]) -> Result<Object> {
        let constants = constants.iter().copied().chain([(CONFIG, config)]);
        self.file.patch_map_data(constants.map(|(name, value)| (name, (value, true))).collect())?;
        let constants = std::mem::take(&mut self.file.maps);
        self.make(constants, &[])?;
        let Unlinked { file: mut object, maps, places, types, others: _ } = self;
        let sections = object.functions.keys().map(|(section, _)| *section).collect();
        object.relocate_maps(places.iter().map(|(name, fd, map)| (name.as_str(), *fd, map)), &sections)?;
        object.relocate_calls(&sections)?;
        let mut programs = HashMap::new();
        for (name, program) in &object.programs {
            let code = object.functions.get(&program.function_key()).with_context(|| format!("no code of {name}"))?;
            let instructions = code.instructions.iter().map(|one| of_kernel(*one, functions)).collect();
            let (functions, function_size) = (code.func_info.func_info_bytes(), code.func_info_rec_size as u32);
            programs.insert(name.clone(), Code { instructions, functions, function_size });
        }
        let constants = places.iter().filter(|(.., map)| are_constants(map));
        let constants = constants.map(|(_, fd, map)| (*fd, map.data().to_vec())).collect();
        Ok(Object { maps, programs, constants, types, license: object.license })
    }
}

impl Object {
    /// A map's descriptor.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn map(&self, name: &str) -> Result<BorrowedFd<'_>> {
        named(&self.maps, name)
    }

    /// A map of a kind that aya has a type for.
    ///
    /// # Errors
    /// There is none of that name, or it is of another kind.
    pub fn take(&mut self, name: &str) -> Result<Map> {
        let map = self.maps.remove(name).with_context(|| format!("the object has no map {name}"))?;
        Ok(Map::from_map_data(map)?)
    }

    /// Has the kernel verify programs, as many at once as there are processors, the longest first; in the order in which they
    /// are named. `meanwhile` is done by this thread when the others have begun: what takes the address space for itself would
    /// keep them from it.
    ///
    /// # Errors
    /// The first that is refused, with the last words of the verifier.
    pub fn load<T>(&self, wanted: &[(&str, Attach)], meanwhile: impl FnOnce() -> T) -> Result<(Vec<OwnedFd>, T)> {
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        let len = |at: &usize| self.programs.get(wanted[*at].0).map_or(0, |code| code.instructions.len());
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
            let (begun, begins) = mpsc::channel();
            for _ in 1..std::thread::available_parallelism().map_or(1, usize::from).min(wanted.len()) {
                let begun = begun.clone();
                let other = move || {
                    let _ = begun.send(());
                    work();
                };
                // Without another thread this one does it all.
                if std::thread::Builder::new().spawn_scoped(scope, other).is_ok() {
                    let _ = begins.recv();
                }
            }
            let done = meanwhile();
            work();
            done
        });
        let loaded = loaded.into_inner().map_err(|_| anyhow!("loading a program panicked"))?;
        let loaded: Result<_> = loaded.into_iter().map(|one| one.context("a program was not loaded")?).collect();
        Ok((loaded?, done))
    }

    fn load_one(&self, name: &str, attach: Attach) -> Result<OwnedFd> {
        let code = self.programs.get(name).with_context(|| format!("the object has no program {name}"))?;
        let constants: Vec<_> = self.constants.iter().map(|(fd, values)| (*fd, values.as_slice())).collect();
        let code = fold(code, &constants);
        let program = bpf::Program {
            name,
            instructions: &code.instructions,
            license: &self.license,
            types: self.types.as_fd(),
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

fn named<'m>(maps: &'m HashMap<String, MapData>, name: &str) -> Result<BorrowedFd<'m>> {
    maps.get(name).map(|map| map.fd().as_fd()).with_context(|| format!("the object has no map {name}"))
}

fn are_constants(map: &aya_obj::Map) -> bool {
    map.section_kind() == aya_obj::EbpfSectionKind::Rodata
}

/// Has the kernel verify something; once more where it refuses, to hear why.
fn told(verify: impl Fn(&mut [u8]) -> std::io::Result<OwnedFd>) -> Result<OwnedFd> {
    verify(&mut []).or_else(|error| {
        let mut log = vec![0; 1 << 22];
        verify(&mut log).map_err(|_| anyhow!("{error}{}", last_words(&log)))
    })
}

/// Fills a map of variables, and freezes that of constants.
fn fill(map: &aya_obj::Map, fd: RawFd) -> Result<()> {
    let data = map.data();
    if !data.is_empty() {
        ensure!(data.len() == map.value_size() as usize, "{} bytes for {}", data.len(), map.value_size());
        bpf::update(fd, &0u32, data)?;
    }
    if are_constants(map) {
        bpf::freeze(fd)?;
    }
    Ok(())
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
    fn a_file_that_is_no_object_is_an_error() {
        for bytes in [&b""[..], b"\x7fELF", &[0; 64]] {
            assert!(Unlinked::new(bytes, &[], &[]).is_err());
        }
    }

    #[test]
    fn the_verifier_has_the_last_word() {
        let mut log = b"0: (b7) r0 = 0\n\nR1 type=scalar expected=fp\nprocessed 1 insns\n".to_vec();
        log.resize(4096, 0);
        assert_eq!(last_words(&log), "\n  0: (b7) r0 = 0\n  R1 type=scalar expected=fp\n  processed 1 insns");
        assert_eq!(last_words(&[]), "");
    }
}
