//! Debian's kernels: from the suite that has the newest of a series, and those few files of its packages that a guest needs. A
//! kernel that is here is taken as it is, without asking the archive, so that a run without network is possible.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::archive::Archive;
use crate::command::run;

/// Where Debian keeps each: 6.1 is Debian 12's, 6.12 is Debian 13's (built for 12 too), newer ones are backports and sid's.
const SUITES: [&str; 6] = ["bookworm", "trixie", "trixie-backports", "sid", "bookworm-security", "trixie-security"];

/// Names the newest kernel that there is.
pub const NEWEST: &str = "newest";

/// What ends the release of a kernel that is made for virtual machines.
const FLAVOUR: &str = "-cloud-amd64";

/// What modules are compressed with, and the program that undoes it.
const COMPRESSIONS: [(&str, &str); 3] = [("xz", "xz"), ("zst", "zstd"), ("gz", "gzip")];

/// Whether the word names a kernel: `newest`, or two numbers, as in `6.12`.
pub fn is_kernel(word: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    word == NEWEST || word.split_once('.').is_some_and(|(major, minor)| number(major) && number(minor))
}

/// A kernel that is here.
pub struct Kernel {
    pub image: PathBuf,
    /// The modules that the guest loads, in their order, uncompressed: those that tell sockets' ends to ptrace (sock_diag(7)).
    /// What they depend on comes first, by luck of the alphabet (inet before tcp and udp).
    pub modules: Vec<PathBuf>,
}

/// The kernels that are here, and where others come from.
pub struct Shelf {
    /// A folder for each kernel, named by its release.
    kernels: PathBuf,
    /// The folder of the archive's apt.
    apt: PathBuf,
    archive: Option<Archive>,
}

impl Shelf {
    /// The shelf in `dir`.
    pub fn new(dir: &Path) -> Result<Shelf> {
        let kernels = dir.join("kernels");
        fs::create_dir_all(&kernels).with_context(|| format!("cannot create {}", kernels.display()))?;
        Ok(Shelf { kernels, apt: dir.join("apt"), archive: None })
    }

    /// The newest kernel of the series, of those that are here, else of the archive's. Which is the newest of all is asked anew;
    /// where nobody answers it is the newest that is here.
    pub fn get(&mut self, which: &str) -> Result<Kernel> {
        let here = self.here(which)?;
        let release = match here {
            Some(here) if which != NEWEST => here,
            None => self.there(which)?,
            Some(here) => self.there(which).unwrap_or_else(|error| {
                eprintln!("xtask: {error:#}; {here} is the newest that is here");
                here
            }),
        };
        let dir = self.kernels.join(&release);
        if !dir.is_dir() {
            self.fetch(&release, &dir)?;
        }
        let modules = fs::read_dir(dir.join(MODULES))?.map(|entry| Ok(entry?.path()));
        let mut modules = modules.collect::<Result<Vec<_>>>()?;
        modules.sort();
        Ok(Kernel { image: dir.join(IMAGE), modules })
    }

    /// The release of the newest that is here.
    fn here(&self, which: &str) -> Result<Option<String>> {
        let names = fs::read_dir(&self.kernels)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        Ok(newest(names.collect::<Result<Vec<_>>>()?.iter().map(String::as_str), which).map(str::to_owned))
    }

    /// The release of the newest that the archive has.
    fn there(&mut self, which: &str) -> Result<String> {
        let names = self.archive()?.names("linux-image-")?;
        let releases = names.iter().filter_map(|name| name.strip_prefix("linux-image-"));
        let release = newest(releases, which);
        release.map(str::to_owned).with_context(|| match which {
            NEWEST => format!("Debian's archive has no kernel *{FLAVOUR} in {}", SUITES.join(", ")),
            series => format!("Debian's archive has no kernel {series}.*{FLAVOUR} in {}", SUITES.join(", ")),
        })
    }

    /// The archive, opened when it is first needed.
    fn archive(&mut self) -> Result<&Archive> {
        let archive = match self.archive.take() {
            Some(archive) => archive,
            None => Archive::open(&self.apt, &SUITES)?,
        };
        Ok(self.archive.insert(archive))
    }

    /// Downloads the kernel; `dir` is there when all of it is.
    fn fetch(&mut self, release: &str, dir: &Path) -> Result<()> {
        let (tree, part) = (self.apt.join("tree"), self.apt.join("part"));
        for old in [&tree, &part] {
            let _ = fs::remove_dir_all(old);
        }
        let archive = self.archive()?;
        let packages = packages(&archive.names("linux-")?, release);
        archive.unpack(&packages, &tree)?;
        fs::create_dir_all(part.join(MODULES))?;
        take(&tree, &part)?;
        if !part.join(IMAGE).is_file() {
            bail!("no vmlinuz in {}", packages.join(" and "));
        }
        fs::rename(&part, dir).with_context(|| format!("cannot move {} to {}", part.display(), dir.display()))?;
        fs::remove_dir_all(&tree)?;
        Ok(())
    }
}

