//! Accounts of a process: `/proc/PID/stat`, `io`, `limits` and the time since boot (proc(5)).

use super::number;
use crate::system::process::{Io, Limit, Pace, Stat};
use crate::system::snapshot::Dev;

/// Reads `PID (COMM) STATE PPID ...`. The name may have blanks and parentheses in it: the last one ends it.
pub fn stat(text: &[u8]) -> Option<Stat> {
    let (pid, rest) = number(text)?;
    let open = rest.iter().position(|&b| b == b'(')?;
    let close = rest.iter().rposition(|&b| b == b')')?;
    let comm = rest.get(open + 1..close)?.to_vec();
    // The state is field 3 of proc(5), the exit code field 52.
    let mut fields: [&[u8]; 50] = [b""; 50];
    for (field, text) in fields.iter_mut().zip(rest.get(close + 2..)?.split(|&b| b == b' ' || b == b'\n')) {
        *field = text;
    }
    let field = |number: usize| fields.get(number - 3).copied();
    let value = |at: usize| field(at).and_then(number).map(|(value, _)| value);
    let signed = |at: usize| field(at).and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    let tty = value(7)? as u32;
    Some(Stat {
        pid: u32::try_from(pid).ok()?,
        comm,
        state: *field(3)?.first()?,
        ppid: value(4)? as u32,
        pgid: value(5)? as u32,
        session: value(6)? as u32,
        // As new_encode_dev() of the kernel has it: 12 bits of minor above, 8 below.
        tty: Dev { major: tty >> 8 & 0xfff, minor: tty & 0xff | tty >> 12 & 0xf_ff00 },
        flags: value(9)?,
        user_time: value(14)?,
        system_time: value(15)?,
        nice: signed(19)?,
        threads: value(20).unwrap_or_default(),
        resident: value(24).unwrap_or_default(),
        start: value(22)?,
        processor: value(39).map(|value| value as usize),
        exit_code: signed(52).unwrap_or_default(),
        faults: (value(10).unwrap_or_default(), value(12).unwrap_or_default()),
        foreground: signed(8).unwrap_or(-1),
        rt_priority: value(40).unwrap_or_default(),
        policy: value(41).unwrap_or_default(),
    })
}

/// Reads `/proc/PID/task/TID/schedstat`.
pub fn pace(text: &[u8]) -> Option<Pace> {
    let mut words = text.split(|b| b.is_ascii_whitespace()).filter_map(|word| number(word).map(|(value, _)| value));
    Some(Pace { ran: words.next()?, delayed: words.next()?, times: words.next()? })
}

/// When a task last ran, on the scheduler's own clock, in milliseconds: `se.exec_start` of `/proc/PID/task/TID/sched`.
pub fn last_ran(text: &[u8]) -> Option<f64> {
    let line = text.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(b"se.exec_start"))?;
    let colon = line.iter().position(|&b| b == b':')?;
    std::str::from_utf8(&line[colon + 1..]).ok()?.trim().parse().ok()
}

/// Reads `/proc/PID/io`.
pub fn io(text: &[u8]) -> Option<Io> {
    let mut io = Io::default();
    let mut any = false;
    for line in text.split(|&b| b == b'\n') {
        let Some(colon) = line.iter().position(|&b| b == b':') else { continue };
        let Some((value, _)) = number(line[colon + 1..].trim_ascii_start()) else { continue };
        let place = match &line[..colon] {
            b"rchar" => &mut io.read,
            b"wchar" => &mut io.written,
            b"syscr" => &mut io.read_calls,
            b"syscw" => &mut io.write_calls,
            b"read_bytes" => &mut io.from_storage,
            b"write_bytes" => &mut io.to_storage,
            b"cancelled_write_bytes" => &mut io.cancelled,
            _ => continue,
        };
        *place = value;
        any = true;
    }
    any.then_some(io)
}

/// Reads `/proc/PID/limits`: a name that may have blanks, in 25 columns, then soft, hard and unit.
pub fn limits(text: &[u8]) -> Vec<Limit> {
    let lines = text.split(|&b| b == b'\n').skip(1);
    lines.filter_map(limit).collect()
}

