//! ctype.h, wctype.h, wchar.h, uchar.h: characters, and texts of wide ones, which stay addresses.

use crate::prototypes;
use crate::schema::types::Len::Ret;
use crate::schema::types::Ty::*;

/// Questions about a character: of `char`, of one with a locale, of a wide one, of that with a locale.
macro_rules! questions {
    ($table:ident $located:ident $wide:ident $wide_located:ident: $($narrow:ident $narrow_l:ident $own_l:ident $wide_name:ident $wide_l:ident $wide_own:ident;)*) => {
        prototypes! { pub $table: $($narrow(c: Char) -> Int;)* }
        prototypes! { pub $located: $($narrow_l(c: Char, locale: Addr) -> Int; $own_l(c: Char, locale: Addr) -> Int;)* }
        prototypes! { pub $wide: $($wide_name(wc: Int) -> Int;)* }
        prototypes! { pub $wide_located: $($wide_l(wc: Int, locale: Addr) -> Int; $wide_own(wc: Int, locale: Addr) -> Int;)* }
    };
}

questions! { CLASSES CLASSES_L WIDE_CLASSES WIDE_CLASSES_L:
    isalnum isalnum_l __isalnum_l iswalnum iswalnum_l __iswalnum_l;
    isalpha isalpha_l __isalpha_l iswalpha iswalpha_l __iswalpha_l;
    isblank isblank_l __isblank_l iswblank iswblank_l __iswblank_l;
    iscntrl iscntrl_l __iscntrl_l iswcntrl iswcntrl_l __iswcntrl_l;
    isdigit isdigit_l __isdigit_l iswdigit iswdigit_l __iswdigit_l;
    isgraph isgraph_l __isgraph_l iswgraph iswgraph_l __iswgraph_l;
    islower islower_l __islower_l iswlower iswlower_l __iswlower_l;
    isprint isprint_l __isprint_l iswprint iswprint_l __iswprint_l;
    ispunct ispunct_l __ispunct_l iswpunct iswpunct_l __iswpunct_l;
    isspace isspace_l __isspace_l iswspace iswspace_l __iswspace_l;
    isupper isupper_l __isupper_l iswupper iswupper_l __iswupper_l;
    isxdigit isxdigit_l __isxdigit_l iswxdigit iswxdigit_l __iswxdigit_l;
}

prototypes! { pub CHARACTERS:
    isascii(c: Char) -> Int;
    toascii(c: Char) -> Char;
    tolower(c: Char) -> Char;
    toupper(c: Char) -> Char;
    _tolower(c: Char) -> Char;
    _toupper(c: Char) -> Char;
    tolower_l(c: Char, locale: Addr) -> Char;
    toupper_l(c: Char, locale: Addr) -> Char;
    __tolower_l(c: Char, locale: Addr) -> Char;
    __toupper_l(c: Char, locale: Addr) -> Char;
    __isctype(c: Char, mask: Hex32) -> Int;
    __ctype_b_loc() -> Addr;
    __ctype_tolower_loc() -> Addr;
    __ctype_toupper_loc() -> Addr;
    __ctype_get_mb_cur_max() -> Ulong;
    iswctype(wc: Int, desc: Ulong) -> Int;
    iswctype_l(wc: Int, desc: Ulong, locale: Addr) -> Int;
    __iswctype(wc: Int, desc: Ulong) -> Int;
    __iswctype_l(wc: Int, desc: Ulong, locale: Addr) -> Int;
    wctype(name: Text) -> Ulong;
    wctype_l(name: Text, locale: Addr) -> Ulong;
    __wctype_l(name: Text, locale: Addr) -> Ulong;
    towlower(wc: Int) -> Int;
    towupper(wc: Int) -> Int;
    towlower_l(wc: Int, locale: Addr) -> Int;
    towupper_l(wc: Int, locale: Addr) -> Int;
    __towlower_l(wc: Int, locale: Addr) -> Int;
    __towupper_l(wc: Int, locale: Addr) -> Int;
    towctrans(wc: Int, desc: Addr) -> Int;
    towctrans_l(wc: Int, desc: Addr, locale: Addr) -> Int;
    wctrans(name: Text) -> Addr;
    wctrans_l(name: Text, locale: Addr) -> Addr;
}

