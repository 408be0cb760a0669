//! Sinks against real files, pipes and full disks.

use std::fs::{self, File};
use std::io::Read;

use super::*;

fn file(path: &Path) -> Sink {
    Sink::open(&To::File(path.to_owned(), false)).unwrap()
}

#[test]
fn keeps_until_flushed_and_writes_all() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut sink = file(&path);
    assert_eq!(sink.write(1, b"one\n", 1), Flow::Open);
    assert_eq!(fs::read(&path).unwrap(), b"");
    assert_eq!(sink.flush(), Flow::Open);
    assert_eq!(fs::read(&path).unwrap(), b"one\n");
    assert_eq!(sink.write(1, &vec![b'x'; KEEP], 1), Flow::Open);
    assert_eq!(fs::metadata(&path).unwrap().len(), 4 + KEEP as u64, "a full buffer is written at once");
    assert_eq!(sink.write(1, b"two\n", 1), Flow::Open);
    let outcome = sink.finish();
    assert!(outcome.line("tracer").is_none());
    assert!(fs::read(&path).unwrap().ends_with(b"xtwo\n"));
}

#[test]
fn a_full_device_gives_one_line_with_the_count() {
    let mut sink = file(Path::new("/dev/full"));
    for _ in 0..10 {
        assert_eq!(sink.write(1, b"line\n", 1), Flow::Open);
    }
    assert_eq!(sink.flush(), Flow::Open);
    assert_eq!(sink.unwritten(), 10);
    assert_eq!(sink.write(1, b"a\nb\n", 2), Flow::Open);
    assert_eq!(sink.flush(), Flow::Open);
    let outcome = sink.finish();
    assert_eq!(
        outcome.line("tracer").unwrap(),
        "tracer: 12 records were not written to /dev/full: No space left on device (os error 28)"
    );
}

/// The file-size limit (with SIGXFSZ ignored) is a full disk that a test can have without mounting one.
/// It holds for a whole process, so the test that wants it runs in one of its own.
fn with_file_limit<T>(bytes: u64, run: impl FnOnce() -> T) -> T {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    use nix::sys::signal::{SigHandler, Signal, signal};
    // SAFETY: ignoring a signal runs no code of ours.
    unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) }.unwrap();
    let (soft, hard) = getrlimit(Resource::RLIMIT_FSIZE).unwrap();
    setrlimit(Resource::RLIMIT_FSIZE, bytes, hard).unwrap();
    let out = run();
    setrlimit(Resource::RLIMIT_FSIZE, soft, hard).unwrap();
    out
}

/// Runs test `name` of this file in a process of its own; false in that process.
fn alone(name: &str) -> bool {
    if std::env::var_os("TRACER_TEST_ALONE").is_some() {
        return false;
    }
    let test = format!("render::sink::tests::{name}");
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", &test])
        .env("TRACER_TEST_ALONE", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&run.stderr));
    true
}

#[test]
fn a_disk_that_fills_up_leaves_whole_records_and_exact_books() {
    if alone("a_disk_that_fills_up_leaves_whole_records_and_exact_books") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // Records of 10 bytes into 100 KiB and a bit: handed over one by one, and in batches.
    for (batch, limit) in [(1u64, 102_405u64), (7, 102_405), (1000, 102_405), (7, 70_000), (3, 65_537)] {
        let path = dir.path().join(format!("log{batch}-{limit}"));
        let mut sink = file(&path);
        let (made, outcome) = with_file_limit(limit, || {
            let mut made = 0u64;
            while made < 30_000 {
                let text: String = (made..made + batch).map(|i| format!("{i:09}\n")).collect();
                assert_eq!(sink.write(1, text.as_bytes(), batch), Flow::Open);
                made += batch;
            }
            (made, sink.finish())
        });
        let text = fs::read(&path).unwrap();
        let shown = text.iter().filter(|&&b| b == b'\n').count() as u64;
        assert_eq!(shown, limit / 10, "everything that fits is there");
        assert_eq!(text.len() as u64, shown * 10, "no half record at the end");
        assert_eq!(shown + outcome.unwritten, made, "batch {batch}, limit {limit}");
        assert!(outcome.error.is_some());
    }
}

#[test]
fn a_reader_that_leaves_ends_quietly() {
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let mut stream = Stream::new(Fd::Owned(writer), "pipe", None);
    assert_eq!(stream.push(b"one\n", 1, KEEP), Flow::Open);
    assert_eq!(stream.flush(), Flow::Open);
    drop(reader);
    assert_eq!(stream.push(b"two\n", 1, KEEP), Flow::Open);
    assert_eq!(stream.flush(), Flow::Closed);
    assert_eq!(stream.push(b"three\n", 1, KEEP), Flow::Closed);
    let outcome = stream.finish();
    assert!(outcome.closed && outcome.unwritten == 0 && outcome.line("tracer").is_none());
}

