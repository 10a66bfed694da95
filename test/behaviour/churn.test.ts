/**
 * Connections with every end there is, both modes, two rounds with reloads in between: resets, ends, garbage and silence at every flight
 * of a handshake and after it, on either side, refusals both ways, targets that are not there. Afterwards the daemon has no SSL object,
 * no session but those it keeps, no context but those of its services, not one descriptor more, and the second round has cost no memory.
 * `npm test` makes 1,500 connections, a release 20,000 (OVERCOAT_TEST_CHURN).
 */
// Tests: src/openssl/library/handle.ts, src/openssl/connection/connection.ts
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { TlsLeg } from '../../src/openssl/connection/tls-leg.ts';
import type { Context } from '../../src/openssl/context/context.ts';
import { PlainLeg } from '../../src/sockets/plain-leg.ts';
import { authority } from '../support/data/certificates.ts';
import { eventually, within } from '../support/eventually.ts';
import { Random } from '../support/fuzz.ts';
import type { Change } from '../support/net/handshake-kinds.ts';
import { socketsOfPair, TEXT, Wire } from '../support/net/handshake-kinds.ts';
import { acceptAll, acceptSockets, clientContext, dialLeg, identityOf, serverContext } from '../support/net/legs.ts';
import { closedPort, echoServer } from '../support/net/tcp.ts';
import { clientSection, optionLines, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import type { Holdings } from '../support/overcoat/holdings.ts';
import { HOLDINGS_AT, holdings } from '../support/overcoat/holdings.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const CONNECTIONS = Number(process.env['OVERCOAT_TEST_CHURN'] ?? 1500);
const AT_ONCE = 50;
const RELOAD_EVERY = Math.min(500, CONNECTIONS / 6);
const MAX_GROWTH_MB = 10;
const PRELOAD = join(import.meta.dirname, '../support/overcoat/holdings.ts');
const HEAD = optionLines({ foreground: true, syslog: false, debug: 5, workers: 1, TIMEOUTbusy: 1, TIMEOUTidle: 2, TIMEOUTclose: 1 });
const SERVICES = ['wrap', 'wrap-nowhere', 'unwrap', 'mutual'] as const;

/** The flight at which something happens, and what; one that never comes leaves the connection whole. */
function sabotage(random: Random): Change {
  const [from, number] = [random.pick(['client', 'server'] as const), random.below(4)];
  const what = random.pick([
    'reset',
    'close',
    'garbage',
    'cut',
    'nothing',
    'nothing',
    random.below(8) === 0 ? 'silence' : 'reset',
  ] as const);
  return (flight, sender, at) => {
    if (sender !== from || at !== number || what === 'nothing') return flight;
    if (what === 'garbage') return random.bytes(1 + random.below(flight.length));
    return what === 'cut' ? flight.subarray(0, random.below(flight.length)) : what;
  };
}

/** Ends a TLS leg of ours in one way or another when it has heard something, or when its peer has ended. */
function talk(leg: TlsLeg, speaks: boolean, random: Random): void {
  leg.onFailed(() => undefined);
  leg.handshake((failure) => {
    if (failure !== undefined) return;
    leg.listen(() => {
      const heard = leg.take(65_536);
      if (heard !== undefined && !speaks) leg.write(heard);
      if (leg.ended || (heard !== undefined && speaks)) leg.end(random.pick(['close', 'close', 'reset']));
    });
    if (speaks) leg.write(Buffer.from(TEXT));
  });
}

/** What ends each connection there is, for a test that fails. */
const open = new Set<() => void>();

/** One that is reset before we have looked at it has had its end. */
const dial = (port: number): Promise<PlainLeg | undefined> => dialLeg(port).catch(() => undefined);

/** Between the daemon and a TLS leg of ours. @returns when the daemon's side of it is gone */
function between(outer: PlainLeg, ours: 'client' | 'server', context: Context, random: Random): Promise<void> {
  const [inner, far] = socketsOfPair();
  const leg = new TlsLeg(far, { context, judge: acceptAll });
  const [client, server] = ours === 'client' ? [new PlainLeg(inner), outer] : [outer, new PlainLeg(inner)];
  const wire = new Wire(client, server, sabotage(random));
  talk(leg, ours === 'client', random);
  return new Promise((resolve) => {
    const over = (): void => {
      open.delete(over);
      wire.end('close');
      leg.end('reset');
      resolve();
    };
    open.add(over);
    leg.onGone(over);
    outer.onGone(over);
  });
}

interface World {
  readonly daemon: Daemon;
  readonly ports: ReadonlyMap<string, number>;
  readonly reload: () => Promise<void>;
  readonly look: () => Promise<Holdings & { readonly descriptors: number }>;
}

/** The services at their usual level say where they listen; reloaded, they are silent about each of many connections. */
async function start(t: TestContext, random: Random): Promise<World> {
  const backend = await echoServer(t);
  const contexts = [identityOf('server'), identityOf('server'), identityOf('other-name')].map((identity) =>
    serverContext(t, { identities: [identity], sessions: { resume: true } }),
  );
  const upstream = acceptSockets(t, (socket) => void between(new PlainLeg(socket), 'server', random.pick(contexts), random));
  const nowhere = await closedPort();
  const configuration = (debug: number): string =>
    [
      clientSection('wrap', { connect: upstream, debug, ...verified() }),
      clientSection('wrap-nowhere', { connect: nowhere, debug }),
      serverSection('unwrap', { connect: backend.port, debug }),
      serverSection('mutual', { connect: backend.port, debug, verifyChain: true, CAfile: authority().certFile }),
    ].join('');
  const path = join(tempFolder(t), 'holdings');
  const daemon = await startDaemon(t, {
    config: HEAD + configuration(7),
    bare: true,
    nodeOptions: ['--expose-gc', '--import', PRELOAD],
    sources: true,
    env: { [HOLDINGS_AT]: path },
  });
  const ports = new Map(await Promise.all(SERVICES.map(async (name) => [name, await daemon.port(name)] as const)));
  const reload = async (): Promise<void> => {
    const from = daemon.lines.length;
    daemon.signal('SIGHUP');
    await daemon.line('Log file reopened', { from });
  };
  writeFileSync(daemon.configFile, HEAD + configuration(2));
  await reload();
  const descriptors = (): number => readdirSync(`/proc/${daemon.pid}/fd`).length;
  return { daemon, ports, reload, look: async () => ({ ...(await holdings(path)), descriptors: descriptors() }) };
}

/** A client in clear: leaves at once, after what it has said, or when it was answered. */
async function plainVisit(port: number, random: Random): Promise<void> {
  const leg = await dial(port);
  if (leg === undefined) return;
  const gone = new Promise<void>((resolve) => leg.onGone(resolve));
  const leave = (): void => leg.end(random.pick(['close', 'reset']));
  leg.onFailed(() => undefined);
  leg.write(Buffer.from(TEXT));
  if (random.below(6) === 0) leave();
  else {
    leg.listen(() => {
      if (leg.take(65_536) !== undefined || leg.ended) leave();
    });
  }
  await gone;
}

async function round(
  { ports, reload }: World,
  visits: number,
  visit: (port: number, service: string) => Promise<void>,
  random: Random,
): Promise<void> {
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < visits) {
      begun += 1;
      if (begun % RELOAD_EVERY === 0) await reload();
      const service = random.pick([...SERVICES, 'wrap', 'unwrap']);
      await within(`a connection with ${service} ends`, visit(ports.get(service) ?? assert.fail(service), service));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

test('churn with all endings, two rounds', { skip: requires({ linux: true }) }, async (t) => {
  const random = new Random(1406);
  const world = await start(t, random);
  const clients = [clientContext(t, { identities: [identityOf('client')] }), clientContext(t), clientContext(t, { maxVersion: 'TLSv1.2' })];
  const visit = async (port: number, service: string): Promise<void> => {
    if (service.startsWith('wrap')) await plainVisit(port, random);
    else {
      const leg = await dial(port);
      if (leg !== undefined) await between(leg, 'client', random.pick(clients), random);
    }
  };
  t.after(() => {
    for (const end of open) end();
  });
  const idle = await world.look();
  const after: Awaited<ReturnType<World['look']>>[] = [];
  for (let count = 0; count < 2; count += 1) {
    await round(world, CONNECTIONS / 2, visit, random);
    const held = await eventually('every connection is given back', async () => {
      const now = await world.look();
      assert.equal(now.connections, 0);
      assert.equal(now.descriptors, idle.descriptors);
      assert.ok(now.contexts <= idle.contexts, `${now.contexts} contexts, ${idle.contexts} when idle`);
      return now;
    });
    after.push(held);
    t.diagnostic(`round ${count + 1}: ${JSON.stringify(held)}`);
  }
  const [first, second] = after.map(({ residentMb }) => residentMb) as [number, number];
  assert.ok(second - first <= MAX_GROWTH_MB, `the second round has cost ${Math.round(second - first)} MB`);
  assert.equal(
    world.daemon.lines.some((line) => line.includes('Failed to reload')),
    false,
  );
  await world.daemon.stop();
});
