//! struct termios: four words of flags, each with parts that hold one of several values.

use crate::decode::value::{Tail, Value};

/// Bits or values of one word, in strace's order.
type FlagNames = &'static [(&'static str, u32)];

const IFLAG: FlagNames = &[
    ("IGNBRK", 1),
    ("BRKINT", 2),
    ("IGNPAR", 4),
    ("PARMRK", 0o10),
    ("INPCK", 0o20),
    ("ISTRIP", 0o40),
    ("INLCR", 0o100),
    ("IGNCR", 0o200),
    ("ICRNL", 0o400),
    ("IUCLC", 0o1000),
    ("IXON", 0o2000),
    ("IXANY", 0o4000),
    ("IXOFF", 0o10000),
    ("IMAXBEL", 0o20000),
    ("IUTF8", 0o40000),
];
const OFLAG: FlagNames = &[
    ("OPOST", 1),
    ("OLCUC", 2),
    ("ONLCR", 4),
    ("OCRNL", 0o10),
    ("ONOCR", 0o20),
    ("ONLRET", 0o40),
    ("OFILL", 0o100),
    ("OFDEL", 0o200),
];
/// The delays of output: where they stand, and their names.
const DELAYS: &[(u32, u32, &[&str])] = &[
    (0o400, 8, &["NL0", "NL1"]),
    (0o3000, 9, &["CR0", "CR1", "CR2", "CR3"]),
    (0o14000, 11, &["TAB0", "TAB1", "TAB2", "XTABS"]),
    (0o20000, 13, &["BS0", "BS1"]),
    (0o40000, 14, &["VT0", "VT1"]),
    (0o100000, 15, &["FF0", "FF1"]),
];
const CFLAG: FlagNames = &[
    ("CSTOPB", 0o100),
    ("CREAD", 0o200),
    ("PARENB", 0o400),
    ("PARODD", 0o1000),
    ("HUPCL", 0o2000),
    ("CLOCAL", 0o4000),
    ("CMSPAR", 0o10000000000),
    ("CRTSCTS", 0o20000000000),
];
const SPEEDS: FlagNames = &[
    ("B0", 0),
    ("B50", 1),
    ("B75", 2),
    ("B110", 3),
    ("B134", 4),
    ("B150", 5),
    ("B200", 6),
    ("B300", 7),
    ("B600", 8),
    ("B1200", 9),
    ("B1800", 10),
    ("B2400", 11),
    ("B4800", 12),
    ("B9600", 13),
    ("B19200", 14),
    ("B38400", 15),
    ("BOTHER", 0o10000),
    ("B57600", 0o10001),
    ("B115200", 0o10002),
    ("B230400", 0o10003),
    ("B460800", 0o10004),
    ("B500000", 0o10005),
    ("B576000", 0o10006),
    ("B921600", 0o10007),
    ("B1000000", 0o10010),
    ("B1152000", 0o10011),
    ("B1500000", 0o10012),
    ("B2000000", 0o10013),
    ("B2500000", 0o10014),
    ("B3000000", 0o10015),
    ("B3500000", 0o10016),
    ("B4000000", 0o10017),
];
const LFLAG: FlagNames = &[
    ("ISIG", 1),
    ("ICANON", 2),
    ("XCASE", 4),
    ("ECHO", 0o10),
    ("ECHOE", 0o20),
    ("ECHOK", 0o40),
    ("ECHONL", 0o100),
    ("NOFLSH", 0o200),
    ("IEXTEN", 0o100000),
    ("ECHOCTL", 0o1000),
    ("ECHOPRT", 0o2000),
    ("ECHOKE", 0o4000),
    ("FLUSHO", 0o10000),
    ("PENDIN", 0o40000),
    ("TOSTOP", 0o400),
    ("EXTPROC", 0o200000),
];
const LINES: &[&str] = &[
    "N_TTY",
    "N_SLIP",
    "N_MOUSE",
    "N_PPP",
    "N_STRIP",
    "N_AX25",
    "N_X25",
    "N_6PACK",
    "N_MASC",
    "N_R3964",
    "N_PROFIBUS_FDL",
    "N_IRDA",
    "N_SMSBLOCK",
    "N_HDLC",
    "N_SYNC_PPP",
    "N_HCI",
    "N_GIGASET_M101",
    "N_SLCAN",
    "N_PPS",
    "N_V253",
    "N_CAIF",
    "N_GSM0710",
    "N_TI_WL",
    "N_TRACESINK",
    "N_TRACEROUTER",
    "N_NCI",
    "N_SPEAKUP",
    "N_NULL",
];
const CHARS: &[&str] = &[
    "VINTR", "VQUIT", "VERASE", "VKILL", "VEOF", "VTIME", "VMIN", "VSWTC", "VSTART", "VSTOP", "VSUSP", "VEOL",
    "VREPRINT", "VDISCARD", "VWERASE", "VLNEXT", "VEOL2",
];

