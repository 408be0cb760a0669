//! Forms of numbers and of small fields that only devices have: words of a row, as those of [`super::types`].

use super::set::Set;

/// Forms of what devices have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Device {
    /// Two numbers of 32 bits: `30/1`.
    Ratio,
    /// A format of pictures: `v4l2_fourcc('Y', 'U', 'Y', 'V')`.
    Fourcc,
    /// A character: `'a'`, `'\\x02'`.
    Letter,
    /// Microseconds: `20 /* 0.000020 s */`.
    Micros,
    /// The same of nanoseconds, with a sign.
    Nanos,
    /// What divides the clock of the speaker: `1193 /* 1000 Hz */`.
    Sound,
    /// The same in the lower half, and for how long in the upper one: `100<<16|1193 /* 1000 Hz, 100 ms */`.
    Tone,
    /// A time in seconds and nanoseconds with its date, 16 bytes: `{sec=1, nsec=2} /* ... */`.
    ClockTime,
    /// The same of file systems, whose seconds have no sign.
    Stamp,
    /// 16 bytes: `01020304-0506-0708-090a-0b0c0d0e0f10`.
    Uuid,
    /// A key of a keyboard: `0x100 /* K_F1 */`, `0x41 /* K(KT_LATIN, 'A') */`.
    Key,
    /// A signal; what is none is a number.
    Signal,
    /// A named constant; what has no name is a number with a sign: `-1 /* K_??? */`.
    Signed(&'static Set),
}
