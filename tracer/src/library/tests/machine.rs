//! The machine's own libraries.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use iced_x86::{Decoder, DecoderOptions};

use super::super::place::{Arguments, Cost, Refused, Stop, Why, place};
use super::object;

/// What became of the functions of a library.
#[derive(Debug, Default)]
struct Shares {
    functions: usize,
    entry: usize,
    reached: usize,
    stepped: usize,
    refused: Vec<(String, Refused)>,
    stops: std::collections::BTreeMap<String, usize>,
}

fn shares(path: &Path, arguments: Arguments) -> Option<Shares> {
    let object = object(path)?;
    let mut shares = Shares::default();
    for function in object.functions.iter().filter(|it| !it.chooses && it.names.iter().any(|name| name.exported)) {
        shares.functions += 1;
        match place(&object, function.address, arguments) {
            Ok(placement) if placement.cost == Cost::SingleStep => {
                shares.stepped += 1;
                let Why::Stopped(stop) = placement.why else { panic!("{placement:?} is not explained") };
                *shares.stops.entry(format!("{stop:?}")).or_default() += 1;
                assert!(stop != Stop::Unknown, "{}", function.names[0]);
            }
            Ok(placement) => {
                shares.reached += 1;
                shares.entry += usize::from(placement.slid == 0);
            }
            Err(refused) => shares.refused.push((function.names[0].to_string(), refused)),
        }
    }
    Some(shares)
}

#[test]
fn most_functions_can_be_probed_at_an_instruction_that_the_kernel_emulates() {
    let libraries =
        [("libc.so.6", 0.45), ("libssl.so.3", 0.3), ("libsqlite3.so.0", 0.5), ("libz.so.1", 0.3), ("libm.so.6", 0.3)];
    for (name, least) in libraries {
        let directories = ["/lib/x86_64-linux-gnu", "/lib64", "/usr/lib"];
        let of = |arguments| directories.iter().find_map(|it| shares(&Path::new(it).join(name), arguments));
        let few = Arguments { integers: 2, vectors: 0, counted: false };
        let (Some(all), Some(few)) = (of(Arguments::ALL), of(few)) else {
            println!("SKIP {name}: not on this machine");
            continue;
        };
        let share = |count: usize| count as f64 / all.functions as f64;
        println!(
            "{name}: {} functions, {:.2} at the entry, {:.2} within reach, {:.2} if all had two arguments; refused {:?}, stopped by {:?}",
            all.functions,
            share(all.entry),
            share(all.reached),
            share(few.reached),
            all.refused,
            all.stops,
        );
        assert!(few.reached >= all.reached, "{name}");
        assert!(cfg!(not(target_arch = "x86_64")) || share(all.reached) >= least, "{name}");
        assert!(share(all.refused.len()) < 0.02, "{name}");
    }
}

/// The functions that others can be bound to, as `readelf` lists them: by their names, versions and addresses.
pub(super) fn listed(path: &Path) -> Option<BTreeSet<(String, u64)>> {
    let output = Command::new("readelf").args(["-W", "--dyn-syms"]).arg(path).env("LC_ALL", "C").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, address, _, kind, binding, seen, section, name, ..] = words[..] else { return None };
        let is = ["FUNC", "IFUNC"].contains(&kind) && binding != "LOCAL" && ["DEFAULT", "PROTECTED"].contains(&seen);
        let address = u64::from_str_radix(address, 16).ok()?;
        (is && section != "UND").then(|| (name.to_owned(), address))
    };
    Some(text.lines().filter_map(line).collect())
}

/// Slots and what they are for.
fn slots(path: &Path) -> Option<BTreeSet<(u64, String)>> {
    let output = Command::new("readelf").args(["-W", "-r"]).arg(path).env("LC_ALL", "C").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [slot, _, kind, _, name, ..] = words[..] else { return None };
        let slot = u64::from_str_radix(slot, 16).ok()?;
        kind.ends_with("_JUMP_SLO").then_some(()).or(kind.ends_with("_JUMP_SLOT").then_some(()))?;
        Some((slot, name.split('@').next().unwrap_or(name).to_owned()))
    };
    Some(text.lines().filter_map(line).collect())
}

