//! zlib.h: deflate, inflate, whole buffers, gzip files, checksums.

use crate::schema::open::SEEK;
use crate::schema::types::Len::Ret;
use crate::schema::types::Ty::*;
use crate::schema::types::times;
use crate::{prototypes, records, sets};

sets! {
    /// When what is pending is written. zlib.h
    FLUSH "Z_"
    choice all: Z_NO_FLUSH = 0, Z_PARTIAL_FLUSH = 1, Z_SYNC_FLUSH = 2, Z_FULL_FLUSH = 3, Z_FINISH = 4, Z_BLOCK = 5, Z_TREES = 6;

    /// What functions of zlib return. zlib.h
    RESULT "#"
    choice all: Z_OK = 0, Z_STREAM_END = 1, Z_NEED_DICT = 2, Z_ERRNO = 0xffff_ffff, Z_STREAM_ERROR = 0xffff_fffe, Z_DATA_ERROR = 0xffff_fffd,
                Z_MEM_ERROR = 0xffff_fffc, Z_BUF_ERROR = 0xffff_fffb, Z_VERSION_ERROR = 0xffff_fffa;

    /// Levels of compression. zlib.h
    LEVEL "#"
    choice all: Z_NO_COMPRESSION = 0, Z_BEST_SPEED = 1, Z_BEST_COMPRESSION = 9, Z_DEFAULT_COMPRESSION = 0xffff_ffff;

    /// Strategies. zlib.h
    STRATEGY "Z_"
    choice all: Z_DEFAULT_STRATEGY = 0, Z_FILTERED = 1, Z_HUFFMAN_ONLY = 2, Z_RLE = 3, Z_FIXED = 4;

    /// The one method. zlib.h
    METHOD "Z_"
    choice all: Z_DEFLATED = 8;
}

records! {
    /// z_stream, as far as a caller counts in it. zlib.h
    STREAM 112 { next_in: 0 8 Addr, avail_in: 8 4 Uint, total_in: 16 8 Ulong, next_out: 24 8 Addr, avail_out: 32 4 Uint, total_out: 40 8 Ulong }
}

