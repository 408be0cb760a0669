//! Recordings written and read back: whole, cut at every byte, foreign, and broken at random.

use std::io::Cursor;

use proptest::prelude::*;
use tracer_common::event::{Blob, align};
use tracer_common::loss::Loss;

use super::*;
use crate::schema::plan::Detail;
use crate::trace::output::record::Recorder;

fn record(tid: u32, blobs: &[&[u8]]) -> Vec<u8> {
    let mut body = Vec::new();
    for bytes in blobs {
        body.extend_from_slice(Blob { len: bytes.len() as u32, want: bytes.len() as u32, ..Blob::default() }.bytes());
        body.extend_from_slice(bytes);
        body.resize(align(body.len()), 0);
    }
    let len = (size_of::<Head>() + body.len()) as u32;
    let head = Head { len, kind: kind::CALL, blobs: blobs.len() as u16, tid, nr: tid % 2, dur: 10, ..Head::default() };
    [head.bytes(), &body].concat()
}

fn header() -> Header {
    let detail = Detail { data: true, strlen: 32, fds: true, env: false };
    Header { command: vec![b"ls".to_vec(), b"\xff".to_vec()], detail: detail.into(), ..Header::of_host() }
}

/// A recording of 40 records in 4 sections, and its records.
fn sample() -> (Vec<u8>, Vec<Vec<u8>>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.trace");
    let mut recorder = Recorder::create(&path, &header()).unwrap();
    let mut records = Vec::new();
    for tid in 0..40u32 {
        let text = vec![b'x'; tid as usize % 7];
        let blobs: [&[u8]; 2] = [&text, b"/etc/passwd"];
        let one = record(tid, if tid % 3 == 0 { &[] } else { &blobs });
        recorder.push(&one);
        records.push(one);
        if tid % 10 == 9 {
            recorder.flush();
        }
    }
    let mut losses = Losses::default();
    losses.add(Loss::RingFull, 3);
    let outcome = recorder.finish(&losses, Some(7));
    assert!(outcome.error.is_none() && outcome.unwritten == 0);
    (std::fs::read(&path).unwrap(), records)
}

/// All records that can be read, and the error, if any.
fn read(file: &[u8]) -> (Vec<u8>, Option<String>, Option<ReplaySource>) {
    let mut source = match ReplaySource::from_reader(Box::new(Cursor::new(file.to_vec())), "a.trace".into()) {
        Ok(source) => source,
        Err(e) => return (Vec::new(), Some(e.to_string()), None),
    };
    let mut batch = Batch::new();
    loop {
        match source.read(&mut batch, Duration::ZERO) {
            Ok(Status::Done) => return (batch, None, Some(source)),
            Ok(_) => {}
            Err(e) => {
                let text = e.to_string();
                assert_eq!(source.read(&mut batch, Duration::ZERO).unwrap(), Status::Done, "an error is the end");
                return (batch, Some(text), Some(source));
            }
        }
    }
}

#[test]
fn gives_back_what_was_kept() {
    let (file, records) = sample();
    let (batch, error, source) = read(&file);
    assert_eq!(error, None);
    assert_eq!(batch, records.concat());
    let mut source = source.unwrap();
    assert_eq!(source.losses().reasons[&Loss::RingFull], 3);
    assert_eq!(source.exit_code(), Some(7));
    assert_eq!(source.header(), &Header { clock_offset: source.header().clock_offset, ..header() });
    let mut batch = Batch::new();
    source.pending(&mut batch).unwrap();
    assert_eq!(Head::read(&batch).unwrap().kind, kind::MARK);
}

#[test]
fn a_file_cut_at_any_byte_gives_all_whole_records_and_an_error() {
    let (file, records) = sample();
    // Where each record ends in the file.
    let mut ends = Vec::new();
    let mut from = 0;
    for one in &records {
        let at = from + file[from..].windows(one.len()).position(|w| w == one.as_slice()).unwrap();
        from = at + one.len();
        ends.push(from);
    }
    for cut in 0..file.len() {
        let (batch, error, _) = read(&file[..cut]);
        let whole = ends.iter().filter(|&&end| end <= cut).count();
        assert_eq!(batch, records[..whole].concat(), "cut at {cut}");
        let error = error.unwrap_or_else(|| panic!("no error, cut at {cut}"));
        let expected =
            if cut == 0 { "a.trace: not a recording of tracer".to_owned() } else { format!("it ends at byte {cut}, ") };
        assert!(error.contains(&expected), "cut at {cut}: {error}");
    }
}

#[test]
fn says_what_is_wrong_and_where() {
    let (file, _) = sample();
    let check = |change: &dyn Fn(&mut Vec<u8>), expected: &str| {
        let mut file = file.clone();
        change(&mut file);
        let error = read(&file).1.unwrap();
        assert!(error.contains(expected), "{error}");
    };
    check(&|f| f[0] = 0, "a.trace: not a recording of tracer");
    check(&|f| *f = b"\x7fELF and more".to_vec(), "not a recording of tracer");
    check(&|f| _ = f.remove(6), "line ends were changed");
    check(&|f| f[8] = 2, "a recording of form 2; this tracer reads form 1");
    check(&|f| f[12] = b'X', "corrupt at byte 12: no section begins here");
    check(&|f| f[40] ^= 1, "corrupt at byte 12: the sum of this section is wrong");
    check(
        &|f| f[16..20].copy_from_slice(&u32::MAX.to_le_bytes()),
        "corrupt at byte 12: a section of 4294967295 bytes, where 4194304 are the most",
    );
    check(&|f| f.push(0), "something follows the trailer");
    let arch = |f: &mut Vec<u8>| {
        let text = serde_json::to_vec(&Header { arch: "vax".into(), ..header() }).unwrap();
        f.truncate(12);
        f.extend_from_slice(b"HEAD");
        f.extend_from_slice(&(text.len() as u32).to_le_bytes());
        f.extend_from_slice(&Sum::default().add(Tag::Head, &text).to_le_bytes());
        f.extend_from_slice(&[0; 4]);
        f.extend_from_slice(&text);
    };
    check(&arch, "recorded on vax; this tracer shows recordings of");
}

