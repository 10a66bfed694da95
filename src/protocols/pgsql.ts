/**
 * PostgreSQL (protocol 3.0, "Message Flow", sections "SSL Session Encryption" and "GSSAPI Session Encryption"). A client may ask for
 * encryption before its first message; what it asks of us in clear is answered here and never reaches the server. The one thing a
 * reader might get wrong: the answer is a single byte, and a byte more in the same segment is an attack (CVE-2021-23222).
 */
import type { Conversation, Measured } from './conversation.ts';
import {
  dialUpstream,
  failed,
  finish,
  NEED_MORE,
  quoted,
  read,
  readExactly,
  refuse,
  refused,
  startTls,
  startTlsDirectly,
  tryRead,
  unread,
  whole,
  write,
} from './conversation.ts';
import { PGSQL_ALPN } from './facts.ts';
import type { ConversationInput } from './input.ts';

const REQUEST_LENGTH = 8;
const SSL_CODE = 80877103;
const GSS_CODE = 80877104;
const CANCEL_LENGTH = 16;
const CANCEL_CODE = 80877102;
const TLS_HANDSHAKE = 0x16;

/** The client side: SSLRequest, answered S. */
export function* pgsqlClient(): Conversation {
  yield* write('upstream', encryptionRequest(SSL_CODE));
  const answer = (yield* readExactly('upstream', 1)).toString('latin1');
  if (answer !== 'S') throw failed(`The upstream answered SSLRequest with ${quoted(answer)}: it does not offer TLS`);
  yield* startTls('upstream');
  yield* declineEncryption();
}

/** The client side of `sslnegotiation=direct`: TLS at once. Without ALPN the server may take us for something else, so it is demanded. */
export function* pgsqlDirectClient(): Conversation {
  const { alpn } = yield* startTls('upstream');
  if (alpn !== PGSQL_ALPN)
    throw failed(`The upstream did not choose the application protocol ${PGSQL_ALPN} (ALPN): it does not know direct TLS`);
  yield* declineEncryption();
}

/**
 * The server side. A client that begins with a TLS record speaks TLS directly; one that asks for no encryption is refused, but for a
 * request to cancel a query, which libpq before 17 sends in clear to the same port (docs/decisions/cancel-in-clear.md).
 */
export function* pgsqlServer({ config }: Pick<ConversationInput, 'config'>): Conversation {
  for (;;) {
    const first = yield* read('client', (bytes) => (bytes.length >= 1 ? whole(1) : NEED_MORE));
    yield* unread('client', first);
    if (first[0] === TLS_HANDSHAKE) {
      yield* startTlsDirectly('client');
      return;
    }
    const request = yield* readExactly('client', REQUEST_LENGTH);
    if (isRequest(request, SSL_CODE)) {
      yield* startTls('client', 'S');
      return;
    }
    if (request.equals(header(CANCEL_LENGTH, CANCEL_CODE))) yield* cancel(request, config.cancelInClear === true);
    if (!isRequest(request, GSS_CODE)) {
      yield* refuse('client', errorMessage('TLS is required here'), failed('The client did not ask for TLS'));
    }
    yield* write('client', 'N');
  }
}

/**
 * Hands a CancelRequest on and waits until the server has taken it: libpq waits for that end. The server answers nothing to it, so
 * neither do we. What stands in it are a process number and a secret of the server's; whoever knows them may cancel one query.
 */
function* cancel(begun: Buffer, allowed: boolean): Conversation<never> {
  const key = yield* readExactly('client', CANCEL_LENGTH - REQUEST_LENGTH);
  if (!allowed) {
    const text = 'The client asked in clear to cancel a query, as libpq before 17 does';
    throw failed(`${text}; \`pgsqlCancel = yes\` lets it, libpq 17 does it in TLS`);
  }
  yield* dialUpstream();
  yield* write('upstream', Buffer.concat([begun, key]));
  yield* tryRead('upstream', () => NEED_MORE);
  return yield* finish('client', '');
}

const INSISTS =
  'The client asked for encryption of its own, was told that there is none, and left: it insists on it (sslmode=require or gssencmode=require), ' +
  'and Overcoat makes the TLS here. Give it sslmode=prefer or disable, or leave its destination alone (exec: --plain ADDRESS)';

/** Our client's own requests for encryption get `N`, so that it goes on as it does with a server that has none, or leaves. */
function* declineEncryption(): Conversation {
  for (let asked = 0; asked < 2; asked += 1) {
    if ((yield* tryRead('client', measureRequest)) === undefined) return;
    yield* write('client', 'N');
    yield* unread('client', yield* read('client', (bytes) => (bytes.length >= 1 ? whole(1) : NEED_MORE), INSISTS));
  }
}

/** Refused with the first byte that belongs to neither request. */
function measureRequest(bytes: Buffer): Measured {
  const start = bytes.subarray(0, REQUEST_LENGTH);
  if (!REQUESTS.some((request) => request.subarray(0, start.length).equals(start))) return refused('no request for encryption');
  return start.length === REQUEST_LENGTH ? whole(REQUEST_LENGTH) : NEED_MORE;
}

const REQUESTS = [encryptionRequest(SSL_CODE), encryptionRequest(GSS_CODE)];

function encryptionRequest(code: number): Buffer {
  return header(REQUEST_LENGTH, code);
}

/** How every message before the first of a session begins: its length, and a code in the place of a version. */
function header(length: number, code: number): Buffer {
  const begin = Buffer.alloc(8);
  begin.writeUInt32BE(length, 0);
  begin.writeUInt32BE(code, 4);
  return begin;
}

function isRequest(request: Buffer, code: number): boolean {
  return request.equals(encryptionRequest(code));
}

/** ErrorResponse with severity, SQLSTATE 28000 (invalid authorization specification) and a message. */
function errorMessage(text: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C28000\0M${text}\0\0`, 'latin1');
  const message = Buffer.alloc(5 + fields.length);
  message.write('E', 0, 'latin1');
  message.writeUInt32BE(4 + fields.length, 1);
  fields.copy(message, 5);
  return message;
}
