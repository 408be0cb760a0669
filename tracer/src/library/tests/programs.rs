//! Programs and libraries that the compiler makes here.

use std::process::Command;

use super::super::dynamic::Text;
use super::super::modules::{Loaded, Objects};
use super::super::object::{Binding, Kind, Object};
use super::super::place::{Arguments, Cost, Refused, place};
use super::super::resolve::{Module, Reach, Scope, Target};
use super::{Made, Waits};
use crate::stack::elf::Elf;
use crate::system::procfs::who::Who;

/// A program that calls two libraries, and waits behind a byte of output.
const PROGRAM: &str = r#"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
    char *copy = malloc(100);
    memcpy(copy, argv[0], strlen(argv[0]) + 1);
    write(1, copy, 1);
    read(0, copy, argc);
    free(copy);
    return getenv("HOME") != 0;
}
"#;

fn words(list: &[Text]) -> Vec<String> {
    list.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

fn wanted(object: &Object) -> Vec<String> {
    let mut found: Vec<String> =
        object.imports.iter().map(|it| String::from_utf8_lossy(&it.name).into_owned()).collect();
    found.sort();
    found
}

#[test]
fn a_program_tells_what_it_is_and_what_it_calls_however_it_was_linked() {
    let made = Made::new();
    let kinds: [(&str, &[&str], Kind); 9] = [
        ("plain", &[], Kind::Pie),
        ("fixed", &["-no-pie", "-fno-pie"], Kind::Fixed),
        ("now", &["-Wl,-z,now"], Kind::Pie),
        ("lazy", &["-Wl,-z,lazy"], Kind::Pie),
        ("without", &["-fno-plt"], Kind::Pie),
        ("guarded", &["-fcf-protection=full", "-Wl,-z,ibtplt"], Kind::Pie),
        ("stripped", &["-s"], Kind::Pie),
        ("whole", &["-static"], Kind::Static),
        ("moved", &["-static-pie"], Kind::StaticPie),
    ];
    let calls = ["free", "getenv", "malloc", "memcpy", "read", "strlen", "write"];
    for (name, options, kind) in kinds {
        if cfg!(not(target_arch = "x86_64")) && name == "guarded" {
            continue;
        }
        // Else the compiler calls nothing.
        let options = [options, &["-fno-builtin"]].concat();
        if !made.cc(name, PROGRAM, &options) {
            return;
        }
        let object = made.object(name);
        assert_eq!(object.kind, kind, "{name}");
        assert!(!object.go && !object.rust, "{name}");
        let main = object.functions.iter().find(|it| it.names.iter().any(|name| *name.text == *b"main"));
        assert_eq!(main.is_some(), name != "stripped", "{name}");
        if let Some(main) = main {
            let placement = place(&object, main.address, Arguments::ALL).expect("a place");
            assert!(cfg!(not(target_arch = "x86_64")) || placement.cost == Cost::Emulated, "{name}: {placement:?}");
            assert_eq!(object.file.offset_of(main.address).map(|at| at + placement.slid), Some(placement.offset));
        }
        if [Kind::Static, Kind::StaticPie].contains(&kind) {
            assert!(object.imports.is_empty() && object.needed.is_empty() && !object.choices.is_empty(), "{name}");
            assert!(object.choices.iter().all(|choice| object.is_code(choice.by)), "{name}");
            continue;
        }
        assert_eq!(words(&object.needed), ["libc.so.6"], "{name}");
        let found = wanted(&object);
        let missing: Vec<_> = calls.iter().filter(|call| !found.iter().any(|it| it == *call)).collect();
        assert!(missing.is_empty(), "{name}: no {missing:?} in {found:?}");
        let malloc = object.imported(b"malloc").next().expect("an import");
        let version = malloc.version.as_ref().expect("a version");
        assert!(version.name.starts_with(b"GLIBC_2."), "{name}: {version:?}");
        assert_eq!(version.file.as_deref(), Some(&b"libc.so.6"[..]), "{name}");
        assert!(!malloc.own && !malloc.weak, "{name}");
        assert_eq!(malloc.lazy, name != "without", "{name}");
        if ["now", "lazy"].contains(&name) {
            assert_eq!(object.now, name == "now", "{name}");
        }
        let data = place(&object, malloc.slot, Arguments::ALL).expect_err("a slot");
        assert_eq!(data, Refused::NotCode(malloc.slot));
    }
}

/// Versions, two names of one address, a weak and a hidden one, an IFUNC with a resolver of its own, and C++.
const LIBRARY: &str = r#"
int old(int n) { return n + 1; }
int new(int n) { return n * 3; }
__asm__(".symver old,twice@V_1\n.symver new,twice@@V_2");
int plain(int n) { return n - 1; }
extern __typeof(plain) other __attribute__((alias("plain")));
extern __typeof(plain) feeble __attribute__((weak, alias("plain")));
__attribute__((visibility("hidden"))) int within(int n) { return n ^ 5; }
int _ZN4tool3runEi(int n) { return within(n); }
static int slow(int n) { return n / 2; }
static int fast(int n) { return n >> 1; }
static volatile int is_fast;
static void *choose(void) { return is_fast ? fast : slow; }
int halved(int) __attribute__((ifunc("choose")));
"#;

const VERSIONS: &str = "V_1 { global: twice; plain; other; feeble; halved; _ZN4tool3runEi; local: old; new; }; V_2 { global: twice; } V_1;";

fn library(made: &Made) -> bool {
    std::fs::write(made.path("map"), VERSIONS).expect("versions");
    made.cc("libtool.so", LIBRARY, &["-shared", "-fPIC", "-Wl,--version-script=map", "-Wl,-soname,libtool.so.1"])
}

#[test]
fn a_library_tells_its_functions_by_all_their_names_and_versions() {
    let made = Made::new();
    if !library(&made) {
        return;
    }
    let object = made.object("libtool.so");
    assert_eq!((object.kind, object.soname.as_deref()), (Kind::Library, Some(&b"libtool.so.1"[..])));
    let names = |of: &[u8]| -> Vec<String> { object.exported(of).map(|(_, name)| name.to_string()).collect() };
    let mut twice = names(b"twice");
    twice.sort();
    assert_eq!(twice, ["twice@@V_2", "twice@V_1"]);
    assert!(names(b"within").is_empty() && names(b"old").is_empty() && names(b"nothing").is_empty());
    let definition = |name: &[u8], version: Option<&[u8]>| object.definition(name, version).map(|it| it.address);
    let (first, second) = (definition(b"twice", Some(b"V_1")), definition(b"twice", Some(b"V_2")));
    assert!(first.is_some() && second.is_some() && first != second);
    assert_eq!(definition(b"twice", Some(b"V_3")), None);
    // Version 2 of the file is its first own, which is what a program without versions was linked with.
    assert_eq!(definition(b"twice", None), first);
    let plain = object.definition(b"plain", Some(b"V_1")).expect("the function");
    let mut aliases: Vec<String> = plain.names.iter().map(ToString::to_string).collect();
    aliases.sort();
    assert_eq!(aliases, ["feeble@@V_1", "other@@V_1", "plain@@V_1"]);
    let binding = |name: &[u8]| plain.names.iter().find(|it| *it.text == *name).map(|it| it.binding);
    assert_eq!((binding(b"plain"), binding(b"feeble")), (Some(Binding::Global), Some(Binding::Weak)));
    assert!(plain.size > 0 && !plain.chooses);
    let within = object.functions.iter().flat_map(|it| &it.names).find(|name| *name.text == *b"within");
    assert!(within.is_some_and(|name| !name.exported && name.binding == Binding::Local));
    let run = object.exported(b"_ZN4tool3runEi").next().expect("the function").1;
    assert_eq!(String::from_utf8_lossy(&run.demangled()), "tool::run(int)");
    let (halved, _) = object.exported(b"halved").next().expect("the function");
    assert!(halved.chooses);
    let local = |name: &[u8]| object.functions.iter().find(|it| it.names.iter().any(|is| *is.text == *name));
    let mut between = ["slow", "fast"].map(|name| local(name.as_bytes()).expect("a function").address);
    between.sort_unstable();
    if cfg!(target_arch = "x86_64") {
        assert_eq!(super::super::place::choosable(&object, halved.address), between);
    }
}

#[test]
fn a_file_without_sections_tells_the_same() {
    let made = Made::new();
    for style in ["gnu", "sysv", "both"] {
        let hash = format!("-Wl,--hash-style={style}");
        if !made.cc("libuses.so", USER, &["-shared", "-fPIC", &hash, "-Wl,-soname,uses"]) {
            return;
        }
        let mut bytes = std::fs::read(made.path("libuses.so")).expect("a library");
        let names = |bytes: &[u8]| -> (Vec<String>, usize) {
            let object = Object::of(Elf::of_memory(bytes.into()).expect("an ELF file"), None);
            let names = object.functions.iter().flat_map(|it| &it.names).filter(|name| name.exported);
            (names.map(ToString::to_string).collect(), object.imports.len())
        };
        let (all, imports) = names(&bytes);
        assert!(all.contains(&"later".to_owned()) && imports >= 5, "{all:?}, {imports}");
        // e_shoff, e_shnum of the header
        bytes[0x28..0x30].fill(0);
        bytes[0x3c..0x3e].fill(0);
        assert_eq!(names(&bytes), (all, imports), "{style}");
    }
}

#[test]
fn go_and_rust_and_what_was_stripped() {
    let made = Made::new();
    let go = "__attribute__((section(\".go.buildinfo\"))) int info = 1; int main(void) { return 0; }";
    if !made.cc("go", go, &[]) {
        return;
    }
    assert!(made.object("go").go);
    let own = super::object(&std::env::current_exe().expect("our path")).expect("an ELF file");
    assert!(own.rust && !own.go);
    let run = |program: &str, options: &[&str]| {
        let status = Command::new(program).args(options).current_dir(made.0.path()).status().expect("binutils");
        assert!(status.success(), "{program} {options:?}");
    };
    run("objcopy", &["--only-keep-debug", "go", "go.debug"]);
    run("strip", &["go"]);
    let has_main =
        |object: &Object| object.functions.iter().any(|it| it.names.iter().any(|name| *name.text == *b"main"));
    let open = |name: &str| Elf::of_file(std::fs::File::open(made.path(name)).expect("a file")).expect("an ELF file");
    assert!(!has_main(&Object::of(open("go"), None)));
    assert!(has_main(&Object::of(open("go"), Some(&open("go.debug")))));
}

#[test]
fn our_own_functions_are_where_they_are() {
    let loaded = Objects::default().loaded(Who::Myself).expect("ourselves");
    let scope = Scope::of(loaded.modules);
    let named = |address: u64| -> Vec<String> {
        let target = scope.target(address).expect("code");
        scope
            .function(target)
            .expect("a function")
            .names
            .iter()
            .map(|name| String::from_utf8_lossy(&name.text).into_owned())
            .collect()
    };
    assert!(named(libc::getpid as *const () as u64).contains(&"getpid".to_owned()));
    assert!(named(libc::malloc as *const () as u64).contains(&"malloc".to_owned()));
    let own = named(our_own_functions_are_where_they_are as *const () as u64);
    assert!(own.iter().any(|name| name.contains("our_own_functions")), "{own:?}");
    assert_eq!(scope.target(1), None);
}

fn process(program: &mut Command) -> Option<(Waits, Scope, u32)> {
    let child = Waits::begun(program)?;
    let id = child.0.id();
    let Loaded { modules, unread } = Objects::default().loaded(Who::Id(id)).expect("a process");
    assert!(unread.is_empty(), "{unread:?}");
    Some((child, Scope::of(modules), id))
}

/// The process's memory.
pub(super) fn memory(id: u32) -> impl FnMut(u64, &mut [u8]) -> usize {
    use std::os::unix::fs::FileExt;
    let file = Who::Id(id).memory().expect("its memory");
    move |at, bytes| file.read_at(bytes, at).unwrap_or(0)
}

fn named(scope: &Scope, name: &[u8]) -> usize {
    scope.modules().iter().position(|module| module.object.is_called(name, &module.path)).expect("a module")
}

const USER: &str = r#"
#include <unistd.h>
int twice(int);
int halved(int);
int plain(int);
int later(int n) { return plain(n) + halved(n); }
int main(int argc, char **argv) {
    char byte = '0' + twice(argc);
    write(1, &byte, 1);
    read(0, &byte, 1);
    return later(argc);
}
"#;

#[test]
fn calls_reach_what_the_slots_hold_and_else_what_the_linker_will_find() {
    let made = Made::new();
    if !library(&made) {
        return;
    }
    std::fs::copy(made.path("libtool.so"), made.path("libtool.so.1")).expect("a copy");
    let here = format!("-Wl,-rpath,{}", made.0.path().display());
    let mut all: Vec<(&str, Vec<&str>)> =
        vec![("now", vec!["-Wl,-z,now"]), ("lazy", vec!["-Wl,-z,lazy"]), ("fixed", vec!["-no-pie", "-Wl,-z,lazy"])];
    all.push(("without", vec!["-fno-plt"]));
    for (name, options) in all {
        let options = [options.as_slice(), &["-L.", "-ltool", &here]].concat();
        if !made.cc(name, USER, &options) {
            return;
        }
        let (_child, scope, id) = process(&mut Command::new(made.path(name))).expect("a process");
        let (program, tool) = (named(&scope, name.as_bytes()), named(&scope, b"libtool.so.1"));
        assert_eq!(scope.order()[..2], [program, tool], "{name}");
        let object = &scope.modules()[tool].object;
        let at = |name: &[u8], version: &[u8]| object.definition(name, Some(version)).expect("a function").address;
        let target = |address: u64| Target { module: tool, address };
        let reach = |of: &[u8], memory: &mut crate::stack::Memory<'_>| {
            let import = scope.modules()[program].object.imported(of).next().expect("an import");
            scope.reach(program, import, memory)
        };
        let (twice, plain) = (target(at(b"twice", b"V_2")), target(at(b"plain", b"V_1")));
        let local = |name: &[u8]| object.functions.iter().find(|it| it.names.iter().any(|is| *is.text == *name));
        let slow = target(local(b"slow").expect("the function").address);
        let fast = target(local(b"fast").expect("the function").address);
        let mut read = memory(id);
        let lazy = ["lazy", "fixed"].contains(&name);
        assert_eq!(reach(b"twice", &mut read), Reach::Bound(twice), "{name}");
        let expected = if lazy { Reach::ByScope(plain) } else { Reach::Bound(plain) };
        assert_eq!(reach(b"plain", &mut read), expected, "{name}");
        let mut both = vec![slow, fast];
        both.sort_unstable();
        let candidates = if cfg!(target_arch = "x86_64") {
            Reach::Candidates(both)
        } else {
            Reach::Unchosen(target(at(b"halved", b"V_1")))
        };
        let expected = if lazy { candidates.clone() } else { Reach::Bound(slow) };
        assert_eq!(reach(b"halved", &mut read), expected, "{name}");
        // Without memory all of it goes by the rule.
        let mut none = |_: u64, _: &mut [u8]| 0;
        assert_eq!(reach(b"twice", &mut none), Reach::ByScope(twice), "{name}");
        assert_eq!(reach(b"halved", &mut none), candidates, "{name}");
        // A slot that leads nowhere.
        let mut wrong = |_: u64, bytes: &mut [u8]| {
            bytes.copy_from_slice(&1u64.to_ne_bytes());
            bytes.len()
        };
        assert_eq!(reach(b"twice", &mut wrong), Reach::Elsewhere(1), "{name}");
        let all = scope.resolve(program, Some(&mut read));
        assert_eq!(all.len(), scope.modules()[program].object.imports.len());
        let picked =
            scope.select(|module, _, name| module.object.is_called(b"libtool.so.1", &module.path) && name.exported);
        assert_eq!(picked.len(), 5, "{name}: one for all names of plain");
    }
}

