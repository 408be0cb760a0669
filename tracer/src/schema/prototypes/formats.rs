//! What has a format or says what went wrong: the printf(3) and scanf(3) families of stdio.h, err.h, error.h, syslog.h, monetary.h.

use crate::schema::types::Ty::*;
use crate::{prototypes, sets};

sets! {
    /// Priorities of syslog(3): a level, and who says it. sys/syslog.h
    PRIORITY "LOG_"
    choice 0x7: LOG_EMERG = 0, LOG_ALERT = 1, LOG_CRIT = 2, LOG_ERR = 3, LOG_WARNING = 4, LOG_NOTICE = 5, LOG_INFO = 6, LOG_DEBUG = 7;
    bits: LOG_LOCAL7 = 0xb8, LOG_LOCAL6 = 0xb0, LOG_LOCAL5 = 0xa8, LOG_LOCAL3 = 0x98, LOG_LOCAL4 = 0xa0, LOG_LOCAL2 = 0x90, LOG_LOCAL1 = 0x88,
          LOG_LOCAL0 = 0x80, LOG_FTP = 0x58, LOG_AUTHPRIV = 0x50, LOG_CRON = 0x48, LOG_NEWS = 0x38, LOG_LPR = 0x30, LOG_SYSLOG = 0x28,
          LOG_DAEMON = 0x18, LOG_UUCP = 0x40, LOG_AUTH = 0x20, LOG_MAIL = 0x10, LOG_USER = 8;

    /// Who says what is logged. sys/syslog.h
    FACILITY "LOG_"
    choice all: LOG_KERN = 0, LOG_USER = 8, LOG_MAIL = 0x10, LOG_DAEMON = 0x18, LOG_AUTH = 0x20, LOG_SYSLOG = 0x28, LOG_LPR = 0x30,
                LOG_NEWS = 0x38, LOG_UUCP = 0x40, LOG_CRON = 0x48, LOG_AUTHPRIV = 0x50, LOG_FTP = 0x58, LOG_LOCAL0 = 0x80, LOG_LOCAL1 = 0x88,
                LOG_LOCAL2 = 0x90, LOG_LOCAL3 = 0x98, LOG_LOCAL4 = 0xa0, LOG_LOCAL5 = 0xa8, LOG_LOCAL6 = 0xb0, LOG_LOCAL7 = 0xb8;

    /// Options of openlog(3). sys/syslog.h
    LOG_OPTION "LOG_"
    bits: LOG_PID = 1, LOG_CONS = 2, LOG_ODELAY = 4, LOG_NDELAY = 8, LOG_NOWAIT = 0x10, LOG_PERROR = 0x20;
}

prototypes! { pub PRINTING:
    printf(format: Format) -> Int;
    fprintf(stream: Stream, format: Format) -> Int;
    sprintf(str: Out(&Text), format: Format) -> Int;
    snprintf(str: Out(&Text), size: Ulong, format: Format) -> Int;
    asprintf(strp: Out(&Ptr(&Addr)), format: Format) -> Int => hands;
    __asprintf(strp: Out(&Ptr(&Addr)), format: Format) -> Int => hands;
    __snprintf(str: Out(&Text), size: Ulong, format: Format) -> Int;
    dprintf(fd: Fd, format: Format) -> Int;
    _IO_printf(format: Format) -> Int;
    _IO_fprintf(stream: Stream, format: Format) -> Int;
    _IO_sprintf(str: Out(&Text), format: Format) -> Int;
    obstack_printf(obstack: Addr, format: Format) -> Int;
    vprintf(format: Text, ap: Addr) -> Int;
    vfprintf(stream: Stream, format: Text, ap: Addr) -> Int;
    vsprintf(str: Out(&Text), format: Text, ap: Addr) -> Int;
    vsnprintf(str: Out(&Text), size: Ulong, format: Text, ap: Addr) -> Int;
    __vsnprintf(str: Out(&Text), size: Ulong, format: Text, ap: Addr) -> Int;
    vasprintf(strp: Out(&Ptr(&Addr)), format: Text, ap: Addr) -> Int => hands;
    vdprintf(fd: Fd, format: Text, ap: Addr) -> Int;
    _IO_vfprintf(stream: Stream, format: Text, ap: Addr) -> Int;
    _IO_vsprintf(str: Out(&Text), format: Text, ap: Addr) -> Int;
    obstack_vprintf(obstack: Addr, format: Text, ap: Addr) -> Int;
    parse_printf_format(format: Text, n: Ulong, argtypes: Addr) -> Ulong;
    register_printf_function(spec: Char, handler: Addr, arginfo: Addr) -> Int;
    register_printf_specifier(spec: Char, handler: Addr, arginfo: Addr) -> Int;
    strfmon(s: Out(&Text), max: Ulong, format: Text) -> Long;
    strfmon_l(s: Out(&Text), max: Ulong, locale: Addr, format: Text) -> Long;
    __strfmon_l(s: Out(&Text), max: Ulong, locale: Addr, format: Text) -> Long;
}

