/**
 * Hostile clients of every kind, each with good traffic beside it: streams keep their rate and no packet is on its way for more than 50 ms,
 * a game of ping-pong stays within 20 ms of the quiet one (p99). The daemon has a processor of its own, everything else shares the other:
 * on a machine whose processors are all the attacker's nobody's bounds could be kept, and what is measured would be the attacker. A case that
 * breaks them is measured again where the machine breaks them alone, too: it is busy with something else.
 * With OVERCOAT_FIGURES=FILE the figures are written there as a table (docs/under-fire.md has one).
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { TestContext } from 'node:test';
import { before, suite, test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import type { GoodTraffic } from '../support/hostile/beside.ts';
import { startGoodTraffic } from '../support/hostile/beside.ts';
import type { Carried } from '../support/hostile/good-traffic.ts';
import type { KindName, Tally } from '../support/hostile/kinds.ts';
import { startHostile } from '../support/hostile/start.ts';
import { closedPort, listen } from '../support/net/tcp.ts';
import { clientSection, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { metric } from '../support/overcoat/status.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';

interface Case {
  readonly service: string;
  readonly count: number;
  /** The limit by which some must be refused, and they come from so many addresses. */
  readonly limit?: 'clientsPerAddress' | 'handshakesPerSecond';
  readonly addresses?: number;
  /** How long they are at it before it is measured; a flood that has begun is meant, not its first moment. */
  readonly beforeMs?: number;
}

const CROWD = 500;
const CASES: readonly (readonly [KindName, Case])[] = [
  ['silent from accept', { service: 'open', count: CROWD }],
  ['a byte a second of the first bytes', { service: 'names', count: CROWD }],
  ['a byte a second of STARTTLS', { service: 'mail', count: CROWD }],
  ['a byte a second of the PROXY header', { service: 'behind', count: CROWD }],
  ['a byte a second of the ClientHello', { service: 'open', count: CROWD }],
  ['a byte a second of the rest of the handshake', { service: 'open', count: CROWD }],
  ['silent from accept', { service: 'crowded', count: CROWD, limit: 'clientsPerAddress' }],
  ['connections as fast as possible', { service: 'open', count: 200 }],
  ['connections as fast as possible', { service: 'limited', count: 200, limit: 'handshakesPerSecond' }],
  ['full handshakes as fast as possible', { service: 'open', count: 200 }],
  ['full handshakes as fast as possible', { service: 'limited', count: 200, limit: 'handshakesPerSecond', addresses: 50 }],
  ['forged tickets as fast as possible', { service: 'good', count: 100 }],
  ['hellos of 64 KB in records of one byte', { service: 'open', count: 20 }],
  ['key updates', { service: 'open', count: 4 }],
  ['records of one byte', { service: 'sink', count: 4 }],
  ['renegotiations', { service: 'open', count: 50 }],
  ['renegotiations', { service: 'renegotiating', count: 50 }],
  ['connections that never read', { service: 'open', count: 100, beforeMs: 6000 }],
];

const SECONDS = 3;
/** Where the machine is to blame. */
const MOST_TRIES = 3;
const LONGEST_MS = 50;
const ECHO_MS = 20;
const DAEMON_PROCESSOR = 0;
const OTHER_PROCESSOR = 1;

const skip = requires({ root: true, commands: ['taskset', 'renice'] }) || (cpus().length < 2 && 'it needs two processors');

