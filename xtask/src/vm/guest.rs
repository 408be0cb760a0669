//! What is in the guest: the files of this machine that the live cases need, under the names that they have here.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufWriter;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use tracer_tests::{fixtures, machine};

use super::cpio::Archive;
use super::qemu;
use crate::command::{self, root};

const INIT: &str = include_str!("init.sh");

/// Programs that no case names but every case needs.
const ALWAYS: [&str; 2] = ["bash", "sh"];

/// What programs read that is neither a library nor named by them. A file that this machine lacks is left out.
const SETTINGS: [&str; 9] = [
    "/etc/passwd",
    "/etc/group",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/ld.so.cache",
    "/etc/mime.types",
    "/etc/protocols",
];

/// Directories that programs expect.
const EMPTY: [&str; 11] = ["dev", "proc", "sys", "run", "tmp", "root", "home", "mnt", "var/log", "var/tmp", "var/lib"];

/// Python's library without what no case imports.
const NOT_OF_PYTHON: [&str; 7] =
    ["site-packages", "dist-packages", "test", "idlelib", "tkinter", "ensurepip", "lib2to3"];

/// Writes the initramfs: `tracer` and the live runner with all that they need, which run the cases that `filter` names.
pub fn build(archive: &Path, tracer: &Path, filter: &[String]) -> Result<()> {
    let mut tree = Tree::default();
    for top in ["bin", "sbin", "lib", "lib64", "lib32", "libx32"] {
        if let Ok(target) = fs::read_link(Path::new("/").join(top)) {
            tree.add(top, Node::Link(target));
        }
    }
    for dir in EMPTY {
        tree.add(dir, Node::Directory);
    }
    tree.add("vm/busybox", Node::File(qemu::busybox()?));
    tree.add("vm/tracer", Node::File(tracer.to_owned()));
    tree.add("vm/live", Node::File(live()?));
    for entry in fs::read_dir(fixtures::dir()?)? {
        let path = entry?.path();
        tree.add(Path::new("vm/fixtures").join(path.file_name().unwrap_or_default()), Node::File(path));
    }
    // The runner knows its cases by the path that it was built with. No source of a fixture: they are compiled.
    let tests = root().join("tests");
    tree.add(inside(&tests.join("fixtures")), Node::Directory);
    for entry in fs::read_dir(tests.join("fixtures"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "py" || extension == "sh") {
            tree.add(inside(&path.clone()), Node::File(path));
        }
    }
    tree.add(inside(&root().join("action")), Node::Directory);
    let mut words: Vec<String> = ALWAYS.map(str::to_owned).to_vec();
    let folders = [tests.join("cases"), tests.join("attacks"), root().join("action")];
    let entries = folders.iter().map(fs::read_dir).collect::<Result<Vec<_>, _>>()?;
    for entry in entries.into_iter().flatten() {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?;
        let is_script = path.extension().is_some_and(|extension| extension == "sh");
        words.extend(programs(text.lines().filter(|line| is_script || is_command(line))));
        tree.add(inside(&path.clone()), Node::File(path));
    }
    for path in words.iter().filter_map(|word| machine::find(word)) {
        if path.ends_with("python3") {
            tree.python(&path)?;
        }
        tree.host(&path)?;
    }
    for path in SETTINGS.map(Path::new) {
        if path.exists() {
            tree.host(path)?;
        }
    }
    tree.libraries()?;
    tree.add("init", Node::Text(init(filter)));
    let size = tree.write(archive)?;
    eprintln!("xtask: {}: {} files, {} MB", archive.display(), tree.0.len(), size >> 20);
    Ok(())
}

/// Writes the initramfs for one kernel: what is the same for all, and its modules in an archive behind it.
pub fn with_modules(archive: &Path, modules: &[PathBuf], to: &Path) -> Result<()> {
    fs::copy(archive, to)?;
    let mut more = Archive::new(BufWriter::new(File::options().append(true).open(to)?));
    more.directory("vm/modules", 0o755)?;
    for module in modules {
        let name = module.file_name().unwrap_or_default().to_string_lossy();
        more.file(&format!("vm/modules/{name}"), 0o644, &fs::read(module)?)?;
    }
    more.finish()?;
    Ok(())
}

