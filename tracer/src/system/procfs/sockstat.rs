//! Counts of sockets: /proc/net/sockstat, sockstat6 and snmp, of the calling thread's network namespace.

use std::fs;
use std::io;

use crate::system::sockets::sockstat::{Sockstat, established};

/// Reads them.
///
/// # Errors
/// /proc/net/sockstat can not be read.
pub fn read() -> io::Result<Sockstat> {
    let read = |name: &str| fs::read_to_string(format!("/proc/thread-self/net/{name}"));
    let mut counts = Sockstat::default();
    counts.take(&read("sockstat")?);
    counts.take(&read("sockstat6").unwrap_or_default());
    counts.established = established(&read("snmp").unwrap_or_default()).unwrap_or(0);
    Ok(counts)
}
