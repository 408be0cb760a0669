//! What a source has looked up beside what a call was given and gave back: a note behind its result.

use std::fmt::Write;

use tracer_common::plan::{phase, shape};

use super::Context;
use super::value::{Ret, Value};
use crate::schema::{kvm, namespaces};

/// A result with what is asked for of this: `= 0 (uts:[4026531838])`, `= 0 (KVM_EXIT_HLT)`.
pub fn noted<'a>(cx: &Context<'_, 'a>, ret: Ret<'a>) -> Ret<'a> {
    let beside = cx.options.beside;
    let found = |arg| cx.blobs.find(arg, shape::BYTES, phase::EXIT_OK, 0).map(|(_, bytes)| bytes);
    let note = if let Some(bytes) = found(namespaces::ARG).filter(|_| beside.namespaces) {
        Some(Value::Text(entered(bytes)))
    } else {
        found(kvm::ARG).filter(|_| beside.exits).and_then(<[u8]>::first_chunk).map(|reason| exit(*reason))
    };
    match (ret, note) {
        (Ret::Value(value), Some(note)) => Ret::Noted(value, Box::new(note)),
        (ret, _) => ret,
    }
}

fn entered(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (kind, inode) in namespaces::read(bytes) {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{kind}:[{inode}]");
    }
    text
}

fn exit<'a>(reason: [u8; 4]) -> Value<'a> {
    let reason = u32::from_le_bytes(reason).into();
    let name = kvm::EXIT.name_of(reason);
    name.map_or_else(|| Value::Comment(Box::new(Value::Hex(reason)), "KVM_EXIT_???".to_owned()), Value::Word)
}
