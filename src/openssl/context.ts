/**
 * SSL_CTX from a plain record: everything one side of TLS can be told, in the order in which the calls depend on each other. Lists go
 * through SSL_CONF, so that they mean what they mean to OpenSSL's own programs.
 */
import type { Pointer } from '../native/binding.ts';
import { callbacks } from './callbacks.ts';
import { Certificate } from './certificate.ts';
import { OpensslError, takeErrors } from './errors.ts';
import { Handle } from './handle.ts';
import type { Identity } from './identity.ts';
import { C, CTRL, MODE, OP } from './library.ts';
import { withBytes } from './memory.ts';
import type { SessionShelf } from './shared-sessions.ts';
import { closeShelf, openShelf } from './shared-sessions.ts';
import type { Store } from './store.ts';
import type { TicketKeys } from './ticket.ts';

export type Role = 'client' | 'server';

/** A command of SSL_CONF_cmd(3). */
export interface Command {
  readonly name: string;
  readonly value: string;
}

export interface ContextOptions {
  readonly role: Role;
  /** `TLSv1` to `TLSv1.3`; undefined: as far as the library goes. */
  readonly minVersion?: string | undefined;
  readonly maxVersion?: string | undefined;
  /** 0 to 5; `@SECLEVEL=` in `ciphers` has the last word. */
  readonly securityLevel?: number | undefined;
  /** Up to TLS 1.2. */
  readonly ciphers?: string | undefined;
  /** TLS 1.3. */
  readonly ciphersuites?: string | undefined;
  readonly groups?: string | undefined;
  /** SSL_OP_ bits, after the defaults below. */
  readonly options?: { readonly set: bigint; readonly clear: bigint } | undefined;
  /** `config =`, in order, after everything above. */
  readonly commands?: readonly Command[];
  readonly identities?: readonly Identity[];
  /** Parameters in PEM, or `auto`: the library's, by the strength of the key; undefined: no DHE. */
  readonly dh?: string | undefined;
  /** Whom to trust; undefined: nobody. */
  readonly store?: Store | undefined;
  /** Server: is the client asked for a certificate, and must it have one? A client is always shown one. */
  readonly verify?: 'none' | 'request' | 'require';
  /** Server: certificates (PEM) whose names are sent to clients that are asked for one. */
  readonly clientAuthorities?: readonly string[];
  /** In order of preference; a client that offers none of a server's gets an alert. */
  readonly alpn?: readonly string[];
  readonly psk?: PskOfClient | PskOfServer | undefined;
  /** At most 32 bytes: a session of another context is no session here. */
  readonly sessionIdContext?: Uint8Array | undefined;
  readonly sessions?: SessionOptions;
  /** Client: ask for a stapled OCSP response. */
  readonly requestStaple?: boolean;
  /** Client, beside `requestStaple`: a verdict may have to wait, and must not wait for a staple that will not come. */
  readonly foreseeStaple?: boolean;
  /** Server: asked at handshakes of clients that want one. DER. */
  readonly staple?: (() => Uint8Array | undefined) | undefined;
  /** Server: connections are asked which of several contexts serves them (TlsLeg `choose`). */
  readonly virtualHosts?: boolean;
  /** Secrets of every connection, one line each (NSS key log format). Only where a user has asked for it. */
  readonly keyLog?: ((line: string) => void) | undefined;
}

export interface PskOfClient {
  readonly identity: string;
  readonly key: Uint8Array;
}

export interface PskOfServer {
  /** undefined: unknown. */
  readonly keyOf: (identity: string) => Uint8Array | undefined;
}

export interface SessionOptions {
  /** false: nothing is kept, and no ticket is sent. */
  readonly resume: boolean;
  readonly lifetimeSeconds?: number;
  /** Server: sessions kept for clients without tickets; 0: no bound. */
  readonly cacheSize?: number;
  /** Server: where sessions for clients without tickets are kept together with other processes; undefined: here alone. */
  readonly shelf?: SessionShelf | undefined;
  /** Server: a session is given a name that its tickets and its resumptions keep (TlsLeg `sessionName`). */
  readonly named?: boolean;
  /** Server: keys of tickets; undefined: the library's own, new with every context. */
  readonly tickets?: (() => TicketKeys) | undefined;
}

/** What the library did not take. */
export class ContextError extends OpensslError {
  readonly about: keyof ContextOptions;
  /** For `commands`: which. */
  readonly command: string | undefined;

  constructor(about: keyof ContextOptions, otherwise: string, command?: string) {
    super(takeErrors(), otherwise);
    this.name = 'ContextError';
    this.about = about;
    this.command = command;
  }
}

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

const CONF_FILE = 0x2;
const CONF_CLIENT = 0x4;
const CONF_SERVER = 0x8;
const CONF_SHOW_ERRORS = 0x10;
const CONF_CERTIFICATE = 0x20;
const CONF_UNKNOWN = -2;
const CONF_TYPE_STRING = 1;
const CONF_TYPE_UNKNOWN = 0;

/** Is the value of a command of SSL_CONF_cmd(3) a text, or something that the library opens? @param name in any case */
export function commandType(name: string): 'text' | 'file' | 'unknown' {
  return withConf(CONF_FILE | CONF_CERTIFICATE | CONF_CLIENT | CONF_SERVER, (conf) => {
    const type = C.SSL_CONF_cmd_value_type(conf, name);
    return type === CONF_TYPE_STRING ? 'text' : type === CONF_TYPE_UNKNOWN ? 'unknown' : 'file';
  });
}

/** What commands are carried out on: a context, or a connection that was made from another one. */
type Target = { readonly context: Pointer } | { readonly connection: Pointer };

/** @internal `config =`, in order. @throws ContextError */
export function runCommands({ role, commands = [] }: ContextOptions, target: Target): void {
  if (commands.length === 0) return;
  withCommands(role, target, (run) => {
    for (const { name, value } of commands) run('commands', name, value);
  });
}

type RunCommand = (about: keyof ContextOptions, name: string, value: string) => void;

function withCommands(role: Role, target: Target, use: (run: RunCommand) => void): void {
  withConf(CONF_FILE | CONF_SHOW_ERRORS | CONF_CERTIFICATE | (role === 'client' ? CONF_CLIENT : CONF_SERVER), (conf) => {
    if ('context' in target) C.SSL_CONF_CTX_set_ssl_ctx(conf, target.context);
    else C.SSL_CONF_CTX_set_ssl(conf, target.connection);
    let last = 'SSL_CONF';
    use((about, name, value) => {
      last = name;
      const result = C.SSL_CONF_cmd(conf, name, value);
      if (result === CONF_UNKNOWN) throw new ContextError(about, `OpenSSL config command "${name}" was not recognised`, name);
      if (result <= 0) throw new ContextError(about, `OpenSSL config command "${name}" failed`, name);
    });
    if (C.SSL_CONF_CTX_finish(conf) !== 1) throw new ContextError('commands', `${last} failed`, last);
  });
}

function withConf<T>(flags: number, use: (conf: Pointer) => T): T {
  const conf = C.SSL_CONF_CTX_new();
  if (conf === null) throw new OpensslError(takeErrors(), 'SSL_CONF_CTX_new failed');
  try {
    C.SSL_CONF_CTX_set_flags(conf, flags);
    return use(conf);
  } finally {
    C.SSL_CONF_CTX_free(conf);
  }
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
      certificate = Certificate.fromTrustedPem(pem);
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