/// The init of the guest, with the runner's arguments.
fn init(filter: &[String]) -> String {
    let quoted: Vec<_> = filter.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect();
    INIT.replace("FILTER", &quoted.join(" "))
}

/// The words of cases that may be programs: all that their scripts say. Whether they are, the machine knows.
fn programs<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<String> {
    let part = |c: char| !(c.is_ascii_alphanumeric() || "_-.+".contains(c));
    let mut words: Vec<_> =
        lines.flat_map(|line| line.split(part)).filter(|word| word.len() > 1).map(str::to_owned).collect();
    words.sort();
    words.dedup();
    words
}

/// Whether a line of a case may name a program.
fn is_command(line: &str) -> bool {
    line.starts_with("RUN ") || line.starts_with("REQUIRES ")
}

/// Builds the runner of the live cases, the same that `cargo xtask test` runs here; its path.
fn live() -> Result<PathBuf> {
    let mut cargo = command::cargo();
    cargo.args(["test", "--quiet", "--workspace", "--test", "live", "--no-run"]);
    let out = cargo.arg("--message-format=json").stderr(std::process::Stdio::inherit()).output()?;
    if !out.status.success() {
        bail!("`{}` failed: {}", command::line(&cargo), out.status);
    }
    executable(&String::from_utf8_lossy(&out.stdout)).context("cargo named no program of the live tests")
}

/// The last program in cargo's messages, one object of JSON a line.
fn executable(messages: &str) -> Option<PathBuf> {
    let path = |line: &str| Some(line.split_once("\"executable\":\"")?.1.split_once('"')?.0.to_owned());
    // A path that JSON escapes is none that we read.
    messages.lines().rev().find_map(path).filter(|path| !path.contains('\\')).map(PathBuf::from)
}

/// The libraries that ldd(1) names: `libc.so.6 => /lib/libc.so.6 (0x...)`, or the loader by its path alone.
fn named_by_ldd(text: &str) -> Vec<PathBuf> {
    let path = |line: &str| {
        let named = line.split_once(" => ").map_or(line, |(_, path)| path);
        let path = named.trim().split_once(" (0x")?.0;
        path.starts_with('/').then(|| PathBuf::from(path))
    };
    text.lines().filter(|line| line.starts_with('\t')).filter_map(path).collect()
}

/// What a name in the guest is.
enum Node {
    Directory,
    /// A copy of a file here.
    File(PathBuf),
    /// A program's text.
    Text(String),
    Link(PathBuf),
}

/// The guest's files, by path without the first slash. In the order of paths a directory comes before what is in it.
#[derive(Default)]
struct Tree(BTreeMap<PathBuf, Node>);

