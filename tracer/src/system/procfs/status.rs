//! `/proc/PID/status` (proc(5)): names and values, a line each. What is missing or makes no sense stays empty.

use super::{hex, number};
use crate::system::process::Status;

/// Sizes that are kept, by their names in the file.
const SIZES: &[&str] = &[
    "VmPeak",
    "VmSize",
    "VmLck",
    "VmPin",
    "VmHWM",
    "VmRSS",
    "RssAnon",
    "RssFile",
    "RssShmem",
    "VmData",
    "VmStk",
    "VmExe",
    "VmLib",
    "VmPTE",
    "VmSwap",
    "HugetlbPages",
];

/// Reads the file.
pub fn parse(text: &[u8]) -> Status {
    let mut status = Status::default();
    let mut switches = (None, None);
    for line in text.split(|&b| b == b'\n') {
        let Some(colon) = line.iter().position(|&b| b == b':') else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        let one = || number(value).map(|(value, _)| value);
        let id = || one().and_then(|value| u32::try_from(value).ok()).unwrap_or_default();
        let set = || hex(value).unwrap_or_default();
        match name {
            // Blanks at its ends are the name's own; a tab follows the colon.
            b"Name" => status.name = unescaped(line.get(colon + 2..).unwrap_or_default()),
            b"State" => status.state = value.first().copied().unwrap_or_default(),
            b"Tgid" => status.tgid = id(),
            b"PPid" => status.ppid = id(),
            b"TracerPid" => status.tracer = id(),
            b"Uid" => status.uids = four(value),
            b"Gid" => status.gids = four(value),
            b"Groups" => status.groups = list(value),
            b"NStgid" => status.nested_pids = list(value),
            b"NSpid" => status.nested_tids = list(value),
            b"NSpgid" => status.nested_groups = list(value),
            b"NSsid" => status.nested_sessions = list(value),
            b"Umask" => {
                status.umask = std::str::from_utf8(value).ok().and_then(|text| u32::from_str_radix(text, 8).ok());
            }
            b"Threads" => status.threads = one().unwrap_or_default(),
            b"SigQ" => {
                status.queued = number(value).and_then(|(used, rest)| {
                    let (limit, _) = number(rest.strip_prefix(b"/")?)?;
                    Some((used, limit))
                });
            }
            b"SigPnd" => status.signals[0] = set(),
            b"ShdPnd" => status.signals[1] = set(),
            b"SigBlk" => status.signals[2] = set(),
            b"SigIgn" => status.signals[3] = set(),
            b"SigCgt" => status.signals[4] = set(),
            b"CapInh" => status.capabilities[0] = set(),
            b"CapPrm" => status.capabilities[1] = set(),
            b"CapEff" => status.capabilities[2] = set(),
            b"CapBnd" => status.capabilities[3] = set(),
            b"CapAmb" => status.capabilities[4] = set(),
            b"NoNewPrivs" => status.no_new_privileges = one() == Some(1),
            b"x86_Thread_features" => {
                status.shadow_stack = value.split(|byte| byte.is_ascii_whitespace()).any(|word| word == b"shstk");
            }
            b"Seccomp" => status.seccomp = id(),
            b"Cpus_allowed_list" => status.cpus = String::from_utf8_lossy(value).into_owned(),
            b"voluntary_ctxt_switches" => switches.0 = one(),
            b"nonvoluntary_ctxt_switches" => switches.1 = one(),
            name => {
                if let Some(known) = SIZES.iter().find(|known| known.as_bytes() == name) {
                    status.memory.extend(one().map(|kb| (*known, kb)));
                }
            }
        }
    }
    status.switches = switches.0.zip(switches.1);
    status
}

/// The kernel escapes a newline and a backslash in a name, and nothing else (`proc_task_name`).
fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name;
    while let [first, tail @ ..] = rest {
        let (byte, used) = match (first, tail.first()) {
            (b'\\', Some(b'n')) => (b'\n', 2),
            (b'\\', Some(b'\\')) => (b'\\', 2),
            _ => (*first, 1),
        };
        out.push(byte);
        rest = &rest[used..];
    }
    out
}

fn list(value: &[u8]) -> Vec<u32> {
    let words = value.split(|b| b.is_ascii_whitespace()).filter(|word| !word.is_empty());
    words.filter_map(|word| number(word).and_then(|(value, _)| u32::try_from(value).ok())).collect()
}

fn four(value: &[u8]) -> [u32; 4] {
    let list = list(value);
    std::array::from_fn(|at| list.get(at).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_file() {
        let text = b"Name:\ta) \\nb\\\\ \nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t7\nPid:\t7\nPPid:\t1\nTracerPid:\t9\n\
            Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t4 24 27 \nNStgid:\t7\t1\nVmPeak:\t    100 kB\nVmRSS:\t  50 kB\nRssAnon:\t 20 kB\n\
            Threads:\t4\nSigQ:\t3/100\nSigCgt:\t0000000180004a02\nCapEff:\t000001ffffffffff\nNoNewPrivs:\t1\nSeccomp:\t2\nx86_Thread_features:\tshstk wrss\n\
            Cpus_allowed_list:\t0-1\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n";
        let status = parse(text);
        assert_eq!(status.name, b"a) \nb\\ ");
        assert_eq!((status.state, status.tgid, status.ppid, status.tracer, status.threads), (b'S', 7, 1, 9, 4));
        assert!(status.is_capable(40) && !status.is_capable(41));
        assert_eq!((status.uids, status.gids), ([1, 2, 3, 4], [5, 6, 7, 8]));
        assert_eq!(
            (status.groups.as_slice(), status.nested_pids.as_slice()),
            ([4, 24, 27].as_slice(), [7, 1].as_slice())
        );
        assert_eq!((status.kb("VmPeak"), status.kb("VmRSS"), status.kb("VmSwap")), (Some(100), Some(50), None));
        assert_eq!((status.umask, status.queued, status.seccomp), (Some(0o022), Some((3, 100)), 2));
        assert!(status.shadow_stack);
        assert_eq!((status.capabilities[2], status.signals[4]), (0x1ff_ffff_ffff, 0x1_8000_4a02));
        assert_eq!((status.switches, status.cpus.as_str(), status.no_new_privileges), (Some((12, 3)), "0-1", true));
    }

    #[test]
    fn nonsense_gives_nothing() {
        for bad in [b"".as_slice(), b":::", b"Name", b"Uid:\nTgid:\tx\nSigQ:\t3\nThreads:\t99999999999999999999999\n"] {
            assert_eq!(parse(bad), Status::default());
        }
    }
}
