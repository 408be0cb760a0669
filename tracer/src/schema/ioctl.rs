//! ioctl(2): the names of its requests, and the forms of the arguments that everyday programs pass. A
//! request without a name is taken apart by the fields of its number.

use super::ioctl_names::*;
use super::types::Len::*;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use super::types::*;
use crate::{records, sets, syscalls};

sets! {
    /// Queue selectors of TCFLSH. include/uapi/asm-generic/termbits-common.h
    TCFLSH_QUEUE "TC"
    choice all: TCIFLUSH = 0, TCOFLUSH = 1, TCIOFLUSH = 2;

    /// Actions of TCXONC. include/uapi/asm-generic/termbits-common.h
    TCXONC_ACTION "TC"
    choice all: TCOOFF = 0, TCOON = 1, TCIOFF = 2, TCION = 3;

    /// Inode flags. include/uapi/linux/fs.h
    FS_FL "FS_"
    bits: FS_SECRM_FL = 1, FS_UNRM_FL = 2, FS_COMPR_FL = 4, FS_SYNC_FL = 8, FS_IMMUTABLE_FL = 0x10, FS_APPEND_FL = 0x20,
          FS_NODUMP_FL = 0x40, FS_NOATIME_FL = 0x80, FS_DIRTY_FL = 0x100, FS_COMPRBLK_FL = 0x200, FS_NOCOMP_FL = 0x400,
          FS_ENCRYPT_FL = 0x800, FS_INDEX_FL = 0x1000, FS_IMAGIC_FL = 0x2000, FS_JOURNAL_DATA_FL = 0x4000,
          FS_NOTAIL_FL = 0x8000, FS_DIRSYNC_FL = 0x10000, FS_TOPDIR_FL = 0x20000, FS_HUGE_FILE_FL = 0x40000,
          FS_EXTENT_FL = 0x80000, FS_VERITY_FL = 0x100000, FS_EA_INODE_FL = 0x200000, FS_EOFBLOCKS_FL = 0x400000,
          FS_NOCOW_FL = 0x800000, FS_DAX_FL = 0x2000000, FS_INLINE_DATA_FL = 0x10000000, FS_PROJINHERIT_FL = 0x20000000,
          FS_CASEFOLD_FL = 0x40000000, FS_RESERVED_FL = 0x80000000;

    /// Modem lines. include/uapi/asm-generic/termios.h
    TIOCM "TIOCM_"
    bits: TIOCM_LE = 1, TIOCM_DTR = 2, TIOCM_RTS = 4, TIOCM_ST = 8, TIOCM_SR = 0x10, TIOCM_CTS = 0x20, TIOCM_CAR = 0x40,
          TIOCM_RNG = 0x80, TIOCM_DSR = 0x100, TIOCM_OUT1 = 0x2000, TIOCM_OUT2 = 0x4000, TIOCM_LOOP = 0x8000;

    /// Interface flags. include/uapi/linux/if.h
    IFF "IFF_"
    bits: IFF_UP = 1, IFF_BROADCAST = 2, IFF_DEBUG = 4, IFF_LOOPBACK = 8, IFF_POINTOPOINT = 0x10, IFF_NOTRAILERS = 0x20,
          IFF_RUNNING = 0x40, IFF_NOARP = 0x80, IFF_PROMISC = 0x100, IFF_ALLMULTI = 0x200, IFF_MASTER = 0x400,
          IFF_SLAVE = 0x800, IFF_MULTICAST = 0x1000, IFF_PORTSEL = 0x2000, IFF_AUTOMEDIA = 0x4000,
          IFF_DYNAMIC = 0x8000, IFF_LOWER_UP = 0x10000, IFF_DORMANT = 0x20000, IFF_ECHO = 0x40000;
}

records! {
    /// struct winsize. include/uapi/asm-generic/termios.h
    WINSIZE 8 { ws_row: 0 2 Uint, ws_col: 2 2 Uint, ws_xpixel: 4 2 Uint, ws_ypixel: 6 2 Uint }
    /// struct file_clone_range. include/uapi/linux/fs.h
    CLONE_RANGE 32 same { src_fd: 0 8 Fd, src_offset: 8 8 Ulong, src_length: 16 8 Ulong, dest_offset: 24 8 Ulong }
    /// struct fstrim_range. include/uapi/linux/fs.h
    FSTRIM 24 same { start: 0 8 Hex, len: 8 8 Hex, minlen: 16 8 Hex }
}

/// The request, whatever its form.
const CMD: Ty = Special(S::IoctlCmd);

