//! Structures of precise clocks, lines of GPIO and trusted environments.

use super::super::set::Set as Names;
use super::super::types::Device;
use super::super::types::Len::Fixed;
use super::super::types::Special as S;
use super::super::types::Ty::{self, *};
use super::devices::{GPIOHANDLE_REQUEST_SET, RTC_PARAM_SET_SET};
use super::fs::number;
use crate::schema::time::CLOCKS;
use crate::{records, sets};

sets! {
    /// Of the member flags. include/uapi/linux/ptp_clock.h
    PTP_PEROUT "PTP_PEROUT_"
    bits: PTP_PEROUT_ONE_SHOT = 1, PTP_PEROUT_DUTY_CYCLE = 2, PTP_PEROUT_PHASE = 4;

    /// How a clock keeps time without power. include/uapi/linux/rtc.h
    RTC_BSM "RTC_BSM_"
    choice all: RTC_BSM_DISABLED = 0, RTC_BSM_DIRECT = 1, RTC_BSM_LEVEL = 2, RTC_BSM_STANDBY = 3;

    /// Flags of shared memory. include/uapi/linux/tee.h, include/linux/tee_drv.h
    TEE_SHM "TEE_IOCTL_SHM_"
    bits: TEE_IOCTL_SHM_MAPPED = 1, TEE_IOCTL_SHM_DMA_BUF = 2, TEE_IOCTL_SHM_EXT_DMA_BUF = 4, TEE_IOCTL_SHM_REGISTER = 8,
          TEE_IOCTL_SHM_USER_MAPPED = 0x10, TEE_IOCTL_SHM_POOL = 0x20, TEE_IOCTL_SHM_KERNEL_MAPPED = 0x40;

    /// What OP-TEE can do. include/uapi/linux/tee.h
    TEE_OPTEE_CAP "TEE_OPTEE_CAP_"
    bits: TEE_OPTEE_CAP_TZ = 1;

    /// Of lines. include/uapi/linux/gpio.h
    GPIO_V2_LINE_FLAG "GPIO_V2_LINE_FLAG_"
    bits: GPIO_V2_LINE_FLAG_USED = 1, GPIO_V2_LINE_FLAG_ACTIVE_LOW = 2, GPIO_V2_LINE_FLAG_INPUT = 4, GPIO_V2_LINE_FLAG_OUTPUT = 8,
          GPIO_V2_LINE_FLAG_EDGE_RISING = 0x10, GPIO_V2_LINE_FLAG_EDGE_FALLING = 0x20, GPIO_V2_LINE_FLAG_OPEN_DRAIN = 0x40,
          GPIO_V2_LINE_FLAG_OPEN_SOURCE = 0x80, GPIO_V2_LINE_FLAG_BIAS_PULL_UP = 0x100, GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN = 0x200,
          GPIO_V2_LINE_FLAG_BIAS_DISABLED = 0x400, GPIO_V2_LINE_FLAG_EVENT_CLOCK_REALTIME = 0x800,
          GPIO_V2_LINE_FLAG_EVENT_CLOCK_HTE = 0x1000;

    /// Of events of lines. include/uapi/linux/gpio.h
    GPIOEVENT_REQUEST_FLAG "GPIOEVENT_REQUEST_"
    bits: GPIOEVENT_REQUEST_BOTH_EDGES = 3, GPIOEVENT_REQUEST_RISING_EDGE = 1, GPIOEVENT_REQUEST_FALLING_EDGE = 2;
}

/// What a clock can do, by bit. include/uapi/linux/rtc.h
static RTC_FEATURES: Names = Names {
    prefix: "RTC_FEATURE_",
    mask: 0,
    marked: false,
    choice: &[],
    bits: &[
        ("1<<RTC_FEATURE_ALARM", 1),
        ("1<<RTC_FEATURE_ALARM_RES_MINUTE", 1 << 1),
        ("1<<RTC_FEATURE_NEED_WEEK_DAY", 1 << 2),
        ("1<<RTC_FEATURE_ALARM_RES_2S", 1 << 3),
        ("1<<RTC_FEATURE_UPDATE_INTERRUPT", 1 << 4),
        ("1<<RTC_FEATURE_CORRECTION", 1 << 5),
        ("1<<RTC_FEATURE_BACKUP_SWITCH_MODE", 1 << 6),
        ("1<<RTC_FEATURE_ALARM_WAKEUP_ONLY", 1 << 7),
    ],
};

/// A time, with its date.
const DATED: Ty = Of(16, &Special(S::Device(Device::ClockTime)));

