//! Memory: mappings, protection, advice, policy, and other processes' memory.

use super::set::arch;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use crate::{records, sets, syscalls};

sets! {
    /// Protection. include/uapi/asm-generic/mman-common.h, arch/arm64/include/uapi/asm/mman.h
    PROT "PROT_"
    bits: PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, PROT_SEM = 8,
          PROT_BTI = arch(u64::MAX, 0x10), PROT_MTE = arch(u64::MAX, 0x20),
          PROT_GROWSDOWN = 0x0100_0000, PROT_GROWSUP = 0x0200_0000;

    /// mmap(2) flags; the size of huge pages stands in the top six bits. include/uapi/asm-generic/mman.h
    MAP "MAP_"
    choice 0xf: MAP_FILE = 0, MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_SHARED_VALIDATE = 3, MAP_DROPPABLE = 8;
    bits: MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_32BIT = arch(0x40, u64::MAX),
          MAP_ABOVE4G = arch(0x80, u64::MAX), MAP_NORESERVE = 0x4000, MAP_POPULATE = 0x8000, MAP_NONBLOCK = 0x10000,
          MAP_GROWSDOWN = 0x100, MAP_DENYWRITE = 0x800, MAP_EXECUTABLE = 0x1000, MAP_LOCKED = 0x2000,
          MAP_STACK = 0x20000, MAP_HUGETLB = 0x40000, MAP_SYNC = 0x80000, MAP_FIXED_NOREPLACE = 0x100000,
          MAP_UNINITIALIZED = 0x4000000;

    /// mremap(2) flags. include/uapi/linux/mman.h
    MREMAP "MREMAP_"
    bits: MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2, MREMAP_DONTUNMAP = 4;

    /// msync(2) flags. include/uapi/asm-generic/mman-common.h
    MS "MS_"
    bits: MS_SYNC = 4, MS_ASYNC = 1, MS_INVALIDATE = 2;

    /// mlockall(2) flags. include/uapi/asm-generic/mman.h
    MCL "MCL_"
    bits: MCL_CURRENT = 1, MCL_FUTURE = 2, MCL_ONFAULT = 4;

    /// mlock2(2) flags. include/uapi/asm-generic/mman-common.h
    MLOCK "MLOCK_"
    bits: MLOCK_ONFAULT = 1;

    /// madvise(2) advice. include/uapi/asm-generic/mman-common.h
    MADV "MADV_"
    choice all: MADV_NORMAL = 0, MADV_RANDOM = 1, MADV_SEQUENTIAL = 2, MADV_WILLNEED = 3, MADV_DONTNEED = 4,
                MADV_FREE = 8, MADV_REMOVE = 9, MADV_DONTFORK = 10, MADV_DOFORK = 11, MADV_MERGEABLE = 12,
                MADV_UNMERGEABLE = 13, MADV_HUGEPAGE = 14, MADV_NOHUGEPAGE = 15, MADV_DONTDUMP = 16, MADV_DODUMP = 17,
                MADV_WIPEONFORK = 18, MADV_KEEPONFORK = 19, MADV_COLD = 20, MADV_PAGEOUT = 21, MADV_POPULATE_READ = 22,
                MADV_POPULATE_WRITE = 23, MADV_DONTNEED_LOCKED = 24, MADV_COLLAPSE = 25, MADV_HWPOISON = 100,
                MADV_SOFT_OFFLINE = 101, MADV_GUARD_INSTALL = 102, MADV_GUARD_REMOVE = 103;

    /// Memory policies. include/uapi/linux/mempolicy.h
    MPOL "MPOL_"
    choice 0xffff_ffff_ffff_1fff: MPOL_DEFAULT = 0, MPOL_PREFERRED = 1, MPOL_BIND = 2, MPOL_INTERLEAVE = 3, MPOL_LOCAL = 4,
                   MPOL_PREFERRED_MANY = 5, MPOL_WEIGHTED_INTERLEAVE = 6;
    bits: MPOL_F_STATIC_NODES = 0x8000, MPOL_F_RELATIVE_NODES = 0x4000, MPOL_F_NUMA_BALANCING = 0x2000;

    /// mbind(2) flags. include/uapi/linux/mempolicy.h
    MPOL_MF "MPOL_MF_"
    bits: MPOL_MF_STRICT = 1, MPOL_MF_MOVE = 2, MPOL_MF_MOVE_ALL = 4, MPOL_MF_LAZY = 8;

    /// get_mempolicy(2) flags. include/uapi/linux/mempolicy.h
    MPOL_F "MPOL_F_"
    bits: MPOL_F_NODE = 1, MPOL_F_ADDR = 2, MPOL_F_MEMS_ALLOWED = 4;

    /// pkey_alloc(2) rights. include/uapi/asm-generic/mman-common.h, arch/arm64/include/uapi/asm/mman.h
    PKEY "PKEY_"
    bits: PKEY_UNRESTRICTED = 0, PKEY_DISABLE_ACCESS = 1, PKEY_DISABLE_WRITE = 2, PKEY_DISABLE_EXECUTE = 4,
          PKEY_DISABLE_READ = arch(u64::MAX, 8);

    /// userfaultfd(2) flags. include/uapi/linux/userfaultfd.h
    UFFD "UFFD_"
    bits: UFFD_USER_MODE_ONLY = 1, O_NONBLOCK = 0o4000, O_CLOEXEC = 0o2000000;

    /// map_shadow_stack(2) flags. include/uapi/asm-generic/mman.h
    SHADOW_STACK "SHADOW_STACK_"
    bits: SHADOW_STACK_SET_TOKEN = 1, SHADOW_STACK_SET_MARKER = 2;
}

