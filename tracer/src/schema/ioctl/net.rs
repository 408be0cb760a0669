//! Requests of sockets and network interfaces.

use super::super::types::Special as S;
use super::super::types::Ty;
use super::super::types::Ty::*;
use super::{INT, TO_INT};
use crate::{records, requests, sets};

/// struct ifreq, of which the request says what it holds.
const IFREQ: Ty = Special(S::Ifreq);

sets! {
    /// Interface flags. include/uapi/linux/if.h
    IFF "IFF_"
    bits: IFF_UP = 1, IFF_BROADCAST = 2, IFF_DEBUG = 4, IFF_LOOPBACK = 8, IFF_POINTOPOINT = 0x10, IFF_NOTRAILERS = 0x20,
          IFF_RUNNING = 0x40, IFF_NOARP = 0x80, IFF_PROMISC = 0x100, IFF_ALLMULTI = 0x200, IFF_MASTER = 0x400,
          IFF_SLAVE = 0x800, IFF_MULTICAST = 0x1000, IFF_PORTSEL = 0x2000, IFF_AUTOMEDIA = 0x4000,
          IFF_DYNAMIC = 0x8000, IFF_LOWER_UP = 0x10000, IFF_DORMANT = 0x20000, IFF_ECHO = 0x40000;
}

records! {
    /// struct ifreq of a bridge, which has the number of another interface. include/uapi/linux/if.h
    BRIDGED 40 same { ifr_ifindex: 16 4 Uint }
}

