//! Requests of small devices: clocks, watchdogs, randomness, lines of GPIO, trusted environments.

use super::super::types::Device;
use super::super::types::Join::{Address, Arrow, Within};
use super::super::types::Len::Fixed;
use super::super::types::Special as S;
use super::super::types::Ty::*;
use super::boards::*;
use super::{INT, TO_INT};
use crate::{records, requests, sets};

sets! {
    /// Of LIRC_SET_SEND_MODE. include/uapi/linux/lirc.h
    LIRC_MODE "LIRC_MODE_"
    choice all: LIRC_MODE_RAW = 1, LIRC_MODE_PULSE = 2, LIRC_MODE_MODE2 = 4, LIRC_MODE_SCANCODE = 8, LIRC_MODE_LIRCCODE = 0x10;

    /// Of the member type. include/uapi/linux/counter.h
    COUNTER_COMPONENT_SET "COUNTER_COMPONENT_"
    choice all: COUNTER_COMPONENT_NONE = 0, COUNTER_COMPONENT_SIGNAL = 1, COUNTER_COMPONENT_COUNT = 2,
                COUNTER_COMPONENT_FUNCTION = 3, COUNTER_COMPONENT_SYNAPSE_ACTION = 4, COUNTER_COMPONENT_EXTENSION = 5;

    /// Of the member scope. include/uapi/linux/counter.h
    COUNTER_SCOPE "COUNTER_SCOPE_"
    choice all: COUNTER_SCOPE_DEVICE = 0, COUNTER_SCOPE_SIGNAL = 1, COUNTER_SCOPE_COUNT = 2;

    /// Of the member event. include/uapi/linux/counter.h
    COUNTER_EVENT_SET "COUNTER_EVENT_"
    choice all: COUNTER_EVENT_OVERFLOW = 0, COUNTER_EVENT_UNDERFLOW = 1, COUNTER_EVENT_OVERFLOW_UNDERFLOW = 2,
                COUNTER_EVENT_THRESHOLD = 3, COUNTER_EVENT_INDEX = 4, COUNTER_EVENT_CHANGE_OF_STATE = 5, COUNTER_EVENT_CAPTURE = 6,
                COUNTER_EVENT_DIRECTION_CHANGE = 7;

    /// Of the member flags. include/uapi/linux/ptp_clock.h
    PTP "PTP_"
    bits: PTP_ENABLE_FEATURE = 1, PTP_RISING_EDGE = 2, PTP_FALLING_EDGE = 4, PTP_STRICT_FLAGS = 8, PTP_EXT_OFFSET = 0x10;

    /// Of the member param. include/uapi/linux/rtc.h
    RTC_PARAM_SET_SET "RTC_PARAM_"
    choice all: RTC_PARAM_FEATURES = 0, RTC_PARAM_CORRECTION = 1, RTC_PARAM_BACKUP_SWITCH_MODE = 2;

    /// Of the member flags. include/uapi/linux/udmabuf.h
    UDMABUF_FLAGS "UDMABUF_FLAGS_"
    bits: UDMABUF_FLAGS_CLOEXEC = 1;

    /// Of the member func. include/uapi/linux/ptp_clock.h
    PTP_PF "PTP_PF_"
    choice all: PTP_PF_NONE = 0, PTP_PF_EXTTS = 1, PTP_PF_PEROUT = 2, PTP_PF_PHYSYNC = 3;

    /// Of WDIOC_SETOPTIONS. include/uapi/linux/watchdog.h
    WDIOS "WDIOS_"
    bits: WDIOS_DISABLECARD = 1, WDIOS_ENABLECARD = 2, WDIOS_TEMPPANIC = 4;

    /// Of LIRC_GET_FEATURES. include/uapi/linux/lirc.h
    LIRC_CAN "LIRC_CAN_"
    bits: LIRC_CAN_SEND_PULSE = 2, LIRC_CAN_SEND_LIRCCODE = 0x10, LIRC_CAN_SET_SEND_CARRIER = 0x100, LIRC_CAN_SET_SEND_DUTY_CYCLE = 0x200,
          LIRC_CAN_SET_TRANSMITTER_MASK = 0x400, LIRC_CAN_REC_MODE2 = 0x40000, LIRC_CAN_REC_SCANCODE = 0x80000, LIRC_CAN_REC_LIRCCODE = 0x100000,
          LIRC_CAN_SET_REC_CARRIER = 0x1000000, LIRC_CAN_MEASURE_CARRIER = 0x2000000, LIRC_CAN_USE_WIDEBAND_RECEIVER = 0x4000000,
          LIRC_CAN_SET_REC_TIMEOUT = 0x10000000, LIRC_CAN_GET_REC_RESOLUTION = 0x20000000,
          LIRC_CAN_SET_REC_CARRIER_RANGE = 0x80000000;

    /// Of RTC_VL_READ. include/uapi/linux/rtc.h
    RTC_VL "RTC_VL_"
    bits: RTC_VL_DATA_INVALID = 1, RTC_VL_BACKUP_LOW = 2, RTC_VL_BACKUP_EMPTY = 4, RTC_VL_ACCURACY_LOW = 8,
          RTC_VL_BACKUP_SWITCH = 0x10;

    /// Of the member impl_id. include/uapi/linux/tee.h
    TEE_IMPL_ID "TEE_IMPL_ID_"
    choice all: TEE_IMPL_ID_OPTEE = 1, TEE_IMPL_ID_AMDTEE = 2, TEE_IMPL_ID_TSTEE = 3, TEE_IMPL_ID_QTEE = 4;

    /// Of the member gen_caps. include/uapi/linux/tee.h
    TEE_GEN_CAP "TEE_GEN_CAP_"
    bits: TEE_GEN_CAP_GP = 1, TEE_GEN_CAP_PRIVILEGED = 2, TEE_GEN_CAP_REG_MEM = 4, TEE_GEN_CAP_MEMREF_NULL = 8,
          TEE_GEN_CAP_OBJREF = 0x10;

    /// Of the member options. include/uapi/linux/watchdog.h
    WDIOF "WDIOF_"
    bits: WDIOF_OVERHEAT = 1, WDIOF_FANFAULT = 2, WDIOF_EXTERN1 = 4, WDIOF_EXTERN2 = 8, WDIOF_POWERUNDER = 0x10,
          WDIOF_CARDRESET = 0x20, WDIOF_POWEROVER = 0x40, WDIOF_SETTIMEOUT = 0x80, WDIOF_MAGICCLOSE = 0x100,
          WDIOF_PRETIMEOUT = 0x200, WDIOF_ALARMONLY = 0x400, WDIOF_KEEPALIVEPING = 0x8000;

    /// Of the member handleflags. include/uapi/linux/gpio.h
    GPIOHANDLE_REQUEST_SET "GPIOHANDLE_REQUEST_"
    bits: GPIOHANDLE_REQUEST_INPUT = 1, GPIOHANDLE_REQUEST_OUTPUT = 2, GPIOHANDLE_REQUEST_ACTIVE_LOW = 4,
          GPIOHANDLE_REQUEST_OPEN_DRAIN = 8, GPIOHANDLE_REQUEST_OPEN_SOURCE = 0x10, GPIOHANDLE_REQUEST_BIAS_PULL_UP = 0x20,
          GPIOHANDLE_REQUEST_BIAS_PULL_DOWN = 0x40, GPIOHANDLE_REQUEST_BIAS_DISABLE = 0x80;

    /// Of the member flags. include/uapi/linux/gpio.h
    GPIOLINE_FLAG "GPIOLINE_FLAG_"
    bits: GPIOLINE_FLAG_KERNEL = 1, GPIOLINE_FLAG_IS_OUT = 2, GPIOLINE_FLAG_ACTIVE_LOW = 4, GPIOLINE_FLAG_OPEN_DRAIN = 8,
          GPIOLINE_FLAG_OPEN_SOURCE = 0x10, GPIOLINE_FLAG_BIAS_PULL_UP = 0x20, GPIOLINE_FLAG_BIAS_PULL_DOWN = 0x40,
          GPIOLINE_FLAG_BIAS_DISABLE = 0x80;
}

