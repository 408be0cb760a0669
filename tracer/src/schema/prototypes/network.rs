//! sys/socket.h, netdb.h, arpa/inet.h, netinet/, net/if.h, ifaddrs.h, resolv.h: hosts, services and sockets, where libc's function is not the
//! system call of the same name.

use crate::schema::net::{MSG, SOCK};
use crate::schema::protocols::AF;
use crate::schema::time::TIMESPEC;
use crate::schema::types::Len::Ret;
use crate::schema::types::Ty::*;
use crate::{prototypes, records, sets};

sets! {
    /// Flags of getaddrinfo(3). netdb.h
    AI "AI_"
    bits: AI_PASSIVE = 1, AI_CANONNAME = 2, AI_NUMERICHOST = 4, AI_V4MAPPED = 8, AI_ALL = 0x10, AI_ADDRCONFIG = 0x20, AI_IDN = 0x40,
          AI_CANONIDN = 0x80, AI_NUMERICSERV = 0x400;

    /// What getaddrinfo(3) returns. netdb.h
    EAI "#"
    choice all: EAI_BADFLAGS = 0xffff_ffff, EAI_NONAME = 0xffff_fffe, EAI_AGAIN = 0xffff_fffd, EAI_FAIL = 0xffff_fffc,
                EAI_NODATA = 0xffff_fffb, EAI_FAMILY = 0xffff_fffa, EAI_SOCKTYPE = 0xffff_fff9, EAI_SERVICE = 0xffff_fff8,
                EAI_ADDRFAMILY = 0xffff_fff7, EAI_MEMORY = 0xffff_fff6, EAI_SYSTEM = 0xffff_fff5, EAI_OVERFLOW = 0xffff_fff4,
                EAI_INPROGRESS = 0xffff_ff9c, EAI_CANCELED = 0xffff_ff9b, EAI_NOTCANCELED = 0xffff_ff9a, EAI_ALLDONE = 0xffff_ff99,
                EAI_INTR = 0xffff_ff98, EAI_IDN_ENCODE = 0xffff_ff97;
}

records! {
    /// struct addrinfo, as far as it is a question. netdb.h
    ADDRINFO 48 { ai_flags: 0 4 Set32(&AI), ai_family: 4 4 Set32(&AF), ai_socktype: 8 4 Set32(&SOCK), ai_protocol: 12 4 Uint }
}