requests! {
    /// include/uapi/asm-generic/sockios.h, linux/sockios.h
    NET:
    FIOSETOWN = 0x8901 => INT, harmless "how a descriptor is waited for";
    SIOCSPGRP = 0x8902 => INT, harmless "how a descriptor is waited for";
    FIOGETOWN = 0x8903 => TO_INT, harmless "asks what a descriptor is, or has";
    SIOCGPGRP = 0x8904 => TO_INT, harmless "asks what a descriptor is, or has";
    SIOCATMARK = 0x8905 => TO_INT, harmless "asks what a descriptor is, or has";
    SIOCGSTAMP_OLD = 0x8906 => Addr;
    SIOCGSTAMP_NEW = 0x80108906 => Addr;
    SIOCGSTAMPNS_OLD = 0x8907 => Addr;
    SIOCGSTAMPNS_NEW = 0x80108907 => Addr;
    SIOCADDRT = 0x890b => Addr;
    SIOCDELRT = 0x890c => Addr;
    SIOCRTMSG = 0x890d => Addr;
    SIOCGIFNAME = 0x8910 => IFREQ, harmless "asks for an interface";
    SIOCSIFLINK = 0x8911 => Addr;
    SIOCGIFCONF = 0x8912 => Special(S::Ifconf), harmless "asks for interfaces";
    SIOCGIFFLAGS = 0x8913 => IFREQ, harmless "asks for an interface";
    SIOCSIFFLAGS = 0x8914 => IFREQ, gap "an interface of the machine is another from now on";
    SIOCGIFADDR = 0x8915 => IFREQ, harmless "asks for an interface";
    SIOCSIFADDR = 0x8916 => IFREQ, gap "an interface of the machine is another from now on";
    SIOCGIFDSTADDR = 0x8917 => IFREQ, harmless "asks for an interface";
    SIOCSIFDSTADDR = 0x8918 => IFREQ, gap "an interface of the machine is another from now on";
    SIOCGIFBRDADDR = 0x8919 => IFREQ, harmless "asks for an interface";
    SIOCSIFBRDADDR = 0x891a => IFREQ, gap "an interface of the machine is another from now on";
    SIOCGIFNETMASK = 0x891b => IFREQ, harmless "asks for an interface";
    SIOCSIFNETMASK = 0x891c => IFREQ, gap "an interface of the machine is another from now on";
    SIOCGIFMETRIC = 0x891d => IFREQ, harmless "asks for an interface";
    SIOCSIFMETRIC = 0x891e => IFREQ, gap "an interface of the machine is another from now on";
    SIOCGIFMEM = 0x891f => Addr;
    SIOCSIFMEM = 0x8920 => Addr;
    SIOCGIFMTU = 0x8921 => IFREQ, harmless "asks for an interface";
    SIOCSIFMTU = 0x8922 => IFREQ, gap "an interface of the machine is another from now on";
    SIOCSIFNAME = 0x8923 => IFREQ, gap "an interface of the machine is another from now on";
    SIOCSIFHWADDR = 0x8924 => IFREQ, gap "an interface of the machine is another from now on";
    SIOCGIFENCAP = 0x8925 => TO_INT;
    SIOCSIFENCAP = 0x8926 => INT;
    SIOCADDMULTI = 0x8931 => IFREQ, gap "an interface of the machine is another from now on";
    SIOCDELMULTI = 0x8932 => IFREQ, gap "an interface of the machine is another from now on";
    SIOCSIFHWBROADCAST = 0x8937 => IFREQ, gap "an interface of the machine is another from now on";
    SIOCSIFMAP = 0x8971 => IFREQ, gap "an interface of the machine is another from now on";
    SIOCBRADDBR = 0x89a0 => Of(17, &Chars), gap "an interface of the machine is another from now on";
    SIOCBRDELBR = 0x89a1 => Of(17, &Chars), gap "an interface of the machine is another from now on";
    SIOCBRADDIF = 0x89a2 => Rec(&BRIDGED), gap "an interface of the machine is another from now on";
    SIOCBRDELIF = 0x89a3 => Rec(&BRIDGED), gap "an interface of the machine is another from now on";
    SIOCGIFHWADDR = 0x8927 => IFREQ, harmless "asks for an interface";
    SIOCGIFSLAVE = 0x8929 => IFREQ, harmless "asks for an interface";
    SIOCSIFSLAVE = 0x8930 => IFREQ, gap "an interface of the machine is another from now on";
    SIOCGIFINDEX = 0x8933 => IFREQ, harmless "asks for an interface";
    SIOCSIFPFLAGS = 0x8934 => Addr;
    SIOCGIFPFLAGS = 0x8935 => Addr;
    SIOCDIFADDR = 0x8936 => Addr;
    SIOCGIFCOUNT = 0x8938 => Addr;
    SIOCGIFBR = 0x8940 => Addr;
    SIOCSIFBR = 0x8941 => Addr;
    SIOCGIFTXQLEN = 0x8942 => IFREQ, harmless "asks for an interface";
    SIOCSIFTXQLEN = 0x8943 => IFREQ, gap "an interface of the machine is another from now on";
    SIOCETHTOOL = 0x8946 => Addr;
    SIOCGMIIPHY = 0x8947 => Addr;
    SIOCGMIIREG = 0x8948 => Addr;
    SIOCSMIIREG = 0x8949 => Addr;
    SIOCWANDEV = 0x894a => Addr;
    SIOCOUTQNSD = 0x894b => TO_INT, harmless "asks what a descriptor is, or has";
    SIOCGSKNS = 0x894c => Addr;
    SIOCDARP = 0x8953 => Addr;
    SIOCGARP = 0x8954 => Addr;
    SIOCSARP = 0x8955 => Addr;
    SIOCDRARP = 0x8960 => Addr;
    SIOCGRARP = 0x8961 => Addr;
    SIOCSRARP = 0x8962 => Addr;
    SIOCGIFMAP = 0x8970 => IFREQ, harmless "asks for an interface";
    SIOCADDDLCI = 0x8980 => Addr;
    SIOCDELDLCI = 0x8981 => Addr;
    SIOCGIFVLAN = 0x8982 => Addr;
    SIOCSIFVLAN = 0x8983 => Addr;
    SIOCBONDENSLAVE = 0x8990 => Addr;
    SIOCBONDRELEASE = 0x8991 => Addr;
    SIOCBONDSETHWADDR = 0x8992 => Addr;
    SIOCBONDSLAVEINFOQUERY = 0x8993 => Addr;
    SIOCBONDINFOQUERY = 0x8994 => Addr;
    SIOCBONDCHANGEACTIVE = 0x8995 => Addr;
    SIOCSHWTSTAMP = 0x89b0 => Addr;
    SIOCGHWTSTAMP = 0x89b1 => Addr;
}
