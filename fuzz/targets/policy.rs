//! Any bytes are a policy or wrong, in words that command no terminal; and a policy judges without a crash. What follows the
//! first zero byte is a path that is read, an abstract socket and a host. No policy of this size takes long.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use rustix::time::{ClockId, clock_gettime};
use tracer::tools::audit::evidence::{
    Access, Evidence, HostName, KnownBy, Object, Op, Runner, Shared, Unit, Variables,
};
use tracer::tools::audit::policy::{Policy, learn};

/// What the processor may do for one policy, of 4 KiB and with every check: what takes a second grows faster than it should.
const MOST: Duration = Duration::from_secs(1);

/// The time that this thread had a processor: that others are busy does not count.
fn spent() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}

fuzz_target!(|bytes: &[u8]| {
    let begun = spent();
    let at = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
    let (text, rest) = (&bytes[..at], bytes.get(at + 1..).unwrap_or_default());
    let variables = [("HOME", b"/h".to_vec()), ("TMPDIR", b"/tmp".to_vec()), ("WORKSPACE", rest.to_vec())];
    let variables = Variables(variables.to_vec());
    let hosts = vec![HostName { by: KnownBy::Answer, name: String::from_utf8_lossy(rest).into_owned() }];
    let address = ([127, 0, 0, 1], 80).into();
    let program: Shared = rest.into();
    let one = |op, object| {
        let program = program.clone();
        Access { unit: 0, op, object, errno: 0, to: None, passed: None, wrote: true, program, later: false }
    };
    let accesses = vec![
        one(Op::Read, Object::File([b"/", rest].concat().into())),
        one(Op::Run, Object::File([b"/tmp/", rest].concat().into())),
        one(Op::Connect, Object::Inet { protocol: "tcp", address, ephemeral: false, hosts }),
        one(Op::Bind, Object::Unix([b"@", rest].concat().into())),
    ];
    let unit = Unit { runner: Runner::Harness, suite: String::new(), name: String::new() };
    let evidence = Evidence { units: vec![unit], accesses, ..Evidence::default() };
    match Policy::parse_bytes(text, "tracer.toml") {
        Ok(policy) => drop(policy.judge(&evidence, &variables)),
        Err(faults) => assert!(tracer_fuzz::is_calm(&faults.to_string())),
    }
    let taken = spent().saturating_sub(begun);
    assert!(taken < MOST, "{taken:?}");
    let learned = learn(std::slice::from_ref(&evidence), &variables);
    Policy::parse(&learned, "learned").unwrap_or_else(|faults| panic!("{faults}\n{learned}"));
});