prototypes! { pub WIDE:
    btowc(c: Char) -> Int;
    wctob(c: Int) -> Char;
    mblen(s: Text, n: Ulong) -> Int;
    mbrlen(s: Text, n: Ulong, ps: Addr) -> Long;
    __mbrlen(s: Text, n: Ulong, ps: Addr) -> Long;
    mbtowc(pwc: Out(&Ptr(&Int)), s: Text, n: Ulong) -> Int;
    mbrtowc(pwc: Out(&Ptr(&Int)), s: Text, n: Ulong, ps: Addr) -> Long;
    __mbrtowc(pwc: Out(&Ptr(&Int)), s: Text, n: Ulong, ps: Addr) -> Long;
    wctomb(s: Out(&Bytes(Ret)), wc: Int) -> Int;
    wcrtomb(s: Out(&Bytes(Ret)), wc: Int, ps: Addr) -> Long;
    mbsinit(ps: Addr) -> Int;
    mbstowcs(dest: Addr, src: Text, n: Ulong) -> Long;
    mbsrtowcs(dest: Addr, src: Addr, len: Ulong, ps: Addr) -> Long;
    mbsnrtowcs(dest: Addr, src: Addr, nms: Ulong, len: Ulong, ps: Addr) -> Long;
    wcstombs(dest: Out(&Bytes(Ret)), src: Addr, n: Ulong) -> Long;
    wcsrtombs(dest: Out(&Bytes(Ret)), src: Addr, len: Ulong, ps: Addr) -> Long;
    wcsnrtombs(dest: Out(&Bytes(Ret)), src: Addr, nwc: Ulong, len: Ulong, ps: Addr) -> Long;
    mbrtoc16(pc16: Addr, s: Text, n: Ulong, ps: Addr) -> Long;
    mbrtoc32(pc32: Out(&Ptr(&Uint)), s: Text, n: Ulong, ps: Addr) -> Long;
    c16rtomb(s: Out(&Bytes(Ret)), c16: Uint, ps: Addr) -> Long;
    c32rtomb(s: Out(&Bytes(Ret)), c32: Uint, ps: Addr) -> Long;
    wcslen(s: Addr) -> Ulong;
    wcsnlen(s: Addr, maxlen: Ulong) -> Ulong;
    wcscpy(dest: Addr, src: Addr) -> Addr;
    wcsncpy(dest: Addr, src: Addr, n: Ulong) -> Addr;
    wcpcpy(dest: Addr, src: Addr) -> Addr;
    wcpncpy(dest: Addr, src: Addr, n: Ulong) -> Addr;
    wcscat(dest: Addr, src: Addr) -> Addr;
    wcsncat(dest: Addr, src: Addr, n: Ulong) -> Addr;
    wcscmp(s1: Addr, s2: Addr) -> Int;
    wcsncmp(s1: Addr, s2: Addr, n: Ulong) -> Int;
    wcscasecmp(s1: Addr, s2: Addr) -> Int;
    wcscasecmp_l(s1: Addr, s2: Addr, locale: Addr) -> Int;
    wcsncasecmp(s1: Addr, s2: Addr, n: Ulong) -> Int;
    wcsncasecmp_l(s1: Addr, s2: Addr, n: Ulong, locale: Addr) -> Int;
    wcscoll(s1: Addr, s2: Addr) -> Int;
    wcscoll_l(s1: Addr, s2: Addr, locale: Addr) -> Int;
    __wcscoll_l(s1: Addr, s2: Addr, locale: Addr) -> Int;
    wcsxfrm(dest: Addr, src: Addr, n: Ulong) -> Ulong;
    wcsxfrm_l(dest: Addr, src: Addr, n: Ulong, locale: Addr) -> Ulong;
    __wcsxfrm_l(dest: Addr, src: Addr, n: Ulong, locale: Addr) -> Ulong;
    wcschr(s: Addr, wc: Int) -> Addr;
    wcschrnul(s: Addr, wc: Int) -> Addr;
    wcsrchr(s: Addr, wc: Int) -> Addr;
    wcsstr(haystack: Addr, needle: Addr) -> Addr;
    wcswcs(haystack: Addr, needle: Addr) -> Addr;
    wcsspn(s: Addr, accept: Addr) -> Ulong;
    wcscspn(s: Addr, reject: Addr) -> Ulong;
    wcspbrk(s: Addr, accept: Addr) -> Addr;
    wcstok(s: Addr, delim: Addr, saveptr: Addr) -> Addr;
    wcsdup(s: Addr) -> Addr => hands;
    wcswidth(s: Addr, n: Ulong) -> Int;
    wcwidth(c: Int) -> Int;
    wmemchr(s: Addr, c: Int, n: Ulong) -> Addr;
    wmemcmp(s1: Addr, s2: Addr, n: Ulong) -> Int;
    wmemcpy(dest: Addr, src: Addr, n: Ulong) -> Addr;
    wmempcpy(dest: Addr, src: Addr, n: Ulong) -> Addr;
    wmemmove(dest: Addr, src: Addr, n: Ulong) -> Addr;
    wmemset(s: Addr, c: Int, n: Ulong) -> Addr;
    wcstol(nptr: Addr, endptr: Addr, base: Int) -> Long;
    wcstoul(nptr: Addr, endptr: Addr, base: Int) -> Ulong;
    wcstoll(nptr: Addr, endptr: Addr, base: Int) -> Long;
    wcstoull(nptr: Addr, endptr: Addr, base: Int) -> Ulong;
    wcstoimax(nptr: Addr, endptr: Addr, base: Int) -> Long;
    wcstoumax(nptr: Addr, endptr: Addr, base: Int) -> Ulong;
    wcstod(nptr: Addr, endptr: Addr) -> Double;
    wcstof(nptr: Addr, endptr: Addr) -> Float;
    wcstold(nptr: Addr, endptr: Addr) -> Double;
    wcsftime(s: Addr, max: Ulong, format: Addr, tm: Addr) -> Ulong;
    wcsftime_l(s: Addr, max: Ulong, format: Addr, tm: Addr, locale: Addr) -> Ulong;
    __wcsftime_l(s: Addr, max: Ulong, format: Addr, tm: Addr, locale: Addr) -> Ulong;
    fgetwc(stream: Stream) -> Int;
    fgetwc_unlocked(stream: Stream) -> Int;
    getwc(stream: Stream) -> Int;
    getwc_unlocked(stream: Stream) -> Int;
    getwchar() -> Int;
    getwchar_unlocked() -> Int;
    fgetws(ws: Addr, n: Int, stream: Stream) -> Addr;
    fgetws_unlocked(ws: Addr, n: Int, stream: Stream) -> Addr;
    fputwc(wc: Int, stream: Stream) -> Int;
    fputwc_unlocked(wc: Int, stream: Stream) -> Int;
    putwc(wc: Int, stream: Stream) -> Int;
    putwc_unlocked(wc: Int, stream: Stream) -> Int;
    putwchar(wc: Int) -> Int;
    putwchar_unlocked(wc: Int) -> Int;
    fputws(ws: Addr, stream: Stream) -> Int;
    fputws_unlocked(ws: Addr, stream: Stream) -> Int;
    ungetwc(wc: Int, stream: Stream) -> Int;
    fwide(stream: Stream, mode: Int) -> Int;
    wprintf(format: Addr) -> Int;
    fwprintf(stream: Stream, format: Addr) -> Int;
    swprintf(wcs: Addr, maxlen: Ulong, format: Addr) -> Int;
    vwprintf(format: Addr, args: Addr) -> Int;
    vfwprintf(stream: Stream, format: Addr, args: Addr) -> Int;
    vswprintf(wcs: Addr, maxlen: Ulong, format: Addr, args: Addr) -> Int;
    wscanf(format: Addr) -> Int;
    fwscanf(stream: Stream, format: Addr) -> Int;
    swscanf(ws: Addr, format: Addr) -> Int;
    vwscanf(format: Addr, arg: Addr) -> Int;
    vfwscanf(stream: Stream, format: Addr, arg: Addr) -> Int;
    vswscanf(ws: Addr, format: Addr, arg: Addr) -> Int;
    open_wmemstream(ptr: Addr, sizeloc: Addr) -> Stream => hands;
}
