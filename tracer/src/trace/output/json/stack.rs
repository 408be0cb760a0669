//! A stack, as an array.

use super::value::hex;
use crate::render::json::escape;
use crate::render::json::object::Object;
use crate::stack::frames::{Entry, Stack};

/// A member with the frames, where there are any.
pub fn member(object: &mut Object<'_>, name: &'static str, found: Stack<'_>) {
    if found.is_empty() {
        return;
    }
    let out = object.member(name);
    out.push(b'[');
    for (n, entry) in found.entries().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        let mut object = Object::begin(out);
        match entry {
            Entry::Frame(frame) => {
                escape::bytes(object.member("file"), frame.file, false);
                match frame.symbol {
                    Some(symbol) => escape::bytes(object.member("symbol"), symbol, false),
                    None => object.null("symbol"),
                }
                hex(object.member("offset"), frame.offset);
                hex(object.member("address"), frame.address);
                if let Some((file, line)) = frame.source {
                    escape::bytes(object.member("source"), file, false);
                    object.number("line", line);
                }
            }
            Entry::Ends(end, address) => {
                object.word("ends", end.words());
                if address != 0 {
                    hex(object.member("at"), address);
                }
            }
        }
        object.end();
    }
    out.push(b']');
}