syscalls! { pub IOCTL_CALL:
    ioctl [16 54 29] (fd: Fd, request: CMD, argp: Special(S::IoctlArg)) -> Int, DESC, does [Controls(fd, request)],
        by request {
            TCGETS                      => (fd: Fd, request: CMD, argp: Out(&Special(S::Termios)))   -> Int, harmless "a terminal";
            TCSETS | TCSETSW | TCSETSF  => (fd: Fd, request: CMD, argp: Special(S::Termios))         -> Int, harmless "a terminal";
            TCGETS2                     => (fd: Fd, request: CMD, argp: Out(&Special(S::Termios2)))  -> Int, harmless "a terminal";
            TCSETS2 | TCSETSW2 | TCSETSF2 => (fd: Fd, request: CMD, argp: Special(S::Termios2))      -> Int, harmless "a terminal";
            TIOCGWINSZ                  => (fd: Fd, request: CMD, argp: Out(&Rec(&WINSIZE)))            -> Int, harmless "a terminal";
            TIOCSWINSZ                  => (fd: Fd, request: CMD, argp: Rec(&WINSIZE))                  -> Int, harmless "a terminal";
            TIOCGPGRP                   => (fd: Fd, request: CMD, argp: Out(&Ptr(&Pgid)))               -> Int, harmless "a terminal";
            TIOCGSID                    => (fd: Fd, request: CMD, argp: Out(&Ptr(&Sid)))                -> Int, harmless "a terminal";
            TIOCSPGRP                   => (fd: Fd, request: CMD, argp: Ptr(&Pgid))                     -> Int, harmless "a terminal";
            FIONREAD | TIOCOUTQ | SIOCOUTQNSD | TIOCGETD | TIOCGPTN | TIOCGPTLCK | TIOCGPKT | TIOCGEXCL
            | SIOCATMARK | FIOGETOWN | SIOCGPGRP | BLKROGET | BLKSSZGET | BLKPBSZGET | BLKIOMIN | BLKIOOPT | BLKALIGNOFF
                                        => (fd: Fd, request: CMD, argp: Out(&Ptr(&Int)))                -> Int, harmless "asks what a descriptor is, or has";
            FIONBIO | FIOASYNC | TIOCSPTLCK | TIOCPKT | TIOCSETD | FIOSETOWN | SIOCSPGRP
                                        => (fd: Fd, request: CMD, argp: Ptr(&Int))                      -> Int, harmless "how a descriptor is waited for";
            BLKROSET                    => (fd: Fd, request: CMD, argp: Ptr(&Int))                      -> Int, gap "a disk or file system is another, or stands still, for all who use it";
            TIOCMGET                    => (fd: Fd, request: CMD, argp: Out(&Ptr(&Set32(&TIOCM))))      -> Int, harmless "a terminal";
            TIOCMSET | TIOCMBIS | TIOCMBIC => (fd: Fd, request: CMD, argp: Ptr(&Set32(&TIOCM)))         -> Int, harmless "a terminal";
            TCFLSH                      => (fd: Fd, request: CMD, argp: Set(&TCFLSH_QUEUE))             -> Int, harmless "a terminal";
            TCXONC                      => (fd: Fd, request: CMD, argp: Set(&TCXONC_ACTION))            -> Int, harmless "a terminal";
            TCSBRK | TCSBRKP | TIOCSCTTY => (fd: Fd, request: CMD, argp: Int)                           -> Int, harmless "a terminal";
            TIOCSTI                     => (fd: Fd, request: CMD, argp: Bytes(Fixed(1)))                -> Int,
                gap "it is as if it had been typed: whoever reads the terminal carries it out";
            FIOCLEX | FIONCLEX | TIOCEXCL | TIOCNXCL | TIOCNOTTY | TIOCSBRK | TIOCCBRK | TIOCCONS | TIOCVHANGUP
            | PERF_EVENT_IOC_ENABLE | PERF_EVENT_IOC_DISABLE | PERF_EVENT_IOC_RESET
                                        => (fd: Fd, request: CMD)                                       -> Int, harmless "a flag of a descriptor, a terminal, a counter";
            BLKRRPART | BLKFLSBUF | FIFREEZE | FITHAW
                                        => (fd: Fd, request: CMD)                                       -> Int, gap "a disk or file system is another, or stands still, for all who use it";
            TIOCGPTPEER                 => (fd: Fd, request: CMD, argp: Hex)                            -> Fd, harmless "a terminal";
            FICLONE                     => (fd: Fd, request: CMD, argp: Fd)                             -> Int, does [Rewrites(fd)];
            FICLONERANGE                => (fd: Fd, request: CMD, argp: Rec(&CLONE_RANGE))              -> Int, does [Rewrites(fd)];
            FITRIM                      => (fd: Fd, request: CMD, argp: InOut(&Rec(&FSTRIM)))           -> Int, harmless "what belongs to no file";
            FS_IOC_GETFLAGS             => (fd: Fd, request: CMD, argp: Out(&Ptr(&Set32(&FS_FL))))      -> Int, harmless "asks for flags";
            FS_IOC_SETFLAGS             => (fd: Fd, request: CMD, argp: Ptr(&Set32(&FS_FL)))            -> Int, does [Changes(Attributes, fd, Itself)];
            BLKGETSIZE                  => (fd: Fd, request: CMD, argp: Out(&Ptr(&Ulong)))              -> Int, harmless "asks for a size";
            BLKGETSIZE64                => (fd: Fd, request: CMD, argp: Out(&Ptr(&Wide(&Ulong))))       -> Int, harmless "asks for a size";
            SIOCGIFFLAGS | SIOCGIFADDR | SIOCGIFDSTADDR | SIOCGIFBRDADDR | SIOCGIFNETMASK | SIOCGIFMETRIC | SIOCGIFMTU
            | SIOCGIFHWADDR | SIOCGIFINDEX | SIOCGIFTXQLEN | SIOCGIFNAME | SIOCGIFMAP | SIOCGIFSLAVE
                                        => (fd: Fd, request: CMD, argp: Special(S::Ifreq))   -> Int, harmless "asks for an interface";
            SIOCSIFFLAGS | SIOCSIFADDR | SIOCSIFDSTADDR | SIOCSIFBRDADDR | SIOCSIFNETMASK | SIOCSIFMETRIC | SIOCSIFMTU
            | SIOCSIFHWADDR | SIOCSIFTXQLEN | SIOCSIFNAME | SIOCSIFSLAVE
                                        => (fd: Fd, request: CMD, argp: Special(S::Ifreq))           -> Int, gap "an interface of the machine is another from now on";
            SIOCGIFCONF                 => (fd: Fd, request: CMD, argp: Special(S::Ifconf))  -> Int, harmless "asks for interfaces";
            FS_IOC_FSSETXATTR | FS_IOC_SETVERSION | FS_IOC32_SETFLAGS | FS_IOC32_SETVERSION | FS_IOC_ENABLE_VERITY
            | FS_IOC_SET_ENCRYPTION_POLICY | FAT_IOCTL_SET_ATTRIBUTES
                                        => (fd: Fd, request: CMD, argp: Special(S::IoctlArg)) -> Int, does [Changes(Attributes, fd, Itself)];
            FIBMAP | FIGETBSZ | FIQSIZE | FS_IOC_FIEMAP | FS_IOC_FSGETXATTR | FS_IOC_GETVERSION | FS_IOC_MEASURE_VERITY
            | FS_IOC_GETFSLABEL | FIDEDUPERANGE | NS_GET_NSTYPE | NS_GET_OWNER_UID
                                        => (fd: Fd, request: CMD, argp: Special(S::IoctlArg)) -> Int, harmless "leaves the file as it was";
            NS_GET_USERNS | NS_GET_PARENT => (fd: Fd, request: CMD)                                       -> Fd, harmless "asks how namespaces belong together";
            USERFAULTFD_IOC_NEW         => (fd: Fd, request: CMD, argp: Special(S::IoctlArg)) -> Int,
                gap "memory may change between what is seen of it and what a call reads";
        };
}

