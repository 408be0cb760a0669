//! Records of calls, and what is counted of them.

use tracer_common::event::{File, path as form};
use tracer_common::plan::{ARG_RET, phase};

use super::*;
use crate::decode::testing::{Record, style};
use crate::decode::{Options, decode};

/// What is made of some records.
fn seen(records: impl IntoIterator<Item = Record>) -> Activity {
    let mut activity = Activity::default();
    for record in records {
        activity.call(&decode(&record.build(), &Options::new(&style())));
    }
    activity
}

fn named() -> File {
    File { path: form::TEXT, mode: libc::S_IFREG, ..File::default() }
}

#[test]
fn files_are_those_that_the_kernel_says() {
    let open = || Record::call("openat").args(&[libc::AT_FDCWD as u64, 1, 0, 0]).text(1, b"link");
    let activity = seen([
        open().ret(3).fd(ARG_RET, phase::EXIT_OK, named(), None, b"/real/file"),
        Record::call("read").args(&[3, 1, 9]).ret(5).fd(0, phase::ENTER, named(), None, b"/real/file"),
        // Without a word of the kernel: what the open said.
        Record::call("write").args(&[3, 1, 9]).ret(7),
        Record::call("read").args(&[3, 1, 9]).ret(-5),
        open().ret(-2),
        Record::call("close").args(&[3]),
        Record::call("write").args(&[3, 1, 9]).ret(7),
        Record::call("unlink").args(&[1]).text(0, b"/gone"),
        Record::call("unlink").args(&[1]).text(0, b"/kept").ret(-1),
        Record::call("access").args(&[1, 4]).text(0, b"/asked").ret(-2),
    ]);
    let given = BTreeSet::from([b"link".to_vec()]);
    let real = FileUse { opened: 1, reads: 1, read: 5, writes: 1, written: 7, given, ..FileUse::default() };
    assert_eq!(activity.files[b"/real/file".as_slice()], real);
    assert_eq!(activity.files[b"link".as_slice()].refused, BTreeMap::from([(2, 1)]));
    assert!(activity.files[b"/gone".as_slice()].changes.contains("unlink"));
    assert_eq!(activity.files[b"/asked".as_slice()].asked, 1);
    assert_eq!(activity.files.len(), 4);
    assert_eq!(activity.calls["read"], Count { calls: 2, errors: 1, time: 0 });
    assert_eq!(activity.total(), 10);
}

#[test]
fn hosts_are_counted_by_address() {
    let mut v4 = vec![2, 0, 0x30, 0x39, 127, 0, 0, 1];
    v4.resize(16, 0);
    let connect = |ret| Record::call("connect").args(&[3, 1, 16]).ret(ret).enter(1, &v4);
    let sock = Sock {
        family: 2,
        ty: 1,
        protocol: 6,
        dport: 12345,
        daddr: [127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ..Sock::default()
    };
    let socket = File { mode: libc::S_IFSOCK, ..File::default() };
    let with = |record: Record| record.fd(0, phase::ENTER, socket, Some(sock), b"");
    let activity = seen([
        with(connect(-111)),
        with(connect(-i64::from(libc::EINPROGRESS))),
        with(Record::call("write").args(&[3, 1, 9]).ret(9)),
        with(Record::call("recvfrom").args(&[3, 1, 9, 0, 0, 0]).ret(4)),
        Record::call("connect").args(&[4, 1, 9]).ret(0).enter(1, b"\x01\x00/run/x\0"),
        Record::call("connect").args(&[4, 1, 9]).ret(0).enter(1, b"\x01\x00\0name"),
    ]);
    let tcp = Host::Inet("tcp", ([127, 0, 0, 1], 12345).into());
    let used = &activity.hosts[&tcp];
    assert_eq!((used.connects, used.sent, used.received), (2, 9, 4));
    assert_eq!(used.failed, BTreeMap::from([(111, 1)]));
    assert!(activity.hosts.contains_key(&Host::Unix(b"/run/x".to_vec())));
    assert!(activity.hosts.contains_key(&Host::Unix(b"@name".to_vec())));
    assert_eq!(activity.hosts.len(), 3);
}

#[test]
fn how_a_connection_ended_may_be_told_later() {
    let mut v4 = vec![2, 0, 0x30, 0x39, 127, 0, 0, 1];
    v4.resize(16, 0);
    let connect = |fd, errno: i32| Record::call("connect").args(&[fd, 1, 16]).ret(-i64::from(errno)).enter(1, &v4);
    let error = |fd, errno: i32| {
        Record::call("getsockopt").args(&[fd, 1, 4, 1, 1]).exit(3, &errno.to_le_bytes()).exit(4, &4i32.to_le_bytes())
    };
    let check = |records: Vec<Record>, expected: (u64, &[(u16, u64)])| {
        let activity = seen(records);
        let used = activity.hosts.values().next().expect("a host");
        assert_eq!((used.connects, &used.failed), (expected.0, &expected.1.iter().copied().collect()));
    };
    check(vec![connect(3, libc::EINPROGRESS), error(3, 111), error(3, 111)], (1, &[(111, 1)]));
    check(vec![connect(3, libc::EINPROGRESS), error(3, 0)], (1, &[]));
    check(vec![connect(3, libc::EINPROGRESS), error(4, 111)], (1, &[]));
    check(vec![connect(3, libc::EINPROGRESS), Record::call("close").args(&[3]), error(3, 111)], (1, &[]));
    check(vec![connect(3, libc::EINPROGRESS), connect(3, 111)], (1, &[(111, 1)]));
    check(vec![connect(3, libc::EINPROGRESS), connect(3, libc::EISCONN), connect(3, 110)], (2, &[(110, 1)]));
}

#[test]
fn beacons_are_regular() {
    let s = 1_000_000_000;
    for (times, expected) in [
        (vec![], None),
        (vec![s, 2 * s], None),
        (vec![s, 6 * s, 11 * s], Some(5 * s)),
        (vec![11 * s, s, 6 * s + s / 2], Some(5 * s)),
        (vec![s, 2 * s, 11 * s], None),
        (vec![1, 2, 3, 4], None),
    ] {
        assert_eq!(period(&times), expected, "{times:?}");
    }
}

#[test]
fn there_is_a_place_until_there_are_too_many() {
    let mut map: BTreeMap<usize, u64> = (0..MOST).map(|i| (i, 0)).collect();
    let mut crowded = 0;
    assert!(place(&mut map, MOST, &mut crowded).is_none() && place(&mut map, 5, &mut crowded).is_some());
    assert_eq!(crowded, 1);
}

#[test]
fn any_record_is_taken() {
    for nr in 0..480 {
        for bytes in [b"".as_slice(), b"\x02", &[0xff; 40]] {
            let record =
                Record::nr(nr).args(&[u64::MAX; 6]).ret(i64::MAX).enter(1, bytes).text(0, bytes).exit(1, bytes);
            let _ = seen([record]);
        }
    }
}
