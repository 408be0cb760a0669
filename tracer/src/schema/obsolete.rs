//! x86's own calls, and those that kernels have no longer or never had; all are shown, few need more than numbers.

use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use super::types::*;
use crate::{records, syscalls};

records! {
    /// struct __sysctl_args. include/uapi/linux/sysctl.h
    SYSCTL 80 { name: 0 8 Addr, nlen: 8 4 Int, oldval: 16 8 Addr, oldlenp: 24 8 Addr, newval: 32 8 Addr, newlen: 40 8 Ulong, unused: 48 32 Hidden }
}

syscalls! { pub OBSOLETE harmless "no kernel of today carries it out":
    modify_ldt      [154 123 _]   (func: Int, ptr: Special(S::UserDesc), bytecount: Ulong)      -> Long, 0, harmless "segments of the process itself";
    set_thread_area [205 243 _]   (u_info: Special(S::UserDesc))                                -> Int, 0, harmless "segments of the process itself";
    get_thread_area [211 244 _]   (u_info: Out(&Special(S::UserDesc)))                          -> Int, 0, harmless "segments of the process itself";
    iopl            [172 110 _]   (level: Int) -> Int, 0, gap "ports of the machine are used without a call";
    ioperm          [173 101 _]   (from: Hex, num: Hex, turn_on: Int) -> Int, 0, gap "ports of the machine are used without a call";
    uretprobe       [335 _ _]     ()                                                            -> Hex, 0;
    uprobe          [336 _ _]     ()                                                            -> Hex, 0;
    uselib          [134 86 _]    (library: Path) -> Int, FILE, does [Opens(library, Implied(0))];
    _sysctl         [156 149 _]   (args: Rec(&SYSCTL))                                          -> Int, 0;
    create_module   [174 127 _]   (name: Hex, size: Hex)                                        -> Long, 0;
    get_kernel_syms [177 130 _]   (table: Hex)                                                  -> Int, 0;
    query_module    [178 167 _]   (name: Hex, which: Hex, buf: Hex, bufsize: Hex, ret: Hex)     -> Int, 0;
    nfsservctl      [180 169 42]  (cmd: Hex, argp: Hex, resp: Hex)                              -> Long, 0;
    getpmsg         [181 188 _]   (fd: Hex, ctlptr: Hex, dataptr: Hex, bandp: Hex, flagsp: Hex) -> Int, NET;
    putpmsg         [182 189 _]   (fd: Hex, ctlptr: Hex, dataptr: Hex, band: Hex, flags: Hex)   -> Int, NET;
    afs_syscall     [183 137 _]   (arg1: Hex, arg2: Hex, arg3: Hex, arg4: Hex, arg5: Hex)       -> Long, 0;
    tuxcall         [184 _ _]     (arg1: Hex, arg2: Hex, arg3: Hex)                             -> Long, 0;
    security        [185 _ _]     (arg1: Hex, arg2: Hex, arg3: Hex)                             -> Long, 0;
    vserver         [236 273 _]   (arg1: Hex, arg2: Hex, arg3: Hex, arg4: Hex, arg5: Hex)       -> Long, 0;
    lookup_dcookie  [212 253 18]  (cookie: Wide(&Ulong), buf: Out(&Bytes(Len::Ret)), len: Ulong)       -> Long, 0;
    epoll_ctl_old   [214 _ _]     (arg1: Hex, arg2: Hex, arg3: Hex, arg4: Hex)                  -> Long, 0;
    epoll_wait_old  [215 _ _]     (arg1: Hex, arg2: Hex, arg3: Hex, arg4: Hex)                  -> Long, 0;
}
