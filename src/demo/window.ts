/**
 * Where the kept demonstration is looked at: the page of the daemon, led here from its control socket, and the faults that the page has
 * buttons for. On loopback, and guarded as the status port is.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import { pipeline } from 'node:stream';
import type { Access } from '../status/http/guard.ts';
import { refusalOf } from '../status/http/guard.ts';
import { portOf } from './tap.ts';

/** One thing that can be broken and mended. */
export interface Fault {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  /** Breaks it, or mends it where it is broken. */
  turn(): Promise<void>;
  /** It is broken now. */
  readonly on: boolean;
  /** What the log said of it last; '' before. */
  readonly line: string;
}

export interface Window {
  readonly url: string;
  close(): void;
}

const ABOUT = '/page/about';
const FAULTS = '/page/faults/';
const LOCAL: Access = { hosts: [], token: undefined };

/** @param control the control socket of the daemon */
export async function openWindow(control: string, faults: readonly Fault[]): Promise<Window> {
  const server = createServer((asked, answer) => {
    asked.on('error', () => undefined);
    answer.on('error', () => undefined);
    const refusal = refusalOf(asked.url ?? '/', (name) => asked.headers[name]?.toString(), LOCAL, true);
    const path = asked.url ?? '/';
    if (refusal !== undefined) say(answer, refusal.status, { error: refusal.text });
    else if (asked.method === 'GET' && path === ABOUT) say(answer, 200, { changes: true, faults: faults.map(shown) });
    else if (asked.method === 'POST' && path.startsWith(FAULTS)) void turn(faults, path.slice(FAULTS.length), answer);
    else lead(asked, answer, control);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(server)}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function shown({ name, title, about, on, line }: Fault): object {
  return { name, title, about, on, line };
}

async function turn(faults: readonly Fault[], name: string, answer: ServerResponse): Promise<void> {
  const fault = faults.find((each) => each.name === name);
  if (fault === undefined) return say(answer, 404, { error: 'there is no such fault' });
  try {
    await fault.turn();
    say(answer, 200, { done: true });
  } catch (cause) {
    say(answer, 500, { error: (cause as Error).message });
  }
}

function lead(asked: IncomingMessage, answer: ServerResponse, socketPath: string): void {
  const { method, url, headers } = asked;
  const led = request({ socketPath, method, path: url, headers }, (said) => {
    answer.writeHead(said.statusCode ?? 502, said.headers);
    pipeline(said, answer, () => undefined);
  });
  led.once('error', () => (answer.headersSent ? answer.destroy() : say(answer, 502, { error: 'the demonstration does not answer' })));
  pipeline(asked, led, () => undefined);
}

function say(answer: ServerResponse, code: number, body: object): void {
  answer.writeHead(code, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(JSON.stringify(body));
}
