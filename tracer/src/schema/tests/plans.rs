//! What plans say of a call besides what is copied: which arguments have results, and which the call may write.

use crate::schema::by_name;
use crate::schema::plan::{Detail, plan};

#[test]
fn what_has_results_is_known() {
    let check = |name: &str, expected: &[u8]| {
        let detail = Detail { data: true, strlen: 32, fds: true, env: false };
        let results = plan(by_name(name).expect("a row"), detail).results;
        let args: Vec<u8> = (0..8).filter(|arg| results >> arg & 1 != 0).collect();
        assert_eq!(args, expected, "{name}");
    };
    check("openat", &[]);
    check("rt_sigprocmask", &[2]);
    check("prlimit64", &[3]);
    check("pipe", &[0]);
    check("select", &[1, 2, 3, 4]);
    check("recvfrom", &[1, 4, 5]);
}

#[test]
fn what_a_call_may_write_is_not_looked_at_again() {
    let check = |name: &str, fds, expected: &[u8]| {
        let plan = plan(by_name(name).expect("a row"), Detail { data: true, strlen: 32, fds, env: false });
        let entry = plan.op.iter().take(usize::from(plan.exit)).enumerate();
        let written: Vec<u8> = entry.filter(|(i, _)| plan.written >> i & 1 != 0).map(|(_, op)| op.arg).collect();
        assert_eq!(written, expected, "{name}");
    };
    check("openat", false, &[]);
    check("accept", true, &[2]);
    check("pselect6", true, &[1, 2, 3, 4]);
    check("select", false, &[1, 2, 3, 4]);
    check("recvmmsg", false, &[4]);
    // The kernel writes nothing but revents, which are not shown of what was passed.
    check("poll", true, &[]);
    check("ppoll", true, &[2]);
}