#[test]
fn a_nonblocking_output_is_waited_for() {
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    rustix::fs::fcntl_setfl(&writer, rustix::fs::OFlags::NONBLOCK).unwrap();
    let read = std::thread::spawn(move || {
        let mut all = Vec::new();
        File::from(reader).read_to_end(&mut all).unwrap();
        all.len()
    });
    let mut stream = Stream::new(Fd::Owned(writer), "pipe", None);
    let line = vec![b'x'; 1000];
    for _ in 0..1000 {
        assert_eq!(stream.push(&line, 1, KEEP), Flow::Open);
    }
    assert!(stream.finish().error.is_none());
    assert_eq!(read.join().unwrap(), 1_000_000);
}

#[test]
fn a_command_gets_everything_and_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("copy");
    let command = format!("cat > '{}'; exit 3", path.display());
    let mut sink = Sink::open(&To::Pipe(command.into())).unwrap();
    assert!(sink.child().is_some());
    assert_eq!(sink.write(1, b"line\n", 1), Flow::Open);
    let outcome = sink.finish();
    assert_eq!(outcome.command.and_then(|s| s.code()), Some(3));
    assert_eq!(fs::read(&path).unwrap(), b"line\n");
}

#[test]
fn each_task_has_its_file_however_many_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut sink = Sink::open(&To::Each(path.clone())).unwrap();
    if let Out::Each(each) = &mut sink.out {
        each.most = 3;
    }
    for round in 0..5 {
        for tid in 1..=10u32 {
            assert_eq!(sink.write(tid, format!("{round} {tid}\n").as_bytes(), 1), Flow::Open);
        }
        if let Out::Each(each) = &sink.out {
            assert!(each.open.len() <= 3);
        }
    }
    sink.task_gone(10);
    assert!(sink.finish().line("tracer").is_none());
    for tid in 1..=10u32 {
        let expected: String = (0..5).map(|round| format!("{round} {tid}\n")).collect();
        assert_eq!(fs::read_to_string(dir.path().join(format!("log.{tid}"))).unwrap(), expected);
    }
}

#[test]
fn a_task_file_that_was_swapped_is_not_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let mut sink = Sink::open(&To::Each(dir.path().join("log"))).unwrap();
    if let Out::Each(each) = &mut sink.out {
        each.most = 1;
    }
    assert_eq!(sink.write(1, b"a\n", 1), Flow::Open);
    assert_eq!(sink.write(2, b"b\n", 1), Flow::Open);
    fs::rename(dir.path().join("log.1"), dir.path().join("gone")).unwrap();
    fs::write(dir.path().join("log.1"), "precious").unwrap();
    assert_eq!(sink.write(1, b"c\n", 1), Flow::Open);
    assert_eq!(sink.write(1, b"d\n", 1), Flow::Open);
    let outcome = sink.finish();
    assert_eq!(outcome.unwritten, 2);
    assert!(outcome.line("tracer").unwrap().contains("log.1: another file took its place"));
    assert_eq!(fs::read(dir.path().join("log.1")).unwrap(), b"precious");
    assert_eq!(fs::read(dir.path().join("log.2")).unwrap(), b"b\n");
}

#[test]
fn stderr_is_not_closed() {
    let sink = Sink::open(&To::Stderr).unwrap();
    assert!(sink.finish().error.is_none());
    assert!(rustix::io::fcntl_getfd(io::stderr()).is_ok());
}

#[test]
fn a_recording_on_a_disk_that_fills_up_keeps_whole_sections_and_exact_books() {
    use crate::capture::recording::Header;
    use crate::capture::replay::ReplaySource;
    use crate::capture::{Batch, Losses, Source};
    use crate::trace::output::record::Recorder;
    use tracer_common::event::Head;

    if alone("a_recording_on_a_disk_that_fills_up_keeps_whole_sections_and_exact_books") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.trace");
    let one = Head { len: size_of::<Head>() as u32, kind: 1, ..Head::default() };
    let outcome = with_file_limit(700_000, || {
        let mut recorder = Recorder::create(&path, &Header::of_host()).unwrap();
        for _ in 0..100 {
            recorder.push(&one.bytes().repeat(100));
        }
        recorder.finish(&Losses::default(), None)
    });
    assert!(outcome.line("tracer").unwrap().contains("a.trace: File too large"));
    let mut source = ReplaySource::open(&path).unwrap();
    let mut batch = Batch::new();
    let error = loop {
        match source.read(&mut batch, std::time::Duration::ZERO) {
            Ok(status) => assert_ne!(status, crate::capture::Status::Done),
            Err(e) => break e.to_string(),
        }
    };
    assert!(error.contains("without the trailer"), "{error}");
    let kept = (batch.len() / size_of::<Head>()) as u64;
    assert!(kept > 0);
    assert_eq!(kept + outcome.unwritten, 10_000);
}
