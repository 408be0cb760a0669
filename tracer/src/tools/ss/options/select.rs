//! The tables, families and states that the options select. Options fill each other's gaps: a table brings its
//! families, a family its tables, both their states, unless something was named.

use std::path::PathBuf;

use crate::cli::fault::{Fault, nearest, show};
use crate::tools::ss::request::{Show, tables};

/// All states up to the newest: connections that are not accepted yet (NEW_SYN_RECV), and what is bound and inactive.
pub const ALL: u32 = (1 << 14) - 1;
/// Neither listening, closed nor kept as minisockets.
const CONNECTED: u32 = ALL & !(1 << 10 | 1 << 7 | 1 << 6 | 1 << 3);
const ESTABLISHED: u32 = 1 << 1;
const CLOSE: u32 = 1 << 7;
const TIPC: u32 = 1 << 1 | 1 << 10 | 1 << 7;

/// Names of families.
pub const FAMILIES: &[(&str, i32)] = &[
    ("inet", libc::AF_INET),
    ("inet6", libc::AF_INET6),
    ("link", libc::AF_PACKET),
    ("unix", libc::AF_UNIX),
    ("netlink", libc::AF_NETLINK),
    ("tipc", libc::AF_TIPC),
    ("vsock", libc::AF_VSOCK),
    ("xdp", libc::AF_XDP),
];

/// The number of a family.
pub fn family(name: &str) -> Option<i32> {
    FAMILIES.iter().find(|(known, _)| *known == name).map(|(_, family)| *family)
}

/// Names of tables in `-A`.
pub const TABLES: &[(&str, u32)] = &[
    ("all", tables::INET | tables::UNIX | tables::PACKET | tables::NETLINK | tables::VSOCK | tables::XDP),
    ("inet", tables::INET),
    ("udp", tables::UDP),
    ("dccp", tables::DCCP),
    ("tcp", tables::TCP),
    ("mptcp", tables::MPTCP),
    ("sctp", tables::SCTP),
    ("raw", tables::RAW),
    ("unix", tables::UNIX),
    ("unix_stream", tables::UNIX_STREAM),
    ("u_str", tables::UNIX_STREAM),
    ("unix_dgram", tables::UNIX_DGRAM),
    ("u_dgr", tables::UNIX_DGRAM),
    ("unix_seqpacket", tables::UNIX_SEQPACKET),
    ("u_seq", tables::UNIX_SEQPACKET),
    ("packet", tables::PACKET),
    ("packet_raw", tables::PACKET_RAW),
    ("p_raw", tables::PACKET_RAW),
    ("packet_dgram", tables::PACKET_DGRAM),
    ("p_dgr", tables::PACKET_DGRAM),
    ("netlink", tables::NETLINK),
    ("tipc", tables::TIPC),
    ("vsock", tables::VSOCK),
    ("vsock_stream", tables::VSOCK_STREAM),
    ("v_str", tables::VSOCK_STREAM),
    ("vsock_dgram", tables::VSOCK_DGRAM),
    ("v_dgr", tables::VSOCK_DGRAM),
    ("xdp", tables::XDP),
];

/// Names of states, and of sets of them.
const STATES: &[(&str, u32)] = &[
    ("established", ESTABLISHED),
    ("syn-sent", 1 << 2),
    ("syn-recv", 1 << 3),
    ("syn-rcv", 1 << 3),
    ("fin-wait-1", 1 << 4),
    ("fin-wait-2", 1 << 5),
    ("time-wait", 1 << 6),
    ("unconnected", CLOSE),
    ("close", CLOSE),
    ("closed", CLOSE),
    ("close-wait", 1 << 8),
    ("last-ack", 1 << 9),
    ("listening", 1 << 10),
    ("closing", 1 << 11),
    ("bound-inactive", 1 << 13),
    ("all", ALL),
    ("connected", ALL & !(CLOSE | 1 << 10)),
    ("synchronized", ALL & !(CLOSE | 1 << 10 | 1 << 2)),
    ("bucket", 1 << 3 | 1 << 6),
    ("big", ALL & !(1 << 3 | 1 << 6)),
];

/// States of a table when none were named.
fn states_of_table(table: u32) -> u32 {
    match table {
        tables::UDP | tables::RAW => ESTABLISHED,
        tables::UNIX_DGRAM | tables::PACKET_DGRAM | tables::PACKET_RAW | tables::NETLINK | tables::XDP => CLOSE,
        tables::TIPC => TIPC,
        _ => CONNECTED,
    }
}

/// States and tables of a family when none were named.
fn defaults_of_family(family: i32) -> (u32, u32) {
    match family {
        libc::AF_INET | libc::AF_INET6 => (CONNECTED, tables::INET),
        libc::AF_UNIX => (CONNECTED, tables::UNIX),
        libc::AF_PACKET => (CLOSE, tables::PACKET),
        libc::AF_NETLINK => (CLOSE, tables::NETLINK),
        libc::AF_VSOCK => (CONNECTED, tables::VSOCK),
        libc::AF_TIPC => (TIPC, tables::TIPC),
        libc::AF_XDP => (CLOSE, tables::XDP),
        _ => (0, 0),
    }
}

