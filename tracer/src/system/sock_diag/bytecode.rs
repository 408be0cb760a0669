//! A filter for the kernel to carry out while it lists inet sockets (`INET_DIAG_REQ_BYTECODE`,
//! include/uapi/linux/inet_diag.h): what is not wanted is not sent. The filter is carried out again over what
//! comes, so that a part the kernel does not do costs time and nothing else.
//!
//! Bytecode is a list of conditions; each says how many bytes to go on when it holds, and when it does not.
//! Its end is "wanted", four bytes behind its end is "not wanted".

use crate::system::sockets::filter::{Filter, Host, Prefix, Side};

/// `INET_DIAG_BC_*`
mod code {
    pub const JMP: u8 = 1;
    pub const S_GE: u8 = 2;
    pub const S_LE: u8 = 3;
    pub const D_GE: u8 = 4;
    pub const D_LE: u8 = 5;
    pub const AUTO: u8 = 6;
    pub const S_COND: u8 = 7;
    pub const D_COND: u8 = 8;
    pub const DEV_COND: u8 = 9;
    pub const MARK_COND: u8 = 10;
    pub const CGROUP_COND: u8 = 13;
}

/// Nesting and length beyond which a filter is carried out here alone.
const DEPTH: usize = 64;
const LENGTH: usize = 32 * 1024;

/// The bytecode; `None` when the kernel has no words for the filter, or not enough room.
pub fn compile(filter: &Filter) -> Option<Vec<u8>> {
    part(filter, DEPTH)
}

fn part(filter: &Filter, depth: usize) -> Option<Vec<u8>> {
    let depth = depth.checked_sub(1)?;
    let bytes = match filter {
        Filter::And(a, b) => {
            let (mut a, b) = (part(a, depth)?, part(b, depth)?);
            // "Not wanted" by the first is not wanted, whatever the second.
            move_exits(&mut a, b.len());
            [a, b].concat()
        }
        Filter::Or(a, b) => {
            let (a, b) = (part(a, depth)?, part(b, depth)?);
            let jump = op(code::JMP, 4, b.len() + 4, &[])?;
            [a, jump, b].concat()
        }
        Filter::Not(a) => [part(a, depth)?, op(code::JMP, 4, 8, &[])?].concat(),
        Filter::Host(end, host) => hosts(*end, host)?,
        Filter::PortAtLeast(end, port) => port_op(if *end == Side::Local { code::S_GE } else { code::D_GE }, *port)?,
        Filter::PortAtMost(end, port) => port_op(if *end == Side::Local { code::S_LE } else { code::D_LE }, *port)?,
        Filter::Device(index) => condition(code::DEV_COND, &index.to_ne_bytes())?,
        Filter::Mark { mark, mask } => condition(code::MARK_COND, &[mark.to_ne_bytes(), mask.to_ne_bytes()].concat())?,
        Filter::Cgroup(id) => condition(code::CGROUP_COND, &id.to_ne_bytes())?,
        Filter::Autobound(..) => condition(code::AUTO, &[])?,
        // No inet socket has a name.
        Filter::Name(..) => return None,
    };
    (bytes.len() <= LENGTH).then_some(bytes)
}

/// `struct inet_diag_bc_op` and its arguments.
fn op(code: u8, yes: usize, no: usize, arguments: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = vec![code, u8::try_from(yes).ok()?];
    bytes.extend_from_slice(&u16::try_from(no).ok()?.to_ne_bytes());
    bytes.extend_from_slice(arguments);
    Some(bytes)
}

/// A condition after which it goes on, or is not wanted.
fn condition(code: u8, arguments: &[u8]) -> Option<Vec<u8>> {
    let len = 4 + arguments.len();
    op(code, len, len + 4, arguments)
}

/// The port stands where the next condition's way to go would stand.
fn port_op(code: u8, port: i32) -> Option<Vec<u8>> {
    let [low, high] = u16::try_from(port).ok()?.to_ne_bytes();
    condition(code, &[0, 0, low, high])
}

/// `struct inet_diag_hostcond`, one for each address, any of which will do.
fn hosts(end: Side, host: &Host) -> Option<Vec<u8>> {
    let code = if end == Side::Local { code::S_COND } else { code::D_COND };
    let one = |prefix: Option<&Prefix>| {
        let family = prefix.map_or(0, |p| p.family);
        let mut bytes = vec![family, prefix.map_or(0, |p| p.bits), 0, 0];
        bytes.extend_from_slice(&host.port.unwrap_or(-1).to_ne_bytes());
        match i32::from(family) {
            libc::AF_INET6 => bytes.extend_from_slice(&prefix?.bytes),
            libc::AF_INET | libc::AF_UNSPEC => {
                bytes.extend(prefix.map_or([0; 4], |p| [p.bytes[0], p.bytes[1], p.bytes[2], p.bytes[3]]))
            }
            _ => return None,
        }
        condition(code, &bytes)
    };
    // A family that is not inet's has no bytecode; its sockets are in other tables.
    if !matches!(i32::from(host.family), libc::AF_UNSPEC | libc::AF_INET | libc::AF_INET6) {
        return None;
    }
    let Some((last, others)) = host.addresses.split_last() else { return one(None) };
    let mut bytes = one(Some(last))?;
    for prefix in others.iter().rev() {
        let jump = op(code::JMP, 4, bytes.len() + 4, &[])?;
        bytes = [one(Some(prefix))?, jump, bytes].concat();
    }
    Some(bytes)
}

