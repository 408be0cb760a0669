//! `dist`: what is given to others. One file that needs nothing of the machine but its kernel, with its manual page, completions and
//! licences, as an archive and as a Debian package.
//!
//! It is linked with musl, statically: so it runs on any distribution, however old its C library, and in containers that have none.
//! (A static glibc would load the machine's own modules to look up users and hosts, and may crash in a version that is not its own.)
//! The price: users and hosts are found in /etc and by DNS, not in what else nsswitch.conf names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use object::{Object, ObjectSection};

use crate::command::{self, find, root, run, target};

/// What Debian calls this machine's architecture.
const DEBIAN: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };

const DESCRIPTION: &str = "Shows what processes really do on Linux, straight from the kernel";

/// Those who ask for help by completing, and where each looks.
const SHELLS: [(&str, &str); 3] = [
    ("bash", "usr/share/bash-completion/completions/tracer"),
    ("zsh", "usr/share/zsh/vendor-completions/_tracer"),
    ("fish", "usr/share/fish/vendor_completions.d/tracer.fish"),
];

/// `cargo xtask dist`
pub fn main() -> Result<ExitCode> {
    let triple = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let program = build(&triple)?;
    let bytes = fs::read(&program)?;
    needs_nothing(&bytes).with_context(|| format!("{} does not stand alone", program.display()))?;

    let version = version()?;
    let name = format!("tracer-{version}-{}", std::env::consts::ARCH);
    let dist = target().join("dist");
    let tree = dist.join("tree");
    let _ = fs::remove_dir_all(&dist);
    fs::create_dir_all(&dist)?;
    lay(&tree, &program, &triple)?;

    let file = dist.join("tracer");
    fs::copy(&program, &file)?;
    let archive = dist.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    tar.args(["--owner=0", "--group=0", "--sort=name", "-czf"]).arg(&archive).arg("-C").arg(&tree);
    run(tar.arg(format!("--transform=s,^usr,{name},")).arg("usr"))?;
    let mut made = vec![file, archive];
    if find("dpkg-deb").is_some() {
        made.push(deb(&dist, &tree, &version)?);
    } else {
        println!("xtask: no .deb: there is no dpkg-deb here");
    }
    for path in made {
        println!("{:>9} bytes  {}", fs::metadata(&path)?.len(), path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the program; its path.
fn build(triple: &str) -> Result<PathBuf> {
    let rustc = Command::new("rustc").args(["--print", "target-libdir", "--target", triple]).output();
    let there = rustc.is_ok_and(|out| Path::new(String::from_utf8_lossy(&out.stdout).trim()).is_dir());
    if !there {
        run(Command::new("rustup").args(["target", "add", triple]))
            .with_context(|| format!("the standard library for {triple} is missing: rustup brings it"))?;
    }
    let mut cargo = command::cargo();
    cargo.args([
        "build",
        "--locked",
        "--profile",
        "dist",
        "--package",
        "tracer",
        "--bin",
        "tracer",
        "--target",
        triple,
    ]);
    run(&mut cargo)?;
    Ok(target().join(triple).join("dist/tracer"))
}

/// An error when the program asks for a loader or libraries, or still has its symbols.
fn needs_nothing(bytes: &[u8]) -> Result<()> {
    let elf = object::read::elf::ElfFile64::<object::Endianness>::parse(bytes)?;
    if elf.section_by_name(".interp").is_some() {
        bail!("it asks for a loader");
    }
    if elf.symbols().next().is_some()
        || elf.sections().any(|section| section.name().is_ok_and(|name| name.starts_with(".debug")))
    {
        bail!("it is not stripped");
    }
    Ok(())
}

/// The version that the workspace has.
fn version() -> Result<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = "));
    Ok(line.context("Cargo.toml has no version")?.trim_matches('"').to_owned())
}

/// Everything, where it is installed.
fn lay(tree: &Path, program: &Path, triple: &str) -> Result<()> {
    let put = |inside: &str, bytes: &[u8], mode: u32| -> Result<PathBuf> {
        let path = tree.join(inside);
        fs::create_dir_all(path.parent().context("no folder")?)?;
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
        Ok(path)
    };
    let said = |args: &[&str]| -> Result<Vec<u8>> {
        let out =
            Command::new(program).args(args).output().with_context(|| format!("cannot run {}", program.display()))?;
        if !out.status.success() || out.stdout.is_empty() {
            bail!("`tracer {}` ended with {}", args.join(" "), out.status);
        }
        Ok(out.stdout)
    };
    put("usr/bin/tracer", &fs::read(program)?, 0o755)?;
    let page = put("usr/share/man/man1/tracer.1", &said(&["man"])?, 0o644)?;
    run(Command::new("gzip").args(["-9nf"]).arg(page))?;
    for (shell, path) in SHELLS {
        put(path, &said(&["completions", shell])?, 0o644)?;
    }
    let doc = |name: &str| format!("usr/share/doc/tracer/{name}");
    for name in ["LICENSE-APACHE", "LICENSE-MIT", "README.md"] {
        put(&doc(name), &fs::read(root().join(name))?, 0o644)?;
    }
    for entry in fs::read_dir(root().join("docs"))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).context("docs/ has a name that is no text")?;
        put(&doc(&format!("docs/{name}")), &fs::read(&path)?, 0o644)?;
    }
    put(&doc("LICENSE-GPL2"), &fs::read(root().join("tracer-ebpf/LICENSE-GPL2"))?, 0o644)?;
    put(&doc("copyright"), copyright(triple)?.as_bytes(), 0o644)?;
    Ok(())
}

