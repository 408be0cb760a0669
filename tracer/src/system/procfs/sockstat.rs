//! Counts of sockets: /proc/net/sockstat, sockstat6 and snmp, of the calling thread's network namespace.

use std::io;

use super::who::Who;
use crate::system::sockets::sockstat::{Sockstat, established};

/// Reads them.
///
/// # Errors
/// /proc/net/sockstat can not be read.
pub fn read() -> io::Result<Sockstat> {
    let read = |name| Who::ThisThread.read(name).map(|text| String::from_utf8_lossy(&text).into_owned());
    let mut counts = Sockstat::default();
    counts.take(&read("net/sockstat")?);
    counts.take(&read("net/sockstat6").unwrap_or_default());
    counts.established = established(&read("net/snmp").unwrap_or_default()).unwrap_or(0);
    Ok(counts)
}
