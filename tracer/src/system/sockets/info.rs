//! What a protocol tells of a connection, as the bytes of a structure that grows with the kernel. Fields are
//! read by their offset; one that the kernel did not send is 0, as in iproute2, and is left out of JSON.

/// Structures read by offset, field by field: `name: type @ offset`.
macro_rules! by_offset {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ident @ $at:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $name {
            /// Bytes that the kernel sent.
            pub len: usize,
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl $name {
            /// Reads as many fields as there are bytes for.
            pub fn parse(bytes: &[u8]) -> $name {
                $name {
                    len: bytes.len(),
                    $($field: at(bytes, $at).map_or(0, $ty::from_ne_bytes),)*
                }
            }

            /// Gives the name and value of each field that the kernel sent, in the structure's order.
            pub fn each(&self, mut give: impl FnMut(&'static str, u64)) {
                $(if self.len.saturating_sub($at) >= size_of::<$ty>() { give(stringify!($field), u64::from(self.$field)); })*
            }
        }
    };
}

/// The bytes at an offset.
fn at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}

by_offset! {
    /// `struct tcp_info` (include/uapi/linux/tcp.h). Times are µs unless said.
    TcpInfo {
        /// `TCP_*`
        state: u8 @ 0,
        /// `TCP_CA_*`
        ca_state: u8 @ 1,
        /// Unanswered retransmissions in a row.
        retransmits: u8 @ 2,
        /// Unanswered probes in a row.
        probes: u8 @ 3,
        /// Doublings of the retransmission timeout.
        backoff: u8 @ 4,
        /// `TCPI_OPT_*`
        options: u8 @ 5,
        /// Window scales: of sending in the lower 4 bits, of receiving in the upper.
        wscale: u8 @ 6,
        /// Bit 0: the rate was limited by the application; bits 1 and 2: why fast open failed.
        limits: u8 @ 7,
        /// Retransmission timeout.
        rto: u32 @ 8,
        /// Timeout of delayed acknowledgements.
        ato: u32 @ 12,
        /// Bytes of a segment, sending.
        snd_mss: u32 @ 16,
        /// Bytes of a segment, receiving.
        rcv_mss: u32 @ 20,
        /// Segments in flight; of a listening socket, connections not accepted.
        unacked: u32 @ 24,
        /// Segments acknowledged out of order; of a listening socket, the limit of connections.
        sacked: u32 @ 28,
        /// Segments taken for lost.
        lost: u32 @ 32,
        /// Segments sent again and in flight.
        retrans: u32 @ 36,
        /// Segments acknowledged by FACK.
        fackets: u32 @ 40,
        /// Milliseconds since data was sent.
        last_data_sent: u32 @ 44,
        /// Always 0.
        last_ack_sent: u32 @ 48,
        /// Milliseconds since data was received.
        last_data_recv: u32 @ 52,
        /// Milliseconds since an acknowledgement was received.
        last_ack_recv: u32 @ 56,
        /// Bytes that the path takes.
        pmtu: u32 @ 60,
        /// Threshold of the receive window in bytes.
        rcv_ssthresh: u32 @ 64,
        /// Time of a round trip.
        rtt: u32 @ 68,
        /// Its mean deviation.
        rttvar: u32 @ 72,
        /// Threshold of slow start in segments.
        snd_ssthresh: u32 @ 76,
        /// Congestion window in segments.
        snd_cwnd: u32 @ 80,
        /// Segment size that was announced.
        advmss: u32 @ 84,
        /// Reordering of packets that is borne.
        reordering: u32 @ 88,
        /// Time of a round trip, measured by the receiver.
        rcv_rtt: u32 @ 92,
        /// Receive buffer's tuning, bytes.
        rcv_space: u32 @ 96,
        /// Segments sent again, ever.
        total_retrans: u32 @ 100,
        /// Bytes per second.
        pacing_rate: u64 @ 104,
        /// Bytes per second; all ones: without a limit.
        max_pacing_rate: u64 @ 112,
        /// Bytes acknowledged by the peer.
        bytes_acked: u64 @ 120,
        /// Bytes received.
        bytes_received: u64 @ 128,
        /// Segments sent.
        segs_out: u32 @ 136,
        /// Segments received.
        segs_in: u32 @ 140,
        /// Bytes in the queue that were never sent.
        notsent_bytes: u32 @ 144,
        /// Least time of a round trip; all ones: none was measured.
        min_rtt: u32 @ 148,
        /// Segments received that had data.
        data_segs_in: u32 @ 152,
        /// Segments sent that had data.
        data_segs_out: u32 @ 156,
        /// Bytes per second.
        delivery_rate: u64 @ 160,
        /// Time in which there was something to send.
        busy_time: u64 @ 168,
        /// Part of it in which the peer's window was full.
        rwnd_limited: u64 @ 176,
        /// Part of it in which the send buffer was full.
        sndbuf_limited: u64 @ 184,
        /// Segments delivered.
        delivered: u32 @ 192,
        /// Segments delivered with a mark of congestion.
        delivered_ce: u32 @ 196,
        /// Bytes sent, with those sent again.
        bytes_sent: u64 @ 200,
        /// Bytes sent again.
        bytes_retrans: u64 @ 208,
        /// Acknowledgements of duplicates.
        dsack_dups: u32 @ 216,
        /// Reorderings seen.
        reord_seen: u32 @ 220,
        /// Packets received out of order.
        rcv_ooopack: u32 @ 224,
        /// The peer's window in bytes.
        snd_wnd: u32 @ 228,
        /// This end's window in bytes (Linux 6.2).
        rcv_wnd: u32 @ 232,
        /// Changes of the transmit hash (Linux 6.2).
        rehash: u32 @ 236,
        /// Retransmission timeouts (Linux 6.7).
        total_rto: u16 @ 240,
        /// Recoveries from them (Linux 6.7).
        total_rto_recoveries: u16 @ 242,
        /// Milliseconds spent in them (Linux 6.7).
        total_rto_time: u32 @ 244,
    }
}

