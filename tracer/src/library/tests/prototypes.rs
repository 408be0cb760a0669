//! Prototypes against the machine's own libraries: what has a row is there to be called, and what programs call has a row.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::machine::listed;
use crate::schema::prototypes::{Block, FAMILIES, find};

/// Where libraries lie.
const DIRECTORIES: [&str; 4] = ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib"];

/// Files that the C library consists of, with those that others call its own.
const LIBC: [&str; 5] = ["libm.so.6", "ld-linux-x86-64.so.2", "libcrypt.so.1", "libgcc_s.so.1", "libstdc++.so.6"];

/// Names that this machine's libraries may lack: those of later or earlier versions, of other C libraries, and of macros that some have as
/// functions.
const ELSEWHERE: &[&str] = &[
    "SSL_library_init",
    "SSL_load_error_strings",
    "SSL_get_peer_certificate",
    "SSLv23_client_method",
    "SSLv23_method",
    "SSLv23_server_method",
    "__cxa_call_terminate",
    "__strlcat_chk",
    "__strlcpy_chk",
    "at_quick_exit",
    "atexit",
    "curl_ws_recv",
    "curl_ws_send",
    "gnutls_free",
    "gnutls_malloc",
    "sigsetjmp",
    "strlcat",
    "strlcpy",
];

/// The names that a library's functions have, without their versions.
fn exported(name: &str) -> Option<HashSet<String>> {
    let path = DIRECTORIES.iter().map(|it| Path::new(it).join(name)).find(|it| it.exists());
    let bare = |name: &str| name.split('@').next().unwrap_or(name).to_owned();
    let names = path.as_deref().and_then(listed).map(|all| all.iter().map(|(name, _)| bare(name)).collect());
    if names.is_none() {
        println!("SKIP {name}: not on this machine, or no readelf");
    }
    names
}

#[test]
fn what_has_a_row_is_a_function_of_its_library() {
    for (library, tables) in FAMILIES {
        let Some(mut there) = exported(library) else { continue };
        if *library == "libc.so.6" {
            there.extend(LIBC.iter().filter_map(|it| exported(it)).flatten());
        }
        let names = || tables.iter().copied().flatten().map(|it| it.row.name);
        // The C23 names came with glibc 2.38.
        let elsewhere = |name: &str| ELSEWHERE.contains(&name) || name.starts_with("__isoc23_");
        let absent: Vec<_> = names().filter(|name| !there.contains(*name) && !elsewhere(name)).collect();
        println!("{library}: {} rows", names().count());
        assert!(absent.is_empty(), "{library} lacks {absent:?}");
    }
}

/// How many programs of /usr/bin import each name.
fn imports() -> Option<HashMap<String, usize>> {
    let programs: Vec<PathBuf> = std::fs::read_dir("/usr/bin").ok()?.flatten().map(|it| it.path()).collect();
    let mut counts = HashMap::new();
    for some in programs.chunks(100) {
        let output = Command::new("readelf").args(["-W", "--dyn-syms"]).args(some).env("LC_ALL", "C").output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut seen = HashSet::new();
        for line in text.lines() {
            if line.starts_with("File: ") {
                seen.clear();
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            let [_, _, _, "FUNC" | "IFUNC" | "NOTYPE", _, _, "UND", name, ..] = words[..] else { continue };
            let name = name.split('@').next().unwrap_or(name);
            if seen.insert(name.to_owned()) {
                *counts.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
    Some(counts)
}

#[test]
fn most_of_what_programs_call_of_the_c_library_has_a_row() {
    let Some(imports) = imports() else { return println!("SKIP: no readelf") };
    for (library, least) in [
        ("libc.so.6", 0.97),
        ("libm.so.6", 0.97),
        ("libz.so.1", 0.9),
        ("libssl.so.3", 0.0),
        ("libcrypto.so.3", 0.0),
        ("libgnutls.so.30", 0.0),
        ("libcurl.so.4", 0.0),
        ("libsqlite3.so.0", 0.0),
        ("libstdc++.so.6", 0.0),
    ] {
        let Some(names) = exported(library) else { continue };
        let wanted: Vec<(&str, usize)> = names.iter().filter_map(|it| Some((it.as_str(), *imports.get(it)?))).collect();
        let known = || wanted.iter().filter(|(name, _)| find(name.as_bytes()).is_some());
        let weight = |of: &mut dyn Iterator<Item = &(&str, usize)>| of.map(|(_, count)| count).sum::<usize>();
        let all = weight(&mut wanted.iter());
        let share = weight(&mut known()) as f64 / all.max(1) as f64;
        println!("{library}: {} of {} names, {share:.3} of {all} imports", known().count(), wanted.len());
        // A machine with few programs says little.
        assert!(all < 300 || share >= least, "{library}: {share}");
    }
}

/// What a library calls a function that gives blocks of memory, or takes them back, begins or ends so.
fn allocates(name: &str) -> bool {
    const WHOLE: [&str; 5] = ["free", "cfree", "mmap", "munmap", "mremap"];
    const WORDS: [&str; 13] = [
        "malloc",
        "calloc",
        "realloc",
        "reallocarray",
        "aligned_alloc",
        "memalign",
        "valloc",
        "strdup",
        "strndup",
        "wcsdup",
        "asprintf",
        "getline",
        "getdelim",
    ];
    const OPERATORS: [&str; 4] = ["_Znw", "_Zna", "_Zdl", "_Zda"];
    let bare = name.trim_start_matches('_').trim_start_matches("libc_").trim_end_matches("_chk").trim_end_matches("64");
    WHOLE.contains(&bare)
        || WORDS.iter().any(|word| bare == *word || bare.len() == word.len() + 1 && bare.ends_with(word))
        || OPERATORS.iter().any(|word| name.starts_with(word))
}

/// One that comes with a newer library has no row yet, and is told here.
#[test]
fn what_allocates_has_a_row_that_says_so() {
    // Fields are lines of streams to stdio itself; a hook is a variable.
    const OTHERS: [&str; 2] = ["_IO_getline", "_IO_getline_info"];
    for library in ["libc.so.6", "libstdc++.so.6"] {
        let Some(there) = exported(library) else { continue };
        let named: Vec<&String> = there.iter().filter(|it| allocates(it) && !OTHERS.contains(&it.as_str())).collect();
        println!("{library}: {} functions of blocks", named.len());
        let silent = |name: &&&String| find(name.as_bytes()).is_none_or(|(_, it)| it.block == Block::None);
        let silent: Vec<_> = named.iter().filter(silent).collect();
        assert!(silent.is_empty(), "{library}: no row says that these give or take blocks: {silent:?}");
        assert!(named.len() >= 20, "{library}: {named:?}");
    }
}
