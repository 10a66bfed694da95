/** One document of a directory: a bounded answer to one question over verified TLS. What fails says why, which the client library does not. */
import { get } from 'node:https';

const LIMIT_MS = 30_000;
const MOST_BYTES = 256 * 1024;
const OK = 200;

export interface Answered {
  readonly body: unknown;
  /** The header, in seconds or as a date. */
  readonly retryAfter: string | undefined;
}

/**
 * @param authority PEM: whom the server is verified against; undefined: those Node.js trusts
 * @throws Error with a sentence for people
 */
export function askJson(url: string, authority: string | undefined): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { host } = new URL(url);
    const fail = (text: string): void => reject(new Error(`${host}: ${text}`));
    const signal = AbortSignal.timeout(LIMIT_MS);
    const request = get(url, { agent: false, signal, ...(authority === undefined ? {} : { ca: authority }) }, (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        if (size > MOST_BYTES) request.destroy(new Error('the answer is too long'));
        else parts.push(part);
      });
      response.on('error', (cause) => fail(cause.message));
      response.on('end', () => {
        if (response.statusCode !== OK) return fail(`HTTP status ${response.statusCode}`);
        try {
          resolve({ body: JSON.parse(Buffer.concat(parts).toString()), retryAfter: response.headers['retry-after'] });
        } catch {
          fail('what it answers is no JSON');
        }
      });
    });
    request.on('error', (cause: NodeJS.ErrnoException) =>
      fail(signal.aborted ? 'no answer in 30 seconds' : cause.message || (cause.code ?? 'no connection')),
    );
  });
}
