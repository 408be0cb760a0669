//! openssl/ssl.h (libssl) and gnutls/gnutls.h: connections, and what is written to and read from them before it is encrypted.

use super::Prototype;
use crate::schema::types::Len::{self, Ret};
use crate::schema::types::Ty::*;
use crate::{prototypes, sets};

sets! {
    /// What SSL_get_error(3) returns. openssl/ssl.h
    SSL_ERROR "SSL_ERROR_"
    choice all: SSL_ERROR_NONE = 0, SSL_ERROR_SSL = 1, SSL_ERROR_WANT_READ = 2, SSL_ERROR_WANT_WRITE = 3, SSL_ERROR_WANT_X509_LOOKUP = 4,
                SSL_ERROR_SYSCALL = 5, SSL_ERROR_ZERO_RETURN = 6, SSL_ERROR_WANT_CONNECT = 7, SSL_ERROR_WANT_ACCEPT = 8,
                SSL_ERROR_WANT_ASYNC = 9, SSL_ERROR_WANT_ASYNC_JOB = 10, SSL_ERROR_WANT_CLIENT_HELLO_CB = 11,
                SSL_ERROR_WANT_RETRY_VERIFY = 12;

    /// Whether a certificate is asked for. openssl/ssl.h
    SSL_VERIFY "SSL_VERIFY_"
    bits: SSL_VERIFY_NONE = 0, SSL_VERIFY_PEER = 1, SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2, SSL_VERIFY_CLIENT_ONCE = 4,
          SSL_VERIFY_POST_HANDSHAKE = 8;

    /// How a file is written. openssl/x509.h
    FILETYPE "SSL_FILETYPE_"
    choice all: SSL_FILETYPE_PEM = 1, SSL_FILETYPE_ASN1 = 2;

    /// Which sides are closed. openssl/ssl.h
    SHUTDOWN "SSL_"
    bits: SSL_SENT_SHUTDOWN = 1, SSL_RECEIVED_SHUTDOWN = 2;

    /// Commands of SSL_ctrl(3) and SSL_CTX_ctrl(3). openssl/ssl.h
    SSL_CTRL "SSL_CTRL_"
    choice all:
          SSL_CTRL_SET_TMP_DH = 3, SSL_CTRL_SET_TMP_ECDH = 4, SSL_CTRL_SET_TMP_DH_CB = 6, SSL_CTRL_GET_CLIENT_CERT_REQUEST = 9,
          SSL_CTRL_GET_NUM_RENEGOTIATIONS = 10, SSL_CTRL_CLEAR_NUM_RENEGOTIATIONS = 11, SSL_CTRL_GET_TOTAL_RENEGOTIATIONS = 12,
          SSL_CTRL_GET_FLAGS = 13, SSL_CTRL_EXTRA_CHAIN_CERT = 14, SSL_CTRL_SET_MSG_CALLBACK = 15, SSL_CTRL_SET_MSG_CALLBACK_ARG = 16,
          SSL_CTRL_SET_MTU = 17, SSL_CTRL_SESS_NUMBER = 20, SSL_CTRL_SESS_CONNECT = 21, SSL_CTRL_SESS_CONNECT_GOOD = 22,
          SSL_CTRL_SESS_CONNECT_RENEGOTIATE = 23, SSL_CTRL_SESS_ACCEPT = 24, SSL_CTRL_SESS_ACCEPT_GOOD = 25,
          SSL_CTRL_SESS_ACCEPT_RENEGOTIATE = 26, SSL_CTRL_SESS_HIT = 27, SSL_CTRL_SESS_CB_HIT = 28, SSL_CTRL_SESS_MISSES = 29,
          SSL_CTRL_SESS_TIMEOUTS = 30, SSL_CTRL_SESS_CACHE_FULL = 31, SSL_CTRL_MODE = 33, SSL_CTRL_GET_READ_AHEAD = 40,
          SSL_CTRL_SET_READ_AHEAD = 41, SSL_CTRL_SET_SESS_CACHE_SIZE = 42, SSL_CTRL_GET_SESS_CACHE_SIZE = 43,
          SSL_CTRL_SET_SESS_CACHE_MODE = 44, SSL_CTRL_GET_SESS_CACHE_MODE = 45, SSL_CTRL_GET_MAX_CERT_LIST = 50,
          SSL_CTRL_SET_MAX_CERT_LIST = 51, SSL_CTRL_SET_MAX_SEND_FRAGMENT = 52, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB = 53,
          SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG = 54, SSL_CTRL_SET_TLSEXT_HOSTNAME = 55, SSL_CTRL_SET_TLSEXT_DEBUG_CB = 56,
          SSL_CTRL_SET_TLSEXT_DEBUG_ARG = 57, SSL_CTRL_GET_TLSEXT_TICKET_KEYS = 58, SSL_CTRL_SET_TLSEXT_TICKET_KEYS = 59,
          SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB = 63, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB_ARG = 64, SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE = 65,
          SSL_CTRL_GET_TLSEXT_STATUS_REQ_EXTS = 66, SSL_CTRL_SET_TLSEXT_STATUS_REQ_EXTS = 67, SSL_CTRL_GET_TLSEXT_STATUS_REQ_IDS = 68,
          SSL_CTRL_SET_TLSEXT_STATUS_REQ_IDS = 69, SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP = 70,
          SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP = 71, SSL_CTRL_SET_TLSEXT_TICKET_KEY_CB = 72, SSL_CTRL_SET_TLS_EXT_SRP_USERNAME_CB = 75,
          SSL_CTRL_GET_RI_SUPPORT = 76, SSL_CTRL_SET_SRP_GIVE_CLIENT_PWD_CB = 77, SSL_CTRL_CLEAR_MODE = 78,
          SSL_CTRL_SET_TLS_EXT_SRP_USERNAME = 79, SSL_CTRL_SET_TLS_EXT_SRP_STRENGTH = 80, SSL_CTRL_SET_TLS_EXT_SRP_PASSWORD = 81,
          SSL_CTRL_GET_EXTRA_CHAIN_CERTS = 82, SSL_CTRL_CLEAR_EXTRA_CHAIN_CERTS = 83, SSL_CTRL_CHAIN = 88, SSL_CTRL_CHAIN_CERT = 89,
          SSL_CTRL_GET_GROUPS = 90, SSL_CTRL_SET_GROUPS = 91, SSL_CTRL_SET_GROUPS_LIST = 92, SSL_CTRL_GET_SHARED_GROUP = 93,
          SSL_CTRL_SET_SIGALGS = 97, SSL_CTRL_SET_SIGALGS_LIST = 98, SSL_CTRL_CERT_FLAGS = 99, SSL_CTRL_CLEAR_CERT_FLAGS = 100,
          SSL_CTRL_SET_CLIENT_SIGALGS = 101, SSL_CTRL_SET_CLIENT_SIGALGS_LIST = 102, SSL_CTRL_GET_CLIENT_CERT_TYPES = 103,
          SSL_CTRL_SET_CLIENT_CERT_TYPES = 104, SSL_CTRL_BUILD_CERT_CHAIN = 105, SSL_CTRL_SET_VERIFY_CERT_STORE = 106,
          SSL_CTRL_SET_CHAIN_CERT_STORE = 107, SSL_CTRL_GET_PEER_SIGNATURE_NID = 108, SSL_CTRL_GET_PEER_TMP_KEY = 109,
          SSL_CTRL_GET_RAW_CIPHERLIST = 110, SSL_CTRL_GET_EC_POINT_FORMATS = 111, SSL_CTRL_GET_CHAIN_CERTS = 115,
          SSL_CTRL_SELECT_CURRENT_CERT = 116, SSL_CTRL_SET_CURRENT_CERT = 117, SSL_CTRL_SET_DH_AUTO = 118,
          SSL_CTRL_GET_EXTMS_SUPPORT = 122, SSL_CTRL_SET_MIN_PROTO_VERSION = 123, SSL_CTRL_SET_MAX_PROTO_VERSION = 124,
          SSL_CTRL_SET_SPLIT_SEND_FRAGMENT = 125, SSL_CTRL_SET_MAX_PIPELINES = 126, SSL_CTRL_GET_TLSEXT_STATUS_REQ_TYPE = 127,
          SSL_CTRL_GET_TLSEXT_STATUS_REQ_CB = 128, SSL_CTRL_GET_TLSEXT_STATUS_REQ_CB_ARG = 129, SSL_CTRL_GET_MIN_PROTO_VERSION = 130,
          SSL_CTRL_GET_MAX_PROTO_VERSION = 131, SSL_CTRL_GET_SIGNATURE_NID = 132, SSL_CTRL_GET_TMP_KEY = 133,
          SSL_CTRL_GET_NEGOTIATED_GROUP = 134, SSL_CTRL_SET_RETRY_VERIFY = 136, SSL_CTRL_GET_VERIFY_CERT_STORE = 137,
          SSL_CTRL_GET_CHAIN_CERT_STORE = 138;

    /// Versions of the protocol. openssl/prov_ssl.h
    VERSION "#"
    choice all: SSL3_VERSION = 0x300, TLS1_VERSION = 0x301, TLS1_1_VERSION = 0x302, TLS1_2_VERSION = 0x303, TLS1_3_VERSION = 0x304,
                DTLS1_VERSION = 0xfeff, DTLS1_2_VERSION = 0xfefd;

    /// Which end of a connection it is. gnutls/gnutls.h
    GNUTLS_INIT "GNUTLS_"
    bits: GNUTLS_SERVER = 1, GNUTLS_CLIENT = 2, GNUTLS_DATAGRAM = 4, GNUTLS_NONBLOCK = 8, GNUTLS_NO_EXTENSIONS = 0x10,
          GNUTLS_NO_REPLAY_PROTECTION = 0x20, GNUTLS_NO_SIGNAL = 0x40;

    /// How a connection is closed. gnutls/gnutls.h
    GNUTLS_BYE "GNUTLS_SHUT_"
    choice all: GNUTLS_SHUT_RDWR = 0, GNUTLS_SHUT_WR = 1;

    /// Kinds of credentials. gnutls/gnutls.h
    GNUTLS_CRD "GNUTLS_CRD_"
    choice all: GNUTLS_CRD_CERTIFICATE = 1, GNUTLS_CRD_ANON = 2, GNUTLS_CRD_SRP = 3, GNUTLS_CRD_PSK = 4, GNUTLS_CRD_IA = 5;

    /// How a certificate is written. gnutls/gnutls.h
    GNUTLS_X509_FMT "GNUTLS_X509_FMT_"
    choice all: GNUTLS_X509_FMT_DER = 0, GNUTLS_X509_FMT_PEM = 1;
}

