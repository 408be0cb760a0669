//! What a program has mapped when it begins, without asking anybody: the kernel tells the program itself where it has put it and what
//! loads the rest (the auxiliary vector), and the files' headers say how long each piece is.

use super::elf::Segment;
use super::image::Images;
use crate::system::mapped;
use crate::system::process::Mapping;
use crate::system::procfs::who::Who;

/// Entries of the auxiliary vector, include/uapi/linux/auxvec.h.
const AT_NULL: u64 = 0;
const AT_BASE: u64 = 7;
const AT_ENTRY: u64 = 9;
const AT_SYSINFO_EHDR: u64 = 33;
/// Words that are looked through at most, of arguments, environment and vector.
const WORDS_MAX: u64 = 1 << 16;
/// Bytes of a page.
const PAGE: u64 = 4096;

/// Where the kernel has put what a program needs.
#[derive(Debug, Default, PartialEq, Eq)]
struct Vector {
    base: u64,
    entry: u64,
    vdso: u64,
}

/// The mappings of files of a program that begins; `None` where they cannot be told.
pub fn begun(
    who: Who,
    program: Mapping,
    sp: u64,
    word: &mut dyn FnMut(u64) -> Option<u64>,
    images: &mut Images,
) -> Option<Vec<Mapping>> {
    let vector = vector(sp, word)?;
    let image = images.of(who, &program).ok()??;
    let mut list = pieces(&program, image.file().loaded(), vector.entry.wrapping_sub(image.file().entry));
    if vector.base != 0 {
        let found = mapped::interpreter(who, &image.file().interpreter()?)?;
        let loader = images.of(who, &found).ok()??;
        list.extend(pieces(&found, loader.file().loaded(), vector.base));
    }
    if vector.vdso != 0 {
        let len = mapped::own_vdso().map_or(0, |bytes| bytes.len() as u64);
        let path = b"[vdso]".to_vec();
        let (from, to) = (vector.vdso, vector.vdso.saturating_add(len));
        list.push(Mapping { from, to, code: true, path, ..Mapping::default() });
    }
    Some(list)
}

/// The segments of a file, loaded at `bias`.
fn pieces<'a>(file: &Mapping, loaded: impl Iterator<Item = &'a Segment>, bias: u64) -> Vec<Mapping> {
    let piece = |segment: &Segment| {
        let at = bias.wrapping_add(segment.address);
        let (from, to) = (at & !(PAGE - 1), at.checked_add(segment.size)?.checked_next_multiple_of(PAGE)?);
        Some(Mapping { from, to, code: segment.code, offset: segment.offset & !(PAGE - 1), ..file.clone() })
    };
    loaded.filter_map(piece).collect()
}

/// Reads the vector: it stands behind the arguments and the environment.
fn vector(sp: u64, word: &mut dyn FnMut(u64) -> Option<u64>) -> Option<Vector> {
    let mut words = (0..WORDS_MAX).map_while(|n| word(sp.checked_add(8 * n)?));
    let arguments = words.next()?;
    let mut words = words.skip(usize::try_from(arguments).ok()?.checked_add(1)?).skip_while(|&word| word != 0);
    words.next()?;
    let mut found = Vector::default();
    loop {
        let (key, value) = (words.next()?, words.next()?);
        match key {
            AT_NULL => return (found.entry != 0).then_some(found),
            AT_BASE => found.base = value,
            AT_ENTRY => found.entry = value,
            AT_SYSINFO_EHDR => found.vdso = value,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_stands_behind_the_environment() {
        let check = |words: &[u64], expected: Option<Vector>| {
            let mut word = |at: u64| words.get(usize::try_from((at - 0x7000) / 8).expect("an index")).copied();
            assert_eq!(vector(0x7000, &mut word), expected, "{words:?}");
        };
        let whole = [2, 11, 12, 0, 21, 22, 23, 0, 33, 5, 7, 6, 99, 1, 9, 8, 0, 0];
        check(&whole, Some(Vector { base: 6, entry: 8, vdso: 5 }));
        check(&[0, 0, 0, 9, 8, 0, 0], Some(Vector { base: 0, entry: 8, vdso: 0 }));
        check(&whole[..17], None);
        check(&[0, 0, 0, 7, 8, 0, 0], None);
        check(&[u64::MAX, 0, 0], None);
        check(&[], None);
    }

    #[test]
    fn our_own_program_is_told_as_the_kernel_tells_it() {
        let mut images = Images::default();
        let list = mapped::mappings(Who::Myself).expect("mappings");
        let here = vector as *const () as u64;
        let own = list.iter().find(|m| m.from <= here && here < m.to).expect("our code").clone();
        let image = images.of(Who::Myself, &own).expect("our file").expect("an ELF file");
        let (entry, bias) = {
            let in_file = image.address_of(here - own.from + own.offset).expect("an address");
            (image.file().entry, here.wrapping_sub(in_file))
        };
        let words = [0, 0, 0, AT_ENTRY, entry.wrapping_add(bias), AT_NULL, 0];
        let mut word = |at: u64| words.get((at / 8) as usize).copied();
        let found = begun(Who::Myself, own.clone(), 0, &mut word, &mut images).expect("mappings");
        assert!(found.contains(&own), "{found:x?} has no {own:x?}");
    }
}
