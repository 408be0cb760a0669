//! `-e inject=SET:ACTION...` and `-e fault=SET[:error=E]`: strace's grammar, with what it accepts and refuses.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::fault::{Fault, show};
use super::getopt::Given;
use super::sets::Calls;
use crate::schema::types::{NO_NR, class};
use crate::schema::{Abi, all, errno, signal_names};
use crate::spec::tampering::{Outcome, Poke, Rule, Tampering, When};

/// The largest errno of the kernel (`MAX_ERRNO`, include/linux/err.h).
const MAX_ERRNO: u16 = 4095;
/// Arguments that may be named; a call that has fewer is told when it is made.
const ARGS: usize = 7;
/// Digits of a word that is to be written.
const POKE_MAX: usize = 2048;

/// What was asked for so far.
#[derive(Debug, Default)]
pub struct Injects {
    tampering: Tampering,
    /// What may be a surprise, for stderr.
    warnings: Vec<String>,
}

impl Injects {
    /// Takes one expression; `fault`: it may only make calls fail, which they do with ENOSYS where no error is named.
    pub fn add(&mut self, given: &Given<'_>, fault: bool) -> Result<(), Fault> {
        let whole = given.value.unwrap_or_default();
        let kind = if fault { "fault" } else { "inject" };
        let invalid = || Fault::plain(format!("invalid {kind} argument '{}'", show(whole)));
        let (set, tokens) = split(whole.as_bytes());
        let mut rule = Rule::default();
        for token in tokens {
            str::from_utf8(token).ok().and_then(|token| self.token(token, &mut rule, fault)).ok_or_else(invalid)?;
        }
        let calls = Calls::parse(OsStr::from_bytes(set))?;
        if !acts(&rule) {
            if !fault {
                return Err(invalid());
            }
            rule.outcome = Some(Outcome::Error(libc::ENOSYS as u16));
        }
        self.tampering.add(&calls.into_set(), rule);
        Ok(())
    }

    /// What is done to calls, of those alone that touch one of `paths`, where there are any.
    pub fn settle(mut self, paths: &[Vec<u8>], notices: &mut Vec<String>) -> Tampering {
        notices.extend(self.warnings);
        self.tampering.paths = paths.to_vec();
        self.tampering
    }

    /// One `KEY=VALUE`; `None` when it is wrong, or given twice.
    fn token(&mut self, token: &str, rule: &mut Rule, fault: bool) -> Option<()> {
        let (key, value) = token.split_once('=')?;
        match key {
            "when" => rule.when = when(value)?,
            "syscall" => once(&mut rule.instead, without_effect(value)?)?,
            "error" => once(&mut rule.outcome, Outcome::Error(error(value)?))?,
            _ if fault => return None,
            "retval" => {
                let value = unsigned(value)?;
                once(&mut rule.outcome, Outcome::Value(value))?;
                self.warnings.extend(surprise(value));
            }
            "signal" => {
                let number = signal_names::number(value).filter(|number| (1..=64).contains(number))?;
                once(&mut rule.signal, number as i32)?;
            }
            "delay_enter" => once(&mut rule.delay_enter, delay(value)?)?,
            "delay_exit" => once(&mut rule.delay_exit, delay(value)?)?,
            "poke_enter" => pokes(&mut rule.poke_enter, value)?,
            "poke_exit" => pokes(&mut rule.poke_exit, value)?,
            _ => return None,
        }
        Some(())
    }
}

/// The set, and the tokens behind it. Colons in a row are as one; a set is none when a colon stands first, whatever follows.
fn split(whole: &[u8]) -> (&[u8], impl Iterator<Item = &[u8]>) {
    let whole = if whole.starts_with(b":") { &[][..] } else { whole };
    let mut words = whole.split(|&b| b == b':');
    let set = words.next().unwrap_or_default();
    (set, words.filter(|word| !word.is_empty()))
}

/// The rule does something.
fn acts(rule: &Rule) -> bool {
    let Rule { when: _, outcome, instead: _, signal, delay_enter, delay_exit, poke_enter, poke_exit } = rule;
    outcome.is_some()
        || signal.is_some()
        || delay_enter.is_some()
        || delay_exit.is_some()
        || !poke_enter.is_empty()
        || !poke_exit.is_empty()
}

/// Sets what was not set before.
fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.is_none().then(|| *slot = Some(value))
}

/// The number that a text begins with, as strtoll(3) reads it, and what follows. Negative ones are none.
fn leading(text: &str) -> Option<(u64, &str)> {
    let bare = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let bare = bare.strip_prefix('+').unwrap_or(bare);
    let end = bare.find(|c: char| !c.is_ascii_digit()).unwrap_or(bare.len());
    let number: u64 = bare[..end].parse().ok().filter(|&number| number <= i64::MAX as u64)?;
    Some((number, &bare[end..]))
}

/// A whole number from 1 to `most`, and what follows it.
fn place(text: &str, most: u16) -> Option<(u16, &str)> {
    let (number, rest) = leading(text)?;
    let number = u16::try_from(number).ok().filter(|number| (1..=most).contains(number))?;
    Some((number, rest))
}

