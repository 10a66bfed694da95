/** A failed handshake becomes a code of ours and a text for the log. */
import type { ErrorCode } from '../../errors.ts';
import { OpensslError } from '../../openssl/errors.ts';
import { PeerGone } from '../../openssl/tls-leg.ts';

export interface TlsFailure {
  readonly code: ErrorCode;
  /** One line, as stunnel would write it after `SSL_connect: ` or `SSL_accept: `. */
  readonly text: string;
}

/** What became of a handshake. @param error of the engine's, of the kernel's, or anything that was thrown */
export function describeTlsFailure(error: unknown): TlsFailure {
  if (!(error instanceof Error)) return { code: 'handshake_failed', text: String(error) };
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof PeerGone || (code !== undefined && PEER_GONE.has(code))) {
    return { code: 'handshake_failed', text: 'Peer suddenly disconnected' };
  }
  if (!(error instanceof OpensslError)) return { code: 'handshake_failed', text: error.message };
  const isVerification = VERIFICATION_REASONS.some((reason) => error.has(reason));
  return { code: isVerification ? 'handshake_verification' : 'handshake_failed', text: textOf(error) };
}

/** What a peer that resets leaves to read and to write. */
const PEER_GONE = new Set(['ECONNRESET', 'EPIPE']);

const VERIFICATION_REASONS = ['certificate verify failed', 'peer did not return a certificate'];

/** As stunnel: what went wrong first leads, and what the library says besides follows. */
function textOf({ queue, message }: OpensslError): string {
  const texts = queue.map(({ text, data }) => (data === '' || data.startsWith('SSL alert number') ? text : `${text} (${data})`));
  return texts.length === 0 ? message : texts.join('; ');
}
