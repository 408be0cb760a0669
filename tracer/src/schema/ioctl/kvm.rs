//! Requests of KVM: of the whole, of a virtual machine, of a virtual CPU.

use super::super::types::Len::Fixed;
use super::super::types::Special as S;
use super::super::types::Ty;
use super::super::types::Ty::*;
use super::fs::number;
use crate::{records, requests, sets};

sets! {
    /// Of KVM_CHECK_EXTENSION. include/uapi/linux/kvm.h
    KVM_CAP "KVM_CAP_"
    choice all: KVM_CAP_IRQCHIP = 0, KVM_CAP_HLT = 1, KVM_CAP_MMU_SHADOW_CACHE_CONTROL = 2, KVM_CAP_USER_MEMORY = 3,
                KVM_CAP_SET_TSS_ADDR = 4, KVM_CAP_VAPIC = 6, KVM_CAP_EXT_CPUID = 7, KVM_CAP_CLOCKSOURCE = 8, KVM_CAP_NR_VCPUS = 9,
                KVM_CAP_NR_MEMSLOTS = 0xa, KVM_CAP_PIT = 0xb, KVM_CAP_NOP_IO_DELAY = 0xc, KVM_CAP_PV_MMU = 0xd,
                KVM_CAP_MP_STATE = 0xe, KVM_CAP_COALESCED_MMIO = 0xf, KVM_CAP_SYNC_MMU = 0x10, KVM_CAP_IOMMU = 0x12,
                KVM_CAP_DESTROY_MEMORY_REGION_WORKS = 0x15, KVM_CAP_USER_NMI = 0x16, KVM_CAP_SET_GUEST_DEBUG = 0x17,
                KVM_CAP_REINJECT_CONTROL = 0x18, KVM_CAP_IRQ_ROUTING = 0x19, KVM_CAP_IRQ_INJECT_STATUS = 0x1a,
                KVM_CAP_ASSIGN_DEV_IRQ = 0x1d, KVM_CAP_JOIN_MEMORY_REGIONS_WORKS = 0x1e, KVM_CAP_MCE = 0x1f, KVM_CAP_IRQFD = 0x20,
                KVM_CAP_PIT2 = 0x21, KVM_CAP_SET_BOOT_CPU_ID = 0x22, KVM_CAP_PIT_STATE2 = 0x23, KVM_CAP_IOEVENTFD = 0x24,
                KVM_CAP_SET_IDENTITY_MAP_ADDR = 0x25, KVM_CAP_XEN_HVM = 0x26, KVM_CAP_ADJUST_CLOCK = 0x27,
                KVM_CAP_INTERNAL_ERROR_DATA = 0x28, KVM_CAP_VCPU_EVENTS = 0x29, KVM_CAP_S390_PSW = 0x2a,
                KVM_CAP_PPC_SEGSTATE = 0x2b, KVM_CAP_HYPERV = 0x2c, KVM_CAP_HYPERV_VAPIC = 0x2d, KVM_CAP_HYPERV_SPIN = 0x2e,
                KVM_CAP_PCI_SEGMENT = 0x2f, KVM_CAP_PPC_PAIRED_SINGLES = 0x30, KVM_CAP_INTR_SHADOW = 0x31,
                KVM_CAP_DEBUGREGS = 0x32, KVM_CAP_X86_ROBUST_SINGLESTEP = 0x33, KVM_CAP_PPC_OSI = 0x34,
                KVM_CAP_PPC_UNSET_IRQ = 0x35, KVM_CAP_ENABLE_CAP = 0x36, KVM_CAP_XSAVE = 0x37, KVM_CAP_XCRS = 0x38,
                KVM_CAP_PPC_GET_PVINFO = 0x39, KVM_CAP_PPC_IRQ_LEVEL = 0x3a, KVM_CAP_ASYNC_PF = 0x3b, KVM_CAP_TSC_CONTROL = 0x3c,
                KVM_CAP_GET_TSC_KHZ = 0x3d, KVM_CAP_PPC_BOOKE_SREGS = 0x3e, KVM_CAP_SPAPR_TCE = 0x3f, KVM_CAP_PPC_SMT = 0x40,
                KVM_CAP_PPC_RMA = 0x41, KVM_CAP_MAX_VCPUS = 0x42, KVM_CAP_PPC_HIOR = 0x43, KVM_CAP_PPC_PAPR = 0x44,
                KVM_CAP_SW_TLB = 0x45, KVM_CAP_ONE_REG = 0x46, KVM_CAP_S390_GMAP = 0x47, KVM_CAP_TSC_DEADLINE_TIMER = 0x48,
                KVM_CAP_S390_UCONTROL = 0x49, KVM_CAP_SYNC_REGS = 0x4a, KVM_CAP_PCI_2_3 = 0x4b, KVM_CAP_KVMCLOCK_CTRL = 0x4c,
                KVM_CAP_SIGNAL_MSI = 0x4d, KVM_CAP_PPC_GET_SMMU_INFO = 0x4e, KVM_CAP_S390_COW = 0x4f,
                KVM_CAP_PPC_ALLOC_HTAB = 0x50, KVM_CAP_READONLY_MEM = 0x51, KVM_CAP_IRQFD_RESAMPLE = 0x52,
                KVM_CAP_PPC_BOOKE_WATCHDOG = 0x53, KVM_CAP_PPC_HTAB_FD = 0x54, KVM_CAP_S390_CSS_SUPPORT = 0x55,
                KVM_CAP_PPC_EPR = 0x56, KVM_CAP_ARM_PSCI = 0x57, KVM_CAP_ARM_SET_DEVICE_ADDR = 0x58, KVM_CAP_DEVICE_CTRL = 0x59,
                KVM_CAP_IRQ_MPIC = 0x5a, KVM_CAP_PPC_RTAS = 0x5b, KVM_CAP_IRQ_XICS = 0x5c, KVM_CAP_ARM_EL1_32BIT = 0x5d,
                KVM_CAP_SPAPR_MULTITCE = 0x5e, KVM_CAP_EXT_EMUL_CPUID = 0x5f, KVM_CAP_HYPERV_TIME = 0x60,
                KVM_CAP_IOAPIC_POLARITY_IGNORED = 0x61, KVM_CAP_ENABLE_CAP_VM = 0x62, KVM_CAP_S390_IRQCHIP = 0x63,
                KVM_CAP_IOEVENTFD_NO_LENGTH = 0x64, KVM_CAP_VM_ATTRIBUTES = 0x65, KVM_CAP_ARM_PSCI_0_2 = 0x66,
                KVM_CAP_PPC_FIXUP_HCALL = 0x67, KVM_CAP_PPC_ENABLE_HCALL = 0x68, KVM_CAP_CHECK_EXTENSION_VM = 0x69,
                KVM_CAP_S390_USER_SIGP = 0x6a, KVM_CAP_S390_VECTOR_REGISTERS = 0x6b, KVM_CAP_S390_MEM_OP = 0x6c,
                KVM_CAP_S390_USER_STSI = 0x6d, KVM_CAP_S390_SKEYS = 0x6e, KVM_CAP_MIPS_FPU = 0x6f, KVM_CAP_MIPS_MSA = 0x70,
                KVM_CAP_S390_INJECT_IRQ = 0x71, KVM_CAP_S390_IRQ_STATE = 0x72, KVM_CAP_PPC_HWRNG = 0x73,
                KVM_CAP_DISABLE_QUIRKS = 0x74, KVM_CAP_X86_SMM = 0x75, KVM_CAP_MULTI_ADDRESS_SPACE = 0x76,
                KVM_CAP_GUEST_DEBUG_HW_BPS = 0x77, KVM_CAP_GUEST_DEBUG_HW_WPS = 0x78, KVM_CAP_SPLIT_IRQCHIP = 0x79,
                KVM_CAP_IOEVENTFD_ANY_LENGTH = 0x7a, KVM_CAP_HYPERV_SYNIC = 0x7b, KVM_CAP_S390_RI = 0x7c,
                KVM_CAP_SPAPR_TCE_64 = 0x7d, KVM_CAP_ARM_PMU_V3 = 0x7e, KVM_CAP_VCPU_ATTRIBUTES = 0x7f, KVM_CAP_MAX_VCPU_ID = 0x80,
                KVM_CAP_X2APIC_API = 0x81, KVM_CAP_S390_USER_INSTR0 = 0x82, KVM_CAP_MSI_DEVID = 0x83, KVM_CAP_PPC_HTM = 0x84,
                KVM_CAP_SPAPR_RESIZE_HPT = 0x85, KVM_CAP_PPC_MMU_RADIX = 0x86, KVM_CAP_PPC_MMU_HASH_V3 = 0x87,
                KVM_CAP_IMMEDIATE_EXIT = 0x88, KVM_CAP_MIPS_VZ = 0x89, KVM_CAP_MIPS_TE = 0x8a, KVM_CAP_MIPS_64BIT = 0x8b,
                KVM_CAP_S390_GS = 0x8c, KVM_CAP_S390_AIS = 0x8d, KVM_CAP_SPAPR_TCE_VFIO = 0x8e, KVM_CAP_X86_DISABLE_EXITS = 0x8f,
                KVM_CAP_ARM_USER_IRQ = 0x90, KVM_CAP_S390_CMMA_MIGRATION = 0x91, KVM_CAP_PPC_FWNMI = 0x92,
                KVM_CAP_PPC_SMT_POSSIBLE = 0x93, KVM_CAP_HYPERV_SYNIC2 = 0x94, KVM_CAP_HYPERV_VP_INDEX = 0x95,
                KVM_CAP_S390_AIS_MIGRATION = 0x96, KVM_CAP_PPC_GET_CPU_CHAR = 0x97, KVM_CAP_S390_BPB = 0x98,
                KVM_CAP_GET_MSR_FEATURES = 0x99, KVM_CAP_HYPERV_EVENTFD = 0x9a, KVM_CAP_HYPERV_TLBFLUSH = 0x9b,
                KVM_CAP_S390_HPAGE_1M = 0x9c, KVM_CAP_NESTED_STATE = 0x9d, KVM_CAP_ARM_INJECT_SERROR_ESR = 0x9e,
                KVM_CAP_MSR_PLATFORM_INFO = 0x9f, KVM_CAP_PPC_NESTED_HV = 0xa0, KVM_CAP_HYPERV_SEND_IPI = 0xa1,
                KVM_CAP_COALESCED_PIO = 0xa2, KVM_CAP_HYPERV_ENLIGHTENED_VMCS = 0xa3, KVM_CAP_EXCEPTION_PAYLOAD = 0xa4,
                KVM_CAP_ARM_VM_IPA_SIZE = 0xa5, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT = 0xa6, KVM_CAP_HYPERV_CPUID = 0xa7,
                KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 = 0xa8, KVM_CAP_PPC_IRQ_XIVE = 0xa9, KVM_CAP_ARM_SVE = 0xaa,
                KVM_CAP_ARM_PTRAUTH_ADDRESS = 0xab, KVM_CAP_ARM_PTRAUTH_GENERIC = 0xac, KVM_CAP_PMU_EVENT_FILTER = 0xad,
                KVM_CAP_ARM_IRQ_LINE_LAYOUT_2 = 0xae, KVM_CAP_HYPERV_DIRECT_TLBFLUSH = 0xaf, KVM_CAP_PPC_GUEST_DEBUG_SSTEP = 0xb0,
                KVM_CAP_ARM_NISV_TO_USER = 0xb1, KVM_CAP_ARM_INJECT_EXT_DABT = 0xb2, KVM_CAP_S390_VCPU_RESETS = 0xb3,
                KVM_CAP_S390_PROTECTED = 0xb4, KVM_CAP_PPC_SECURE_GUEST = 0xb5, KVM_CAP_HALT_POLL = 0xb6,
                KVM_CAP_ASYNC_PF_INT = 0xb7, KVM_CAP_LAST_CPU = 0xb8, KVM_CAP_SMALLER_MAXPHYADDR = 0xb9,
                KVM_CAP_S390_DIAG318 = 0xba, KVM_CAP_STEAL_TIME = 0xbb, KVM_CAP_X86_USER_SPACE_MSR = 0xbc,
                KVM_CAP_X86_MSR_FILTER = 0xbd, KVM_CAP_ENFORCE_PV_FEATURE_CPUID = 0xbe, KVM_CAP_SYS_HYPERV_CPUID = 0xbf,
                KVM_CAP_DIRTY_LOG_RING = 0xc0, KVM_CAP_X86_BUS_LOCK_EXIT = 0xc1, KVM_CAP_PPC_DAWR1 = 0xc2,
                KVM_CAP_SET_GUEST_DEBUG2 = 0xc3, KVM_CAP_SGX_ATTRIBUTE = 0xc4, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM = 0xc5,
                KVM_CAP_PTP_KVM = 0xc6, KVM_CAP_HYPERV_ENFORCE_CPUID = 0xc7, KVM_CAP_SREGS2 = 0xc8, KVM_CAP_EXIT_HYPERCALL = 0xc9,
                KVM_CAP_PPC_RPT_INVALIDATE = 0xca, KVM_CAP_BINARY_STATS_FD = 0xcb, KVM_CAP_EXIT_ON_EMULATION_FAILURE = 0xcc,
                KVM_CAP_ARM_MTE = 0xcd, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM = 0xce, KVM_CAP_VM_GPA_BITS = 0xcf, KVM_CAP_XSAVE2 = 0xd0,
                KVM_CAP_SYS_ATTRIBUTES = 0xd1, KVM_CAP_PPC_AIL_MODE_3 = 0xd2, KVM_CAP_S390_MEM_OP_EXTENSION = 0xd3,
                KVM_CAP_PMU_CAPABILITY = 0xd4, KVM_CAP_DISABLE_QUIRKS2 = 0xd5, KVM_CAP_VM_TSC_CONTROL = 0xd6,
                KVM_CAP_SYSTEM_EVENT_DATA = 0xd7, KVM_CAP_ARM_SYSTEM_SUSPEND = 0xd8, KVM_CAP_S390_PROTECTED_DUMP = 0xd9,
                KVM_CAP_X86_TRIPLE_FAULT_EVENT = 0xda, KVM_CAP_X86_NOTIFY_VMEXIT = 0xdb, KVM_CAP_VM_DISABLE_NX_HUGE_PAGES = 0xdc,
                KVM_CAP_S390_ZPCI_OP = 0xdd, KVM_CAP_S390_CPU_TOPOLOGY = 0xde, KVM_CAP_DIRTY_LOG_RING_ACQ_REL = 0xdf,
                KVM_CAP_S390_PROTECTED_ASYNC_DISABLE = 0xe0, KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP = 0xe1,
                KVM_CAP_PMU_EVENT_MASKED_EVENTS = 0xe2, KVM_CAP_COUNTER_OFFSET = 0xe3, KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE = 0xe4,
                KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES = 0xe5, KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES = 0xe6,
                KVM_CAP_USER_MEMORY2 = 0xe7, KVM_CAP_MEMORY_FAULT_INFO = 0xe8, KVM_CAP_MEMORY_ATTRIBUTES = 0xe9,
                KVM_CAP_GUEST_MEMFD = 0xea, KVM_CAP_VM_TYPES = 0xeb, KVM_CAP_PRE_FAULT_MEMORY = 0xec,
                KVM_CAP_X86_APIC_BUS_CYCLES_NS = 0xed, KVM_CAP_X86_GUEST_MODE = 0xee, KVM_CAP_ARM_WRITABLE_IMP_ID_REGS = 0xef,
                KVM_CAP_ARM_EL2 = 0xf0, KVM_CAP_ARM_EL2_E2H0 = 0xf1, KVM_CAP_RISCV_MP_STATE_RESET = 0xf2,
                KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED = 0xf3, KVM_CAP_GUEST_MEMFD_FLAGS = 0xf4, KVM_CAP_ARM_SEA_TO_USER = 0xf5,
                KVM_CAP_S390_USER_OPEREXEC = 0xf6, KVM_CAP_S390_KEYOP = 0xf7, KVM_CAP_S390_VSIE_ESAMODE = 0xf8,
                KVM_CAP_S390_HPAGE_2G = 0xf9;

    /// Of the member flags. include/uapi/linux/kvm.h
    KVM_MEM "KVM_MEM_"
    bits: KVM_MEM_LOG_DIRTY_PAGES = 1, KVM_MEM_READONLY = 2, KVM_MEM_GUEST_MEMFD = 4;

    /// Flags of what a virtual CPU says of itself. include/uapi/x86_64-linux-gnu/asm/kvm.h
    KVM_CPUID_FLAG "KVM_CPUID_FLAG_"
    bits: KVM_CPUID_FLAG_SIGNIFCANT_INDEX = 1, KVM_CPUID_FLAG_STATEFUL_FUNC = 2, KVM_CPUID_FLAG_STATE_READ_NEXT = 4;
}