/// What a kernel's folder holds.
const IMAGE: &str = "vmlinuz";
const MODULES: &str = "modules";

/// The packages that a kernel is in. Up to 6.18 it is all in one; later that one is empty, and what it wants is in others.
fn packages(names: &[String], release: &str) -> Vec<String> {
    let parts = ["binary", "modules"].map(|part| format!("linux-{part}-{release}"));
    let parts: Vec<_> = parts.into_iter().filter(|part| names.contains(part)).collect();
    if parts.is_empty() { vec![format!("linux-image-{release}")] } else { parts }
}

/// Takes the image and the modules that are wanted out of an unpacked package, wherever they are in it.
fn take(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if entry.file_type()?.is_dir() {
            take(&path, to)?;
        } else if name == IMAGE || name.starts_with("vmlinuz-") {
            fs::copy(&path, to.join(IMAGE))?;
        } else if let Some((module, program)) = module(&name) {
            let to = to.join(MODULES).join(module);
            match program {
                None => fs::copy(&path, to).map(|_| ())?,
                Some(program) => run(Command::new(program).arg("-dc").arg(&path).stdout(File::create(to)?))?,
            }
        }
    }
    Ok(())
}

/// Whether a file is a module that is wanted: its name when it is uncompressed, and the program that does that.
fn module(file: &str) -> Option<(&str, Option<&'static str>)> {
    let packed = |(ending, program)| Some((file.strip_suffix(ending)?.strip_suffix('.')?, Some(program)));
    let (name, program) = COMPRESSIONS.into_iter().find_map(packed).unwrap_or((file, None));
    name.ends_with("_diag.ko").then_some((name, program))
}

/// The newest of the releases that is of the series, or of all: `6.12.117+deb12-cloud-amd64` for 6.12.
fn newest<'a>(releases: impl Iterator<Item = &'a str>, which: &str) -> Option<&'a str> {
    let number = |release: &str| -> Option<Vec<u32>> {
        let version = release.strip_suffix(FLAVOUR)?;
        let parts = version.split(['.', '-', '+']).map(|part| part.trim_start_matches("deb").parse().ok());
        // A name of two numbers is no kernel, but asks for the newest of its series.
        parts.collect::<Option<Vec<_>>>().filter(|parts| parts.len() > 2)
    };
    let wanted =
        |release: &&str| which == NEWEST || release.strip_prefix(which).is_some_and(|patch| patch.starts_with('.'));
    releases.filter(wanted).filter_map(|release| Some((number(release)?, release))).max().map(|(_, release)| release)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_a_series_is_taken() {
        let names = [
            "6.1.0-9-cloud-amd64",
            "6.1.0-50-cloud-amd64",
            "6.1.0-60-cloud-amd64-unsigned",
            "6.1.0-70-amd64",
            "6.12-cloud-amd64",
            "6.12.117+deb12-cloud-amd64",
            "6.12.99+deb13-cloud-amd64",
            "6.12.118+deb12-cloud-amd64-dbg",
            "6.18.5+deb13-cloud-arm64",
            "7.2.12+deb13-cloud-amd64",
            "7.2.12+deb13.1-cloud-amd64",
            "7.2-rc4-cloud-amd64",
            "8.1-cloud-amd64",
            "cloud-amd64",
        ];
        for (which, expected) in [
            ("6.1", Some("6.1.0-50-cloud-amd64")),
            ("6.12", Some("6.12.117+deb12-cloud-amd64")),
            ("6.18", None),
            ("7.2", Some("7.2.12+deb13.1-cloud-amd64")),
            ("8.1", None),
            (NEWEST, Some("7.2.12+deb13.1-cloud-amd64")),
        ] {
            assert_eq!(newest(names.into_iter(), which), expected, "{which}");
        }
    }

    #[test]
    fn a_kernel_is_in_one_package_or_in_parts() {
        let names =
            ["linux-image-1", "linux-image-2", "linux-binary-2", "linux-modules-2", "linux-image-3", "linux-binary-3"];
        let names = names.map(str::to_owned);
        for (release, expected) in
            [("1", &["linux-image-1"][..]), ("2", &["linux-binary-2", "linux-modules-2"]), ("3", &["linux-binary-3"])]
        {
            assert_eq!(packages(&names, release), expected, "{release}");
        }
    }

    #[test]
    fn modules_are_told_by_their_names() {
        for (file, expected) in [
            ("inet_diag.ko", Some(("inet_diag.ko", None))),
            ("inet_diag.ko.xz", Some(("inet_diag.ko", Some("xz")))),
            ("inet_diag.ko.zst", Some(("inet_diag.ko", Some("zstd")))),
            ("inet_diag.ko.gz", Some(("inet_diag.ko", Some("gzip")))),
            ("inet_diag.ko.bz2", None),
            ("inet_diagko.xz", None),
            ("xfs.ko.xz", None),
        ] {
            assert_eq!(module(file), expected, "{file}");
        }
    }
}
