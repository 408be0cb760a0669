//! ptrace(2): the requests that debuggers and tracers make.

use super::types::Special as S;
use super::types::Ty::*;
use crate::{records, selectors, sets, syscalls};

sets! {
    /// Requests. include/uapi/linux/ptrace.h, arch/x86/include/uapi/asm/ptrace-abi.h
    PTRACE "PTRACE_"
    choice all: PTRACE_TRACEME = 0, PTRACE_PEEKTEXT = 1, PTRACE_PEEKDATA = 2, PTRACE_PEEKUSER = 3, PTRACE_POKETEXT = 4,
                PTRACE_POKEDATA = 5, PTRACE_POKEUSER = 6, PTRACE_CONT = 7, PTRACE_KILL = 8, PTRACE_SINGLESTEP = 9,
                PTRACE_GETREGS = 12, PTRACE_SETREGS = 13, PTRACE_GETFPREGS = 14, PTRACE_SETFPREGS = 15,
                PTRACE_ATTACH = 16, PTRACE_DETACH = 17, PTRACE_GETFPXREGS = 18, PTRACE_SETFPXREGS = 19,
                PTRACE_OLDSETOPTIONS = 21, PTRACE_SYSCALL = 24, PTRACE_GET_THREAD_AREA = 25,
                PTRACE_SET_THREAD_AREA = 26, PTRACE_ARCH_PRCTL = 30, PTRACE_SYSEMU = 31, PTRACE_SYSEMU_SINGLESTEP = 32,
                PTRACE_SINGLEBLOCK = 33, PTRACE_SETOPTIONS = 0x4200, PTRACE_GETEVENTMSG = 0x4201,
                PTRACE_GETSIGINFO = 0x4202, PTRACE_SETSIGINFO = 0x4203, PTRACE_GETREGSET = 0x4204,
                PTRACE_SETREGSET = 0x4205, PTRACE_SEIZE = 0x4206, PTRACE_INTERRUPT = 0x4207, PTRACE_LISTEN = 0x4208,
                PTRACE_PEEKSIGINFO = 0x4209, PTRACE_GETSIGMASK = 0x420a, PTRACE_SETSIGMASK = 0x420b,
                PTRACE_SECCOMP_GET_FILTER = 0x420c, PTRACE_SECCOMP_GET_METADATA = 0x420d,
                PTRACE_GET_SYSCALL_INFO = 0x420e, PTRACE_GET_RSEQ_CONFIGURATION = 0x420f,
                PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG = 0x4210, PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG = 0x4211,
                PTRACE_SET_SYSCALL_INFO = 0x4212;

    /// Options. include/uapi/linux/ptrace.h
    PTRACE_O "PTRACE_O_"
    bits: PTRACE_O_TRACESYSGOOD = 1, PTRACE_O_TRACEFORK = 2, PTRACE_O_TRACEVFORK = 4, PTRACE_O_TRACECLONE = 8,
          PTRACE_O_TRACEEXEC = 0x10, PTRACE_O_TRACEVFORKDONE = 0x20, PTRACE_O_TRACEEXIT = 0x40,
          PTRACE_O_TRACESECCOMP = 0x80, PTRACE_O_EXITKILL = 0x10_0000, PTRACE_O_SUSPEND_SECCOMP = 0x20_0000;

    /// PTRACE_PEEKSIGINFO flags. include/uapi/linux/ptrace.h
    PEEKING "PTRACE_PEEKSIGINFO_"
    bits: PTRACE_PEEKSIGINFO_SHARED = 1;

    /// Register sets, as notes of a core file are named. include/uapi/linux/elf.h
    NT "NT_"
    choice all: NT_PRSTATUS = 1, NT_FPREGSET = 2, NT_PRPSINFO = 3, NT_TASKSTRUCT = 4, NT_AUXV = 6, NT_386_TLS = 0x200,
                NT_386_IOPERM = 0x201, NT_X86_XSTATE = 0x202, NT_X86_SHSTK = 0x204, NT_ARM_VFP = 0x400,
                NT_ARM_TLS = 0x401, NT_ARM_HW_BREAK = 0x402, NT_ARM_HW_WATCH = 0x403, NT_ARM_SYSTEM_CALL = 0x404,
                NT_ARM_SVE = 0x405, NT_ARM_PAC_MASK = 0x406, NT_ARM_PACA_KEYS = 0x407, NT_ARM_PACG_KEYS = 0x408,
                NT_ARM_TAGGED_ADDR_CTRL = 0x409, NT_ARM_PAC_ENABLED_KEYS = 0x40a, NT_ARM_SSVE = 0x40b,
                NT_ARM_ZA = 0x40c, NT_ARM_ZT = 0x40d, NT_ARM_FPMR = 0x40e;
}

