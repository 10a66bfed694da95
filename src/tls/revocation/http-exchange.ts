/** One question over HTTP and its answer, bounded in bytes and time. */
import { describeSystemError } from '../../text/system-error.ts';

export interface HttpQuestion {
  /** What is sent (POST) and what it is; undefined: nothing (GET). */
  readonly body: { readonly bytes: Buffer; readonly type: string } | undefined;
  /** A longer answer is none. */
  readonly mostBytes: number;
  /** For all of it. */
  readonly timeoutMs: number;
  /** The option behind that limit, for the message. */
  readonly limit: string;
}

/** @returns the body of the answer, or why there is none. Never rejects; leaves nothing open. */
export async function askOverHttp(url: string, { body, mostBytes, timeoutMs, limit }: HttpQuestion): Promise<Buffer | string> {
  const http = await import('node:http');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const asked = http.request(url, {
      method: body === undefined ? 'GET' : 'POST',
      agent: false,
      headers: body === undefined ? {} : { 'content-type': body.type, 'content-length': body.bytes.length },
      signal: AbortSignal.timeout(Math.max(timeoutMs, 1)),
    });
    asked.on('error', (error) =>
      resolve(error.name === 'TimeoutError' || error.name === 'AbortError' ? `${limit} exceeded` : describeSystemError(error).text),
    );
    asked.on('response', (response) => {
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > mostBytes) asked.destroy(new Error('the response is too long'));
        else chunks.push(chunk);
      });
      response.on('end', () => resolve(response.statusCode === 200 ? Buffer.concat(chunks) : `HTTP status ${response.statusCode}`));
      response.on('error', (error) => resolve(describeSystemError(error).text));
    });
    asked.end(body?.bytes);
  });
}
