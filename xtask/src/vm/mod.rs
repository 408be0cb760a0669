//! `vm`: the live cases on other kernels than this machine's. Whether a verifier takes the object is known only where it was
//! asked, and structures move between kernels: so Debian's kernels are booted in qemu, with nothing but an initramfs that holds
//! tracer, the live runner, the fixtures and the programs that the cases name, taken from this machine.
//!
//! Nothing is installed, and no rights are needed but those to `/dev/kvm`: kernels are downloaded with an apt of their own
//! (`archive`) and kept under `target/vm/`, where the console of each guest is too.

mod cpio;
mod guest;
mod kernels;
mod qemu;
mod report;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};

use crate::{command, run};
use qemu::Speed;
use report::Report;

/// What the object must load on: Debian 12's kernel, the one of its successor, and two newer ones. Since 7.2 the kernel takes
/// the storage of tasks from an allocator that has a largest size.
const KERNELS: [&str; 4] = ["6.1", "6.12", "6.18", "7.2"];

/// The oldest and the newest of them: what `cargo xtask ci` boots for a few cases, which takes three minutes where qemu translates.
pub const ENDS: [&str; 2] = [KERNELS[0], KERNELS[KERNELS.len() - 1]];

/// Brings what it takes to boot the kernels: qemu, and their packages.
///
/// # Errors
/// What is missing here, or cannot be had.
pub fn bring(kernels: &[&str]) -> Result<()> {
    qemu::Tools::get()?;
    let dir = command::target().join("vm");
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let mut shelf = kernels::Shelf::new(&dir)?;
    kernels.iter().try_for_each(|series| shelf.get(series).map(drop))
}

/// `cargo xtask vm [KERNEL...] [--keep] [-- CASE-FILTER...]`, where `KERNEL` is a series or `newest`.
pub fn main(args: &[OsString]) -> Result<ExitCode> {
    let asked = Asked::parse(args)?;
    let tools = qemu::Tools::get()?;
    let tracer = run::build()?;
    let dir = command::target().join("vm");
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let common = dir.join("common.cpio");
    let speed = tools.speed();
    eprintln!("xtask: {}", speed.in_words());
    guest::build(&common, &tracer, &asked.filter)?;
    let mut shelf = kernels::Shelf::new(&dir)?;
    let guests: Vec<_> = asked.kernels.iter().map(|series| (series.as_str(), shelf.get(series))).collect();

    let mut lines = Vec::new();
    let mut good = true;
    for some in guests.chunks(speed.at_once()) {
        let ended: Vec<Guest> = std::thread::scope(|scope| {
            let started: Vec<_> = some
                .iter()
                .map(|(series, kernel)| {
                    let (tools, asked, dir, common) = (&tools, &asked, &dir, &common);
                    scope.spawn(move || guest(tools, asked, series, kernel, speed, dir, common))
                })
                .collect();
            started.into_iter().map(|thread| thread.join().expect("a guest's thread does not panic")).collect()
        });
        for guest in ended {
            good &= guest.faults.is_empty();
            lines.push(guest.summary);
            guest.faults.iter().for_each(|fault| println!("{}: {fault}", guest.series));
        }
    }
    fs::remove_file(&common)?;
    println!("\n{}", lines.join("\n"));
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What came of a guest.
struct Guest {
    series: String,
    summary: String,
    faults: Vec<String>,
}

/// Boots a kernel, if it could be had, and runs the cases there.
fn guest(
    tools: &qemu::Tools,
    asked: &Asked,
    series: &str,
    kernel: &Result<kernels::Kernel>,
    mut speed: Speed,
    dir: &Path,
    common: &Path,
) -> Guest {
    let mut report = Report::default();
    let initramfs = dir.join(format!("{series}.cpio"));
    let log = dir.join(format!("{series}.log"));
    let mut boot = || -> Result<()> {
        let kernel = kernel.as_ref().map_err(|error| anyhow!("{error:#}"))?;
        guest::with_modules(common, &kernel.modules, &initramfs)?;
        let ran = tools.boot(series, &kernel.image, &initramfs, &log, speed, &mut report);
        if speed == Speed::Tcg || report.came_up() {
            return ran;
        }
        speed = Speed::Tcg;
        eprintln!("xtask: {}", speed.in_words());
        tools.boot(series, &kernel.image, &initramfs, &log, speed, &mut report)
    };
    let ran = boot();
    if asked.keep {
        eprintln!("xtask: kept {}", initramfs.display());
    } else {
        // Where the kernel could not be had there is none.
        let _ = fs::remove_file(&initramfs);
    }
    let mut faults = report.faults();
    if let Err(error) = &ran {
        faults.insert(0, format!("{error:#}"));
    }
    Guest { series: series.to_owned(), summary: report.summary(series, speed.name()), faults }
}

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    kernels: Vec<String>,
    keep: bool,
    filter: Vec<String>,
}

impl Asked {
    fn parse(args: &[OsString]) -> Result<Asked> {
        let words = args.iter().map(|arg| arg.to_str().with_context(|| format!("{} is not text", arg.display())));
        let words = words.collect::<Result<Vec<_>>>()?;
        let end = words.iter().position(|word| *word == "--").unwrap_or(words.len());
        let mut asked = Asked { kernels: Vec::new(), keep: false, filter: Vec::new() };
        for word in &words[..end] {
            if *word == "--keep" {
                asked.keep = true;
            } else if kernels::is_kernel(word) {
                asked.kernels.push((*word).to_owned());
            } else {
                bail!(
                    "{word:?} is no kernel such as 6.12 or newest: usage: cargo xtask vm [KERNEL...] [--keep] [-- CASE-FILTER...]"
                );
            }
        }
        asked.filter.extend(words.iter().skip(end + 1).map(|word| (*word).to_owned()));
        if asked.kernels.is_empty() {
            asked.kernels = KERNELS.map(str::to_owned).to_vec();
        }
        Ok(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines() {
        let parse = |line: &str| Asked::parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>());
        let check = |line: &str, kernels: &[&str], keep: bool, filter: &[&str]| {
            let own = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(parse(line).unwrap(), Asked { kernels: own(kernels), keep, filter: own(filter) }, "{line}");
        };
        check("", &KERNELS, false, &[]);
        check("6.1 --keep", &["6.1"], true, &[]);
        check("-- basics loss", &KERNELS, false, &["basics", "loss"]);
        check("6.18 6.1 -- --keep", &["6.18", "6.1"], false, &["--keep"]);
        check("6.1 newest -- basics", &["6.1", "newest"], false, &["basics"]);
        for bad in ["6", "six", "6.1.0", "--kep", "6.1x", "../6.1", "latest"] {
            assert!(parse(bad).unwrap_err().to_string().contains(bad), "{bad}");
        }
    }
}
