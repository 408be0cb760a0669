//! Calls of 32-bit programs: what is copied of them, with the ABI's widths, is shown as the native calls' is.

use tracer_common::event::flag;
use tracer_common::plan::{phase, shape};

use super::tests::check_bytes;
use super::*;
use crate::capture::widen::widen;
use crate::decode::testing::{Record, style};

fn check(record: Record, expected: &str) {
    let mut bytes = record.flags(flag::COMPAT).build();
    widen(&mut bytes);
    check_bytes(&Style { column: 0, ..style() }, &bytes, expected);
}

/// Words of 4 bytes.
fn words(list: &[u32]) -> Vec<u8> {
    list.iter().flat_map(|word| word.to_le_bytes()).collect()
}

const P: u64 = 0x0804_8000;

#[test]
fn structures_have_the_layout_of_the_abi() {
    check(
        Record::nr(265).args(&[1, P]).exit(1, &words(&[5, 6])),
        "clock_gettime(CLOCK_MONOTONIC, {tv_sec=5, tv_nsec=6}) = 0",
    );
    let wide: Vec<u8> = [5u64, 6].iter().flat_map(|word| word.to_le_bytes()).collect();
    check(Record::nr(403).args(&[1, P]).exit(1, &wide), "clock_gettime64(CLOCK_MONOTONIC, {tv_sec=5, tv_nsec=6}) = 0");
    check(
        Record::nr(191).args(&[3, P]).exit(1, &words(&[8 << 20, u32::MAX])),
        "ugetrlimit(RLIMIT_STACK, {rlim_cur=8192*1024, rlim_max=RLIM_INFINITY}) = 0",
    );
    let mut stat = vec![0; 96];
    stat[16..20].copy_from_slice(&0o100_644u32.to_le_bytes());
    stat[44..52].copy_from_slice(&0x1_0000_0000u64.to_le_bytes());
    check(
        Record::nr(197).args(&[3, P]).exit(1, &stat),
        "fstat64(3, {st_mode=S_IFREG|0644, st_size=4294967296, ...}) = 0",
    );
    let lock = [1, 10, 0, 0, 1, 0].map(u32::to_le_bytes).concat();
    check(
        Record::nr(221).args(&[3, 13, P]).enter(2, &lock),
        "fcntl64(3, F_SETLK64, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=10, l_len=4294967296}) = 0",
    );
    let action = words(&[0x0804_9000, 0x1000_0000, 0, 0x400, 0]);
    check(
        Record::nr(174).args(&[10, P, 0, 8]).enter(1, &action),
        "rt_sigaction(SIGUSR1, {sa_handler=0x8049000, sa_mask=[SEGV], sa_flags=SA_RESTART}, NULL, 8) = 0",
    );
    let child = words(&[17, 0, 1, 77, 5, 3, 0, 0]).into_iter().chain([0; 96]).collect::<Vec<u8>>();
    check(
        Record::nr(284).args(&[1, 77, P, 4, 0]).exit(2, &child),
        "waitid(P_PID, 77, {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=77, si_uid=5, si_status=3, si_utime=0, si_stime=0}, WEXITED, NULL) = 0",
    );
}

#[test]
fn vectors_and_messages_have_words_of_4_bytes() {
    let vector = words(&[0x100, 2, 0x200, 1]);
    let part = |record: Record, shape, part, bytes: &[u8]| record.part(1, shape, phase::ENTER, part, bytes);
    let written = part(Record::nr(146).args(&[1, P, 2]).ret(3), shape::IOVEC, 0, &vector);
    let written = part(part(written, shape::IOVEC, 1, b"ab"), shape::IOVEC, 2, b"c");
    check(written, r#"writev(1, [{iov_base="ab", iov_len=2}, {iov_base="c", iov_len=1}], 2) = 3"#);

    let header = words(&[0, 0, 0x300, 1, 0x400, 16, 0]);
    let rights = words(&[16, 1, 1, 5]);
    let sent = part(Record::nr(370).args(&[3, P, 0]).ret(2), shape::MSGHDR, 0, &header);
    let sent = part(part(sent, shape::MSGHDR, 2, &rights), shape::MSGHDR, 3, &words(&[0x100, 2]));
    check(
        part(sent, shape::MSGHDR, 4, b"hi"),
        concat!(
            r#"sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="hi", iov_len=2}], msg_iovlen=1, "#,
            "msg_control=[{cmsg_len=16, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[5]}], msg_controllen=16, msg_flags=0}, 0) = 2"
        ),
    );

    let run = part(Record::nr(11).args(&[0x10, P, 0]), shape::ARGV, 0, &words(&[0x20, 0]));
    let run = part(run.text(0, b"/bin/true"), shape::ARGV, 1, b"true");
    check(run, r#"execve("/bin/true", ["true"], NULL) = 0"#);
}

#[test]
fn what_takes_two_registers_is_one_argument() {
    check(Record::nr(181).args(&[3, P, 2, 16, 1]).ret(2).enter(1, b"ab"), r#"pwrite64(3, "ab", 2, 4294967312) = 2"#);
    check(
        Record::nr(140).args(&[3, 1, 2, P, 0]).exit(3, &[2, 0, 0, 0, 1, 0, 0, 0]),
        "_llseek(3, 4294967298, [4294967298], SEEK_SET) = 0",
    );
    check(Record::nr(19).args(&[3, 0xffff_ffff, 0]).ret(-22), "lseek(3, -1, SEEK_SET) = -1 EINVAL (Invalid argument)");
    check(
        Record::nr(339).args(&[3, 1, 0x20, 0, 0xffff_ff9c, P]).text(5, b"/x"),
        r#"fanotify_mark(3, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "/x") = 0"#,
    );
    check(
        Record::nr(192).args(&[0, 4096, 1, 2, 3, 1]).ret(0x7700_0000),
        "mmap2(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0x1000) = 0x77000000",
    );
}

#[test]
fn what_has_no_layout_is_an_address() {
    check(Record::nr(18).args(&[P, P]).text(0, b"/x"), r#"oldstat("/x", 0x8048000) = 0"#);
    check(Record::nr(102).args(&[3, P]), "socketcall(SYS_CONNECT, 0x8048000) = 0");
}

#[test]
fn calls_asked_for_raw_are_named_by_their_native_namesake() {
    let mut raw = vec![false; 2];
    raw[1] = true;
    let style = Style { raw, column: 0, ..style() };
    // write is 4 here, and 1 is exit.
    let record = |nr: u32| Record::nr(nr).flags(flag::COMPAT).args(&[1, P, 3]).ret(3).build();
    check_bytes(&style, &record(4), "write(0x1, 0x8048000, 0x3) = 0x3");
    check_bytes(&style, &record(3), "read(1, 0x8048000, 3) = 3");
}