impl Tree {
    /// Adds a name, and the directories above it.
    fn add(&mut self, name: impl AsRef<Path>, node: Node) {
        for above in name.as_ref().ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()) {
            self.0.entry(above.to_owned()).or_insert(Node::Directory);
        }
        self.0.insert(name.as_ref().to_owned(), node);
    }

    /// Adds a file of this machine under its name, links above it resolved: they are directories in the guest.
    fn host(&mut self, path: &Path) -> Result<()> {
        let (dir, name) = (path.parent().context("a file in no directory")?, path.file_name().unwrap_or_default());
        let dir = dir.canonicalize().with_context(|| format!("no directory of {}", path.display()))?;
        self.add(inside(&dir.join(name)), Node::File(path.to_owned()));
        Ok(())
    }

    /// Adds all that is in a directory of this machine, without what is named so.
    fn all(&mut self, dir: &Path, without: &[&str]) -> Result<()> {
        for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if without.iter().any(|not| name == *not) {
                continue;
            }
            // A link to a file becomes the file; one to nothing is left out.
            match fs::metadata(&path) {
                Ok(meta) if meta.is_dir() => self.all(&path, without)?,
                Ok(meta) if meta.is_file() => self.host(&path)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Adds the modules of a Python.
    fn python(&mut self, python: &Path) -> Result<()> {
        let mut ask = Command::new(python);
        ask.args(["-I", "-S", "-c", "import sys; print(*sys.path, sep='\\n')"]);
        let out = ask.output().with_context(|| format!("cannot run {}", python.display()))?;
        for dir in String::from_utf8_lossy(&out.stdout).lines().map(Path::new).filter(|dir| dir.is_dir()) {
            self.all(dir, &NOT_OF_PYTHON)?;
        }
        Ok(())
    }

    /// Adds the libraries of every program and library.
    fn libraries(&mut self) -> Result<()> {
        let mut ldd = Command::new("ldd");
        for (name, node) in &self.0 {
            if let Node::File(path) = node
                && (path.metadata()?.permissions().mode() & 0o111 != 0 || name.to_string_lossy().contains(".so"))
            {
                ldd.arg(path);
            }
        }
        // It fails for scripts and static programs, which need none.
        let out = ldd.output().context("cannot run ldd")?;
        for library in named_by_ldd(&String::from_utf8_lossy(&out.stdout)) {
            self.host(&library)?;
        }
        Ok(())
    }

    /// Writes all of it; the size of the archive in bytes.
    fn write(&self, archive: &Path) -> Result<u64> {
        let mut to = Archive::new(BufWriter::new(File::create(archive)?));
        for (path, node) in &self.0 {
            let name = path.to_str().with_context(|| format!("{} is not text", path.display()))?;
            match node {
                Node::Directory => {
                    to.directory(name, if name == "tmp" || name == "var/tmp" { 0o1777 } else { 0o755 })?
                }
                Node::Text(text) => to.file(name, 0o755, text.as_bytes())?,
                Node::Link(target) => to.link(name, target.to_str().context("a link to what is not text")?)?,
                Node::File(from) => {
                    let mode = from.metadata()?.permissions().mode() & 0o755 | 0o444;
                    let data = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
                    to.file(name, mode, &data)?;
                }
            }
        }
        to.finish()?;
        Ok(archive.metadata()?.len())
    }
}

/// The path without its first slash.
fn inside(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ldd_is_read() {
        let text = "/vm/a:\n\tlinux-vdso.so.1 (0x00007f88)\n\tlibc.so.6 => /lib/x/libc.so.6 (0x00007f88)\n\
            \tlibgone.so => not found\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n/vm/b:\n\tnot a dynamic executable\n";
        assert_eq!(named_by_ldd(text), [Path::new("/lib/x/libc.so.6"), Path::new("/lib64/ld-linux-x86-64.so.2")]);
    }

    #[test]
    fn cargo_names_the_runner() {
        let text = "{\"reason\":\"compiler-artifact\",\"executable\":null}\n\
            {\"reason\":\"compiler-artifact\",\"executable\":\"/t/live-1\",\"fresh\":true}\n{\"reason\":\"build-finished\"}";
        assert_eq!(executable(text), Some(PathBuf::from("/t/live-1")));
        assert_eq!(executable("{\"executable\":null}"), None);
    }

    #[test]
    fn the_words_of_scripts_are_candidates() {
        let cases = "NAME not_this\nREQUIRES root,tool:curl\nRUN sed 's/a//' <(x=$(bpftool prog)); /bin/cat a|wc\nEXPECT nor this\n";
        let words = programs(cases.lines().filter(|line| is_command(line)));
        for program in ["curl", "sed", "bpftool", "cat", "wc"] {
            assert!(words.iter().any(|word| word == program), "{program}: {words:?}");
        }
        assert!(!words.iter().any(|word| word == "not_this" || word == "nor"));
    }

    #[test]
    fn directories_come_before_what_is_in_them() {
        let mut tree = Tree::default();
        tree.add("usr/lib/x", Node::Text(String::new()));
        tree.add("usr-local", Node::Directory);
        tree.add("usr/bin", Node::Directory);
        let names: Vec<_> = tree.0.keys().map(|path| path.to_string_lossy().into_owned()).collect();
        assert_eq!(names, ["usr", "usr/bin", "usr/lib", "usr/lib/x", "usr-local"]);
    }

    #[test]
    fn the_filter_reaches_the_runner_as_it_is() {
        let text = init(&["basics".to_owned(), "it's $x".to_owned()]);
        assert!(text.contains(r#"timeout -s KILL "$limit" /vm/live 'basics' 'it'\''s $x'"#), "{text}");
    }
}
