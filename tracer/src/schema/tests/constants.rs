//! What the tables say, held against the kernel: values against its headers (through the C compiler), the
//! number of arguments against tracefs, numbers against the unistd headers, and the order of flags
//! against itself. Parts that lack what they need say SKIP.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use crate::schema::set::Set;
use crate::schema::types::{Arg, NO_NR, Row, Special, Ty};
use crate::schema::{all, rows::Abi};
use crate::schema::{errno, io, ioctl, kvm, mount, open, poll, stat};

/// Sets that only code refers to, not a row.
const ELSEWHERE: &[&Set] = &[
    &errno::ERRNO,
    &io::DT,
    &ioctl::net::IFF,
    &kvm::EXIT,
    &mount::MS,
    &mount::PROPAGATION,
    &mount::QUOTA_CMD,
    &mount::QUOTA_TYPE,
    &mount::SWAP_FLAG,
    &open::MFD,
    &poll::POLL,
    &stat::STATX,
    &stat::STATX_ATTR,
];

/// Every set there is: those the rows refer to, however deep, and those of [`ELSEWHERE`].
static SETS: LazyLock<Vec<&'static Set>> = LazyLock::new(|| {
    let mut sets: Vec<&'static Set> = ELSEWHERE.to_vec();
    sets.push(&ioctl::IOCTL);
    for row in all() {
        let forms = row.variants.iter().map(|v| (v.args, &v.ret)).chain([(row.args, &row.ret)]);
        for (args, ret) in forms {
            args.iter().for_each(|a| collect(&a.ty, &mut sets));
            collect(ret, &mut sets);
        }
    }
    sets
});

fn collect(ty: &Ty, sets: &mut Vec<&'static Set>) {
    match *ty {
        Ty::Set(s) | Ty::Set32(s) | Ty::Noted(_, s) if !sets.iter().any(|have| std::ptr::eq(*have, s)) => sets.push(s),
        Ty::Rec(rec) | Ty::Sized(rec, _) => rec.fields.iter().for_each(|f| collect(&f.ty, sets)),
        Ty::Ptr(t)
        | Ty::Bare(t)
        | Ty::Array(t, _)
        | Ty::Out(t)
        | Ty::InOut(t)
        | Ty::When(_, _, t)
        | Ty::Positive(t)
        | Ty::Interrupted(t)
        | Ty::Late(t)
        | Ty::NonZero(t)
        | Ty::Full(t)
        | Ty::Dots(t)
        | Ty::Wide(t)
        | Ty::Of(_, t)
        | Ty::Rest(t, _) => collect(t, sets),
        Ty::Both(before, _, after) => {
            before.fields.iter().chain(after.fields).for_each(|f| collect(&f.ty, sets));
        }
        Ty::Note(a, b) => {
            collect(a, sets);
            collect(b, sets);
        }
        _ => {}
    }
}

/// Headers that stand side by side, in groups that do not; one that is not installed is left out.
const HEADERS: [&str; 2] = [
    "linux/types.h asm/errno.h asm/fcntl.h linux/fcntl.h linux/openat2.h linux/close_range.h linux/memfd.h linux/fs.h linux/fiemap.h \
     linux/falloc.h linux/fadvise.h linux/xattr.h linux/stat.h linux/magic.h linux/mount.h linux/landlock.h \
     linux/quota.h linux/dqblk_xfs.h asm/socket.h linux/net.h linux/in.h linux/in6.h linux/tcp.h linux/udp.h \
     linux/netlink.h linux/if_packet.h linux/icmp.h linux/sctp.h linux/eventpoll.h asm/poll.h linux/eventfd.h \
     linux/signalfd.h linux/inotify.h linux/fanotify.h linux/io_uring.h asm/ioctls.h asm/termbits.h \
     linux/sockios.h linux/if_tun.h linux/serial.h linux/loop.h linux/random.h linux/rtc.h linux/vt.h linux/kd.h \
     linux/perf_event.h linux/userfaultfd.h linux/nsfs.h linux/input.h linux/vhost.h linux/kvm.h linux/btrfs.h \
     linux/pidfd.h linux/dm-ioctl.h linux/watchdog.h linux/ppp-ioctl.h linux/blkzoned.h linux/fscrypt.h \
     linux/fsverity.h linux/msdos_fs.h linux/cdrom.h linux/hdreg.h",
    "linux/types.h linux/sched.h linux/sched/types.h linux/prctl.h linux/seccomp.h linux/ptrace.h asm/mman.h \
     linux/mman.h linux/mempolicy.h linux/futex.h linux/time.h linux/timex.h linux/wait.h linux/resource.h \
     linux/ipc.h linux/sem.h linux/shm.h linux/msg.h linux/reboot.h linux/keyctl.h linux/bpf.h \
     linux/membarrier.h linux/personality.h linux/capability.h linux/rseq.h linux/kexec.h linux/mqueue.h \
     linux/ioprio.h asm/prctl.h asm/signal.h linux/lsm.h linux/kcmp.h linux/module.h linux/securebits.h \
     linux/timerfd.h linux/audit.h",
];

/// Names whose value in the headers is another, with the reason.
const DIFFERENT: &[(&str, &str)] = &[];

