/** Raw requests at our own HTTP: the control socket as it is served, with an answer or an end for every one of them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWindow } from '../../../src/acme/renewal-info.ts';
import type { Served } from '../../../src/status/http/listen.ts';
import { serveUnix } from '../../../src/status/http/listen.ts';
import type { Subject } from '../../support/fuzz.ts';

/** Longer than any answer takes; an input after which nothing comes is a finding. */
const ANSWER_WITHIN_MS = 5000;

interface Serving {
  readonly path: string;
  readonly served: Served;
  readonly folder: string;
}

/** One server for all inputs, until the subject is closed. */
let serving: Promise<Serving> | undefined;

async function serve(): Promise<Serving> {
  const folder = mkdtempSync(join(tmpdir(), 'overcoat-fuzz-'));
  const path = join(folder, 'control');
  const desk = { read: async () => ({ kind: 'starting' }) as const, control: undefined };
  const options = { desk, access: { hosts: 'without-dot', token: undefined }, changes: true } as const;
  const served = await serveUnix(path, { uid: undefined, gid: undefined }, { options, early: true, replace: false });
  return { path, served, folder };
}

async function stopServing(): Promise<void> {
  const last = await serving;
  serving = undefined;
  last?.served.close();
  if (last !== undefined) rmSync(last.folder, { recursive: true, force: true });
}

/** Sends the bytes and the end, and waits until the server has closed. @returns what came */
function answerTo(path: string, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect({ path, allowHalfOpen: true });
    socket.setTimeout(ANSWER_WITHIN_MS, () => {
      socket.destroy();
      reject(new Error('the server neither answers nor closes'));
    });
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('error', () => undefined); // a reset is an end, too
    socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')));
    socket.end(bytes);
  });
}

const request = (text: string): Buffer => Buffer.from(text.replaceAll('\n', '\r\n'));

export const HTTP_SUBJECTS: readonly Subject[] = [
  {
    name: 'control-http',
    costs: 25,
    seeds: () => [
      request('GET /healthz HTTP/1.1\nHost: localhost\nConnection: close\n\n'),
      request('GET /api/v1/connections?search=a&sort=age&order=asc HTTP/1.1\nHost: localhost\nConnection: close\n\n'),
      request('POST /api/v1/reload HTTP/1.1\nHost: localhost\nContent-Length: 2\nConnection: close\n\n{}'),
      request('PUT /api/v1/log-level HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\nConnection: close\n\n2\n{}\n0\n\n'),
      request('HEAD /metrics HTTP/1.1\nHost: localhost\nAccept: application/openmetrics-text\nConnection: close\n\n'),
    ],
    run: async (bytes) => {
      serving ??= serve();
      const answer = await answerTo((await serving).path, bytes);
      assert.ok(answer === '' || answer.startsWith('HTTP/1.1 '), JSON.stringify(answer.slice(0, 200)));
      assert.ok(!answer.startsWith('HTTP/1.1 500'), 'a defect of ours');
    },
    close: stopServing,
  },
  {
    name: 'renewal-window',
    seeds: () => [Buffer.from('{"suggestedWindow":{"start":"2026-01-01T00:00:00Z","end":"2026-01-02T00:00:00Z"},"retryAfter":"21600"}')],
    run: (bytes) => {
      let answer: unknown;
      try {
        answer = JSON.parse(bytes.toString('utf8'));
      } catch {
        return;
      }
      const window = readWindow(answer, String((answer as { retryAfter?: unknown } | null)?.retryAfter), 0);
      if (window !== undefined) assert.ok(window.start <= window.end && window.askAgainAt >= 60_000 && window.askAgainAt <= 86_400_000);
    },
  },
];
