//! Clocks, sleeping and timers.

use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use crate::{records, sets, syscalls};

sets! {
    /// Clocks. include/uapi/linux/time.h
    CLOCKS "CLOCK_"
    choice all: CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1, CLOCK_PROCESS_CPUTIME_ID = 2, CLOCK_THREAD_CPUTIME_ID = 3,
                CLOCK_MONOTONIC_RAW = 4, CLOCK_REALTIME_COARSE = 5, CLOCK_MONOTONIC_COARSE = 6, CLOCK_BOOTTIME = 7,
                CLOCK_REALTIME_ALARM = 8, CLOCK_BOOTTIME_ALARM = 9, CLOCK_SGI_CYCLE = 10, CLOCK_TAI = 11;

    /// clock_nanosleep(2) and timer_settime(2) flags. include/uapi/linux/time.h
    TIMER "TIMER_"
    bits: TIMER_ABSTIME = 1;

    /// Interval timers. include/uapi/linux/time.h
    ITIMER "ITIMER_"
    choice all: ITIMER_REAL = 0, ITIMER_VIRTUAL = 1, ITIMER_PROF = 2;

    /// timerfd_create(2) and timerfd_settime(2) flags. include/uapi/linux/timerfd.h
    TFD "TFD_"
    bits: TFD_TIMER_ABSTIME = 1, TFD_TIMER_CANCEL_ON_SET = 2, TFD_CLOEXEC = 0o2000000, TFD_NONBLOCK = 0o4000;

    /// What adjtimex(2) is to change. include/uapi/linux/timex.h
    ADJ "ADJ_"
    bits: ADJ_OFFSET_SS_READ = 0xa001, ADJ_OFFSET_SINGLESHOT = 0x8001, ADJ_OFFSET = 1, ADJ_FREQUENCY = 2,
          ADJ_MAXERROR = 4, ADJ_ESTERROR = 8, ADJ_STATUS = 0x10, ADJ_TIMECONST = 0x20, ADJ_TAI = 0x80,
          ADJ_SETOFFSET = 0x100, ADJ_MICRO = 0x1000, ADJ_NANO = 0x2000, ADJ_TICK = 0x4000;

    /// Clock status. include/uapi/linux/timex.h
    STA "STA_"
    bits: STA_PLL = 1, STA_PPSFREQ = 2, STA_PPSTIME = 4, STA_FLL = 8, STA_INS = 0x10, STA_DEL = 0x20, STA_UNSYNC = 0x40,
          STA_FREQHOLD = 0x80, STA_PPSSIGNAL = 0x100, STA_PPSJITTER = 0x200, STA_PPSWANDER = 0x400, STA_PPSERROR = 0x800,
          STA_CLOCKERR = 0x1000, STA_NANO = 0x2000, STA_MODE = 0x4000, STA_CLK = 0x8000;

    /// Clock states, which adjtimex(2) returns. include/uapi/linux/timex.h
    TIME_STATE "TIME_"
    choice all: TIME_OK = 0, TIME_INS = 1, TIME_DEL = 2, TIME_OOP = 3, TIME_WAIT = 4, TIME_ERROR = 5;
}

/// `modes` of a question that is none of the bits.
pub const ADJ_OFFSET_SS_READ: u64 = ADJ.flag("ADJ_OFFSET_SS_READ");

records! {
    /// struct timespec. include/uapi/linux/time.h
    TIMESPEC 16 { tv_sec: 0 8 Long, tv_nsec: 8 8 Ulong }

    /// struct timeval. include/uapi/linux/time.h
    TIMEVAL 16 { tv_sec: 0 8 Long, tv_usec: 8 8 Ulong }

    /// struct timezone. include/uapi/linux/time.h
    TIMEZONE 8 { tz_minuteswest: 0 4 Int, tz_dsttime: 4 4 Int }

    /// struct itimerval. include/uapi/linux/time.h
    ITIMERVAL 32 { it_interval: 0 16 Rec(&TIMEVAL), it_value: 16 16 Rec(&TIMEVAL) }

    /// struct itimerspec. include/uapi/linux/time.h
    ITIMERSPEC 32 { it_interval: 0 16 Rec(&TIMESPEC), it_value: 16 16 Rec(&TIMESPEC) }

    /// struct timex. include/uapi/linux/timex.h
    TIMEX 208 {
        modes: 0 4 Set32(&ADJ), offset: 8 8 Long, freq: 16 8 Long, maxerror: 24 8 Ulong, esterror: 32 8 Ulong,
        status: 40 4 Set32(&STA), constant: 48 8 Long, precision: 56 8 Ulong, tolerance: 64 8 Long,
        time: 72 16 Rec(&TIMEVAL), tick: 88 8 Long, ppsfreq: 96 8 Long, jitter: 104 8 Long, shift: 112 4 Int,
        stabil: 120 8 Long, jitcnt: 128 8 Long, calcnt: 136 8 Long, errcnt: 144 8 Long, stbcnt: 152 8 Long, tai: 160 4 Int, pad: 164 44 Hidden
    }
}

