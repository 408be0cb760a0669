//! Any file is a recording or an error, and what is read of it are whole records; so with any header and trailer whose sums are right:
//! losses that it tells of are never none. And no recording that was altered anywhere, or ends elsewhere, is ever told to be whole. The
//! first byte says which of the three.
#![no_main]

use std::io::Cursor;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tracer::capture::replay::ReplaySource;
use tracer::capture::{Source, Status};
use tracer_common::record::records;
use tracer_fuzz::{recording, recording_of, whole_records};

/// Reads it all; how many records there were, and whether it says that these are all.
fn read(file: Vec<u8>) -> (usize, bool) {
    let input = Box::new(Cursor::new(file));
    let Ok(mut source) = ReplaySource::from_reader(input, "input".to_owned()) else { return (0, false) };
    let (mut batch, mut count) = (Vec::new(), 0);
    while let Ok(status) = source.read(&mut batch, Duration::ZERO) {
        let mut records = records(&batch);
        count += records.by_ref().count();
        assert!(records.rest().is_empty(), "{} bytes that are no record", records.rest().len());
        batch.clear();
        if status == Status::Done {
            let losses = source.losses();
            assert_eq!(losses.total() == 0, losses.lost().count() == 0);
            return (count, true);
        }
    }
    (count, false)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    match choice % 3 {
        0 => drop(read(bytes.to_vec())),
        1 => altered(choice / 3, bytes),
        _ => {
            let (header, trailer) = bytes.split_at(bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len()));
            read(recording_of(header, &[], trailer.get(1..).unwrap_or_default()));
        }
    }
});

/// A recording, and the same with a change somewhere.
fn altered(choice: u8, bytes: &[u8]) {
    let Some((&[a, b, change], bytes)) = bytes.split_first_chunk() else { return };
    let batch = whole_records(bytes);
    let mut file = recording(&batch);
    assert_eq!(read(file.clone()), (records(&batch).count(), true));
    let at = usize::from(u16::from_le_bytes([a, b])) % file.len();
    match choice % 5 {
        0 => file[at] ^= change | 1,
        1 => file.truncate(at),
        2 => file.insert(at, change),
        3 => drop(file.remove(at)),
        _ => file.extend_from_slice(&[change, a]),
    }
    if file != recording(&batch) {
        assert!(!read(file).1, "altered at byte {at}, and whole");
    }
}