/// `FIRST[..LAST][+[STEP]]`
fn when(value: &str) -> Option<When> {
    let (first, rest) = place(value, u16::MAX)?;
    let (last, rest) = match rest.strip_prefix("..") {
        // The largest number is strace's word for no end.
        Some(rest) => {
            place(rest, u16::MAX - 1).filter(|(last, _)| *last >= first).map(|(last, rest)| (Some(last), rest))?
        }
        None => (None, rest),
    };
    let step = match rest {
        "" => u16::from(last.is_some()),
        "+" => 1,
        _ => place(rest.strip_prefix('+')?, u16::MAX).filter(|(_, rest)| rest.is_empty())?.0,
    };
    Some(When { first, last, step })
}

/// A number from 1 to 4095, or a name in any case.
fn error(value: &str) -> Option<u16> {
    match place(value, MAX_ERRNO) {
        Some((number, "")) => Some(number),
        _ => (1..=MAX_ERRNO).find(|&number| errno::name(number).is_some_and(|name| name.eq_ignore_ascii_case(value))),
    }
}

/// The numbers of a call that is of `%pure` wherever programs of this machine have it.
fn without_effect(value: &str) -> Option<[u16; 2]> {
    let row = all().find(|row| row.name == value && row.class & class::PURE != 0)?;
    let numbers = [row.nr[Abi::NATIVE as usize], row.nr[Abi::I386 as usize]];
    let [native, compat] = numbers.map(|number| number != NO_NR);
    (native && (compat || cfg!(not(target_arch = "x86_64")))).then_some(numbers)
}

/// As strtoull(3) with base 0: decimal, hexadecimal, octal or binary, with a sign.
fn unsigned(value: &str) -> Option<u64> {
    let bare = value.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let (negative, digits) = match bare.as_bytes().first() {
        Some(b'-') => (true, &bare[1..]),
        Some(b'+') => (false, &bare[1..]),
        _ => (false, bare),
    };
    let lower = digits.to_ascii_lowercase();
    let (digits, base) = if let Some(digits) = lower.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (digits, 2)
    } else if lower.starts_with('0') {
        (lower.as_str(), 8)
    } else {
        (lower.as_str(), 10)
    };
    // The parser of the standard library takes a sign, too.
    let plain = !digits.is_empty() && digits.chars().all(|c| c.is_digit(base));
    let number = plain.then(|| u64::from_str_radix(digits, base).ok()).flatten()?;
    Some(if negative { number.wrapping_neg() } else { number })
}

/// What a value comes to that is an error for the program, or does not fit into the register of a 32-bit one.
fn surprise(value: u64) -> Option<String> {
    let errors = -i64::from(MAX_ERRNO)..0;
    let narrow = value as u32;
    if errors.contains(&(value as i64)) {
        let error = value.wrapping_neg();
        Some(format!("Inadvertent injection of error {error} is possible for retval={value}"))
    } else if errors.contains(&i64::from(narrow as i32)) {
        let error = narrow.wrapping_neg();
        Some(format!("Inadvertent injection of error {error} is possible in compat personality for retval={value}"))
    } else if u64::from(narrow) != value {
        Some(format!("Injected return value {value} will be clipped to {narrow} in compat personality"))
    } else {
        None
    }
}

/// `NUMBER[s|ms|us|ns]`: microseconds, where no unit is named; a number with a point or an exponent, too.
fn delay(value: &str) -> Option<Duration> {
    let float_end = value.find(|c: char| !"eE.-+0123456789".contains(c)).unwrap_or(value.len());
    let whole_end = value.find(|c: char| !"+0123456789".contains(c)).unwrap_or(value.len());
    let second = |unit: &str| match unit {
        "s" => Some(1),
        "ms" => Some(1000),
        "us" | "" => Some(1_000_000),
        "ns" => Some(1_000_000_000u64),
        _ => None,
    };
    if float_end <= whole_end {
        let (number, unit) = leading(value)?;
        let second = second(unit)?;
        let nanos = (number % second) * (1_000_000_000 / second);
        return Some(Duration::new(number / second, nanos as u32));
    }
    // As strtod(3): the longest beginning that is a number.
    let ends = (1..=float_end).rev().filter(|&end| value[..end].ends_with(|c: char| c.is_ascii_digit() || c == '.'));
    let (number, end) = ends.filter_map(|end| Some((value[..end].parse::<f64>().ok()?, end))).next()?;
    let second = second(&value[end..])? as f64;
    Duration::try_from_secs_f64(number / second).ok()
}

/// `@argN=HEX[,@argM=HEX]...`
fn pokes(slot: &mut Vec<Poke>, value: &str) -> Option<()> {
    // Given twice, or nothing.
    if !slot.is_empty() || value.is_empty() {
        return None;
    }
    for word in value.split(',').filter(|word| !word.is_empty()) {
        let (number, digits) = word.strip_prefix("@arg")?.split_once('=')?;
        let arg = number.parse::<usize>().ok().filter(|arg| number.len() == 1 && (1..=ARGS).contains(arg))? - 1;
        let fits = !digits.is_empty() && digits.len() <= POKE_MAX && digits.len().is_multiple_of(2);
        if !fits || !digits.bytes().all(|b| b.is_ascii_hexdigit()) || slot.iter().any(|poke| poke.arg == arg) {
            return None;
        }
        let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        let bytes = (0..digits.len()).step_by(2).map(pair).collect::<Option<Vec<u8>>>()?;
        slot.push(Poke { arg, bytes });
    }
    (!slot.is_empty()).then_some(())
}

#[cfg(test)]
#[path = "inject_tests.rs"]
mod tests;
