//! What the tests of sources share: a request, fixtures in C, and records taken apart.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command as Run;

use tracer_common::event::{Blob, Head};
use tracer_common::record;

use crate::schema::plan::Detail;
use crate::spec::{Backend, Command, Target, Watch};

/// A request that traces everything of nothing.
pub fn watch() -> Watch {
    Watch {
        follow: false,
        detail: Detail { data: true, strlen: 32, fds: false, env: false },
        ..Watch::events("tracer", Target::default(), Backend::Ptrace, 32)
    }
}

/// A request that runs `argv`.
pub fn run(argv: &[&str]) -> Watch {
    let argv = argv.iter().map(OsString::from).collect();
    Watch { target: Target { command: Some(Command { argv, ..Command::default() }), ..Target::default() }, ..watch() }
}

/// A record taken apart.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its head.
    pub head: Head,
    /// Its blobs.
    pub blobs: Vec<(Blob, Vec<u8>)>,
}

/// Takes a batch apart; panics on anything that breaks the layout.
pub fn records(mut batch: &[u8]) -> Vec<Seen> {
    let mut seen = Vec::new();
    while !batch.is_empty() {
        let (head, record) = record::whole(batch).expect("a whole record");
        let mut blobs = record::blobs(&head, record);
        let list = blobs.by_ref().map(|(blob, bytes)| (blob, bytes.to_vec())).collect();
        assert!(blobs.rest().is_empty(), "nothing behind the last blob");
        seen.push(Seen { head, blobs: list });
        batch = &batch[record.len()..];
    }
    seen
}

/// Compiles a C program; `None` where there is no compiler.
pub fn compile(name: &str, source: &str) -> Option<PathBuf> {
    let dir = std::env::temp_dir().join(format!("tracer-fixtures-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory for fixtures");
    let program = dir.join(name);
    let mut cc = Run::new("cc")
        .args(["-O1", "-pthread", "-x", "c", "-", "-o"])
        .arg(&program)
        .stdin(std::process::Stdio::piped())
        .spawn()
        .ok()?;
    cc.stdin.take()?.write_all(source.as_bytes()).expect("the compiler reads");
    assert!(cc.wait().expect("the compiler ends").success(), "{name} compiles");
    Some(program)
}
