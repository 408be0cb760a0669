//! `tidy`: the habits of this code that a compiler does not check. Every rule gives `file:line: what is wrong`, and all are
//! shown at once. It runs as a test too, so that nobody can forget it.

mod dependencies;
mod layers;
mod source;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use object::{Object, ObjectSymbol};

use crate::command::root;

/// Lines of a Rust file.
const LONG: usize = 500;

/// Lines of a file that is mostly a table.
const LONG_TABLE: usize = 900;

/// Files (or folders) that are tables, and why they are longer than others.
const TABLES: &[(&str, &str)] =
    &[("tracer/src/schema/", "the rows, constants and structures of one family belong together")];

/// `cargo xtask tidy`
pub fn main() -> Result<ExitCode> {
    let arrows = check()?;
    println!("tidy: nothing to complain about; {arrows} arrows between rooms");
    Ok(ExitCode::SUCCESS)
}

/// The oldest Rust that must compile everything.
pub fn minimum_rust() -> Result<String> {
    dependencies::minimum_rust()
}

/// All rules; the complaints as one error. Gives the number of arrows between rooms of the library.
pub fn check() -> Result<usize> {
    let mut files = Vec::new();
    walk(root(), &mut files)?;
    let mut bad = Vec::new();
    let mut library = layers::Files::new();
    for path in &files {
        let name = path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned();
        let Ok(text) = fs::read_to_string(path) else { continue };
        if name.ends_with(".rs") {
            rust(&name, &text, &mut bad);
        }
        everywhere(&name, &text, &mut bad);
        if let Some(inside) = name.strip_prefix("tracer/src/").filter(|inside| inside.ends_with(".rs")) {
            library.insert(inside.to_owned(), text);
        }
    }
    let (complaints, arrows) = layers::check(&library);
    bad.extend(complaints);
    for licence in ["LICENSE-APACHE", "LICENSE-MIT", "tracer-ebpf/LICENSE-GPL2"] {
        if !root().join(licence).is_file() {
            bad.push(format!("{licence}: missing"));
        }
    }
    object(&mut bad)?;
    dependencies::check(&mut bad)?;
    if !bad.is_empty() {
        bail!("{} complaints\n{}", bad.len(), bad.join("\n"));
    }
    Ok(arrows.len())
}

/// Lints that are silenced for ever, and where. What is expected is a message that the compiler makes for each place first: of the 20,000
/// names in the tables that took 80 s.
const SILENCED: &[(&str, &str)] = &[("tracer/src/schema/mod.rs", "non_upper_case_globals")];

/// Rules for Rust files.
fn rust(name: &str, text: &str, bad: &mut Vec<String>) {
    let lines = text.lines().count();
    let table = TABLES.iter().find(|(prefix, _)| name.starts_with(prefix));
    let limit = if table.is_some() { LONG_TABLE } else { LONG };
    if lines > limit {
        bad.push(format!("{name}:{lines}: longer than {limit} lines: split it by meaning"));
    }
    if !text.starts_with("//!") {
        bad.push(format!("{name}:1: no module documentation"));
    }
    for (at, line) in (1..).zip(text.lines()) {
        let silenced = line.contains(concat!("#[", "allow(")) || line.contains(concat!("#![", "allow("));
        if silenced && !SILENCED.iter().any(|(file, lint)| *file == name && line.contains(lint)) {
            bad.push(format!("{name}:{at}: a lint is silenced for ever; `#[expect(.., reason = \"...\")]` tells when it is not needed"));
        }
        if line.trim_start().starts_with(concat!("#[", "ignore")) {
            bad.push(format!("{name}:{at}: nobody sees what never runs: skip at run time, with the reason"));
        }
    }
}

/// Whether `code` has the word, not as the end of a longer one.
fn mentions(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// Rules for every text.
fn everywhere(name: &str, text: &str, bad: &mut Vec<String>) {
    // In pieces, so that this file does not complain about itself.
    let places = [concat!("/", "work/"), concat!("/", "root/"), concat!("/", "home/")];
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    for (at, line) in (1..).zip(text.lines()) {
        if words.iter().any(|word| mentions(line, word)) && !line.contains('#') {
            bad.push(format!("{name}:{at}: work left over without the number of its issue"));
        }
        let path = |place: &&str| {
            line.match_indices(*place)
                .any(|(i, _)| !line[..i].ends_with(|c: char| c.is_alphanumeric() || "._-}".contains(c)))
        };
        if let Some(place) = places.iter().find(|place| path(place)) {
            bad.push(format!("{name}:{at}: a path of someone's machine ({place})"));
        }
        if line.ends_with([' ', '\t']) && !name.contains("test") {
            bad.push(format!("{name}:{at}: blanks at the end of the line"));
        }
    }
}

/// No function of the kernel side can panic: no kernel would load it.
fn object(bad: &mut Vec<String>) -> Result<()> {
    for name in crate::ebpf::OBJECTS {
        let Ok(bytes) = fs::read(crate::ebpf::committed(name)) else {
            bad.push(format!("tracer-ebpf/prebuilt/{name}.bpf.o: missing; `cargo xtask ebpf` builds it"));
            continue;
        };
        for symbol in panics(&bytes).with_context(|| format!("{name}.bpf.o is not an ELF object"))? {
            bad.push(format!("{name}.bpf.o: has {symbol}"));
        }
    }
    Ok(())
}

/// The symbols of an ELF object that belong to panics.
pub fn panics(bytes: &[u8]) -> Result<Vec<String>> {
    let object = object::read::elf::ElfFile64::<object::Endianness>::parse(bytes)?;
    let names = object.symbols().filter_map(|symbol| symbol.name().ok().map(str::to_owned));
    Ok(names.filter(|name| name.contains("panic") || name.contains("rust_begin_unwind")).collect())
}

/// Every text file that is ours: hidden folders and build output are not.
fn walk(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "golden" {
                walk(&path, files)?;
            }
        } else if [".rs", ".toml", ".md", ".test", ".txt", ".c", ".json", ".sh"].iter().any(|end| name.ends_with(end)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() {
        if let Err(error) = check() {
            panic!("{error:#}");
        }
    }

    fn complaints(name: &str, text: &str) -> Vec<String> {
        let mut bad = Vec::new();
        rust(name, text, &mut bad);
        everywhere(name, text, &mut bad);
        bad
    }

    #[test]
    fn rules_find_what_they_are_for() {
        let check = |name: &str, text: &str, expected: &str| {
            let found = complaints(name, text);
            assert!(found.len() == 1 && found[0].contains(expected), "{text:?} gave {found:?}, expected {expected:?}");
        };
        check("tracer/src/cli/a.rs", "use x;\n", "no module documentation");
        check("xtask/src/a.rs", concat!("//! D\n#[", "allow(dead_code)]\n"), "silenced");
        check("xtask/src/a.rs", concat!("//! D\n// TO", "DO later\n"), "without the number");
        check("xtask/src/a.rs", concat!("//! D\n// see /", "work/x\n"), "someone's machine");
        check("xtask/src/a.rs", &format!("//! D\n{}", "//\n".repeat(500)), "longer than 500");
    }

    #[test]
    fn rules_leave_good_code_alone() {
        let table = format!("//! D\n{}", "//\n".repeat(500));
        for (name, text) in
            [("xtask/src/a.rs", concat!("//! D\n// TO", "DO(#12) later\n")), ("tracer/src/schema/a.rs", table.as_str())]
        {
            assert_eq!(complaints(name, text), Vec::<String>::new(), "{text:?}");
        }
    }
}
