/**
 * The OpenSSL this process uses: the runtime's own, which its executable exports, or another one that `OVERCOAT_OPENSSL` names. One table
 * of signatures; what ssl.h makes macros of stands beside it by name. Every symbol is looked up when this file is loaded.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OvercoatError } from '../../errors.ts';
import type { Bound, Library } from '../../native/binding.ts';
import { bind, bindOptional, MissingSymbol, ownSymbols, sharedLibrary } from '../../native/binding.ts';

const TABLE = {
  // contexts
  TLS_client_method: 'void * ()',
  TLS_server_method: 'void * ()',
  SSL_CTX_new: 'void * (void *)',
  SSL_CTX_free: 'void (void *)',
  SSL_CTX_ctrl: 'long (void *, int, long, void *)',
  SSL_CTX_callback_ctrl: 'long (void *, int, void *)',
  SSL_CTX_set_options: 'uint64_t (void *, uint64_t)',
  SSL_CTX_clear_options: 'uint64_t (void *, uint64_t)',
  SSL_CTX_get_options: 'uint64_t (void *)',
  SSL_CTX_set_security_level: 'void (void *, int)',
  SSL_CTX_get_security_level: 'int (void *)',
  SSL_CTX_set_verify: 'void (void *, int, void *)',
  SSL_CTX_set_cert_verify_callback: 'void (void *, void *, void *)',
  SSL_CTX_set_client_hello_cb: 'void (void *, void *, void *)',
  SSL_CTX_set_alpn_protos: 'int (void *, void *, uint)',
  SSL_CTX_set_alpn_select_cb: 'void (void *, void *, void *)',
  SSL_set_info_callback: 'void (void *, void *)',
  SSL_CTX_set_keylog_callback: 'void (void *, void *)',
  SSL_CTX_set_psk_client_callback: 'void (void *, void *)',
  SSL_CTX_set_psk_server_callback: 'void (void *, void *)',
  SSL_CTX_set_session_id_context: 'int (void *, void *, uint)',
  SSL_CTX_set_timeout: 'long (void *, long)',
  SSL_CTX_set_num_tickets: 'int (void *, size_t)',
  SSL_CTX_get_num_tickets: 'size_t (void *)',
  SSL_CTX_set_tlsext_ticket_key_evp_cb: 'int (void *, void *)',
  SSL_CTX_set_session_ticket_cb: 'int (void *, void *, void *, void *)',
  SSL_CTX_sess_set_new_cb: 'void (void *, void *)',
  SSL_CTX_sess_set_remove_cb: 'void (void *, void *)',
  SSL_CTX_add_session: 'int (void *, void *)',
  SSL_CTX_remove_session: 'int (void *, void *)',
  SSL_CTX_set_default_read_buffer_len: 'void (void *, size_t)',
  SSL_CTX_use_certificate: 'int (void *, void *)',
  SSL_CTX_use_PrivateKey: 'int (void *, void *)',
  SSL_CTX_check_private_key: 'int (void *)',
  SSL_CTX_set_client_CA_list: 'void (void *, void *)',
  SSL_CTX_set0_tmp_dh_pkey: 'int (void *, void *)',
  SSL_CTX_set_cipher_list: 'int (void *, const char *)',
  SSL_CTX_set_ciphersuites: 'int (void *, const char *)',
  SSL_get1_supported_ciphers: 'void * (void *)',
  SSL_CONF_CTX_new: 'void * ()',
  SSL_CONF_CTX_free: 'void (void *)',
  SSL_CONF_CTX_set_flags: 'uint (void *, uint)',
  SSL_CONF_CTX_set_ssl_ctx: 'void (void *, void *)',
  SSL_CONF_CTX_set_ssl: 'void (void *, void *)',
  SSL_CONF_cmd: 'int (void *, const char *, const char *)',
  SSL_CONF_cmd_value_type: 'int (void *, const char *)',
  SSL_CONF_CTX_finish: 'int (void *)',
  // connections
  SSL_new: 'void * (void *)',
  SSL_free: 'void (void *)',
  SSL_ctrl: 'long (void *, int, long, void *)',
  SSL_set_bio: 'void (void *, void *, void *)',
  SSL_set0_rbio: 'void (void *, void *)',
  SSL_set_connect_state: 'void (void *)',
  SSL_set_accept_state: 'void (void *)',
  SSL_do_handshake: 'int (void *)',
  SSL_read: 'int (void *, void *, int)',
  SSL_write: 'int (void *, void *, int)',
  SSL_shutdown: 'int (void *)',
  SSL_key_update: 'int (void *, int)',
  SSL_has_pending: 'int (void *)',
  SSL_in_init: 'int (void *)',
  SSL_set_shutdown: 'void (void *, int)',
  SSL_get_error: 'int (void *, int)',
  SSL_get_version: 'const char * (void *)',
  SSL_version: 'int (void *)',
  SSL_get_current_cipher: 'void * (void *)',
  SSL_CIPHER_get_name: 'const char * (void *)',
  SSL_CIPHER_standard_name: 'const char * (void *)',
  SSL_CIPHER_get_bits: 'int (void *, void *)',
  SSL_CIPHER_get_kx_nid: 'int (void *)',
  SSL_CIPHER_get_auth_nid: 'int (void *)',
  SSL_session_reused: 'int (void *)',
  SSL_get0_alpn_selected: 'void (void *, void *, void *)',
  SSL_get_servername: 'const char * (void *, int)',
  SSL_get1_peer_certificate: 'void * (void *)',
  SSL_get_peer_cert_chain: 'void * (void *)',
  SSL_get0_verified_chain: 'void * (void *)',
  SSL_get_verify_result: 'long (void *)',
  SSL_get_finished: 'size_t (void *, void *, size_t)',
  SSL_get_peer_finished: 'size_t (void *, void *, size_t)',
  SSL_export_keying_material: 'int (void *, void *, size_t, const char *, size_t, void *, size_t, int)',
  SSL_set_SSL_CTX: 'void * (void *, void *)',
  SSL_set_alpn_protos: 'int (void *, void *, uint)',
  SSL_set_verify: 'void (void *, int, void *)',
  SSL_set_session_id_context: 'int (void *, void *, uint)',
  SSL_set_options: 'uint64_t (void *, uint64_t)',
  SSL_clear_options: 'uint64_t (void *, uint64_t)',
  SSL_set_security_level: 'void (void *, int)',
  SSL_set_ciphersuites: 'int (void *, const char *)',
  SSL_set_num_tickets: 'int (void *, size_t)',
  SSL_set_psk_server_callback: 'void (void *, void *)',
  SSL_client_hello_get0_ext: 'int (void *, uint, void *, void *)',
  SSL_client_hello_get0_session_id: 'size_t (void *, void *)',
  SSL_select_next_proto: 'int (void *, void *, void *, uint, void *, uint)',
  // sessions
  SSL_get_session: 'void * (void *)',
  SSL_set_session: 'int (void *, void *)',
  SSL_SESSION_dup: 'void * (void *)',
  SSL_SESSION_up_ref: 'int (void *)',
  SSL_SESSION_free: 'void (void *)',
  SSL_SESSION_is_resumable: 'int (void *)',
  SSL_SESSION_get_id: 'void * (void *, void *)',
  SSL_SESSION_get_protocol_version: 'int (void *)',
  i2d_SSL_SESSION: 'int (void *, void *)',
  d2i_SSL_SESSION: 'void * (void *, void *, long)',
  SSL_SESSION_get_time: 'long (void *)',
  SSL_SESSION_get_timeout: 'long (void *)',
  SSL_SESSION_get_master_key: 'size_t (void *, void *, size_t)',
  SSL_SESSION_set1_ticket_appdata: 'int (void *, void *, size_t)',
  SSL_SESSION_get0_ticket_appdata: 'int (void *, void *, void *)',
  // BIO
  BIO_new_socket: 'void * (int, int)',
  BIO_new_bio_pair: 'int (void *, size_t, void *, size_t)',
  BIO_new_mem_buf: 'void * (void *, int)',
  BIO_s_mem: 'void * ()',
  BIO_new: 'void * (void *)',
  BIO_write: 'int (void *, void *, int)',
  BIO_up_ref: 'int (void *)',
  BIO_free: 'int (void *)',
  BIO_ctrl: 'long (void *, int, long, void *)',
  BIO_number_read: 'uint64_t (void *)',
  BIO_ctrl_pending: 'size_t (void *)',
  BIO_nwrite0: 'int (void *, void *)',
  BIO_nwrite: 'int (void *, void *, int)',
  BIO_nread: 'int (void *, void *, int)',
  // certificates, keys, stores
  PEM_read_bio_X509_AUX: 'void * (void *, void *, void *, void *)',
  PEM_read_bio_PrivateKey: 'void * (void *, void *, void *, const char *)',
  PEM_read_bio_Parameters: 'void * (void *, void *)',
  d2i_X509: 'void * (void *, void *, long)',
  i2d_X509: 'int (void *, void *)',
  X509_free: 'void (void *)',
  X509_get_subject_name: 'void * (void *)',
  X509_NAME_dup: 'void * (void *)',
  EVP_PKEY_get0_type_name: 'const char * (void *)',
  EVP_PKEY_get_bits: 'int (void *)',
  EVP_PKEY_free: 'void (void *)',
  d2i_PKCS12_bio: 'void * (void *, void *)',
  PKCS12_parse: 'int (void *, const char *, void *, void *, void *)',
  PKCS12_free: 'void (void *)',
  OPENSSL_sk_num: 'int (void *)',
  OPENSSL_sk_value: 'void * (void *, int)',
  OPENSSL_sk_new_null: 'void * ()',
  OPENSSL_sk_push: 'int (void *, void *)',
  OPENSSL_sk_free: 'void (void *)',
  X509_STORE_new: 'void * ()',
  X509_STORE_free: 'void (void *)',
  X509_STORE_add_cert: 'int (void *, void *)',
  X509_STORE_set_flags: 'int (void *, uint)',
  SSL_CTX_set1_cert_store: 'void (void *, void *)',
  X509_verify_cert: 'int (void *)',
  X509_verify_cert_error_string: 'const char * (long)',
  X509_STORE_CTX_get0_cert: 'void * (void *)',
  X509_STORE_CTX_get0_untrusted: 'void * (void *)',
  X509_STORE_CTX_get0_chain: 'void * (void *)',
  X509_STORE_CTX_get_error: 'int (void *)',
  X509_STORE_CTX_get_error_depth: 'int (void *)',
  X509_STORE_CTX_get_current_cert: 'void * (void *)',
  X509_STORE_CTX_set_error: 'void (void *, int)',
  OSSL_STORE_open: 'void * (const char *, void *, void *, void *, void *)',
  OSSL_STORE_expect: 'int (void *, int)',
  OSSL_STORE_load: 'void * (void *)',
  OSSL_STORE_eof: 'int (void *)',
  OSSL_STORE_close: 'int (void *)',
  OSSL_STORE_INFO_get1_PKEY: 'void * (void *)',
  OSSL_STORE_INFO_get1_CERT: 'void * (void *)',
  OSSL_STORE_INFO_free: 'void (void *)',
  // tickets
  EVP_EncryptInit_ex: 'int (void *, void *, void *, void *, void *)',
  EVP_DecryptInit_ex: 'int (void *, void *, void *, void *, void *)',
  EVP_aes_128_cbc: 'void * ()',
  EVP_aes_256_cbc: 'void * ()',
  EVP_MAC_init: 'int (void *, void *, size_t, void *)',
  RAND_bytes: 'int (void *, int)',
  // errors, the library itself
  ERR_clear_error: 'void ()',
  ERR_get_error_all: 'size_t (void *, void *, void *, void *, void *)',
  ERR_error_string_n: 'void (size_t, void *, size_t)',
  ERR_reason_error_string: 'const char * (size_t)',
  CRYPTO_malloc: 'void * (size_t, const char *, int)',
  CRYPTO_free: 'void (void *, const char *, int)',
  OpenSSL_version: 'const char * (int)',
  OpenSSL_version_num: 'size_t ()',
  OSSL_PROVIDER_set_default_search_path: 'int (void *, const char *)',
  OSSL_PROVIDER_try_load: 'void * (void *, const char *, int)',
  OSSL_PROVIDER_available: 'int (void *, const char *)',
  EVP_default_properties_enable_fips: 'int (void *, int)',
  EVP_default_properties_is_fips_enabled: 'int (void *)',
} as const;

/** What a library of 3.0 lacks, and what is lost without it. */
const OPTIONAL = {
  SSL_get0_group_name: 'const char * (void *)',
  OSSL_PROVIDER_try_load_ex: 'void * (void *, const char *, void *, int)',
} as const;

