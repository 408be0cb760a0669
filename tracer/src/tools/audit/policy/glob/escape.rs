//! The other way: from bytes to a glob that only they fit.

use crate::render::escape::never_raw;

/// Text that a glob takes literally, whatever the bytes are.
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '*' | '?' | '[' | ']' | '{' | '}' | '\\' | '$' | ' ' => out.extend(['\\', c]),
                c if never_raw(c) || !c.is_ascii() && !c.is_alphanumeric() => {
                    c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| out.push_str(&format!("\\x{b:02x}")));
                }
                c => out.push(c),
            }
        }
        chunk.invalid().iter().for_each(|b| out.push_str(&format!("\\x{b:02x}")));
    }
    out
}