/// The 64-bit integer that the argument points to.
const fn at64(len: Len) -> Len {
    match len {
        Len::Arg(i) => Len::At64(i),
        other => other,
    }
}

/// Functions that take or give what is said within a connection: their rows are tables of their own.
pub const SAID: [&[Prototype]; 2] = [SSL_SAID, GNUTLS_SAID];

prototypes! { pub SSL:
    OPENSSL_init_ssl(opts: Hex, settings: Addr) -> Int;
    SSL_library_init() -> Int;
    SSL_load_error_strings() -> Void;
    TLS_method() -> Addr;
    TLS_client_method() -> Addr;
    TLS_server_method() -> Addr;
    SSLv23_method() -> Addr;
    SSLv23_client_method() -> Addr;
    SSLv23_server_method() -> Addr;
    TLSv1_2_method() -> Addr;
    TLSv1_2_client_method() -> Addr;
    TLSv1_2_server_method() -> Addr;
    DTLS_method() -> Addr;
    DTLS_client_method() -> Addr;
    DTLS_server_method() -> Addr;
    SSL_new(ctx: Addr) -> Addr;
    SSL_free(ssl: Addr) -> Void;
    SSL_up_ref(ssl: Addr) -> Int;
    SSL_dup(ssl: Addr) -> Addr;
    SSL_clear(ssl: Addr) -> Int;
    SSL_connect(ssl: Addr) -> Int;
    SSL_accept(ssl: Addr) -> Int;
    SSL_do_handshake(ssl: Addr) -> Int;
    SSL_stateless(ssl: Addr) -> Int;
    SSL_sendfile(ssl: Addr, fd: Fd, offset: Long, size: Ulong, flags: Int) -> Long;
    SSL_pending(ssl: Addr) -> Int;
    SSL_has_pending(ssl: Addr) -> Int;
    SSL_shutdown(ssl: Addr) -> Int;
    SSL_set_shutdown(ssl: Addr, mode: Set32(&SHUTDOWN)) -> Void;
    SSL_get_shutdown(ssl: Addr) -> Set32(&SHUTDOWN);
    SSL_set_quiet_shutdown(ssl: Addr, mode: Int) -> Void;
    SSL_get_error(ssl: Addr, ret: Int) -> Set32(&SSL_ERROR);
    SSL_want(ssl: Addr) -> Int;
    SSL_set_fd(ssl: Addr, fd: Fd) -> Int;
    SSL_set_rfd(ssl: Addr, fd: Fd) -> Int;
    SSL_set_wfd(ssl: Addr, fd: Fd) -> Int;
    SSL_get_fd(ssl: Addr) -> Fd;
    SSL_get_rfd(ssl: Addr) -> Fd;
    SSL_get_wfd(ssl: Addr) -> Fd;
    SSL_set_bio(ssl: Addr, rbio: Addr, wbio: Addr) -> Void;
    SSL_set0_rbio(ssl: Addr, rbio: Addr) -> Void;
    SSL_set0_wbio(ssl: Addr, wbio: Addr) -> Void;
    SSL_get_rbio(ssl: Addr) -> Addr;
    SSL_get_wbio(ssl: Addr) -> Addr;
    SSL_ctrl(ssl: Addr, cmd: Set32(&SSL_CTRL), larg: Long, parg: Addr) -> Long;
    SSL_callback_ctrl(ssl: Addr, cmd: Set32(&SSL_CTRL), callback: Addr) -> Long;
    SSL_set_connect_state(ssl: Addr) -> Void;
    SSL_set_accept_state(ssl: Addr) -> Void;
    SSL_set_verify(ssl: Addr, mode: Set32(&SSL_VERIFY), verify_callback: Addr) -> Void;
    SSL_get_verify_result(ssl: Addr) -> Long;
    SSL_get_verify_mode(ssl: Addr) -> Set32(&SSL_VERIFY);
    SSL_get_peer_certificate(ssl: Addr) -> Addr;
    SSL_get1_peer_certificate(ssl: Addr) -> Addr;
    SSL_get0_peer_certificate(ssl: Addr) -> Addr;
    SSL_get_peer_cert_chain(ssl: Addr) -> Addr;
    SSL_get_certificate(ssl: Addr) -> Addr;
    SSL_get_current_cipher(ssl: Addr) -> Addr;
    SSL_get_pending_cipher(ssl: Addr) -> Addr;
    SSL_get_ciphers(ssl: Addr) -> Addr;
    SSL_set_cipher_list(ssl: Addr, str: Text) -> Int;
    SSL_set_ciphersuites(ssl: Addr, str: Text) -> Int;
    SSL_CIPHER_get_name(cipher: Addr) -> Text;
    SSL_CIPHER_get_version(cipher: Addr) -> Text;
    SSL_CIPHER_get_bits(cipher: Addr, alg_bits: Out(&Ptr(&Int))) -> Int;
    SSL_CIPHER_get_id(cipher: Addr) -> Hex32;
    SSL_get_version(ssl: Addr) -> Text;
    SSL_version(ssl: Addr) -> Set32(&VERSION);
    SSL_is_server(ssl: Addr) -> Int;
    SSL_is_init_finished(ssl: Addr) -> Int;
    SSL_in_init(ssl: Addr) -> Int;
    SSL_in_before(ssl: Addr) -> Int;
    SSL_get_state(ssl: Addr) -> Int;
    SSL_state_string(ssl: Addr) -> Text;
    SSL_state_string_long(ssl: Addr) -> Text;
    SSL_alert_desc_string_long(value: Int) -> Text;
    SSL_alert_type_string_long(value: Int) -> Text;
    SSL_get_servername(ssl: Addr, r#type: Int) -> Text;
    SSL_get_servername_type(ssl: Addr) -> Int;
    SSL_set1_host(ssl: Addr, hostname: Text) -> Int;
    SSL_add1_host(ssl: Addr, hostname: Text) -> Int;
    SSL_get0_peername(ssl: Addr) -> Text;
    SSL_set_hostflags(ssl: Addr, flags: Hex32) -> Void;
    SSL_set_alpn_protos(ssl: Addr, protos: Bytes(protos_len), protos_len: Uint) -> Int;
    SSL_get0_alpn_selected(ssl: Addr, data: Out(&Ptr(&Addr)), len: Out(&Ptr(&Uint))) -> Void;
    SSL_set_options(ssl: Addr, options: Hex) -> Hex;
    SSL_get_options(ssl: Addr) -> Hex;
    SSL_clear_options(ssl: Addr, options: Hex) -> Hex;
    SSL_set_session(ssl: Addr, session: Addr) -> Int;
    SSL_get_session(ssl: Addr) -> Addr;
    SSL_get1_session(ssl: Addr) -> Addr;
    SSL_session_reused(ssl: Addr) -> Int;
    SSL_SESSION_free(session: Addr) -> Void;
    SSL_SESSION_new() -> Addr;
    SSL_SESSION_up_ref(session: Addr) -> Int;
    SSL_SESSION_get_id(session: Addr, len: Out(&Ptr(&Uint))) -> Addr;
    SSL_renegotiate(ssl: Addr) -> Int;
    SSL_key_update(ssl: Addr, updatetype: Int) -> Int;
    SSL_export_keying_material(ssl: Addr, out: Addr, olen: Ulong, label: Bytes(llen), llen: Ulong, context: Addr) -> Int;
    SSL_get_SSL_CTX(ssl: Addr) -> Addr;
    SSL_set_SSL_CTX(ssl: Addr, ctx: Addr) -> Addr;
    SSL_set_ex_data(ssl: Addr, idx: Int, data: Addr) -> Int;
    SSL_get_ex_data(ssl: Addr, idx: Int) -> Addr;
    SSL_set_info_callback(ssl: Addr, callback: Addr) -> Void;
    SSL_use_certificate(ssl: Addr, x: Addr) -> Int;
    SSL_use_certificate_file(ssl: Addr, file: Path, r#type: Set32(&FILETYPE)) -> Int;
    SSL_use_certificate_chain_file(ssl: Addr, file: Path) -> Int;
    SSL_use_PrivateKey(ssl: Addr, pkey: Addr) -> Int;
    SSL_use_PrivateKey_file(ssl: Addr, file: Path, r#type: Set32(&FILETYPE)) -> Int;
    SSL_check_private_key(ssl: Addr) -> Int;
    SSL_load_client_CA_file(file: Path) -> Addr;
    SSL_set_post_handshake_auth(ssl: Addr, val: Int) -> Void;
    SSL_verify_client_post_handshake(ssl: Addr) -> Int;
}

prototypes! { pub SSL_CONTEXTS:
    SSL_CTX_new(method: Addr) -> Addr;
    SSL_CTX_new_ex(libctx: Addr, propq: Text, method: Addr) -> Addr;
    SSL_CTX_free(ctx: Addr) -> Void;
    SSL_CTX_up_ref(ctx: Addr) -> Int;
    SSL_CTX_ctrl(ctx: Addr, cmd: Set32(&SSL_CTRL), larg: Long, parg: Addr) -> Long;
    SSL_CTX_callback_ctrl(ctx: Addr, cmd: Set32(&SSL_CTRL), callback: Addr) -> Long;
    SSL_CTX_set_options(ctx: Addr, options: Hex) -> Hex;
    SSL_CTX_get_options(ctx: Addr) -> Hex;
    SSL_CTX_clear_options(ctx: Addr, options: Hex) -> Hex;
    SSL_CTX_set_verify(ctx: Addr, mode: Set32(&SSL_VERIFY), verify_callback: Addr) -> Void;
    SSL_CTX_set_verify_depth(ctx: Addr, depth: Int) -> Void;
    SSL_CTX_get_verify_mode(ctx: Addr) -> Set32(&SSL_VERIFY);
    SSL_CTX_set_cipher_list(ctx: Addr, str: Text) -> Int;
    SSL_CTX_set_ciphersuites(ctx: Addr, str: Text) -> Int;
    SSL_CTX_use_certificate(ctx: Addr, x: Addr) -> Int;
    SSL_CTX_use_certificate_file(ctx: Addr, file: Path, r#type: Set32(&FILETYPE)) -> Int;
    SSL_CTX_use_certificate_chain_file(ctx: Addr, file: Path) -> Int;
    SSL_CTX_use_PrivateKey(ctx: Addr, pkey: Addr) -> Int;
    SSL_CTX_use_PrivateKey_file(ctx: Addr, file: Path, r#type: Set32(&FILETYPE)) -> Int;
    SSL_CTX_use_RSAPrivateKey_file(ctx: Addr, file: Path, r#type: Set32(&FILETYPE)) -> Int;
    SSL_CTX_check_private_key(ctx: Addr) -> Int;
    SSL_CTX_load_verify_locations(ctx: Addr, CAfile: Path, CApath: Path) -> Int;
    SSL_CTX_load_verify_file(ctx: Addr, CAfile: Path) -> Int;
    SSL_CTX_load_verify_dir(ctx: Addr, CApath: Path) -> Int;
    SSL_CTX_set_default_verify_paths(ctx: Addr) -> Int;
    SSL_CTX_set_default_verify_file(ctx: Addr) -> Int;
    SSL_CTX_set_default_verify_dir(ctx: Addr) -> Int;
    SSL_CTX_set_client_CA_list(ctx: Addr, list: Addr) -> Void;
    SSL_CTX_get_cert_store(ctx: Addr) -> Addr;
    SSL_CTX_set_cert_store(ctx: Addr, store: Addr) -> Void;
    SSL_CTX_set_session_id_context(ctx: Addr, sid_ctx: Bytes(sid_ctx_len), sid_ctx_len: Uint) -> Int;
    SSL_CTX_set_timeout(ctx: Addr, t: Long) -> Long;
    SSL_CTX_sess_set_new_cb(ctx: Addr, new_session_cb: Addr) -> Void;
    SSL_CTX_sess_set_get_cb(ctx: Addr, get_session_cb: Addr) -> Void;
    SSL_CTX_sess_set_remove_cb(ctx: Addr, remove_session_cb: Addr) -> Void;
    SSL_CTX_add_session(ctx: Addr, session: Addr) -> Int;
    SSL_CTX_remove_session(ctx: Addr, session: Addr) -> Int;
    SSL_CTX_flush_sessions(ctx: Addr, tm: Long) -> Void;
    SSL_CTX_set_alpn_protos(ctx: Addr, protos: Bytes(protos_len), protos_len: Uint) -> Int;
    SSL_CTX_set_alpn_select_cb(ctx: Addr, cb: Addr, arg: Addr) -> Void;
    SSL_CTX_set_next_proto_select_cb(ctx: Addr, cb: Addr, arg: Addr) -> Void;
    SSL_CTX_set_default_passwd_cb(ctx: Addr, cb: Addr) -> Void;
    SSL_CTX_set_default_passwd_cb_userdata(ctx: Addr, u: Addr) -> Void;
    SSL_CTX_set_info_callback(ctx: Addr, callback: Addr) -> Void;
    SSL_CTX_set_msg_callback(ctx: Addr, cb: Addr) -> Void;
    SSL_CTX_set_keylog_callback(ctx: Addr, cb: Addr) -> Void;
    SSL_CTX_set_cert_verify_callback(ctx: Addr, callback: Addr, arg: Addr) -> Void;
    SSL_CTX_set_quiet_shutdown(ctx: Addr, mode: Int) -> Void;
    SSL_CTX_set_post_handshake_auth(ctx: Addr, val: Int) -> Void;
    SSL_CTX_set_ex_data(ctx: Addr, idx: Int, data: Addr) -> Int;
    SSL_CTX_get_ex_data(ctx: Addr, idx: Int) -> Addr;
    SSL_CTX_set1_param(ctx: Addr, vpm: Addr) -> Int;
    SSL_CTX_get0_param(ctx: Addr) -> Addr;
    SSL_CTX_set0_tmp_dh_pkey(ctx: Addr, dhpkey: Addr) -> Int;
    SSL_CTX_set_max_early_data(ctx: Addr, max_early_data: Uint) -> Int;
    SSL_CTX_set_srp_username(ctx: Addr, name: Text) -> Int;
    SSL_CTX_set_psk_client_callback(ctx: Addr, cb: Addr) -> Void;
    SSL_CTX_set_psk_server_callback(ctx: Addr, cb: Addr) -> Void;
    SSL_CTX_use_psk_identity_hint(ctx: Addr, hint: Text) -> Int;
    SSL_CONF_CTX_new() -> Addr;
    SSL_CONF_CTX_free(cctx: Addr) -> Void;
    SSL_CONF_CTX_finish(cctx: Addr) -> Int;
    SSL_CONF_CTX_set_flags(cctx: Addr, flags: Hex32) -> Hex32;
    SSL_CONF_CTX_set_ssl_ctx(cctx: Addr, ctx: Addr) -> Void;
    SSL_CONF_cmd(cctx: Addr, cmd: Text, value: Text) -> Int;
    BIO_f_ssl() -> Addr;
    BIO_new_ssl(ctx: Addr, client: Int) -> Addr;
    BIO_new_ssl_connect(ctx: Addr) -> Addr;
    BIO_new_buffer_ssl_connect(ctx: Addr) -> Addr;
    BIO_ssl_shutdown(ssl_bio: Addr) -> Void;
}

prototypes! { pub SSL_SAID:
    SSL_read(ssl: Addr, buf: Out(&Bytes(Ret)), num: Int) -> Int;
    SSL_read_ex(ssl: Addr, buf: Out(&Bytes(at64(readbytes))), num: Ulong, readbytes: Out(&Ptr(&Ulong))) -> Int;
    SSL_peek(ssl: Addr, buf: Out(&Bytes(Ret)), num: Int) -> Int;
    SSL_peek_ex(ssl: Addr, buf: Out(&Bytes(at64(readbytes))), num: Ulong, readbytes: Out(&Ptr(&Ulong))) -> Int;
    SSL_read_early_data(ssl: Addr, buf: Out(&Bytes(at64(readbytes))), num: Ulong, readbytes: Out(&Ptr(&Ulong))) -> Int;
    SSL_write(ssl: Addr, buf: Bytes(num), num: Int) -> Int;
    SSL_write_ex(ssl: Addr, buf: Bytes(num), num: Ulong, written: Out(&Ptr(&Ulong))) -> Int;
    SSL_write_early_data(ssl: Addr, buf: Bytes(num), num: Ulong, written: Out(&Ptr(&Ulong))) -> Int;
}

prototypes! { pub GNUTLS:
    gnutls_global_init() -> Int;
    gnutls_global_deinit() -> Void;
    gnutls_global_set_log_function(log_func: Addr) -> Void;
    gnutls_global_set_log_level(level: Int) -> Void;
    gnutls_check_version(req_version: Text) -> Text;
    gnutls_strerror(error: Int) -> Text;
    gnutls_strerror_name(error: Int) -> Text;
    gnutls_error_is_fatal(error: Int) -> Int;
    gnutls_init(session: Out(&Ptr(&Addr)), flags: Set32(&GNUTLS_INIT)) -> Int;
    gnutls_deinit(session: Addr) -> Void;
    gnutls_handshake(session: Addr) -> Int;
    gnutls_handshake_set_timeout(session: Addr, ms: Uint) -> Void;
    gnutls_rehandshake(session: Addr) -> Int;
    gnutls_reauth(session: Addr, flags: Hex32) -> Int;
    gnutls_bye(session: Addr, how: Set32(&GNUTLS_BYE)) -> Int;
    gnutls_record_send_file(session: Addr, fd: Fd, offset: InOut(&Ptr(&Long)), count: Ulong) -> Long;
    gnutls_record_recv_packet(session: Addr, packet: Out(&Ptr(&Addr))) -> Long;
    gnutls_record_check_pending(session: Addr) -> Ulong;
    gnutls_record_get_direction(session: Addr) -> Int;
    gnutls_record_get_max_size(session: Addr) -> Ulong;
    gnutls_record_set_max_size(session: Addr, size: Ulong) -> Long;
    gnutls_record_cork(session: Addr) -> Void;
    gnutls_record_uncork(session: Addr, flags: Hex32) -> Int;
    gnutls_record_set_timeout(session: Addr, ms: Uint) -> Void;
    gnutls_transport_set_ptr(session: Addr, ptr: Addr) -> Void;
    gnutls_transport_set_ptr2(session: Addr, recv_ptr: Addr, send_ptr: Addr) -> Void;
    gnutls_transport_set_int2(session: Addr, recv_int: Int, send_int: Int) -> Void;
    gnutls_transport_get_int2(session: Addr, recv_int: Out(&Ptr(&Int)), send_int: Out(&Ptr(&Int))) -> Void;
    gnutls_transport_set_push_function(session: Addr, push_func: Addr) -> Void;
    gnutls_transport_set_vec_push_function(session: Addr, vec_func: Addr) -> Void;
    gnutls_transport_set_pull_function(session: Addr, pull_func: Addr) -> Void;
    gnutls_transport_set_pull_timeout_function(session: Addr, func: Addr) -> Void;
    gnutls_transport_set_errno(session: Addr, err: Int) -> Void;
    gnutls_alert_get(session: Addr) -> Int;
    gnutls_alert_get_name(alert: Int) -> Text;
    gnutls_alert_send(session: Addr, level: Int, desc: Int) -> Int;
    gnutls_priority_init(priority_cache: Out(&Ptr(&Addr)), priorities: Text, err_pos: Out(&Ptr(&Addr))) -> Int;
    gnutls_priority_deinit(priority_cache: Addr) -> Void;
    gnutls_priority_set(session: Addr, priority: Addr) -> Int;
    gnutls_priority_set_direct(session: Addr, priorities: Text, err_pos: Out(&Ptr(&Addr))) -> Int;
    gnutls_set_default_priority(session: Addr) -> Int;
    gnutls_credentials_set(session: Addr, r#type: Set32(&GNUTLS_CRD), cred: Addr) -> Int;
    gnutls_credentials_clear(session: Addr) -> Void;
    gnutls_certificate_allocate_credentials(res: Out(&Ptr(&Addr))) -> Int;
    gnutls_certificate_free_credentials(sc: Addr) -> Void;
    gnutls_certificate_set_x509_trust_file(cred: Addr, cafile: Path, r#type: Set32(&GNUTLS_X509_FMT)) -> Int;
    gnutls_certificate_set_x509_trust_dir(cred: Addr, ca_dir: Path, r#type: Set32(&GNUTLS_X509_FMT)) -> Int;
    gnutls_certificate_set_x509_system_trust(cred: Addr) -> Int;
    gnutls_certificate_set_x509_crl_file(res: Addr, crlfile: Path, r#type: Set32(&GNUTLS_X509_FMT)) -> Int;
    gnutls_certificate_set_x509_key_file(res: Addr, certfile: Path, keyfile: Path, r#type: Set32(&GNUTLS_X509_FMT)) -> Int;
    gnutls_certificate_set_x509_key_file2(res: Addr, certfile: Path, keyfile: Path, r#type: Set32(&GNUTLS_X509_FMT), pass: Text, flags: Hex32) -> Int;
    gnutls_certificate_set_verify_flags(res: Addr, flags: Hex32) -> Void;
    gnutls_certificate_set_verify_function(cred: Addr, func: Addr) -> Void;
    gnutls_certificate_server_set_request(session: Addr, req: Int) -> Void;
    gnutls_certificate_verify_peers2(session: Addr, status: Out(&Ptr(&Hex32))) -> Int;
    gnutls_certificate_verify_peers3(session: Addr, hostname: Text, status: Out(&Ptr(&Hex32))) -> Int;
    gnutls_certificate_get_peers(session: Addr, list_size: Out(&Ptr(&Uint))) -> Addr;
    gnutls_certificate_type_get(session: Addr) -> Int;
    gnutls_session_set_verify_cert(session: Addr, hostname: Text, flags: Hex32) -> Void;
    gnutls_session_is_resumed(session: Addr) -> Int;
    gnutls_session_get_data2(session: Addr, data: Addr) -> Int;
    gnutls_session_set_data(session: Addr, session_data: Addr, session_data_size: Ulong) -> Int;
    gnutls_session_get_desc(session: Addr) -> Text;
    gnutls_session_set_ptr(session: Addr, ptr: Addr) -> Void;
    gnutls_session_get_ptr(session: Addr) -> Addr;
    gnutls_server_name_set(session: Addr, r#type: Int, name: Bytes(name_length), name_length: Ulong) -> Int;
    gnutls_alpn_set_protocols(session: Addr, protocols: Addr, protocols_size: Uint, flags: Hex32) -> Int;
    gnutls_alpn_get_selected_protocol(session: Addr, protocol: Addr) -> Int;
    gnutls_protocol_get_version(session: Addr) -> Int;
    gnutls_protocol_get_name(version: Int) -> Text;
    gnutls_cipher_get(session: Addr) -> Int;
    gnutls_cipher_get_name(algorithm: Int) -> Text;
    gnutls_cipher_get_key_size(algorithm: Int) -> Ulong;
    gnutls_kx_get(session: Addr) -> Int;
    gnutls_kx_get_name(algorithm: Int) -> Text;
    gnutls_mac_get(session: Addr) -> Int;
    gnutls_mac_get_name(algorithm: Int) -> Text;
    gnutls_x509_crt_init(cert: Out(&Ptr(&Addr))) -> Int;
    gnutls_x509_crt_deinit(cert: Addr) -> Void;
    gnutls_x509_crt_import(cert: Addr, data: Addr, format: Set32(&GNUTLS_X509_FMT)) -> Int;
    gnutls_x509_crt_check_hostname(cert: Addr, hostname: Text) -> Int;
    gnutls_x509_crt_get_dn(cert: Addr, buf: Out(&Text), buf_size: InOut(&Ptr(&Ulong))) -> Int;
    gnutls_x509_crt_get_activation_time(cert: Addr) -> Long;
    gnutls_x509_crt_get_expiration_time(cert: Addr) -> Long;
    gnutls_rnd(level: Int, data: Out(&HexBytes(len)), len: Ulong) -> Int;
    gnutls_hash_fast(algorithm: Int, ptext: Bytes(ptext_len), ptext_len: Ulong, digest: Addr) -> Int;
    gnutls_malloc(s: Ulong) -> Addr;
    gnutls_free(ptr: Addr) -> Void;
}

prototypes! { pub GNUTLS_SAID:
    gnutls_record_send(session: Addr, data: Bytes(data_size), data_size: Ulong) -> Long;
    gnutls_record_send2(session: Addr, data: Bytes(data_size), data_size: Ulong, pad: Ulong, flags: Hex32) -> Long;
    gnutls_record_send_early_data(session: Addr, data: Bytes(length), length: Ulong) -> Long;
    gnutls_record_recv(session: Addr, data: Out(&Bytes(Ret)), data_size: Ulong) -> Long;
    gnutls_record_recv_seq(session: Addr, data: Out(&Bytes(Ret)), data_size: Ulong, seq: Addr) -> Long;
    gnutls_record_recv_early_data(session: Addr, data: Out(&Bytes(Ret)), data_size: Ulong) -> Long;
}
