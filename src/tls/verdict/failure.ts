/** A failed handshake becomes a code of ours and a text for the log. */
import type { ErrorCode } from '../../errors.ts';
import { PeerGone } from '../../openssl/connection/tls-leg.ts';
import type { QueuedError } from '../../openssl/library/errors.ts';
import { OpensslError } from '../../openssl/library/errors.ts';
import type { Alert } from './alert.ts';
import { alertOf } from './alert.ts';

export interface TlsFailure {
  readonly code: ErrorCode;
  /** One line, as stunnel would write it after `SSL_connect: ` or `SSL_accept: `. */
  readonly text: string;
  /** What the library has said besides, for lines of their own. */
  readonly queue: readonly string[];
}

/** What became of a handshake. @param error of the engine's, of the kernel's, or anything that was thrown */
export function describeTlsFailure(error: unknown): TlsFailure {
  if (!(error instanceof Error)) return { code: 'handshake_failed', text: String(error), queue: [] };
  if (isPeerGone(error)) {
    return { code: 'handshake_failed', text: 'Peer suddenly disconnected', queue: [] };
  }
  if (!(error instanceof OpensslError)) return { code: 'handshake_failed', text: error.message, queue: [] };
  const isVerification = VERIFICATION_REASONS.some((reason) => error.has(reason));
  const [text = error.message, ...queue] = error.queue.map(lineOf);
  return { code: isVerification ? 'handshake_verification' : 'handshake_failed', text, queue };
}

/** What a peer that resets leaves to read and to write. */
const PEER_GONE: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE']);

/** The peer ended the connection, by an end of TCP or a reset. */
export function isPeerGone(error: unknown): boolean {
  return error instanceof PeerGone || (error instanceof Error && PEER_GONE.has((error as NodeJS.ErrnoException).code));
}

const VERIFICATION_REASONS = ['certificate verify failed', 'peer did not return a certificate'];

/** An alert's number is said by its name already. */
function lineOf({ text, data }: QueuedError): string {
  return data === '' || data.startsWith('SSL alert number') ? text : `${text} (${data})`;
}

/** ERR_LIB_SSL, and what OpenSSL adds to an alert's number to make a reason of it (SSL_AD_REASON_OFFSET, openssl/ssl.h). */
const LIBRARY_SSL = 20;
const REASON_OFFSET = 1000;
const LAST_ALERT = 255;
/** An OpenSSL 3 error code is a library above 23 bits of reason (ERR_GET_LIB and ERR_GET_REASON, openssl/err.h). */
const REASON_BITS = 23;

/** The alert of the peer that made a TLS leg fail; undefined where it failed for another reason. */
export function alertBehind(error: Error): Alert | undefined {
  const code = error instanceof OpensslError ? (error.queue[0]?.code ?? 0) : 0;
  const number = (code & ((1 << REASON_BITS) - 1)) - REASON_OFFSET;
  const isAlert = code >>> REASON_BITS === LIBRARY_SSL && number >= 0 && number <= LAST_ALERT;
  return isAlert ? alertOf(number) : undefined;
}
