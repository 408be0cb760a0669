//! What the tables say, held against the kernel: values against its headers (through the C compiler), the
//! number of arguments against tracefs, numbers against the unistd headers, and the order of flags
//! against itself. Parts that lack what they need say SKIP.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::schema::set::Set;
use crate::schema::types::{NO_NR, Row, Ty};
use crate::schema::{aio, file, io, ioctl, ioctl_names, mount, net, open, poll, sockopt, stat};
use crate::schema::{all, rows::Abi};

/// The sets of this half of the schema, by name.
const SETS: &[(&str, &Set)] = &[
    ("OPEN", &open::OPEN),
    ("OPEN_BITS", &open::OPEN_BITS),
    ("FCNTL", &open::FCNTL),
    ("FD_FLAGS", &open::FD_FLAGS),
    ("LOCK_TYPE", &open::LOCK_TYPE),
    ("OWNER", &open::OWNER),
    ("SEALS", &open::SEALS),
    ("DNOTIFY", &open::DNOTIFY),
    ("RW_HINT", &open::RW_HINT),
    ("FLOCK_OP", &open::FLOCK_OP),
    ("SEEK", &open::SEEK),
    ("RESOLVE", &open::RESOLVE),
    ("CLOSE_RANGE", &open::CLOSE_RANGE),
    ("MFD", &open::MFD),
    ("AT_HANDLE", &open::AT_HANDLE),
    ("RWF", &io::RWF),
    ("SPLICE", &io::SPLICE),
    ("FALLOC", &io::FALLOC),
    ("FADVISE", &io::FADVISE),
    ("SYNC_FILE_RANGE", &io::SYNC_FILE_RANGE),
    ("DT", &io::DT),
    ("ACCESS", &file::ACCESS),
    ("AT", &file::AT),
    ("AT_ACCESS", &file::AT_ACCESS),
    ("RENAME", &file::RENAME),
    ("XATTR", &file::XATTR),
    ("FS_XFLAG", &file::FS_XFLAG),
    ("AT_STATX", &stat::AT_STATX),
    ("STATX", &stat::STATX),
    ("STATX_ATTR", &stat::STATX_ATTR),
    ("FS_MAGIC", &stat::FS_MAGIC),
    ("STATFS_FLAGS", &stat::STATFS_FLAGS),
    ("MS", &mount::MS),
    ("UMOUNT", &mount::UMOUNT),
    ("OPEN_TREE", &mount::OPEN_TREE),
    ("MOVE_MOUNT", &mount::MOVE_MOUNT),
    ("FSOPEN", &mount::FSOPEN),
    ("FSCONFIG", &mount::FSCONFIG),
    ("FSMOUNT", &mount::FSMOUNT),
    ("MOUNT_ATTR", &mount::MOUNT_ATTR),
    ("PROPAGATION", &mount::PROPAGATION),
    ("FSPICK", &mount::FSPICK),
    ("SWAP_FLAG", &mount::SWAP_FLAG),
    ("STATMOUNT", &mount::STATMOUNT),
    ("LISTMOUNT", &mount::LISTMOUNT),
    ("LANDLOCK_CREATE", &mount::LANDLOCK_CREATE),
    ("LANDLOCK_RESTRICT", &mount::LANDLOCK_RESTRICT),
    ("LANDLOCK_RULE", &mount::LANDLOCK_RULE),
    ("LANDLOCK_FS", &mount::LANDLOCK_FS),
    ("LANDLOCK_NET", &mount::LANDLOCK_NET),
    ("LANDLOCK_SCOPE", &mount::LANDLOCK_SCOPE),
    ("QUOTA_CMD", &mount::QUOTA_CMD),
    ("QUOTA_TYPE", &mount::QUOTA_TYPE),
    ("SOCK", &net::SOCK),
    ("MSG", &net::MSG),
    ("SHUT", &net::SHUT),
    ("SOL", &net::SOL),
    ("POLL", &poll::POLL),
    ("EPOLL", &poll::EPOLL),
    ("EPOLL_CTL", &poll::EPOLL_CTL),
    ("EPOLL_CREATE", &poll::EPOLL_CREATE),
    ("EFD", &poll::EFD),
    ("SFD", &poll::SFD),
    ("IN_INIT", &poll::IN_INIT),
    ("IN", &poll::IN),
    ("FAN_INIT", &poll::FAN_INIT),
    ("FAN_MARK", &poll::FAN_MARK),
    ("FAN", &poll::FAN),
    ("URING_SETUP", &aio::URING_SETUP),
    ("URING_FEAT", &aio::URING_FEAT),
    ("URING_ENTER", &aio::URING_ENTER),
    ("URING_REGISTER", &aio::URING_REGISTER),
    ("TCFLSH_QUEUE", &ioctl::TCFLSH_QUEUE),
    ("TCXONC_ACTION", &ioctl::TCXONC_ACTION),
    ("FS_FL", &ioctl::FS_FL),
    ("TIOCM", &ioctl::TIOCM),
    ("IFF", &ioctl::IFF),
    ("IOCTL", &ioctl_names::IOCTL),
    ("SO", &sockopt::SO),
    ("SOL_IP_OPT", &sockopt::SOL_IP_OPT),
    ("SOL_IPV6_OPT", &sockopt::SOL_IPV6_OPT),
    ("SOL_TCP_OPT", &sockopt::SOL_TCP_OPT),
    ("SOL_UDP_OPT", &sockopt::SOL_UDP_OPT),
    ("SOL_NETLINK_OPT", &sockopt::SOL_NETLINK_OPT),
    ("SOL_PACKET_OPT", &sockopt::SOL_PACKET_OPT),
    ("SOL_RAW_OPT", &sockopt::SOL_RAW_OPT),
    ("SOL_SCTP_OPT", &sockopt::SOL_SCTP_OPT),
    ("AF", &sockopt::AF),
    ("IPPROTO", &sockopt::IPPROTO),
    ("NETLINK_PROTO", &sockopt::NETLINK_PROTO),
];

