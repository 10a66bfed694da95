/** Asking an OCSP responder over HTTP (RFC 6960 appendix A), for at most TIMEOUTocsp in all. */
import { isHttpUrl } from '../../address/http-url.ts';
import { askOverHttp } from './http-exchange.ts';

/** Answers are below 4 KB in practice. */
const MAX_RESPONSE_BYTES = 64 * 1024;

/** @returns the response's DER, or why there is none. Never rejects; leaves nothing open. */
export function askResponder(url: string, request: Buffer, timeoutMs: number): Promise<Buffer | string> {
  if (!isHttpUrl(url)) return Promise.resolve('no http URL; an https one needs a service of its own that leads there');
  const body = { bytes: request, type: 'application/ocsp-request' };
  return askOverHttp(url, { body, mostBytes: MAX_RESPONSE_BYTES, timeoutMs, limit: 'TIMEOUTocsp' });
}
