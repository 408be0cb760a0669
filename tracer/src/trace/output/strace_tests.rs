//! Lines as strace 7.2 prints them, from records.
#![expect(non_upper_case_globals, reason = "argument names stand for their values in the table")]

use tracer_common::event::{Blob, status};
use tracer_common::plan::{MMSG_PARTS, phase, shape};

use super::*;
use crate::decode::testing::{Record, decode_row, style};
use crate::decode::{Options, decode};
use crate::schema::types::Len::*;
use crate::schema::types::Ty::*;
use crate::schema::types::{Row, Special, class};
use crate::spec::{NameStyle, Verbose};
use crate::trace::output::{Item, Line, Render, Stack};
use crate::{records, sets, syscalls};

pub(super) const P: u64 = 0x7ffc_1000;

pub(super) fn show(style: &Style, item: Item<'_>) -> String {
    let mut out = Vec::new();
    let line =
        Line { wall: 0, tid: 7895, tgid: 7895, comm: b"sh", stack: Stack::default(), below: &[], many: false, item };
    StraceText::new(style, PidFormat::Stderr, false).line(&line, &mut out);
    String::from_utf8(out).expect("lines are ASCII")
}

pub(super) fn check_style(style: &Style, record: Record, expected: &str) {
    check_bytes(style, &record.build(), expected);
}

pub(super) fn check_bytes(style: &Style, bytes: &[u8], expected: &str) {
    let call = decode(bytes, &Options::new(style));
    assert_eq!(show(style, Item::Call(&call)).trim_end_matches('\n'), expected);
}

fn check(record: Record, expected: &str) {
    check_style(&style(), record, expected);
}

/// Without the blanks in front of `=`.
pub(super) fn check_row(style: &Style, row: &'static Row, record: Record, expected: &str) {
    let bytes = record.build();
    let call = decode_row(&bytes, row, &Options::new(style));
    let line = show(&Style { column: 0, ..style.clone() }, Item::Call(&call));
    assert_eq!(line.trim_end_matches('\n'), expected);
}

pub(super) fn write(text: &[u8]) -> Record {
    Record::call("write").args(&[1, P, text.len() as u64]).enter(1, text).ret(text.len() as i64)
}

fn cut(record: Record, arg: u8, shape: u8, want: u32, bytes: &[u8]) -> Record {
    record.blob(Blob { arg, shape, want, status: status::CUT, ..Blob::default() }, bytes)
}

