//! Forms of signals: what a handler is, and how a timer or a queue tells of itself.

use crate::decode::scalar::at;
use crate::decode::value::Value;
use crate::schema::plan::SIGFRAME;
use crate::schema::set::Set;
use crate::schema::signal::SA;
use crate::schema::types::Whose;
use crate::sets;

sets! {
    /// How a timer or a queue notifies. include/uapi/asm-generic/siginfo.h
    SIGEV "SIGEV_"
    choice all: SIGEV_SIGNAL = 0, SIGEV_NONE = 1, SIGEV_THREAD = 2, SIGEV_THREAD_ID = 4;
}

/// The mask at the end of the frame that rt_sigreturn takes from the stack; `{mask=...}` where it could not be read.
pub fn frame<'a>(bytes: &[u8]) -> Value<'a> {
    let mask = usize::from(SIGFRAME) - 8;
    match bytes.len() >= mask + 8 {
        true => Value::Struct { fields: vec![("mask", Value::SigSet(at(bytes, mask, 8)))], more: false },
        false => Value::Struct { fields: vec![("mask", Value::Word("..."))], more: false },
    }
}

/// The kernel's `struct sigaction`, 32 bytes on x86_64 and aarch64: handler, flags, restorer, mask.
pub fn sigaction<'a>(bytes: &[u8]) -> Option<Value<'a>> {
    const RESTORER: u64 = 0x0400_0000;
    if bytes.len() < 32 {
        return None;
    }
    let handler = match at(bytes, 0, 8) {
        0 => Value::Word("SIG_DFL"),
        1 => Value::Word("SIG_IGN"),
        u64::MAX => Value::Word("SIG_ERR"),
        handler => Value::Addr(handler),
    };
    let how = at(bytes, 8, 8);
    let mut fields = vec![
        ("sa_handler", handler),
        ("sa_mask", Value::SigSet(at(bytes, 24, 8))),
        ("sa_flags", Value::Named(&SA, how)),
    ];
    if how & RESTORER != 0 {
        fields.push(("sa_restorer", Value::Addr(at(bytes, 16, 8))));
    }
    Some(Value::Struct { fields, more: false })
}

/// `struct sigevent`; `sigev_value` is shown when it is not 0.
pub fn sigevent<'a>(bytes: &[u8]) -> Option<Value<'a>> {
    if bytes.len() < 32 {
        return None;
    }
    let (value, number, notify) = (at(bytes, 0, 8), at(bytes, 8, 4), at(bytes, 12, 4));
    let mut fields = Vec::with_capacity(4);
    if value != 0 {
        let parts = vec![("sival_int", Value::Int(i64::from(value as i32))), ("sival_ptr", Value::Addr(value))];
        fields.push(("sigev_value", Value::Struct { fields: parts, more: false }));
    }
    let signals = matches!(notify, 0 | 2 | 4);
    fields.push(("sigev_signo", if signals { Value::Signal(number as i32) } else { Value::Uint(number) }));
    let set: &'static Set = &SIGEV;
    fields.push(("sigev_notify", Value::Named(set, notify)));
    match notify {
        4 => fields.push(("sigev_notify_thread_id", Value::Pid(at(bytes, 16, 4) as i32, Whose::Thread, None))),
        2 => {
            fields.push(("sigev_notify_function", Value::Addr(at(bytes, 16, 8))));
            fields.push(("sigev_notify_attributes", Value::Addr(at(bytes, 24, 8))));
        }
        _ => {}
    }
    Some(Value::Struct { fields, more: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(value: Option<Value<'_>>) -> Vec<&'static str> {
        let Some(Value::Struct { fields, .. }) = value else { panic!("no structure: {value:?}") };
        fields.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_restorer_is_shown_when_the_flags_say_so() {
        let mut bytes = [0u8; 32];
        assert_eq!(names(sigaction(&bytes)), ["sa_handler", "sa_mask", "sa_flags"]);
        bytes[11] = 4;
        assert_eq!(names(sigaction(&bytes)), ["sa_handler", "sa_mask", "sa_flags", "sa_restorer"]);
        assert!(sigaction(&bytes[..31]).is_none());
    }

    #[test]
    fn a_frame_ends_with_its_mask() {
        let mut bytes = [0u8; SIGFRAME as usize];
        bytes[SIGFRAME as usize - 8] = 2;
        let mask = |value| Value::Struct { fields: vec![("mask", value)], more: false };
        assert_eq!(frame(&bytes), mask(Value::SigSet(2)));
        assert_eq!(frame(&bytes[..SIGFRAME as usize - 1]), mask(Value::Word("...")));
        assert_eq!(frame(&[]), mask(Value::Word("...")));
    }

    #[test]
    fn a_notification_names_its_thread() {
        let mut bytes = [0u8; 64];
        assert_eq!(names(sigevent(&bytes)), ["sigev_signo", "sigev_notify"]);
        bytes[12] = 4;
        bytes[0] = 1;
        assert_eq!(names(sigevent(&bytes)), ["sigev_value", "sigev_signo", "sigev_notify", "sigev_notify_thread_id"]);
    }
}
