/** The only place that looks at OpenSSL's codes and texts: a failed handshake becomes a code of ours and a text for the log. */
import type { ErrorCode } from '../../errors.ts';
import type { Alert } from './alert.ts';
import { alertOf } from './alert.ts';

export interface TlsFailure {
  readonly code: ErrorCode;
  /** One line, as stunnel would write it after `SSL_connect: ` or `SSL_accept: `. */
  readonly text: string;
}

/** What became of a handshake that ended in an error of a TLS socket. */
export function describeTlsFailure(error: unknown): TlsFailure {
  if (!(error instanceof Error)) return { code: 'handshake_failed', text: String(error) };
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined && PEER_GONE.has(code)) return { code: 'handshake_failed', text: 'Peer suddenly disconnected' };
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return { code: 'handshake_timeout', text: 'TIMEOUTbusy exceeded' };
  const text = opensslText(error.message);
  return { code: VERIFICATION_REASONS.some((reason) => text.endsWith(reason)) ? 'handshake_verification' : 'handshake_failed', text };
}

/** Node's code for an end of file in the handshake is ECONNRESET as well. */
const PEER_GONE = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

const VERIFICATION_REASONS = ['certificate verify failed', 'peer did not return a certificate'];

/**
 * Node's message is `THREAD:error:HEX:SSL routines:FUNCTION:REASON:FILE:LINE:DATA` with a newline; the log has
 * `error:HEX:SSL routines::REASON`, the form of ERR_error_string in OpenSSL 3.
 */
function opensslText(message: string): string {
  const start = message.indexOf('error:');
  if (start < 0) return message.trim();
  const [, hex, library, , ...rest] = message.slice(start).split(':');
  const reason = rest[0]?.trim();
  if (hex === undefined || library === undefined || reason === undefined) return message.trim();
  return `error:${hex}:${library}::${reason}`;
}

/** ERR_LIB_SSL, and what OpenSSL adds to an alert's number to make a reason of it (SSL_AD_REASON_OFFSET, openssl/ssl.h). */
const LIBRARY_SSL = 20;
const REASON_OFFSET = 1000;
const LAST_ALERT = 255;
/** An OpenSSL 3 error code is a library above 23 bits of reason (ERR_GET_LIB and ERR_GET_REASON, openssl/err.h). */
const REASON_BITS = 23;

/** The alert of the peer that made a TLS socket fail; undefined where it failed for another reason. */
export function alertBehind(error: Error): Alert | undefined {
  const [, hex = ''] = error.message.slice(error.message.indexOf('error:')).split(':', 2);
  const code = Number.parseInt(hex, 16);
  const number = (code & ((1 << REASON_BITS) - 1)) - REASON_OFFSET;
  const isAlert = code >>> REASON_BITS === LIBRARY_SSL && number >= 0 && number <= LAST_ALERT;
  return isAlert ? alertOf(number) : undefined;
}
