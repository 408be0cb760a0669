//! Names of constants as text, for forms that mix them with something else.

use std::fmt::Write;

use crate::decode::value::Value;
use crate::schema::set::Set;

/// The flags of `set` in `value` by name, what is left in hex, joined by `|`; empty when there are none.
pub fn flags(set: &Set, value: u64) -> String {
    let mut out = String::new();
    let base = set.choice.iter().find(|(_, v)| *v == value & set.mask);
    if let Some((name, _)) = base.filter(|_| set.mask != 0) {
        out.push_str(name);
    }
    let mut left = if base.is_some() { value & !set.mask } else { value };
    for (name, bits) in set.bits {
        if *bits != 0 && left & bits == *bits {
            left &= !bits;
            add(&mut out, name);
        }
    }
    if left != 0 {
        add(&mut out, "");
        // Writing to a string does not fail.
        let _ = write!(out, "{left:#x}");
    }
    out
}

/// Appends a part, with a `|` before it where one is needed.
pub fn add(out: &mut String, part: &str) {
    if !out.is_empty() {
        out.push('|');
    }
    out.push_str(part);
}

/// Text as a value, a plain 0 when it is empty.
pub fn text<'a>(text: String) -> Value<'a> {
    if text.is_empty() { Value::Uint(0) } else { Value::Text(text) }
}
