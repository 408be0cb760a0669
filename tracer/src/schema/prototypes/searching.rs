//! stdlib.h, search.h, regex.h, obstack.h: sorting, trees and tables, regular expressions, memory that grows.

use crate::schema::types::Ty::*;
use crate::{prototypes, sets};

sets! {
    /// Flags of regcomp(3). regex.h
    REG_COMPILE "REG_"
    bits: REG_EXTENDED = 1, REG_ICASE = 2, REG_NEWLINE = 4, REG_NOSUB = 8;

    /// Flags of regexec(3). regex.h
    REG_EXECUTE "REG_"
    bits: REG_NOTBOL = 1, REG_NOTEOL = 2, REG_STARTEND = 4;

    /// What both return. regex.h
    REG_RESULT "#"
    choice all: REG_ENOSYS = 0xffff_ffff, REG_NOERROR = 0, REG_NOMATCH = 1, REG_BADPAT = 2, REG_ECOLLATE = 3, REG_ECTYPE = 4, REG_EESCAPE = 5,
                REG_ESUBREG = 6, REG_EBRACK = 7, REG_EPAREN = 8, REG_EBRACE = 9, REG_BADBR = 10, REG_ERANGE = 11, REG_ESPACE = 12,
                REG_BADRPT = 13, REG_EEND = 14, REG_ESIZE = 15, REG_ERPAREN = 16;

    /// What hsearch(3) does with what it does not find. search.h
    ACTION ""
    choice all: FIND = 0, ENTER = 1;
}

prototypes! { pub SEARCHING:
    qsort(base: Addr, n: Ulong, size: Ulong, compar: Addr) -> Void, calls back;
    qsort_r(base: Addr, n: Ulong, size: Ulong, compar: Addr, arg: Addr) -> Void, calls back;
    bsearch(key: Addr, base: Addr, n: Ulong, size: Ulong, compar: Addr) -> Addr, calls back;
    lfind(key: Addr, base: Addr, n: Ptr(&Ulong), size: Ulong, compar: Addr) -> Addr, calls back;
    lsearch(key: Addr, base: Addr, n: InOut(&Ptr(&Ulong)), size: Ulong, compar: Addr) -> Addr, calls back;
    tsearch(key: Addr, rootp: Addr, compar: Addr) -> Addr, calls back;
    tfind(key: Addr, rootp: Addr, compar: Addr) -> Addr, calls back;
    tdelete(key: Addr, rootp: Addr, compar: Addr) -> Addr, calls back;
    twalk(root: Addr, action: Addr) -> Void, calls back;
    twalk_r(root: Addr, action: Addr, closure: Addr) -> Void, calls back;
    tdestroy(root: Addr, free_node: Addr) -> Void, calls back;
    hcreate(nel: Ulong) -> Int;
    hcreate_r(nel: Ulong, htab: Addr) -> Int;
    hdestroy() -> Void;
    hdestroy_r(htab: Addr) -> Void;
    hsearch(key: Text, data: Addr, action: Set32(&ACTION)) -> Addr;
    hsearch_r(key: Text, data: Addr, action: Set32(&ACTION), retval: Out(&Ptr(&Addr)), htab: Addr) -> Int;
    insque(elem: Addr, prev: Addr) -> Void;
    remque(elem: Addr) -> Void;
    regcomp(preg: Addr, regex: Text, cflags: Set32(&REG_COMPILE)) -> Set32(&REG_RESULT);
    regexec(preg: Addr, string: Text, nmatch: Ulong, pmatch: Addr, eflags: Set32(&REG_EXECUTE)) -> Set32(&REG_RESULT);
    regerror(errcode: Set32(&REG_RESULT), preg: Addr, errbuf: Out(&Text), errbuf_size: Ulong) -> Ulong;
    regfree(preg: Addr) -> Void;
    re_compile_pattern(pattern: Bytes(length), length: Ulong, buffer: Addr) -> Text;
    re_compile_fastmap(buffer: Addr) -> Int;
    re_search(buffer: Addr, string: Bytes(length), length: Int, start: Int, range: Int, regs: Addr) -> Int;
    re_match(buffer: Addr, string: Bytes(length), length: Int, start: Int, regs: Addr) -> Int;
    re_set_syntax(syntax: Hex) -> Hex;
    re_set_registers(buffer: Addr, regs: Addr, num_regs: Uint, starts: Addr, ends: Addr) -> Void;
    re_comp(s: Text) -> Text;
    re_exec(s: Text) -> Int;
    _obstack_begin(h: Addr, size: Int, alignment: Int, chunkfun: Addr, freefun: Addr) -> Int, calls back;
    _obstack_begin_1(h: Addr, size: Int, alignment: Int, chunkfun: Addr, freefun: Addr, arg: Addr) -> Int, calls back;
    _obstack_newchunk(h: Addr, length: Int) -> Void, calls back;
    _obstack_allocated_p(h: Addr, obj: Addr) -> Int;
    _obstack_memory_used(h: Addr) -> Int;
    _obstack_free(h: Addr, obj: Addr) -> Void, calls back;
    obstack_free(h: Addr, obj: Addr) -> Void, calls back;
}
