//! Any bytes are a dump of the kernel's, or none; what is read of it becomes lines of text and JSON. The first byte says what of.
#![no_main]

use std::net::IpAddr;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tracer::system::names::Names;
use tracer::system::sock_diag;
use tracer::system::sockets::Table;
use tracer::tools::ss::options::{self, Asked};
use tracer::tools::ss::output::{self, List};
use tracer::tools::ss::request::Request;

/// Everything that can be shown.
static REQUEST: LazyLock<Request> = LazyLock::new(|| {
    let words = ["-aeoimb", "--tos", "--cgroup", "--inet-sockopt", "--tipcinfo"];
    match options::parse("tracer ss", false, &words.map(Into::into)) {
        Ok(Asked::List(request)) => *request,
        other => panic!("no list of sockets: {other:?}"),
    }
});

/// Nothing has a name.
struct Nameless;

impl Names for Nameless {
    fn service(&mut self, _: u16, _: Option<&'static str>) -> Option<String> {
        None
    }

    fn protocol(&mut self, _: u16) -> Option<String> {
        None
    }

    fn host(&mut self, _: IpAddr) -> Option<String> {
        None
    }

    fn interface(&mut self, _: u64, index: u32) -> String {
        format!("if{index}")
    }

    fn cgroup(&mut self, id: u64) -> String {
        format!("{id}")
    }

    fn netlink(&mut self, _: u16) -> Option<String> {
        None
    }

    fn process(&mut self, _: u32) -> Option<Vec<u8>> {
        None
    }

    fn label(&mut self, _: u32) -> Option<Vec<u8>> {
        None
    }

    fn namespace(&mut self, netns: u64) -> String {
        netns.to_string()
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, dump)) = bytes.split_first() else { return };
    let table = Table::ALL[usize::from(*choice) % Table::ALL.len()];
    let (sockets, _) = sock_diag::from_file(dump, table);
    let mut list = List::new(&REQUEST, false, Some(100));
    let (mut text, mut json) = (Vec::new(), Vec::new());
    list.begin(table);
    for socket in &sockets {
        list.add(socket, None, &mut Nameless, &mut text);
        output::json(socket, None, &mut Nameless, &mut json);
    }
    list.finish(&mut text);
    assert!(text.iter().all(|&b| matches!(b, b' '..=b'~' | b'\n' | b'\t')), "{}", text.escape_ascii());
    assert!(str::from_utf8(&json).is_ok_and(|json| json.lines().count() == sockets.len()), "{}", json.escape_ascii());
    for line in json.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
        assert!(serde_json::from_slice::<serde_json::Value>(line).is_ok(), "{}", line.escape_ascii());
    }
});
