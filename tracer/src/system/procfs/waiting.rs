//! The call that a task is in: `/proc/PID/task/TID/syscall` (proc(5)).

use super::number;
use crate::schema::types::Ty;
use crate::schema::{Abi, by_nr};
use crate::system::process::Running;

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