records! {
    /// struct ptp_clock_time, of a length of time. include/uapi/linux/ptp_clock.h
    PTP_CLOCK_TIME 16 same { sec: 0 8 Wide(&Long), nsec: 8 4 Uint, reserved: 12 4 NonZero(&Hex32) }
    /// struct ptp_perout_request. include/uapi/linux/ptp_clock.h
    PTP_PEROUT_REQUEST_REC 56 same {
        start: 0 16 By(start), phase: 0 16 By(phase), period: 16 16 Rec(&PTP_CLOCK_TIME), index: 32 4 Uint,
        flags: 36 4 Set32(&PTP_PEROUT), on: 40 16 By(on), rsv: 40 16 By(unused)
    }
    /// struct ptp_sys_offset, as it goes in. include/uapi/linux/ptp_clock.h
    PTP_SYS_OFFSET_REC 832 same { n_samples: 0 4 Uint, rsv: 4 12 NonZero(&Array(&Hex32, Fixed(3))) }
    /// The same as it comes back.
    PTP_SYS_OFFSET_DONE 832 same { ts: 16 816 Rest(&DATED, |offset| 2 * number(offset, 0, 4).min(25) + 1) }
    /// struct ptp_sys_offset_extended, as it goes in. include/uapi/linux/ptp_clock.h
    PTP_SYS_OFFSET_EXTENDED_REC 1216 same {
        n_samples: 0 4 Uint, clockid: 4 4 Set32(&CLOCKS), rsv: 8 8 NonZero(&Array(&Hex32, Fixed(2)))
    }
    /// The same as it comes back.
    PTP_SYS_OFFSET_EXTENDED_DONE 1216 same {
        ts: 16 1200 Rest(&Of(48, &Array(&DATED, Fixed(3))), |offset| number(offset, 0, 4).min(25))
    }
    /// struct ptp_sys_offset_precise. include/uapi/linux/ptp_clock.h
    PTP_SYS_OFFSET_PRECISE_REC 64 same {
        device: 0 16 DATED, sys_realtime: 16 16 DATED, sys_monoraw: 32 16 Rec(&PTP_CLOCK_TIME),
        rsv: 48 16 NonZero(&Array(&Hex32, Fixed(4)))
    }
    /// struct rtc_param. include/uapi/linux/rtc.h
    RTC_PARAM 24 same {
        param: 0 8 Set(&RTC_PARAM_SET_SET), uvalue: 8 8 By(unsigned), svalue: 8 8 By(signed), index: 16 4 Uint,
        __pad: 20 4 NonZero(&Hex32)
    }
    /// The same, of which a value is asked for.
    RTC_PARAM_ASKED 24 same { param: 0 8 Set(&RTC_PARAM_SET_SET), index: 16 4 Uint, __pad: 20 4 NonZero(&Hex32) }
    /// The same as it comes back.
    RTC_PARAM_DONE 24 same { uvalue: 8 8 By(unsigned), svalue: 8 8 By(signed), __pad: 20 4 NonZero(&Hex32) }
    /// struct tee_ioctl_shm_alloc_data. include/uapi/linux/tee.h
    TEE_SHM_ALLOC 16 same { size: 0 8 Hex, flags: 8 4 Set32(&TEE_SHM) }
    /// The same as it comes back.
    TEE_SHM_ALLOC_DONE 16 same { size: 0 8 Hex, flags: 8 4 Set32(&TEE_SHM), id: 12 4 Int }
    /// struct tee_ioctl_shm_register_data. include/uapi/linux/tee.h
    TEE_SHM_REGISTER 24 same { addr: 0 8 Addr, length: 8 8 Hex, flags: 16 4 Set32(&TEE_SHM) }
    /// The same as it comes back.
    TEE_SHM_REGISTER_DONE 24 same { length: 8 8 Hex, flags: 16 4 Set32(&TEE_SHM), id: 20 4 Int }
    /// struct tee_ioctl_shm_register_fd_data. include/uapi/linux/tee.h
    TEE_SHM_REGISTER_FD 24 same { fd: 0 8 Of(4, &Int), flags: 16 4 Set32(&TEE_SHM) }
    /// The same as it comes back.
    TEE_SHM_REGISTER_FD_DONE 24 same { size: 8 8 Hex, id: 20 4 Int }
    /// struct gpio_v2_line_attribute. include/uapi/linux/gpio.h
    GPIO_V2_LINE_ATTRIBUTE 16 same { id: 0 4 Uint, padding: 4 4 NonZero(&Hex32), data: 8 8 Hex }
    /// struct gpio_v2_line_config_attribute. include/uapi/linux/gpio.h
    GPIO_V2_LINE_CONFIG_ATTRIBUTE 24 same { attr: 0 16 Rec(&GPIO_V2_LINE_ATTRIBUTE), mask: 16 8 Hex }
    /// struct gpio_v2_line_config. include/uapi/linux/gpio.h
    GPIO_V2_LINE_CONFIG 272 same {
        flags: 0 8 Set(&GPIO_V2_LINE_FLAG), num_attrs: 8 4 Uint, padding: 12 20 NonZero(&Array(&Hex32, Fixed(5))),
        attrs: 32 240 By(configured)
    }
    /// struct gpio_v2_line_request. include/uapi/linux/gpio.h
    GPIO_V2_LINE_REQUEST 592 same {
        num_lines: 560 4 Uint, offsets: 0 256 Rest(&Uint, |request| number(request, 560, 4)), consumer: 256 32 Chars,
        config: 288 272 Rec(&GPIO_V2_LINE_CONFIG), event_buffer_size: 564 4 NonZero(&Uint),
        padding: 568 20 NonZero(&Array(&Hex32, Fixed(5)))
    }
    /// The same as it comes back.
    GPIO_V2_LINE_REQUEST_DONE 592 same { fd: 588 4 Int }
    /// struct gpio_v2_line_info, as it goes in. include/uapi/linux/gpio.h
    GPIO_V2_LINE_INFO 256 same { offset: 64 4 Uint }
    /// The same as it comes back.
    GPIO_V2_LINE_INFO_DONE 256 same {
        name: 0 32 Chars, consumer: 32 32 Chars, flags: 72 8 Set(&GPIO_V2_LINE_FLAG), num_attrs: 68 4 Uint, attrs: 80 160 By(attributes),
        padding: 240 16 NonZero(&Array(&Hex32, Fixed(4)))
    }
    /// struct gpioevent_request. include/uapi/linux/gpio.h
    GPIOEVENT_REQUEST 48 same {
        lineoffset: 0 4 Uint, handleflags: 4 4 Set32(&GPIOHANDLE_REQUEST_SET), eventflags: 8 4 Set32(&GPIOEVENT_REQUEST_FLAG),
        consumer_label: 12 32 Chars
    }
    /// The same as it comes back.
    GPIOEVENT_REQUEST_DONE 48 same { fd: 44 4 Int }
    /// The number of a line.
    GPIO_OFFSET 4 same { offset: 0 4 Uint }
    /// struct udmabuf_create_list. include/uapi/linux/udmabuf.h
    UDMABUF_LIST 8 same { flags: 0 4 Set32(&super::devices::UDMABUF_FLAGS), count: 4 4 Uint, list: 8 0 Rest(&Rec(&UDMABUF_ITEM), buffers) }
    /// struct udmabuf_create_item. include/uapi/linux/udmabuf.h
    UDMABUF_ITEM 24 same { memfd: 0 4 Int, offset: 8 8 Wide(&Ulong), size: 16 8 Wide(&Ulong) }
}

