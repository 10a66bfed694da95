/**
 * The functions OpenSSL calls: one of each kind for the whole process, answered by the connection whose call is running. A call runs to
 * its end before another connection may begin one, so there is never a doubt whose it is; a callback of anything else gets a refusal.
 */
import type { Pointer } from '../../native/binding.ts';
import { copyOf } from '../../native/binding.ts';
import { makeCallback } from '../../native/callback.ts';
import { C } from '../library/library.ts';
import { proveEmpty } from '../library/output.ts';
import { dropSession } from '../sessions/shared-sessions.ts';
import { VERIFY_ERRORS } from './verdict.ts';

/** What a connection answers. Pointers are valid until the answer. */
export interface Callee {
  /** ClientHelloAnswer below; `alert` is where the alert's number goes. */
  clientHello(alert: Pointer): number;
  /** 1: goes on. */
  verify(chain: Pointer): number;
  /** 0: an application protocol was chosen. */
  selectAlpn(place: Pointer, length: Pointer, offered: Pointer, offeredLength: number): number;
  /** Client: 1 goes on, 0 refuses the stapled response. Server: 0 staples, 3 does not. */
  status(): number;
  /** How many bytes of `key` were filled; 0: no key. */
  pskOfClient(identity: Pointer, identityRoom: number, key: Pointer, keyRoom: number): number;
  pskOfServer(identity: string | null, key: Pointer, keyRoom: number): number;
  /** 1 or 2 (make a new ticket), 0: not one of ours, -1: fails. */
  ticket(name: Pointer, iv: Pointer, cipher: Pointer, mac: Pointer, encrypt: boolean): number;
  /** 1: the reference is the callee's. */
  newSession(session: Pointer): number;
  /** A ticket is about to be made: the session is given its name. */
  nameSession(): void;
  keyLog(line: string): void;
  /** A server's hello has come. */
  serverHello(message: Uint8Array): void;
  /** A handshake begins on the open connection: what the session in force shows of the peer is gone when it is over. */
  handshakeBegins(): void;
}

/** Who is told of handshakes on an open connection, while its call runs. */
export interface Heeder {
  stepTaken(): void;
  /** Up to TLS 1.2: not within a handshake that has begun. */
  handshakeBegins(): void;
}

let callee: Callee | undefined;
let heeder: Heeder | undefined;

/**
 * Before every call of OpenSSL's with an SSL.
 * @throws Error from within a callback: nobody may call OpenSSL for a connection there
 */
export function enter(connection: Callee, heeds: Heeder): void {
  if (callee !== undefined) throw new Error('OpenSSL was called from within one of its callbacks');
  proveEmpty();
  C.ERR_clear_error();
  callee = connection;
  heeder = heeds;
}

/** After the call and what is asked about its result. */
export function leave(): void {
  callee = undefined;
  heeder = undefined;
}

function current(): Callee {
  if (callee === undefined) throw new Error('OpenSSL called back outside of a call');
  return callee;
}

export const CLIENT_HELLO = { goOn: 1, refuse: 0, ask: -1 } as const;
const FATAL = 2;

const SERVERNAME_OK = 0;
/** Types of a record and of a message of the handshake. */
const HANDSHAKE = 22;
/** SSL_CB_LOOP, SSL_CB_HANDSHAKE_START. */
const STEP = 0x01;
const BEGIN = 0x10;
const SERVER_HELLO = 2;

/**
 * X509_V_FLAG_X509_STRICT asks authorities for their key usage, which `openssl req -x509` leaves out. One that is itself trusted needs no
 * leave to sign: it stands at the top of the chain, where only trusted ones stand when the flag is looked at. And a leaf signs nothing;
 * whether it may be an authority is for the verdict to say.
 */
