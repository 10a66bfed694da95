/** Asking an OCSP responder over HTTP (RFC 6960 appendix A), for at most TIMEOUTocsp in all. */
import { describeSystemError } from '../../text/system-error.ts';

/** Answers are below 4 KB in practice. */
const MAX_RESPONSE_BYTES = 64 * 1024;

/** @returns the response's DER, or why there is none. Never rejects; leaves nothing open. */
export async function askResponder(url: string, request: Buffer, timeoutMs: number): Promise<Buffer | string> {
  const http = await import('node:http');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const asked = http.request(url, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/ocsp-request', 'content-length': request.length },
      signal: AbortSignal.timeout(Math.max(timeoutMs, 1)),
    });
    asked.on('error', (error) =>
      resolve(error.name === 'TimeoutError' || error.name === 'AbortError' ? 'TIMEOUTocsp exceeded' : describeSystemError(error).text),
    );
    asked.on('response', (response) => {
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_RESPONSE_BYTES) asked.destroy(new Error('the response is too long'));
        else chunks.push(chunk);
      });
      response.on('end', () => resolve(response.statusCode === 200 ? Buffer.concat(chunks) : `HTTP status ${response.statusCode}`));
      response.on('error', (error) => resolve(describeSystemError(error).text));
    });
    asked.end(request);
  });
}
