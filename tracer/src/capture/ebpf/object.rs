//! An object file of ours in the kernel: maps, programs. aya-obj reads the file and links it; aya's own loader would do all of it,
//! but reads and unpacks the kernel's BTF first, and then has a program verified after the other, which together takes longer than
//! everything else that tracer does before a command begins.

use std::collections::HashMap;
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, anyhow, ensure};
use aya::maps::{Map, MapData};
use aya_obj::btf::BtfFeatures;
use aya_obj::generated::bpf_insn;

use super::bpf::{self, Attach};

/// What every kernel that runs these programs knows (6.0): functions that may be verified once, sections of data, 64-bit enums.
const FEATURES: BtfFeatures = BtfFeatures::new(true, true, true, true, true, true, true, true);

/// The frozen variable that every object has: what its programs are told.
const CONFIG: &str = "CONFIG";

/// The file, linked, with its maps made and its programs not yet loaded.
pub struct Object {
    maps: HashMap<String, MapData>,
    programs: HashMap<String, Code>,
    types: OwnedFd,
    license: CString,
}

/// A program's code.
struct Code {
    instructions: Vec<bpf_insn>,
    functions: Vec<u8>,
    function_size: u32,
}

impl Object {
    /// Makes the maps of an object; its programs find `config` in their constants, and what else `constants` names. `entries`: the
    /// sizes of maps that have others than in the file.
    ///
    /// # Errors
    /// What is wrong with the file, or what the kernel refuses.
    pub fn new(file: &[u8], config: &[u8], constants: &[(&str, &[u8])], entries: &[(&str, u32)]) -> Result<Object> {
        let mut object = aya_obj::Object::parse(file).context("the object cannot be read")?;
        let constants = constants.iter().copied().chain([(CONFIG, config)]);
        object.patch_map_data(constants.map(|(name, value)| (name, (value, true))).collect())?;
        let types = object.fixup_and_sanitize_btf(&FEATURES)?.context("the object has no types")?.to_bytes();
        let types = told(|log| bpf::load_types(&types, log)).context("the kernel refuses the object's types")?;
        let mut maps = HashMap::new();
        let mut places = Vec::new();
        for (name, mut map) in std::mem::take(&mut object.maps) {
            if let Some((_, entries)) = entries.iter().find(|(wanted, _)| *wanted == name) {
                map.set_max_entries(*entries);
            }
            let made = MapData::create(map.clone(), &name, Some(types.as_fd()))
                .with_context(|| format!("the kernel refuses map {name}"))?;
            let fd = made.fd().as_fd().as_raw_fd();
            fill(&map, fd).with_context(|| format!("the kernel refuses the values of {name}"))?;
            places.push((name.clone(), fd, map));
            maps.insert(name, made);
        }
        let sections = object.functions.keys().map(|(section, _)| *section).collect();
        object.relocate_maps(places.iter().map(|(name, fd, map)| (name.as_str(), *fd, map)), &sections)?;
        object.relocate_calls(&sections)?;
        let mut programs = HashMap::new();
        for (name, program) in &object.programs {
            let code = object.functions.get(&program.function_key()).with_context(|| format!("no code of {name}"))?;
            programs.insert(
                name.clone(),
                Code {
                    instructions: code.instructions.clone(),
                    functions: code.func_info.func_info_bytes(),
                    function_size: code.func_info_rec_size as u32,
                },
            );
        }
        Ok(Object { maps, programs, types, license: object.license })
    }

    /// A map's descriptor.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn map(&self, name: &str) -> Result<BorrowedFd<'_>> {
        self.maps.get(name).map(|map| map.fd().as_fd()).with_context(|| format!("the object has no map {name}"))
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
            for _ in 1..std::thread::available_parallelism().map_or(1, usize::from).min(wanted.len()) {
                // Without another thread this one does it all.
                let _ = std::thread::Builder::new().spawn_scoped(scope, work);
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
    if map.section_kind() == aya_obj::EbpfSectionKind::Rodata {
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
            assert!(Object::new(bytes, &[], &[], &[]).is_err());
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
