//! The classes of `-e trace=%name` against the installed strace. Its sets can not be listed, but watched:
//! a child makes every call there is under a seccomp filter that refuses all of them, and what strace
//! prints of that is the set.

use std::collections::BTreeSet;
use std::process::Command;

use crate::schema::types::{NO_NR, class};
use crate::schema::{Abi, all, by_nr};

/// Tells the child apart from an ordinary run of the test.
const CHILD: &str = "TRACER_TEST_MAKE_EVERY_CALL";
/// Highest number strace 6.1 knows.
const KNOWN: u32 = 450;

#[test]
fn classes_are_those_of_strace() {
    if std::env::var_os(CHILD).is_some() {
        make_every_call();
    }
    if Abi::NATIVE != Abi::X86_64 {
        println!("SKIP classes: strace is watched on x86_64 only");
        return;
    }
    let version = Command::new("strace").arg("-V").output();
    let version = version.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    if !version.contains("version 6.1") {
        println!("SKIP classes: strace 6.1 is not installed");
        return;
    }
    let mut wrong = Vec::new();
    for (word, bit) in class::NAMES {
        let Some(strace) = watch(word) else { continue };
        let ours: BTreeSet<&str> = all()
            .filter(|r| r.class & bit != 0 && r.nr[0] != NO_NR && u32::from(r.nr[0]) <= KNOWN)
            .map(|r| r.name)
            .collect();
        let strace: BTreeSet<&str> = strace.iter().map(String::as_str).collect();
        if ours != strace {
            let more: Vec<_> = ours.difference(&strace).collect();
            let less: Vec<_> = strace.difference(&ours).collect();
            wrong.push(format!("%{word}: strace has not {more:?}, the rows have not {less:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The calls of a class, as strace shows them behind the mark of the child; `None` when it can not trace.
fn watch(word: &str) -> Option<BTreeSet<String>> {
    let exe = std::env::current_exe().expect("a running program has a path");
    let out =
        std::env::temp_dir().join(format!("tracer-class-{}-{}", std::process::id(), word.trim_start_matches('%')));
    let status = Command::new("strace")
        .args(["-f", "-qq", "-e", "signal=none", "-e", &format!("trace=%{word}"), "-o"])
        .arg(&out)
        .arg(exe)
        .args(["--exact", "schema::tests::classes::classes_are_those_of_strace", "--test-threads=1"])
        .env(CHILD, "1")
        .output();
    let text = std::fs::read_to_string(&out).ok();
    let _ = std::fs::remove_file(&out);
    if let Err(error) = status {
        println!("SKIP %{word}: {error}");
        return None;
    }
    let text = text?;
    let mut calls = BTreeSet::new();
    for line in text.lines() {
        let Some((name, _)) = line.split_once('(') else { continue };
        // Refused by the filter: made behind it.
        if line.contains("ENOSYS") || line.ends_with("= ?") {
            calls.extend(name.rsplit(' ').next().map(str::to_owned));
        }
    }
    // Calls that strace follows whatever it was asked for, and calls it has no number for.
    calls.retain(|name| !name.starts_with("syscall_"));
    if calls.is_empty() {
        println!("SKIP %{word}: strace showed nothing");
        return None;
    }
    Some(calls)
}

/// Makes every call that has a row; the filter answers all of them with ENOSYS, the last kills.
fn make_every_call() -> ! {
    let filter = [
        // Load the number; everything: ENOSYS, but for one number that ends the process.
        libc::sock_filter { code: 0x20, jt: 0, jf: 0, k: 0 },
        libc::sock_filter { code: 0x15, jt: 0, jf: 1, k: 4095 },
        libc::sock_filter { code: 0x06, jt: 0, jf: 0, k: libc::SECCOMP_RET_KILL_PROCESS },
        libc::sock_filter { code: 0x06, jt: 0, jf: 0, k: libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32 },
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
    // SAFETY: the filter lives until the process ends; no call behind it reaches the kernel, so its
    // arguments do not matter. This thread alone is left to run; it never returns to the harness.
    unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program);
        for nr in 0..=KNOWN {
            // No filter can refuse the calls of uprobes, which are for the kernel's own code only.
            if by_nr(Abi::NATIVE, nr).is_some() && !matches!(nr, 335 | 336) {
                libc::syscall(i64::from(nr), 0, 0, 0, 0, 0, 0);
            }
        }
        libc::syscall(4095);
    }
    std::process::abort()
}