records! {
    /// struct user_regs_struct. arch/x86/include/asm/user_64.h
    REGS 216 untold "the registers of i386 are fewer, in another order" {
        r15: 0 8 Hex, r14: 8 8 Hex, r13: 16 8 Hex, r12: 24 8 Hex, rbp: 32 8 Hex, rbx: 40 8 Hex, r11: 48 8 Hex,
        r10: 56 8 Hex, r9: 64 8 Hex, r8: 72 8 Hex, rax: 80 8 Hex, rcx: 88 8 Hex, rdx: 96 8 Hex, rsi: 104 8 Hex,
        rdi: 112 8 Hex, orig_rax: 120 8 Hex, rip: 128 8 Hex, cs: 136 8 Hex, eflags: 144 8 Hex, rsp: 152 8 Hex,
        ss: 160 8 Hex, fs_base: 168 8 Hex, gs_base: 176 8 Hex, ds: 184 8 Hex, es: 192 8 Hex, fs: 200 8 Hex, gs: 208 8 Hex
    }

    /// struct ptrace_peeksiginfo_args. include/uapi/linux/ptrace.h
    PEEK 16 same { off: 0 8 Ulong, flags: 8 4 Set32(&PEEKING), nr: 12 4 Uint }

    /// struct iovec that holds a register set, which is not followed. include/uapi/linux/uio.h
    REGSET 16 { iov_base: 0 8 Addr, iov_len: 8 8 Ulong }
}

selectors! {
    TRACEME = 0, PEEKTEXT = 1, PEEKDATA = 2, PEEKUSER = 3, POKETEXT = 4, POKEDATA = 5, POKEUSER = 6, CONT = 7, KILL = 8,
    SINGLESTEP = 9, GETREGS = 12, SETREGS = 13, GETFPREGS = 14, SETFPREGS = 15, GET_THREAD_AREA = 25, SET_THREAD_AREA = 26,
    PEEKSIGINFO = 0x4209, ATTACH = 16, DETACH = 17, OLDSETOPTIONS = 21, SYSCALL = 24, SYSEMU = 31,
    SYSEMU_SINGLESTEP = 32, SINGLEBLOCK = 33, SETOPTIONS = 0x4200, GETEVENTMSG = 0x4201, GETSIGINFO = 0x4202,
    SETSIGINFO = 0x4203, GETREGSET = 0x4204, SETREGSET = 0x4205, SEIZE = 0x4206, INTERRUPT = 0x4207, LISTEN = 0x4208,
    GETSIGMASK = 0x420a, SETSIGMASK = 0x420b, SECCOMP_GET_FILTER = 0x420c, SECCOMP_GET_METADATA = 0x420d,
    GET_SYSCALL_INFO = 0x420e,
}

