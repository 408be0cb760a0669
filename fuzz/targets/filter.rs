//! Any words are a filter of sockets or a usage error. The words are divided by zero bytes.
#![no_main]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let words = bytes.split(|&b| b == 0).map(|word| OsString::from_vec(word.to_vec()));
    let all = ["tracer", "ss", "-a"].map(OsString::from).into_iter().chain(words);
    if let Err(error) = tracer::commands::parse(all) {
        let text = error.to_string();
        assert!(tracer_fuzz::is_calm(&text), "{text:?}");
    }
});
