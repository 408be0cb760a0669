//! Named constants: enumerations, flags and values that are both; signals and sets of them.

use super::Look;
use crate::render::escape::{Color, Line};
use crate::schema::set::Set;
use crate::schema::signal_names;
use crate::spec::NameStyle;

impl Look {
    /// A value of a family of constants.
    pub(super) fn named(&self, line: &mut Line<'_>, set: &'static Set, value: u64) {
        match self.names {
            NameStyle::Abbrev => {
                line.paint(Color::Constant);
                names(line, set, value, true);
                line.plain();
            }
            NameStyle::Raw => number(line, set, value),
            NameStyle::Verbose => {
                number(line, set, value);
                if known(set, value) {
                    line.lit(" /* ");
                    names(line, set, value, false);
                    line.lit(" */");
                } else if value != 0 && !matches!(set.prefix, "" | "#") {
                    unknown(line, set);
                }
            }
        }
    }

    /// A value whose number is shown whether its name is or not.
    pub(super) fn spelled(&self, line: &mut Line<'_>, set: &'static Set, value: u64) {
        number(line, set, value);
        match set.name_of(value) {
            _ if self.names == NameStyle::Raw => {}
            Some(name) => {
                line.lit(" /* ");
                line.lit(name);
                line.lit(" */");
            }
            None => unknown(line, set),
        }
    }

    /// A signal.
    pub(super) fn signal(&self, line: &mut Line<'_>, signal: i32) {
        if self.names == NameStyle::Abbrev {
            return signal_name(line, signal);
        }
        line.int(i64::from(signal));
        if self.names == NameStyle::Verbose && (1..=64).contains(&signal) {
            line.lit(" /* ");
            signal_name(line, signal);
            line.lit(" */");
        }
    }

    /// A set of signals, those that are out when most are in: `~[KILL STOP]`.
    pub(super) fn signal_set(&self, line: &mut Line<'_>, set: u64) {
        let inverted = set.count_ones() >= 64 * 2 / 3;
        let mut rest = if inverted { !set } else { set };
        line.lit(if inverted { "~[" } else { "[" });
        let mut first = true;
        while rest != 0 {
            let signal = rest.trailing_zeros() as i32 + 1;
            rest &= rest - 1;
            if !first {
                line.lit(" ");
            }
            first = false;
            if self.names != NameStyle::Abbrev {
                line.int(i64::from(signal));
            }
            match self.names {
                NameStyle::Abbrev => short_name(line, signal),
                NameStyle::Raw => {}
                NameStyle::Verbose => {
                    line.lit(" /* ");
                    short_name(line, signal);
                    line.lit(" */");
                }
            }
        }
        line.lit("]");
    }
}

/// `SIGUSR1`, `SIGRT_3`, or the number.
pub(in crate::trace::output) fn signal_name(line: &mut Line<'_>, signal: i32) {
    match signal {
        0..=31 => line.lit(signal_names::NAMES[signal as usize]),
        32 => line.lit("SIGRTMIN"),
        33..=64 => {
            line.lit("SIGRT_");
            line.uint(signal as u64 - 32);
        }
        _ => line.int(i64::from(signal)),
    }
}

/// `USR1`, `RT_3`.
fn short_name(line: &mut Line<'_>, signal: i32) {
    match signal {
        1..=31 => line.lit(signal_names::short(signal).unwrap_or_default()),
        32 => line.lit("RTMIN"),
        _ => {
            line.lit("RT_");
            line.uint(signal as u64 - 32);
        }
    }
}

/// The bare number: hex, but small negative values (AT_FDCWD, -1) as what they are.
fn number(line: &mut Line<'_>, set: &Set, value: u64) {
    match value as u32 as i32 {
        n @ -4096..=-1 if set.mask == u64::MAX && (value >> 32 == 0 || value >> 32 == 0xffff_ffff) => {
            line.int(i64::from(n));
        }
        _ => line.hex(value),
    }
}

/// Values of 32 bits are compared as such: a table may hold -1 as 64 bits.
fn same(value: u64, entry: u64) -> bool {
    value == entry || (value >> 32 == 0 && entry >> 32 == 0xffff_ffff && value as u32 == entry as u32)
}

fn find(set: &'static Set, value: u64) -> Option<&'static str> {
    set.choice.iter().find(|(_, v)| same(value, *v)).map(|(name, _)| *name)
}

/// Some name applies.
fn known(set: &'static Set, value: u64) -> bool {
    find(set, value & set.mask).is_some()
        || set.bits.iter().any(|(_, v)| if *v == 0 { value == 0 } else { value & !set.mask & v == *v })
}

fn unknown(line: &mut Line<'_>, set: &'static Set) {
    line.lit(" /* ");
    line.lit(set.prefix);
    // A few families have their own way to say it: `?_OK`, `SOL_??`.
    line.lit(if set.prefix.contains('?') { " */" } else { "??? */" });
}

/// Names joined by `|`, what has none in hex at the end; `comment` says what nothing of it has.
fn names(line: &mut Line<'_>, set: &'static Set, value: u64, comment: bool) {
    let mut rest = value;
    let mut some = false;
    if set.mask != 0 {
        let choice = value & set.mask;
        // A nameless 0 is no choice at all, as long as there is something else to say.
        if let Some(name) = find(set, choice) {
            line.lit(name);
            some = true;
            rest &= !set.mask;
        } else if choice != 0 && set.marked && comment {
            line.hex(choice);
            unknown(line, set);
            some = true;
            rest &= !set.mask;
        }
    }
    if rest != 0 {
        for (name, bit) in set.bits {
            if *bit != 0 && rest & bit == *bit {
                if some {
                    line.lit("|");
                }
                line.lit(name);
                some = true;
                rest &= !bit;
                if rest == 0 {
                    break;
                }
            }
        }
    } else if !some && let Some((name, _)) = set.bits.iter().find(|(_, v)| *v == 0) {
        line.lit(name);
        return;
    }
    if some {
        if rest != 0 {
            line.lit("|");
            line.hex(rest);
        }
        return;
    }
    if set.prefix == "#" {
        return line.uint(value);
    }
    line.hex(value);
    let enumeration = set.mask == u64::MAX;
    if comment && (value != 0 || enumeration) && !set.prefix.is_empty() {
        unknown(line, set);
    }
}
