//! `struct perf_event_attr`: what is set of it, or (`-v`) all that its size covers.

use crate::decode::scalar::at;
use crate::decode::value::Value;
use crate::schema::bpf::{PERF_HW, PERF_READ, PERF_SAMPLE, PERF_SIZE, PERF_SW, PERF_TYPE};

/// Bits of the attribute's flag word before `precise_ip`; those that are set are shown, with `-v` all.
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

/// Bits behind `precise_ip`, from bit 17.
const LATER: [&str; 21] = [
    "mmap_data",
    "sample_id_all",
    "exclude_host",
    "exclude_guest",
    "exclude_callchain_kernel",
    "exclude_callchain_user",
    "mmap2",
    "comm_exec",
    "use_clockid",
    "context_switch",
    "write_backward",
    "namespaces",
    "ksymbol",
    "bpf_event",
    "aux_output",
    "cgroup",
    "text_poke",
    "build_id",
    "inherit_thread",
    "remove_on_exec",
    "sigtrap",
];

/// PERF_TYPE_BREAKPOINT.
const BREAKPOINT: u64 = 5;

/// The attribute of which the first bytes are given; 64 of them at least.
pub fn perf_attr<'a>(bytes: &[u8], verbose: bool) -> Option<Value<'a>> {
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
    let bit = |i: usize, name: &'static str| (name, Value::Uint(bits >> i & 1));
    let named = BITS.iter().enumerate().map(|(i, name)| bit(i, name));
    fields.extend(named.filter(|(_, value)| verbose || *value == Value::Uint(1)));
    let precise = bits >> 15 & 3;
    let meaning = ["arbitrary skid", "constant skid", "requested to have 0 skid", "must have 0 skid"][precise as usize];
    fields.push(("precise_ip", Value::Comment(Box::new(Value::Uint(precise)), meaning.to_owned())));
    if verbose {
        fields.extend(LATER.iter().enumerate().map(|(i, name)| bit(17 + i, name)));
        let watermark = bits >> 14 & 1 == 1;
        fields.push((if watermark { "wakeup_watermark" } else { "wakeup_events" }, Value::Uint(at(bytes, 48, 4))));
        if kind == BREAKPOINT {
            fields.push(("bp_type", Value::Hex(at(bytes, 52, 4))));
        }
        // Fields that came later, and those that a size has which knows them.
        let numbers = [
            (56, 8, if kind == BREAKPOINT { "bp_addr" } else { "config1" }),
            (64, 8, if kind == BREAKPOINT { "bp_len" } else { "config2" }),
            (72, 8, "branch_sample_type"),
            (80, 8, "sample_regs_user"),
            (88, 4, "sample_stack_user"),
            (92, 4, "clockid"),
            (96, 8, "sample_regs_intr"),
            (104, 4, "aux_watermark"),
            (108, 2, "sample_max_stack"),
            (112, 4, "aux_sample_size"),
            (120, 8, "sig_data"),
        ];
        for (off, width, name) in numbers {
            let sampled = |bit: u64| at(bytes, 24, 8) & bit != 0;
            let shown = match name {
                "branch_sample_type" => sampled(0x800),
                "sample_stack_user" => sampled(0x2000),
                "clockid" => bits >> 25 & 1 == 1,
                _ => true,
            };
            if shown && off + width <= (size as usize).min(bytes.len()) {
                fields.push((
                    name,
                    if width == 8 { Value::Hex(at(bytes, off, 8)) } else { Value::Uint(at(bytes, off, width)) },
                ));
            }
        }
    }
    Some(Value::Struct { fields, more: !verbose })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_bits_are_named() {
        let mut bytes = [0u8; 136];
        bytes[0] = 1;
        bytes[40] = 0b10_0001;
        let Some(Value::Struct { fields, more: true }) = perf_attr(&bytes, false) else { panic!("no attribute") };
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
        assert!(perf_attr(&bytes[..63], true).is_none());
    }
}
