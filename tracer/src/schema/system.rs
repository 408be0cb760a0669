//! The machine: its name, state and randomness, kernel modules, kexec and security modules.

use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use super::types::*;
use crate::{records, selectors, sets, syscalls};

sets! {
    /// getrandom(2) flags. include/uapi/linux/random.h
    GRND "GRND_"
    bits: GRND_NONBLOCK = 1, GRND_RANDOM = 2, GRND_INSECURE = 4;

    /// reboot(2) first magic. include/uapi/linux/reboot.h
    REBOOT1 "LINUX_REBOOT_MAGIC_"
    choice all: LINUX_REBOOT_MAGIC1 = 0xfee1_dead;

    /// reboot(2) second magic. include/uapi/linux/reboot.h
    REBOOT2 "LINUX_REBOOT_MAGIC_"
    choice all: LINUX_REBOOT_MAGIC2 = 672_274_793, LINUX_REBOOT_MAGIC2A = 85_072_278, LINUX_REBOOT_MAGIC2B = 369_367_448,
                LINUX_REBOOT_MAGIC2C = 537_993_216;

    /// reboot(2) commands. include/uapi/linux/reboot.h
    REBOOT_CMD "LINUX_REBOOT_CMD_"
    choice all: LINUX_REBOOT_CMD_CAD_OFF = 0, LINUX_REBOOT_CMD_RESTART = 0x0123_4567,
                LINUX_REBOOT_CMD_POWER_OFF = 0x4321_fedc, LINUX_REBOOT_CMD_CAD_ON = 0x89ab_cdef,
                LINUX_REBOOT_CMD_HALT = 0xcdef_0123, LINUX_REBOOT_CMD_RESTART2 = 0xa1b2_c3d4,
                LINUX_REBOOT_CMD_SW_SUSPEND = 0xd000_fce2, LINUX_REBOOT_CMD_KEXEC = 0x4558_4543;

    /// finit_module(2) flags. include/uapi/linux/module.h
    MODULE "MODULE_INIT_"
    bits: MODULE_INIT_IGNORE_MODVERSIONS = 1, MODULE_INIT_IGNORE_VERMAGIC = 2, MODULE_INIT_COMPRESSED_FILE = 4;

    /// delete_module(2) flags. include/uapi/asm-generic/fcntl.h
    DELETE_MODULE "O_"
    bits: O_NONBLOCK = 0o4000, O_TRUNC = 0o1000;

    /// kexec_load(2) architecture and flags. include/uapi/linux/kexec.h
    KEXEC "KEXEC_ARCH_"
    choice 0xffff_0000 marked: KEXEC_ARCH_DEFAULT = 0, KEXEC_ARCH_386 = 3 << 16, KEXEC_ARCH_68K = 4 << 16,
        KEXEC_ARCH_PARISC = 15 << 16, KEXEC_ARCH_X86_64 = 62 << 16, KEXEC_ARCH_PPC = 20 << 16,
        KEXEC_ARCH_PPC64 = 21 << 16, KEXEC_ARCH_IA_64 = 50 << 16, KEXEC_ARCH_ARM = 40 << 16,
        KEXEC_ARCH_S390 = 22 << 16, KEXEC_ARCH_SH = 42 << 16, KEXEC_ARCH_MIPS_LE = 10 << 16,
        KEXEC_ARCH_MIPS = 8 << 16, KEXEC_ARCH_AARCH64 = 183 << 16, KEXEC_ARCH_RISCV = 243 << 16,
        KEXEC_ARCH_LOONGARCH = 258 << 16;
    bits: KEXEC_ON_CRASH = 1, KEXEC_PRESERVE_CONTEXT = 2, KEXEC_UPDATE_ELFCOREHDR = 4, KEXEC_CRASH_HOTPLUG_SUPPORT = 8;

    /// kexec_file_load(2) flags. include/uapi/linux/kexec.h
    KEXEC_FILE "KEXEC_FILE_"
    bits: KEXEC_FILE_UNLOAD = 1, KEXEC_FILE_ON_CRASH = 2, KEXEC_FILE_NO_INITRAMFS = 4, KEXEC_FILE_DEBUG = 8,
          KEXEC_FILE_NO_CMA = 0x10, KEXEC_FILE_FORCE_DTB = 0x20;

    /// Attributes of security modules. include/uapi/linux/lsm.h
    LSM_ATTR "LSM_ATTR_"
    choice all: LSM_ATTR_UNDEF = 0, LSM_ATTR_CURRENT = 100, LSM_ATTR_EXEC = 101, LSM_ATTR_FSCREATE = 102,
                LSM_ATTR_KEYCREATE = 103, LSM_ATTR_PREV = 104, LSM_ATTR_SOCKCREATE = 105;

    /// Security modules. include/uapi/linux/lsm.h
    LSM_ID "LSM_ID_"
    choice all: LSM_ID_UNDEF = 0, LSM_ID_CAPABILITY = 100, LSM_ID_SELINUX = 101, LSM_ID_SMACK = 102, LSM_ID_TOMOYO = 103,
                LSM_ID_APPARMOR = 104, LSM_ID_YAMA = 105, LSM_ID_LOADPIN = 106, LSM_ID_SAFESETID = 107,
                LSM_ID_LOCKDOWN = 108, LSM_ID_BPF = 109, LSM_ID_LANDLOCK = 110, LSM_ID_IMA = 111, LSM_ID_EVM = 112,
                LSM_ID_IPE = 113;

    /// lsm_get_self_attr(2) flags. include/uapi/linux/lsm.h
    LSM_FLAG "LSM_FLAG_"
    bits: LSM_FLAG_SINGLE = 1;
}

