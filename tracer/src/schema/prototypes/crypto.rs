//! openssl/ (libcrypto): digests, ciphers, keys, certificates, streams and errors: the main ones.

use crate::schema::types::Len::{Fixed, Ret};
use crate::schema::types::Ty::*;
use crate::schema::types::at;
use crate::{prototypes, sets};

sets! {
    /// Commands of BIO_ctrl(3). openssl/bio.h
    BIO_CTRL "#"
    choice all: BIO_CTRL_RESET = 1, BIO_CTRL_EOF = 2, BIO_CTRL_INFO = 3, BIO_CTRL_SET = 4, BIO_CTRL_GET = 5, BIO_CTRL_PUSH = 6,
                BIO_CTRL_POP = 7, BIO_CTRL_GET_CLOSE = 8, BIO_CTRL_SET_CLOSE = 9, BIO_CTRL_PENDING = 10, BIO_CTRL_FLUSH = 11,
                BIO_CTRL_DUP = 12, BIO_CTRL_WPENDING = 13, BIO_CTRL_SET_CALLBACK = 14, BIO_CTRL_GET_CALLBACK = 15, BIO_CTRL_PEEK = 29,
                BIO_CTRL_SET_FILENAME = 30, BIO_C_SET_CONNECT = 100, BIO_C_DO_STATE_MACHINE = 101, BIO_C_SET_NBIO = 102,
                BIO_C_SET_FD = 104, BIO_C_GET_FD = 105, BIO_C_SET_FILE_PTR = 106, BIO_C_GET_FILE_PTR = 107, BIO_C_SET_FILENAME = 108,
                BIO_C_SET_SSL = 109, BIO_C_GET_SSL = 110, BIO_C_SET_MD = 111, BIO_C_GET_MD = 112, BIO_C_GET_CIPHER_STATUS = 113,
                BIO_C_SET_BUF_MEM = 114, BIO_C_GET_BUF_MEM_PTR = 115, BIO_C_FILE_SEEK = 128, BIO_C_SET_BUF_MEM_EOF_RETURN = 130,
                BIO_C_FILE_TELL = 133;
}

/// Functions that take nothing, and return what an algorithm is.
macro_rules! algorithms {
    ($table:ident: $($name:ident),* $(,)?) => { prototypes! { pub $table: $($name() -> Addr;)* } };
}

algorithms! { ALGORITHMS:
    EVP_md5, EVP_md_null, EVP_sha1, EVP_sha224, EVP_sha256, EVP_sha384, EVP_sha512, EVP_sha3_256, EVP_sha3_512, EVP_blake2b512, EVP_blake2s256,
    EVP_ripemd160, EVP_sm3, EVP_aes_128_cbc, EVP_aes_192_cbc, EVP_aes_256_cbc, EVP_aes_128_ctr, EVP_aes_192_ctr, EVP_aes_256_ctr,
    EVP_aes_128_ecb, EVP_aes_256_ecb, EVP_aes_128_gcm, EVP_aes_256_gcm, EVP_chacha20, EVP_chacha20_poly1305, EVP_des_ede3_cbc,
    EVP_enc_null, BIO_s_mem, BIO_s_file, BIO_s_fd, BIO_s_socket, BIO_s_connect, BIO_s_accept, BIO_s_null, BIO_f_base64, BIO_f_buffer,
    BIO_f_md, BIO_f_cipher, BIO_f_null,
}

