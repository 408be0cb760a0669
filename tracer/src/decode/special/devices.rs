//! What devices have: ratios, formats of pictures, sounds, identifiers.

use super::date::dated;
use crate::decode::scalar::at;
use crate::decode::value::Value;
use crate::schema::ioctl::keyboard::{KEY_VALUE, KT};
use crate::schema::types::Device;

/// Ticks in a second of the clock that drives the speaker: `PIT_TICK_RATE`, include/linux/timex.h.
const TICKS: u64 = 1_193_182;

/// A number in its form; `None` for forms that are none.
pub fn number<'a>(form: Device, raw: u64) -> Option<Value<'a>> {
    let (low, high) = (raw as u32, (raw >> 32) as u32);
    Some(match form {
        Device::Ratio => Value::Text(format!("{low}/{high}")),
        Device::Fourcc => {
            let letters = low.to_le_bytes().map(letter).join(", ");
            Value::Text(format!("v4l2_fourcc({letters})"))
        }
        Device::Letter => Value::Text(letter(raw as u8)),
        Device::Micros => seconds(Value::Uint(low.into()), i64::from(low), 6),
        Device::Nanos => seconds(Value::Int(i64::from(low as i32)), i64::from(low as i32), 9),
        Device::Sound => Value::Comment(Box::new(Value::Uint(raw)), pitch(raw)),
        Device::Tone => tone(low),
        Device::Key => key(raw & 0xffff),
        Device::Signal => match i32::try_from(raw) {
            Ok(signal @ 1..=64) => Value::Signal(signal),
            _ => Value::Uint(raw),
        },
        Device::Signed(set) => match set.name_of(low.into()) {
            Some(_) => Value::Named(set, low.into()),
            None => Value::Comment(Box::new(Value::Int(i64::from(low as i32))), format!("{}???", set.prefix)),
        },
        Device::Uuid | Device::ClockTime | Device::Stamp => return None,
    })
}

/// 16 bytes as they are written of a file system; others as they are.
pub fn uuid<'a>(bytes: &[u8]) -> Value<'a> {
    let mut text = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    Value::Text(text)
}

/// `struct ptp_clock_time`. include/uapi/linux/ptp_clock.h
pub fn clock_time<'a>(bytes: &[u8]) -> Value<'a> {
    let (sec, nsec, reserved) = (at(bytes, 0, 8) as i64, at(bytes, 8, 4), at(bytes, 12, 4));
    let mut fields = vec![("sec", Value::Int(sec)), ("nsec", Value::Uint(nsec))];
    if reserved != 0 {
        fields.push(("reserved", Value::Hex(reserved)));
    }
    dated(Value::Struct { fields, more: false }, sec, nsec, 9)
}

/// `struct btrfs_ioctl_timespec`. include/uapi/linux/btrfs.h
pub fn stamp<'a>(bytes: &[u8]) -> Value<'a> {
    let (sec, nsec) = (at(bytes, 0, 8), at(bytes, 8, 4));
    let fields = vec![("sec", Value::Uint(sec)), ("nsec", Value::Uint(nsec))];
    dated(Value::Struct { fields, more: false }, sec as i64, nsec, 9)
}

/// A character, as C writes it.
fn letter(byte: u8) -> String {
    match byte {
        b'\'' | b'\\' => format!("'\\{}'", byte as char),
        b' '..=b'~' => format!("'{}'", byte as char),
        _ => format!("'\\x{byte:02x}'"),
    }
}

/// A key: its name, or its kind and which of it.
fn key<'a>(raw: u64) -> Value<'a> {
    let (kind, which) = (raw >> 8, raw as u8);
    // These are letters.
    let letters = ["KT_LATIN", "KT_META", "KT_LETTER", "KT_DEAD2"];
    let hex = |n: u64| if n == 0 { "0".to_owned() } else { format!("{n:#x}") };
    let note = match (KEY_VALUE.name_of(raw), KT.name_of(kind)) {
        (Some(name), _) => name.to_owned(),
        (None, Some(kind)) if letters.contains(&kind) => format!("K({kind}, {})", letter(which)),
        (None, Some(kind)) => format!("K({kind}, {})", hex(which.into())),
        (None, None) => format!("K({}, {})", hex(kind), hex(which.into())),
    };
    Value::Comment(Box::new(Value::Hex(raw)), note)
}

/// A time in parts of a second, and what that is in seconds.
fn seconds<'a>(value: Value<'a>, parts: i64, digits: usize) -> Value<'a> {
    let unit = 10i64.pow(digits as u32).unsigned_abs();
    let (sign, whole) = (if parts < 0 { "-" } else { "" }, parts.unsigned_abs());
    match parts {
        0 => value,
        _ => Value::Comment(Box::new(value), format!("{sign}{}.{:0digits$} s", whole / unit, whole % unit)),
    }
}

/// How high a sound is.
fn pitch(divisor: u64) -> String {
    match TICKS.checked_div(divisor) {
        None | Some(0) => "off".to_owned(),
        Some(hertz) => format!("{hertz} Hz"),
    }
}

/// A sound and how long it is.
fn tone<'a>(raw: u32) -> Value<'a> {
    let (divisor, ticks) = (u64::from(raw & 0xffff), raw >> 16);
    let number = match ticks {
        0 => divisor.to_string(),
        _ => format!("{ticks}<<16|{divisor}"),
    };
    let note = match pitch(divisor) {
        pitch if ticks > 0 && divisor > 0 => format!("{pitch}, {ticks} ms"),
        _ => "off".to_owned(),
    };
    Value::Comment(Box::new(Value::Text(number)), note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_devices_have_forms() {
        let check = |form, raw, expected: &str| match number(form, raw) {
            Some(Value::Text(text)) => assert_eq!(text, expected),
            Some(Value::Comment(_, text)) => assert_eq!(text, expected),
            other => panic!("{other:?}"),
        };
        check(Device::Ratio, 0x1_0000_001e, "30/1");
        check(Device::Fourcc, 0x5659_5559, "v4l2_fourcc('Y', 'U', 'Y', 'V')");
        check(Device::Letter, 2, "'\\x02'");
        check(Device::Micros, 20, "0.000020 s");
        check(Device::Nanos, 0xffff_ffff, "-0.000000001 s");
        check(Device::Sound, 1193, "1000 Hz");
        check(Device::Sound, 0, "off");
        check(Device::Tone, 100 << 16 | 1193, "1000 Hz, 100 ms");
        check(Device::Tone, 1193, "off");
        check(Device::Key, 0x100, "K_F1");
        check(Device::Key, 0x41, "K(KT_LATIN, 'A')");
        check(Device::Key, 0x503, "K(KT_CONS, 0x3)");
        check(Device::Key, 0x1000, "K(0x10, 0)");
        assert_eq!(number(Device::Micros, 0), Some(Value::Uint(0)));
        assert_eq!(number(Device::Signal, 9), Some(Value::Signal(9)));
        assert_eq!(number(Device::Signal, 99), Some(Value::Uint(99)));
    }

    #[test]
    fn identifiers_have_dashes() {
        let bytes: Vec<u8> = (1..=16).collect();
        assert_eq!(uuid(&bytes), Value::Text("01020304-0506-0708-090a-0b0c0d0e0f10".into()));
    }
}
