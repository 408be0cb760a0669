//! Where packets go. A thread can change an address while another one sends to it, and no socket keeps where a datagram went: its packet
//! says so.

use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};
use tracer_common::{
    config::ABSENT,
    event::{Head, kind},
    loss::Loss,
    task::Task,
};

use crate::emit::send;
use crate::kernel::{current, now, off, peek, pointer};
use crate::sockets::{AF_INET, AF_INET6, TCP};
use crate::tasks;

const UDP: u16 = 17;
const UDPLITE: u16 = 136;

/// Tells of a packet that leaves within a call, where others share the memory of the task and the socket is not connected to there.
#[btf_tracepoint(function = "net_dev_queue")]
pub fn net_dev_queue(ctx: BtfTracePointContext) -> i32 {
    let task = current();
    let Some(state) = tasks::state_of(task) else { return 0 };
    if state.flags & Task::IN_CALL == 0 || peek::<u32>(pointer(task, off!(task_mm)) as u64, off!(mm_users)) < 2 {
        return 0;
    }
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
