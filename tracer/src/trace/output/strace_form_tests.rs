//! What stands beside descriptors, in front of calls and between them.

use tracer_common::event::{File, Head, Sock, kind, path};
use tracer_common::plan::{ARG_RET, phase, shape};

use super::tests::{P, check_row, check_style, row, show, write};
use super::*;
use crate::decode::testing::{ALL_FDS, Record, style};
use crate::decode::{Options, decode};
use crate::schema::tampered::Tampered;
use crate::spec::{Fds, Hex};
use crate::trace::output::{Item, Line, Render, Stack, testing};

#[test]
fn descriptors_show_what_they_refer_to() {
    let with = |fds, file: File, sock: Option<Sock>, name: &[u8], expected: &str| {
        let record = Record::nr(72).args(&[3]).ret(0).fd(0, phase::ENTER, file, sock, name);
        check_row(&Style { fds, ..style() }, row("getfd"), record, &format!("getfd(3{expected}) = 0"));
    };
    let y = Fds { path: true, ..Fds::default() };
    let named = File { path: path::NAMES, mode: 0o100644, ino: 77, ..File::default() };
    with(y, named, None, b"passwd\0etc\0", "</etc/passwd>");
    with(y, named, None, b"", "</>");
    with(Fds::default(), named, None, b"passwd\0etc\0", "");
    with(y, File { path: path::CUT, ..named }, None, b"c\0b\0", "<.../b/c>");
    with(y, File { deleted: 1, ..named }, None, b"memfd:x<y>\0", r"</memfd:x\74y\76>(deleted)");
    with(y, File { path: path::TEXT, deleted: 1, ..named }, None, b"/tmp/x (deleted)", "</tmp/x>(deleted)");
    with(y, File { magic: 0x0904_1934, mode: 0o600, ..named }, None, b"[eventfd]\0", "<anon_inode:[eventfd]>");
    with(y, File { magic: 0x5049_5045, mode: 0o10600, path: path::NONE, ..named }, None, b"", "<pipe:[77]>");
    with(y, File { path: path::NONE, ..named }, None, b"", "");
    let null = File { mode: 0o20666, rdev: 1 << 20 | 3, ..named };
    with(y, null, None, b"null\0dev\0", "</dev/null>");
    with(ALL_FDS, null, None, b"null\0dev\0", "</dev/null<char 1:3>>");

    let sock = File { mode: 0o140777, path: path::NONE, ..named };
    let mut tcp = Sock { family: 2, ty: 1, protocol: 6, ..Sock::default() };
    with(y, sock, Some(tcp), b"", "<socket:[77]>");
    with(ALL_FDS, sock, Some(tcp), b"", "<TCP:[77]>");
    tcp.saddr[..4].copy_from_slice(&[127, 0, 0, 1]);
    tcp.daddr = tcp.saddr;
    tcp.sport = 80;
    with(ALL_FDS, sock, Some(tcp), b"", "<TCP:[127.0.0.1:80]>");
    tcp.dport = 1234;
    with(ALL_FDS, sock, Some(tcp), b"", "<TCP:[127.0.0.1:80->127.0.0.1:1234]>");
    let mut udp = Sock { family: 10, ty: 2, protocol: 17, sport: 53, ..Sock::default() };
    udp.saddr[15] = 1;
    with(ALL_FDS, sock, Some(udp), b"", "<UDPv6:[[::1]:53]>");
    let unix = Sock { family: 1, ty: 1, peer: 78, ..Sock::default() };
    with(ALL_FDS, sock, Some(unix), b"/so<c>k\n\0\0", r#"<UNIX-STREAM:[77->78,"/so<c>k\n"]>"#);
    with(ALL_FDS, sock, Some(Sock { ty: 2, peer: 0, ..unix }), b"\0abs\n", r#"<UNIX:[77,@"abs\n"]>"#);
    let netlink = Sock { family: 16, ty: 3, protocol: 4, ..Sock::default() };
    with(ALL_FDS, sock, Some(netlink), b"", "<NETLINK:[77]>");
    with(ALL_FDS, sock, Some(Sock { peer: 123, ..netlink }), b"", "<NETLINK:[SOCK_DIAG:123]>");
    with(ALL_FDS, sock, Some(Sock { family: 17, ..netlink }), b"", "<socket:[77]>");
    with(ALL_FDS, sock, Some(Sock::default()), b"", "<socket:[77]>");

    let open = Record::call("openat").args(&[-100i64 as u64, P, 0]).text(1, b"x").ret(3);
    let mut cwd = named.bytes().to_vec();
    cwd[30] = 8;
    let open = open.part(0, shape::DIRFD, phase::ENTER, 0, &[&cwd[..], b"dx\0tmp\0\0"].concat());
    let open = open.fd(ARG_RET, phase::EXIT_OK, named, None, b"x\0dx\0tmp\0");
    check_style(&Style { fds: y, ..style() }, open, r#"openat(AT_FDCWD</tmp/dx>, "x", O_RDONLY) = 3</tmp/dx/x>"#);
}

#[test]
fn every_line_says_whose_and_when_if_asked() {
    let wall = 1_795_471_890_548_807_123;
    let check = |style: &Style, pids, expected: &str| {
        let record = Record::nr(511).ret(1).took(12_345).build();
        let call = decode(&record, &Options::new(style));
        let mut out = Vec::new();
        let line = Line {
            wall,
            tid: 789,
            tgid: 789,
            comm: b"s<h",
            stack: Stack::default(),
            below: &[],
            many: true,
            item: Item::Call(&call),
        };
        let mut text = StraceText::new(&Style { column: 0, ..style.clone() }, pids, false);
        text.line(&line, &mut out);
        let one = out.len();
        text.line(&Line { wall: wall + 1_000_002_000, ..line }, &mut out);
        assert_eq!(String::from_utf8_lossy(&out[one..]).trim_end(), expected);
    };
    let call = "syscall_0x1ff(0, 0, 0, 0, 0, 0) = 1";
    check(&style(), PidFormat::Stderr, &format!("[pid   789] {call}"));
    check(&style(), PidFormat::File, &format!("789   {call}"));
    check(&style(), PidFormat::None, call);
    check(
        &Style { pids: crate::spec::Pids { comm: true, here: false }, ..style() },
        PidFormat::Stderr,
        &format!(r"[pid   789<s\74h>] {call}"),
    );
    check(
        &Style { pids: crate::spec::Pids { comm: true, here: false }, ..style() },
        PidFormat::File,
        &format!(r"789<s\74h> {call}"),
    );
    let none = PidFormat::None;
    check(&Style { stamp: Stamp::Unix(6), ..style() }, none, &format!("1795471891.548809 {call}"));
    check(&Style { stamp: Stamp::Unix(0), ..style() }, none, &format!("1795471891 {call}"));
    check(&Style { relative: Some(6), ..style() }, none, &format!("     1.000002 {call}"));
    check(&Style { relative: Some(0), ..style() }, none, &format!("     1 {call}"));
    check(
        &Style { relative: Some(6), stamp: Stamp::Unix(3), ..style() },
        none,
        &format!("1795471891.548 (+     1.000002) {call}"),
    );
    check(&Style { duration: Some(6), ..style() }, none, &format!("{call} <0.000012>"));
    check(&Style { duration: Some(9), ..style() }, none, &format!("{call} <0.000012345>"));
    check(&Style { number: true, ip: true, ..style() }, none, &format!("[ 511] [????????????????] {call}"));
    check(
        &Style { arg_names: true, ..style() },
        none,
        "syscall_0x1ff(arg0=0, arg1=0, arg2=0, arg3=0, arg4=0, arg5=0) = 1",
    );
}

#[test]
fn the_column_counts_what_stands_in_front() {
    let record = Record::call("getppid").ret(1).build();
    let call = decode(&record, &Options::new(&style()));
    let mut out = Vec::new();
    let line = Line {
        wall: 0,
        tid: 13796,
        tgid: 1,
        comm: b"",
        stack: Stack::default(),
        below: &[],
        many: true,
        item: Item::Call(&call),
    };
    StraceText::new(&style(), PidFormat::Stderr, false).line(&line, &mut out);
    assert_eq!(String::from_utf8_lossy(&out), "[pid 13796] getppid()                   = 1\n");
    let mut colored = Vec::new();
    StraceText::new(&style(), PidFormat::Stderr, true).line(&line, &mut colored);
    let mut plain = String::new();
    let mut rest = String::from_utf8_lossy(&colored).into_owned();
    while let Some((before, after)) = rest.clone().split_once('\x1b') {
        plain.push_str(before);
        rest = after.split_once('m').map(|(_, r)| r.to_owned()).unwrap_or_default();
    }
    plain.push_str(&rest);
    assert_eq!(plain.as_bytes(), out);
}

#[test]
fn events_between_calls_have_their_lines() {
    let info = |signo: i32, code: i32, rest: &[u32]| {
        let mut bytes = [signo, 0, code, 0].into_iter().flat_map(i32::to_le_bytes).collect::<Vec<u8>>();
        bytes.extend(rest.iter().flat_map(|w| w.to_le_bytes()));
        bytes
    };
    let signal = |bytes: Vec<u8>, expected: &str| {
        let signal = i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let line = show(&style(), testing::signal(signal, &bytes, false));
        assert_eq!(line, format!("--- {expected} ---\n"));
    };
    signal(
        info(17, 1, &[5450, 0, 42, 0, 0, 0, 0, 0]),
        "SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=5450, si_uid=0, si_status=42, si_utime=0, si_stime=0}",
    );
    signal(
        info(17, 2, &[5450, 0, 9, 0, 32, 0, 100, 0]),
        "SIGCHLD {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=5450, si_uid=0, si_status=SIGKILL, si_utime=32 /* 0.32 s */, si_stime=100 /* 1.00 s */}",
    );
    signal(info(11, 1, &[8, 0, 0, 0]), "SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x8}");
    signal(info(11, 0x80, &[0, 0, 0, 0]), "SIGSEGV {si_signo=SIGSEGV, si_code=SI_KERNEL, si_addr=NULL}");
    signal(info(10, 0, &[1, 0]), "SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=1, si_uid=0}");
    signal(
        info(10, -1, &[1, 0, 7, 0]),
        "SIGUSR1 {si_signo=SIGUSR1, si_code=SI_QUEUE, si_pid=1, si_uid=0, si_int=7, si_ptr=0x7}",
    );
    signal(info(14, 0x80, &[]), "SIGALRM {si_signo=SIGALRM, si_code=SI_KERNEL}");
    signal(info(33, -6, &[1, 0]), "SIGRT_1 {si_signo=SIGRT_1, si_code=SI_TKILL, si_pid=1, si_uid=0}");
    assert_eq!(show(&style(), testing::stopped(19)), "--- stopped by SIGSTOP ---\n");
    assert_eq!(show(&style(), testing::ended(3 << 8)), "+++ exited with 3 +++\n");
    assert_eq!(show(&style(), testing::ended(9)), "+++ killed by SIGKILL +++\n");
    assert_eq!(show(&style(), testing::ended(0x8b)), "+++ killed by SIGSEGV (core dumped) +++\n");
    assert_eq!(show(&style(), testing::executed("superseded", 12)), "+++ superseded by execve in pid 12 +++\n");
    assert_eq!(show(&style(), testing::forked(1, 1)), "");
}

#[test]
fn strings_in_hex() {
    check_style(&Style { hex: Hex::All, ..style() }, write(b"ab"), r#"write(1, "\x61\x62", 2)                 = 2"#);
    check_style(
        &Style { hex: Hex::NonAscii, ..style() },
        write(b"a\x01"),
        r#"write(1, "\x61\x01", 2)                 = 2"#,
    );
}

#[test]
fn what_was_done_to_a_call_stands_behind_its_result() {
    let check = |tampered, ret, expected: &str| {
        let bytes = Record::call("getppid").ret(ret).build();
        let call = Call { tampered, ..decode(&bytes, &Options::new(&style())) };
        let style = Style { column: 0, duration: Some(6), ..style() };
        assert_eq!(show(&style, Item::Call(&call)), format!("getppid() = {expected} <0.000000>\n"));
    };
    let none = Tampered::default();
    check(none, 1, "1");
    check(Tampered { result: true, ..none }, -2, "-1 ENOENT (No such file or directory) (INJECTED)");
    check(Tampered { args: true, ..none }, 1, "1 (INJECTED: args)");
    check(Tampered { delayed: Some(0), ..none }, 1, "1 (DELAYED)");
    check(Tampered { result: true, args: true, delayed: Some(1) }, 7, "7 (INJECTED: args, retval) (DELAYED)");
}

#[test]
fn an_execve_may_go_on_under_another_id() {
    let bytes = Record::call("execve").args(&[0, 0, 0]).build();
    let call = decode(&bytes, &Options::new(&style()));
    assert_eq!(show(&style(), Item::Changed(&call)), "execve(NULL, NULL, NULL <pid changed to 7895 ...>\n");
}

#[test]
fn a_signal_stands_where_it_found_the_task() {
    let check = |nr, ip, expected: &str| {
        let head = Head { kind: kind::SIGNAL, ret: 10, nr, ip, ..Head::default() };
        let line = show(&Style { number: true, ip: true, ..style() }, testing::event_with("signal", head, &[]));
        assert!(line.starts_with(&format!("{expected} --- ")), "{line}");
    };
    check(39, 0x7f12, "[  39] [0000000000007f12]");
    check(super::event::NO_CALL, 0x7f12, "[????] [0000000000007f12]");
    // A source that does not tell.
    check(0, 0, "[????] [????????????????]");
}
