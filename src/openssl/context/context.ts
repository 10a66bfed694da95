/**
 * SSL_CTX from a plain record: everything one side of TLS can be told, in the order in which the calls depend on each other. Lists go
 * through SSL_CONF, so that they mean what they mean to OpenSSL's own programs.
 */
import type { Pointer } from '../../native/binding.ts';
import { Handle } from '../library/handle.ts';
import { C, CTRL, MODE, OP } from '../library/library.ts';
import { withBytes } from '../library/memory.ts';
import { Certificate } from '../material/certificate.ts';
import type { Store } from '../material/store.ts';
import type { SessionShelf } from '../sessions/shared-sessions.ts';
import { closeShelf, openShelf } from '../sessions/shared-sessions.ts';
import { callbacks } from './callbacks.ts';
import { runCommands, withCommands } from './commands.ts';
import type { ContextOptions } from './context-options.ts';
import { ContextError } from './context-options.ts';

/**
 * One read of the socket takes as much, three records. A reader that has stopped keeps all of it; a fourth record would save one
 * system call of four (reckoned: 8 ms of the 1.5 s of CPU that a gigabyte takes).
 */
export const READ_BUFFER_BYTES = 3 * 17_000;
const VERIFY_PEER = 1;
const VERIFY_FAIL_IF_NO_PEER_CERT = 2;
const SESS_CACHE_CLIENT = 1;
const SESS_CACHE_SERVER = 2;
const SESS_CACHE_NO_INTERNAL = 0x300;
const STATUS_TYPE_OCSP = 1;

export class Context extends Handle {
  readonly kind = 'context';
  readonly options: ContextOptions;
  readonly verifyMode: number;
  /** SSL_OP_ bits as they turned out. */
  readonly bits: bigint;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** Server: how many a handshake of TLS 1.3 sends. */
  readonly tickets: number;
  /** Length-prefixed names; their memory is C's as long as the context lives. */
  readonly alpnWire: Uint8Array;
  #chooses = false;

  /** @throws ContextError, OpensslError */
  constructor(options: ContextOptions) {
    super('context', C.SSL_CTX_new(options.role === 'client' ? C.TLS_client_method() : C.TLS_server_method()), 'SSL_CTX_new', freeContext);
    this.options = options;
    this.verifyMode = verifyModeOf(options);
    this.alpnWire = wireOf(options.alpn ?? []);
    try {
      C.ERR_clear_error();
      setAlgorithms(this.pointer, options);
      setIdentities(this.pointer, options);
      setTrust(this.pointer, options, this.verifyMode);
      setSessions(this.pointer, options);
      setExtensions(this.pointer, options, this.alpnWire);
      setMemory(this.pointer);
    } catch (error) {
      this.free();
      throw error;
    }
    if (options.role === 'server' && options.virtualHosts === true) this.chooseByName();
    this.bits = BigInt(C.SSL_CTX_get_options(this.pointer));
    this.minVersion = C.SSL_CTX_ctrl(this.pointer, CTRL.SSL_CTRL_GET_MIN_PROTO_VERSION, 0, null);
    this.maxVersion = C.SSL_CTX_ctrl(this.pointer, CTRL.SSL_CTRL_GET_MAX_PROTO_VERSION, 0, null);
    this.tickets = C.SSL_CTX_get_num_tickets(this.pointer);
    C.ERR_clear_error();
  }