/** ssl.h, tls1.h, bio.h and x509_vfy.h of OpenSSL 3: what is a macro there is a number here. */
export const CTRL = {
  SSL_CTRL_SET_MSG_CALLBACK: 15,
  SSL_CTRL_MODE: 33,
  SSL_CTRL_CLEAR_MODE: 78,
  SSL_CTRL_SET_READ_AHEAD: 41,
  SSL_CTRL_SET_SESS_CACHE_SIZE: 42,
  SSL_CTRL_SET_SESS_CACHE_MODE: 44,
  SSL_CTRL_SET_TLSEXT_SERVERNAME_CB: 53,
  SSL_CTRL_SET_TLSEXT_HOSTNAME: 55,
  SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB: 63,
  SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE: 65,
  SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP: 70,
  SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP: 71,
  SSL_CTRL_CHAIN_CERT: 89,
  SSL_CTRL_SET_GROUPS_LIST: 92,
  SSL_CTRL_GET_PEER_TMP_KEY: 109,
  SSL_CTRL_SET_DH_AUTO: 118,
  SSL_CTRL_SET_MIN_PROTO_VERSION: 123,
  SSL_CTRL_SET_MAX_PROTO_VERSION: 124,
  SSL_CTRL_GET_MIN_PROTO_VERSION: 130,
  SSL_CTRL_GET_MAX_PROTO_VERSION: 131,
  SSL_CTRL_GET_NEGOTIATED_GROUP: 134,
  SSL_CTRL_SET_RETRY_VERIFY: 136,
  BIO_CTRL_EOF: 2,
  BIO_C_SET_BUF_MEM_EOF_RETURN: 130,
} as const;

