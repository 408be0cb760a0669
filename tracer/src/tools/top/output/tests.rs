//! JSON is as the schema describes it, and without control characters; colours change no text.

use serde_json::Value as J;

use super::*;
use crate::render::json::schema::valid;
use crate::tools::top::model::Frame;
use crate::tools::top::testing::frame;
use crate::tools::top::view::{Sight, page};

#[test]
fn json_is_what_the_schema_says() {
    let schema: J =
        serde_json::from_str(include_str!("../../../../../schema/top.schema.json")).expect("the schema is JSON");
    let ended = Frame { ended: Some("exited with 0".into()), losses: vec![("ring_full", 1)], ..frame(true, true) };
    for frame in [ended, frame(false, true), frame(true, false), Frame::default()] {
        let mut out = Vec::new();
        json(&frame, &mut out);
        let text = std::str::from_utf8(&out).expect("UTF-8");
        let line = text.strip_suffix('\n').expect("one line");
        assert!(line.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{text}");
        let object: J = serde_json::from_str(text).expect("JSON");
        if let Err(why) = valid(&schema, &schema, &object) {
            panic!("{why}\n{text}");
        }
    }
}

#[test]
fn colours_change_no_text() {
    let lines = page(&frame(true, true), &Sight::default(), 100, None);
    let (mut plain, mut colored) = (Vec::new(), Vec::new());
    text(&lines, false, &mut plain);
    text(&lines, true, &mut colored);
    let colours = regex::bytes::Regex::new("\x1b\\[[0-9;]*m").expect("a pattern");
    let without = colours.replace_all(&colored, &b""[..]);
    let trimmed = |bytes: &[u8]| -> Vec<u8> {
        bytes.split(|&b| b == b'\n').flat_map(|line| [line.trim_ascii_end(), b"\n"].concat()).collect()
    };
    assert_eq!(String::from_utf8(trimmed(&without)), String::from_utf8(trimmed(&plain)));
    assert!(colored.len() > plain.len());
}