records! {
    /// struct counter_component. include/uapi/linux/counter.h
    COUNTER_COMPONENT 4 same {
        type: 0 1 Set(&COUNTER_COMPONENT_SET), scope: 1 1 Set(&COUNTER_SCOPE), parent: 2 1 Uint, id: 3 1 Uint
    }
    /// struct counter_watch. include/uapi/linux/counter.h
    COUNTER_WATCH 6 same {
        component: 0 4 Rec(&COUNTER_COMPONENT), event: 4 1 Set(&COUNTER_EVENT_SET), channel: 5 1 Uint
    }
    /// struct rand_pool_info. include/uapi/linux/random.h
    RAND_POOL_INFO 8 same {
        entropy_count: 0 4 Int, buf_size: 4 4 Int, buf: 8 0 Rest(&Bytes(Fixed(1)), pool)
    }
    /// struct ptp_extts_request. include/uapi/linux/ptp_clock.h
    PTP_EXTTS_REQUEST_REC 16 same {
        index: 0 4 Uint, flags: 4 4 Set32(&PTP)
    }
    /// struct ptp_extts_request. include/uapi/linux/ptp_clock.h
    PTP_EXTTS_REQUEST_REC_2 16 same {
        index: 0 4 Uint, flags: 4 4 Set32(&PTP), rsv: 8 8 NonZero(&Array(&Hex32, Fixed(2)))
    }
    /// struct udmabuf_create. include/uapi/linux/udmabuf.h
    UDMABUF_CREATE_REC 24 same {
        memfd: 0 4 Int, flags: 4 4 Set32(&UDMABUF_FLAGS), offset: 8 8 Ulong, size: 16 8 Ulong
    }
    /// struct rtc_pll_info. include/uapi/linux/rtc.h
    RTC_PLL_INFO 32 same {
        pll_ctrl: 0 4 Int, pll_value: 4 4 Int, pll_max: 8 4 Int, pll_min: 12 4 Int, pll_posmult: 16 4 Int, pll_negmult: 20 4 Int,
        pll_clock: 24 8 Long
    }
    /// struct rtc_time. include/uapi/linux/rtc.h
    RTC_TIME 36 same {
        tm_sec: 0 4 Int, tm_min: 4 4 Int, tm_hour: 8 4 Int, tm_mday: 12 4 Int, tm_mon: 16 4 Int, tm_year: 20 4 Int,
        tm_wday: 24 4 Full(&Int), tm_yday: 28 4 Full(&Int), tm_isdst: 32 4 Full(&Int)
    }
    /// struct rtc_wkalrm. include/uapi/linux/rtc.h
    RTC_WKALRM 40 same {
        enabled: 0 1 Uint, pending: 1 1 Uint, time: 4 36 Rec(&RTC_TIME)
    }
    /// struct ptp_pin_desc. include/uapi/linux/ptp_clock.h
    PTP_PIN_DESC 96 same {
        index: 64 4 Uint, func: 68 4 Set32(&PTP_PF), chan: 72 4 Uint
    }
    /// struct ptp_pin_desc. include/uapi/linux/ptp_clock.h
    PTP_PIN_DESC_2 96 same {
        index: 64 4 Uint, func: 68 4 Set32(&PTP_PF), chan: 72 4 Uint, rsv: 76 20 NonZero(&Array(&Hex32, Fixed(5)))
    }
    /// struct tee_ioctl_close_session_arg. include/uapi/linux/tee.h
    TEE_IOCTL_CLOSE_SESSION_ARG 4 same {
        session: 0 4 Hex32
    }
    /// struct tee_ioctl_cancel_arg. include/uapi/linux/tee.h
    TEE_IOCTL_CANCEL_ARG 8 same {
        cancel_id: 0 4 Uint, session: 4 4 Hex32
    }
    /// struct tee_ioctl_version_data. include/uapi/linux/tee.h
    TEE_IOCTL_VERSION_DATA 12 same {
        impl_id: 0 4 Set32(&TEE_IMPL_ID), gen_caps: 8 4 Set32(&TEE_GEN_CAP), impl_caps: 4 4 By(capabilities)
    }
    /// struct tee_ioctl_buf_data. include/uapi/linux/tee.h
    TEE_IOCTL_BUF_DATA 16 same {
        buf_len: 8 8 Ulong, buf_ptr: 0 8 Addr
    }
    /// struct watchdog_info. include/uapi/linux/watchdog.h
    WATCHDOG_INFO 40 same {
        options: 0 4 Set32(&WDIOF), firmware_version: 4 4 Full(&Hex32), identity: 8 32 Full(&Chars)
    }
    /// struct gpiochip_info. include/uapi/linux/gpio.h
    GPIOCHIP_INFO 68 same {
        name: 0 32 Chars, label: 32 32 Chars, lines: 64 4 Uint
    }
    /// struct ptp_clock_caps. include/uapi/linux/ptp_clock.h
    PTP_CLOCK_CAPS 80 same {
        max_adj: 0 4 Int, n_alarm: 4 4 Int, n_ext_ts: 8 4 Int, n_per_out: 12 4 Int, pps: 16 4 Int, n_pins: 20 4 Int,
        cross_timestamping: 24 4 Int, adjust_phase: 28 4 Int, max_phase_adj: 32 4 Special(S::Device(Device::Nanos)), rsv: 36 44 NonZero(&Array(&Hex32, Fixed(11)))
    }
    /// struct gpio_v2_line_values. include/uapi/linux/gpio.h
    GPIO_V2_LINE_VALUES 16 same {
        mask: 8 8 Hex
    }
    /// struct gpio_v2_line_values. include/uapi/linux/gpio.h
    GPIO_V2_LINE_VALUES_DONE 16 same {
        bits: 0 8 Hex
    }
    /// struct gpio_v2_line_values. include/uapi/linux/gpio.h
    GPIO_V2_LINE_VALUES_2 16 same {
        bits: 0 8 Hex, mask: 8 8 Hex
    }
    /// struct gpiohandle_data. include/uapi/linux/gpio.h
    GPIOHANDLE_DATA 64 same {
        values: 0 64 Array(&Uint, Fixed(64))
    }
    /// struct gpioline_info. include/uapi/linux/gpio.h
    GPIOLINE_INFO 72 same {
        line_offset: 0 4 Uint
    }
    /// struct gpioline_info. include/uapi/linux/gpio.h
    GPIOLINE_INFO_DONE 72 same {
        flags: 4 4 Set32(&GPIOLINE_FLAG), name: 8 32 Chars, consumer: 40 32 Chars
    }
    /// struct gpiohandle_config. include/uapi/linux/gpio.h
    GPIOHANDLE_CONFIG 84 same {
        flags: 0 4 Set32(&GPIOHANDLE_REQUEST_SET), default_values: 4 64 Array(&Uint, Fixed(64))
    }
    /// struct ptp_pin_desc. include/uapi/linux/ptp_clock.h
    PTP_PIN_DESC_3 96 same {
        index: 64 4 Uint
    }
    /// struct ptp_pin_desc. include/uapi/linux/ptp_clock.h
    PTP_PIN_DESC_DONE 96 same {
        name: 0 64 Chars, func: 68 4 Set32(&PTP_PF), chan: 72 4 Uint
    }
    /// struct ptp_pin_desc. include/uapi/linux/ptp_clock.h
    PTP_PIN_DESC_4 96 same {
        index: 64 4 Uint, rsv: 76 20 NonZero(&Array(&Hex32, Fixed(5)))
    }
    /// struct gpiohandle_request. include/uapi/linux/gpio.h
    GPIOHANDLE_REQUEST 364 same {
        lines: 356 4 Uint, lineoffsets: 0 256 Rest(&Uint, lines), flags: 256 4 Set32(&GPIOHANDLE_REQUEST_SET),
        default_values: 260 64 Rest(&Of(1, &Uint), lines), consumer_label: 324 32 Chars
    }
    /// struct gpiohandle_request. include/uapi/linux/gpio.h
    GPIOHANDLE_REQUEST_DONE 364 same {
        fd: 360 4 Int
    }
}

