//! Programs and libraries of the C compiler, the machine's own libraries and processes, and files that lie.

mod hostile;
mod machine;
mod programs;
mod prototypes;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::object::Object;
use crate::stack::elf::Elf;

/// A directory with programs of this test.
struct Made(tempfile::TempDir);

impl Made {
    fn new() -> Made {
        Made(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Compiles a C program, and says whether there is a compiler for that. What it cannot do is said.
    fn cc(&self, name: &str, source: &str, options: &[&str]) -> bool {
        let file = self.path(&format!("{name}.c"));
        std::fs::write(&file, source).expect("a source");
        let mut cc = Command::new("cc");
        cc.current_dir(self.0.path()).args(["-O1", "-o", name]).arg(&file).args(options);
        match cc.output() {
            Ok(output) if output.status.success() => true,
            Ok(output) => panic!("{name}: {}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => {
                println!("SKIP {name}: no C compiler: {error}");
                false
            }
        }
    }

    fn object(&self, name: &str) -> Object {
        object(&self.path(name)).expect("an ELF file")
    }
}

fn object(path: &Path) -> Option<Object> {
    Some(Object::of(Elf::of_file(std::fs::File::open(path).ok()?)?, None))
}

/// A child that waits until the test is over.
struct Waits(Child);

impl Waits {
    /// Starts it; it has begun when it has written a byte.
    fn begun(command: &mut Command) -> Option<Waits> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let mut byte = [0];
        let mut out = child.stdout.take()?;
        std::io::Read::read_exact(&mut out, &mut byte).expect("it has begun");
        Some(Waits(child))
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
