//! Any file is a recording or an error; what is read of it are whole records.
#![no_main]

use std::io::Cursor;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tracer::capture::replay::ReplaySource;
use tracer::capture::{Source, Status};
use tracer_common::event::Head;

fuzz_target!(|bytes: &[u8]| {
    let input = Box::new(Cursor::new(bytes.to_vec()));
    let Ok(mut source) = ReplaySource::from_reader(input, "input".to_owned()) else { return };
    let mut batch = Vec::new();
    while let Ok(status) = source.read(&mut batch, Duration::ZERO) {
        let mut rest = batch.as_slice();
        while let Some(head) = Head::read(rest) {
            rest = rest.get(head.len as usize..).expect("a whole record");
        }
        assert!(rest.is_empty(), "{} bytes that are no record", rest.len());
        batch.clear();
        if status == Status::Done {
            break;
        }
    }
});