/// The licences of all that is in the file, with the texts that its packages bring.
fn copyright(triple: &str) -> Result<String> {
    let mut tree = command::cargo();
    tree.args(["tree", "--package", "tracer", "--edges", "normal", "--target", triple]);
    let out = tree.args(["--prefix", "none", "--format", "{p}|{l}"]).output().context("cannot run cargo tree")?;
    if !out.status.success() {
        bail!("{}", String::from_utf8_lossy(&out.stderr).trim());
    }
    let mut text = "tracer is MIT or Apache-2.0 at your choice; the programs that it loads into the kernel are GPL-2.0, MIT or Apache-2.0.\n\
                    The Rust standard library (MIT or Apache-2.0) and the C library musl (MIT, copyright 2005-2020 Rich Felker and others)\n\
                    are linked in, and these packages:\n\n"
        .to_owned();
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let packages: BTreeSet<String> =
        String::from_utf8_lossy(&out.stdout).lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect();
    for line in &packages {
        let Some((package, licence)) = line.split_once('|') else { continue };
        // What is ours, or builds only, has no licence of others to show.
        let mut words = package.split(' ');
        let (Some(name), Some(version), None) = (words.next(), words.next(), words.next()) else { continue };
        let _ = writeln!(text, "{name} {}: {licence}", version.trim_start_matches('v'));
        for licence in licence_files(&format!("{name}-{}", version.trim_start_matches('v')))? {
            texts.entry(licence).or_default().insert(name.to_owned());
        }
    }
    for (licence, names) in texts {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        let _ = write!(text, "\n{}\n{names}:\n\n{}\n", "-".repeat(78), licence.trim_end());
    }
    Ok(text)
}

/// The texts of licences in a package that cargo unpacked.
fn licence_files(package: &str) -> Result<Vec<String>> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home =
        home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).context("neither CARGO_HOME nor HOME is set")?;
    let sources = home.join("registry/src");
    let registries = fs::read_dir(&sources).with_context(|| format!("cannot read {}", sources.display()))?;
    let mut texts = Vec::new();
    for registry in registries {
        let Ok(files) = fs::read_dir(registry?.path().join(package)) else { continue };
        for file in files {
            let path = file?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
            if path.is_file()
                && ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "UNLICENSE"].iter().any(|word| name.starts_with(word))
            {
                texts.push(String::from_utf8_lossy(&fs::read(&path)?).trim().to_owned());
            }
        }
    }
    Ok(texts)
}

/// The Debian package of the tree; its path. It depends on nothing.
fn deb(dist: &Path, tree: &Path, version: &str) -> Result<PathBuf> {
    let size: u64 = sizes(tree)?;
    fs::create_dir_all(tree.join("DEBIAN"))?;
    let control = format!(
        "Package: tracer\nVersion: {version}\nArchitecture: {DEBIAN}\nMaintainer: the maintainers of tracer <maintainers@tracer.invalid>\n\
         Section: debug\nPriority: optional\nInstalled-Size: {}\nDescription: {DESCRIPTION}\n \
         System calls, signals, open files and sockets of processes, by eBPF or ptrace, with\n the options of strace, lsof and ss.\n",
        size.div_ceil(1024)
    );
    fs::write(tree.join("DEBIAN/control"), control)?;
    let deb = dist.join(format!("tracer_{version}_{DEBIAN}.deb"));
    // xz, for dpkg of Debian 11 knows no zstd.
    let mut build = Command::new("dpkg-deb");
    run(build.args(["--root-owner-group", "-Zxz", "--build"]).args([tree, &deb]))?;
    fs::remove_dir_all(tree.join("DEBIAN"))?;
    Ok(deb)
}

/// Bytes of all files below.
fn sizes(dir: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        sum += if meta.is_dir() { sizes(&entry.path())? } else { meta.len() };
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_a_loader_does_not_stand_alone() {
        let this = std::env::current_exe().and_then(fs::read).expect("this program can be read");
        let error = needs_nothing(&this).expect_err("a test program is linked dynamically");
        assert!(error.to_string().contains("loader"), "{error}");
    }
}