prototypes! { pub ZLIB:
    zlibVersion() -> Text;
    zlibCompileFlags() -> Hex;
    zError(err: Set32(&RESULT)) -> Text;
    deflateInit_(strm: Addr, level: Set32(&LEVEL), version: Text, stream_size: Int) -> Set32(&RESULT);
    deflateInit2_(strm: Addr, level: Set32(&LEVEL), method: Set32(&METHOD), windowBits: Int, memLevel: Int, strategy: Set32(&STRATEGY)) -> Set32(&RESULT);
    deflate(strm: InOut(&Rec(&STREAM)), flush: Set32(&FLUSH)) -> Set32(&RESULT);
    deflateEnd(strm: Addr) -> Set32(&RESULT);
    deflateReset(strm: Addr) -> Set32(&RESULT);
    deflateResetKeep(strm: Addr) -> Set32(&RESULT);
    deflateParams(strm: Addr, level: Set32(&LEVEL), strategy: Set32(&STRATEGY)) -> Set32(&RESULT);
    deflateTune(strm: Addr, good_length: Int, max_lazy: Int, nice_length: Int, max_chain: Int) -> Set32(&RESULT);
    deflateBound(strm: Addr, sourceLen: Ulong) -> Ulong;
    deflatePending(strm: Addr, pending: Out(&Ptr(&Uint)), bits: Out(&Ptr(&Int))) -> Set32(&RESULT);
    deflatePrime(strm: Addr, bits: Int, value: Int) -> Set32(&RESULT);
    deflateCopy(dest: Addr, source: Addr) -> Set32(&RESULT);
    deflateSetHeader(strm: Addr, head: Addr) -> Set32(&RESULT);
    deflateSetDictionary(strm: Addr, dictionary: Bytes(dictLength), dictLength: Uint) -> Set32(&RESULT);
    deflateGetDictionary(strm: Addr, dictionary: Addr, dictLength: Out(&Ptr(&Uint))) -> Set32(&RESULT);
    inflateInit_(strm: Addr, version: Text, stream_size: Int) -> Set32(&RESULT);
    inflateInit2_(strm: Addr, windowBits: Int, version: Text, stream_size: Int) -> Set32(&RESULT);
    inflate(strm: InOut(&Rec(&STREAM)), flush: Set32(&FLUSH)) -> Set32(&RESULT);
    inflateEnd(strm: Addr) -> Set32(&RESULT);
    inflateReset(strm: Addr) -> Set32(&RESULT);
    inflateReset2(strm: Addr, windowBits: Int) -> Set32(&RESULT);
    inflateResetKeep(strm: Addr) -> Set32(&RESULT);
    inflateSync(strm: Addr) -> Set32(&RESULT);
    inflateSyncPoint(strm: Addr) -> Int;
    inflatePrime(strm: Addr, bits: Int, value: Int) -> Set32(&RESULT);
    inflateMark(strm: Addr) -> Long;
    inflateCopy(dest: Addr, source: Addr) -> Set32(&RESULT);
    inflateGetHeader(strm: Addr, head: Addr) -> Set32(&RESULT);
    inflateSetDictionary(strm: Addr, dictionary: Bytes(dictLength), dictLength: Uint) -> Set32(&RESULT);
    inflateGetDictionary(strm: Addr, dictionary: Addr, dictLength: Out(&Ptr(&Uint))) -> Set32(&RESULT);
    inflateUndermine(strm: Addr, subvert: Int) -> Set32(&RESULT);
    inflateValidate(strm: Addr, check: Int) -> Set32(&RESULT);
    inflateBackInit_(strm: Addr, windowBits: Int, window: Addr, version: Text, stream_size: Int) -> Set32(&RESULT);
    inflateBack(strm: Addr, r#in: Addr, in_desc: Addr, out: Addr, out_desc: Addr) -> Set32(&RESULT), calls back;
    inflateBackEnd(strm: Addr) -> Set32(&RESULT);
    compress(dest: Addr, destLen: InOut(&Ptr(&Ulong)), source: Bytes(sourceLen), sourceLen: Ulong) -> Set32(&RESULT);
    compress2(dest: Addr, destLen: InOut(&Ptr(&Ulong)), source: Bytes(sourceLen), sourceLen: Ulong, level: Set32(&LEVEL)) -> Set32(&RESULT);
    compressBound(sourceLen: Ulong) -> Ulong;
    uncompress(dest: Addr, destLen: InOut(&Ptr(&Ulong)), source: Bytes(sourceLen), sourceLen: Ulong) -> Set32(&RESULT);
    uncompress2(dest: Addr, destLen: InOut(&Ptr(&Ulong)), source: Addr, sourceLen: InOut(&Ptr(&Ulong))) -> Set32(&RESULT);
    gzopen(path: Path, mode: Text) -> Addr;
    gzopen64(path: Path, mode: Text) -> Addr;
    gzdopen(fd: Fd, mode: Text) -> Addr;
    gzbuffer(file: Addr, size: Uint) -> Int;
    gzsetparams(file: Addr, level: Set32(&LEVEL), strategy: Set32(&STRATEGY)) -> Set32(&RESULT);
    gzread(file: Addr, buf: Out(&Bytes(Ret)), len: Uint) -> Int;
    gzfread(buf: Out(&Bytes(times(size, Ret))), size: Ulong, nitems: Ulong, file: Addr) -> Ulong;
    gzwrite(file: Addr, buf: Bytes(len), len: Uint) -> Int;
    gzfwrite(buf: Bytes(times(size, nitems)), size: Ulong, nitems: Ulong, file: Addr) -> Ulong;
    gzprintf(file: Addr, format: Format) -> Int;
    gzvprintf(file: Addr, format: Text, va: Addr) -> Int;
    gzputs(file: Addr, s: Text) -> Int;
    gzgets(file: Addr, buf: Out(&Text), len: Int) -> Addr;
    gzputc(file: Addr, c: Char) -> Char;
    gzgetc(file: Addr) -> Char;
    gzgetc_(file: Addr) -> Char;
    gzungetc(c: Char, file: Addr) -> Char;
    gzflush(file: Addr, flush: Set32(&FLUSH)) -> Set32(&RESULT);
    gzseek(file: Addr, offset: Long, whence: Set32(&SEEK)) -> Long;
    gzseek64(file: Addr, offset: Long, whence: Set32(&SEEK)) -> Long;
    gzrewind(file: Addr) -> Int;
    gztell(file: Addr) -> Long;
    gztell64(file: Addr) -> Long;
    gzoffset(file: Addr) -> Long;
    gzoffset64(file: Addr) -> Long;
    gzeof(file: Addr) -> Int;
    gzdirect(file: Addr) -> Int;
    gzclose(file: Addr) -> Set32(&RESULT);
    gzclose_r(file: Addr) -> Set32(&RESULT);
    gzclose_w(file: Addr) -> Set32(&RESULT);
    gzerror(file: Addr, errnum: Out(&Ptr(&Set32(&RESULT)))) -> Text;
    gzclearerr(file: Addr) -> Void;
    adler32(adler: Hex, buf: Bytes(len), len: Uint) -> Hex;
    adler32_z(adler: Hex, buf: Bytes(len), len: Ulong) -> Hex;
    adler32_combine(adler1: Hex, adler2: Hex, len2: Long) -> Hex;
    crc32(crc: Hex, buf: Bytes(len), len: Uint) -> Hex;
    crc32_z(crc: Hex, buf: Bytes(len), len: Ulong) -> Hex;
    crc32_combine(crc1: Hex, crc2: Hex, len2: Long) -> Hex;
    get_crc_table() -> Addr;
}
