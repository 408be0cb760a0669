//! Packages of Debian's suites, whichever the machine runs: kernels for the guests come from the newest too. An apt finds and
//! downloads them whose sources, lists, cache and status are our own, so that the system's stay as they are and no rights are
//! needed; packages are unpacked, never installed. Of the machine's it has where Debian is, the keys, and how to get there.

mod sources;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::run;
use sources::Source;

/// What ends the names of suites that are in the security updates' archive.
const SECURITY: &str = "-security";

/// An apt of our own, with the lists of some suites.
pub struct Archive {
    dir: PathBuf,
}

impl Archive {
    /// Brings the lists of the suites up to date; what apt needs for that stays in `dir`. Suites of security updates are left
    /// out where the machine knows no archive of them.
    pub fn open(dir: &Path, suites: &[&str]) -> Result<Archive> {
        for inner in ["state/lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(dir.join(inner))
                .with_context(|| format!("cannot create {inner} in {}", dir.display()))?;
        }
        let text = list(&sources::of_machine()?, sources::codename().as_deref(), suites)?;
        fs::write(dir.join(SOURCES), text)?;
        fs::write(dir.join(STATUS), "")?;
        let archive = Archive { dir: dir.canonicalize()? };
        // What cannot be reached is an error here; apt would go on with what it had.
        run(archive.command("apt-get").args(["-o", "APT::Update::Error-Mode=any", "-q", "update"]))?;
        Ok(archive)
    }

    /// The names of packages that begin with `prefix`.
    pub fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let out = self.command("apt-cache").args(["pkgnames", prefix]).output().context("cannot run apt-cache")?;
        if !out.status.success() {
            bail!("apt-cache pkgnames {prefix}: {}", String::from_utf8_lossy(&out.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect())
    }

    /// Downloads the newest of each package and unpacks all of them into one tree.
    pub fn unpack(&self, packages: &[String], tree: &Path) -> Result<()> {
        let debs = self.dir.join("debs");
        let _ = fs::remove_dir_all(&debs);
        fs::create_dir(&debs)?;
        run(self.command("apt-get").args(["-q", "download"]).args(packages).current_dir(&debs))?;
        fs::create_dir_all(tree)?;
        for deb in fs::read_dir(&debs)? {
            extract(&deb?.path(), tree)?;
        }
        fs::remove_dir_all(&debs)?;
        Ok(())
    }

    /// Downloads the newest of each package with all that it depends on, down to the C library, and unpacks all of it into one tree.
    pub fn unpack_whole(&self, packages: &[&str], tree: &Path) -> Result<()> {
        let mut install = self.command("apt-get");
        // Nothing is installed: by our status nothing is there, so that all of it is downloaded.
        install.args(["-q", "-y", "--download-only", "--no-install-recommends", "install"]).args(packages);
        run(&mut install)?;
        fs::create_dir_all(tree)?;
        let debs = self.dir.join("cache/archives");
        for entry in fs::read_dir(&debs)? {
            let deb = entry?.path();
            if deb.extension().is_some_and(|end| end == "deb") {
                extract(&deb, tree)?;
                fs::remove_file(deb)?;
            }
        }
        Ok(())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let mut option = |name: &str, value: &str| {
            command.arg("-o").arg(format!("{name}={value}"));
        };
        let inside = |name: &str| self.dir.join(name).to_string_lossy().into_owned();
        option("Dir::Etc::sourcelist", &inside(SOURCES));
        option("Dir::Etc::sourceparts", "-");
        option("Dir::Etc::preferences", "/dev/null");
        option("Dir::Etc::preferencesparts", "/dev/null");
        option("Dir::State", &inside("state"));
        option("Dir::State::lists", &inside("state/lists"));
        option("Dir::State::status", &inside(STATUS));
        option("Dir::Cache", &inside("cache"));
        option("Dir::Log", &inside("log"));
        // The user that apt would become cannot write here.
        option("APT::Sandbox::User", "");
        command
    }
}

/// Unpacks a package. Nothing is said of it: there are many.
fn extract(deb: &Path, tree: &Path) -> Result<()> {
    let out = Command::new("dpkg-deb").arg("-x").args([deb, tree]).output().context("cannot run dpkg-deb")?;
    if !out.status.success() {
        bail!("dpkg-deb -x {}: {}", deb.display(), String::from_utf8_lossy(&out.stderr).trim());
    }
    Ok(())
}

/// The sources, and what the apt is told to be installed, in its folder.
const SOURCES: &str = "debian.sources";
const STATUS: &str = "state/status";

/// The list of sources of our apt: the machine's archives, but the suites that we ask for.
fn list(machine: &[Source], codename: Option<&str>, suites: &[&str]) -> Result<String> {
    let Some(releases) = Source::releases(machine, codename) else {
        let codename = codename.unwrap_or("no codename");
        bail!("none of the machine's {} sources of packages is Debian's archive of {codename} (main)", machine.len());
    };
    let (updates, plain): (Vec<&str>, Vec<&str>) = suites.iter().partition(|suite| suite.ends_with(SECURITY));
    let archives = [(Some(releases), plain), (Source::security(machine, codename), updates)];
    let stanza = |(source, suites): (Option<&Source>, Vec<&str>)| {
        let source = source.filter(|_| !suites.is_empty())?;
        let keys = source.keys.as_ref().map(|keys| format!("Signed-By: {keys}\n")).unwrap_or_default();
        let (uri, suites) = (&source.uri, suites.join(" "));
        Some(format!("Types: deb\nURIs: {uri}\nSuites: {suites}\nComponents: main\nTargets: Packages\n{keys}"))
    };
    Ok(archives.into_iter().filter_map(stanza).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_list_has_the_machines_archives_and_our_suites() {
        let machine: Vec<_> =
            ["deb [signed-by=/k/debian-archive-keyring.gpg] http://a x main", "deb http://b x-security main"]
                .iter()
                .filter_map(|text| sources::line(text))
                .collect();
        let stanza = |uri: &str, suites: &str, keys: &str| {
            format!("Types: deb\nURIs: {uri}\nSuites: {suites}\nComponents: main\nTargets: Packages\n{keys}")
        };
        let keys = "Signed-By: /k/debian-archive-keyring.gpg\n";
        let (first, second) = (stanza("http://a", "x sid", keys), stanza("http://b", "x-security", ""));
        for (machine, suites, expected) in [
            (&machine[..], &["x", "x-security", "sid"][..], format!("{first}\n{second}")),
            (&machine[..], &["x", "sid"], first.clone()),
            (&machine[..1], &["x", "x-security", "sid"], first.clone()),
        ] {
            assert_eq!(list(machine, Some("x"), suites).unwrap(), expected, "{suites:?}");
        }
        let error = list(&machine[1..], Some("x"), &["sid"]).unwrap_err().to_string();
        assert!(error.contains("1 sources") && error.contains("of x (main)"), "{error}");
    }
}
