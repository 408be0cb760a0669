//! Any words are a command line or a usage error. The words are divided by zero bytes, as in /proc/PID/cmdline.
#![no_main]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let words = bytes.split(|&b| b == 0).map(|word| OsString::from_vec(word.to_vec()));
    let _ = tracer::commands::parse(words);
});
