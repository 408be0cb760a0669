//! Where datagrams go. Who shares the memory of an address can change it while it is sent to, and no socket keeps where a datagram went:
//! its packet says so, or the unix socket that it came to.

use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};
use tracer_common::{
    config::ABSENT,
    event::{Blob, Head, kind},
    loss::Loss,
    plan::{phase, shape},
    task::Task,
};

use crate::emit::send;
use crate::kernel::{current, now, off, peek};
use crate::maps::role;
use crate::sockets::{self, AF_INET, AF_INET6, AF_UNIX, TCP};
use crate::{calls, kept, tasks};

/// include/linux/net.h
const SOCK_DGRAM: u16 = 2;

const UDP: u16 = 17;
const UDPLITE: u16 = 136;

/// Tells of a packet that leaves within a call, where the socket is not connected to there.
#[btf_tracepoint(function = "net_dev_queue")]
pub fn net_dev_queue(ctx: BtfTracePointContext) -> i32 {
    let Some(state) = tasks::state_of(current()).filter(|state| state.flags & Task::IN_CALL != 0) else { return 0 };
    let packet: u64 = ctx.arg(0);
    let sk: u64 = peek(packet, off!(packet_sk));
    // The kernel's own sockets, which answer, have no file.
    let socket: u64 = if sk == 0 { 0 } else { peek(sk, off!(sock_socket)) };
    if socket == 0 || peek::<u64>(socket, off!(socket_file)) == 0 {
        return 0;
    }
    let protocol: u16 = peek(sk, off!(sock_protocol));
    let data: u64 = peek(packet, off!(packet_head));
    let network = data.wrapping_add(peek::<u16>(packet, off!(packet_network)) as u64);
    let transport = data.wrapping_add(peek::<u16>(packet, off!(packet_transport)) as u64);
    // Of TCP the socket knows.
    let port = match protocol {
        TCP => return 0,
        UDP | UDPLITE => u16::from_be(peek(transport, 2)),
        _ => 0,
    };
    let mut head = Head { len: size_of::<Head>() as u32, kind: kind::PACKET, time: now(), ..Head::default() };
    head.tid = state.head.tid;
    head.tgid = state.head.tgid;
    match peek::<u8>(network, 0) >> 4 {
        4 => {
            let to: u32 = peek(network, 16);
            if to == peek::<u32>(sk, off!(sock_daddr)) && port.to_be() == peek(sk, off!(sock_dport)) {
                return 0;
            }
            head.args[0] = AF_INET as u64;
            head.args[2] = to as u64;
        }
        6 => {
            head.args[0] = AF_INET6 as u64;
            head.args[2] = peek(network, 24);
            head.args[3] = peek(network, 32);
            let connected = off!(sock_daddr6) != ABSENT
                && head.args[2] == peek::<u64>(sk, off!(sock_daddr6))
                && head.args[3] == peek::<u64>(sk, off!(sock_daddr6) + 8);
            if connected && port.to_be() == peek(sk, off!(sock_dport)) {
                return 0;
            }
        }
        _ => return 0,
    }
    head.args[1] = port as u64;
    head.args[4] = protocol as u64 | (peek::<u16>(sk, off!(sock_type)) as u64) << 16;
    // SAFETY: a head is as long as it says.
    unsafe { send((&raw const head).cast(), size_of::<Head>() as u64, Loss::RingFull) };
    0
}

/// Tells of a datagram that comes to a unix socket with a name, within the call that sent it. Linux 6.3.
#[btf_tracepoint(function = "sk_data_ready")]
pub fn sk_data_ready(ctx: BtfTracePointContext) -> i32 {
    let sk: u64 = ctx.arg(0);
    if peek::<u16>(sk, off!(sock_family)) != AF_UNIX
        || peek::<u16>(sk, off!(sock_type)) != SOCK_DGRAM
        || off!(unix_path) == ABSENT
        || peek::<u64>(sk, off!(unix_addr)) == 0
    {
        return 0;
    }
    let Some(state) = tasks::state_of(current()).filter(|state| state.flags & Task::IN_CALL != 0) else { return 0 };
    let Some(b) = kept::buffer(role::REACHED) else { return 0 };
    b.used = 0;
    b.retry = 0;
    b.head = Head { time: now(), ..tasks::event(kind::PACKET, state.head.tid, state.head.tgid) };
    b.head.args[0] = AF_UNIX as u64;
    b.blob = Blob { shape: shape::UNIX, phase: phase::EXIT_OK, ..Blob::default() };
    // A number from here on, and no pointer that the verifier knows.
    let sk = b.forgotten(sk);
    sockets::reached(b, sk);
    calls::send_buffer(b, Loss::RingFull);
    0
}