#[test]
fn numbers_of_losses_that_are_too_large_do_not_become_none() {
    let half = 1 << 63;
    let names = [("ring_full", half), ("map_full", half), ("of a later tracer", u64::MAX), ("another", 1)];
    let losses = names.map(|(name, n)| (name.to_owned(), n)).into_iter().collect();
    let losses = Trailer { losses, ..Trailer::default() }.losses();
    let expected = [(Loss::RingFull, half), (Loss::MapFull, half), (Loss::OutputFailed, u64::MAX)];
    assert_eq!((losses.reasons.clone(), losses.total()), (expected.into_iter().collect(), u64::MAX));
}

#[test]
fn sections_can_not_be_left_out_or_moved() {
    let (file, _) = sample();
    let starts: Vec<usize> = (0..file.len() - 4).filter(|&i| &file[i..i + 4] == b"RECS").collect();
    assert_eq!(starts.len(), 4);
    let without = [&file[..starts[1]], &file[starts[2]..]].concat();
    assert!(read(&without).1.unwrap().contains("the sum of this section is wrong"));
    let swapped =
        [&file[..starts[0]], &file[starts[1]..starts[2]], &file[starts[0]..starts[1]], &file[starts[2]..]].concat();
    assert!(read(&swapped).1.unwrap().contains("the sum of this section is wrong"));
}

#[test]
fn counts_without_giving_calls() {
    let (file, _) = sample();
    let mut source = ReplaySource::from_reader(Box::new(Cursor::new(file)), "a".into()).unwrap();
    source.count_only(true);
    let mut batch = Batch::new();
    while source.read(&mut batch, Duration::ZERO).unwrap() != Status::Done {}
    assert!(batch.is_empty());
    let counts = source.counts().unwrap();
    let mut one = Count::none(false, 0);
    (0..20).for_each(|_| one.take(10, false));
    assert_eq!(counts, [one, Count { nr: 1, ..one }]);
    let sum: u64 = source.counts_by_process().unwrap().iter().map(|(_, count)| count.calls).sum();
    assert_eq!(sum, 40);
}

#[test]
fn a_large_batch_comes_in_pieces() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.trace");
    let mut recorder = Recorder::create(&path, &header()).unwrap();
    let one = record(1, &[&[b'x'; 8000]]);
    recorder.push(&one.repeat(3000));
    assert!(recorder.finish(&Losses::default(), None).error.is_none());
    let mut source = ReplaySource::open(&path).unwrap();
    let mut total = 0;
    loop {
        let mut batch = Batch::new();
        let status = source.read(&mut batch, Duration::ZERO).unwrap();
        assert!(batch.len() <= BATCH + one.len());
        total += batch.len();
        if status == Status::Done {
            break;
        }
    }
    assert_eq!(total, 3000 * one.len());
}

#[test]
fn a_recording_is_for_its_owner_and_a_full_disk_is_counted() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.trace");
    let recorder = Recorder::create(&path, &header()).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    drop(recorder);
    let (batch, error, _) = read(&std::fs::read(&path).unwrap());
    assert!(batch.is_empty() && error.unwrap().contains("without the trailer"));
    assert!(Recorder::create(Path::new("/dev/full"), &header()).unwrap_err().to_string().contains("/dev/full"));
}

proptest! {
    /// Whatever is changed, reading ends, with whole records that were in the file and an error.
    #[test]
    fn broken_files_never_panic(at: prop::sample::Index, with: Vec<u8>, cut: prop::sample::Index) {
        let (mut file, records) = sample();
        let original = file.clone();
        let at = at.index(file.len());
        for (i, b) in with.iter().enumerate().take(file.len() - at) {
            file[at + i] = *b;
        }
        let changed = file != original;
        file.truncate(file.len().min(cut.index(file.len() * 2)));
        let (batch, error, _) = read(&file);
        prop_assert_eq!(error.is_some(), changed || file.len() < original.len());
        let whole = (0..=records.len()).any(|n| records[..n].concat() == batch);
        // Bytes of a cut section have no sum: changed ones may pass there, but only as whole records.
        prop_assert!(whole || file.len() < original.len());
    }

    #[test]
    fn any_bytes_behind_a_good_start_never_panic(rest: Vec<u8>) {
        let (file, _) = sample();
        let start = file.windows(4).position(|w| w == b"RECS").unwrap();
        let mut file = file[..start].to_vec();
        file.extend_from_slice(&rest);
        prop_assert!(read(&file).1.is_some());
    }

    #[test]
    fn records_are_checked(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        if let Ok((head, _)) = record::whole(&bytes) {
            prop_assert!(head.len as usize <= bytes.len());
        }
    }
}
