//! `ebpf`: the kernel side, rebuilt from its sources, and the proof that the committed object is just that.
//!
//! The object is committed so that plain stable cargo builds everything. Whoever doubts it runs `ebpf --check`. To give the same
//! bytes everywhere, the sources are laid out as one workspace in a directory of their own: cargo hashes the path of a crate
//! outside of the workspace into its symbols, and no remapping takes that out again. What is left of paths is remapped.
//!
//! rustc has no precompiled `core` for BPF but Debian packages one; the aya-build crate insists on rustup, hence this.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::command::{self, find, root, run, target};

const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "libstd-rust-web-dev-bpf", "llvm-22-dev"];
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const CORE: &str = "/usr/lib/rustlib/bpfel-unknown-none/lib";
const TARGET: &str = "bpfel-unknown-none";
const LLVM: &str = "/usr/lib/llvm-22";
const LINKER_VERSION: &str = "0.13.0";

/// The programs, an object each: tracing, listing descriptors, and where the time of threads goes.
pub const OBJECTS: [&str; 3] = ["tracer", "snapshot", "times"];

/// Where the object of a program is committed.
pub fn committed(name: &str) -> PathBuf {
    root().join(format!("tracer-ebpf/prebuilt/{name}.bpf.o"))
}

/// `cargo xtask ebpf [--check | --setup]`
pub fn main(args: &[&str]) -> Result<ExitCode> {
    match args {
        [] => {
            let tools = Tools::get()?;
            let built = tools.build(&target().join("ebpf/build"))?;
            fs::create_dir_all(root().join("tracer-ebpf/prebuilt"))?;
            for (name, object) in OBJECTS.iter().zip(&built) {
                let path = committed(name);
                fs::write(&path, object)?;
                eprintln!("xtask: {} ({} bytes)", path.display(), object.len());
            }
            fs::write(committed(OBJECTS[0]).with_extension("o.txt"), tools.versions()?)?;
            Ok(ExitCode::SUCCESS)
        }
        ["--check"] => check(),
        ["--setup"] => Tools::get().map(|_| ExitCode::SUCCESS),
        _ => bail!("usage: cargo xtask ebpf [--check | --setup]"),
    }
}

/// Builds in two directories of different depth and compares both with the committed objects.
fn check() -> Result<ExitCode> {
    let tools = Tools::get()?;
    let here = tools.build(&target().join("ebpf/build"))?;
    let away = std::env::temp_dir().join(format!("xtask-ebpf-{}/elsewhere", std::process::id()));
    let there = tools.build(&away);
    if let Some(dir) = away.parent() {
        fs::remove_dir_all(dir)?;
    }
    let there = there?;
    for ((name, here), there) in OBJECTS.iter().zip(&here).zip(&there) {
        let path = committed(name);
        let bytes = fs::read(&path).with_context(|| format!("no committed object at {}", path.display()))?;
        if here != there {
            bail!("two directories give two objects {name}: {} and {} bytes", here.len(), there.len());
        }
        if *here != bytes {
            let recorded = fs::read_to_string(committed(OBJECTS[0]).with_extension("o.txt")).unwrap_or_default();
            let versions = tools.versions()?;
            if !recorded.is_empty() && recorded != versions {
                bail!(
                    "the committed object was built by\n{recorded}and cannot be compared with one built by\n{versions}"
                );
            }
            bail!(
                "the committed object {name} is not what the sources give: run `cargo xtask ebpf` and commit the result"
            );
        }
        println!("{} is what the sources give: {} bytes, the same from two directories", path.display(), here.len());
    }
    Ok(ExitCode::SUCCESS)
}

/// The compiler and the linker.
struct Tools {
    linker: PathBuf,
}

impl Tools {
    /// Finds the tools; as root on Debian installs those that are missing, else names the commands that do.
    fn get() -> Result<Tools> {
        if !(Path::new(RUSTC).exists()
            && Path::new(CARGO).exists()
            && Path::new(CORE).exists()
            && Path::new(LLVM).exists())
        {
            let debian = find("apt-get").is_some();
            if !(debian && command::is_root()) {
                bail!(
                    "the compiler for the kernel side is missing; on Debian 12 this brings it:\n  \
                     sudo apt-get install -y --no-install-recommends {}",
                    PACKAGES.join(" ")
                );
            }
            run(Command::new("apt-get").args(["-q", "update"]))?;
            let mut apt = Command::new("apt-get");
            apt.env("DEBIAN_FRONTEND", "noninteractive");
            run(apt.args(["-q", "install", "-y", "--no-install-recommends"]).args(PACKAGES))?;
        }
        let ours = target().join("tools");
        let linker = [find("bpf-linker"), Some(ours.join("bin/bpf-linker"))].into_iter().flatten().find(|path| {
            let version = Command::new(path).arg("--version").output();
            version.is_ok_and(|out| String::from_utf8_lossy(&out.stdout).contains(LINKER_VERSION))
        });
        let linker = match linker {
            Some(linker) => linker,
            None => {
                let mut install = command::cargo();
                install.args(["install", "bpf-linker", "--version", LINKER_VERSION, "--no-default-features"]);
                install.args(["--features", "llvm-22", "--locked", "--root"]).arg(&ours);
                // Its own build is what takes time; what it links is optimized by LLVM.
                for (setting, value) in
                    [("LTO", "false"), ("OPT_LEVEL", "1"), ("DEBUG", "false"), ("CODEGEN_UNITS", "16")]
                {
                    install.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
                }
                install.env("LLVM_PREFIX", LLVM).env("PATH", path_with(&Path::new(LLVM).join("bin"))?);
                run(&mut install)?;
                ours.join("bin/bpf-linker")
            }
        };
        Ok(Tools { linker })
    }

