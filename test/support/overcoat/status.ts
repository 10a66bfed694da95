/** Asks a running process over its control socket or its status port. */
import assert from 'node:assert/strict';
import type { OutgoingHttpHeaders } from 'node:http';
import { request } from 'node:http';

export interface Reply {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

/** @param where the path of a socket, or a port of this machine */
export function ask(where: string | number, path: string, { method = 'GET', headers = {}, body }: Asking = {}): Promise<Reply> {
  const place = typeof where === 'string' ? { socketPath: where } : { host: '127.0.0.1', port: where };
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asked = request({ ...place, path, method, headers: { ...length, ...headers }, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.once('end', () => resolve({ code: answer.statusCode ?? 0, headers: answer.headers, body: text }));
      answer.once('error', reject);
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

/** What the API answers, which must be 200. */
export async function askJson<Shape>(where: string | number, path: string, asking?: Asking): Promise<Shape> {
  const { code, body } = await ask(where, path, asking);
  assert.equal(code, 200, `${path}: ${body}`);
  return JSON.parse(body) as Shape;
}

/** The value of one series of `/metrics`; 0 where it is not there yet. */
export async function metric(where: string | number, series: string): Promise<number> {
  const { body } = await ask(where, '/metrics');
  const line = body.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

/** What the list of problems says. */
export interface ToldProblem {
  readonly code: string;
  readonly service: string;
  readonly text: string;
  readonly remedy: string;
}

/** Newest first. */
export async function problemsOf(where: string | number): Promise<readonly ToldProblem[]> {
  return (await askJson<{ readonly problems: readonly ToldProblem[] }>(where, '/api/v1/problems')).problems;
}