prototypes! { pub SOCKETS:
    send(fd: Fd, buf: Bytes(len), len: Ulong, flags: Set32(&MSG)) -> Long;
    __send(fd: Fd, buf: Bytes(len), len: Ulong, flags: Set32(&MSG)) -> Long;
    recv(fd: Fd, buf: Out(&Bytes(Ret)), size: Ulong, flags: Set32(&MSG)) -> Long;
    __recv(fd: Fd, buf: Out(&Bytes(Ret)), size: Ulong, flags: Set32(&MSG)) -> Long;
    recvmmsg(fd: Fd, msgvec: Out(&Mmsghdr(Ret)), vlen: Uint, flags: Set32(&MSG), timeout: Rec(&TIMESPEC)) -> Int;
    __sendmmsg(fd: Fd, msgvec: Out(&Mmsghdr(vlen)), vlen: Uint, flags: Set32(&MSG)) -> Int;
    __socket(domain: Set32(&AF), r#type: Set32(&SOCK), protocol: Uint) -> Fd;
    __connect(fd: Fd, addr: Sockaddr(addrlen), addrlen: Int) -> Int;
    sockatmark(fd: Fd) -> Int;
    __cmsg_nxthdr(mhdr: Addr, cmsg: Addr) -> Addr;
    if_nametoindex(ifname: Text) -> Uint;
    if_indextoname(ifindex: Uint, ifname: Addr) -> Text;
    if_nameindex() -> Addr => hands;
    if_freenameindex(ptr: Addr) -> Void;
    getifaddrs(ifap: Out(&Ptr(&Addr))) -> Int => hands;
    freeifaddrs(ifa: Addr) -> Void;
    bindresvport(fd: Fd, sin: Addr) -> Int;
    rresvport(port: InOut(&Ptr(&Int))) -> Fd;
    rresvport_af(port: InOut(&Ptr(&Int)), af: Set32(&AF)) -> Fd;
    rcmd(ahost: Addr, inport: Uint, locuser: Text, remuser: Text, cmd: Text, fd2p: Out(&Ptr(&Fd))) -> Fd;
    rcmd_af(ahost: Addr, inport: Uint, locuser: Text, remuser: Text, cmd: Text, fd2p: Out(&Ptr(&Fd))) -> Fd;
    rexec(ahost: Addr, inport: Int, user: Text, passwd: Text, cmd: Text, fd2p: Out(&Ptr(&Fd))) -> Fd;
    rexec_af(ahost: Addr, inport: Int, user: Text, passwd: Text, cmd: Text, fd2p: Out(&Ptr(&Fd))) -> Fd;
    ruserok(rhost: Text, superuser: Int, ruser: Text, luser: Text) -> Int;
    ruserok_af(rhost: Text, superuser: Int, ruser: Text, luser: Text, af: Set32(&AF)) -> Int;
    iruserok(raddr: Hex32, superuser: Int, ruser: Text, luser: Text) -> Int;
}

prototypes! { pub ADDRESSES:
    htonl(hostlong: Uint) -> Hex32;
    htons(hostshort: Uint) -> Hex32;
    ntohl(netlong: Hex32) -> Uint;
    ntohs(netshort: Hex32) -> Uint;
    inet_addr(cp: Text) -> Hex32;
    inet_aton(cp: Text, inp: Out(&Ptr(&Hex32))) -> Int;
    inet_ntoa(r#in: Hex32) -> Text;
    inet_network(cp: Text) -> Hex32;
    inet_makeaddr(net: Hex32, host: Hex32) -> Hex32;
    inet_lnaof(r#in: Hex32) -> Hex32;
    inet_netof(r#in: Hex32) -> Hex32;
    inet_pton(af: Set32(&AF), src: Text, dst: Addr) -> Int;
    inet_ntop(af: Set32(&AF), src: Addr, dst: Addr, size: Uint) -> Text;
    ether_aton(asc: Text) -> Addr;
    ether_aton_r(asc: Text, addr: Addr) -> Addr;
    ether_ntoa(addr: Addr) -> Text;
    ether_ntoa_r(addr: Addr, buf: Addr) -> Text;
    ether_ntohost(hostname: Out(&Text), addr: Addr) -> Int;
    ether_hostton(hostname: Text, addr: Addr) -> Int;
    ether_line(line: Text, addr: Addr, hostname: Out(&Text)) -> Int;
    getaddrinfo(node: Text, service: Text, hints: Rec(&ADDRINFO), res: Out(&Ptr(&Addr))) -> Set32(&EAI) => hands;
    freeaddrinfo(res: Addr) -> Void;
    gai_strerror(errcode: Set32(&EAI)) -> Text;
    getaddrinfo_a(mode: Int, list: Array(&Addr, nitems), nitems: Int, sevp: Addr) -> Set32(&EAI);
    gai_error(req: Addr) -> Set32(&EAI);
    gai_cancel(req: Addr) -> Set32(&EAI);
    gai_suspend(list: Array(&Addr, nitems), nitems: Int, timeout: Rec(&TIMESPEC)) -> Set32(&EAI);
    getnameinfo(addr: Sockaddr(addrlen), addrlen: Uint, host: Out(&Text), hostlen: Uint, serv: Out(&Text), servlen: Uint) -> Set32(&EAI);
    __h_errno_location() -> Addr;
    hstrerror(err: Int) -> Text;
}

prototypes! { pub NAMES:
    gethostbyname(name: Text) -> Addr;
    gethostbyname2(name: Text, af: Set32(&AF)) -> Addr;
    gethostbyaddr(addr: HexBytes(len), len: Uint, r#type: Set32(&AF)) -> Addr;
    gethostbyname_r(name: Text, ret: Addr, buf: Addr, buflen: Ulong, result: Out(&Ptr(&Addr)), h_errnop: Out(&Ptr(&Int))) -> Int;
    gethostbyname2_r(name: Text, af: Set32(&AF), ret: Addr, buf: Addr, buflen: Ulong, result: Out(&Ptr(&Addr))) -> Int;
    gethostbyaddr_r(addr: HexBytes(len), len: Uint, r#type: Set32(&AF), ret: Addr, buf: Addr, buflen: Ulong) -> Int;
    gethostent() -> Addr;
    gethostent_r(ret: Addr, buf: Addr, buflen: Ulong, result: Out(&Ptr(&Addr)), h_errnop: Out(&Ptr(&Int))) -> Int;
    sethostent(stayopen: Int) -> Void;
    endhostent() -> Void;
    getservbyname(name: Text, proto: Text) -> Addr;
    getservbyport(port: Int, proto: Text) -> Addr;
    getservbyname_r(name: Text, proto: Text, result_buf: Addr, buf: Addr, buflen: Ulong, result: Out(&Ptr(&Addr))) -> Int;
    getservbyport_r(port: Int, proto: Text, result_buf: Addr, buf: Addr, buflen: Ulong, result: Out(&Ptr(&Addr))) -> Int;
    getservent() -> Addr;
    getservent_r(result_buf: Addr, buf: Addr, buflen: Ulong, result: Out(&Ptr(&Addr))) -> Int;
    setservent(stayopen: Int) -> Void;
    endservent() -> Void;
    getprotobyname(name: Text) -> Addr;
    getprotobynumber(proto: Int) -> Addr;
    getprotobyname_r(name: Text, result_buf: Addr, buf: Addr, buflen: Ulong, result: Out(&Ptr(&Addr))) -> Int;
    getprotobynumber_r(proto: Int, result_buf: Addr, buf: Addr, buflen: Ulong, result: Out(&Ptr(&Addr))) -> Int;
    getprotoent() -> Addr;
    getprotoent_r(result_buf: Addr, buf: Addr, buflen: Ulong, result: Out(&Ptr(&Addr))) -> Int;
    setprotoent(stayopen: Int) -> Void;
    endprotoent() -> Void;
    getnetbyname(name: Text) -> Addr;
    getnetbyaddr(net: Hex32, r#type: Set32(&AF)) -> Addr;
    getnetbyname_r(name: Text, result_buf: Addr, buf: Addr, buflen: Ulong, result: Out(&Ptr(&Addr)), h_errnop: Out(&Ptr(&Int))) -> Int;
    getnetbyaddr_r(net: Hex32, r#type: Set32(&AF), result_buf: Addr, buf: Addr, buflen: Ulong, result: Out(&Ptr(&Addr))) -> Int;
    getnetent() -> Addr;
    getnetent_r(result_buf: Addr, buf: Addr, buflen: Ulong, result: Out(&Ptr(&Addr)), h_errnop: Out(&Ptr(&Int))) -> Int;
    setnetent(stayopen: Int) -> Void;
    endnetent() -> Void;
    getrpcbyname(name: Text) -> Addr;
    getrpcbynumber(number: Int) -> Addr;
    getrpcent() -> Addr;
    setrpcent(stayopen: Int) -> Void;
    endrpcent() -> Void;
    __res_init() -> Int;
    __res_ninit(statep: Addr) -> Int;
    __res_nclose(statep: Addr) -> Void;
    __res_state() -> Addr;
    res_query(dname: Text, class: Int, r#type: Int, answer: Addr, anslen: Int) -> Int;
    res_search(dname: Text, class: Int, r#type: Int, answer: Addr, anslen: Int) -> Int;
    res_querydomain(name: Text, domain: Text, class: Int, r#type: Int, answer: Addr, anslen: Int) -> Int;
    res_nquery(statep: Addr, dname: Text, class: Int, r#type: Int, answer: Addr, anslen: Int) -> Int;
    res_nsearch(statep: Addr, dname: Text, class: Int, r#type: Int, answer: Addr, anslen: Int) -> Int;
    res_send(msg: HexBytes(msglen), msglen: Int, answer: Addr, anslen: Int) -> Int;
    res_mkquery(op: Int, dname: Text, class: Int, r#type: Int, data: Addr, datalen: Int) -> Int;
    dn_expand(msg: Addr, eomorig: Addr, comp_dn: Addr, exp_dn: Out(&Text), length: Int) -> Int;
    dn_comp(exp_dn: Text, comp_dn: Addr, length: Int, dnptrs: Addr, lastdnptr: Addr) -> Int;
    dn_skipname(ptr: Addr, eom: Addr) -> Int;
    __dn_expand(msg: Addr, eomorig: Addr, comp_dn: Addr, exp_dn: Out(&Text), length: Int) -> Int;
    __dn_comp(exp_dn: Text, comp_dn: Addr, length: Int, dnptrs: Addr, lastdnptr: Addr) -> Int;
    __dn_skipname(ptr: Addr, eom: Addr) -> Int;
}
