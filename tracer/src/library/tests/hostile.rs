//! Files that lie: nothing panics, nothing takes memory without a bound, and every place is in the file.

use std::rc::Rc;
use std::sync::OnceLock;

use proptest::prelude::*;

use super::super::modules::Module;
use super::super::object::Object;
use super::super::place::{Arguments, choosable, place};
use super::super::resolve::Scope;
use super::Made;
use crate::stack::elf::Elf;
use crate::system::mapped::own_vdso;

/// Everything that is ever asked of a file.
fn ask(bytes: &[u8]) {
    let Some(file) = Elf::of_memory(Rc::from(bytes)) else { return };
    let object = Object::of(file, None);
    for function in object.functions.iter().take(200) {
        assert!(!function.names.is_empty());
        let name = &function.names[0];
        let _ = (name.to_string(), name.demangled());
        let _ = (object.definition(&name.text, None), object.definition(&name.text, Some(b"V")));
        if let Ok(placement) = place(&object, function.address, Arguments::ALL) {
            assert!(placement.offset < bytes.len() as u64, "{placement:?}");
        }
        let _ = choosable(&object, function.address);
    }
    let _ = (
        place(&object, 0, Arguments::ALL),
        place(&object, u64::MAX, Arguments::ALL),
        object.stub(0),
        object.next_after(u64::MAX),
    );
    let object = Rc::new(object);
    let module = |bias| Module { path: b"/a".as_slice().into(), bias, object: object.clone() };
    let scope = Scope::of(vec![module(0), module(u64::MAX - 5)]);
    let mut memory = |at: u64, bytes: &mut [u8]| {
        bytes.fill(at as u8);
        if at.is_multiple_of(3) { 0 } else { bytes.len() }
    };
    let _ = scope.resolve(0, Some(&mut memory));
    scope.select(|_, function, _| function.chooses).iter().take(50).for_each(|selected| {
        let _ = scope.implementation(selected, &mut memory);
    });
}

/// The files that are made wrong: the vDSO, and where there is a compiler a small library with all tables.
fn files() -> Vec<Vec<u8>> {
    static LIBRARY: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    let library = LIBRARY.get_or_init(|| {
        let made = Made::new();
        let source = r#"
            extern int wanted(int), taken(int);
            int (*kept(void))(int) { return taken; }
            int plain(int n) { return wanted(n) + 1; }
            static int slow(int n) { return n / 2; }
            static int fast(int n) { return n >> 1; }
            static volatile int is_fast;
            static void *choose(void) { return is_fast ? fast : slow; }
            int halved(int) __attribute__((ifunc("choose")));
            int both(int n) { return halved(n) + plain(n); }
            __asm__(".symver plain,twice@V_1");
            __asm__(".symver wanted,wanted@W_1");
        "#;
        std::fs::write(made.path("map"), "V_1 { global: *; }; V_2 { } V_1;").expect("versions");
        let other = "int wanted(int n) { return n; } int taken(int n) { return n; }";
        std::fs::write(made.path("wmap"), "W_1 { global: *; };").expect("versions");
        let options = ["-shared", "-fPIC", "-nostdlib", "-Wl,--hash-style=both", "-Wl,-z,noseparate-code"];
        let with = |more: &[&'static str]| [&options, more].concat();
        let is_made = made.cc("libother.so", other, &with(&["-Wl,--version-script=wmap"]))
            && made.cc("small.so", source, &with(&["-Wl,--version-script=map", "-L.", "-lother"]));
        is_made.then(|| std::fs::read(made.path("small.so")).expect("a library"))
    });
    library.iter().cloned().chain(own_vdso()).collect()
}

#[test]
fn the_files_themselves_are_read() {
    for file in files() {
        let object = Object::of(Elf::of_memory(file.as_slice().into()).expect("an ELF file"), None);
        assert!(!object.functions.is_empty());
        let wants: Vec<_> = object.imports.iter().map(|it| it.version.as_ref().map(|it| it.file.is_some())).collect();
        println!("{} bytes, {} functions, {wants:?}", file.len(), object.functions.len());
        ask(&file);
    }
}

proptest! {
    #[test]
    fn wrong_bytes_are_survived(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        cut: prop::sample::Index,
    ) {
        for mut bytes in files() {
            changes.iter().for_each(|(at, byte)| *at.get_mut(&mut bytes) = *byte);
            ask(&bytes);
            bytes.truncate(cut.index(bytes.len()));
            ask(&bytes);
        }
    }

    /// Words of the tables: counts, sizes, offsets and addresses that are huge, or those of something else.
    #[test]
    fn wrong_words_are_survived(
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![any::<u64>(), 0u64..0x4000, u64::MAX - 8..=u64::MAX]), 1..6),
    ) {
        for mut bytes in files() {
            for (at, word) in &changes {
                let at = at.index(bytes.len() / 8 - 1) * 8;
                bytes[at..at + 8].copy_from_slice(&word.to_ne_bytes());
            }
            ask(&bytes);
        }
    }
}

#[test]
fn code_at_the_end_of_all_addresses_is_survived() {
    for mut bytes in files() {
        // The addresses of all segments: the third word of each header of 56 bytes, behind the header of the file.
        for header in bytes[64..64 + 9 * 56].chunks_exact_mut(56) {
            header[16..24].copy_from_slice(&(u64::MAX - 20).to_ne_bytes());
        }
        ask(&bytes);
        let Some(file) = Elf::of_memory(bytes.as_slice().into()) else { continue };
        let object = Object::of(file, None);
        for address in u64::MAX - 24..=u64::MAX {
            let _ = (place(&object, address, Arguments::ALL), choosable(&object, address));
        }
    }
}