suite('beside hostile clients good traffic keeps its bounds', { skip }, () => {
  const t = suiteEnd();
  let daemon: Daemon;
  let good: GoodTraffic;
  let goodPort: number;
  let quiet: Carried;
  let status: number;

  before(async () => {
    good = await startGoodTraffic(t, OTHER_PROCESSOR);
    status = await closedPort();
    const mail = await listen(t, (socket) => socket.write('220 mail\r\n'));
    const sink = await listen(t, (socket) => void socket.resume());
    const service = { connect: good.backend, TIMEOUTsetup: 10 };
    const rsa = certificate('rsa');
    const key = { cert: rsa.certFile, key: rsa.keyFile };
    daemon = await startDaemon(t, {
      bare: true,
      config: [
        optionLines({
          foreground: true,
          syslog: false,
          debug: 6,
          workers: 1,
          control: false,
          status: `127.0.0.1:${status}`,
          output: '/dev/null',
        }),
        serverSection('good', service),
        serverSection('open', { ...service, ...key }),
        serverSection('limited', { ...service, ...key, clientsPerAddress: 100, handshakesPerSecond: '50,10' }),
        serverSection('crowded', { ...service, ...key, clientsPerAddress: 100 }),
        serverSection('renegotiating', { ...service, ...key, options: 'ALLOW_CLIENT_RENEGOTIATION' }),
        serverSection('mail', { ...service, connect: mail.port, protocol: 'smtp' }),
        serverSection('sink', { ...service, connect: sink.port }),
        serverSection('behind', { ...service, proxyAccept: '127.0.0.0/8' }),
        clientSection('names', {
          connect: good.backend,
          sni: 'auto',
          nameMissing: 'refuse',
          TIMEOUTsetup: 10,
          clientFirstPorts: '1-65535',
        }),
      ].join(''),
    });
    execFileSync('taskset', ['-a', '-p', '-c', String(DAEMON_PROCESSOR), String(daemon.pid)]);
    execFileSync('renice', ['-n', '-10', '-p', String(daemon.pid)]); // whatever else this machine does is not measured
    goodPort = await daemon.port('good');
    await good.through(goodPort, 1);
    quiet = await good.through(goodPort, SECONDS);
    assert.ok(quiet.longestMs < LONGEST_MS && quiet.arrived > 0.99, `this machine is too busy to measure anything: ${told(quiet)}`);
  });

  const rows: string[] = [];
  const keep = (what: string, carried: Carried, tally?: Tally, refused = 0, kb = 0): void => {
    const { longestMs, p50Ms, p99Ms, worstMs } = carried;
    const ended = tally === undefined ? '' : `${tally.begun}${tally.acts > 0 ? `, ${tally.acts} acts` : ''}`;
    const ms = [longestMs, p50Ms, p99Ms, worstMs].map((value) => value.toFixed(1)).join(' | ');
    rows.push(`| ${what} | ${ended} | ${refused} | ${ms} | ${(kb / 1024).toFixed(0)} |`);
  };
  t.after(() => {
    const path = process.env['OVERCOAT_FIGURES'];
    if (path !== undefined) writeFileSync(path, `${rows.join('\n')}\n`);
  });

  test('alone', (context) => {
    context.diagnostic(told(quiet));
    keep('nobody', quiet);
  });

  /** What good traffic misses of what it was promised; undefined: nothing. */
  const missed = (carried: Carried): string | undefined => {
    const { arrived, longestMs, p99Ms } = carried;
    const kept = arrived > 0.99 && longestMs <= LONGEST_MS && p99Ms <= quiet.p99Ms + ECHO_MS;
    return kept ? undefined : `${told(carried)}; with nobody there ${told(quiet)}`;
  };

  /** A machine that does not keep the bounds with nobody there says nothing about who was there just before. */
  const machineKeepsBounds = async (context: TestContext): Promise<boolean> => {
    const alone = await good.through(goodPort, SECONDS);
    const kept = missed(alone) === undefined;
    if (!kept) context.diagnostic(`once more: nobody was there, and ${told(alone)}`);
    return kept;
  };

  for (const [kind, wanted] of CASES) {
    const { service, count, limit, addresses = 1, beforeMs = 1500 } = wanted;
    test(`${count} ${kind}, service ${service}`, async (context) => {
      const port = await daemon.port(service);
      const from = Array.from({ length: addresses }, (_, index) => `127.0.2.${index + 1}`);
      const turnedAway = async (): Promise<number> =>
        limit === undefined ? 0 : metric(status, `overcoat_clients_turned_away_total{service="${service}",limit="${limit}"}`);
      for (let tries = 1; ; tries += 1) {
        const before = await turnedAway();
        const rssBefore = residentKb(daemon);
        const hostile = await startHostile(context, kind, { port, count, from }, OTHER_PROCESSOR);
        await new Promise((resolve) => setTimeout(resolve, beforeMs)); // nothing says that it has
        const carried = await good.through(goodPort, SECONDS);
        const rss = residentKb(daemon) - rssBefore;
        const tally = await hostile.stop();
        const refused = (await turnedAway()) - before;
        context.diagnostic(`${told(carried)}; ${JSON.stringify(tally)}, ${refused} turned away, ${rss} KB more`);
        assert.equal(refused > 0, limit !== undefined, `${refused} were turned away`);
        await eventually('they are gone', () => daemon.holdsNothing().then(() => true));
        const missing = missed(carried);
        if (missing !== undefined && tries < MOST_TRIES && !(await machineKeepsBounds(context))) continue;
        keep(`${count} ${kind}, service ${service}`, carried, tally, refused, rss);
        assert.equal(missing, undefined);
        return;
      }
    });
  }

  test('nothing is left open', () => daemon.stop());
});

function told({ arrived, longestMs, p50Ms, p99Ms, worstMs }: Carried): string {
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  return `${(100 * arrived).toFixed(1)} % arrived, at most ${ms(longestMs)} on the way, echo ${ms(p50Ms)} p50, ${ms(p99Ms)} p99, ${ms(worstMs)} at worst`;
}

function residentKb(daemon: Daemon): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1]);
}
