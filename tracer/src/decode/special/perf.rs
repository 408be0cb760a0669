//! `struct perf_event_attr`: the part that strace shows without `-v`.

use crate::decode::scalar::at;
use crate::decode::value::Value;
use crate::schema::bpf::{PERF_HW, PERF_READ, PERF_SAMPLE, PERF_SIZE, PERF_SW, PERF_TYPE};

/// Bits of the attribute's flag word, in order; those that are set are shown.
const BITS: [&str; 15] = [
    "disabled",
    "inherit",
    "pinned",
    "exclusive",
    "exclude_user",
    "exclude_kernel",
    "exclude_hv",
    "exclude_idle",
    "mmap",
    "comm",
    "freq",
    "inherit_stat",
    "enable_on_exec",
    "task",
    "watermark",
];

/// The attribute of which the first bytes are given; 64 of them at least.
pub fn perf_attr<'a>(bytes: &[u8]) -> Option<Value<'a>> {
    if bytes.len() < 64 {
        return None;
    }
    let (kind, size, config) = (at(bytes, 0, 4), at(bytes, 4, 4), at(bytes, 8, 8));
    let bits = at(bytes, 40, 8);
    let mut fields = Vec::with_capacity(12);
    fields.push(("type", Value::Named(&PERF_TYPE, kind)));
    fields.push(("size", Value::Named(&PERF_SIZE, size)));
    let config = match kind {
        0 => Value::Named(&PERF_HW, config),
        1 => Value::Named(&PERF_SW, config),
        2 => Value::Uint(config),
        _ => Value::Hex(config),
    };
    fields.push(("config", config));
    let frequency = bits >> 10 & 1 == 1;
    fields.push((if frequency { "sample_freq" } else { "sample_period" }, Value::Uint(at(bytes, 16, 8))));
    fields.push(("sample_type", Value::Named(&PERF_SAMPLE, at(bytes, 24, 8))));
    fields.push(("read_format", Value::Named(&PERF_READ, at(bytes, 32, 8))));
    fields.extend(BITS.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1).map(|(_, name)| (*name, Value::Uint(1))));
    let precise = bits >> 15 & 3;
    let meaning = ["arbitrary skid", "constant skid", "requested to have 0 skid", "must have 0 skid"][precise as usize];
    fields.push(("precise_ip", Value::Comment(Box::new(Value::Uint(precise)), meaning.to_owned())));
    Some(Value::Struct { fields, more: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_bits_are_named() {
        let mut bytes = [0u8; 136];
        bytes[0] = 1;
        bytes[40] = 0b10_0001;
        let Some(Value::Struct { fields, more: true }) = perf_attr(&bytes) else { panic!("no attribute") };
        let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
        let expected = [
            "type",
            "size",
            "config",
            "sample_period",
            "sample_type",
            "read_format",
            "disabled",
            "exclude_kernel",
            "precise_ip",
        ];
        assert_eq!(names, expected);
        assert!(perf_attr(&bytes[..63]).is_none());
    }
}
