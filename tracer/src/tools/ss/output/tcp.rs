//! What TCP, MPTCP and SCTP know of a connection (`-i`).

use super::number::{general, millis, rate};
use super::row::{SocketRow, sctp_state, v6_text};
use crate::system::sockets::{Control, Inet, Info, Md5Key, MptcpInfo, SctpInfo, State, Subflow, TcpInfo, Tls, Ulp};
use std::net::IpAddr;

/// Bits of `tcpi_options`.
mod option {
    pub const TIMESTAMPS: u8 = 1;
    pub const SACK: u8 = 2;
    pub const WSCALE: u8 = 4;
    pub const ECN: u8 = 8;
    pub const ECN_SEEN: u8 = 16;
    pub const SYN_DATA: u8 = 32;
}

impl SocketRow<'_> {
    /// Everything behind the memory.
    pub(super) fn info(&mut self, inet: &Inet) {
        for (title, addresses) in [("locals", &inet.locals), ("peers", &inet.peers)] {
            for (i, address) in addresses.iter().enumerate() {
                match i {
                    0 => self.text(format_args!(" {title}:")),
                    _ => self.text(format_args!(",")),
                }
                self.address(*address);
            }
        }
        match &inet.info {
            Some(Info::Tcp(info)) => self.tcp(inet, info),
            Some(Info::Mptcp(info)) => self.mptcp(info),
            Some(Info::Sctp(info)) => self.sctp(info),
            None => {}
        }
        for (i, key) in inet.md5.iter().enumerate() {
            self.text(format_args!("{}", if i == 0 { " md5keys:" } else { "," }));
            self.md5(key);
        }
        if let Some(ulp) = &inet.ulp {
            self.ulp(ulp);
        }
    }

    fn address(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(v4) => self.text(format_args!("{v4}")),
            IpAddr::V6(v6) => self.text(format_args!("{}", v6_text(v6))),
        }
    }

    /// The key is a secret: its length stands for it.
    fn md5(&mut self, key: &Md5Key) {
        self.address(key.address);
        self.text(format_args!("/{}=({} bytes)", key.prefix, key.key.len()));
    }

    /// ` name:value`, unless it is 0.
    fn count(&mut self, name: &str, value: impl Into<u64>) {
        let value = value.into();
        if value != 0 {
            self.text(format_args!(" {name}:{value}"));
        }
    }

    /// ` name:value` of µs in milliseconds, unless it is 0.
    fn millis(&mut self, name: &str, micros: u32) {
        if micros != 0 {
            self.text(format_args!(" {name}:{}", millis(micros)));
        }
    }

    fn flag(&mut self, name: &str, set: bool) {
        if set {
            self.text(format_args!(" {name}"));
        }
    }

    fn bits(&mut self, name: &str, bytes: f64) {
        let rate = rate(bytes, self.list.show.numeric);
        self.text(format_args!("{name}{rate}bps"));
    }

    fn tcp(&mut self, inet: &Inet, info: &TcpInfo) {
        let has = |bit: u8| info.options & bit != 0;
        if self.list.show.timers {
            self.flag("ts", has(option::TIMESTAMPS));
            self.flag("sack", has(option::SACK));
            self.flag("ecn", has(option::ECN));
            self.flag("ecnseen", has(option::ECN_SEEN));
            self.flag("fastopen", has(option::SYN_DATA));
        }
        if let Some(name) = inet.congestion.as_deref().filter(|name| !name.is_empty()) {
            self.text(format_args!(" "));
            self.name(name);
        }
        if has(option::WSCALE) {
            self.text(format_args!(" wscale:{},{}", info.wscale & 15, info.wscale >> 4));
        }
        if info.rto != 3_000_000 {
            self.millis("rto", info.rto);
        }
        self.count("backoff", info.backoff);
        if info.rtt != 0 {
            self.text(format_args!(" rtt:{}/{}", millis(info.rtt), millis(info.rttvar)));
        }
        self.millis("ato", info.ato);
        self.count("mss", info.snd_mss);
        self.count("pmtu", info.pmtu);
        self.count("rcvmss", info.rcv_mss);
        self.count("advmss", info.advmss);
        self.count("cwnd", info.snd_cwnd);
        if info.snd_ssthresh < 0xffff {
            self.count("ssthresh", info.snd_ssthresh);
        }
        self.count("bytes_sent", info.bytes_sent);
        self.count("bytes_retrans", info.bytes_retrans);
        self.count("bytes_acked", info.bytes_acked);
        self.count("bytes_received", info.bytes_received);
        self.count("segs_out", info.segs_out);
        self.count("segs_in", info.segs_in);
        self.count("data_segs_out", info.data_segs_out);
        self.count("data_segs_in", info.data_segs_in);
        self.control(inet.control);
        self.tcp_rates(inet, info);
        self.tcp_losses(info);
    }

    fn control(&mut self, control: Option<Control>) {
        match control {
            Some(Control::Dctcp { enabled: true, ce_state, alpha, ab_ecn, ab_tot }) => {
                self.text(format_args!(" dctcp:(ce_state:{ce_state},alpha:{alpha},ab_ecn:{ab_ecn},ab_tot:{ab_tot})"));
            }
            Some(Control::Dctcp { .. }) => self.text(format_args!(" dctcp:fallback_mode")),
            Some(Control::Bbr { bandwidth, min_rtt, pacing_gain, cwnd_gain }) => {
                self.bits(" bbr:(bw:", bandwidth as f64 * 8.0);
                self.text(format_args!(",mrtt:{}", millis(min_rtt)));
                for (name, gain) in [("pacing_gain", pacing_gain), ("cwnd_gain", cwnd_gain)] {
                    if gain != 0 {
                        self.text(format_args!(",{name}:{}", general(f64::from(gain) / 256.0, 6)));
                    }
                }
                self.text(format_args!(")"));
            }
            Some(Control::Vegas { .. }) | None => {}
        }
    }

    fn tcp_rates(&mut self, inet: &Inet, info: &TcpInfo) {
        let rtt = match inet.control {
            Some(Control::Vegas { enabled: true, rtt }) if rtt != 0 && rtt != 0x7fff_ffff => rtt,
            _ => info.rtt,
        };
        if rtt > 0 && info.snd_mss > 0 && info.snd_cwnd > 0 {
            let bps = f64::from(info.snd_cwnd) * f64::from(info.snd_mss) * 8_000_000.0 / f64::from(rtt);
            self.bits(" send ", bps);
        }
        self.count("lastsnd", info.last_data_sent);
        self.count("lastrcv", info.last_data_recv);
        self.count("lastack", info.last_ack_recv);
        let limited = |rate: u64| rate != 0 && rate != u64::MAX;
        if limited(info.pacing_rate) {
            self.bits(" pacing_rate ", info.pacing_rate as f64 * 8.0);
            if limited(info.max_pacing_rate) {
                self.bits("/", info.max_pacing_rate as f64 * 8.0);
            }
        }
        if info.delivery_rate != 0 {
            self.bits(" delivery_rate ", info.delivery_rate as f64 * 8.0);
        }
        self.count("delivered", info.delivered);
        self.count("delivered_ce", info.delivered_ce);
        self.flag("app_limited", info.limits & 1 != 0);
        if info.busy_time != 0 {
            self.text(format_args!(" busy:{}ms", info.busy_time / 1000));
            for (name, time) in [("rwnd_limited", info.rwnd_limited), ("sndbuf_limited", info.sndbuf_limited)] {
                if time != 0 {
                    let share = 100.0 * time as f64 / info.busy_time as f64;
                    self.text(format_args!(" {name}:{}ms({share:.1}%)", time / 1000));
                }
            }
        }
    }

    fn tcp_losses(&mut self, info: &TcpInfo) {
        self.count("unacked", info.unacked);
        if info.retrans != 0 || info.total_retrans != 0 {
            self.text(format_args!(" retrans:{}/{}", info.retrans, info.total_retrans));
        }
        self.count("lost", info.lost);
        if self.socket.state != State::LISTEN {
            self.count("sacked", info.sacked);
        }
        self.count("dsack_dups", info.dsack_dups);
        self.count("fackets", info.fackets);
        if info.reordering != 3 {
            self.text(format_args!(" reordering:{}", info.reordering as i32));
        }
        self.count("reord_seen", info.reord_seen);
        self.millis("rcv_rtt", info.rcv_rtt);
        self.count("rcv_space", info.rcv_space);
        self.count("rcv_ssthresh", info.rcv_ssthresh);
        self.count("notsent", info.notsent_bytes);
        if info.min_rtt != u32::MAX {
            self.millis("minrtt", info.min_rtt);
        }
        self.count("rcv_ooopack", info.rcv_ooopack);
        self.count("snd_wnd", info.snd_wnd);
        self.count("rcv_wnd", info.rcv_wnd);
        self.count("rehash", info.rehash);
    }

    fn mptcp(&mut self, info: &MptcpInfo) {
        self.count("subflows", info.subflows);
        self.count("add_addr_signal", info.add_addr_signal);
        self.count("add_addr_accepted", info.add_addr_accepted);
        self.count("subflows_max", info.subflows_max);
        self.count("add_addr_signal_max", info.add_addr_signal_max);
        self.count("add_addr_accepted_max", info.add_addr_accepted_max);
        self.flag("fallback", info.flags & 1 != 0);
        self.flag("remote_key", info.flags & 2 != 0);
        if info.token != 0 {
            self.text(format_args!(" token:{:x}", info.token));
        }
        self.count("write_seq", info.write_seq);
        self.count("snd_una", info.snd_una);
        self.count("rcv_nxt", info.rcv_nxt);
        self.count("local_addr_used", info.local_addr_used);
        self.count("local_addr_max", info.local_addr_max);
        self.flag("csum_enabled", info.csum_enabled != 0);
        for (name, value) in [
            ("retransmits", u64::from(info.retransmits)),
            ("bytes_retrans", info.bytes_retrans),
            ("bytes_sent", info.bytes_sent),
            ("bytes_received", info.bytes_received),
            ("bytes_acked", info.bytes_acked),
            ("subflows_total", info.subflows_total.into()),
            ("last_data_sent", info.last_data_sent.into()),
            ("last_data_recv", info.last_data_recv.into()),
            ("last_ack_recv", info.last_ack_recv.into()),
        ] {
            self.count(name, value);
        }
    }

    fn sctp(&mut self, info: &SctpInfo) {
        let tag = |row: &mut Self, name: &str, value: u32| {
            if value != 0 {
                row.text(format_args!(" {name}:{value:x}"));
            }
        };
        tag(self, "tag", info.tag);
        if info.state != 0 {
            self.text(format_args!(" state:{}", sctp_state(u8::try_from(info.state).unwrap_or(u8::MAX))));
        }
        self.count("rwnd", info.rwnd);
        self.count("unackdata", info.unackdata);
        self.count("penddata", info.penddata);
        self.count("instrms", info.instrms);
        self.count("outstrms", info.outstrms);
        self.count("inqueue", info.inqueue);
        self.count("outqueue", info.outqueue);
        self.count("overerr", info.overall_error);
        self.count("maxburst", info.max_burst);
        self.count("maxseg", info.maxseg);
        self.count("prwnd", info.peer_rwnd);
        tag(self, "ptag", info.peer_tag);
        self.count("pcapable", info.peer_capable);
        self.count("psack", info.peer_sack);
        self.count("autoclose", info.s_autoclose);
        self.count("adapind", info.s_adaptation_ind);
        self.count("pdpoint", info.s_pd_point);
        self.count("nodelay", info.s_nodelay);
        self.count("nofrag", info.s_disable_fragments);
        self.count("v4mapped", info.s_v4mapped);
        self.count("fraginl", info.s_frag_interleave);
    }

    fn ulp(&mut self, ulp: &Ulp) {
        if let Some(name) = &ulp.name {
            self.text(format_args!(" tcp-ulp-"));
            self.name(name);
        }
        if let Some(tls) = &ulp.tls {
            self.tls(tls);
        }
        if let Some(subflow) = &ulp.subflow {
            self.subflow(subflow);
        }
    }

    fn tls(&mut self, tls: &Tls) {
        match tls.version {
            None => {}
            Some(0x0303) => self.text(format_args!(" version: 1.2")),
            Some(0x0304) => self.text(format_args!(" version: 1.3")),
            Some(other) => self.text(format_args!(" version: unknown({other})")),
        }
        match tls.cipher {
            Some(51) => self.text(format_args!(" cipher: aes-gcm-128")),
            Some(52) => self.text(format_args!(" cipher: aes-gcm-256")),
            _ => {}
        }
        for (name, value) in [("rxconf", tls.rx), ("txconf", tls.tx)] {
            match value {
                None => {}
                Some(1) => self.text(format_args!(" {name}: none")),
                Some(2) => self.text(format_args!(" {name}: sw")),
                Some(3) => self.text(format_args!(" {name}: hw")),
                Some(4) => self.text(format_args!(" {name}: hw-record")),
                Some(other) => self.text(format_args!(" {name}: unknown({other})")),
            }
        }
        self.flag("zc_ro_tx", tls.zero_copy);
    }

    fn subflow(&mut self, flow: &Subflow) {
        if let Some(flags) = flow.flags.filter(|&flags| flags != 0) {
            self.text(format_args!(" flags:"));
            for (bit, letter) in "MmJjBbecv".chars().enumerate() {
                if flags & 1 << bit != 0 {
                    self.text(format_args!("{letter}"));
                }
            }
        }
        if let Some([(remote, remote_id), (local, local_id)]) = flow.tokens {
            self.text(format_args!(" token:{remote:04x}(id:{remote_id})/{local:04x}(id:{local_id})"));
        }
        for (name, value) in [
            ("seq", flow.map_seq),
            ("sfseq", flow.map_sfseq.map(u64::from)),
            ("ssnoff", flow.ssn_offset.map(u64::from)),
            ("maplen", flow.map_len.map(u64::from)),
        ] {
            if let Some(value) = value {
                self.text(format_args!(" {name}:{value}"));
            }
        }
    }
}
