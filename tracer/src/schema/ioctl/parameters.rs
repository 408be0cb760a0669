//! Requests whose macro has a parameter, which is a part of their number: `EVIOCGNAME(256)`. A row says where the parameter stands.
//! No size tells them apart from others of their kind, so one of them may share its number with a request that has none.

use std::fmt::Write as _;

use super::super::set::Set;
use super::input::{ABS, EV};
use super::name_of;

/// Directions of a request, a bit for each that it may have: `1 << _IOC_DIR`. include/uapi/asm-generic/ioctl.h
const WRITE: u8 = 1 << 1;
const READ: u8 = 1 << 2;
const BOTH: u8 = 1 << 3;

/// A request with a parameter.
#[derive(Debug)]
pub struct Parametric {
    /// Its name.
    pub name: &'static str,
    /// The directions that it may have.
    dirs: u8,
    /// Its type (`_IOC_TYPE`).
    kind: u8,
    /// Its number (`_IOC_NR`), or the least of them.
    first: u8,
    /// The greatest.
    last: u8,
    /// What stands in the brackets.
    shows: Shows,
}

/// Which part of a number is the parameter.
#[derive(Debug)]
enum Shows {
    /// The size.
    Size,
    /// The number, counted from the least.
    Number,
    /// The same by its name.
    Named(&'static Set),
    /// The same, 0 as a number, and behind it the size.
    Both(&'static Set),
}

/// Declares them: `NAME(parameter) = DIRS 'KIND' FIRST..=LAST;`.
macro_rules! parameters {
    ($($(#[$doc:meta])+ $name:ident = $dirs:ident $kind:literal $first:literal..=$last:literal, $shows:expr;)*) => {
        /// All of them.
        pub const PARAMETRIC: &[Parametric] = &[$(
            Parametric { name: stringify!($name), dirs: $dirs, kind: $kind, first: $first, last: $last, shows: $shows }
        ),*];
    };
}

/// A report is set by a request that writes; the older `HIDIOCGNAME(len)` has the same number, but reads.
const FEATURE: u8 = READ | BOTH;

parameters! {
    /// include/uapi/linux/input.h
    EVIOCGNAME = READ b'E' 0x06..=0x06, Shows::Size;
    /// include/uapi/linux/input.h
    EVIOCGPHYS = READ b'E' 0x07..=0x07, Shows::Size;
    /// include/uapi/linux/input.h
    EVIOCGUNIQ = READ b'E' 0x08..=0x08, Shows::Size;
    /// include/uapi/linux/input.h
    EVIOCGPROP = READ b'E' 0x09..=0x09, Shows::Size;
    /// include/uapi/linux/input.h
    EVIOCGMTSLOTS = READ b'E' 0x0a..=0x0a, Shows::Size;
    /// include/uapi/linux/input.h
    EVIOCGKEY = READ b'E' 0x18..=0x18, Shows::Size;
    /// include/uapi/linux/input.h
    EVIOCGLED = READ b'E' 0x19..=0x19, Shows::Size;
    /// include/uapi/linux/input.h
    EVIOCGSND = READ b'E' 0x1a..=0x1a, Shows::Size;
    /// include/uapi/linux/input.h
    EVIOCGSW = READ b'E' 0x1b..=0x1b, Shows::Size;
    /// include/uapi/linux/input.h
    EVIOCGBIT = READ b'E' 0x20..=0x3f, Shows::Both(&EV);
    /// include/uapi/linux/input.h
    EVIOCGABS = READ b'E' 0x40..=0x7f, Shows::Named(&ABS);
    /// include/uapi/linux/input.h
    EVIOCSABS = WRITE b'E' 0xc0..=0xff, Shows::Named(&ABS);
    /// include/uapi/linux/hidraw.h
    HIDIOCGRAWNAME = READ b'H' 0x04..=0x04, Shows::Size;
    /// include/uapi/linux/hidraw.h
    HIDIOCGRAWPHYS = READ b'H' 0x05..=0x05, Shows::Size;
    /// include/uapi/linux/hidraw.h
    HIDIOCSFEATURE = FEATURE b'H' 0x06..=0x06, Shows::Size;
    /// include/uapi/linux/hidraw.h
    HIDIOCGFEATURE = BOTH b'H' 0x07..=0x07, Shows::Size;
    /// include/uapi/linux/hidraw.h
    HIDIOCGRAWUNIQ = READ b'H' 0x08..=0x08, Shows::Size;
    /// include/uapi/linux/hiddev.h
    HIDIOCGPHYS = READ b'H' 0x12..=0x12, Shows::Size;
    /// include/uapi/linux/soundcard.h
    MIXER_READ = READ b'M' 0x00..=0xff, Shows::Number;
    /// include/uapi/linux/uinput.h
    UI_GET_SYSNAME = READ b'U' 0x2c..=0x2c, Shows::Size;
    /// include/uapi/linux/joystick.h
    JSIOCGNAME = READ b'j' 0x13..=0x13, Shows::Size;
    /// include/uapi/linux/spi/spidev.h
    SPI_IOC_MESSAGE = WRITE b'k' 0x00..=0x00, Shows::Size;
}

/// A request with its parameter, and behind it the names of those that share its number.
pub fn spelled(request: u32) -> Option<String> {
    let (dir, kind, nr, size) = (request >> 30, (request >> 8) as u8, request as u8, request >> 16 & 0x3fff);
    let fits = |row: &&Parametric| row.dirs >> dir & 1 != 0 && row.kind == kind && (row.first..=row.last).contains(&nr);
    let row = PARAMETRIC.iter().find(fits)?;
    let number = u64::from(nr - row.first);
    let named = |set: &Set| match set.name_of(number) {
        Some(name) => name.to_owned(),
        None => format!("{number:#x} /* {}??? */", set.prefix),
    };
    let mut text = match row.shows {
        Shows::Size => format!("{}({size})", row.name),
        Shows::Number => format!("{}({number})", row.name),
        Shows::Named(set) => format!("{}({})", row.name, named(set)),
        Shows::Both(_) if number == 0 => format!("{}(0, {size})", row.name),
        Shows::Both(set) => format!("{}({}, {size})", row.name, named(set)),
    };
    if let Some(others) = name_of(u64::from(request)) {
        let _ = write!(text, " or {others}");
    }
    Some(text)
}