    /// What decides over the bytes besides the sources.
    fn versions(&self) -> Result<String> {
        let mut text = String::new();
        for mut command in [Command::new(RUSTC), Command::new(&self.linker)] {
            let out = command.arg("--version").output()?;
            text += String::from_utf8_lossy(&out.stdout).trim();
            text += "\n";
        }
        Ok(text)
    }

    /// Lays the sources out in `dir` and builds them there; the bytes of the objects.
    fn build(&self, dir: &Path) -> Result<Vec<Vec<u8>>> {
        lay_out(dir)?;
        let dir = dir.canonicalize()?;
        let mut cargo = cargo(&dir, &[format!("-Clinker={}", self.linker.display())])?;
        run(cargo.args(["build", "--quiet", "--release", "--locked", "--target", TARGET]))?;
        OBJECTS.iter().map(|name| stripped(&dir, name)).collect()
    }
}

/// The sources, as one workspace in `dir`.
fn lay_out(dir: &Path) -> Result<()> {
    let (kernel, common) = (root().join("tracer-ebpf"), root().join("tracer-common"));
    let _ = fs::remove_dir_all(dir.join("src"));
    let _ = fs::remove_dir_all(dir.join("tracer-common"));
    copy(&kernel.join("src"), &dir.join("src"))?;
    copy(&common.join("src"), &dir.join("tracer-common/src"))?;
    fs::copy(common.join("Cargo.toml"), dir.join("tracer-common/Cargo.toml"))?;
    fs::copy(kernel.join("Cargo.lock"), dir.join("Cargo.lock"))?;
    let manifest = fs::read_to_string(kernel.join("Cargo.toml"))?;
    let inside = manifest.replace("\"../tracer-common\"", "\"tracer-common\"");
    if inside == manifest {
        bail!("tracer-ebpf/Cargo.toml does not name ../tracer-common");
    }
    fs::write(dir.join("Cargo.toml"), inside)?;
    Ok(())
}

/// The cargo and the compiler of the kernel side, in `dir`, with `more` flags for the compiler.
fn cargo(dir: &Path, more: &[String]) -> Result<Command> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home =
        home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).context("neither CARGO_HOME nor HOME is set")?;
    let mut flags = vec![
        "-Cdebuginfo=2".to_owned(),
        "-Clink-arg=--btf".to_owned(),
        // Clearing and copying of few words is stores and loads, where else functions are called that go byte by byte.
        "-Clink-arg=--disable-expand-memcpy-in-order".to_owned(),
        // x86_64 and arm64 have it, and so the verifier allows it.
        "-Ctarget-feature=+allows-misaligned-mem-access".to_owned(),
        format!("--remap-path-prefix={}=cargo", home.display()),
        format!("--remap-path-prefix={}=.", dir.display()),
    ];
    flags.extend_from_slice(more);
    let mut cargo = Command::new(CARGO);
    // Nothing of the cargo that runs us may reach the one that we run.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let ours = name.starts_with("CARGO") && name != "CARGO_HOME" || name.starts_with("RUST");
        if ours || name == "LD_LIBRARY_PATH" {
            cargo.env_remove(&*name);
        }
    }
    cargo.current_dir(dir).env("RUSTC", RUSTC).env("RUSTC_BOOTSTRAP", "1");
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")).env("CARGO_TARGET_DIR", dir.join("target"));
    cargo.env("PATH", path_with(&Path::new(LLVM).join("bin"))?);
    Ok(cargo)
}

/// A built object, without debug information: it is of no use to the kernel, which has BTF for its messages.
fn stripped(dir: &Path, name: &str) -> Result<Vec<u8>> {
    let stripped = dir.join(format!("target/{name}.bpf.o"));
    let built = dir.join("target/bpfel-unknown-none/release").join(name);
    let mut strip = Command::new(Path::new(LLVM).join("bin/llvm-strip"));
    run(strip.arg("--strip-debug").arg("-o").arg(&stripped).arg(built))?;
    let object = fs::read(stripped)?;
    let panics = crate::tidy::panics(&object)?;
    if !panics.is_empty() {
        bail!(
            "the object {name} can panic ({}): some index or arithmetic is not provably in bounds, and no kernel will load it",
            panics.join(", ")
        );
    }
    Ok(object)
}

fn path_with(dir: &Path) -> Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths(std::iter::once(dir.to_owned()).chain(std::env::split_paths(&path)))?)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), &to)?;
        }
    }
    Ok(())
}
