//! What policies decide, by tables; wrong policies and what is said of them; and what holds of any text.

mod decisions;
mod wrong;

use std::net::SocketAddr;

use super::Policy;
use crate::tools::audit::evidence::{Access, Evidence, HostName, KnownBy, Object, Op, Runner, Unit, Variables};

/// Variables of a machine.
pub fn variables() -> Variables {
    Variables(vec![
        ("WORKSPACE", b"/h/u/p".to_vec()),
        ("HOME", b"/h/u".to_vec()),
        ("TMPDIR", b"/tmp".to_vec()),
        ("TARGET", b"/h/u/p/target".to_vec()),
    ])
}

/// Evidence of the harness and the units `net one`, `net two`, `disk three`.
pub fn evidence(accesses: Vec<Access>) -> Evidence {
    let unit = |runner, suite: &str, name: &str| Unit { runner, suite: suite.to_owned(), name: name.to_owned() };
    let units = vec![
        unit(Runner::Harness, "", ""),
        unit(Runner::Nextest, "net", "one"),
        unit(Runner::Nextest, "net", "two"),
        unit(Runner::Nextest, "disk", "three"),
    ];
    Evidence { units, accesses, ..Evidence::default() }
}

/// An access in words: `UNIT OP OBJECT [-> TO] [= ERRNO] [by PROGRAM]`; objects are `/path`, `tcp 1.2.3.4:5`, `tcp ephemeral`,
/// `tcp 1.2.3.4:5 HOST`, `unix NAME`, `AF_X WORDS`.
pub fn access(text: &str) -> Access {
    let (text, program) = text.split_once(" by ").unwrap_or((text, "/bin/sh"));
    let (text, errno) = text.split_once(" = ").map_or((text, 0), |(text, errno)| (text, errno.parse().expect("errno")));
    let (text, to) = text.split_once(" -> ").map_or((text, None), |(text, to)| (text, Some(to.as_bytes().into())));
    let words: Vec<&str> = text.splitn(3, ' ').collect();
    let [unit, op, object] = words[..] else { panic!("{text}") };
    let object = match object.split_once(' ') {
        Some(("unix", name)) => Object::Unix(name.as_bytes().into()),
        Some(("AF_NETLINK", words)) => Object::Other("AF_NETLINK", words.to_owned()),
        Some((protocol @ ("tcp" | "udp" | "mptcp"), rest)) => {
            let (address, host) = rest.split_once(' ').map_or((rest, None), |(a, host)| (a, Some(host.to_owned())));
            let ephemeral = address == "ephemeral";
            let address: SocketAddr = if ephemeral { "127.0.0.1:0" } else { address }.parse().expect("an address");
            let protocol = ["tcp", "udp", "mptcp"].into_iter().find(|known| *known == protocol).expect("a protocol");
            let hosts = host.into_iter().map(|name| HostName { by: KnownBy::Answer, name }).collect();
            Object::Inet { protocol, address, ephemeral, hosts }
        }
        _ => Object::File(object.as_bytes().into()),
    };
    Access {
        unit: unit.parse().expect("a unit"),
        op: Op::parse(op).expect(op),
        object,
        errno,
        to,
        passed: None,
        wrote: op == "write",
        program: program.as_bytes().into(),
        later: false,
    }
}

/// A policy that is right.
pub fn policy(text: &str) -> Policy {
    Policy::parse(text, "tracer.toml").unwrap_or_else(|faults| panic!("{faults}\n--\n{text}"))
}
