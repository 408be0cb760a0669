//! Any bytes and any text are strings of JSON, which a reader of others' gives back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tracer::render::json::object::Object;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut out = Vec::new();
    let mut object = Object::begin(&mut out);
    object.text("text", &text);
    object.bytes("bytes", bytes);
    object.number("number", bytes.len());
    object.text(&text, "key");
    object.end();
    assert!(out.iter().all(|&b| b >= b' '), "{}", out.escape_ascii());
    let value: serde_json::Value =
        serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{error}: {}", out.escape_ascii()));
    if !["text", "bytes", "number"].contains(&&*text) {
        assert_eq!(value["text"], &*text);
    }
});
