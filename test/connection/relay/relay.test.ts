/** The relay between two legs of any kind: order, back-pressure, fairness, half-close, cuts, failures and limits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceConfig } from '../../../src/config/config.ts';
import { FILE_SERVICE } from '../../../src/config/defaults.ts';
import { Life } from '../../../src/connection/life/life.ts';
import { relay } from '../../../src/connection/relay/relay.ts';
import type { CloseReason, OvercoatEvent } from '../../../src/observe/events.ts';
import type { DescriptorLeg } from '../../../src/sockets/descriptor-leg.ts';
import { PlainLeg } from '../../../src/sockets/plain-leg.ts';
import type { Socket } from '../../../src/sockets/socket.ts';
import { eventually } from '../../support/eventually.ts';
import { acceptAll, clientContext, Inbox, plainPair, serverContext, socketPair, tlsPair } from '../../support/net/legs.ts';
import type { Ending } from '../../support/temp.ts';

const MEGABYTE = 1024 * 1024;

interface Choice {
  readonly idleMs?: number;
  readonly closeMs?: number;
  readonly strictClose?: boolean;
}

interface Relayed {
  readonly life: Life;
  readonly events: OvercoatEvent[];
  over(): Promise<CloseReason>;
}

/** The relay of one connection in server mode. */
function relayed(
  client: DescriptorLeg,
  upstream: DescriptorLeg,
  { idleMs = 60_000, closeMs = 60_000, strictClose = false }: Choice,
): Relayed {
  const events: OvercoatEvent[] = [];
  const config: ServiceConfig = { ...FILE_SERVICE, mode: 'server', strictClose, limits: { ...FILE_SERVICE.limits, idleMs, closeMs } };
  const life = new Life({ connection: 0, id: '0' }, config, (event) => events.push(event));
  life.own('client', client);
  life.own('upstream', upstream);
  let end: CloseReason | undefined;
  void relay({ client, upstream }, life).then((reason) => {
    end = life.close(reason);
  });
  return { life, events, over: () => eventually('the relay is over', () => end, { every: 5 }) };
}

interface World extends Relayed {
  /** The far ends: of the plain connection and of the TLS one. */
  readonly plain: PlainLeg;
  readonly tls: DescriptorLeg;
  readonly below: { readonly tls: Socket };
}

/** A plain far end, the relay, a far end under TLS. */
async function world(t: Ending, choice: Choice = {}, version = 'TLSv1.3'): Promise<World> {
  const both = { minVersion: version, maxVersion: version };
  const [near, far] = await socketPair(t);
  const server = { context: serverContext(t, both), judge: acceptAll };
  const pair = await tlsPair(t, server, { context: clientContext(t, both), judge: acceptAll });
  const plain = new PlainLeg(far);
  t.after(() => plain.end('reset'));
  return { ...relayed(pair.server.leg, new PlainLeg(near), choice), plain, tls: pair.client.leg, below: { tls: pair.sockets.client } };
}

for (const version of ['TLSv1.2', 'TLSv1.3']) {
  test(`${version}: large streams both ways at once, then both ends`, async (t) => {
    const { plain, tls, life, over } = await world(t, {}, version);
    const large = Buffer.alloc(5_000_000);
    for (let index = 0; index + 4 <= large.length; index += 4) large.writeUInt32BE(index, index);
    const [atPlain, atTls] = [new Inbox(plain), new Inbox(tls)];
    plain.write(large);
    tls.write(large);
    plain.finish();
    tls.finish();
    assert.deepEqual(await over(), { kind: 'finished' });
    assert.equal(await atPlain.over(), 'whole');
    assert.equal(await atTls.over(), 'whole');
    assert.ok(atPlain.bytes.equals(large));
    assert.ok(atTls.bytes.equals(large));
    assert.deepEqual(life.counters, { toPlain: large.length, toTls: large.length });
  });

  test(`${version}: the end of one direction passes, the other goes on`, async (t) => {
    const { plain, tls, over } = await world(t, {}, version);
    const [atPlain, atTls] = [new Inbox(plain), new Inbox(tls)];
    plain.write(Buffer.from('a question'));
    plain.finish();
    assert.equal(await atTls.over(), 'whole');
    assert.equal(atTls.text, 'a question');
    tls.write(Buffer.from('the answer'));
    await atPlain.sees('the answer');
    tls.finish();
    assert.equal(await atPlain.over(), 'whole');
    assert.deepEqual(await over(), { kind: 'finished' });
  });

  test(`${version}: a cut counts as an end, or with strictClose as a reset; the log has it`, async (t) => {
    for (const strictClose of [false, true]) {
      const { plain, tls, below, events, over } = await world(t, { strictClose }, version);
      const [atPlain] = [new Inbox(plain), new Inbox(tls)];
      tls.write(Buffer.from('half of'));
      below.tls.shutdownWrite();
      await atPlain.sees('half of');
      if (strictClose) {
        assert.deepEqual(await over(), { kind: 'client-reset' });
        assert.match(await atPlain.over(), /Connection reset/);
      } else {
        assert.equal(await atPlain.over(), 'whole');
        plain.finish();
        assert.deepEqual(await over(), { kind: 'finished' });
      }
      const cuts = events.filter(({ kind }) => kind === 'tls-cut-off');
      assert.deepEqual(cuts, [{ kind: 'tls-cut-off', by: 'client', taken: strictClose ? 'for a failure' : 'for its end' }]);
    }
  });
}