fn limit(line: &[u8]) -> Option<Limit> {
    let line = std::str::from_utf8(line).ok()?;
    let (name, rest) = (line.get(..25)?.trim_end(), line.get(25..)?);
    let mut words = rest.split_ascii_whitespace();
    let mut value = || match words.next()? {
        "unlimited" => Some(None),
        digits => digits.parse().ok().map(Some),
    };
    let (soft, hard) = (value()?, value()?);
    let unit = words.next().unwrap_or_default().to_owned();
    Some(Limit { name: name.to_owned(), soft, hard, unit, used: None })
}

/// Seconds since the epoch at which the system started: `btime` of /proc/stat.
pub fn boot_time(stat: &[u8]) -> Option<u64> {
    let line = stat.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(b"btime "))?;
    number(line).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_a_task_is() {
        assert_eq!(pace(b"5 6 7\n"), Some(Pace { ran: 5, delayed: 6, times: 7 }));
        assert_eq!(pace(b"5 6\n"), None);
        let text =
            b"sh (7, #threads: 1)\n---\nse.exec_start                                :       1234.500000\nse.x : 1\n";
        assert_eq!(last_ran(text), Some(1234.5));
        assert_eq!(last_ran(b"se.exec_start : x\n"), None);
    }

    #[test]
    fn stat_with_any_name() {
        for comm in ["sh", "a b", "x) S 9 9", "(sd-pam)", ")", ""] {
            let text = format!("42 ({comm}) S 1 7 6 34817 -1 4194304 5 0 0 0 11 12 0 0 20 -5 1 0 4321 0 0\n");
            let stat = stat(text.as_bytes()).expect(comm);
            assert_eq!((stat.pid, stat.comm.as_slice(), stat.state, stat.ppid), (42, comm.as_bytes(), b'S', 1));
            assert_eq!((stat.pgid, stat.session, stat.tty), (7, 6, Dev { major: 136, minor: 1 }));
            assert_eq!((stat.user_time, stat.system_time, stat.nice, stat.start), (11, 12, -5, 4321));
            assert_eq!((stat.flags, stat.processor, stat.threads, stat.resident), (0x40_0000, None, 1, 0));
        }
        let whole = format!("1 (a) {}", (3..=52).map(|field| format!("{field} ")).collect::<String>());
        let whole = stat(whole.as_bytes()).expect("a whole line");
        assert_eq!((whole.processor, whole.threads, whole.resident), (Some(39), 20, 24));
        let long = "99999999999999999999999 (a) S 1";
        for bad in ["", "x", "42", "42 (a", "42 (a)", "42 (a) S", "42 (a) S 1 2 3 4 5 6 7 8", "a (b) S 1", long] {
            assert_eq!(stat(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn io_counters() {
        let text = b"rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n";
        let expected =
            Io { read: 1, written: 2, read_calls: 3, write_calls: 4, from_storage: 5, to_storage: 6, cancelled: 7 };
        assert_eq!(io(text), Some(expected));
        assert_eq!(io(b"x\nrchar: y\n"), None);
    }

    #[test]
    fn limits_of_a_process() {
        let text = b"Limit                     Soft Limit           Hard Limit           Units     \n\
            Max cpu time              unlimited            unlimited            seconds   \n\
            Max open files            1024                 1048576              files     \n\
            Max nice priority         0                    0                    \n\
            broken\n";
        let limits = limits(text);
        let seen: Vec<_> = limits.iter().map(|l| (l.name.as_str(), l.soft, l.hard, l.unit.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("Max cpu time", None, None, "seconds"),
                ("Max open files", Some(1024), Some(1_048_576), "files"),
                ("Max nice priority", Some(0), Some(0), ""),
            ]
        );
    }

    #[test]
    fn when_the_system_started() {
        assert_eq!(boot_time(b"cpu 1 2\nbtime 1700000000\nprocesses 9\n"), Some(1_700_000_000));
        assert_eq!(boot_time(b"cpu 1 2\n"), None);
    }
}
