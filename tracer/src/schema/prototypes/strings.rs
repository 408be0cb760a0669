//! string.h, strings.h, ctype.h, wchar.h: texts and bytes. The names of arguments are those of the manual pages.

use crate::prototypes;
use crate::schema::types::Ty::*;

prototypes! { pub STRINGS:
    strlen(s: Text) -> Ulong;
    strnlen(s: Bytes(maxlen), maxlen: Ulong) -> Ulong;
    strcpy(dst: Addr, src: Text) -> Addr;
    stpcpy(dst: Addr, src: Text) -> Addr;
    strncpy(dst: Addr, src: Text, dsize: Ulong) -> Addr;
    strcat(dst: Text, src: Text) -> Text;
    strncat(dst: Text, src: Text, ssize: Ulong) -> Text;
    strcmp(s1: Text, s2: Text) -> Int;
    strncmp(s1: Text, s2: Text, n: Ulong) -> Int;
    strcasecmp(s1: Text, s2: Text) -> Int;
    strncasecmp(s1: Text, s2: Text, n: Ulong) -> Int;
    strcoll(s1: Text, s2: Text) -> Int;
    strchr(s: Text, c: Char) -> Text;
    strrchr(s: Text, c: Char) -> Text;
    strchrnul(s: Text, c: Char) -> Text;
    strstr(haystack: Text, needle: Text) -> Text;
    strcasestr(haystack: Text, needle: Text) -> Text;
    strdup(s: Text) -> Text;
    strndup(s: Text, n: Ulong) -> Text;
    strspn(s: Text, accept: Text) -> Ulong;
    strcspn(s: Text, reject: Text) -> Ulong;
    strpbrk(s: Text, accept: Text) -> Text;
    strtok(str: Text, delim: Text) -> Text;
    strtok_r(str: Text, delim: Text, saveptr: Addr) -> Text;
    strsep(stringp: Addr, delim: Text) -> Text;
    strerror(errnum: Int) -> Text;
    memcpy(dest: Addr, src: Bytes(n), n: Ulong) -> Addr;
    mempcpy(dest: Addr, src: Bytes(n), n: Ulong) -> Addr;
    memmove(dest: Addr, src: Bytes(n), n: Ulong) -> Addr;
    memset(s: Addr, c: Char, n: Ulong) -> Addr;
    memcmp(s1: Bytes(n), s2: Bytes(n), n: Ulong) -> Int;
    memchr(s: Bytes(n), c: Char, n: Ulong) -> Addr;
    memrchr(s: Bytes(n), c: Char, n: Ulong) -> Addr;
    bcmp(s1: Bytes(n), s2: Bytes(n), n: Ulong) -> Int;
    tolower(c: Char) -> Char;
    toupper(c: Char) -> Char;
}
