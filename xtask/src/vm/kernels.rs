//! Debian's kernels: found and downloaded by an apt whose sources, lists and cache are our own, so that the system's stay as they
//! are and no rights are needed; unpacked, never installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::run;

/// Where Debian keeps each: 6.1 is Debian 12's, 6.12 is Debian 13's (built for 12 too), newer ones are backports.
const SOURCES: &str = "\
Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm trixie trixie-backports
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.debian.org/debian-security
Suites: bookworm-security trixie-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
";

/// Whether the word is two numbers, as in `6.12`.
pub fn is_series(word: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    word.split_once('.').is_some_and(|(major, minor)| number(major) && number(minor))
}

/// The newest kernel of the series that Debian has, downloaded and unpacked in `dir`; one that is there already is taken as it is.
pub fn get(dir: &Path, series: &str) -> Result<PathBuf> {
    let packages = dir.join("packages");
    fs::create_dir_all(&packages)?;
    let here = fs::read_dir(&packages)?.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let here: Vec<_> = here.collect();
    if let Some(package) = newest(here.iter().map(String::as_str), series)
        && let Some(image) = image(&packages.join(package))
    {
        return Ok(image);
    }
    let apt = Apt::new(&dir.join("apt"))?;
    let names = apt.names(&format!("linux-image-{series}."))?;
    let Some(package) = newest(names.lines(), series) else {
        bail!("Debian's archive has no linux-image-{series}.*-cloud-amd64");
    };
    run(apt.command("apt-get").args(["-q", "download", package]).current_dir(&packages))?;
    let debs = fs::read_dir(&packages)?.flatten().map(|entry| entry.path());
    let deb = debs.into_iter().find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(&format!("{package}_")) && name.ends_with(".deb")
    });
    let deb = deb.with_context(|| format!("apt-get left no {package}_*.deb in {}", packages.display()))?;
    let tree = packages.join(package);
    run(Command::new("dpkg-deb").arg("-x").arg(&deb).arg(&tree))?;
    fs::remove_file(deb)?;
    keep_modules(&tree)?;
    image(&tree).with_context(|| format!("no boot/vmlinuz-* in {package}"))
}

/// Where the guest's modules are in the tree of an unpacked package.
const MODULES: &str = "modules";

/// The modules that the guest loads, in their order, uncompressed: those that tell sockets' ends to ptrace (sock_diag(7)). What
/// they depend on comes first, by luck of the alphabet (inet before tcp and udp).
pub fn modules(image: &Path) -> Result<Vec<PathBuf>> {
    let tree = image.ancestors().nth(2).context("a kernel in no package")?;
    let mut modules: Vec<_> = fs::read_dir(tree.join(MODULES))?.flatten().map(|entry| entry.path()).collect();
    modules.sort();
    Ok(modules)
}

/// Keeps the few modules that are wanted, and removes the others.
fn keep_modules(tree: &Path) -> Result<()> {
    let to = tree.join(MODULES);
    fs::create_dir_all(&to)?;
    let mut dirs = vec![tree.join("lib"), tree.join("usr/lib")];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if entry.file_type()?.is_dir() {
                dirs.push(path);
            } else if name.ends_with("_diag.ko") {
                fs::copy(&path, to.join(name))?;
            } else if let Some(plain) = name.strip_suffix(".xz").filter(|plain| plain.ends_with("_diag.ko")) {
                run(Command::new("xz").arg("-dc").arg(&path).stdout(fs::File::create(to.join(plain))?))?;
            }
        }
    }
    for unused in ["lib", "usr"] {
        let _ = fs::remove_dir_all(tree.join(unused));
    }
    Ok(())
}

/// The newest of the packages that is a kernel of the series: `linux-image-6.12.117+deb12-cloud-amd64` for 6.12.
fn newest<'a>(packages: impl Iterator<Item = &'a str>, series: &str) -> Option<&'a str> {
    let prefix = format!("linux-image-{series}.");
    let number = |package: &str| -> Option<Vec<u32>> {
        let version = package.strip_prefix(&prefix)?.strip_suffix("-cloud-amd64")?;
        let parts = version.split(['.', '-', '+']).map(|part| part.trim_start_matches("deb").parse().ok());
        parts.collect()
    };
    packages.filter_map(|package| Some((number(package)?, package))).max().map(|(_, package)| package)
}

/// The kernel of an unpacked package.
fn image(tree: &Path) -> Option<PathBuf> {
    let mut files = fs::read_dir(tree.join("boot")).ok()?.flatten();
    files.find(|entry| entry.file_name().to_string_lossy().starts_with("vmlinuz-")).map(|entry| entry.path())
}

/// An apt with nothing of the system's but the keys.
struct Apt {
    dir: PathBuf,
}

impl Apt {
    fn new(dir: &Path) -> Result<Apt> {
        for inner in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(dir.join(inner))?;
        }
        fs::write(dir.join("debian.sources"), SOURCES)?;
        let apt = Apt { dir: dir.canonicalize()? };
        run(apt.command("apt-get").args(["-q", "update"]))?;
        Ok(apt)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let mut option = |name: &str, value: &str| {
            command.arg("-o").arg(format!("{name}={value}"));
        };
        let inside = |name: &str| self.dir.join(name).to_string_lossy().into_owned();
        option("Dir::Etc::sourcelist", &inside("debian.sources"));
        option("Dir::Etc::sourceparts", "-");
        option("Dir::State::lists", &inside("lists"));
        option("Dir::Cache", &inside("cache"));
        option("APT::Architecture", "amd64");
        // The user that apt would become cannot write here.
        option("APT::Sandbox::User", "");
        command
    }

    /// The names of packages that begin with `prefix`, one a line.
    fn names(&self, prefix: &str) -> Result<String> {
        let out = self.command("apt-cache").args(["pkgnames", prefix]).output().context("cannot run apt-cache")?;
        if !out.status.success() {
            bail!("apt-cache pkgnames: {}", String::from_utf8_lossy(&out.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_a_series_is_taken() {
        let names = [
            "linux-image-6.1.0-9-cloud-amd64",
            "linux-image-6.1.0-50-cloud-amd64",
            "linux-image-6.1.0-60-cloud-amd64-unsigned",
            "linux-image-6.1.0-70-amd64",
            "linux-image-6.12.117+deb12-cloud-amd64",
            "linux-image-6.12.99+deb13-cloud-amd64",
            "linux-image-6.12.118+deb12-cloud-amd64-dbg",
            "linux-image-6.18.5+deb13-cloud-arm64",
        ];
        for (series, expected) in [
            ("6.1", Some("linux-image-6.1.0-50-cloud-amd64")),
            ("6.12", Some("linux-image-6.12.117+deb12-cloud-amd64")),
            ("6.18", None),
        ] {
            assert_eq!(newest(names.into_iter(), series), expected, "{series}");
        }
    }
}