/// Headers that stand side by side; one that is not installed is left out.
const HEADERS: &[&str] = &[
    "linux/types.h",
    "asm/fcntl.h",
    "linux/fcntl.h",
    "linux/openat2.h",
    "linux/close_range.h",
    "linux/memfd.h",
    "linux/fs.h",
    "linux/falloc.h",
    "linux/fadvise.h",
    "linux/xattr.h",
    "linux/stat.h",
    "linux/magic.h",
    "linux/mount.h",
    "linux/landlock.h",
    "linux/quota.h",
    "linux/dqblk_xfs.h",
    "asm/socket.h",
    "linux/net.h",
    "linux/in.h",
    "linux/in6.h",
    "linux/tcp.h",
    "linux/udp.h",
    "linux/netlink.h",
    "linux/if_packet.h",
    "linux/icmp.h",
    "linux/sctp.h",
    "linux/eventpoll.h",
    "asm/poll.h",
    "linux/eventfd.h",
    "linux/signalfd.h",
    "linux/inotify.h",
    "linux/fanotify.h",
    "linux/io_uring.h",
    "asm/ioctls.h",
    "asm/termbits.h",
    "linux/sockios.h",
    "linux/if_tun.h",
    "linux/loop.h",
    "linux/random.h",
    "linux/rtc.h",
    "linux/vt.h",
    "linux/kd.h",
    "linux/perf_event.h",
    "linux/userfaultfd.h",
    "linux/nsfs.h",
    "linux/input.h",
    "linux/vhost.h",
    "linux/kvm.h",
    "linux/btrfs.h",
    "linux/pidfd.h",
    "linux/dm-ioctl.h",
    "linux/watchdog.h",
    "linux/ppp-ioctl.h",
    "linux/blkzoned.h",
    "linux/fscrypt.h",
    "linux/fsverity.h",
    "linux/msdos_fs.h",
    "linux/cdrom.h",
    "linux/hdreg.h",
];

/// Names whose value in the headers is another, with the reason.
const DIFFERENT: &[(&str, &str)] = &[];