#[test]
fn functions_and_slots_are_those_that_readelf_lists() {
    let all = [
        "libc.so.6",
        "libssl.so.3",
        "libsqlite3.so.0",
        "libz.so.1",
        "libm.so.6",
        "libstdc++.so.6",
        "ld-linux-x86-64.so.2",
    ];
    for name in all {
        let directories = ["/lib/x86_64-linux-gnu", "/lib64", "/usr/lib"];
        let Some(path) = directories.iter().map(|it| Path::new(it).join(name)).find(|path| path.exists()) else {
            println!("SKIP {name}: not on this machine");
            continue;
        };
        let (Some(expected), Some(wanted)) = (listed(&path), slots(&path)) else {
            println!("SKIP {name}: no readelf");
            continue;
        };
        let object = object(&path).expect("an ELF file");
        let exported = object.functions.iter().flat_map(|it| it.names.iter().map(move |name| (it, name)));
        let typed = exported.filter(|(_, name)| name.exported).map(|(it, name)| (name.to_string(), it.address));
        let found: BTreeSet<(String, u64)> = typed.collect();
        let missing: Vec<_> = expected.difference(&found).collect();
        assert!(missing.is_empty(), "{name} lacks {missing:?}");
        let more: Vec<_> = found.difference(&expected).collect();
        assert!(more.is_empty(), "{name} has {more:?} besides");
        let lazy = object.imports.iter().filter(|import| import.lazy);
        let found: BTreeSet<_> = lazy.map(|it| (it.slot, String::from_utf8_lossy(&it.name).into_owned())).collect();
        assert_eq!(found, wanted, "{name}");
        println!("{name}: {} names, {} slots, left out {}", expected.len(), wanted.len(), object.left_out);
        assert_eq!(object.left_out, 0, "{name}");
    }
}

/// Where a probe was moved, every call has to come by once: nobody may enter between the function's beginning and the probe.
#[test]
fn no_other_code_of_the_library_leads_between_an_entry_and_its_probe() {
    for name in ["libc.so.6", "libssl.so.3", "libsqlite3.so.0", "libz.so.1", "libm.so.6", "libstdc++.so.6"] {
        let Some(object) = object(&Path::new("/lib/x86_64-linux-gnu").join(name)) else {
            println!("SKIP {name}: not on this machine");
            continue;
        };
        let mut targets = Vec::new();
        for segment in object.file.loaded().filter(|segment| segment.code) {
            let code = object.file.bytes_at(segment.address, segment.size).expect("code");
            let decoder = Decoder::with_ip(64, &code, segment.address, DecoderOptions::NONE);
            targets.extend(
                decoder
                    .into_iter()
                    .filter(|it| it.is_jcc_short_or_near() || it.is_jmp_short_or_near() || it.is_call_near())
                    .map(|it| (it.near_branch_target(), it.ip())),
            );
        }
        targets.sort_unstable();
        let mut moved = 0;
        for function in &object.functions {
            let few = Arguments { integers: 2, vectors: 0, counted: false };
            for arguments in [Arguments::ALL, few] {
                let Ok(placement) = place(&object, function.address, arguments) else { continue };
                let from = targets.partition_point(|(target, _)| *target <= function.address);
                let within: Vec<_> =
                    targets[from..].iter().take_while(|(target, _)| *target <= placement.address).collect();
                assert!(within.is_empty(), "{name}: {}: {within:x?}, {placement:x?}", function.names[0]);
                moved += usize::from(placement.slid > 0);
            }
        }
        println!("{name}: {moved} moved, {} branches", targets.len());
    }
}
