//! Counts of sockets that the kernel keeps; no list is read for them.

/// Counts of a namespace; a line that is missing counts 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sockstat {
    /// All sockets, whatever family.
    pub sockets: i64,
    /// TCP sockets in use, v4 and v6.
    pub tcp: [i64; 2],
    /// UDP sockets, v4 and v6.
    pub udp: [i64; 2],
    /// Raw sockets, v4 and v6.
    pub raw: [i64; 2],
    /// Fragment queues, v4 and v6.
    pub fragments: [i64; 2],
    /// TCP sockets that no process has open.
    pub orphans: i64,
    /// TCP sockets in TIME-WAIT.
    pub time_wait: i64,
    /// TCP sockets that have memory.
    pub allocated: i64,
    /// TCP connections established or in CLOSE-WAIT.
    pub established: i64,
}

impl Sockstat {
    /// Takes in lines of sockstat and sockstat6, such as `TCP: inuse 4 orphan 0 tw 1 alloc 5 mem 1`.
    pub fn take(&mut self, text: &str) {
        for line in text.lines() {
            let mut words = line.split_ascii_whitespace();
            let Some(title) = words.next() else { continue };
            while let (Some(name), Some(value)) = (words.next(), words.next()) {
                let place = match (title, name) {
                    ("sockets:", "used") => &mut self.sockets,
                    ("TCP:", "inuse") => &mut self.tcp[0],
                    ("TCP6:", "inuse") => &mut self.tcp[1],
                    ("UDP:", "inuse") => &mut self.udp[0],
                    ("UDP6:", "inuse") => &mut self.udp[1],
                    ("RAW:", "inuse") => &mut self.raw[0],
                    ("RAW6:", "inuse") => &mut self.raw[1],
                    ("FRAG:", "inuse") => &mut self.fragments[0],
                    ("FRAG6:", "inuse") => &mut self.fragments[1],
                    ("TCP:", "orphan") => &mut self.orphans,
                    ("TCP:", "tw") => &mut self.time_wait,
                    ("TCP:", "alloc") => &mut self.allocated,
                    _ => continue,
                };
                *place = value.parse().unwrap_or(0);
            }
        }
    }
}

/// In /proc/net/snmp: `CurrEstab` of the line pair that begins with `Tcp:`.
pub fn established(text: &str) -> Option<i64> {
    let mut lines = text.lines().filter(|line| line.starts_with("Tcp:"));
    let at = lines.next()?.split_ascii_whitespace().position(|name| name == "CurrEstab")?;
    lines.next()?.split_ascii_whitespace().nth(at)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read() {
        let mut counts = Sockstat::default();
        counts.take(
            "sockets: used 24\nTCP: inuse 4 orphan 1 tw 2 alloc 6 mem 1\nUDP: inuse 3 mem 0\nFRAG: inuse 0 memory 0\n",
        );
        counts.take("TCP6: inuse 5\nodd\n");
        let expected = Sockstat {
            sockets: 24,
            tcp: [4, 5],
            orphans: 1,
            time_wait: 2,
            allocated: 6,
            udp: [3, 0],
            ..Sockstat::default()
        };
        assert_eq!(counts, expected);
        assert_eq!(established("Ip: a\nIp: 1\nTcp: RtoAlgorithm CurrEstab\nTcp: 1 12\n"), Some(12));
        assert_eq!(established("Tcp: CurrEstab\n"), None);
    }
}