/// How many buffers are made one.
fn buffers(list: &[u8]) -> u64 {
    number(list, 4, 4)
}

fn has(request: &[u8], flag: &str) -> bool {
    number(request, 36, 4) & PTP_PEROUT.flag(flag) != 0
}

fn start(request: &[u8]) -> &'static Ty {
    if has(request, "PTP_PEROUT_PHASE") { &Hidden } else { &DATED }
}

fn phase(request: &[u8]) -> &'static Ty {
    static TIME: Ty = Rec(&PTP_CLOCK_TIME);
    if has(request, "PTP_PEROUT_PHASE") { &TIME } else { &Hidden }
}

fn on(request: &[u8]) -> &'static Ty {
    static TIME: Ty = Rec(&PTP_CLOCK_TIME);
    if has(request, "PTP_PEROUT_DUTY_CYCLE") { &TIME } else { &Hidden }
}

fn unused(request: &[u8]) -> &'static Ty {
    if has(request, "PTP_PEROUT_DUTY_CYCLE") { &Hidden } else { &NonZero(&Array(&Hex32, Fixed(4))) }
}

const CORRECTION: u64 = RTC_PARAM_SET_SET.value("RTC_PARAM_CORRECTION");
const FEATURES: u64 = RTC_PARAM_SET_SET.value("RTC_PARAM_FEATURES");
const BACKUP: u64 = RTC_PARAM_SET_SET.value("RTC_PARAM_BACKUP_SWITCH_MODE");

/// The value of a parameter, where it has no sign.
fn unsigned(param: &[u8]) -> &'static Ty {
    static CAN: Ty = Set(&RTC_FEATURES);
    static HOW: Ty = Set(&RTC_BSM);
    match number(param, 0, 8) {
        CORRECTION => &Hidden,
        FEATURES => &CAN,
        BACKUP => &HOW,
        _ => &Hex,
    }
}

fn signed(param: &[u8]) -> &'static Ty {
    if number(param, 0, 8) == CORRECTION { &Wide(&Long) } else { &Hidden }
}

/// Capabilities, by what implements the environment.
pub fn capabilities(version: &[u8]) -> &'static Ty {
    static OPTEE: Ty = Set32(&TEE_OPTEE_CAP);
    if number(version, 0, 4) == super::devices::TEE_IMPL_ID.value("TEE_IMPL_ID_OPTEE") { &OPTEE } else { &Hex32 }
}

fn configured(config: &[u8]) -> &'static Ty {
    static ATTRS: Ty = Rest(&Rec(&GPIO_V2_LINE_CONFIG_ATTRIBUTE), |config| number(config, 8, 4).min(10));
    if number(config, 8, 4) == 0 { &Hidden } else { &ATTRS }
}

fn attributes(info: &[u8]) -> &'static Ty {
    static ATTRS: Ty = Rest(&Rec(&GPIO_V2_LINE_ATTRIBUTE), |info| number(info, 68, 4).min(10));
    if number(info, 68, 4) == 0 { &Hidden } else { &ATTRS }
}