function excused(chain: Pointer): boolean {
  if (C.X509_STORE_CTX_get_error(chain) !== VERIFY_ERRORS.CA_CERT_MISSING_KEY_USAGE) return false;
  const depth = C.X509_STORE_CTX_get_error_depth(chain);
  if (depth !== 0 && depth !== C.OPENSSL_sk_num(C.X509_STORE_CTX_get0_chain(chain)) - 1) return false;
  C.X509_STORE_CTX_set_error(chain, VERIFY_ERRORS.OK);
  return true;
}

export const callbacks = {
  clientHello: makeCallback('client_hello', 'int (void *, void *, void *)', CLIENT_HELLO.refuse, (_ssl, alert) =>
    current().clientHello(alert as Pointer),
  ),
  /** The host was chosen in client_hello; this only says to the client that its name was understood. */
  servername: makeCallback('servername', 'int (void *, void *, void *)', FATAL, () => SERVERNAME_OK),
  verify: makeCallback('verify', 'int (void *, void *)', 0, (chain) => current().verify(chain as Pointer)),
  /** Asked about everything a strict store has found out, also what is good. */
  excuse: makeCallback('verify callback', 'int (int, void *)', 0, (good, chain) => (good === 1 || excused(chain as Pointer) ? 1 : 0)),
  selectAlpn: makeCallback('alpn', 'int (void *, void *, void *, void *, uint, void *)', FATAL, (_ssl, place, length, offered, size) =>
    current().selectAlpn(place as Pointer, length as Pointer, offered as Pointer, size),
  ),
  statusOfClient: makeCallback('status', 'int (void *, void *)', 0, () => current().status()),
  statusOfServer: makeCallback('status', 'int (void *, void *)', FATAL, () => current().status()),
  pskOfClient: makeCallback(
    'psk client',
    'uint (void *, const char *, void *, uint, void *, uint)',
    0,
    (_ssl, _hint, identity, room, key, keyRoom) => current().pskOfClient(identity as Pointer, room, key as Pointer, keyRoom),
  ),
  pskOfServer: makeCallback('psk server', 'uint (void *, const char *, void *, uint)', 0, (_ssl, identity, key, room) =>
    current().pskOfServer(identity, key as Pointer, room),
  ),
  ticket: makeCallback('ticket', 'int (void *, void *, void *, void *, void *, int)', -1, (_ssl, name, iv, cipher, mac, encrypt) =>
    current().ticket(name as Pointer, iv as Pointer, cipher as Pointer, mac as Pointer, encrypt === 1),
  ),
  newSession: makeCallback('new session', 'int (void *, void *)', 0, (_ssl, session) => current().newSession(session as Pointer)),
  /** Also outside of a call: of contexts that share their sessions. */
  removeSession: makeCallback('remove session', 'void (void *, void *)', 0, (context, session) => {
    dropSession(context as Pointer, session as Pointer);
    return undefined;
  }),
  nameSession: makeCallback('name session', 'int (void *, void *)', 0, () => {
    current().nameSession();
    return 1;
  }),
  /** Called for every message and record, both ways: for contexts that need what they are told by nothing else. */
  message: makeCallback(
    'message',
    'void (int, int, int, void *, size_t, void *, void *)',
    0,
    (isWritten, _version, type, bytes, length) => {
      if (isWritten !== 0 || type !== HANDSHAKE || bytes === null) return undefined;
      const size = Number(length);
      if (copyOf(bytes, Math.min(size, 1))[0] === SERVER_HELLO) current().serverHello(copyOf(bytes, size));
      return undefined;
    },
  ),
  /** Of open connections alone: a handshake has many steps. */
  info: makeCallback('info', 'void (void *, int, int)', 0, (_ssl, where) => {
    if ((where & STEP) !== 0) heeder?.stepTaken();
    else if ((where & BEGIN) !== 0) heeder?.handshakeBegins();
    return undefined;
  }),
  keyLog: makeCallback('key log', 'void (void *, const char *)', 0, (_ssl, line) => {
    if (line !== null) current().keyLog(line);
    return undefined;
  }),
} as const;
