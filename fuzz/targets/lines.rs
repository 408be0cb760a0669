//! Any records are put in order and shown, in every form. What comes out commands no terminal, and JSON can be read. The first byte
//! chooses what was asked for.
#![no_main]

use std::io::Cursor;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rustix::fs::{MemfdFlags, SeekFrom, ftruncate, memfd_create, seek};
use rustix::io::{dup, pread};
use serde_json::Value;
use tracer::capture::replay::ReplaySource;
use tracer::cli::asked;
use tracer::spec::Spec;
use tracer::trace::Trace;
use tracer::trace::stage::Shower;
use tracer_fuzz::{COMMAND, is_plain, recording, whole_records};

/// What is asked for.
const ASKED: [&[&str]; 12] = [
    &[],
    &["-yy", "-T", "-ttt", "-v"],
    &["--json"],
    &["--perfetto"],
    &["-c"],
    &["-C", "-w"],
    &["-z", "--decode-pids=comm"],
    &["--json", "-C"],
    &["-e", "trace=%file,%process", "-P", "/etc/passwd", "-k"],
    &["-e", "read=all", "-e", "write=all", "-n", "-i"],
    &["-b", "execve", "-y", "-r"],
    &["-Z", "--decode-pids=pidns", "-e", "signal=SIGCHLD"],
];

static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    let spec = |more: &&[&str]| {
        let words = ["-f", "-qqq", "-o", "-"].iter().chain(*more).chain(&["true"]);
        asked::spec(words).unwrap_or_else(|fault| panic!("{more:?}: {fault:?}"))
    };
    ASKED.iter().map(spec).collect()
});

/// Stdout, which is a file in memory from now on.
static OUT: LazyLock<OwnedFd> = LazyLock::new(|| {
    let file = memfd_create("out", MemfdFlags::CLOEXEC).expect("a file in memory");
    rustix::stdio::dup2_stdout(&file).expect("stdout");
    file
});

/// What was written since it was asked last.
fn written(file: impl AsFd) -> Vec<u8> {
    let len = seek(&file, SeekFrom::End(0)).expect("a place");
    let mut bytes = vec![0; len as usize];
    let got = pread(&file, &mut bytes, 0).expect("what was written");
    bytes.truncate(got);
    ftruncate(&file, 0).expect("a file that can be cut");
    seek(&file, SeekFrom::Start(0)).expect("a place");
    bytes
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let number = usize::from(*choice) % ASKED.len();
    let (spec, asked) = (&SPECS[number], ASKED[number]);
    let file = LazyLock::force(&OUT);
    let _open = dup(file);
    let input = Box::new(Cursor::new(recording(&whole_records(bytes))));
    let source = ReplaySource::from_reader(input, "input".to_owned()).expect("a recording");
    let mut shower = Shower::open(spec).expect("stdout is open");
    shower.recorded(0);
    shower.expect(COMMAND);
    let mut trace = Trace::new(spec, Box::new(source), shower, None);
    assert_eq!(trace.follow().expect("a whole recording"), None);
    trace.end(None).expect("an end");
    let out = written(file);
    let json = |text: &[u8]| {
        serde_json::from_slice::<Value>(text).unwrap_or_else(|error| panic!("{error}: {}", text.escape_ascii()))
    };
    if asked.contains(&"--perfetto") {
        json(&out);
    } else if asked.contains(&"--json") {
        out.split(|&b| b == b'\n').filter(|line| !line.is_empty()).for_each(|line| drop(json(line)));
    } else {
        assert!(is_plain(&out), "{}", out.escape_ascii());
    }
});
