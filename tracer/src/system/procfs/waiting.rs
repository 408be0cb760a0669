//! The call that a task is in: `/proc/PID/task/TID/syscall` (proc(5)).

use super::number;
use crate::schema::types::Ty;
use crate::schema::{Abi, by_nr};
use crate::system::process::Running;

/// A task's place between its program and the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It runs, or is about to.
    Running,
    /// It waits within a call.
    Call(Entered),
    /// It waits, and not within a call: for a page, stopped, frozen. Its stack pointer and where it goes on.
    Outside(u64, u64),
}

/// The call that a task waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Entered {
    /// Number.
    pub nr: u32,
    /// Registers of its arguments.
    pub args: [u64; 6],
    /// Stack pointer of the program.
    pub sp: u64,
    /// Where it goes on.
    pub pc: u64,
}

/// Reads the file whole; `None` where it makes no sense.
pub fn place(text: &[u8]) -> Option<Place> {
    let mut words = text.trim_ascii_end().split(|&b| b == b' ');
    let first = words.next()?;
    if first == b"running" {
        return Some(Place::Running);
    }
    let mut word = || super::hex(words.next()?.strip_prefix(b"0x")?);
    if first == b"-1" {
        return Some(Place::Outside(word()?, word()?));
    }
    let nr = number(first).filter(|(_, rest)| rest.is_empty()).and_then(|(nr, _)| u32::try_from(nr).ok())?;
    let mut args = [0; 6];
    for arg in &mut args {
        *arg = word()?;
    }
    Some(Place::Call(Entered { nr, args, sp: word()?, pc: word()? }))
}

/// Reads `NUMBER ARG...`; `None` for a task that runs, or that waits for something else than a call's end.
pub fn parse(text: &[u8]) -> Option<Running> {
    let (nr, rest) = number(text)?;
    let row = u32::try_from(nr).ok().and_then(|nr| by_nr(Abi::NATIVE, nr));
    let first = rest.trim_ascii_start().strip_prefix(b"0x").map(|digits| {
        let end = digits.iter().position(|b| !b.is_ascii_hexdigit()).unwrap_or(digits.len());
        super::hex(&digits[..end])
    });
    let takes_fd = row.is_some_and(|row| row.args.first().is_some_and(|arg| matches!(arg.ty, Ty::Fd)));
    let fd = first.flatten().filter(|_| takes_fd).map(|value| value as u32);
    Some(Running { name: row.map_or_else(|| format!("call {nr}"), |row| row.name.to_owned()), fd })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let entered = Entered { nr: 0, args: [3, 0x7f, 0x10, 0, 0, 0], sp: 0x7ffd, pc: 0x80 };
        for (text, expected) in [
            ("running\n", Some(Place::Running)),
            ("-1 0x7ffd 0x7f\n", Some(Place::Outside(0x7ffd, 0x7f))),
            ("0 0x3 0x7f 0x10 0x0 0x0 0x0 0x7ffd 0x80\n", Some(Place::Call(entered))),
            // A thread of the kernel.
            ("0 0x0 0x0 0x0\n", None),
            ("x\n", None),
            ("", None),
        ] {
            assert_eq!(place(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn calls() {
        let number = |name: &str| crate::schema::by_name(name).map(|row| row.nr[Abi::NATIVE as usize]).expect("a call");
        let check = |text: String, expected: Option<(&str, Option<u32>)>| {
            let found = parse(text.as_bytes());
            assert_eq!(found.as_ref().map(|r| (r.name.as_str(), r.fd)), expected, "{text}");
        };
        check(format!("{} 0x3 0x7f 0x10 0x0 0x0 0x0 0x7ffd 0x7f\n", number("read")), Some(("read", Some(3))));
        check(
            format!("{} 0x0 0x0 0x7f 0x0 0x0 0x0 0x7ffd 0x7f\n", number("clock_nanosleep")),
            Some(("clock_nanosleep", None)),
        );
        check("9999 0x3\n".into(), Some(("call 9999", None)));
        check("running\n".into(), None);
        check("-1 0x7ffd 0x7f\n".into(), None);
        check(String::new(), None);
    }
}
