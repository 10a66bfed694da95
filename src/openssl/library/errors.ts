/** OpenSSL's error queue, read whole and emptied, in the words stunnel's log has: `error:0A000086:SSL routines::certificate verify failed`. */
import { textAt, viewOf } from '../../native/binding.ts';
import { allocate } from '../../sockets/system-calls.ts';
import { C } from './library.ts';

export interface QueuedError {
  /** ERR_LIB_ and reason in one number. */
  readonly code: number;
  /** As ERR_error_string_n(3). */
  readonly text: string;
  /** `certificate verify failed`; '' where the library has no sentence. */
  readonly reason: string;
  /** What the place of the error added: a file's name, the name of a cipher. */
  readonly data: string;
}

/** Something of OpenSSL's has failed. `message` is the first error of the queue: what went wrong first. */
export class OpensslError extends Error {
  /** In the order in which they were queued; empty where the library said nothing. */
  readonly queue: readonly QueuedError[];

  constructor(queue: readonly QueuedError[], otherwise: string) {
    const [first] = queue;
    super(first === undefined ? otherwise : first.text + (first.data === '' ? '' : ` (${first.data})`));
    this.name = 'OpensslError';
    this.queue = queue;
  }

  has(reason: string): boolean {
    return this.queue.some((each) => each.reason === reason);
  }
}

const TEXT_BYTES = 256;
const text = allocate(TEXT_BYTES);
/** Where ERR_get_error_all writes `data` and `flags`. */
const place = allocate(16);
const placeWords = new BigUint64Array(viewOf(place, 16).buffer, 0, 2);
const ERR_TXT_STRING = 2n;
const MAX_DATA = 1024;
/** The queue of a thread holds 16. */
const MAX_ERRORS = 16;

/** Everything that is queued, first in first; the queue is empty afterwards. */
export function takeErrors(): readonly QueuedError[] {
  const errors: QueuedError[] = [];
  for (let count = 0; count < MAX_ERRORS; count += 1) {
    const code = C.ERR_get_error_all(null, null, null, place, place + 8n);
    if (code === 0) break;
    const [data = 0n, flags = 0n] = placeWords;
    C.ERR_error_string_n(code, text, TEXT_BYTES);
    errors.push({
      code,
      text: textAt(text, TEXT_BYTES),
      reason: C.ERR_reason_error_string(code) ?? '',
      data: data !== 0n && (flags & 0xffffffffn & ERR_TXT_STRING) !== 0n ? textAt(data, MAX_DATA) : '',
    });
  }
  return errors;
}

/** The queue as an error to throw. @param otherwise the message where the queue is empty */
export function opensslError(otherwise: string): OpensslError {
  return new OpensslError(takeErrors(), otherwise);
}

/** The library's sentence for an X509_V_ERR_ number: `certificate has expired`. */
export function verifyErrorText(number: number): string {
  return C.X509_verify_cert_error_string(number) ?? '';
}