  /** Server: connections are asked from now on which of several contexts serves them (TlsLeg `choose`). */
  chooseByName(): void {
    if (this.#chooses) return;
    this.#chooses = true;
    C.SSL_CTX_set_client_hello_cb(this.pointer, callbacks.clientHello, null);
    C.SSL_CTX_callback_ctrl(this.pointer, CTRL.SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, callbacks.servername);
  }

  get securityLevel(): number {
    return C.SSL_CTX_get_security_level(this.pointer);
  }

  protected destroy(pointer: Pointer): void {
    freeContext(pointer);
  }
}

function freeContext(context: Pointer): void {
  closeShelf(context);
  C.SSL_CTX_free(context);
}

function verifyModeOf({ role, verify = 'none' }: ContextOptions): number {
  if (role === 'client') return VERIFY_PEER; // otherwise the library would not listen to what the verdict says
  if (verify === 'none') return 0;
  return verify === 'request' ? VERIFY_PEER : VERIFY_PEER | VERIFY_FAIL_IF_NO_PEER_CERT;
}

function setAlgorithms(context: Pointer, options: ContextOptions): void {
  const { securityLevel, minVersion, maxVersion } = options;
  if (securityLevel !== undefined) C.SSL_CTX_set_security_level(context, securityLevel);
  C.SSL_CTX_set_options(context, OP.NO_RENEGOTIATION);
  const commands: readonly (readonly [keyof ContextOptions, string, string | undefined])[] = [
    ['minVersion', 'MinProtocol', minVersion],
    ['maxVersion', 'MaxProtocol', maxVersion],
    ['ciphers', 'CipherString', options.ciphers],
    ['ciphersuites', 'Ciphersuites', options.ciphersuites],
    ['groups', 'Groups', options.groups],
  ];
  withCommands(options.role, { context }, (run) => {
    for (const [about, name, value] of commands) if (value !== undefined) run(about, name, value);
  });
  if (options.options !== undefined) {
    C.SSL_CTX_set_options(context, options.options.set);
    C.SSL_CTX_clear_options(context, options.options.clear);
  }
  runCommands(options, { context });
  C.SSL_CTX_set_options(context, OP.IGNORE_UNEXPECTED_EOF); // a cut is told all the same, and we may still write
}

function setIdentities(context: Pointer, { identities = [], dh }: ContextOptions): void {
  for (const { certificate, key, chain } of identities) {
    const set =
      C.SSL_CTX_use_certificate(context, certificate.pointer) === 1 &&
      C.SSL_CTX_use_PrivateKey(context, key.pointer) === 1 &&
      C.SSL_CTX_check_private_key(context) === 1 &&
      chain.every((above) => C.SSL_CTX_ctrl(context, CTRL.SSL_CTRL_CHAIN_CERT, 1, above.pointer) === 1);
    if (!set) throw new ContextError('identities', 'the certificate or its key cannot be used');
  }
  if (dh === 'auto') C.SSL_CTX_ctrl(context, CTRL.SSL_CTRL_SET_DH_AUTO, 1, null);
  else if (dh !== undefined) setDhParameters(context, dh);
}

function setDhParameters(context: Pointer, pem: string): void {
  const parameters = withBytes(Buffer.from(pem), (bio) => C.PEM_read_bio_Parameters(bio, null));
  if (parameters === null) throw new ContextError('dh', 'DH parameters cannot be read');
  if (C.SSL_CTX_set0_tmp_dh_pkey(context, parameters) === 1) return;
  C.EVP_PKEY_free(parameters);
  throw new ContextError('dh', 'DH parameters cannot be used');
}

function setTrust(context: Pointer, { role, store, clientAuthorities = [] }: ContextOptions, mode: number): void {
  C.SSL_CTX_set_verify(context, mode, excuseOf(store));
  C.SSL_CTX_set_cert_verify_callback(context, callbacks.verify, null);
  if (store !== undefined) C.SSL_CTX_set1_cert_store(context, store.pointer);
  if (role === 'server' && clientAuthorities.length > 0) C.SSL_CTX_set_client_CA_list(context, namesOf(clientAuthorities));
}

/** @internal What goes with `store`, wherever the verify mode is set. */
export function excuseOf(store: Store | undefined): Pointer | null {
  return store?.strict === true ? callbacks.excuse : null;
}

/** A STACK_OF(X509_NAME) for a context that takes it over. One that cannot be read is left out. */
function namesOf(authorities: readonly string[]): Pointer | null {
  const stack = C.OPENSSL_sk_new_null();
  for (const pem of authorities) {
    let certificate: Certificate;
    try {
      certificate = Certificate.fromPem(pem);
    } catch {
      continue;
    }
    C.OPENSSL_sk_push(stack, C.X509_NAME_dup(C.X509_get_subject_name(certificate.pointer)));
    certificate.free();
  }
  return stack;
}

function setSessions(context: Pointer, { role, sessions = { resume: false }, sessionIdContext, psk }: ContextOptions): void {
  if (sessionIdContext !== undefined) {
    if (C.SSL_CTX_set_session_id_context(context, sessionIdContext, sessionIdContext.length) !== 1) {
      throw new ContextError('sessionIdContext', 'the session id context is longer than 32 bytes');
    }
  }
  if (sessions.lifetimeSeconds !== undefined) C.SSL_CTX_set_timeout(context, Math.max(1, sessions.lifetimeSeconds));
  const cache = role === 'client' ? SESS_CACHE_CLIENT | SESS_CACHE_NO_INTERNAL : SESS_CACHE_SERVER;
  C.SSL_CTX_ctrl(context, CTRL.SSL_CTRL_SET_SESS_CACHE_MODE, sessions.resume ? cache : 0, null);
  if (role === 'client') {
    if (sessions.resume) C.SSL_CTX_sess_set_new_cb(context, callbacks.newSession);
    if (psk !== undefined) C.SSL_CTX_set_psk_client_callback(context, callbacks.pskOfClient);
    return;
  }
  C.SSL_CTX_ctrl(context, CTRL.SSL_CTRL_SET_SESS_CACHE_SIZE, sessions.cacheSize ?? 0, null);
  if (!sessions.resume) C.SSL_CTX_set_num_tickets(context, 0); // else as many as `NumTickets` of `config` says, or the library's two
  if (!sessions.resume) C.SSL_CTX_set_options(context, OP.NO_TICKET);
  if (sessions.tickets !== undefined) C.SSL_CTX_set_tlsext_ticket_key_evp_cb(context, callbacks.ticket);
  if (sessions.resume && sessions.shelf !== undefined) shareSessions(context, sessions.shelf);
  if (sessions.resume && sessions.named === true) C.SSL_CTX_set_session_ticket_cb(context, callbacks.nameSession, null, null);
  if (psk !== undefined) C.SSL_CTX_set_psk_server_callback(context, callbacks.pskOfServer);
}

function shareSessions(context: Pointer, shelf: SessionShelf): void {
  openShelf(context, shelf, (BigInt(C.SSL_CTX_get_options(context)) & OP.NO_TICKET) !== 0n);
  C.SSL_CTX_sess_set_new_cb(context, callbacks.newSession);
  C.SSL_CTX_sess_set_remove_cb(context, callbacks.removeSession);
  C.SSL_CTX_set_client_hello_cb(context, callbacks.clientHello, null);
}

function setExtensions(context: Pointer, options: ContextOptions, alpn: Uint8Array): void {
  const { role, requestStaple = false, foreseeStaple = false, staple, keyLog } = options;
  if (alpn.length > 0 && role === 'client' && C.SSL_CTX_set_alpn_protos(context, alpn, alpn.length) !== 0) {
    throw new ContextError('alpn', 'a protocol name of ALPN is empty or longer than 255 bytes');
  }
  if (alpn.length > 0 && role === 'server') C.SSL_CTX_set_alpn_select_cb(context, callbacks.selectAlpn, null);
  if (role === 'client' && requestStaple) {
    C.SSL_CTX_ctrl(context, CTRL.SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE, STATUS_TYPE_OCSP, null);
    C.SSL_CTX_callback_ctrl(context, CTRL.SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB, callbacks.statusOfClient);
    if (foreseeStaple) C.SSL_CTX_callback_ctrl(context, CTRL.SSL_CTRL_SET_MSG_CALLBACK, callbacks.message);
  }
  if (role === 'server' && staple !== undefined) {
    C.SSL_CTX_callback_ctrl(context, CTRL.SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB, callbacks.statusOfServer);
  }
  if (keyLog !== undefined) C.SSL_CTX_set_keylog_callback(context, callbacks.keyLog);
}

function setMemory(context: Pointer): void {
  C.SSL_CTX_ctrl(context, CTRL.SSL_CTRL_MODE, MODE.RELEASE_BUFFERS | MODE.ACCEPT_MOVING_WRITE_BUFFER, null);
  // With it one call reads for as long as the peer sends messages without data (key updates), and everybody else waits.
  C.SSL_CTX_ctrl(context, CTRL.SSL_CTRL_CLEAR_MODE, MODE.AUTO_RETRY, null);
  C.SSL_CTX_ctrl(context, CTRL.SSL_CTRL_SET_READ_AHEAD, 1, null);
  C.SSL_CTX_set_default_read_buffer_len(context, READ_BUFFER_BYTES);
}

/** ALPN's list as it is sent (RFC 7301 section 3.1). */
export function wireOf(names: readonly string[]): Uint8Array {
  return Buffer.concat(names.flatMap((name) => [Buffer.from([Buffer.byteLength(name)]), Buffer.from(name)]));
}