#[test]
fn the_first_in_the_scope_is_found_and_what_was_preloaded_is_one_of_several() {
    let made = Made::new();
    let function = "int shared(int n) { return n + 1; }";
    let shared = ["-shared", "-fPIC"];
    if !made.cc("liba.so", function, &shared) || !made.cc("libb.so", function, &shared) {
        return;
    }
    let program = "int shared(int); int main(void) { return shared(1); }";
    assert!(made.cc("uses", program, &["-Wl,--no-as-needed", "-L.", "-la", "-lb"]));
    assert!(made.cc("neither", "int main(void) { return 0; }", &[]));
    let module = |name: &str| Module {
        path: made.path(name).as_os_str().as_encoded_bytes().into(),
        bias: 0,
        object: made.object(name).into(),
    };
    let reach = |names: &[&str]| {
        let scope = Scope::of(names.iter().map(|name| module(name)).collect());
        let import = scope.modules()[0].object.imported(b"shared").next().expect("an import").clone();
        scope.reach(0, &import, &mut |_, _| 0)
    };
    let address = made.object("liba.so").exported(b"shared").next().expect("the function").0.address;
    let target = |module: usize| Target { module, address };
    assert_eq!(reach(&["uses", "liba.so", "libb.so"]), Reach::ByScope(target(1)));
    assert_eq!(
        reach(&["uses", "libb.so", "liba.so"]),
        Reach::ByScope(target(2)),
        "by the order in which they are needed"
    );
    assert_eq!(reach(&["uses"]), Reach::Nowhere);
    assert!(made.cc("libother.so", function, &["-shared", "-fPIC"]));
    let several = reach(&["uses", "liba.so", "libb.so", "libother.so"]);
    assert_eq!(several, Reach::Candidates(vec![target(1), target(3)]));
}

