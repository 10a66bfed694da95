/** One document of a directory: a bounded answer to one question over verified TLS. What fails says why, which the client library does not. */
import { get } from 'node:https';

const LIMIT_MS = 30_000;
const MOST_BYTES = 256 * 1024;
const OK = 200;

/** What to do where the directory cannot be asked, as a clause behind the reason. */
const LOOK_AT_URL = 'see whether acmeDirectory (--acme-directory) is right, and can be reached from here';
const NAME_AUTHORITY = 'name the authority its certificate is of with acmeCA (--acme-ca)';
/** The library's codes for a certificate that leads to nobody who is trusted. */
const UNTRUSTED: ReadonlySet<string | undefined> = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

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
    const fail = (text: string, advice = LOOK_AT_URL): void => reject(new Error(`${host}: ${text}; ${advice}`));
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
    request.on('error', (cause: NodeJS.ErrnoException) => {
      if (signal.aborted) fail('no answer in 30 seconds');
      else if (UNTRUSTED.has(cause.code)) fail('its certificate is of no authority that is trusted here', NAME_AUTHORITY);
      else fail(cause.message || (cause.code ?? 'no connection'));
    });
  });
}
