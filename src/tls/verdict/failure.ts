/** The only place that looks at OpenSSL's codes and texts: a failed handshake becomes a code of ours and a text for the log. */
import type { ErrorCode } from '../../errors.ts';

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