#[test]
fn a_process_of_this_machine_calls_into_its_libc() {
    let made = Made::new();
    let python = Command::new("python3").arg("-c").arg("").output();
    let script = "import sys, time; sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read(1)";
    let mut programs = Vec::new();
    match python {
        Ok(output) if output.status.success() => {
            let mut command = Command::new("python3");
            command.args(["-c", script]);
            programs.push(command);
        }
        _ => println!("SKIP python3: it does not run"),
    }
    if made.cc("own", PROGRAM, &["-fno-builtin", "-Wl,-z,now"]) {
        programs.push(Command::new(made.path("own")));
    }
    for mut command in programs {
        let Some((_child, scope, id)) = process(&mut command) else { continue };
        let mut read = memory(id);
        let libc = named(&scope, b"libc.so.6");
        let mut seen = 0;
        for (number, module) in scope.modules().iter().enumerate() {
            for name in ["malloc", "free", "strlen", "memcpy"] {
                let Some(import) = module.object.imported(name.as_bytes()).next() else { continue };
                let mut bytes = [0; 8];
                assert_eq!(read(module.in_process(import.slot), &mut bytes), 8);
                let held = u64::from_ne_bytes(bytes);
                let path = String::from_utf8_lossy(&module.path);
                match scope.reach(number, import, &mut read) {
                    Reach::Bound(target) if held == scope.modules()[target.module].in_process(target.address) => {
                        let of = String::from_utf8_lossy(&scope.modules()[target.module].path).into_owned();
                        assert!(target.module == libc || of.contains("ld-linux"), "{name} of {path} is in {of}");
                    }
                    // Not bound yet, or bound through another module's slot.
                    Reach::Bound(target) => assert_eq!(target.module, libc, "{name} of {path}"),
                    Reach::ByScope(target) => assert_eq!(target.module, libc, "{name} of {path}"),
                    other => panic!("{name} of {path}: {other:?}, the slot holds {held:#x}"),
                }
                seen += 1;
            }
        }
        assert!(seen >= 4, "{seen} imports");
        // What libc chose for itself is known, whoever asks.
        let strlen = scope.select(|module, function, name| {
            module.object.is_called(b"libc.so.6", &module.path) && function.chooses && *name.text == *b"strlen"
        });
        for selected in &strlen {
            let Reach::Bound(target) = scope.implementation(selected, &mut read) else { panic!("not bound") };
            assert!(target.module == libc && target.address != selected.function.address);
            let one = Arguments { integers: 1, vectors: 0, counted: false };
            println!("strlen: {:?}", place(&scope.modules()[libc].object, target.address, one));
        }
        assert!(cfg!(not(target_arch = "x86_64")) || !strlen.is_empty());
    }
}