prototypes! { pub LIBRARY:
    OPENSSL_init_crypto(opts: Hex, settings: Addr) -> Int;
    OPENSSL_cleanup() -> Void;
    OPENSSL_cleanse(ptr: Addr, len: Ulong) -> Void;
    OpenSSL_version(t: Int) -> Text;
    OpenSSL_version_num() -> Hex;
    CRYPTO_malloc(num: Ulong, file: Text, line: Int) -> Addr => hands;
    CRYPTO_zalloc(num: Ulong, file: Text, line: Int) -> Addr => hands;
    CRYPTO_realloc(addr: Addr, num: Ulong, file: Text, line: Int) -> Addr => hands;
    CRYPTO_clear_realloc(addr: Addr, old_num: Ulong, num: Ulong, file: Text, line: Int) -> Addr;
    CRYPTO_strdup(str: Text, file: Text, line: Int) -> Text => hands;
    CRYPTO_strndup(str: Text, s: Ulong, file: Text, line: Int) -> Text => hands;
    CRYPTO_memdup(data: Bytes(siz), siz: Ulong, file: Text, line: Int) -> Addr;
    CRYPTO_free(ptr: Addr, file: Text, line: Int) -> Void;
    CRYPTO_clear_free(ptr: Addr, num: Ulong, file: Text, line: Int) -> Void;
    CRYPTO_memcmp(a: Bytes(len), b: Bytes(len), len: Ulong) -> Int;
    CRYPTO_get_ex_new_index(class_index: Int, argl: Long, argp: Addr, new_func: Addr, dup_func: Addr, free_func: Addr) -> Int;
    ERR_get_error() -> Hex;
    ERR_peek_error() -> Hex;
    ERR_peek_last_error() -> Hex;
    ERR_clear_error() -> Void;
    ERR_error_string(e: Hex, buf: Addr) -> Text;
    ERR_error_string_n(e: Hex, buf: Out(&Text), len: Ulong) -> Void;
    ERR_reason_error_string(e: Hex) -> Text;
    ERR_lib_error_string(e: Hex) -> Text;
    ERR_print_errors(bp: Addr) -> Void;
    ERR_print_errors_fp(fp: Stream) -> Void;
    ERR_new() -> Void;
    ERR_set_debug(file: Text, line: Int, func: Text) -> Void;
    ERR_set_error(lib: Int, reason: Int, fmt: Format) -> Void;
    ERR_set_mark() -> Int;
    ERR_pop_to_mark() -> Int;
    ERR_clear_last_mark() -> Int;
    RAND_bytes(buf: Out(&HexBytes(num)), num: Int) -> Int;
    RAND_priv_bytes(buf: Out(&HexBytes(num)), num: Int) -> Int;
    RAND_seed(buf: HexBytes(num), num: Int) -> Void;
    RAND_add(buf: HexBytes(num), num: Int, randomness: Double) -> Void;
    RAND_status() -> Int;
    RAND_poll() -> Int;
    RAND_load_file(file: Path, max_bytes: Long) -> Int;
    RAND_write_file(file: Path) -> Int;
    OSSL_PROVIDER_load(libctx: Addr, name: Text) -> Addr;
    OSSL_PROVIDER_unload(prov: Addr) -> Int;
    OSSL_PROVIDER_available(libctx: Addr, name: Text) -> Int;
    ENGINE_by_id(id: Text) -> Addr;
    ENGINE_init(e: Addr) -> Int;
    ENGINE_finish(e: Addr) -> Int;
    ENGINE_free(e: Addr) -> Int;
    ENGINE_load_builtin_engines() -> Void;
    ENGINE_register_all_complete() -> Int;
    CONF_modules_load_file(filename: Path, appname: Text, flags: Hex) -> Int;
    OBJ_nid2sn(n: Int) -> Text;
    OBJ_nid2ln(n: Int) -> Text;
    OBJ_nid2obj(n: Int) -> Addr;
    OBJ_obj2nid(o: Addr) -> Int;
    OBJ_sn2nid(s: Text) -> Int;
    OBJ_ln2nid(s: Text) -> Int;
    OBJ_txt2nid(s: Text) -> Int;
    OBJ_txt2obj(s: Text, no_name: Int) -> Addr;
    OBJ_obj2txt(buf: Out(&Text), buf_len: Int, a: Addr, no_name: Int) -> Int;
    OPENSSL_sk_num(sk: Addr) -> Int;
    OPENSSL_sk_value(sk: Addr, i: Int) -> Addr;
    OPENSSL_sk_new_null() -> Addr;
    OPENSSL_sk_push(sk: Addr, data: Addr) -> Int;
    OPENSSL_sk_pop(sk: Addr) -> Addr;
    OPENSSL_sk_free(sk: Addr) -> Void;
    OPENSSL_sk_pop_free(sk: Addr, func: Addr) -> Void;
}