records! {
    /// struct kvm_userspace_memory_region. include/uapi/linux/kvm.h
    KVM_USERSPACE_MEMORY_REGION 32 same {
        slot: 0 4 Uint, flags: 4 4 Set32(&KVM_MEM), guest_phys_addr: 8 8 Hex, memory_size: 16 8 Ulong, userspace_addr: 24 8 Hex
    }
    /// struct kvm_regs. include/uapi/linux/kvm.h
    KVM_REGS 144 same {
        rax: 0 8 Hex, rbx: 8 8 Dots(&Hex), rcx: 16 8 Dots(&Hex), rdx: 24 8 Dots(&Hex), rsi: 32 8 Dots(&Hex), rdi: 40 8 Dots(&Hex),
        rsp: 48 8 Hex, rbp: 56 8 Hex, r8: 64 8 Dots(&Hex), r9: 72 8 Dots(&Hex), r10: 80 8 Dots(&Hex), r11: 88 8 Dots(&Hex),
        r12: 96 8 Dots(&Hex), r13: 104 8 Dots(&Hex), r14: 112 8 Dots(&Hex), r15: 120 8 Dots(&Hex), rip: 128 8 Hex, rflags: 136 8 Hex
    }
    /// struct kvm_segment. include/uapi/linux/kvm.h
    KVM_SEGMENT 24 same {
        base: 0 8 Hex, limit: 8 4 Uint, selector: 12 2 Uint, type: 14 1 Uint, present: 15 1 Uint, dpl: 16 1 Uint, db: 17 1 Uint,
        s: 18 1 Uint, l: 19 1 Uint, g: 20 1 Uint, avl: 21 1 Uint
    }
    /// struct kvm_dtable. include/uapi/linux/kvm.h
    KVM_DTABLE 16 same {
        base: 0 8 Hex, limit: 8 2 Uint
    }
    /// struct kvm_sregs. include/uapi/linux/kvm.h
    KVM_SREGS 312 same {
        cs: 0 24 Rec(&KVM_SEGMENT), ds: 24 24 Full(&Rec(&KVM_SEGMENT)), es: 48 24 Full(&Rec(&KVM_SEGMENT)),
        fs: 72 24 Full(&Rec(&KVM_SEGMENT)), gs: 96 24 Full(&Rec(&KVM_SEGMENT)), ss: 120 24 Full(&Rec(&KVM_SEGMENT)),
        tr: 144 24 Full(&Rec(&KVM_SEGMENT)), ldt: 168 24 Full(&Rec(&KVM_SEGMENT)), gdt: 192 16 Full(&Rec(&KVM_DTABLE)),
        idt: 208 16 Full(&Rec(&KVM_DTABLE)), cr0: 224 8 Full(&Ulong), cr2: 232 8 Full(&Ulong), cr3: 240 8 Full(&Ulong),
        cr4: 248 8 Full(&Ulong), cr8: 256 8 Full(&Ulong), efer: 264 8 Full(&Ulong), apic_base: 272 8 Full(&Hex),
        interrupt_bitmap: 280 32 Full(&Array(&Hex, Fixed(4)))
    }
    /// struct kvm_cpuid2 of x86. arch/x86/include/uapi/asm/kvm.h
    KVM_CPUID 8 same { nent: 0 4 Uint, entries: 8 0 Dots(&Rest(&Rec(&KVM_CPUID_ENTRY), first)) }
    /// struct kvm_cpuid_entry2 of x86. arch/x86/include/uapi/asm/kvm.h
    KVM_CPUID_ENTRY 40 same {
        function: 0 4 Hex32, index: 4 4 Hex32, flags: 8 4 Set32(&KVM_CPUID_FLAG), eax: 12 4 Hex32, ebx: 16 4 Hex32, ecx: 20 4 Hex32,
        edx: 24 4 Hex32, padding: 28 12 Hidden
    }
}

