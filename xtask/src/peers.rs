//! `peers`: the newest of the tools that tracer is compared with, beside those that the system has. They come from Debian's newest
//! suite with all that they need, the C library too, and are started through that folder's own loader: nothing of the system changes,
//! and no rights are needed. Once they are there no network is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::archive::Archive;
use crate::command::target;

/// Where the newest are.
const SUITE: &str = "sid";

/// A program that is worth comparing with.
struct Peer {
    package: &'static str,
    /// Inside the package.
    program: &'static str,
    /// What makes it tell its version.
    version: &'static str,
    /// Whether it is brought unasked: what it needs is small.
    always: bool,
}

/// All that are known.
const PEERS: [Peer; 8] = [
    Peer { package: "strace", program: "usr/bin/strace", version: "-V", always: true },
    Peer { package: "ltrace", program: "usr/bin/ltrace", version: "-V", always: true },
    Peer { package: "lsof", program: "usr/bin/lsof", version: "-v", always: true },
    Peer { package: "iproute2", program: "usr/bin/ss", version: "-V", always: true },
    Peer { package: "util-linux-extra", program: "usr/bin/lsfd", version: "-V", always: true },
    Peer { package: "bpftrace", program: "usr/bin/bpftrace", version: "--version", always: false },
    Peer { package: "linux-perf", program: "usr/bin/perf", version: "--version", always: false },
    Peer { package: "sysdig", program: "usr/bin/sysdig", version: "--version", always: false },
];

/// `cargo xtask peers [PACKAGE...]`
pub fn main(args: &[&str]) -> Result<ExitCode> {
    let names = || PEERS.iter().map(|peer| peer.package).collect::<Vec<_>>().join(", ");
    if let Some(unknown) = args.iter().find(|arg| !PEERS.iter().any(|peer| peer.package == **arg)) {
        bail!("no peer is called '{unknown}'; there are {}", names());
    }
    let dir = target().join("peers");
    let wanted = PEERS.iter().filter(|peer| peer.always || args.contains(&peer.package));
    let missing: Vec<_> = wanted.filter(|peer| !wrapper(&dir, peer).is_file()).collect();
    if !missing.is_empty() {
        fetch(&dir, &missing)?;
    }
    let here = PEERS.iter().filter(|peer| wrapper(&dir, peer).is_file());
    for peer in here {
        println!("{:<10} {}", name(peer.program), version(&wrapper(&dir, peer), peer.version)?);
    }
    println!("They are in {}; with TRACER_PEERS={0} tests use them.", dir.join("bin").display());
    Ok(ExitCode::SUCCESS)
}

/// The packages of those that tests take for the judges of tracer's lines.
const JUDGES: [&str; 4] = ["strace", "ltrace", "lsof", "iproute2"];

/// The folder of the newest strace, ltrace, lsof and ss, which tests take for the judges of tracer's lines; brought when they are not there.
///
/// # Errors
/// Debian's archive cannot be reached, or lacks one.
pub fn judge() -> Result<PathBuf> {
    let dir = target().join("peers");
    let judges: Vec<_> = PEERS.iter().filter(|peer| JUDGES.contains(&peer.package)).collect();
    let missing: Vec<_> = judges.iter().copied().filter(|peer| !wrapper(&dir, peer).is_file()).collect();
    if !missing.is_empty() {
        fetch(&dir, &missing)?;
    }
    let folder = dir.join("judge");
    fs::create_dir_all(&folder)?;
    for judge in judges {
        let link = folder.join(name(judge.program));
        if !link.exists() {
            std::os::unix::fs::symlink(wrapper(&dir.canonicalize()?, judge), &link)
                .with_context(|| format!("cannot make {}", link.display()))?;
        }
    }
    Ok(folder.canonicalize()?)
}

fn name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// What starts the peer.
fn wrapper(dir: &Path, peer: &Peer) -> PathBuf {
    dir.join("bin").join(name(peer.program))
}

/// Brings the peers with all that they depend on. Their wrappers come last: what is there is whole.
fn fetch(dir: &Path, peers: &[&Peer]) -> Result<()> {
    let archive = Archive::open(&dir.join("apt"), &[SUITE])?;
    let packages: Vec<_> = peers.iter().map(|peer| peer.package).collect();
    fs::create_dir_all(dir.join("bin"))?;
    let tree = dir.canonicalize()?.join("tree");
    archive.unpack_whole(&packages, &tree)?;
    for peer in peers {
        let program = tree.join(peer.program);
        if !program.is_file() {
            bail!("the package {} has no {}", peer.package, peer.program);
        }
        let path = wrapper(dir, peer);
        let new = path.with_extension("new");
        fs::write(&new, script(&tree, peer.program)?)?;
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755))?;
        fs::rename(new, path)?;
    }
    Ok(())
}

/// The text of a wrapper. What the peer starts inherits nothing of the loader's options.
fn script(tree: &Path, program: &str) -> Result<String> {
    let loader = fs::read_dir(tree.join("usr/lib64")).context("no C library came with the peers")?;
    let loader =
        loader.filter_map(|entry| Some(entry.ok()?.path())).find(|path| path.to_string_lossy().contains("/ld-linux"));
    let loader = loader.context("no loader came with the peers")?;
    let arch = std::env::consts::ARCH;
    let (program, libraries) = (tree.join(program), tree.join(format!("usr/lib/{arch}-linux-gnu")));
    let quoted = |path: &Path| format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"));
    Ok(format!(
        "#!/bin/sh\nexec {} --argv0 {} --library-path {} {} \"$@\"\n",
        quoted(&loader),
        name(&program.to_string_lossy()),
        quoted(&libraries),
        quoted(&program)
    ))
}

/// The line of the peer's answer that has its version.
fn version(program: &Path, option: &str) -> Result<String> {
    let out =
        Command::new(program).arg(option).output().with_context(|| format!("cannot run {}", program.display()))?;
    let text = [out.stdout, out.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    match told(&text) {
        Some(line) => Ok(line.to_owned()),
        None => bail!("{} {option} ended with {} and said {text:?}", program.display(), out.status),
    }
}

/// The first line with a number such as 4.99 in it.
fn told(text: &str) -> Option<&str> {
    let dotted = |line: &&str| {
        line.as_bytes()
            .windows(3)
            .any(|three| three[0].is_ascii_digit() && three[1] == b'.' && three[2].is_ascii_digit())
    };
    text.lines().map(str::trim).find(dotted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_peers_say() {
        for (text, expected) in [
            ("strace -- version 7.2\nCopyright (c) 1991-2026", Some("strace -- version 7.2")),
            ("lsof version information:\n    revision: 4.99.4\n    latest", Some("revision: 4.99.4")),
            ("ss utility, iproute2-7.3.0\n", Some("ss utility, iproute2-7.3.0")),
            ("cannot open shared object file. No such file", None),
            ("", None),
        ] {
            assert_eq!(told(text), expected, "{text:?}");
        }
    }
}