syscalls! { pub TIME harmless "clocks and timers are no files":
    nanosleep       [35 162 101]  (rqtp: Rec(&TIMESPEC), rmtp: Interrupted(&Rec(&TIMESPEC)))    -> Int, 0;
    clock_nanosleep [230 267 115] (clockid: Set32(&CLOCKS), flags: Set32(&TIMER), rqtp: Rec(&TIMESPEC), rmtp: Interrupted(&Rec(&TIMESPEC))) -> Int, 0;
    clock_gettime   [228 265 113] (clockid: Set32(&CLOCKS), tp: Out(&Rec(&TIMESPEC)))           -> Int, CLOCK;
    clock_getres    [229 266 114] (clockid: Set32(&CLOCKS), res: Out(&Rec(&TIMESPEC)))          -> Int, CLOCK;
    clock_settime   [227 264 112] (clockid: Set32(&CLOCKS), tp: Rec(&TIMESPEC))                 -> Int, CLOCK, gap "the clock of the machine may be another from now on";
    clock_adjtime   [305 343 266] (clockid: Set32(&CLOCKS), buf: Out(&Rec(&TIMEX)))             -> Note(&Int, &Set32(&TIME_STATE)), CLOCK, clock "the clock of the machine may be another from now on";
    adjtimex        [159 124 171] (buf: Out(&Rec(&TIMEX)))                                      -> Note(&Int, &Set32(&TIME_STATE)), CLOCK, clock "the clock of the machine may be another from now on";
    gettimeofday    [96 78 169]   (tv: Out(&Rec(&TIMEVAL)), tz: Out(&Rec(&TIMEZONE)))           -> Int, CLOCK;
    settimeofday    [164 79 170]  (tv: Rec(&TIMEVAL), tz: Rec(&TIMEZONE))                       -> Int, CLOCK, gap "the clock of the machine may be another from now on";
    time            [201 13 _]    (tloc: Out(&Ptr(&Special(S::TimeComment))))                   -> Note(&Long, &Special(S::UnixTime)), CLOCK;
    alarm           [37 27 _]     (seconds: Uint)                                               -> Int, 0;
    getitimer       [36 105 102]  (which: Set32(&ITIMER), value: Out(&Rec(&ITIMERVAL)))         -> Int, 0;
    setitimer       [38 104 103]  (which: Set32(&ITIMER), value: Rec(&ITIMERVAL), ovalue: Out(&Rec(&ITIMERVAL))) -> Int, 0;
    timer_create    [222 259 107] (clockid: Set32(&CLOCKS), sevp: Special(S::Sigevent), timerid: Out(&Ptr(&Int))) -> Int, 0;
    timer_settime   [223 260 110] (timerid: Int, flags: Set32(&TIMER), new_value: Rec(&ITIMERSPEC), old_value: Out(&Rec(&ITIMERSPEC))) -> Int, 0;
    timer_gettime   [224 261 108] (timerid: Int, value: Out(&Rec(&ITIMERSPEC)))                 -> Int, 0;
    timer_getoverrun [225 262 109] (timerid: Int)                                               -> Int, 0;
    timer_delete    [226 263 111] (timerid: Int)                                                -> Int, 0;
    timerfd_create  [283 322 85]  (clockid: Set32(&CLOCKS), flags: Set32(&TFD))          -> Fd, DESC;
    timerfd_settime [286 325 86]  (fd: Fd, flags: Set32(&TFD), new_value: Rec(&ITIMERSPEC), old_value: Out(&Rec(&ITIMERSPEC))) -> Int, DESC;
    timerfd_gettime [287 326 87]  (fd: Fd, value: Out(&Rec(&ITIMERSPEC)))                       -> Int, DESC;
}