records! {
    /// struct new_utsname. include/uapi/linux/utsname.h
    UTSNAME 390 same {
        sysname: 0 65 Chars, nodename: 65 65 Chars;
        verbose: release: 130 65 Chars, version: 195 65 Chars, machine: 260 65 Chars, domainname: 325 65 Chars
    }

    /// struct sysinfo. include/uapi/linux/sysinfo.h
    SYSINFO 112 {
        uptime: 0 8 Long, loads: 8 24 Array(&Ulong, Len::Fixed(3)), totalram: 32 8 Ulong, freeram: 40 8 Ulong,
        sharedram: 48 8 Ulong, bufferram: 56 8 Ulong, totalswap: 64 8 Ulong, freeswap: 72 8 Ulong, procs: 80 2 Uint,
        totalhigh: 88 8 Ulong, freehigh: 96 8 Ulong, mem_unit: 104 4 Uint
    }

    /// struct kexec_segment. include/linux/kexec.h
    KEXEC_SEGMENT 32 { buf: 0 8 Addr, bufsz: 8 8 Ulong, mem: 16 8 Addr, memsz: 24 8 Ulong }

    /// struct lsm_ctx without its context. include/uapi/linux/lsm.h
    LSM_CTX 32 same { id: 0 8 Set(&LSM_ID), flags: 8 8 Hex, len: 16 8 Ulong, ctx_len: 24 8 Ulong }
}

selectors! {
    SYSLOG_CLOSE = 0, SYSLOG_OPEN = 1, SYSLOG_READ = 2, SYSLOG_READ_ALL = 3, SYSLOG_READ_CLEAR = 4, SYSLOG_CLEAR = 5,
    SYSLOG_CONSOLE_OFF = 6, SYSLOG_CONSOLE_ON = 7, SYSLOG_CONSOLE_LEVEL = 8, SYSLOG_SIZE_UNREAD = 9, SYSLOG_SIZE_BUFFER = 10,
    RESTART2 = 0xa1b2_c3d4,
}

/// syslog(2)'s action.
const ACTION: Ty = Special(S::SyslogAction);