export const MODE = { ACCEPT_MOVING_WRITE_BUFFER: 0x2, AUTO_RETRY: 0x4, RELEASE_BUFFERS: 0x10 } as const;

export const OP = {
  IGNORE_UNEXPECTED_EOF: 1n << 7n,
  ALLOW_CLIENT_RENEGOTIATION: 1n << 8n,
  NO_TICKET: 1n << 14n,
  CIPHER_SERVER_PREFERENCE: 1n << 22n,
  NO_RENEGOTIATION: 1n << 30n,
} as const;

/** SSL_get_error(3). */
export const ERROR = {
  NONE: 0,
  SSL: 1,
  WANT_READ: 2,
  WANT_WRITE: 3,
  SYSCALL: 5,
  ZERO_RETURN: 6,
  WANT_CLIENT_HELLO_CB: 11,
  WANT_RETRY_VERIFY: 12,
} as const;

export type Openssl = Bound<typeof TABLE> & Partial<Bound<typeof OPTIONAL>>;

function load(): Openssl {
  const named = process.env['OVERCOAT_OPENSSL'];
  const libraries = named === undefined || named === '' ? [ownSymbols()] : librariesOf(named);
  try {
    return { ...bind(libraries, TABLE), ...bindOptional(libraries, OPTIONAL) };
  } catch (cause) {
    if (!(cause instanceof MissingSymbol)) throw cause;
    const where = named ?? 'the runtime';
    throw new OvercoatError(
      'start_platform',
      `The OpenSSL of ${where} has no function ${cause.missing}; version 3.0 or later is needed`,
      cause,
    );
  }
}

/** libssl and the libcrypto beside it, which must be of the same build. */
function librariesOf(libssl: string): readonly Library[] {
  const libcrypto = join(dirname(libssl), 'libcrypto.so.3');
  for (const path of [libssl, libcrypto]) {
    if (!existsSync(path)) throw new OvercoatError('start_platform', `OVERCOAT_OPENSSL = ${libssl}: there is no ${path}`);
  }
  const crypto = sharedLibrary(libcrypto);
  return [sharedLibrary(libssl), crypto];
}

export const C: Openssl = load();