/// Moves every way to "not wanted" behind `more` further bytes.
fn move_exits(bytes: &mut [u8], more: usize) {
    let mut at = 0;
    while let Some(&[_, yes, low, high]) = bytes.get(at..at + 4) {
        let no = usize::from(u16::from_ne_bytes([low, high]));
        if at + no == bytes.len() + 4 {
            let moved = u16::try_from(no + more).unwrap_or(u16::MAX).to_ne_bytes();
            bytes[at + 2..at + 4].copy_from_slice(&moved);
        }
        at += usize::from(yes).max(4);
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::*;

    fn port(port: i32) -> Filter {
        Filter::Host(Side::Local, Host { family: 0, addresses: Vec::new(), port: Some(port) })
    }

    /// Carries bytecode out as the kernel does (`inet_diag_bc_run`), over ports alone.
    fn run(bytes: &[u8], source: i32, destination: i32) -> bool {
        let mut rest = bytes.len() as i64;
        while rest > 0 {
            let at = bytes.len() - rest as usize;
            let (code, yes, no) =
                (bytes[at], i64::from(bytes[at + 1]), u16::from_ne_bytes([bytes[at + 2], bytes[at + 3]]));
            let word = |i: usize| i32::from_ne_bytes(bytes[at + i..at + i + 4].try_into().expect("a word"));
            let argument = || i32::from(u16::from_ne_bytes([bytes[at + 6], bytes[at + 7]]));
            let holds = match code {
                code::JMP => false,
                code::S_GE => source >= argument(),
                code::S_LE => source <= argument(),
                code::D_GE => destination >= argument(),
                code::D_LE => destination <= argument(),
                code::S_COND => word(8) == -1 || word(8) == source,
                code::D_COND => word(8) == -1 || word(8) == destination,
                other => panic!("code {other}"),
            };
            rest -= if holds { yes } else { i64::from(no) };
        }
        rest == 0
    }

    #[test]
    fn what_the_kernel_gets() {
        assert_eq!(compile(&port(80)), Some(vec![7, 16, 20, 0, 0, 0, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0]));
        assert_eq!(compile(&Filter::Device(3)), Some(vec![9, 8, 12, 0, 3, 0, 0, 0]));
        assert_eq!(compile(&Filter::Name(Side::Local, b"/x".to_vec())), None);
        let both: Vec<Prefix> = ["10.0.0.1", "::1"]
            .iter()
            .map(|a| a.parse::<IpAddr>().expect("an address"))
            .map(|a| Prefix::ip(a, if a.is_ipv4() { 32 } else { 128 }))
            .collect();
        let host = Filter::Host(Side::Remote, Host { family: 0, addresses: both, port: None });
        let bytes = compile(&host).expect("bytecode");
        // One address, a jump over the other, the other.
        assert_eq!((bytes.len(), bytes[16], bytes[18], bytes[20]), (16 + 4 + 28, code::JMP, 32, code::D_COND));
    }

    fn filters() -> impl Strategy<Value = Filter> {
        let end = prop_oneof![Just(Side::Local), Just(Side::Remote)];
        let leaf = prop_oneof![
            (end.clone(), 0..6i32).prop_map(|(end, port)| Filter::PortAtLeast(end, port)),
            (end.clone(), 0..6i32).prop_map(|(end, port)| Filter::PortAtMost(end, port)),
            (end, 0..6i32)
                .prop_map(|(end, port)| Filter::Host(end, Host { family: 0, addresses: Vec::new(), port: Some(port) })),
        ];
        leaf.prop_recursive(6, 40, 2, |inner| {
            let two = (inner.clone(), inner.clone());
            prop_oneof![
                two.clone().prop_map(|(a, b)| Filter::And(Box::new(a), Box::new(b))),
                two.prop_map(|(a, b)| Filter::Or(Box::new(a), Box::new(b))),
                inner.prop_map(|a| Filter::Not(Box::new(a))),
            ]
        })
    }

    fn socket(source: u16, destination: u16) -> crate::system::sockets::Socket {
        use crate::system::sockets::{Detail, Endpoint, Inet, Socket, Table};
        let end = |port| Endpoint { address: IpAddr::from([0, 0, 0, 0]), port };
        Socket::new(libc::AF_INET as u8, Detail::Inet(Box::new(Inet::new(Table::Tcp, end(source), end(destination)))))
    }

    proptest! {
        #[test]
        fn the_kernel_and_this_program_agree(filter in filters(), source in 0..6u16, destination in 0..6u16) {
            let bytes = compile(&filter).expect("bytecode");
            prop_assert_eq!(run(&bytes, source.into(), destination.into()), filter.matches(&socket(source, destination)));
        }
    }
}