/// What the first word of a structure counts.
fn first(bytes: &[u8]) -> u64 {
    number(bytes, 0, 4)
}

/// A number that is passed as it is.
const NUMBER: Ty = Special(S::IoctlArg);

requests! {
    /// include/uapi/linux/kvm.h
    KVM:
    KVM_GET_API_VERSION = 0xae00 => NUMBER;
    KVM_CREATE_VM = 0xae01 => Special(S::IoctlArg), returns Fd;
    KVM_CHECK_EXTENSION = 0xae03 => Set(&KVM_CAP);
    KVM_GET_VCPU_MMAP_SIZE = 0xae04 => NUMBER;
    KVM_GET_SUPPORTED_CPUID = 0xc008ae05 => Out(&Rec(&KVM_CPUID));
    KVM_GET_EMULATED_CPUID = 0xc008ae09 => Out(&Rec(&KVM_CPUID));
    KVM_CREATE_VCPU = 0xae41 => Uint, returns Fd;
    KVM_SET_USER_MEMORY_REGION = 0x4020ae46 => Rec(&KVM_USERSPACE_MEMORY_REGION);
    KVM_RUN = 0xae80 => NUMBER;
    KVM_GET_REGS = 0x8090ae81 => Out(&Rec(&KVM_REGS));
    KVM_SET_REGS = 0x4090ae82 => Rec(&KVM_REGS);
    KVM_GET_SREGS = 0x8138ae83 => Out(&Rec(&KVM_SREGS));
    KVM_SET_SREGS = 0x4138ae84 => Rec(&KVM_SREGS);
    KVM_SET_CPUID2 = 0x4008ae90 => Rec(&KVM_CPUID);
}
