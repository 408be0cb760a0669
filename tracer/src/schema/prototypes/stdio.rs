//! stdio.h and stdio_ext.h: streams. What has a format stands in its own family.

use crate::schema::open::SEEK;
use crate::schema::types::Len::Ret;
use crate::schema::types::Ty::*;
use crate::schema::types::times;
use crate::{prototypes, sets};

sets! {
    /// How a stream is buffered. stdio.h
    BUFFERING "_IO"
    choice all: _IOFBF = 0, _IOLBF = 1, _IONBF = 2;

    /// Whether a stream locks itself. stdio_ext.h
    LOCKING "FSETLOCKING_"
    choice all: FSETLOCKING_QUERY = 0, FSETLOCKING_INTERNAL = 1, FSETLOCKING_BYCALLER = 2;
}

prototypes! { pub STDIO:
    puts(s: Text) -> Int;
    fputs(s: Text, stream: Stream) -> Int;
    fgets(s: Out(&Text), size: Int, stream: Stream) -> Addr;
    putchar(c: Char) -> Int;
    fputc(c: Char, stream: Stream) -> Int;
    putc(c: Char, stream: Stream) -> Int;
    fgetc(stream: Stream) -> Char;
    getc(stream: Stream) -> Char;
    getchar() -> Char;
    ungetc(c: Char, stream: Stream) -> Char;
    fopen(pathname: Text, mode: Text) -> Stream => hands;
    fopen64(pathname: Text, mode: Text) -> Stream => hands;
    fdopen(fd: Fd, mode: Text) -> Stream => hands;
    freopen(pathname: Text, mode: Text, stream: Stream) -> Stream;
    fclose(stream: Stream) -> Int;
    fflush(stream: Stream) -> Int;
    fread(ptr: Out(&Bytes(times(size, Ret))), size: Ulong, n: Ulong, stream: Stream) -> Ulong;
    fwrite(ptr: Bytes(times(size, n)), size: Ulong, n: Ulong, stream: Stream) -> Ulong;
    fileno(stream: Stream) -> Int;
    feof(stream: Stream) -> Int;
    ferror(stream: Stream) -> Int;
    popen(command: Text, r#type: Text) -> Stream => hands;
    pclose(stream: Stream) -> Int;
    freopen64(pathname: Text, mode: Text, stream: Stream) -> Stream;
    fmemopen(buf: Addr, size: Ulong, mode: Text) -> Stream => hands;
    open_memstream(ptr: Addr, sizeloc: Addr) -> Stream => hands;
    fopencookie(cookie: Addr, mode: Text) -> Stream => hands;
    fcloseall() -> Int;
    tmpfile() -> Stream => hands;
    tmpfile64() -> Stream => hands;
    tmpnam(s: Addr) -> Text;
    tmpnam_r(s: Addr) -> Text;
    tempnam(dir: Text, pfx: Text) -> Text => hands;
    remove(pathname: Path) -> Int;
    fgets_unlocked(s: Out(&Text), n: Int, stream: Stream) -> Addr;
    gets(s: Out(&Text)) -> Addr;
    fputs_unlocked(s: Text, stream: Stream) -> Int;
    fputc_unlocked(c: Char, stream: Stream) -> Int;
    putc_unlocked(c: Char, stream: Stream) -> Int;
    putchar_unlocked(c: Char) -> Int;
    fgetc_unlocked(stream: Stream) -> Char;
    getc_unlocked(stream: Stream) -> Char;
    getchar_unlocked() -> Char;
    putw(w: Int, stream: Stream) -> Int;
    getw(stream: Stream) -> Int;
    getline(lineptr: Addr, n: Out(&Ptr(&Ulong)), stream: Stream) -> Long => hands;
    getdelim(lineptr: Addr, n: Out(&Ptr(&Ulong)), delim: Char, stream: Stream) -> Long => hands;
    __getdelim(lineptr: Addr, n: Out(&Ptr(&Ulong)), delim: Char, stream: Stream) -> Long => hands;
    fread_unlocked(ptr: Out(&Bytes(times(size, Ret))), size: Ulong, n: Ulong, stream: Stream) -> Ulong;
    fwrite_unlocked(ptr: Bytes(times(size, n)), size: Ulong, n: Ulong, stream: Stream) -> Ulong;
    fflush_unlocked(stream: Stream) -> Int;
    fseek(stream: Stream, offset: Long, whence: Set32(&SEEK)) -> Int;
    fseeko(stream: Stream, offset: Long, whence: Set32(&SEEK)) -> Int;
    fseeko64(stream: Stream, offset: Long, whence: Set32(&SEEK)) -> Int;
    ftell(stream: Stream) -> Long;
    ftello(stream: Stream) -> Long;
    ftello64(stream: Stream) -> Long;
    rewind(stream: Stream) -> Void;
    fgetpos(stream: Stream, pos: Addr) -> Int;
    fgetpos64(stream: Stream, pos: Addr) -> Int;
    fsetpos(stream: Stream, pos: Addr) -> Int;
    fsetpos64(stream: Stream, pos: Addr) -> Int;
    clearerr(stream: Stream) -> Void;
    clearerr_unlocked(stream: Stream) -> Void;
    feof_unlocked(stream: Stream) -> Int;
    ferror_unlocked(stream: Stream) -> Int;
    fileno_unlocked(stream: Stream) -> Int;
    setbuf(stream: Stream, buf: Addr) -> Void;
    setbuffer(stream: Stream, buf: Addr, size: Ulong) -> Void;
    setlinebuf(stream: Stream) -> Void;
    setvbuf(stream: Stream, buf: Addr, mode: Set32(&BUFFERING), size: Ulong) -> Int;
    flockfile(stream: Stream) -> Void;
    ftrylockfile(stream: Stream) -> Int;
    funlockfile(stream: Stream) -> Void;
    ctermid(s: Addr) -> Text;
    cuserid(string: Addr) -> Text;
    _IO_getc(stream: Stream) -> Char;
    _IO_putc(c: Char, stream: Stream) -> Int;
    _IO_puts(s: Text) -> Int;
    _IO_feof(stream: Stream) -> Int;
    _IO_ferror(stream: Stream) -> Int;
    _IO_fopen(pathname: Text, mode: Text) -> Stream => hands;
    _IO_fclose(stream: Stream) -> Int;
    _IO_fflush(stream: Stream) -> Int;
    _IO_fputs(s: Text, stream: Stream) -> Int;
    _IO_fgets(s: Out(&Text), size: Int, stream: Stream) -> Addr;
    _IO_fread(ptr: Out(&Bytes(times(size, Ret))), size: Ulong, n: Ulong, stream: Stream) -> Ulong;
    _IO_fwrite(ptr: Bytes(times(size, n)), size: Ulong, n: Ulong, stream: Stream) -> Ulong;
    __overflow(stream: Stream, c: Char) -> Int;
    __underflow(stream: Stream) -> Int;
    __uflow(stream: Stream) -> Int;
    __woverflow(stream: Stream, wc: Int) -> Int;
    __wunderflow(stream: Stream) -> Int;
    __wuflow(stream: Stream) -> Int;
    __fbufsize(stream: Stream) -> Ulong;
    __flbf(stream: Stream) -> Int;
    __fpending(stream: Stream) -> Ulong;
    __fpurge(stream: Stream) -> Void;
    __freadable(stream: Stream) -> Int;
    __freading(stream: Stream) -> Int;
    __fwritable(stream: Stream) -> Int;
    __fwriting(stream: Stream) -> Int;
    __fsetlocking(stream: Stream, r#type: Set32(&LOCKING)) -> Set32(&LOCKING);
    __fseeko64(stream: Stream, offset: Long, whence: Set32(&SEEK)) -> Int;
    __ftello64(stream: Stream) -> Long;
    _flushlbf() -> Void;
}
