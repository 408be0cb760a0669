//! The machine's own libraries.

use std::path::Path;

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
