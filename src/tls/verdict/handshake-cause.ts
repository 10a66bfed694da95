/** What a handshake failed for, as facts: an alert, a peer that does not speak TLS, one that left, or what the library said. */
import { OvercoatError } from '../../errors.ts';
import type { FailedSide, FailureCause } from '../../failure-cause.ts';
import { TOLD } from '../../failure-cause.ts';
import { OpensslError } from '../../openssl/library/errors.ts';
import { alertBehind, isPeerGone } from './failure.ts';
import { plainTextOf } from './plain-text.ts';

/** What is known of a handshake besides the error that ended it. */
export interface HandshakeContext {
  /** The peer. */
  readonly side: FailedSide;
  /** Its first bytes; undefined: it has sent none. */
  readonly opening: Uint8Array | undefined;
  /** What was sent as SNI, '' for nothing. */
  readonly sni: string;
  /** The name that was meant, also where it is an address and so not sent. */
  readonly named: string;
  /** We have a certificate to show. */
  readonly certificate: boolean;
  /** We have pre-shared keys. */
  readonly psk: boolean;
}

/** @param error as `describeTlsFailure` takes it */
export function handshakeCause(error: unknown, { side, opening, ...about }: HandshakeContext): FailureCause {
  if (error instanceof OvercoatError) return error.because;
  const plain = opening === undefined ? undefined : plainTextOf(opening);
  if (opening !== undefined && plain !== undefined) {
    return { kind: 'not-tls', from: side, ...plain, begins: Buffer.from(opening).toString('latin1') };
  }
  if (isPeerGone(error)) return { kind: 'gone', side, said: opening !== undefined };
  if (!(error instanceof OpensslError)) return TOLD;
  const alert = alertBehind(error);
  if (alert !== undefined) return { kind: 'alert', from: side, ...alert, ...about };
  const fault = about.psk ? keyFault(error, about.certificate) : undefined;
  if (fault !== undefined) return { kind: 'pre-shared-key', fault };
  return { kind: 'tls-library', reason: error.queue[0]?.reason ?? '', text: error.message };
}

/** How a key that is another than the client's shows itself, in TLS 1.3 and before; the latter among other errors. */
const OTHER_KEY: ReadonlySet<string> = new Set(['binder does not verify', 'decryption failed or bad record mac']);
/** How it ends where the client names no key of ours, and nothing else can be agreed on. */
const NO_IDENTITY: ReadonlySet<string> = new Set(['no suitable signature algorithm', 'no shared cipher', 'psk identity not found']);

function keyFault({ queue }: OpensslError, certificate: boolean): 'other-key' | 'no-identity' | undefined {
  if (queue.some(({ reason }) => OTHER_KEY.has(reason))) return 'other-key';
  return !certificate && queue.some(({ reason }) => NO_IDENTITY.has(reason)) ? 'no-identity' : undefined;
}