by_offset! {
    /// `struct mptcp_info` (include/uapi/linux/mptcp.h).
    MptcpInfo {
        /// Subflows besides the first.
        subflows: u8 @ 0,
        /// Addresses announced.
        add_addr_signal: u8 @ 1,
        /// Addresses accepted.
        add_addr_accepted: u8 @ 2,
        /// Limit of subflows.
        subflows_max: u8 @ 3,
        /// Limit of addresses announced.
        add_addr_signal_max: u8 @ 4,
        /// Limit of addresses accepted.
        add_addr_accepted_max: u8 @ 5,
        /// `MPTCP_INFO_FLAG_*`
        flags: u32 @ 8,
        /// Token of the connection.
        token: u32 @ 12,
        /// Next sequence number to be written.
        write_seq: u64 @ 16,
        /// First sequence number that was not acknowledged.
        snd_una: u64 @ 24,
        /// Next sequence number to be received.
        rcv_nxt: u64 @ 32,
        /// Addresses of this end in use.
        local_addr_used: u8 @ 40,
        /// Limit of those.
        local_addr_max: u8 @ 41,
        /// Checksums are used.
        csum_enabled: u8 @ 42,
        /// Retransmissions (Linux 6.5, as the next).
        retransmits: u32 @ 44,
        /// Bytes that were sent again.
        bytes_retrans: u64 @ 48,
        /// Bytes that were sent.
        bytes_sent: u64 @ 56,
        /// Bytes that were received.
        bytes_received: u64 @ 64,
        /// Bytes that were acknowledged.
        bytes_acked: u64 @ 72,
        /// Subflows, the first among them (Linux 6.8).
        subflows_total: u8 @ 80,
        /// Milliseconds since data was sent (Linux 6.10, as the next).
        last_data_sent: u32 @ 84,
        /// Milliseconds since data came.
        last_data_recv: u32 @ 88,
        /// Milliseconds since an acknowledgement came.
        last_ack_recv: u32 @ 92,
    }
}

by_offset! {
    /// `struct sctp_info` (include/uapi/linux/sctp.h), as far as lists of sockets show it.
    SctpInfo {
        /// Tag of this end.
        tag: u32 @ 0,
        /// `SCTP_STATE_*`
        state: u32 @ 4,
        /// The peer's window in bytes.
        rwnd: u32 @ 8,
        /// Chunks that were not acknowledged.
        unackdata: u16 @ 12,
        /// Chunks that wait.
        penddata: u16 @ 14,
        /// Streams in.
        instrms: u16 @ 16,
        /// Streams out.
        outstrms: u16 @ 18,
        /// Bytes after which messages are split.
        fragmentation_point: u32 @ 20,
        /// Chunks in the input queue.
        inqueue: u32 @ 24,
        /// Chunks in the output queue.
        outqueue: u32 @ 28,
        /// Errors in a row.
        overall_error: u32 @ 32,
        /// Most packets sent at once.
        max_burst: u32 @ 36,
        /// Most bytes of a segment.
        maxseg: u32 @ 40,
        /// The peer's window in bytes, as announced.
        peer_rwnd: u32 @ 44,
        /// Tag of the other end.
        peer_tag: u32 @ 48,
        /// Abilities of the other end.
        peer_capable: u8 @ 52,
        /// It wants selective acknowledgements.
        peer_sack: u8 @ 53,
        /// Seconds after which an idle association closes.
        s_autoclose: u32 @ 344,
        /// Adaptation layer indication.
        s_adaptation_ind: u32 @ 348,
        /// Bytes after which a part is delivered.
        s_pd_point: u32 @ 352,
        /// `SCTP_NODELAY`
        s_nodelay: u8 @ 356,
        /// `SCTP_DISABLE_FRAGMENTS`
        s_disable_fragments: u8 @ 357,
        /// `SCTP_I_WANT_MAPPED_V4_ADDR`
        s_v4mapped: u8 @ 358,
        /// `SCTP_FRAGMENT_INTERLEAVE`
        s_frag_interleave: u8 @ 359,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_where_the_kernel_puts_them() {
        let bytes: Vec<u8> = (0..=255).collect();
        let info = TcpInfo::parse(&bytes[..248]);
        assert_eq!(info.rto, u32::from_ne_bytes([8, 9, 10, 11]));
        assert_eq!(info.snd_wnd, u32::from_ne_bytes([228, 229, 230, 231]));
        assert_eq!(info.pacing_rate, u64::from_ne_bytes([104, 105, 106, 107, 108, 109, 110, 111]));
        let old = TcpInfo::parse(&bytes[..104]);
        assert_eq!((old.total_retrans != 0, old.pacing_rate), (true, 0));
        let mut names = Vec::new();
        old.each(|name, _| names.push(name));
        assert_eq!(names.last(), Some(&"total_retrans"));
        // 56 + 14 * 8 of statistics + 128 of an address + 12 words of the primary path.
        assert_eq!(56 + 14 * 8 + 128 + 12 * 4, 344);
    }

    proptest! {
        #[test]
        fn any_bytes_will_do(bytes: Vec<u8>) {
            TcpInfo::parse(&bytes).each(|_, _| {});
            MptcpInfo::parse(&bytes).each(|_, _| {});
            SctpInfo::parse(&bytes).each(|_, _| {});
        }
    }
}
