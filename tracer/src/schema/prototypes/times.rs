//! time.h, sys/time.h, sys/timeb.h: clocks and dates. What is a system call alone has its row there.

use crate::schema::time::{CLOCKS, ITIMERSPEC, TIMER, TIMESPEC, TIMEVAL, TIMEZONE};
use crate::schema::types::Special as S;
use crate::schema::types::Ty::*;
use crate::{prototypes, records};

records! {
    /// struct tm. bits/types/struct_tm.h
    TM 56 { tm_sec: 0 4 Int, tm_min: 4 4 Int, tm_hour: 8 4 Int, tm_mday: 12 4 Int, tm_mon: 16 4 Int, tm_year: 20 4 Int, tm_wday: 24 4 Int,
            tm_yday: 28 4 Int, tm_isdst: 32 4 Int, tm_gmtoff: 40 8 Long, tm_zone: 48 8 Addr }
}

prototypes! { pub TIMES:
    time(tloc: Out(&Ptr(&Long))) -> Long;
    stime(t: Ptr(&Long)) -> Int;
    clock() -> Long;
    difftime(time1: Long, time0: Long) -> Double;
    mktime(tm: InOut(&Rec(&TM))) -> Long;
    timegm(tm: InOut(&Rec(&TM))) -> Long;
    timelocal(tm: InOut(&Rec(&TM))) -> Long;
    localtime(timep: Ptr(&Long)) -> Rec(&TM);
    gmtime(timep: Ptr(&Long)) -> Rec(&TM);
    localtime_r(timep: Ptr(&Long), result: Out(&Rec(&TM))) -> Addr;
    gmtime_r(timep: Ptr(&Long), result: Out(&Rec(&TM))) -> Addr;
    __gmtime_r(timep: Ptr(&Long), result: Out(&Rec(&TM))) -> Addr;
    asctime(tm: Rec(&TM)) -> Text;
    asctime_r(tm: Rec(&TM), buf: Addr) -> Text;
    ctime(timep: Ptr(&Long)) -> Text;
    ctime_r(timep: Ptr(&Long), buf: Addr) -> Text;
    strftime(s: Out(&Text), max: Ulong, format: Text, tm: Rec(&TM)) -> Ulong;
    strftime_l(s: Out(&Text), max: Ulong, format: Text, tm: Rec(&TM), locale: Addr) -> Ulong;
    __strftime_l(s: Out(&Text), max: Ulong, format: Text, tm: Rec(&TM), locale: Addr) -> Ulong;
    strptime(s: Text, format: Text, tm: Out(&Rec(&TM))) -> Text;
    strptime_l(s: Text, format: Text, tm: Out(&Rec(&TM)), locale: Addr) -> Text;
    getdate(string: Text) -> Addr;
    getdate_r(string: Text, res: Out(&Rec(&TM))) -> Int;
    tzset() -> Void;
    timespec_get(ts: Out(&Rec(&TIMESPEC)), base: Int) -> Int;
    timespec_getres(ts: Out(&Rec(&TIMESPEC)), base: Int) -> Int;
    sleep(seconds: Uint) -> Uint;
    usleep(usec: Uint) -> Int;
    ualarm(usecs: Uint, interval: Uint) -> Uint;
    dysize(year: Int) -> Int;
    adjtime(delta: Rec(&TIMEVAL), olddelta: Out(&Rec(&TIMEVAL))) -> Int;
    ftime(tp: Addr) -> Int;
    clock_getcpuclockid(pid: Pid, clockid: Out(&Ptr(&Int))) -> Int;
    ntp_adjtime(buf: Addr) -> Int;
    ntp_gettime(ntv: Addr) -> Int;
    ntp_gettimex(ntv: Addr) -> Int;
    __adjtimex(buf: Addr) -> Int;
    __clock_gettime(clockid: Set32(&CLOCKS), tp: Out(&Rec(&TIMESPEC))) -> Int;
    __gettimeofday(tv: Out(&Rec(&TIMEVAL)), tz: Out(&Rec(&TIMEZONE))) -> Int;
    __nanosleep(rqtp: Rec(&TIMESPEC), rmtp: Interrupted(&Rec(&TIMESPEC))) -> Int;
    timer_create(clockid: Set32(&CLOCKS), sevp: Special(S::Sigevent), timerid: Out(&Ptr(&Addr))) -> Int;
    timer_settime(timerid: Addr, flags: Set32(&TIMER), new_value: Rec(&ITIMERSPEC), old_value: Out(&Rec(&ITIMERSPEC))) -> Int;
    timer_gettime(timerid: Addr, value: Out(&Rec(&ITIMERSPEC))) -> Int;
    timer_getoverrun(timerid: Addr) -> Int;
    timer_delete(timerid: Addr) -> Int;
}
