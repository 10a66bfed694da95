/**
 * What floods cost in processor time, and what becomes of clients that come three times as fast as they can be served. Time is that which the
 * kernel has counted for the daemon, over all that were answered: a machine that is busy with something else changes little of it.
 * docs/under-fire.md has the figures.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { loadavg } from 'node:os';
import type { TestContext } from 'node:test';
import { before, suite, test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import type { KindName } from '../support/hostile/kinds.ts';
import { startHostile } from '../support/hostile/start.ts';
import { listen } from '../support/net/tcp.ts';
import { optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { MESSAGE, RECORD } from '../support/raw-tls/client.ts';
import { bodyOf, goodHello, message, record } from '../support/raw-tls/hello.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';

const ROUNDS = 3;
const MS = 5000;
const TICK_MS = 10;
/** Far more than any of it takes: what is found out is a mistake by a factor. */
const COSTS: readonly (readonly [KindName, service: string, count: number, mostMs: number])[] = [
  ['hellos of 64 KB in records of one byte', 'ecdsa', 1, 100],
  ['full handshakes as fast as possible', 'rsa', 50, 5],
  ['full handshakes as fast as possible', 'ecdsa', 50, 3],
  ['connections as fast as possible', 'ecdsa', 200, 2],
];
const TIMES = 3;

suite('floods', { skip: requires({ linux: true }) }, () => {
  const t = suiteEnd();
  let daemon: Daemon;

  before(async () => {
    const sink = await listen(t, (socket) => void socket.resume());
    const rsa = certificate('rsa');
    const service = { connect: sink.port, TIMEOUTsetup: 120 };
    daemon = await startDaemon(t, {
      bare: true,
      config: [
        optionLines({ foreground: true, syslog: false, debug: 6, workers: 1, control: false, output: '/dev/null' }),
        serverSection('ecdsa', service),
        serverSection('rsa', { ...service, cert: rsa.certFile, key: rsa.keyFile }),
      ].join(''),
    });
  });

  for (const [kind, service, count, mostMs] of COSTS)
    test(`${kind}, ${service}`, async (context) => {
      const costs: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) costs.push(await costOf(context, daemon, kind, service, count));
      costs.sort((one, other) => one - other);
      const [least = 0, most = 0] = [costs[0], costs.at(-1)];
      context.diagnostic(`${least.toFixed(2)} to ${most.toFixed(2)} ms each; ${about()}`);
      assert.ok(most < mostMs, `${most} ms`);
    });

  test(`${TIMES} times as many as can be served: we refuse nobody, and all are served in the end`, async (context) => {
    const port = await daemon.port('rsa');
    const most = await come(port, { atOnce: 50 });
    const rate = Math.round((1000 * most.served.length) / MS);
    const before = agedCookies();
    const { served, connected, failed } = await come(port, { perSecond: TIMES * rate });
    const aged = agedCookies() - before;
    const at = (part: number): string => ((served[Math.ceil(part * served.length) - 1] ?? Number.NaN) / 1000).toFixed(1);
    context.diagnostic(
      `${rate} a second served; ${served.length} came in ${MS / 1000} s, ${connected} of them connected by then, served after ${at(0.5)} s (half), ${at(0.99)} s (99 %), ${at(1)} s (all), ${aged} reset by the kernel; ${about()}`,
    );
    assert.ok(failed.length <= aged, `${failed.length} of them failed: ${[...new Set(failed)]}`);
  });

  test('nothing is left open', () => daemon.stop());
});

/** @returns milliseconds of processor for each that was answered, or has ended */
async function costOf(context: TestContext, daemon: Daemon, kind: KindName, service: string, count: number): Promise<number> {
  const before = processorMs(daemon.pid);
  const hostile = await startHostile(context, kind, { port: await daemon.port(service), count });
  await delay(MS);
  const { answered, refused } = await hostile.stop();
  await eventually('they are gone', () => daemon.holdsNothing().then(() => true));
  return (processorMs(daemon.pid) - before) / (answered + refused);
}

interface Came {
  /** Milliseconds from the connect to the first byte of an answer, in their order. */
  readonly served: readonly number[];
  /** By the time the last one came. */
  readonly connected: number;
  readonly failed: readonly string[];
}

/** Clients that say hello and leave with the first byte of the answer: so many at a time, or so many a second, whatever becomes of them. */
async function come(port: number, { atOnce, perSecond = 0 }: { readonly atOnce?: number; readonly perSecond?: number }): Promise<Came> {
  const hello = record(RECORD.handshake, message(MESSAGE.clientHello, bodyOf(goodHello('TLSv1.3', randomBytes(32)))));
  const served: number[] = [];
  const failed: string[] = [];
  let [begun, connected] = [0, 0];
  const startedAt = performance.now();
  const isOver = (): boolean => performance.now() - startedAt >= MS;
  const one = (): void => {
    begun += 1;
    const at = performance.now();
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => {
      connected += 1;
      socket.write(hello);
    });
    socket.once('data', () => {
      served.push(performance.now() - at);
      socket.resetAndDestroy();
      if (atOnce !== undefined && !isOver()) one();
    });
    socket.on('error', ({ message: text }) => failed.push(text));
  };
  for (let each = 0; each < (atOnce ?? 0); each += 1) one();
  while (!isOver()) {
    for (const due = ((performance.now() - startedAt) / 1000) * perSecond; begun < due; ) one();
    await delay(2);
  }
  const connectedInTime = connected;
  await eventually('all are served, or have failed', () => served.length + failed.length === begun);
  return { served: served.sort((first, second) => first - second), connected: connectedInTime, failed };
}

/** Clients whose cookie (tcp_syncookies) was too old when their place in the queue was free: the kernel answers them with a reset. */
function agedCookies(): number {
  const [names = '', values = ''] = readFileSync('/proc/net/netstat', 'latin1')
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'));
  return Number(values.split(' ')[names.split(' ').indexOf('SyncookiesFailed')]);
}

/** That a process has used so far. */
function processorMs(pid: number): number {
  const [user, system] = (readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1] ?? '').split(' ').slice(11, 13);
  return TICK_MS * (Number(user) + Number(system));
}

/** So long they are at it: what is measured is a rate. */
function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function about(): string {
  return `load of the machine ${(loadavg()[0] ?? 0).toFixed(0)}`;
}