#[test]
fn the_equals_sign_stands_in_its_column() {
    check(Record::call("getppid").ret(13795), "getppid()                               = 13795");
    check(write(b"hello\n"), r#"write(1, "hello\n", 6)                  = 6"#);
    let long = Record::call("openat").args(&[-100i64 as u64, P, 0o2000000]).text(1, b"/etc/ld.so.cache").ret(3);
    check(long, r#"openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3"#);
    check_style(&Style { column: 0, ..style() }, Record::call("getppid").ret(1), "getppid() = 1");
}

#[test]
fn data_is_cut_where_it_was_asked_to() {
    let forty = b"abcdefghijabcdefghijabcdefghijabcdefghij";
    let record = Record::call("write").args(&[1, P, 40]).ret(40);
    check(
        cut(record.clone(), 1, shape::BYTES, 40, &forty[..32]),
        r#"write(1, "abcdefghijabcdefghijabcdefghijab"..., 40) = 40"#,
    );
    check(record.enter(1, forty), r#"write(1, "abcdefghijabcdefghijabcdefghijab"..., 40) = 40"#);
    let read = Record::call("read").args(&[3, P, 100]);
    check(read.clone().ret(0), r#"read(3, "", 100)                        = 0"#);
    check(read.clone().ret(3).exit(1, b"abc"), r#"read(3, "abc", 100)                     = 3"#);
    check(read.clone().ret(-9), "read(3, 0x7ffc1000, 100)                = -1 EBADF (Bad file descriptor)");
    check(
        read.clone().ret(-512),
        "read(3, 0x7ffc1000, 100)                = ? ERESTARTSYS (To be restarted if SA_RESTART is set)",
    );
    check(Record::call("read").ret(-14), "read(0, NULL, 0)                        = -1 EFAULT (Bad address)");
    let fault = Blob { arg: 1, shape: shape::BYTES, status: status::FAULT, want: 5, ..Blob::default() };
    check(
        Record::call("write").args(&[1, 8, 5]).ret(-14).blob(fault, b"ab"),
        "write(1, 0x8, 5)                        = -1 EFAULT (Bad address)",
    );
}

#[test]
fn paths_are_not_cut_and_arguments_may_be_absent() {
    let open = |flags, mode| Record::call("openat").args(&[-100i64 as u64, P, flags, mode]).ret(-2);
    let long = "x".repeat(60);
    check(
        open(0, 0o644).text(1, long.as_bytes()),
        &format!("openat(AT_FDCWD, \"{long}\", O_RDONLY) = -1 ENOENT (No such file or directory)"),
    );
    check(
        open(0o102, 0o100).text(1, b"x"),
        r#"openat(AT_FDCWD, "x", O_RDWR|O_CREAT, 0100) = -1 ENOENT (No such file or directory)"#,
    );
    check(
        open(0o102, 8).text(1, b"x"),
        r#"openat(AT_FDCWD, "x", O_RDWR|O_CREAT, 010) = -1 ENOENT (No such file or directory)"#,
    );
    check(
        open(0x8000_0002, 0).text(1, b"x"),
        r#"openat(AT_FDCWD, "x", O_RDWR|0x80000000) = -1 ENOENT (No such file or directory)"#,
    );
    check(
        cut(open(0, 0), 1, shape::TEXT, 0, b"/long"),
        r#"openat(AT_FDCWD, "/long"..., O_RDONLY)  = -1 ENOENT (No such file or directory)"#,
    );
    check(open(0, 0), "openat(AT_FDCWD, 0x7ffc1000, O_RDONLY)  = -1 ENOENT (No such file or directory)");
}

#[test]
fn numbers_without_a_row_and_calls_asked_for_raw_are_raw() {
    check(
        Record::nr(0x1fb).args(&[1, 2, 0, u64::MAX, 5, 6]).ret(-38),
        "syscall_0x1fb(0x1, 0x2, 0, 0xffffffffffffffff, 0x5, 0x6) = -1 ENOSYS (Function not implemented)",
    );
    let mut raw = vec![false; 2];
    raw[1] = true;
    check_style(&Style { raw, ..style() }, write(b"abc"), "write(0x1, 0x7ffc1000, 0x3)             = 0x3");
}

#[test]
fn interrupted_calls_are_printed_in_two_parts() {
    let parts = |record: Record| {
        let done = record.clone().build();
        let running = record.pending().build();
        let options = Options::new(&style());
        let (running, done) = (decode(&running, &options), decode(&done, &options));
        [
            show(&style(), Item::Unfinished(&running)),
            show(&style(), Item::Resumed(&done)),
            show(&style(), Item::Detached(&running)),
        ]
    };
    assert_eq!(
        parts(Record::call("read").args(&[3, P, 100]).ret(3).exit(1, b"abc")),
        ["read(3,  <unfinished ...>\n", "<... read resumed>\"abc\", 100)           = 3\n", "read(3,  <detached ...>\n",]
    );
    assert_eq!(
        parts(write(b"abcdef")),
        [
            "write(1, \"abcdef\", 6 <unfinished ...>\n",
            "<... write resumed>)                    = 6\n",
            "write(1, \"abcdef\", 6 <detached ...>\n",
        ]
    );
    let killed = Record::call("read").args(&[3, P, 5]).never().build();
    let killed = decode(&killed, &Options::new(&style()));
    assert_eq!(show(&style(), Item::Resumed(&killed)), "<... read resumed> <unfinished ...>)    = ?\n");
    assert_eq!(show(&style(), Item::Call(&killed)), "read(3,  <unfinished ...>)              = ?\n");
}

syscalls! { ROWS:
    exit_group  [231 252 94] (error_code: Int) -> Int, class::PROC;
    clone       [56 120 220] (flags: Hex, stack: Addr, ptid: When(flags, 0x100000, &Late(&Addr)), ctid: Late(&Addr)) -> Pid, class::PROC,
        order &[1, 0, 2, 3];
    wait4       [61 114 260] (upid: Int, stat_addr: Positive(&Special(Special::WaitStatus)), options: Int) -> Pid, class::PROC;
    execve      [59 11 221]  (filename: Path, argv: Argv, envp: Envp) -> Int, class::PROC;
    accept      [43 _ 202]   (fd: Fd, addr: Out(&Sockaddr(at(len))), len: InOut(&Ptr(&Int))) -> Fd, class::NET;
    connect     [42 _ 203]   (fd: Fd, addr: Sockaddr(len), len: Int) -> Int, class::NET;
    sendmsg     [46 _ 211]   (fd: Fd, msg: Msghdr, flags: Hex32) -> Long, class::NET;
    recvmsg     [47 _ 212]   (fd: Fd, msg: InOut(&Msghdr), flags: Hex32) -> Long, class::NET;
    sendmmsg    [307 _ 269]  (fd: Fd, msgs: Mmsghdr(n), n: Uint) -> Int, class::NET;
    readv       [19 _ 65]    (fd: Fd, iov: Out(&Iovec(n)), n: Int) -> Long, class::DESC;
    writev      [20 _ 66]    (fd: Fd, iov: Iovec(n), n: Int) -> Long, class::DESC;
    pipe2       [293 _ 59]   (fds: Out(&Array(&Fd, Fixed(2))), flags: Hex32) -> Int, class::DESC;
    nanosleep   [35 _ 101]   (req: Rec(&SPEC), rem: Interrupted(&Rec(&SPEC))) -> Int, 0;
    sigprocmask [14 _ 135]   (how: Set(&HOW), set: SigSet(n), n: Ulong) -> Int, 0;
    fstat       [5 _ 80]     (fd: Fd, buf: Out(&Special(Special::Stat))) -> Int, 0;
    openat2     [437 _ 437]  (how: Sized(&OPEN_HOW, n), n: Ulong) -> Fd, 0;
    getfd       [72 _ 25]    (fd: Fd) -> Noted("flags ", &FDFL), 0;
    personality [135 _ 92]   (persona: Hex) -> Note(&Hex, &Set(&HOW)), 0;
    kill        [62 _ 129]   (pid: Pid, sig: Signal) -> Int, 0;
    chmod       [90 _ _]     (mode: Mode, dev: Dev, mask: Octal, uid: Id, type_: Set32(&TYPE), which: Set(&HOW)) -> Octal, 0;
    list        [91 _ _]     (list: Array(&Int, n), n: Ulong) -> Int, 0;
}

use crate::schema::types::at;

records! {
    /// struct timespec
    SPEC 16 { tv_sec: 0 8 Long, tv_nsec: 8 8 Ulong }
    /// struct open_how
    OPEN_HOW 24 { flags: 0 8 Hex, mode: 8 8 Perm; verbose: resolve: 16 8 Hex }
}

sets! {
    /// An enumeration.
    HOW "SIG_"
    choice all: SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_ANY = -1i64 as u64;
    /// Flags only.
    FDFL "FD_"
    bits: FD_CLOEXEC = 1;
    /// A choice without a name for 0, and a flag that contains another.
    TYPE "T_"
    choice 0xf: T_ONE = 1;
    bits: T_BOTH = 0x30, T_LOW = 0x10;
}

pub(super) fn row(name: &str) -> &'static Row {
    ROWS.iter().find(|r| r.name == name).expect("a row of this test")
}

fn plain(name: &str, record: Record, expected: &str) {
    check_row(&style(), row(name), record, expected);
}

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

#[test]
fn calls_that_end_a_task_have_whole_lines() {
    plain("exit_group", Record::nr(231).args(&[3]).never(), "exit_group(3) = ?");
    plain("kill", Record::nr(62).args(&[5, 9]).never(), "kill(5, SIGKILL) = ?");
    for (number, name) in [(0, "0"), (32, "SIGRTMIN"), (33, "SIGRT_1"), (64, "SIGRT_32"), (65, "65"), (u64::MAX, "-1")]
    {
        plain("kill", Record::nr(62).args(&[5, number]).ret(0), &format!("kill(5, {name}) = 0"));
    }
}

#[test]
fn clone_shows_its_names_in_its_own_order() {
    let record = Record::nr(56).args(&[0x11, 0, 0, P]).ret(8);
    plain("clone", record.clone(), "clone(stack=NULL, flags=0x11, ctid=0x7ffc1000) = 8");
    let bytes = record.build();
    let call = decode_row(&bytes, row("clone"), &Options::new(&style()));
    assert_eq!(show(&style(), Item::Unfinished(&call)), "clone(stack=NULL, flags=0x11 <unfinished ...>\n");
    assert_eq!(show(&style(), Item::Resumed(&call)), "<... clone resumed>, ctid=0x7ffc1000)   = 8\n");
}

#[test]
fn statuses_are_read_when_there_are_any() {
    let wait = Record::nr(61).args(&[u64::MAX, P, 0]);
    plain(
        "wait4",
        wait.clone().ret(8).exit(1, &(42u32 << 8).to_le_bytes()),
        "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 42}], 0) = 8",
    );
    plain("wait4", wait.clone().ret(0).exit(1, &[0; 4]), "wait4(-1, 0x7ffc1000, 0) = 0");
    plain("wait4", wait.ret(-10), "wait4(-1, 0x7ffc1000, 0) = -1 ECHILD (No child processes)");
    let sleep = Record::nr(35).args(&[P, P + 16]).enter(0, &words(&[100, 5]));
    plain(
        "nanosleep",
        sleep.clone().ret(-516).part(1, shape::BYTES, phase::EXIT, 0, &words(&[99, 1])),
        "nanosleep({tv_sec=100, tv_nsec=5}, {tv_sec=99, tv_nsec=1}) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)",
    );
    plain("nanosleep", sleep.ret(0), "nanosleep({tv_sec=100, tv_nsec=5}, 0x7ffc1010) = 0");
}

#[test]
fn argument_lists_end_as_they_were_read() {
    let exec = || Record::nr(59).args(&[P, P, P]).text(0, b"/bin/ls").ret(0);
    let argv = |r: Record, pointers: &[u64], status, want| {
        let blob = Blob { arg: 1, shape: shape::ARGV, status, want, ..Blob::default() };
        r.blob(blob, &words(pointers))
    };
    let count = |r: Record, n| r.blob(Blob { arg: 2, shape: shape::COUNT, want: n, ..Blob::default() }, b"");
    let arg = |r: Record, i, bytes: &[u8]| r.part(1, shape::ARGV, phase::ENTER, i, bytes);
    let whole = arg(arg(argv(exec(), &[1, 2], status::WHOLE, 2), 1, b"ls"), 2, b"");
    plain("execve", count(whole.clone(), 35), r#"execve("/bin/ls", ["ls", ""], 0x7ffc1000 /* 35 vars */) = 0"#);
    plain("execve", count(whole, 1), r#"execve("/bin/ls", ["ls", ""], 0x7ffc1000 /* 1 var */) = 0"#);
    let broken = arg(argv(exec(), &[1], status::FAULT, 1), 1, b"a");
    plain("execve", broken, r#"execve("/bin/ls", ["a", ... /* 0x7ffc1008 */], 0x7ffc1000) = 0"#);
    plain(
        "execve",
        arg(argv(exec(), &[1, 8], status::WHOLE, 2), 1, b"a"),
        r#"execve("/bin/ls", ["a", 0x8], 0x7ffc1000) = 0"#,
    );
    plain(
        "execve",
        arg(argv(exec(), &[1], status::CUT, 70), 1, b"a"),
        r#"execve("/bin/ls", ["a", ...], 0x7ffc1000) = 0"#,
    );
    plain("execve", argv(exec(), &[], status::WHOLE, 0), r#"execve("/bin/ls", [], 0x7ffc1000) = 0"#);
    plain("execve", argv(exec(), &[], status::FAULT, 0), r#"execve("/bin/ls", 0x7ffc1000, 0x7ffc1000) = 0"#);
}

#[test]
fn socket_addresses_have_their_family_s_form() {
    let connect = |bytes: &[u8], expected: &str| {
        let record = Record::nr(42).args(&[u64::MAX, P, bytes.len() as u64]).enter(1, bytes).ret(0);
        plain("connect", record, &format!("connect(-1, {expected}, {}) = 0", bytes.len()));
    };
    connect(b"\x01", "0x7ffc1000");
    connect(b"\x01\0", "{sa_family=AF_UNIX}");
    connect(b"\x01\0a", r#"{sa_family=AF_UNIX, sun_path="a"}"#);
    connect(b"\x01\0abc\0zz", r#"{sa_family=AF_UNIX, sun_path="abc"}"#);
    connect(b"\x01\0\0bc\0", r#"{sa_family=AF_UNIX, sun_path=@"bc\0"}"#);
    connect(b"\x01\0\0", r#"{sa_family=AF_UNIX, sun_path=@""}"#);
    let mut inet = *b"\x02\0\0P\x7f\0\0\x01\0\0\0\0\0\0\0\0";
    connect(&inet, r#"{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}"#);
    connect(&inet[..15], r#"{sa_family=AF_INET, sa_data="\0P\177\0\0\1\0\0\0\0\0\0\0"}"#);
    inet[0] = 99;
    connect(&inet[..4], r#"{sa_family=0x63 /* AF_??? */, sa_data="\0P"}"#);
    let mut inet6 = [0; 28];
    inet6[..8].copy_from_slice(b"\x0a\0\0\x01\0\0\0\x07");
    inet6[23] = 1;
    let six =
        r#"{sa_family=AF_INET6, sin6_port=htons(1), sin6_flowinfo=htonl(7), inet_pton(AF_INET6, "::1", &sin6_addr)"#;
    connect(&inet6, &format!("{six}, sin6_scope_id=0}}"));
    connect(&inet6[..24], &format!("{six}}}"));
    connect(b"\x10\0\0\0\x05\0\0\0\0\0\0\0", "{sa_family=AF_NETLINK, nl_pid=5, nl_groups=00000000}");
    connect(b"\x10\0\x01\0\0\0\0\0\x55\0\0\0", "{sa_family=AF_NETLINK, nl_pad=0x1, nl_pid=0, nl_groups=0x000055}");
    let accept = Record::nr(43).args(&[3, P, P]).enter(2, &110u32.to_le_bytes());
    plain(
        "accept",
        accept.clone().ret(4).exit(1, b"\x01\0").exit(2, &2u32.to_le_bytes()),
        "accept(3, {sa_family=AF_UNIX}, [110 => 2]) = 4",
    );
    plain(
        "accept",
        accept.clone().ret(4).exit(1, b"\x01\0").exit(2, &110u32.to_le_bytes()),
        "accept(3, {sa_family=AF_UNIX}, [110]) = 4",
    );
    let small = Record::nr(43).args(&[3, P, P]).enter(2, &2u32.to_le_bytes()).ret(4);
    plain(
        "accept",
        small.exit(1, b"\x01\0SS").exit(2, &4u32.to_le_bytes()),
        "accept(3, {sa_family=AF_UNIX}, [2 => 4]) = 4",
    );
    plain("accept", accept.ret(-11), "accept(3, 0x7ffc1000, [110]) = -1 EAGAIN (Resource temporarily unavailable)");
}

#[test]
fn vectors_show_what_was_transferred() {
    let iovs = words(&[P, 3, P + 3, 20]);
    let read = Record::nr(19).args(&[3, P, 2]);
    let part = |r: Record, phase, i, bytes: &[u8]| r.part(1, shape::IOVEC, phase, i, bytes);
    let ok = part(
        part(part(read.clone().ret(6), phase::EXIT_OK, 0, &iovs), phase::EXIT_OK, 1, b"abc"),
        phase::EXIT_OK,
        2,
        b"def",
    );
    plain("readv", ok, r#"readv(3, [{iov_base="abc", iov_len=3}, {iov_base="def", iov_len=20}], 2) = 6"#);
    let short = part(part(read.clone().ret(2), phase::EXIT_OK, 0, &iovs), phase::EXIT_OK, 1, b"ab");
    plain("readv", short, r#"readv(3, [{iov_base="ab", iov_len=3}, {iov_base="", iov_len=20}], 2) = 2"#);
    plain(
        "readv",
        read.clone().ret(-9).enter(1, &iovs),
        "readv(3, [{iov_base=0x7ffc1000, iov_len=3}, {iov_base=0x7ffc1003, iov_len=20}], 2) = -1 EBADF (Bad file descriptor)",
    );
    let write = part(
        part(Record::nr(20).args(&[1, P, 2]).ret(3), phase::ENTER, 0, &words(&[P, 3, 0, 0])),
        phase::ENTER,
        1,
        b"abc",
    );
    plain("writev", write, r#"writev(1, [{iov_base="abc", iov_len=3}, {iov_base=NULL, iov_len=0}], 2) = 3"#);
    plain("writev", Record::nr(20).args(&[1, P, 0]).ret(0), "writev(1, [], 0) = 0");
    plain("writev", Record::nr(20).args(&[1, 0, 3]).ret(-14), "writev(1, NULL, 3) = -1 EFAULT (Bad address)");
}

#[test]
fn messages_show_names_vectors_and_control_data() {
    let hdr = |name, namelen, iov, n, control, len, flags| words(&[name, namelen, iov, n, control, len, flags]);
    let send = Record::nr(46).args(&[3, P, 0]).ret(3);
    let part = |r: Record, i, bytes: &[u8]| r.part(1, shape::MSGHDR, phase::ENTER, i, bytes);
    let base = part(part(send.clone(), 3, &words(&[P, 3])), 4, b"abc");
    plain(
        "sendmsg",
        part(base.clone(), 0, &hdr(0, 0, P, 1, 0, 0, 0)),
        r#"sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="abc", iov_len=3}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, 0) = 3"#,
    );
    let mut control = words(&[24, 1 | 1 << 32]);
    control.extend_from_slice(&[1, 0, 0, 0, 255, 255, 255, 255]);
    control.extend_from_slice(&words(&[28, 1 | 2 << 32]));
    control.extend_from_slice(&[8, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0]);
    plain(
        "sendmsg",
        part(part(base.clone(), 0, &hdr(0, 0, P, 1, P, 56, 0x4000)), 2, &control),
        "sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"abc\", iov_len=3}], msg_iovlen=1, \
           msg_control=[{cmsg_len=24, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[1, -1]}, \
           {cmsg_len=28, cmsg_level=SOL_SOCKET, cmsg_type=SCM_CREDENTIALS, cmsg_data={pid=8, uid=0, gid=-1}}], \
           msg_controllen=56, msg_flags=MSG_NOSIGNAL}, 0) = 3",
    );
    let odd = words(&[5, 8 << 32]);
    let odd = [odd, vec![0; 24]].concat();
    plain(
        "sendmsg",
        part(part(base.clone(), 0, &hdr(0, 0, P, 0, P, 40, 0)), 2, &odd),
        "sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[], msg_iovlen=0, msg_control=[{cmsg_len=5, cmsg_level=SOL_IP, \
           cmsg_type=IP_PKTINFO}, ... /* 0x7ffc1010 */], msg_controllen=40, msg_flags=0}, 0) = 3",
    );
    plain(
        "sendmsg",
        part(base, 0, &hdr(0, 0, 8, 3, P, 8, 0)).args(&[3, P, 0]),
        r#"sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="abc", iov_len=3}, ...], msg_iovlen=3, msg_control=0x7ffc1000, msg_controllen=8, msg_flags=0}, 0) = 3"#,
    );

    let receive = Record::nr(47).args(&[3, P, 0]).enter(1, &hdr(P, 50, P, 1, 0, 0, 0));
    let end = |r: Record, i, bytes: &[u8]| r.part(1, shape::MSGHDR, phase::EXIT_OK, i, bytes);
    let got = end(end(end(receive.clone().ret(3), 0, &hdr(P, 0, P, 1, 0, 0, 0)), 3, &words(&[P, 100])), 4, b"abc");
    plain(
        "recvmsg",
        got,
        r#"recvmsg(3, {msg_name=0x7ffc1000, msg_namelen=50 => 0, msg_iov=[{iov_base="abc", iov_len=100}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, 0) = 3"#,
    );
    plain(
        "recvmsg",
        receive.ret(-11),
        "recvmsg(3, {msg_namelen=50}, 0) = -1 EAGAIN (Resource temporarily unavailable)",
    );

    let many = [hdr(0, 0, P, 1, 0, 0, 0), words(&[3])].concat();
    let many = [many.clone(), many].concat();
    let mut record = Record::nr(307).args(&[3, P, 2]).ret(2).part(1, shape::MMSG, phase::ENTER, 0, &many);
    for i in 0..2 {
        let base = MMSG_PARTS * i + 1;
        record = record.part(1, shape::MMSG, phase::ENTER, base + 3, &words(&[P, 3])).part(
            1,
            shape::MMSG,
            phase::ENTER,
            base + 4,
            b"abc",
        );
    }
    let one = r#"{msg_hdr={msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="abc", iov_len=3}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, msg_len=3}"#;
    plain("sendmmsg", record, &format!("sendmmsg(3, [{one}, {one}], 2) = 2"));
}

#[test]
fn records_and_arrays_say_where_they_end() {
    let how = words(&[0, 0o644, 1]);
    let open = |n: usize| Record::nr(437).args(&[P, n as u64]).enter(0, &how[..n.min(24)]).ret(3);
    plain("openat2", open(24), "openat2({flags=0, mode=0644, ...}, 24) = 3");
    check_row(
        &Style { verbose: Verbose::All, ..style() },
        row("openat2"),
        open(24),
        "openat2({flags=0, mode=0644, resolve=0x1}, 24) = 3",
    );
    check_row(&Style { verbose: Verbose::All, ..style() }, row("openat2"), open(8), "openat2({flags=0}, 8) = 3");
    let list = |n: u64| Record::nr(91).args(&[P, n]).ret(0);
    let ints: Vec<u8> = (0..3u32).flat_map(u32::to_le_bytes).collect();
    plain("list", list(3).enter(0, &ints), "list([0, 1, 2], 3) = 0");
    plain("list", list(0), "list([], 0) = 0");
    plain("list", list(3), "list(0x7ffc1000, 3) = 0");
    let fault = Blob { arg: 0, shape: shape::BYTES, status: status::FAULT, want: 16, ..Blob::default() };
    plain("list", list(4).blob(fault, &ints), "list([0, 1, 2, ... /* 0x7ffc100c */], 4) = 0");
    plain("list", cut(list(4), 0, shape::BYTES, 16, &ints), "list([0, 1, 2, ...], 4) = 0");
    check_row(&Style { strlen: 2, ..style() }, row("list"), list(3).enter(0, &ints), "list([0, 1, ...], 3) = 0");
    let fds: Vec<u8> = [3u32, 4].into_iter().flat_map(u32::to_le_bytes).collect();
    plain("pipe2", Record::nr(293).args(&[P, 0]).ret(0).exit(0, &fds), "pipe2([3, 4], 0) = 0");
}

#[test]
fn constants_are_named_as_far_as_they_are_known() {
    let show = |ty: u64, how: u64, names, expected: &str| {
        let record = Record::nr(90).args(&[0o100644, 0x0105, 0o22, 0xffff_ffff, ty, how]).ret(0o22);
        let head = match names {
            NameStyle::Abbrev => "chmod(S_IFREG|0644, makedev(0x1, 0x5), 022, -1, ",
            NameStyle::Raw => "chmod(0100644, 0x105, 022, -1, ",
            NameStyle::Verbose => "chmod(0100644 /* S_IFREG|0644 */, 0x105 /* makedev(0x1, 0x5) */, 022, -1, ",
        };
        check_row(&Style { names, ..style() }, row("chmod"), record, &format!("{head}{expected}) = 022"));
    };
    show(0, 0, NameStyle::Abbrev, "0, SIG_BLOCK");
    show(0xffff_ffff_0000_0031, 5, NameStyle::Abbrev, "T_ONE|T_BOTH, 0x5 /* SIG_??? */");
    show(0x110, u64::MAX, NameStyle::Abbrev, "T_LOW|0x100, SIG_ANY");
    show(0x102, 1, NameStyle::Abbrev, "0x102 /* T_??? */, SIG_UNBLOCK");
    show(0x31, 1, NameStyle::Raw, "0x31, 0x1");
    show(0x31, 0xbad, NameStyle::Verbose, "0x31 /* T_ONE|T_BOTH */, 0xbad /* SIG_??? */");
    show(0, u64::MAX, NameStyle::Verbose, "0, -1 /* SIG_ANY */");
    plain("getfd", Record::nr(72).args(&[3]).ret(1), "getfd(3) = 0x1 (flags FD_CLOEXEC)");
    plain("getfd", Record::nr(72).args(&[3]).ret(0), "getfd(3) = 0");
    plain("personality", Record::nr(135).args(&[0xffff_ffff]).ret(0), "personality(0xffffffff) = 0 (SIG_BLOCK)");
}

#[test]
fn signal_sets_are_inverted_when_most_are_in() {
    let mask = |set: u64, expected: &str| {
        let record = Record::nr(14).args(&[0, P, 8]).enter(1, &words(&[set])).ret(0);
        plain("sigprocmask", record, &format!("sigprocmask(SIG_BLOCK, {expected}, 8) = 0"));
    };
    mask(0, "[]");
    mask(u64::MAX, "~[]");
    mask(1 | 1 << 1, "[HUP INT]");
    mask(!(1 << 31 | 1 << 32), "~[RTMIN RT_1]");
    mask(1 << 33 | 1 << 63, "[RT_2 RT_32]");
}

#[test]
fn stat_is_short_unless_asked_for() {
    let mut stat = vec![0u8; if cfg!(target_arch = "x86_64") { 144 } else { 128 }];
    let mode_at = if cfg!(target_arch = "x86_64") { 24 } else { 16 };
    stat[mode_at..mode_at + 4].copy_from_slice(&0o100644u32.to_le_bytes());
    stat[48..56].copy_from_slice(&8u64.to_le_bytes());
    let record = |stat: &[u8]| Record::nr(5).args(&[3, P]).ret(0).exit(1, stat);
    plain("fstat", record(&stat), "fstat(3, {st_mode=S_IFREG|0644, st_size=8, ...}) = 0");
    plain("fstat", record(&stat[..99]), "fstat(3, 0x7ffc1000) = 0");
    plain("fstat", Record::nr(5).args(&[3, P]).ret(-9), "fstat(3, 0x7ffc1000) = -1 EBADF (Bad file descriptor)");
}