test('a reset of either end is the failure of that leg, and reaches the other as one', async (t) => {
  for (const who of ['plain', 'tls'] as const) {
    const ends = await world(t);
    const other = new Inbox(who === 'plain' ? ends.tls : ends.plain);
    ends[who].end('reset');
    assert.deepEqual(await ends.over(), { kind: who === 'plain' ? 'upstream-reset' : 'client-reset' });
    assert.match(await other.over(), /Connection reset/);
  }
});

test('a reader that stalls stops the writer, and goes on where it stopped', async (t) => {
  const { plain, tls, life, over } = await world(t);
  plain.write(Buffer.alloc(64 * MEGABYTE));
  const moved = (): number => life.counters.toTls;
  const before = await eventually('the relay has stopped', async () => {
    const now = moved();
    await new Promise((resolve) => setTimeout(resolve, 100));
    return now > 0 && now === moved() ? now : undefined;
  });
  assert.ok(before < 64 * MEGABYTE);
  const inbox = new Inbox(tls);
  await eventually('it goes on', () => moved() > before && inbox.bytes.length > before, { every: 5 });
  plain.end('reset');
  await over();
});

test('what a leg kept from before the relay goes first, in both directions, and its end behind it', async (t) => {
  const [client, clientFar] = await plainPair(t);
  const [upstream, upstreamFar] = await plainPair(t);
  client.giveBack(Buffer.from('read before, '));
  clientFar.finish(Buffer.from('read now'));
  const early = Buffer.alloc(8 * MEGABYTE, 'e');
  upstream.write(early); // more than the kernel takes
  await eventually('the end is there', () => client.arrived > 0);
  const { life, over } = relayed(client, upstream, {});
  const inbox = new Inbox(upstreamFar);
  assert.equal(await inbox.over(), 'whole');
  assert.ok(inbox.bytes.subarray(0, early.length).equals(early));
  assert.equal(inbox.bytes.subarray(early.length).toString(), 'read before, read now');
  assert.equal(life.counters.toPlain, 'read before, read now'.length, 'what was written before is not of the relay');
  upstreamFar.finish();
  assert.deepEqual(await over(), { kind: 'finished' });
  assert.equal(await new Inbox(clientFar).over(), 'whole');
});

test('a relay that never ends reading leaves the others their turn', async (t) => {
  const [bulkClient, bulkIn] = await plainPair(t);
  const [bulkUpstream, bulkOut] = await plainPair(t);
  const [client, ping] = await plainPair(t);
  const [upstream, pong] = await plainPair(t);
  const bulk = relayed(bulkClient, bulkUpstream, {});
  relayed(client, upstream, {});
  const block = Buffer.alloc(MEGABYTE);
  const refill = (): void => bulkIn.write(block, (error) => (error ? undefined : refill()));
  refill();
  const drop = (): void => {
    while (bulkOut.take(65_536) !== undefined) break;
  };
  bulkOut.listen(drop);
  let turns = 0;
  pong.listen(() => pong.write(pong.take(65_536) ?? Buffer.alloc(0)));
  ping.listen(() => {
    if (ping.take(65_536) === undefined) return;
    turns += 1;
    ping.write(Buffer.from('.'));
  });
  ping.write(Buffer.from('.'));
  const carried = (): number => bulk.life.counters.toTls + bulk.life.counters.toPlain;
  await eventually('the game goes on beside the transfer', () => turns > 200 && carried() > 10 * MEGABYTE);
  assert.ok(carried() / turns < 8 * MEGABYTE, `${carried()} bytes in ${turns} turns`);
});

test('limits: idle while both directions are open, and closing once one has ended', async (t) => {
  const idle = await world(t, { idleMs: 200 });
  assert.deepEqual(await idle.over(), { kind: 'idle' });
  const closing = await world(t, { closeMs: 200 });
  new Inbox(closing.tls);
  closing.plain.finish();
  assert.deepEqual(await closing.over(), { kind: 'close-timeout' });
});