syscalls! { pub PTRACES:
    ptrace      [101 26 117]  (request: Set(&PTRACE), pid: Tid, addr: Addr, data: Addr) -> Long, 0, gap "another process is made to do what it would not do",
        by request {
            TRACEME                => (request: Set(&PTRACE))                                   -> Long, harmless "looks at a process, and lets it go on";
            ATTACH | INTERRUPT | KILL | LISTEN => (request: Set(&PTRACE), pid: Tid)             -> Long, harmless "looks at a process, and lets it go on";
            PEEKTEXT | PEEKDATA    => (request: Set(&PTRACE), pid: Tid, addr: Addr, data: Out(&Ptr(&Addr))) -> Long, harmless "looks at a process, and lets it go on";
            PEEKUSER               => (request: Set(&PTRACE), pid: Tid, addr: Special(S::UserOffset), data: Out(&Ptr(&Addr))) -> Long, harmless "looks at a process, and lets it go on";
            POKETEXT | POKEDATA    => (request: Set(&PTRACE), pid: Tid, addr: Addr, data: Hex)  -> Long;
            POKEUSER               => (request: Set(&PTRACE), pid: Tid, addr: Special(S::UserOffset), data: Hex) -> Long;
            CONT | DETACH | SYSCALL | SINGLESTEP | SINGLEBLOCK | SYSEMU | SYSEMU_SINGLESTEP => (request: Set(&PTRACE), pid: Tid, addr: Addr, data: Signal) -> Long, harmless "looks at a process, and lets it go on";
            GETREGS                => (request: Set(&PTRACE), pid: Tid, addr: Hidden, data: Out(&Rec(&REGS))) -> Long, harmless "looks at a process, and lets it go on";
            SETREGS                => (request: Set(&PTRACE), pid: Tid, addr: Hidden, data: Rec(&REGS)) -> Long;
            SETOPTIONS | OLDSETOPTIONS | SEIZE => (request: Set(&PTRACE), pid: Tid, addr: Addr, data: Set(&PTRACE_O)) -> Long, harmless "looks at a process, and lets it go on";
            GETFPREGS | SETFPREGS  => (request: Set(&PTRACE), pid: Tid, addr: Hidden, data: Addr) -> Long;
            PEEKSIGINFO            => (request: Set(&PTRACE), pid: Tid, addr: Rec(&PEEK), data: Addr) -> Long, harmless "looks at a process, and lets it go on";
            GET_THREAD_AREA | SET_THREAD_AREA => (request: Set(&PTRACE), pid: Tid, addr: Addr, data: Addr) -> Long;
            GETEVENTMSG            => (request: Set(&PTRACE), pid: Tid, addr: Addr, data: Out(&Ptr(&Ulong))) -> Long, harmless "looks at a process, and lets it go on";
            GETSIGINFO             => (request: Set(&PTRACE), pid: Tid, addr: Addr, data: Out(&Special(S::Siginfo))) -> Long, harmless "looks at a process, and lets it go on";
            SETSIGINFO             => (request: Set(&PTRACE), pid: Tid, addr: Addr, data: Special(S::Siginfo)) -> Long;
            GETREGSET              => (request: Set(&PTRACE), pid: Tid, addr: Set(&NT), data: Out(&Rec(&REGSET))) -> Long, harmless "looks at a process, and lets it go on";
            SETREGSET              => (request: Set(&PTRACE), pid: Tid, addr: Set(&NT), data: Rec(&REGSET)) -> Long;
            GETSIGMASK             => (request: Set(&PTRACE), pid: Tid, addr: Ulong, data: Out(&SigSet(addr))) -> Long, harmless "looks at a process, and lets it go on";
            SETSIGMASK             => (request: Set(&PTRACE), pid: Tid, addr: Ulong, data: SigSet(addr)) -> Long;
            SECCOMP_GET_FILTER | SECCOMP_GET_METADATA => (request: Set(&PTRACE), pid: Tid, addr: Ulong, data: Addr) -> Long, harmless "looks at a process, and lets it go on";
            GET_SYSCALL_INFO       => (request: Set(&PTRACE), pid: Tid, size: Ulong, data: Out(&Special(S::SyscallInfo))) -> Long, harmless "looks at a process, and lets it go on";
        };
}
