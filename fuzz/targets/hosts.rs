//! Any bytes are what a name server answers, what a connection begins with, or an `/etc/hosts`: names are found in it or not, and are
//! text that commands no terminal. The first byte says what it is; the second, how it is cut.
#![no_main]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use libfuzzer_sys::fuzz_target;
use tracer::tools::audit::evidence::names::Names;
use tracer_fuzz::is_calm;

fuzz_target!(|bytes: &[u8]| {
    let Some((&[choice, cut], bytes)) = bytes.split_first_chunk() else { return };
    let mut names = Names::default();
    let to = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 443);
    names.ask(1);
    let at = usize::from(cut).min(bytes.len());
    match choice % 5 {
        0 => names.datagram(1, bytes),
        1 => {
            names.stream(1, &bytes[..at]);
            names.look(1, &bytes[at..]);
            names.skip(1, bytes.len() - at);
            names.stream(1, bytes);
        }
        2 => drop(names.greeting(to, bytes, bytes.len() + usize::from(cut), cut % 2 == 0)),
        3 => {
            names.greeting(to, &bytes[..at], bytes.len(), false);
            names.greeting(to, bytes, bytes.len(), true);
        }
        _ => names.hosts_file(bytes),
    }
    for host in names.of(to).into_iter().chain(names.then(to, 1)) {
        assert!(is_calm(&host.name) && host.name.len() <= bytes.len() * 4, "{host:?}");
    }
});
