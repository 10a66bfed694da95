/**
 * One of several contexts for a connection, chosen by the name in its ClientHello. SSL_set_SSL_CTX carries certificates, keys, the trust
 * store, ciphers of TLS 1.2 and callbacks; everything else an SSL has taken from its first context when it was made, and that stays
 * unless it is set here. What is forgotten lets a session of an open service into one that demands a certificate.
 */
import type { Pointer } from '../../native/binding.ts';
import { copyOf } from '../../native/binding.ts';
import { C, CTRL } from '../library/library.ts';
import { Slot } from '../library/memory.ts';
import { callbacks } from './callbacks.ts';
import { runCommands } from './commands.ts';
import type { Context } from './context.ts';
import { excuseOf } from './context.ts';
import { ContextError } from './context-options.ts';

const EXTENSION_SERVER_NAME = 0;
const EXTENSION_ALPN = 16;
const MAX_PROTOCOL = 255;
const NAME_TYPE_HOST = 0;
const MAX_HOST_NAME = 255;
const [extension, extensionLength] = [new Slot(), new Slot()];

/** From within the client_hello callback: the host name asked for, as it was sent (RFC 6066 section 3). */
export function requestedName(ssl: Pointer): string | undefined {
  extensionLength.pointer = null;
  if (C.SSL_client_hello_get0_ext(ssl, EXTENSION_SERVER_NAME, extension.at, extensionLength.at) !== 1) return undefined;
  const bytes = Buffer.from(copyOf(extension.pointer, extensionLength.uint).buffer);
  if (bytes.length < 5 || bytes.readUInt16BE(0) !== bytes.length - 2 || bytes[2] !== NAME_TYPE_HOST) return undefined;
  const length = bytes.readUInt16BE(3);
  if (length === 0 || length > MAX_HOST_NAME || 5 + length > bytes.length) return undefined;
  return bytes.toString('latin1', 5, 5 + length);
}

/** From within the client_hello callback: the protocol offered (RFC 7301 section 3.1), where it is just one. */
export function onlyProtocol(ssl: Pointer): string | undefined {
  extensionLength.pointer = null;
  if (C.SSL_client_hello_get0_ext(ssl, EXTENSION_ALPN, extension.at, extensionLength.at) !== 1) return undefined;
  const length = extensionLength.uint;
  if (length < 4 || length > 2 + 1 + MAX_PROTOCOL) return undefined;
  const bytes = Buffer.from(copyOf(extension.pointer, length).buffer);
  return bytes.readUInt16BE(0) === length - 2 && bytes[2] === length - 3 ? bytes.toString('latin1', 3) : undefined;
}

const NO_SESSION_ID_CONTEXT = new Uint8Array(1);
const ALL_BITS = (1n << 64n) - 1n;

/** @throws ContextError, OpensslError where the library refuses one of them */
export function applyContext(ssl: Pointer, chosen: Context): void {
  const { options } = chosen;
  const { sessionIdContext, ciphersuites, groups, psk } = options;
  demand(C.SSL_set_SSL_CTX(ssl, chosen.pointer) === chosen.pointer, 'virtualHosts');
  C.SSL_set_verify(ssl, chosen.verifyMode, excuseOf(options.store));
  const id = sessionIdContext ?? NO_SESSION_ID_CONTEXT;
  demand(C.SSL_set_session_id_context(ssl, id, sessionIdContext?.length ?? 0) === 1, 'sessionIdContext');
  C.SSL_clear_options(ssl, ALL_BITS & ~chosen.bits);
  C.SSL_set_options(ssl, chosen.bits);
  demand(C.SSL_ctrl(ssl, CTRL.SSL_CTRL_SET_MIN_PROTO_VERSION, chosen.minVersion, null) === 1, 'minVersion');
  demand(C.SSL_ctrl(ssl, CTRL.SSL_CTRL_SET_MAX_PROTO_VERSION, chosen.maxVersion, null) === 1, 'maxVersion');
  C.SSL_set_security_level(ssl, chosen.securityLevel);
  demand(C.SSL_set_ciphersuites(ssl, ciphersuites ?? DEFAULT_SUITES) === 1, 'ciphersuites');
  if (groups !== undefined) demand(C.SSL_ctrl(ssl, CTRL.SSL_CTRL_SET_GROUPS_LIST, 0, Buffer.from(`${groups}\0`)) === 1, 'groups');
  C.SSL_set_num_tickets(ssl, chosen.tickets);
  C.SSL_set_psk_server_callback(ssl, psk === undefined ? null : callbacks.pskOfServer);
  runCommands(options, { connection: ssl });
}

/** OSSL_default_ciphersuites(). */
const DEFAULT_SUITES = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';

function demand(done: boolean, about: ConstructorParameters<typeof ContextError>[0]): void {
  if (!done) throw new ContextError(about, `a virtual host's ${about} cannot be set on the connection`);
}