/// Bytes that the pool of random numbers is given.
fn pool(info: &[u8]) -> u64 {
    u64::try_from(super::fs::number(info, 4, 4) as i32).unwrap_or(u64::MAX)
}

/// How many lines are asked for at once.
fn lines(request: &[u8]) -> u64 {
    super::fs::number(request, 356, 4)
}

requests! {
    /// include/uapi/linux/counter.h, linux/gpio.h, linux/i2o-dev.h, linux/ipmi.h, linux/lirc.h, linux/phantom.h, linux/ptp_clock.h, linux/random.h, linux/rtc.h, linux/tee.h, linux/udmabuf.h, linux/watchdog.h
    DEVICES:
    PTP_CLOCK_GETCAPS = 0x80503d01 => Out(&Rec(&PTP_CLOCK_CAPS));
    PTP_EXTTS_REQUEST = 0x40103d02 => Rec(&PTP_EXTTS_REQUEST_REC);
    PTP_PEROUT_REQUEST = 0x40383d03 => Rec(&PTP_PEROUT_REQUEST_REC);
    PTP_SYS_OFFSET = 0x43403d05 => Both(&PTP_SYS_OFFSET_REC, Within, &PTP_SYS_OFFSET_DONE);
    PTP_SYS_OFFSET_PRECISE = 0xc0403d08 => Out(&Rec(&PTP_SYS_OFFSET_PRECISE_REC));
    PTP_SYS_OFFSET_EXTENDED = 0xc4c03d09 => Both(&PTP_SYS_OFFSET_EXTENDED_REC, Within, &PTP_SYS_OFFSET_EXTENDED_DONE);
    PTP_PIN_GETFUNC = 0xc0603d06 => Both(&PTP_PIN_DESC_3, Within, &PTP_PIN_DESC_DONE);
    PTP_PIN_SETFUNC = 0x40603d07 => Rec(&PTP_PIN_DESC);
    PTP_CLOCK_GETCAPS2 = 0x80503d0a => Out(&Rec(&PTP_CLOCK_CAPS));
    PTP_EXTTS_REQUEST2 = 0x40103d0b => Rec(&PTP_EXTTS_REQUEST_REC_2);
    PTP_PEROUT_REQUEST2 = 0x40383d0c => Rec(&PTP_PEROUT_REQUEST_REC);
    PTP_SYS_OFFSET2 = 0x43403d0e => Both(&PTP_SYS_OFFSET_REC, Within, &PTP_SYS_OFFSET_DONE);
    PTP_SYS_OFFSET_PRECISE2 = 0xc0403d11 => Out(&Rec(&PTP_SYS_OFFSET_PRECISE_REC));
    PTP_SYS_OFFSET_EXTENDED2 = 0xc4c03d12 => Both(&PTP_SYS_OFFSET_EXTENDED_REC, Within, &PTP_SYS_OFFSET_EXTENDED_DONE);
    PTP_SYS_OFFSET_PRECISE_CYCLES = 0xc0403d15 => Out(&Rec(&PTP_SYS_OFFSET_PRECISE_REC));
    PTP_SYS_OFFSET_EXTENDED_CYCLES = 0xc4c03d16 => Both(&PTP_SYS_OFFSET_EXTENDED_REC, Within, &PTP_SYS_OFFSET_EXTENDED_DONE);
    PTP_PIN_GETFUNC2 = 0xc0603d0f => Both(&PTP_PIN_DESC_4, Within, &PTP_PIN_DESC_DONE);
    PTP_PIN_SETFUNC2 = 0x40603d10 => Rec(&PTP_PIN_DESC_2);
    COUNTER_ADD_WATCH_IOCTL = 0x40063e00 => Rec(&COUNTER_WATCH);
    COUNTER_ENABLE_EVENTS_IOCTL = 0x3e01 => Hidden;
    COUNTER_DISABLE_EVENTS_IOCTL = 0x3e02 => Hidden;
    RNDGETENTCNT = 0x80045200 => TO_INT;
    RNDADDTOENTCNT = 0x40045201 => INT;
    RNDADDENTROPY = 0x40085203 => Rec(&RAND_POOL_INFO);
    RNDZAPENTCNT = 0x5204 => Hidden;
    RNDCLEARPOOL = 0x5206 => Hidden;
    RNDRESEEDCRNG = 0x5207 => Hidden;
    WDIOC_GETSUPPORT = 0x80285700 => Out(&Rec(&WATCHDOG_INFO));
    WDIOC_GETSTATUS = 0x80045701 => TO_INT;
    WDIOC_GETBOOTSTATUS = 0x80045702 => TO_INT;
    WDIOC_GETTEMP = 0x80045703 => TO_INT;
    WDIOC_SETOPTIONS = 0x80045704 => Ptr(&Set32(&WDIOS));
    WDIOC_KEEPALIVE = 0x80045705 => Hidden;
    WDIOC_SETTIMEOUT = 0xc0045706 => INT;
    WDIOC_GETTIMEOUT = 0x80045707 => TO_INT;
    WDIOC_SETPRETIMEOUT = 0xc0045708 => INT;
    WDIOC_GETPRETIMEOUT = 0x80045709 => TO_INT;
    WDIOC_GETTIMELEFT = 0x8004570a => TO_INT;
    LIRC_GET_FEATURES = 0x80046900 => Out(&Ptr(&Set32(&LIRC_CAN)));
    LIRC_GET_SEND_MODE = 0x80046901 => Out(&Ptr(&Set32(&LIRC_MODE)));
    LIRC_GET_REC_MODE = 0x80046902 => Out(&Ptr(&Set32(&LIRC_MODE)));
    LIRC_GET_REC_RESOLUTION = 0x80046907 => Out(&Ptr(&Uint));
    I2OVALIDATE = 0x80046908 => Out(&Ptr(&Uint));
    LIRC_GET_MAX_TIMEOUT = 0x80046909 => Out(&Ptr(&Uint));
    LIRC_GET_LENGTH = 0x8004690f => Out(&Ptr(&Uint));
    LIRC_SET_SEND_MODE = 0x40046911 => Ptr(&Set32(&LIRC_MODE));
    LIRC_SET_REC_MODE = 0x40046912 => Ptr(&Set32(&LIRC_MODE));
    LIRC_SET_SEND_CARRIER = 0x40046913 => Ptr(&Uint);
    LIRC_SET_REC_CARRIER = 0x40046914 => Ptr(&Uint);
    LIRC_SET_SEND_DUTY_CYCLE = 0x40046915 => Ptr(&Uint);
    LIRC_SET_TRANSMITTER_MASK = 0x40046917 => Ptr(&Hex32);
    LIRC_SET_REC_TIMEOUT = 0x40046918 => Ptr(&Uint);
    LIRC_SET_REC_TIMEOUT_REPORTS = 0x40046919 => Ptr(&Uint);
    LIRC_SET_MEASURE_CARRIER_MODE = 0x4004691d => Ptr(&Uint);
    IPMICTL_SET_MAINTENANCE_MODE_CMD = 0x4004691f => Ptr(&Uint);
    LIRC_SET_WIDEBAND_RECEIVER = 0x40046923 => Ptr(&Uint);
    LIRC_GET_REC_TIMEOUT = 0x80046924 => Out(&Ptr(&Uint));
    RTC_AIE_ON = 0x7001 => Hidden;
    RTC_AIE_OFF = 0x7002 => Hidden;
    RTC_UIE_ON = 0x7003 => Hidden;
    PHN_NOT_OH = 0x7004 => Hidden;
    RTC_PIE_ON = 0x7005 => Hidden;
    RTC_PIE_OFF = 0x7006 => Hidden;
    RTC_ALM_SET = 0x40247007 => Rec(&RTC_TIME);
    RTC_ALM_READ = 0x80247008 => Out(&Rec(&RTC_TIME));
    RTC_RD_TIME = 0x80247009 => Out(&Rec(&RTC_TIME));
    RTC_SET_TIME = 0x4024700a => Rec(&RTC_TIME);
    RTC_IRQP_READ = 0x8008700b => Out(&Ptr(&Wide(&Ulong)));
    RTC_IRQP_SET = 0x4008700c => Ulong;
    RTC_EPOCH_READ = 0x8008700d => Out(&Ptr(&Wide(&Ulong)));
    RTC_EPOCH_SET = 0x4008700e => Ulong;
    RTC_WIE_ON = 0x700f => Hidden;
    RTC_WKALM_SET = 0x4028700f => Rec(&RTC_WKALRM);
    RTC_WIE_OFF = 0x7010 => Hidden;
    RTC_WKALM_RD = 0x80287010 => Out(&Rec(&RTC_WKALRM));
    RTC_PLL_GET = 0x80207011 => Out(&Rec(&RTC_PLL_INFO));
    RTC_PLL_SET = 0x40207012 => Rec(&RTC_PLL_INFO);
    RTC_VL_READ = 0x80047013 => Out(&Ptr(&Set32(&RTC_VL)));
    RTC_VL_CLR = 0x7014 => Hidden;
    RTC_PARAM_GET = 0x40187013 => Both(&RTC_PARAM_ASKED, Address, &RTC_PARAM_DONE);
    RTC_PARAM_SET = 0x40187014 => Rec(&RTC_PARAM);
    UDMABUF_CREATE_LIST = 0x40087543 => Rec(&UDMABUF_LIST), returns Fd;
    UDMABUF_CREATE = 0x40187542 => Rec(&UDMABUF_CREATE_REC);
    TEE_IOC_VERSION = 0x800ca400 => Out(&Rec(&TEE_IOCTL_VERSION_DATA));
    TEE_IOC_SHM_ALLOC = 0xc010a401 => Both(&TEE_SHM_ALLOC, Arrow, &TEE_SHM_ALLOC_DONE), returns Fd;
    TEE_IOC_SHM_REGISTER = 0xc018a409 => Both(&TEE_SHM_REGISTER, Arrow, &TEE_SHM_REGISTER_DONE), returns Fd;
    TEE_IOC_SHM_REGISTER_FD = 0xc018a408 => Both(&TEE_SHM_REGISTER_FD, Arrow, &TEE_SHM_REGISTER_FD_DONE), returns Fd;
    TEE_IOC_OPEN_SESSION = 0x8010a402 => Rec(&TEE_IOCTL_BUF_DATA);
    TEE_IOC_INVOKE = 0x8010a403 => Rec(&TEE_IOCTL_BUF_DATA);
    TEE_IOC_CANCEL = 0x8008a404 => Rec(&TEE_IOCTL_CANCEL_ARG);
    TEE_IOC_CLOSE_SESSION = 0x8004a405 => Rec(&TEE_IOCTL_CLOSE_SESSION_ARG);
    TEE_IOC_SUPPL_RECV = 0x8010a406 => Rec(&TEE_IOCTL_BUF_DATA);
    TEE_IOC_SUPPL_SEND = 0x8010a407 => Rec(&TEE_IOCTL_BUF_DATA);
    GPIO_GET_CHIPINFO_IOCTL = 0x8044b401 => Out(&Rec(&GPIOCHIP_INFO));
    GPIO_GET_LINEINFO_IOCTL = 0xc048b402 => Both(&GPIOLINE_INFO, Arrow, &GPIOLINE_INFO_DONE);
    GPIO_GET_LINEHANDLE_IOCTL = 0xc16cb403 => Both(&GPIOHANDLE_REQUEST, Arrow, &GPIOHANDLE_REQUEST_DONE);
    GPIO_GET_LINEEVENT_IOCTL = 0xc030b404 => Both(&GPIOEVENT_REQUEST, Arrow, &GPIOEVENT_REQUEST_DONE);
    GPIO_GET_LINEINFO_UNWATCH_IOCTL = 0xc004b40c => Rec(&GPIO_OFFSET);
    GPIO_V2_GET_LINEINFO_IOCTL = 0xc100b405 => Both(&GPIO_V2_LINE_INFO, Arrow, &GPIO_V2_LINE_INFO_DONE);
    GPIO_V2_GET_LINEINFO_WATCH_IOCTL = 0xc100b406 => Both(&GPIO_V2_LINE_INFO, Arrow, &GPIO_V2_LINE_INFO_DONE);
    GPIO_V2_GET_LINE_IOCTL = 0xc250b407 => Both(&GPIO_V2_LINE_REQUEST, Arrow, &GPIO_V2_LINE_REQUEST_DONE);
    GPIO_V2_LINE_SET_CONFIG_IOCTL = 0xc110b40d => Rec(&GPIO_V2_LINE_CONFIG);
    GPIOHANDLE_GET_LINE_VALUES_IOCTL = 0xc040b408 => Out(&Rec(&GPIOHANDLE_DATA));
    GPIOHANDLE_SET_LINE_VALUES_IOCTL = 0xc040b409 => Rec(&GPIOHANDLE_DATA);
    GPIOHANDLE_SET_CONFIG_IOCTL = 0xc054b40a => Rec(&GPIOHANDLE_CONFIG);
    GPIO_GET_LINEINFO_WATCH_IOCTL = 0xc048b40b => Both(&GPIOLINE_INFO, Arrow, &GPIOLINE_INFO_DONE);
    GPIO_V2_LINE_GET_VALUES_IOCTL = 0xc010b40e => Both(&GPIO_V2_LINE_VALUES, Arrow, &GPIO_V2_LINE_VALUES_DONE);
    GPIO_V2_LINE_SET_VALUES_IOCTL = 0xc010b40f => Rec(&GPIO_V2_LINE_VALUES_2);
}