#[test]
fn values_are_those_of_the_headers() {
    let found: Vec<&str> = HEADERS
        .iter()
        .copied()
        .filter(|h| {
            ["/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu"]
                .iter()
                .any(|d| Path::new(d).join(h).exists())
        })
        .collect();
    let mut program = String::from("#include <stdio.h>\n#include <sys/time.h>\n#include <time.h>\n");
    for h in &found {
        let _ = writeln!(program, "#include <{h}>");
    }
    program.push_str("#define T(s, n, v, e) count++; if ((unsigned)(e) != (unsigned)(v)) printf(\"%s %s %llx %llx\\n\", s, n, (unsigned long long)(v), (unsigned long long)(e));\nint main(void) { int count = 0;\n");
    for (set, s) in SETS {
        for (name, value) in s.choice.iter().chain(s.bits) {
            if !name.contains(' ') && !DIFFERENT.iter().any(|d| d.0 == *name) {
                let _ = writeln!(program, "#ifdef {name}\nT(\"{set}\", \"{name}\", {value}ull, {name})\n#endif");
            }
        }
    }
    program.push_str("printf(\"%d\\n\", count); return 0; }\n");
    let dir = std::env::temp_dir().join(format!("tracer-constants-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory for the program");
    let binary = dir.join("check");
    let Some(_) = run("gcc", &["-w", "-x", "c", "-", "-o", &binary.to_string_lossy()], &program) else {
        println!("SKIP values_are_those_of_the_headers: the program does not compile here");
        let _ = std::fs::remove_dir_all(&dir);
        return;
    };
    let out = Command::new(&binary).output().expect("the program just compiled runs");
    let _ = std::fs::remove_dir_all(&dir);
    let out = String::from_utf8_lossy(&out.stdout);
    // Enumerators are unknown to the preprocessor and are not counted.
    let (wrong, count) = out.trim_end().rsplit_once('\n').unwrap_or(("", out.trim_end()));
    assert_eq!(wrong, "", "set, name, ours, the header's");
    assert!(count.parse::<u32>().is_ok_and(|n| n > 900), "the headers define only {count} of the names");
    println!("{count} values compared");
}

/// Runs a tool on `input`; `None` when it is not there or fails.
fn run(tool: &str, args: &[&str], input: &str) -> Option<String> {
    use std::io::Write as _;
    use std::process::Stdio;
    let mut child = Command::new(tool)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let out = child.wait_with_output().ok()?;
    let _ = writer.join();
    if !out.status.success() {
        println!("{tool}: {}", String::from_utf8_lossy(&out.stderr).lines().take(5).collect::<Vec<_>>().join("; "));
        return None;
    }
    Some(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// A flag that contains another must stand before it, or its name is never shown; rendering a value by
/// names and reading the names back must give the value.
#[test]
fn composite_flags_come_first() {
    for (set, s) in SETS {
        for (i, (name, value)) in s.bits.iter().enumerate() {
            for (before, earlier) in &s.bits[..i] {
                assert!(
                    *earlier == 0 || value & earlier != *earlier || value == earlier,
                    "{set}: {name} is hidden by {before}"
                );
                assert_ne!(value, earlier, "{set}: {name} and {before} are the same");
            }
            assert_eq!(value & s.mask, 0, "{set}: {name} lies in the bits of the choice");
        }
        for (i, (name, value)) in s.choice.iter().enumerate() {
            assert_eq!(value & !s.mask, 0, "{set}: {name} lies outside the mask");
            assert!(s.choice[..i].iter().all(|c| c.1 != *value), "{set}: {name} has a namesake");
        }
    }
}

proptest::proptest! {
    #[test]
    fn names_give_back_the_value(which in 0..SETS.len(), value: u64, few in 0u64..64) {
        let set = SETS[which].1;
        for value in [value, value & few.wrapping_mul(0x9e37_79b9_7f4a_7c15), few] {
            let (names, rest) = by_names(set, value);
            let read = names.iter().map(|n| value_of(set, n)).fold(0, |a, b| a | b) | rest;
            proptest::prop_assert_eq!(read, value, "{} {:?}", SETS[which].0, names);
        }
    }
}

/// The names of a value, in order, and what has no name.
fn by_names(set: &Set, value: u64) -> (Vec<&'static str>, u64) {
    let mut names = Vec::new();
    let mut rest = value;
    if let Some((name, v)) = set.choice.iter().find(|c| c.1 == value & set.mask) {
        names.push(*name);
        rest &= !v;
    }
    for (name, bit) in set.bits {
        if *bit != 0 && rest & !set.mask & bit == *bit {
            names.push(*name);
            rest &= !bit;
        }
    }
    (names, rest)
}

fn value_of(set: &Set, name: &str) -> u64 {
    set.choice.iter().chain(set.bits).find(|c| c.0 == name).map_or(0, |c| c.1)
}

/// Requests are looked up by bisection.
#[test]
fn requests_ascend() {
    assert!(ioctl_names::IOCTL.choice.windows(2).all(|w| w[0].1 < w[1].1));
}

/// Calls whose name in tracefs is not the manual's.
const NAMES: &[(&str, &str)] = &[
    ("newfstat", "fstat"),
    ("newlstat", "lstat"),
    ("newstat", "stat"),
    ("newuname", "uname"),
    ("sendfile64", "sendfile"),
    ("umount", "umount2"),
];

/// Calls whose rows have another number of arguments than the kernel's entry point, with the reason.
const ARGUMENTS: &[(&str, &str)] = &[
    ("preadv", "the offset's upper half has no meaning in 64 bits"),
    ("pwritev", "the offset's upper half has no meaning in 64 bits"),
    ("io_uring_enter", "the last two are one pointer and its size"),
    ("uretprobe", "not called by programs"),
    ("uprobe", "not called by programs"),
    ("getpgrp", "none"),
    ("futex", "optional arguments are forms of their own"),
];

#[test]
fn arguments_are_as_many_as_tracefs_says() {
    let dir = Path::new("/sys/kernel/tracing/events/syscalls");
    let Ok(entries) = std::fs::read_dir(dir) else {
        println!("SKIP arguments_are_as_many_as_tracefs_says: {} cannot be read", dir.display());
        return;
    };
    let mut kernel = BTreeMap::new();
    for entry in entries.flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let Some(name) = file.strip_prefix("sys_enter_") else { continue };
        let Ok(format) = std::fs::read_to_string(entry.path().join("format")) else { continue };
        let fields = format
            .lines()
            .filter(|l| l.starts_with("\tfield:") && !l.contains(" common_") && !l.contains("__syscall_nr"));
        let name = NAMES.iter().find(|n| n.0 == name).map_or(name, |n| n.1);
        kernel.insert(name.to_owned(), fields.count());
    }
    assert!(kernel.len() > 250, "only {} calls in {}", kernel.len(), dir.display());
    let mut wrong = Vec::new();
    for (name, count) in &kernel {
        if ARGUMENTS.iter().any(|a| a.0 == name) {
            continue;
        }
        match all().find(|r| r.name == name) {
            None => wrong.push(format!("{name}: no row")),
            Some(row) if most(row) != *count => {
                wrong.push(format!("{name}: {} in the row, {count} in the kernel", most(row)))
            }
            Some(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Arguments of the form that has most, those for the 32-bit ABI alone not counted.
fn most(row: &Row) -> usize {
    row.variants.iter().map(|v| v.args.len()).chain([row.args.len()]).max().unwrap_or(0)
}

#[test]
fn numbers_are_those_of_the_headers() {
    let tables = [
        (Abi::X86_64, "/usr/include/asm/unistd_64.h"),
        (Abi::X86_64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        (Abi::I386, "/usr/include/asm/unistd_32.h"),
        (Abi::I386, "/usr/include/x86_64-linux-gnu/asm/unistd_32.h"),
        (Abi::Aarch64, "/usr/include/asm-generic/unistd.h"),
    ];
    let mut compared = 0;
    for (abi, path) in tables {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        for line in text.lines() {
            let Some(rest) = line.strip_prefix("#define __NR") else { continue };
            let rest = rest.strip_prefix("3264").unwrap_or(rest);
            let mut words = rest.trim_start_matches('_').split_whitespace();
            let (Some(name), Some(Ok(nr))) = (words.next(), words.next().map(str::parse::<u16>)) else { continue };
            // The generic table is shared with 32-bit machines; 244 to 259 are an architecture's own.
            if abi == Abi::Aarch64 && (name.ends_with("_time64") || (244..260).contains(&nr) && name != "wait4") {
                continue;
            }
            let name = match (abi, name) {
                (Abi::Aarch64, "fstatat") => "newfstatat",
                (Abi::Aarch64, "sync_file_range2" | "mmap2" | "fcntl64" | "arch_specific_syscall" | "syscalls") => {
                    continue;
                }
                _ => name,
            };
            let Some(row) = all().find(|r| r.name == name && r.nr[abi as usize] != NO_NR) else { continue };
            assert_eq!(row.nr[abi as usize], nr, "{name} of {abi:?} in {path}");
            compared += 1;
        }
    }
    if compared == 0 {
        println!("SKIP numbers_are_those_of_the_headers: none is installed");
    } else {
        assert!(compared > 400, "only {compared} numbers found");
    }
}

/// Every plan fits into its table, with everything asked for.
#[test]
fn plans_fit() {
    use crate::schema::plan::{Detail, plan, variant};
    let detail = Detail { data: true, strlen: 4096, fds: true, env: true };
    for row in all() {
        let whole = plan(row, detail);
        assert!(usize::from(whole.ops) <= tracer_common::plan::MAX_OPS, "{}", row.name);
        for v in row.variants {
            variant(v, detail);
        }
        assert!(row.args.len() <= 6, "{} has {} arguments", row.name, row.args.len());
        assert!(!matches!(row.ret, Ty::Path | Ty::Bytes(_)), "{}", row.name);
    }
}