/// What the dynamic linker has bound is what its rule says, for every slot of every file: of a process with many libraries, some of them
/// loaded later.
#[test]
fn what_is_bound_is_what_the_rule_finds() {
    let script =
        "import sys, ssl, sqlite3, zlib, ctypes, json; sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read(1)";
    let mut python = Command::new("python3");
    if !python.args(["-c", "import ssl, sqlite3, zlib, ctypes"]).output().is_ok_and(|output| output.status.success()) {
        return println!("SKIP what_is_bound_is_what_the_rule_finds: python3 does not run, or lacks modules");
    }
    let Some((_child, scope, id)) = process(Command::new("python3").args(["-c", script])) else { return };
    let mut read = memory(id);
    let (mut same, mut chosen, mut unbound, mut differs) = (0, 0, 0, Vec::new());
    for (number, module) in scope.modules().iter().enumerate() {
        let held = scope.resolve(number, Some(&mut read));
        let ruled = scope.resolve(number, None);
        for (import, (held, ruled)) in module.object.imports.iter().zip(held.iter().zip(&ruled)) {
            match (held, ruled) {
                (Reach::Bound(is), Reach::ByScope(rule)) if is == rule => same += 1,
                (Reach::Bound(is), Reach::Candidates(list)) if list.contains(is) => chosen += 1,
                // The vDSO is chosen.
                (Reach::Elsewhere(_), Reach::Candidates(_)) => chosen += 1,
                (Reach::Bound(_) | Reach::Elsewhere(_), _) => {
                    let path = String::from_utf8_lossy(&module.path).into_owned();
                    differs.push(format!("{:?} of {path}: {held:?}, {ruled:?}", import.name));
                }
                _ => unbound += 1,
            }
        }
    }
    let modules = scope.modules().len();
    println!("{modules} modules: {same} bound by the rule, {chosen} one of several, {unbound} not bound, {differs:?}");
    assert!(same > 500 && differs.is_empty(), "{same} {differs:?}");
}

#[test]
fn a_program_with_everything_in_it_has_chosen_for_itself() {
    let made = Made::new();
    for (name, how) in [("whole", "-static"), ("moved", "-static-pie")] {
        if !made.cc(name, PROGRAM, &["-fno-builtin", how]) {
            return;
        }
        let (_child, scope, id) = process(&mut Command::new(made.path(name))).expect("a process");
        assert_eq!(scope.modules().len(), 1, "{name}");
        let strlen = scope.select(|_, _, name| *name.text == *b"strlen");
        let [selected] = strlen[..] else { panic!("{name}: {strlen:?}") };
        let reach = scope.implementation(&selected, &mut memory(id));
        if cfg!(target_arch = "x86_64") {
            let Reach::Bound(target) = reach else { panic!("{name}: {reach:?}") };
            let found = scope.function(target).expect("the function").names.iter().map(ToString::to_string);
            assert!(found.clone().any(|name| name.starts_with("__strlen_")), "{name}: {:?}", found.collect::<Vec<_>>());
        }
        let malloc = scope.select(|_, _, name| *name.text == *b"malloc");
        assert!(matches!(scope.implementation(&malloc[0], &mut memory(id)), Reach::ByScope(_)), "{name}");
    }
}
