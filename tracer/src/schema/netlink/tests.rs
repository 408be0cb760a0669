//! Names and numbers of attributes and messages, held against this machine's headers; and what these have that no row has.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::{Command, Stdio};

use super::holds::Attributes;
use super::messages::messages;
use super::{generic, link, netfilter, route_attributes, sock_diag};
use crate::schema::protocols::NETLINK_PROTO;
use crate::schema::set::Set;

/// Headers that stand side by side; one that is not installed is left out.
const HEADERS: &[&str] = &[
    "linux/netlink.h",
    "linux/rtnetlink.h",
    "linux/if_link.h",
    "linux/if_addr.h",
    "linux/if_bridge.h",
    "linux/if_addrlabel.h",
    "linux/neighbour.h",
    "linux/fib_rules.h",
    "linux/gen_stats.h",
    "linux/pkt_sched.h",
    "linux/pkt_cls.h",
    "linux/netconf.h",
    "linux/net_namespace.h",
    "linux/nexthop.h",
    "linux/dcbnl.h",
    "linux/mpls.h",
    "linux/genetlink.h",
    "linux/sock_diag.h",
    "linux/inet_diag.h",
    "linux/unix_diag.h",
    "linux/netlink_diag.h",
    "linux/packet_diag.h",
    "linux/tls.h",
    "linux/xfrm.h",
    "linux/audit.h",
    "linux/cryptouser.h",
    "linux/selinux_netlink.h",
    "linux/netfilter/nfnetlink.h",
];

/// Names of the headers that are other names of a number that has one, or that nothing shows.
const UNNAMED: &[&str] = &[
    "IFLA_TARGET_NETNSID",
    "FRA_IFNAME",
    "TCA_ACT_TAB",
    "NETNSA_NSID_NOT_ASSIGNED",
    "IFLA_OFFLOAD_XSTATS_HW_S_INFO",
    "IFLA_OFFLOAD_XSTATS_L3_STATS",
    "NHA_RES_GROUP_UNSPEC",
    "NHA_RES_BUCKET_UNSPEC",
];

fn tables() -> Vec<&'static Attributes> {
    let modules = [
        super::ATTRIBUTES,
        generic::ATTRIBUTES,
        link::ATTRIBUTES,
        netfilter::ATTRIBUTES,
        route_attributes::ATTRIBUTES,
        sock_diag::ATTRIBUTES,
    ];
    modules.into_iter().flatten().copied().collect()
}

fn sets() -> Vec<&'static Set> {
    let of_messages = NETLINK_PROTO.choice.iter().map(|(_, protocol)| &messages(*protocol as u16).types);
    tables().into_iter().map(|table| &table.types).chain(of_messages).collect()
}

/// What the compiler makes of the headers; `None` where there is no compiler.
fn preprocessed() -> Option<String> {
    let there = HEADERS.iter().filter(|header| std::path::Path::new("/usr/include").join(header).exists());
    let source: String = there.map(|header| format!("#include <{header}>\n")).collect();
    compiler(&["-E", "-P", "-dD"], &source)
}

fn compiler(options: &[&str], source: &str) -> Option<String> {
    use std::io::Write as _;
    let mut child = Command::new("gcc")
        .args(["-w", "-x", "c", "-"])
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(source.as_bytes()).ok()?;
    let out = child.wait_with_output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).into_owned())
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').collect()
}

#[test]
fn numbers_are_those_of_the_headers() {
    let Some(text) = preprocessed() else {
        return println!("SKIP numbers_are_those_of_the_headers: no gcc, or no headers");
    };
    let known = words(&text);
    let there = HEADERS.iter().filter(|header| std::path::Path::new("/usr/include").join(header).exists());
    let mut program: String = there.map(|header| format!("#include <{header}>\n")).collect();
    let mut count = 0;
    for set in sets() {
        for (name, number) in set.choice.iter().filter(|(name, _)| known.contains(name)) {
            count += 1;
            let _ = writeln!(program, "_Static_assert((unsigned)({name}) == {number}u, \"{name} is not {number}\");");
        }
    }
    assert!(compiler(&["-fsyntax-only"], &program).is_some(), "the compiler says above which numbers differ");
    println!("{count} numbers compared");
    assert!(count > 400, "the headers have only {count} of the names");
}

#[test]
fn no_attribute_of_the_headers_is_missing() {
    let Some(text) = preprocessed() else {
        return println!("SKIP no_attribute_of_the_headers_is_missing: no gcc, or no headers");
    };
    let ours: BTreeSet<&str> = sets().iter().flat_map(|set| set.choice.iter().map(|(name, _)| *name)).collect();
    let mut missing = Vec::new();
    for table in tables() {
        let names: BTreeSet<&str> = table.types.choice.iter().map(|(name, _)| *name).collect();
        // The enumeration that most of them are from.
        let blocks = text.split("enum").skip(1).filter_map(|block| block.split_once('{')?.1.split_once('}'));
        let best = blocks.map(|(block, _)| words(block)).max_by_key(|block| block.intersection(&names).count());
        for name in best.into_iter().filter(|block| block.intersection(&names).count() > 1).flatten() {
            let bound = name.starts_with("__") || name.ends_with("_MAX");
            let is_name = name.starts_with(|c: char| c.is_ascii_uppercase());
            if is_name && !bound && !ours.contains(name) && !UNNAMED.contains(&name) {
                missing.push(name.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}: rows are missing");
}
