//! Any file is a recording or an error; what is read of it are whole records.
#![no_main]

use std::io::Cursor;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tracer::capture::replay::ReplaySource;
use tracer::capture::{Source, Status};
use tracer_common::record::records;

fuzz_target!(|bytes: &[u8]| {
    let input = Box::new(Cursor::new(bytes.to_vec()));
    let Ok(mut source) = ReplaySource::from_reader(input, "input".to_owned()) else { return };
    let mut batch = Vec::new();
    while let Ok(status) = source.read(&mut batch, Duration::ZERO) {
        let mut records = records(&batch);
        records.by_ref().for_each(drop);
        assert!(records.rest().is_empty(), "{} bytes that are no record", records.rest().len());
        batch.clear();
        if status == Status::Done {
            break;
        }
    }
});