#[test]
fn values_are_those_of_the_headers() {
    let mut compared = 0;
    for group in HEADERS {
        match compare(group) {
            Ok((count, wrong)) => {
                assert_eq!(wrong, "", "set, name, ours, the header's");
                compared += count;
            }
            Err(reason) => {
                assert!(!reason.contains("error:"), "what is compared does not compile: {reason}");
                println!("SKIP values_are_those_of_the_headers: {reason}");
            }
        }
    }
    println!("{compared} values compared");
    assert!(compared == 0 || compared > 500, "the headers define only {compared} of the names");
}

/// Compiles a program that compares every name the headers define; how many there were, and which differ.
fn compare(headers: &str) -> Result<(u32, String), String> {
    const PLACES: [&str; 3] = ["/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu"];
    let mut program = String::from("#include <stdint.h>\nint printf(const char *, ...);\n");
    for h in headers.split_whitespace().filter(|h| PLACES.iter().any(|d| Path::new(d).join(h).exists())) {
        let _ = writeln!(program, "#include <{h}>");
    }
    program.push_str(
        "#define T(s, n, v, e) count++; if ((unsigned)(e) != (unsigned)(v)) \\\n\
         printf(\"%s %s %llx %llx\\n\", s, n, (unsigned long long)(v), (unsigned long long)(e));\n\
         int main(void) { int count = 0;\n",
    );
    // Requests of ioctl have a test of their own: their numbers need structures of headers that do not stand side by side.
    let requests: &Set = &ioctl::IOCTL;
    for s in SETS.iter().filter(|set| !std::ptr::eq(**set, requests)) {
        for (name, value) in s.choice.iter().chain(s.bits) {
            // What is no identifier is for people; the last value means that there is none here.
            let identifier = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !name.starts_with(|c: char| c.is_ascii_digit());
            if identifier && !name.is_empty() && *value != u64::MAX && !DIFFERENT.iter().any(|d| d.0 == *name) {
                let _ = writeln!(program, "#ifdef {name}\nT(\"{}\", \"{name}\", {value}ull, {name})\n#endif", s.prefix);
            }
        }
    }
    program.push_str("printf(\"%d\\n\", count); return 0; }\n");
    let dir = std::env::temp_dir().join(format!("tracer-constants-{}-{}", std::process::id(), headers.len()));
    std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let binary = dir.join("check");
    let built = run("gcc", &["-w", "-x", "c", "-", "-o", &binary.to_string_lossy()], &program);
    let out = built.and_then(|_| Command::new(&binary).output().map_err(|e| format!("{}: {e}", binary.display())));
    let _ = std::fs::remove_dir_all(&dir);
    let out = String::from_utf8_lossy(&out?.stdout).into_owned();
    // Enumerators are unknown to the preprocessor and are not counted.
    let (wrong, count) = out.trim_end().rsplit_once('\n').unwrap_or(("", out.trim_end()));
    Ok((count.parse().map_err(|e| format!("{count:?}: {e}"))?, wrong.to_owned()))
}

/// Runs a tool on `input` and gives what it prints; the first lines of what it says against it otherwise.
fn run(tool: &str, args: &[&str], input: &str) -> Result<String, String> {
    use std::io::Write as _;
    use std::process::Stdio;
    let mut command = Command::new(tool);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| format!("{tool}: {e}"))?;
    let mut stdin = child.stdin.take().ok_or("no stdin")?;
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let out = child.wait_with_output().map_err(|e| format!("{tool}: {e}"))?;
    let _ = writer.join();
    if !out.status.success() {
        let said = String::from_utf8_lossy(&out.stderr).lines().take(4).collect::<Vec<_>>().join("; ");
        return Err(format!("{tool}: {said}"));
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// A flag that contains another must stand before it, or its name is never shown; rendering a value by
/// names and reading the names back must give the value.
#[test]
fn composite_flags_come_first() {
    for s in SETS.iter() {
        let set = s.prefix;
        for (i, (name, value)) in s.bits.iter().enumerate() {
            // 0: the name of no flags. All ones: a flag of the other architecture.
            for (before, earlier) in s.bits[..i].iter().filter(|_| *value != 0 && *value != u64::MAX) {
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
        let set = SETS[which];
        for value in [value, value & few.wrapping_mul(0x9e37_79b9_7f4a_7c15), few] {
            let (names, rest) = by_names(set, value);
            let read = names.iter().map(|n| value_of(set, n)).fold(0, |a, b| a | b) | rest;
            proptest::prop_assert_eq!(read, value, "{} {:?}", SETS[which].prefix, names);
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
    assert!(ioctl::IOCTL.choice.windows(2).all(|w| w[0].1 < w[1].1));
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
    ("rt_sigreturn", "its frame is on the stack"),
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

/// Arguments of the form that has most. A signal's frame stands on the stack: it is shown, but no argument.
fn most(row: &Row) -> usize {
    let count = |args: &[Arg]| args.iter().filter(|a| !matches!(a.ty, Ty::Special(Special::SigFrame))).count();
    row.variants.iter().map(|v| count(v.args)).chain([count(row.args)]).max().unwrap_or(0)
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