prototypes! { pub DIGESTS:
    EVP_MD_CTX_new() -> Addr;
    EVP_MD_CTX_free(ctx: Addr) -> Void;
    EVP_MD_CTX_reset(ctx: Addr) -> Int;
    EVP_MD_CTX_copy_ex(out: Addr, r#in: Addr) -> Int;
    EVP_MD_fetch(ctx: Addr, algorithm: Text, properties: Text) -> Addr;
    EVP_MD_free(md: Addr) -> Void;
    EVP_MD_get_size(md: Addr) -> Int;
    EVP_MD_get_block_size(md: Addr) -> Int;
    EVP_MD_get_type(md: Addr) -> Int;
    EVP_MD_get0_name(md: Addr) -> Text;
    EVP_get_digestbyname(name: Text) -> Addr;
    EVP_DigestInit(ctx: Addr, r#type: Addr) -> Int;
    EVP_DigestInit_ex(ctx: Addr, r#type: Addr, r#impl: Addr) -> Int;
    EVP_DigestInit_ex2(ctx: Addr, r#type: Addr, params: Addr) -> Int;
    EVP_DigestUpdate(ctx: Addr, d: Bytes(cnt), cnt: Ulong) -> Int;
    EVP_DigestFinal(ctx: Addr, md: Out(&HexBytes(at(s))), s: Out(&Ptr(&Uint))) -> Int;
    EVP_DigestFinal_ex(ctx: Addr, md: Out(&HexBytes(at(s))), s: Out(&Ptr(&Uint))) -> Int;
    EVP_Digest(data: Bytes(count), count: Ulong, md: Out(&HexBytes(at(size))), size: Out(&Ptr(&Uint)), r#type: Addr, r#impl: Addr) -> Int;
    EVP_Q_digest(libctx: Addr, name: Text, propq: Text, data: Bytes(datalen), datalen: Ulong, md: Addr) -> Int;
    EVP_DigestSignInit(ctx: Addr, pctx: Out(&Ptr(&Addr)), r#type: Addr, e: Addr, pkey: Addr) -> Int;
    EVP_DigestSignUpdate(ctx: Addr, data: Bytes(dsize), dsize: Ulong) -> Int;
    EVP_DigestSignFinal(ctx: Addr, sig: Addr, siglen: InOut(&Ptr(&Ulong))) -> Int;
    EVP_DigestSign(ctx: Addr, sig: Addr, siglen: InOut(&Ptr(&Ulong)), tbs: Bytes(tbslen), tbslen: Ulong) -> Int;
    EVP_DigestVerifyInit(ctx: Addr, pctx: Out(&Ptr(&Addr)), r#type: Addr, e: Addr, pkey: Addr) -> Int;
    EVP_DigestVerifyUpdate(ctx: Addr, data: Bytes(dsize), dsize: Ulong) -> Int;
    EVP_DigestVerifyFinal(ctx: Addr, sig: HexBytes(siglen), siglen: Ulong) -> Int;
    EVP_DigestVerify(ctx: Addr, sig: HexBytes(siglen), siglen: Ulong, tbs: Bytes(tbslen), tbslen: Ulong) -> Int;
    EVP_SignFinal(ctx: Addr, md: Addr, s: Out(&Ptr(&Uint)), pkey: Addr) -> Int;
    EVP_VerifyFinal(ctx: Addr, sigbuf: HexBytes(siglen), siglen: Uint, pkey: Addr) -> Int;
    HMAC(evp_md: Addr, key: HexBytes(key_len), key_len: Int, data: Bytes(data_len), data_len: Ulong, md: Addr) -> Addr;
    HMAC_CTX_new() -> Addr;
    HMAC_CTX_free(ctx: Addr) -> Void;
    HMAC_Init_ex(ctx: Addr, key: HexBytes(len), len: Int, md: Addr, r#impl: Addr) -> Int;
    HMAC_Update(ctx: Addr, data: Bytes(len), len: Ulong) -> Int;
    HMAC_Final(ctx: Addr, md: Out(&HexBytes(at(len))), len: Out(&Ptr(&Uint))) -> Int;
    MD5(d: Bytes(n), n: Ulong, md: Out(&HexBytes(Fixed(16)))) -> Addr;
    MD5_Init(c: Addr) -> Int;
    MD5_Update(c: Addr, data: Bytes(len), len: Ulong) -> Int;
    MD5_Final(md: Out(&HexBytes(Fixed(16))), c: Addr) -> Int;
    SHA1(d: Bytes(n), n: Ulong, md: Out(&HexBytes(Fixed(20)))) -> Addr;
    SHA1_Init(c: Addr) -> Int;
    SHA1_Update(c: Addr, data: Bytes(len), len: Ulong) -> Int;
    SHA1_Final(md: Out(&HexBytes(Fixed(20))), c: Addr) -> Int;
    SHA224(d: Bytes(n), n: Ulong, md: Out(&HexBytes(Fixed(28)))) -> Addr;
    SHA256(d: Bytes(n), n: Ulong, md: Out(&HexBytes(Fixed(32)))) -> Addr;
    SHA256_Init(c: Addr) -> Int;
    SHA256_Update(c: Addr, data: Bytes(len), len: Ulong) -> Int;
    SHA256_Final(md: Out(&HexBytes(Fixed(32))), c: Addr) -> Int;
    SHA384(d: Bytes(n), n: Ulong, md: Out(&HexBytes(Fixed(48)))) -> Addr;
    SHA512(d: Bytes(n), n: Ulong, md: Out(&HexBytes(Fixed(64)))) -> Addr;
    SHA512_Init(c: Addr) -> Int;
    SHA512_Update(c: Addr, data: Bytes(len), len: Ulong) -> Int;
    SHA512_Final(md: Out(&HexBytes(Fixed(64))), c: Addr) -> Int;
}

prototypes! { pub CIPHERS:
    EVP_CIPHER_CTX_new() -> Addr;
    EVP_CIPHER_CTX_free(ctx: Addr) -> Void;
    EVP_CIPHER_CTX_reset(ctx: Addr) -> Int;
    EVP_CIPHER_CTX_ctrl(ctx: Addr, r#type: Int, arg: Int, ptr: Addr) -> Int;
    EVP_CIPHER_CTX_set_key_length(ctx: Addr, keylen: Int) -> Int;
    EVP_CIPHER_CTX_set_padding(ctx: Addr, padding: Int) -> Int;
    EVP_CIPHER_CTX_get_key_length(ctx: Addr) -> Int;
    EVP_CIPHER_CTX_get_iv_length(ctx: Addr) -> Int;
    EVP_CIPHER_CTX_get_block_size(ctx: Addr) -> Int;
    EVP_CIPHER_fetch(ctx: Addr, algorithm: Text, properties: Text) -> Addr;
    EVP_CIPHER_free(cipher: Addr) -> Void;
    EVP_CIPHER_get_key_length(cipher: Addr) -> Int;
    EVP_CIPHER_get_iv_length(cipher: Addr) -> Int;
    EVP_CIPHER_get_block_size(cipher: Addr) -> Int;
    EVP_get_cipherbyname(name: Text) -> Addr;
    EVP_CipherInit(ctx: Addr, cipher: Addr, key: Addr, iv: Addr, enc: Int) -> Int;
    EVP_CipherInit_ex(ctx: Addr, cipher: Addr, r#impl: Addr, key: Addr, iv: Addr, enc: Int) -> Int;
    EVP_CipherUpdate(ctx: Addr, out: Addr, outl: Out(&Ptr(&Int)), r#in: Bytes(inl), inl: Int) -> Int;
    EVP_CipherFinal_ex(ctx: Addr, outm: Addr, outl: Out(&Ptr(&Int))) -> Int;
    EVP_Cipher(ctx: Addr, out: Addr, r#in: Bytes(inl), inl: Uint) -> Int;
    EVP_EncryptInit_ex(ctx: Addr, cipher: Addr, r#impl: Addr, key: Addr, iv: Addr) -> Int;
    EVP_EncryptInit_ex2(ctx: Addr, cipher: Addr, key: Addr, iv: Addr, params: Addr) -> Int;
    EVP_EncryptUpdate(ctx: Addr, out: Out(&HexBytes(at(outl))), outl: Out(&Ptr(&Int)), r#in: Bytes(inl), inl: Int) -> Int;
    EVP_EncryptFinal_ex(ctx: Addr, out: Out(&HexBytes(at(outl))), outl: Out(&Ptr(&Int))) -> Int;
    EVP_DecryptInit_ex(ctx: Addr, cipher: Addr, r#impl: Addr, key: Addr, iv: Addr) -> Int;
    EVP_DecryptInit_ex2(ctx: Addr, cipher: Addr, key: Addr, iv: Addr, params: Addr) -> Int;
    EVP_DecryptUpdate(ctx: Addr, out: Out(&Bytes(at(outl))), outl: Out(&Ptr(&Int)), r#in: HexBytes(inl), inl: Int) -> Int;
    EVP_DecryptFinal_ex(ctx: Addr, outm: Out(&Bytes(at(outl))), outl: Out(&Ptr(&Int))) -> Int;
    EVP_BytesToKey(r#type: Addr, md: Addr, salt: HexBytes(Fixed(8)), data: Bytes(datal), datal: Int, count: Int) -> Int;
    PKCS5_PBKDF2_HMAC(pass: Bytes(passlen), passlen: Int, salt: HexBytes(saltlen), saltlen: Int, iter: Int, digest: Addr) -> Int;
    PKCS5_PBKDF2_HMAC_SHA1(pass: Bytes(passlen), passlen: Int, salt: HexBytes(saltlen), saltlen: Int, iter: Int, keylen: Int) -> Int;
    EVP_EncodeBlock(t: Out(&Bytes(Ret)), f: Bytes(n), n: Int) -> Int;
    EVP_DecodeBlock(t: Out(&Bytes(Ret)), f: Bytes(n), n: Int) -> Int;
    AES_set_encrypt_key(user_key: Addr, bits: Int, key: Addr) -> Int;
    AES_set_decrypt_key(user_key: Addr, bits: Int, key: Addr) -> Int;
    AES_encrypt(r#in: HexBytes(Fixed(16)), out: Out(&HexBytes(Fixed(16))), key: Addr) -> Void;
    AES_decrypt(r#in: HexBytes(Fixed(16)), out: Out(&HexBytes(Fixed(16))), key: Addr) -> Void;
}

prototypes! { pub KEYS:
    EVP_PKEY_new() -> Addr;
    EVP_PKEY_free(pkey: Addr) -> Void;
    EVP_PKEY_up_ref(pkey: Addr) -> Int;
    EVP_PKEY_get_id(pkey: Addr) -> Int;
    EVP_PKEY_get_base_id(pkey: Addr) -> Int;
    EVP_PKEY_get_bits(pkey: Addr) -> Int;
    EVP_PKEY_get_size(pkey: Addr) -> Int;
    EVP_PKEY_CTX_new(pkey: Addr, e: Addr) -> Addr;
    EVP_PKEY_CTX_new_id(id: Int, e: Addr) -> Addr;
    EVP_PKEY_CTX_new_from_name(libctx: Addr, name: Text, propquery: Text) -> Addr;
    EVP_PKEY_CTX_free(ctx: Addr) -> Void;
    EVP_PKEY_CTX_ctrl(ctx: Addr, keytype: Int, optype: Int, cmd: Int, p1: Int, p2: Addr) -> Int;
    EVP_PKEY_CTX_ctrl_str(ctx: Addr, r#type: Text, value: Text) -> Int;
    EVP_PKEY_CTX_set_rsa_padding(ctx: Addr, pad_mode: Int) -> Int;
    EVP_PKEY_keygen_init(ctx: Addr) -> Int;
    EVP_PKEY_keygen(ctx: Addr, ppkey: Out(&Ptr(&Addr))) -> Int;
    EVP_PKEY_generate(ctx: Addr, ppkey: Out(&Ptr(&Addr))) -> Int;
    EVP_PKEY_sign_init(ctx: Addr) -> Int;
    EVP_PKEY_sign(ctx: Addr, sig: Addr, siglen: InOut(&Ptr(&Ulong)), tbs: HexBytes(tbslen), tbslen: Ulong) -> Int;
    EVP_PKEY_verify_init(ctx: Addr) -> Int;
    EVP_PKEY_verify(ctx: Addr, sig: HexBytes(siglen), siglen: Ulong, tbs: HexBytes(tbslen), tbslen: Ulong) -> Int;
    EVP_PKEY_encrypt_init(ctx: Addr) -> Int;
    EVP_PKEY_encrypt(ctx: Addr, out: Addr, outlen: InOut(&Ptr(&Ulong)), r#in: Bytes(inlen), inlen: Ulong) -> Int;
    EVP_PKEY_decrypt_init(ctx: Addr) -> Int;
    EVP_PKEY_decrypt(ctx: Addr, out: Addr, outlen: InOut(&Ptr(&Ulong)), r#in: HexBytes(inlen), inlen: Ulong) -> Int;
    EVP_PKEY_derive_init(ctx: Addr) -> Int;
    EVP_PKEY_derive_set_peer(ctx: Addr, peer: Addr) -> Int;
    EVP_PKEY_derive(ctx: Addr, key: Addr, keylen: InOut(&Ptr(&Ulong))) -> Int;
    EVP_PKEY_set1_RSA(pkey: Addr, key: Addr) -> Int;
    EVP_PKEY_get0_RSA(pkey: Addr) -> Addr;
    EVP_PKEY_get1_RSA(pkey: Addr) -> Addr;
    EVP_PKEY_set1_EC_KEY(pkey: Addr, key: Addr) -> Int;
    EVP_PKEY_get0_EC_KEY(pkey: Addr) -> Addr;
    EVP_PKEY_get1_EC_KEY(pkey: Addr) -> Addr;
    EVP_PKEY_assign(pkey: Addr, r#type: Int, key: Addr) -> Int;
    RSA_new() -> Addr;
    RSA_free(rsa: Addr) -> Void;
    RSA_size(rsa: Addr) -> Int;
    RSA_generate_key_ex(rsa: Addr, bits: Int, e: Addr, cb: Addr) -> Int;
    RSA_sign(r#type: Int, m: HexBytes(m_length), m_length: Uint, sigret: Addr, siglen: Out(&Ptr(&Uint)), rsa: Addr) -> Int;
    RSA_verify(r#type: Int, m: HexBytes(m_length), m_length: Uint, sigbuf: HexBytes(siglen), siglen: Uint, rsa: Addr) -> Int;
    RSA_public_encrypt(flen: Int, from: Bytes(flen), to: Addr, rsa: Addr, padding: Int) -> Int;
    RSA_public_decrypt(flen: Int, from: HexBytes(flen), to: Addr, rsa: Addr, padding: Int) -> Int;
    RSA_private_encrypt(flen: Int, from: Bytes(flen), to: Addr, rsa: Addr, padding: Int) -> Int;
    RSA_private_decrypt(flen: Int, from: HexBytes(flen), to: Addr, rsa: Addr, padding: Int) -> Int;
    EC_KEY_new() -> Addr;
    EC_KEY_new_by_curve_name(nid: Int) -> Addr;
    EC_KEY_free(key: Addr) -> Void;
    EC_KEY_generate_key(key: Addr) -> Int;
    ECDSA_do_sign(dgst: HexBytes(dgst_len), dgst_len: Int, eckey: Addr) -> Addr;
    ECDSA_do_verify(dgst: HexBytes(dgst_len), dgst_len: Int, sig: Addr, eckey: Addr) -> Int;
    BN_new() -> Addr;
    BN_free(a: Addr) -> Void;
    BN_clear_free(a: Addr) -> Void;
    BN_CTX_new() -> Addr;
    BN_CTX_free(c: Addr) -> Void;
    BN_num_bits(a: Addr) -> Int;
    BN_cmp(a: Addr, b: Addr) -> Int;
    BN_dup(a: Addr) -> Addr;
    BN_bin2bn(s: HexBytes(len), len: Int, ret: Addr) -> Addr;
    BN_bn2bin(a: Addr, to: Out(&HexBytes(Ret))) -> Int;
    BN_hex2bn(a: Out(&Ptr(&Addr)), str: Text) -> Int;
    BN_dec2bn(a: Out(&Ptr(&Addr)), str: Text) -> Int;
    BN_bn2hex(a: Addr) -> Text;
    BN_bn2dec(a: Addr) -> Text;
    BN_set_word(a: Addr, w: Hex) -> Int;
    BN_mod_exp(r: Addr, a: Addr, p: Addr, m: Addr, ctx: Addr) -> Int;
}

prototypes! { pub CERTIFICATES:
    X509_new() -> Addr;
    X509_free(a: Addr) -> Void;
    X509_up_ref(x: Addr) -> Int;
    X509_dup(a: Addr) -> Addr;
    X509_get_subject_name(a: Addr) -> Addr;
    X509_get_issuer_name(a: Addr) -> Addr;
    X509_get_serialNumber(x: Addr) -> Addr;
    X509_get0_notBefore(x: Addr) -> Addr;
    X509_get0_notAfter(x: Addr) -> Addr;
    X509_get_pubkey(x: Addr) -> Addr;
    X509_get0_pubkey(x: Addr) -> Addr;
    X509_get_version(x: Addr) -> Long;
    X509_get_ext_d2i(x: Addr, nid: Int, crit: Out(&Ptr(&Int)), idx: InOut(&Ptr(&Int))) -> Addr;
    X509_digest(data: Addr, r#type: Addr, md: Out(&HexBytes(at(len))), len: Out(&Ptr(&Uint))) -> Int;
    X509_check_host(x: Addr, chk: Bytes(chklen), chklen: Ulong, flags: Hex32, peername: Addr) -> Int;
    X509_check_ip_asc(x: Addr, ipasc: Text, flags: Hex32) -> Int;
    X509_check_purpose(x: Addr, id: Int, ca: Int) -> Int;
    X509_check_private_key(x509: Addr, pkey: Addr) -> Int;
    X509_verify(a: Addr, r: Addr) -> Int;
    X509_sign(x: Addr, pkey: Addr, md: Addr) -> Int;
    X509_cmp(a: Addr, b: Addr) -> Int;
    X509_verify_cert(ctx: Addr) -> Int;
    X509_verify_cert_error_string(n: Long) -> Text;
    X509_NAME_oneline(a: Addr, buf: Addr, size: Int) -> Text;
    X509_NAME_free(a: Addr) -> Void;
    X509_NAME_cmp(a: Addr, b: Addr) -> Int;
    X509_NAME_print_ex(out: Addr, nm: Addr, indent: Int, flags: Hex) -> Int;
    X509_NAME_get_text_by_NID(name: Addr, nid: Int, buf: Out(&Text), len: Int) -> Int;
    X509_NAME_get_index_by_NID(name: Addr, nid: Int, lastpos: Int) -> Int;
    X509_STORE_new() -> Addr;
    X509_STORE_free(v: Addr) -> Void;
    X509_STORE_add_cert(ctx: Addr, x: Addr) -> Int;
    X509_STORE_add_crl(ctx: Addr, x: Addr) -> Int;
    X509_STORE_set_flags(ctx: Addr, flags: Hex) -> Int;
    X509_STORE_load_locations(ctx: Addr, file: Path, dir: Path) -> Int;
    X509_STORE_set_default_paths(ctx: Addr) -> Int;
    X509_STORE_CTX_new() -> Addr;
    X509_STORE_CTX_free(ctx: Addr) -> Void;
    X509_STORE_CTX_init(ctx: Addr, store: Addr, x509: Addr, chain: Addr) -> Int;
    X509_STORE_CTX_get_error(ctx: Addr) -> Int;
    X509_STORE_CTX_get_error_depth(ctx: Addr) -> Int;
    X509_STORE_CTX_get_current_cert(ctx: Addr) -> Addr;
    X509_LOOKUP_ctrl(ctx: Addr, cmd: Int, argc: Text, argl: Long, ret: Addr) -> Int;
    X509_CRL_free(a: Addr) -> Void;
    X509_REQ_new() -> Addr;
    X509_REQ_free(a: Addr) -> Void;
    d2i_X509(a: Addr, r#in: Addr, len: Long) -> Addr;
    i2d_X509(a: Addr, out: Addr) -> Int;
    ASN1_STRING_length(x: Addr) -> Int;
    ASN1_STRING_get0_data(x: Addr) -> Text;
    ASN1_STRING_to_UTF8(out: Out(&Ptr(&Addr)), r#in: Addr) -> Int;
    ASN1_TIME_print(fp: Addr, a: Addr) -> Int;
    ASN1_INTEGER_get(a: Addr) -> Long;
    PEM_read_bio_X509(out: Addr, x: Addr, cb: Addr, u: Addr) -> Addr;
    PEM_read_bio_X509_AUX(out: Addr, x: Addr, cb: Addr, u: Addr) -> Addr;
    PEM_read_bio_X509_CRL(out: Addr, x: Addr, cb: Addr, u: Addr) -> Addr;
    PEM_read_bio_PrivateKey(out: Addr, x: Addr, cb: Addr, u: Addr) -> Addr;
    PEM_read_bio_PUBKEY(out: Addr, x: Addr, cb: Addr, u: Addr) -> Addr;
    PEM_read_X509(out: Stream, x: Addr, cb: Addr, u: Addr) -> Addr;
    PEM_read_PrivateKey(out: Stream, x: Addr, cb: Addr, u: Addr) -> Addr;
    PEM_read_PUBKEY(out: Stream, x: Addr, cb: Addr, u: Addr) -> Addr;
    PEM_write_bio_X509(out: Addr, x: Addr) -> Int;
    PEM_write_bio_PUBKEY(out: Addr, x: Addr) -> Int;
    PEM_write_bio_PrivateKey(out: Addr, x: Addr, enc: Addr, kstr: Bytes(klen), klen: Int, cb: Addr) -> Int;
    PEM_write_X509(out: Stream, x: Addr) -> Int;
    PKCS12_parse(p12: Addr, pass: Text, pkey: Out(&Ptr(&Addr)), cert: Out(&Ptr(&Addr)), ca: Out(&Ptr(&Addr))) -> Int;
    PKCS12_free(a: Addr) -> Void;
    d2i_PKCS12_bio(bp: Addr, p12: Addr) -> Addr;
}

prototypes! { pub STREAMS:
    BIO_new(r#type: Addr) -> Addr;
    BIO_free(a: Addr) -> Int;
    BIO_free_all(a: Addr) -> Void;
    BIO_vfree(a: Addr) -> Void;
    BIO_up_ref(a: Addr) -> Int;
    BIO_new_file(filename: Path, mode: Text) -> Addr;
    BIO_new_fp(stream: Stream, close_flag: Int) -> Addr;
    BIO_new_fd(fd: Fd, close_flag: Int) -> Addr;
    BIO_new_socket(sock: Fd, close_flag: Int) -> Addr;
    BIO_new_connect(host_port: Text) -> Addr;
    BIO_new_accept(host_port: Text) -> Addr;
    BIO_new_mem_buf(buf: Addr, len: Int) -> Addr;
    BIO_new_bio_pair(bio1: Out(&Ptr(&Addr)), writebuf1: Ulong, bio2: Out(&Ptr(&Addr)), writebuf2: Ulong) -> Int;
    BIO_push(b: Addr, append: Addr) -> Addr;
    BIO_pop(b: Addr) -> Addr;
    BIO_next(b: Addr) -> Addr;
    BIO_read(b: Addr, data: Out(&Bytes(Ret)), dlen: Int) -> Int;
    BIO_read_ex(b: Addr, data: Addr, dlen: Ulong, readbytes: Out(&Ptr(&Ulong))) -> Int;
    BIO_write(b: Addr, data: Bytes(dlen), dlen: Int) -> Int;
    BIO_write_ex(b: Addr, data: Bytes(dlen), dlen: Ulong, written: Out(&Ptr(&Ulong))) -> Int;
    BIO_gets(b: Addr, buf: Out(&Text), size: Int) -> Int;
    BIO_puts(b: Addr, buf: Text) -> Int;
    BIO_printf(bio: Addr, format: Format) -> Int;
    BIO_snprintf(buf: Out(&Text), n: Ulong, format: Format) -> Int;
    BIO_ctrl(bp: Addr, cmd: Set32(&BIO_CTRL), larg: Long, parg: Addr) -> Long;
    BIO_int_ctrl(bp: Addr, cmd: Set32(&BIO_CTRL), larg: Long, iarg: Int) -> Long;
    BIO_ptr_ctrl(bp: Addr, cmd: Set32(&BIO_CTRL), larg: Long) -> Addr;
    BIO_ctrl_pending(b: Addr) -> Ulong;
    BIO_ctrl_wpending(b: Addr) -> Ulong;
    BIO_set_flags(b: Addr, flags: Hex32) -> Void;
    BIO_clear_flags(b: Addr, flags: Hex32) -> Void;
    BIO_test_flags(b: Addr, flags: Hex32) -> Hex32;
    BIO_get_data(a: Addr) -> Addr;
    BIO_set_data(a: Addr, ptr: Addr) -> Void;
    BIO_set_init(a: Addr, init: Int) -> Void;
    BIO_meth_new(r#type: Int, name: Text) -> Addr;
    BIO_meth_free(biom: Addr) -> Void;
}
