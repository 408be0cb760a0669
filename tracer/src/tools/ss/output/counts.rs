//! The counts of `-s`.

use std::fmt::Write;

use crate::system::sockets::sockstat::Sockstat;

/// TCP sockets, and those of them that are closed.
fn derived(counts: &Sockstat) -> (i64, i64) {
    let in_use = counts.tcp[0] + counts.tcp[1];
    (counts.allocated + counts.time_wait, counts.allocated - (in_use - counts.time_wait))
}

/// As ss prints them.
pub fn text(counts: &Sockstat) -> String {
    let (total, closed) = derived(counts);
    let mut out = format!(
        "Total: {}\nTCP:   {total} (estab {}, closed {closed}, orphaned {}, timewait {})\n\n\
         Transport Total     IP        IPv6\n",
        counts.sockets, counts.established, counts.orphans, counts.time_wait
    );
    let inet = [0, 1].map(|i| counts.raw[i] + counts.udp[i] + counts.tcp[i]);
    let rows =
        [("RAW", counts.raw), ("UDP", counts.udp), ("TCP", counts.tcp), ("INET", inet), ("FRAG", counts.fragments)];
    for (name, [v4, v6]) in rows {
        let _ = writeln!(out, "{name}\t  {:<9} {v4:<9} {v6:<9}", v4 + v6);
    }
    out.push('\n');
    out
}

/// The same for JSON.
pub fn numbers(counts: &Sockstat) -> Vec<(&'static str, i64)> {
    let (total, closed) = derived(counts);
    vec![
        ("sockets", counts.sockets),
        ("tcp", total),
        ("tcp_established", counts.established),
        ("tcp_closed", closed),
        ("tcp_orphaned", counts.orphans),
        ("tcp_timewait", counts.time_wait),
        ("tcp_ipv4", counts.tcp[0]),
        ("tcp_ipv6", counts.tcp[1]),
        ("udp_ipv4", counts.udp[0]),
        ("udp_ipv6", counts.udp[1]),
        ("raw_ipv4", counts.raw[0]),
        ("raw_ipv6", counts.raw[1]),
    ]
}