/// Whether a request that no form knows may change interfaces, routes or neighbours of the machine: one of sockets that does not say
/// that it asks, one that sets a tunnel (include/uapi/linux/sockios.h, wireless.h, if_tun.h).
pub fn changes_network(request: u64) -> bool {
    const QUERIES: [&str; 2] = ["SIOCBONDSLAVEINFOQUERY", "SIOCBONDINFOQUERY"];
    let request = request & 0xffff_ffff;
    let name = IOCTL.name_of(request).unwrap_or_default();
    match request >> 8 & 0xff {
        0x89 => !name.starts_with("SIOCG") && !QUERIES.contains(&name),
        // What asks is odd.
        0x8b => request & 1 == 0,
        _ => name.starts_with("TUNSET"),
    }
}

#[cfg(test)]
mod tests {
    use super::changes_network;

    #[test]
    fn requests_that_change_the_network() {
        let check = |request, expected| assert_eq!(changes_network(request), expected, "{request:#x}");
        // SIOCADDRT, SIOCETHTOOL, SIOCSARP, SIOCBRADDBR, SIOCDEVPRIVATE + 3, TUNSETPERSIST, SIOCSIWESSID; of 64 bits.
        for request in [0x890b, 0x8946, 0x8955, 0x89a0, 0x89f3, 0x4004_54cb, 0x8b1a, 0xffff_ffff_0000_890b] {
            check(request, true);
        }
        // SIOCGSTAMP_NEW, SIOCGARP, SIOCBONDINFOQUERY, SIOCGIWESSID, TUNGETIFF, TCGETS.
        for request in [0x8010_8906, 0x8954, 0x8994, 0x8b1b, 0x8004_54d2, 0x5401] {
            check(request, false);
        }
    }
}