records! {
    /// struct iovec of another process, whose elements are not followed. include/uapi/linux/uio.h
    REMOTE 16 { iov_base: 0 8 Addr, iov_len: 8 8 Ulong }
}

syscalls! { pub MEMORY harmless "memory of the process itself":
    mmap            [9 _ 222]     (addr: Addr, length: Ulong, prot: Set(&PROT), flags: Special(S::MmapFlags), fd: Fd, offset: Hex) -> Hex, DESC | MEM, does [Maps(fd, prot, flags)];
    munmap          [11 91 215]   (addr: Addr, length: Ulong)                                   -> Int, MEM;
    mprotect        [10 125 226]  (addr: Addr, len: Ulong, prot: Set(&PROT))                    -> Int, MEM;
    pkey_mprotect   [329 380 288] (addr: Addr, len: Ulong, prot: Set(&PROT), pkey: Int)         -> Int, MEM;
    pkey_alloc      [330 381 289] (flags: Hex, access_rights: Set(&PKEY))                       -> Int, 0;
    pkey_free       [331 382 290] (pkey: Int)                                                   -> Int, 0;
    brk             [12 45 214]   (addr: Addr)                                                  -> Hex, MEM;
    mremap          [25 163 216]  (old_address: Addr, old_size: Ulong, new_size: Ulong, flags: Set(&MREMAP), new_address: When(flags, 6, &Addr)) -> Hex, MEM;
    msync           [26 144 227]  (addr: Addr, length: Ulong, flags: Set32(&MS))                -> Int, MEM;
    mincore         [27 218 232]  (addr: Addr, length: Ulong, vec: Out(&Special(S::Residency(length)))) -> Int, MEM;
    madvise         [28 219 233]  (addr: Addr, length: Ulong, advice: Set32(&MADV))             -> Int, MEM;
    mlock           [149 150 228] (addr: Addr, len: Ulong)                                      -> Int, MEM;
    mlock2          [325 376 284] (addr: Addr, len: Ulong, flags: Set32(&MLOCK))                -> Int, MEM;
    munlock         [150 151 229] (addr: Addr, len: Ulong)                                      -> Int, MEM;
    mlockall        [151 152 230] (flags: Set32(&MCL))                                          -> Int, MEM;
    munlockall      [152 153 231] ()                                                            -> Int, MEM;
    remap_file_pages [216 257 234] (addr: Addr, size: Ulong, prot: Set(&PROT), pgoff: Ulong, flags: Special(S::MmapFlags)) -> Int, MEM, harmless "other pages of what is mapped already";
    mseal           [462 462 462] (addr: Addr, len: Ulong, flags: Hex)                          -> Int, MEM;
    map_shadow_stack [453 453 453] (addr: Addr, size: Ulong, flags: Set32(&SHADOW_STACK))       -> Hex, MEM;
    mbind           [237 274 235] (addr: Addr, len: Ulong, mode: Set(&MPOL), nodemask: Special(S::NodeMask(maxnode)), maxnode: Ulong, flags: Set32(&MPOL_MF)) -> Int, MEM;
    set_mempolicy   [238 276 237] (mode: Set32(&MPOL), nodemask: Special(S::NodeMask(maxnode)), maxnode: Ulong) -> Int, MEM;
    get_mempolicy   [239 275 236] (mode: Out(&Ptr(&Set32(&MPOL))), nodemask: Out(&Special(S::NodeMask(maxnode))), maxnode: Ulong, addr: Addr, flags: Set(&MPOL_F)) -> Int, MEM;
    set_mempolicy_home_node [450 450 450] (start: Addr, len: Ulong, home_node: Ulong, flags: Hex) -> Int, MEM;
    migrate_pages   [256 294 238] (pid: Pid, maxnode: Ulong, old_nodes: Special(S::NodeMask(maxnode)), new_nodes: Special(S::NodeMask(maxnode))) -> Long, MEM;
    move_pages      [279 317 239] (pid: Pid, nr_pages: Ulong, pages: Array(&Addr, nr_pages), nodes: Array(&Int, nr_pages), status: Out(&Special(S::PageStatus(nr_pages))), flags: Set32(&MPOL_MF)) -> Long, MEM;
    process_vm_readv  [310 347 270] (pid: Pid, local_iov: Out(&Iovec(liovcnt)), liovcnt: Ulong, remote_iov: Array(&Rec(&REMOTE), riovcnt), riovcnt: Ulong, flags: Ulong) -> Long, 0, harmless "reads memory, and no file";
    process_vm_writev [311 348 271] (pid: Pid, local_iov: Iovec(liovcnt), liovcnt: Ulong, remote_iov: Array(&Rec(&REMOTE), riovcnt), riovcnt: Ulong, flags: Ulong) -> Long, 0, gap "memory of another process is written";
    process_madvise [440 440 440] (pidfd: Fd, vec: Array(&Rec(&REMOTE), vlen), vlen: Ulong, advice: Set32(&MADV), flags: Hex32) -> Long, DESC, harmless "tells the kernel how another process uses its memory";
    userfaultfd     [323 374 282] (flags: Set32(&UFFD)) -> Fd, DESC, gap "memory may change between what is seen of it and what a call reads";
}
