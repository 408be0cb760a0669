//! dlfcn.h and link.h: libraries that are loaded while the program runs.

use crate::schema::types::Ty::*;
use crate::{prototypes, sets};

sets! {
    /// Flags of dlopen(3). bits/dlfcn.h
    RTLD "RTLD_"
    choice 0x3: RTLD_LAZY = 1, RTLD_NOW = 2;
    bits: RTLD_NOLOAD = 4, RTLD_DEEPBIND = 8, RTLD_GLOBAL = 0x100, RTLD_NODELETE = 0x1000;

    /// Handles that are none of a library. dlfcn.h
    HANDLE ""
    choice all: RTLD_DEFAULT = 0, RTLD_NEXT = 0xffff_ffff_ffff_ffff;

    /// Namespaces of dlmopen(3). dlfcn.h
    LM_ID "#"
    choice all: LM_ID_BASE = 0, LM_ID_NEWLM = 0xffff_ffff_ffff_ffff;

    /// What dlinfo(3) is asked for. dlfcn.h
    RTLD_DI "RTLD_DI_"
    choice all: RTLD_DI_LMID = 1, RTLD_DI_LINKMAP = 2, RTLD_DI_CONFIGADDR = 3, RTLD_DI_SERINFO = 4, RTLD_DI_SERINFOSIZE = 5,
                RTLD_DI_ORIGIN = 6, RTLD_DI_PROFILENAME = 7, RTLD_DI_PROFILEOUT = 8, RTLD_DI_TLS_MODID = 9, RTLD_DI_TLS_DATA = 10,
                RTLD_DI_PHDR = 11;
}

prototypes! { pub LOADING:
    dlopen(filename: Path, flags: Set32(&RTLD)) -> Addr;
    dlmopen(lmid: Set(&LM_ID), filename: Path, flags: Set32(&RTLD)) -> Addr;
    dlclose(handle: Addr) -> Int;
    dlsym(handle: Set(&HANDLE), symbol: Text) -> Addr;
    dlvsym(handle: Set(&HANDLE), symbol: Text, version: Text) -> Addr;
    dlerror() -> Text;
    dladdr(addr: Addr, info: Addr) -> Int;
    dladdr1(addr: Addr, info: Addr, extra_info: Addr, flags: Int) -> Int;
    dlinfo(handle: Addr, request: Set32(&RTLD_DI), info: Addr) -> Int;
    dl_iterate_phdr(callback: Addr, data: Addr) -> Int, calls back;
    _dl_find_object(address: Addr, result: Addr) -> Int;
    __tls_get_addr(ti: Addr) -> Addr;
}
