//! stdio.h: streams and formats.

use crate::prototypes;
use crate::schema::types::Ty::*;

prototypes! { pub STDIO:
    printf(format: Format) -> Int;
    fprintf(stream: Stream, format: Format) -> Int;
    sprintf(str: Out(&Text), format: Format) -> Int;
    snprintf(str: Out(&Text), size: Ulong, format: Format) -> Int;
    dprintf(fd: Fd, format: Format) -> Int;
    __printf_chk(flag: Int, format: Format) -> Int;
    __fprintf_chk(stream: Stream, flag: Int, format: Format) -> Int;
    __sprintf_chk(str: Out(&Text), flag: Int, strlen: Ulong, format: Format) -> Int;
    __snprintf_chk(str: Out(&Text), maxlen: Ulong, flag: Int, strlen: Ulong, format: Format) -> Int;
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
    fopen(pathname: Text, mode: Text) -> Stream;
    fopen64(pathname: Text, mode: Text) -> Stream;
    fdopen(fd: Fd, mode: Text) -> Stream;
    freopen(pathname: Text, mode: Text, stream: Stream) -> Stream;
    fclose(stream: Stream) -> Int;
    fflush(stream: Stream) -> Int;
    fread(ptr: Addr, size: Ulong, n: Ulong, stream: Stream) -> Ulong;
    fwrite(ptr: Addr, size: Ulong, n: Ulong, stream: Stream) -> Ulong;
    fileno(stream: Stream) -> Int;
    feof(stream: Stream) -> Int;
    ferror(stream: Stream) -> Int;
    perror(s: Text) -> Void;
    popen(command: Text, r#type: Text) -> Stream;
    pclose(stream: Stream) -> Int;
}