/// The kernel's `struct termios`, or `termios2` when `speeds`. `None` when there are too few bytes.
pub fn termios<'a>(b: &[u8], speeds: bool, verbose: bool) -> Option<Value<'a>> {
    if b.len() < if speeds { 44 } else { 36 } {
        return None;
    }
    let word = |i: usize| u32::from_le_bytes([b[4 * i], b[4 * i + 1], b[4 * i + 2], b[4 * i + 3]]);
    let mut fields = vec![
        ("c_iflag", Value::Text(join(String::new(), IFLAG, word(0)))),
        ("c_oflag", Value::Text(oflag(word(1)))),
        ("c_cflag", Value::Text(cflag(word(2)))),
        ("c_lflag", Value::Text(join(String::new(), LFLAG, word(3)))),
    ];
    if verbose {
        fields.push((
            "c_line",
            match LINES.get(usize::from(b[16])) {
                Some(name) => Value::Word(name),
                None => Value::Text(format!("{:#x} /* N_??? */", b[16])),
            },
        ));
        let chars = b[17..36].iter().enumerate().map(|(i, &c)| {
            let value = if c == 0 { "0".to_owned() } else { format!("{c:#x}") };
            Value::Text(match CHARS.get(i) {
                Some(name) => format!("[{name}]={value}"),
                None => format!("[{i}]={value}"),
            })
        });
        fields.push(("c_cc", Value::Array(chars.collect(), Tail::Whole)));
        if speeds {
            fields.push(("c_ispeed", Value::Uint(u64::from(word(9)))));
            fields.push(("c_ospeed", Value::Uint(u64::from(word(10)))));
        }
    }
    Some(Value::Struct { fields, more: !verbose })
}

/// The older `struct termio`, of which each word has 16 bits.
pub fn termio<'a>(b: &[u8], verbose: bool) -> Option<Value<'a>> {
    const CHARS_OF_IT: usize = 8;
    let b = b.get(..18)?;
    let mut wide = [0; 36];
    for word in 0..4 {
        wide[4 * word..][..2].copy_from_slice(&b[2 * word..][..2]);
    }
    wide[16..17 + CHARS_OF_IT].copy_from_slice(&b[8..9 + CHARS_OF_IT]);
    let mut value = termios(&wide, false, verbose)?;
    if let Value::Struct { fields, .. } = &mut value
        && let Some((_, Value::Array(chars, _))) = fields.get_mut(5)
    {
        chars.truncate(CHARS_OF_IT);
    }
    Some(value)
}

/// Names of the bits behind what is there, and the rest in hex.
fn join(mut text: String, names: FlagNames, mut value: u32) -> String {
    let mut first = true;
    let mut add = |name: &str| {
        if !std::mem::take(&mut first) {
            text.push('|');
        }
        text.push_str(name);
    };
    for &(name, bit) in names {
        if value & bit == bit {
            add(name);
            value &= !bit;
        }
    }
    if value != 0 {
        add(&format!("{value:#x}"));
    }
    text
}

fn oflag(mut value: u32) -> String {
    let mut text = String::new();
    for &(mask, shift, names) in DELAYS {
        text.push_str(names[((value & mask) >> shift) as usize]);
        text.push('|');
        value &= !mask;
    }
    join(text, OFLAG, value)
}

fn cflag(value: u32) -> String {
    const CBAUD: u32 = 0o10017;
    const CSIZE: u32 = 0o60;
    let speed = |v: u32| match SPEEDS.iter().find(|s| s.1 == v) {
        Some((name, _)) => (*name).to_owned(),
        None => format!("{v:#x} /* B??? */"),
    };
    let mut text = speed(value & CBAUD);
    let input = value >> 16 & CBAUD;
    if input != 0 {
        text.push_str(&format!("|{}<<IBSHIFT", speed(input)));
    }
    text.push_str(["|CS5|", "|CS6|", "|CS7|", "|CS8|"][((value & CSIZE) >> 4) as usize]);
    join(text, CFLAG, value & !(CBAUD | CBAUD << 16 | CSIZE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_spelled_as_strace_does() {
        assert_eq!(oflag(0o5), "NL0|CR0|TAB0|BS0|VT0|FF0|OPOST|ONLCR");
        assert_eq!(oflag(0), "NL0|CR0|TAB0|BS0|VT0|FF0|");
        assert_eq!(cflag(0o277), "B38400|CS8|CREAD");
        assert_eq!(cflag(0o20000000000 | 13), "B9600|CS5|CRTSCTS");
        assert_eq!(cflag(0x100d000d), "B9600|B3000000<<IBSHIFT|CS5|");
        assert_eq!(
            cflag(u32::MAX),
            "B4000000|B4000000<<IBSHIFT|CS8|CSTOPB|CREAD|PARENB|PARODD|HUPCL|CLOCAL|CMSPAR|CRTSCTS|0x2ff0e000"
        );
        assert_eq!(join(String::new(), LFLAG, 0o105073), "ISIG|ICANON|ECHO|ECHOE|ECHOK|IEXTEN|ECHOCTL|ECHOKE");
        assert_eq!(join(String::new(), IFLAG, 0), "");
        assert_eq!(join(String::new(), IFLAG, 0xffff8000), "0xffff8000");
    }

    #[test]
    fn short_memory_is_no_value() {
        assert_eq!(termios(&[0; 35], false, true), None);
        assert_eq!(termios(&[0; 43], true, true), None);
    }
}