/// Families of a table.
fn families_of_table(table: u32) -> u64 {
    let bits = |families: &[i32]| families.iter().map(|family| 1u64 << family).sum();
    match table {
        table if table & tables::UNIX != 0 => bits(&[libc::AF_UNIX]),
        table if table & tables::PACKET != 0 => bits(&[libc::AF_PACKET]),
        table if table & tables::VSOCK != 0 => bits(&[libc::AF_VSOCK]),
        tables::NETLINK => bits(&[libc::AF_NETLINK]),
        tables::TIPC => bits(&[libc::AF_TIPC]),
        tables::XDP => bits(&[libc::AF_XDP]),
        _ => bits(&[libc::AF_INET, libc::AF_INET6]),
    }
}

/// The options read so far.
#[derive(Debug)]
pub struct Draft {
    pub tables: u32,
    pub families: u64,
    pub preferred: u8,
    pub states: u32,
    /// States that were named; 0 for none.
    pub state_filter: u32,
    /// Neither a table nor a family was named.
    pub default: bool,
    queried: bool,
    pub summary: bool,
    pub dump: Option<PathBuf>,
    pub filter_file: Option<PathBuf>,
    pub netns: Option<String>,
    pub all_netns: bool,
    pub kill: bool,
    pub yes: bool,
    pub events: bool,
    pub show: Show,
    pub help: bool,
    pub version: bool,
    /// What there is none of.
    pub nothing: Option<&'static str>,
}

impl Default for Draft {
    fn default() -> Self {
        let show = Show {
            json: false,
            header: true,
            oneline: false,
            numeric: false,
            resolve: false,
            timers: false,
            details: false,
            memory: false,
            info: false,
            tipc: false,
            tos: false,
            cgroup: false,
            sockopt: false,
            bpf: false,
            processes: false,
            threads: false,
            labels: false,
            no_queues: false,
        };
        Draft {
            tables: 0,
            families: 0,
            preferred: 0,
            states: 0,
            state_filter: 0,
            default: true,
            queried: false,
            summary: false,
            dump: None,
            filter_file: None,
            netns: None,
            all_netns: false,
            kill: false,
            yes: false,
            events: false,
            show,
            help: false,
            version: false,
            nothing: None,
        }
    }
}

impl Draft {
    /// Takes tables in, or out.
    pub fn table(&mut self, tables: u32, wanted: bool) {
        if wanted {
            self.states |= bits(tables).map(states_of_table).fold(0, |all, states| all | states);
            self.tables |= tables;
        } else {
            self.tables &= !tables;
        }
        self.default = false;
    }

    /// Adds a family.
    pub fn family(&mut self, family: i32) {
        self.states |= defaults_of_family(family).0;
        self.families |= 1 << family;
        self.default = false;
        self.preferred = family as u8;
    }

    /// `-A tcp,!udp`
    pub fn query(&mut self, list: &str) -> Result<(), Fault> {
        if !self.queried {
            self.tables = 0;
            self.queried = true;
            self.default = false;
            if self.state_filter == 0 {
                self.state_filter = CONNECTED;
            }
        }
        for word in list.split(',') {
            let (name, wanted) = word.strip_prefix('!').map_or((word, true), |name| (name, false));
            let Some((_, tables)) = TABLES.iter().find(|(known, _)| *known == name) else {
                let meant = nearest(name, TABLES.iter().map(|(name, _)| *name)).map(str::to_owned);
                return Err(Fault::usage(format!("'{}' is not a table of sockets", show(name))).or_did_you_mean(meant));
            };
            self.table(*tables, wanted);
        }
        Ok(())
    }

    /// Takes `state S` and `exclude S` off the front of the words.
    pub fn states_of(&mut self, words: Vec<String>) -> Result<Vec<String>, Fault> {
        let mut named = false;
        let mut rest = words.into_iter().peekable();
        while let Some(word) = rest.next_if(|word| ["state", "exclude", "excl"].contains(&word.as_str())) {
            let Some(name) = rest.next() else {
                return Err(Fault::usage(format!("'{word}' needs the name of a state")));
            };
            let states = state(&name)?;
            if word == "state" {
                self.state_filter = if named { self.state_filter } else { 0 } | states;
            } else {
                self.state_filter = if named { self.state_filter } else { ALL } & !states;
            }
            named = true;
        }
        Ok(rest.collect())
    }

    /// Fills the gaps, after all options.
    pub fn settle(&mut self) {
        if self.default {
            if self.state_filter == 0 {
                self.state_filter = CONNECTED;
            }
            self.table(TABLES[0].1, true);
            self.default = true;
        }
        if self.state_filter != 0 {
            self.states = self.state_filter;
        }
        for table in bits(self.tables) {
            let families = families_of_table(table);
            if families & self.families == 0 {
                self.families |= families;
            }
        }
        for (_, family) in FAMILIES {
            let (_, tables) = defaults_of_family(*family);
            if self.families & 1 << family != 0 && tables & self.tables == 0 {
                self.tables |= tables;
            }
        }
        self.nothing = match () {
            () if self.tables == 0 => Some("tables of sockets"),
            () if self.families == 0 => Some("families"),
            () if self.states == 0 => Some("states"),
            () => None,
        };
    }
}

fn bits(set: u32) -> impl Iterator<Item = u32> {
    (0..32).map(|bit| 1 << bit).filter(move |bit| set & bit != 0)
}

fn state(name: &str) -> Result<u32, Fault> {
    STATES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, states)| *states).ok_or_else(|| {
        let meant = nearest(name, STATES.iter().map(|(name, _)| *name)).map(str::to_owned);
        Fault::usage(format!("'{}' is not a state", show(name))).or_did_you_mean(meant)
    })
}
