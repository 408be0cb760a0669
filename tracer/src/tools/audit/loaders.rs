//! Loaders, which run other programs without a call that says so: `ld.so PROGRAM`. The kernel is told to run the loader, whatever its
//! name is; the program is the first file that it opens (ld.so(8)).

use std::fs::File;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use object::Endianness;
use object::elf::{DF_1_PIE, DT_FLAGS_1, ET_DYN, FileHeader32, FileHeader64, PT_DYNAMIC, PT_INTERP};
use object::pod::slice_from_all_bytes;
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

/// Bytes of a file in which its header and its segments are looked for.
const HEAD: usize = 4096;
/// Bytes of a dynamic section at most.
const DYNAMIC: usize = 16 << 10;

/// Whether a program is a loader: a library that can be run (ET_DYN without PT_INTERP), and no program that loads itself
/// (`-static-pie`, which says DF_1_PIE).
pub fn is_loader(program: &Path) -> bool {
    let Ok(file) = File::options().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(program) else {
        return false;
    };
    if !file.metadata().is_ok_and(|meta| meta.is_file()) {
        return false;
    }
    let head = read(&file, 0, HEAD);
    match head.get(4) {
        Some(1) => of::<FileHeader32<Endianness>>(&file, &head),
        _ => of::<FileHeader64<Endianness>>(&file, &head),
    }
    .unwrap_or(false)
}

fn of<Elf: FileHeader<Endian = Endianness>>(file: &File, head: &[u8]) -> Option<bool> {
    let header = Elf::parse(head).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, head).ok()?;
    let is_library = header.e_type(endian) == ET_DYN && !segments.iter().any(|it| it.p_type(endian) == PT_INTERP);
    let dynamic = segments.iter().find(|it| it.p_type(endian) == PT_DYNAMIC).filter(|_| is_library)?;
    let size = usize::try_from(dynamic.p_filesz(endian).into()).ok()?.min(DYNAMIC);
    let bytes = read(file, dynamic.p_offset(endian).into(), size);
    let whole = bytes.len() - bytes.len() % size_of::<Elf::Dyn>();
    let entries = slice_from_all_bytes::<Elf::Dyn>(&bytes[..whole]).ok()?;
    let mut flags = entries.iter().filter(|entry| entry.d_tag(endian).into() == DT_FLAGS_1);
    Some(!entries.is_empty() && !flags.any(|entry| entry.d_val(endian).into() & u64::from(DF_1_PIE) != 0))
}

/// Bytes of a file, as many as there are.
fn read(file: &File, offset: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    let mut len = 0;
    while len < size {
        match file.read_at(&mut bytes[len..], offset + len as u64) {
            Ok(n @ 1..) => len += n,
            _ => break,
        }
    }
    bytes.truncate(len);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loader_is_a_library_that_can_be_run() {
        let directory = tempfile::tempdir().expect("a directory");
        let check = |path: &Path, expected: bool| assert_eq!(is_loader(path), expected, "{}", path.display());
        let loader = Path::new("/proc/self/maps");
        check(loader, false);
        check(&std::env::current_exe().expect("its path"), false);
        check(Path::new("/usr/bin/env"), false);
        check(directory.path(), false);
        check(Path::new("/nothing/here"), false);
        for name in ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1"] {
            if Path::new(name).exists() {
                check(Path::new(name), true);
                let copy = directory.path().join("any-name");
                std::fs::copy(name, &copy).expect("copied");
                check(&copy, true);
                // Whatever is cut off, it is no loader or still one.
                let bytes = std::fs::read(&copy).expect("read");
                for len in [0, 4, 16, 63, 64, 100, 1000] {
                    std::fs::write(&copy, &bytes[..len]).expect("written");
                    check(&copy, false);
                }
            }
        }
    }
}
