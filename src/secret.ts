/**
 * A value that must not appear in a log, an error, a dump of the configuration or a JSON page. It prints as `***` everywhere; only
 * `reveal` gives it back. The one thing a reader might get wrong: a configuration is cloned to worker processes, and a clone keeps data
 * but not classes, so the text lies here as bytes (a clone that is printed shows numbers) and `reveal` is a function.
 */
import { inspect } from 'node:util';
import { decodeText, encodeText } from './text/raw-text.ts';

const MASK = '***';

export class Secret {
  readonly bytes: Uint8Array;

  constructor(text: string) {
    this.bytes = encodeText(text);
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

/** The text itself, also of a clone. Call it where the text is used, and keep the result in no field. */
export function reveal(secret: Pick<Secret, 'bytes'>): string {
  return decodeText(Buffer.from(secret.bytes));
}