prototypes! { pub SCANNING:
    scanf(format: Text) -> Int;
    fscanf(stream: Stream, format: Text) -> Int;
    sscanf(str: Text, format: Text) -> Int;
    vscanf(format: Text, ap: Addr) -> Int;
    vfscanf(stream: Stream, format: Text, ap: Addr) -> Int;
    vsscanf(str: Text, format: Text, ap: Addr) -> Int;
    _IO_sscanf(str: Text, format: Text) -> Int;
    __vfscanf(stream: Stream, format: Text, ap: Addr) -> Int;
    __vsscanf(str: Text, format: Text, ap: Addr) -> Int;
    __isoc99_scanf(format: Text) -> Int;
    __isoc99_fscanf(stream: Stream, format: Text) -> Int;
    __isoc99_sscanf(str: Text, format: Text) -> Int;
    __isoc99_vscanf(format: Text, ap: Addr) -> Int;
    __isoc99_vfscanf(stream: Stream, format: Text, ap: Addr) -> Int;
    __isoc99_vsscanf(str: Text, format: Text, ap: Addr) -> Int;
    __isoc23_scanf(format: Text) -> Int;
    __isoc23_fscanf(stream: Stream, format: Text) -> Int;
    __isoc23_sscanf(str: Text, format: Text) -> Int;
    __isoc23_vscanf(format: Text, ap: Addr) -> Int;
    __isoc23_vfscanf(stream: Stream, format: Text, ap: Addr) -> Int;
    __isoc23_vsscanf(str: Text, format: Text, ap: Addr) -> Int;
    __isoc99_wscanf(format: Addr) -> Int;
    __isoc99_fwscanf(stream: Stream, format: Addr) -> Int;
    __isoc99_swscanf(ws: Addr, format: Addr) -> Int;
    __isoc99_vwscanf(format: Addr, ap: Addr) -> Int;
    __isoc99_vfwscanf(stream: Stream, format: Addr, ap: Addr) -> Int;
    __isoc99_vswscanf(ws: Addr, format: Addr, ap: Addr) -> Int;
}

prototypes! { pub COMPLAINTS:
    perror(s: Text) -> Void;
    psignal(sig: Signal, s: Text) -> Void;
    psiginfo(pinfo: Addr, s: Text) -> Void;
    herror(s: Text) -> Void;
    err(eval: Int, fmt: Format) -> Void, never;
    errx(eval: Int, fmt: Format) -> Void, never;
    verr(eval: Int, fmt: Text, args: Addr) -> Void, never;
    verrx(eval: Int, fmt: Text, args: Addr) -> Void, never;
    warn(fmt: Format) -> Void;
    warnx(fmt: Format) -> Void;
    vwarn(fmt: Text, args: Addr) -> Void;
    vwarnx(fmt: Text, args: Addr) -> Void;
    error(status: Int, errnum: Int, format: Format) -> Void;
    error_at_line(status: Int, errnum: Int, filename: Text, linenum: Uint, format: Format) -> Void;
    openlog(ident: Text, option: Set32(&LOG_OPTION), facility: Set32(&FACILITY)) -> Void;
    syslog(priority: Set32(&PRIORITY), format: Format) -> Void;
    vsyslog(priority: Set32(&PRIORITY), format: Text, ap: Addr) -> Void;
    closelog() -> Void;
    setlogmask(mask: Hex32) -> Hex32;
    fmtmsg(classification: Hex32, label: Text, severity: Int, text: Text, action: Text, tag: Text) -> Int;
    addseverity(severity: Int, s: Text) -> Int;
}
