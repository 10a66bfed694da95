/** Turns a failure in a step (of a leg, the kernel, the TLS library) into the step's own error. */
import type { ErrorCode } from '../../errors.ts';
import { OvercoatError } from '../../errors.ts';
import type { Life } from './life.ts';

/** Errors that mean: TIMEOUTbusy is over. */
const BUSY: ReadonlySet<ErrorCode> = new Set(['handshake_timeout', 'negotiation_timeout']);

/**
 * Waits for the work of a step. Our own errors stay, TIMEOUTbusy is announced; what a leg, the kernel or the TLS library said becomes
 * an error of the step.
 * @param translate makes the step's error; not called once the connection has ended
 */
export async function withStepErrors<T>(work: Promise<T>, life: Life, translate: (cause: unknown) => unknown): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (life.ended) throw cause;
    if (!(cause instanceof OvercoatError)) throw translate(cause);
    if (BUSY.has(cause.code)) life.emit({ kind: 'limit-exceeded', limit: 'TIMEOUTbusy', action: 'sending reset' });
    throw cause;
  }
}