syscalls! { pub SYSTEM harmless "what the machine is, and says of itself":
    uname           [63 122 160]  (buf: Out(&Rec(&UTSNAME)))                                    -> Int, 0;
    sysinfo         [99 116 179]  (info: Out(&Rec(&SYSINFO)))                                   -> Int, 0;
    getrandom       [318 355 278] (buf: Out(&HexBytes(Len::Ret)), buflen: Ulong, flags: Set32(&GRND)) -> Long, 0;
    syslog          [103 103 116] (r#type: ACTION, bufp: Addr, len: Int)                        -> Int, 0,
        by r#type {
            SYSLOG_READ | SYSLOG_READ_ALL => (r#type: ACTION, bufp: Out(&Bytes(Len::Ret)), len: Int) -> Int;
            SYSLOG_READ_CLEAR => (r#type: ACTION, bufp: Out(&Bytes(Len::Ret)), len: Int) -> Int, gap "the log of the kernel is cleared";
            SYSLOG_CLOSE | SYSLOG_OPEN | SYSLOG_SIZE_UNREAD | SYSLOG_SIZE_BUFFER => (r#type: ACTION) -> Int;
            SYSLOG_CLEAR | SYSLOG_CONSOLE_OFF | SYSLOG_CONSOLE_ON => (r#type: ACTION) -> Int, gap "what the kernel's log says, or shows, is less from now on";
            SYSLOG_CONSOLE_LEVEL => (r#type: ACTION, bufp: Hidden, len: Int) -> Int, gap "what the kernel's log says, or shows, is less from now on";
        };
    umask           [95 60 166]   (mask: Perm)                                                  -> Perm, 0;
    sethostname     [170 74 161]  (name: Bytes(len), len: Uint)                                  -> Int, 0, gap "the machine has another name from now on";
    setdomainname   [171 121 162] (name: Bytes(len), len: Uint)                                  -> Int, 0, gap "the machine has another name from now on";
    reboot          [169 88 142]  (magic: Set32(&REBOOT1), magic2: Set32(&REBOOT2), op: Set32(&REBOOT_CMD)) -> Int, 0, gap "the machine is stopped, or begins anew",
        by op {
            RESTART2 => (magic: Set32(&REBOOT1), magic2: Set32(&REBOOT2), op: Set32(&REBOOT_CMD), arg: Text) -> Int;
        };
    vhangup         [153 111 58]  ()                                                            -> Int, 0;
    init_module     [175 128 105] (module_image: Addr, len: Ulong, param_values: Text) -> Int, 0, gap "what the kernel does from now on is not seen";
    finit_module    [313 350 273] (fd: Fd, param_values: Text, flags: Set32(&MODULE)) -> Int, DESC, gap "what the kernel does from now on is not seen";
    delete_module   [176 129 106] (name: Text, flags: Set32(&DELETE_MODULE)) -> Int, 0, gap "what the kernel does from now on is not seen";
    kexec_load      [246 283 104] (entry: Addr, nr_segments: Ulong, segments: Array(&Rec(&KEXEC_SEGMENT), nr_segments), flags: Set(&KEXEC)) -> Int, 0, gap "what the kernel does from now on is not seen";
    kexec_file_load [320 _ 294]   (kernel_fd: Fd, initrd_fd: Fd, cmdline_len: Ulong, cmdline: Bytes(cmdline_len), flags: Set(&KEXEC_FILE)) -> Int, DESC, gap "what the kernel does from now on is not seen";
    lsm_get_self_attr [459 459 459] (attr: Set32(&LSM_ATTR), ctx: Out(&Ptr(&Rec(&LSM_CTX))), size: InOut(&Ptr(&Uint)), flags: Set32(&LSM_FLAG)) -> Int, 0;
    lsm_set_self_attr [460 460 460] (attr: Set32(&LSM_ATTR), ctx: Ptr(&Rec(&LSM_CTX)), size: Uint, flags: Hex32) -> Int, 0;
    lsm_list_modules [461 461 461] (ids: Out(&Array(&Set(&LSM_ID), Len::Ret)), size: InOut(&Ptr(&Uint)), flags: Hex32) -> Int, 0;
}
