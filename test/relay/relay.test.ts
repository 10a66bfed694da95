/** The relay between two legs of any kind: order, back-pressure, half-close, cuts, failures and limits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelayEnd, RelayOptions } from '../../src/relay/relay.ts';
import { relay } from '../../src/relay/relay.ts';
import { PlainLeg } from '../../src/sockets/plain-leg.ts';
import type { Leg } from '../../src/sockets/push.ts';
import type { Socket } from '../../src/sockets/socket.ts';
import { eventually } from '../support/eventually.ts';
import { acceptAll, clientContext, Inbox, serverContext, socketPair, tlsPair } from '../support/legs.ts';
import type { Ending } from '../support/temp.ts';

interface Relayed {
  /** The far ends: of the plain connection and of the TLS one. */
  readonly plain: PlainLeg;
  readonly tls: Leg;
  readonly below: { readonly tls: Socket; readonly plain: Socket };
  readonly moved: { plain: number; tls: number };
  over(): Promise<RelayEnd>;
}

/** A plain far end, the relay, a far end under TLS. */
async function relayed(t: Ending, options: Partial<RelayOptions> = {}, version = 'TLSv1.3'): Promise<Relayed> {
  const both = { minVersion: version, maxVersion: version };
  const [near, far] = await socketPair(t);
  const pair = await tlsPair(
    t,
    { context: serverContext(t, both), judge: acceptAll },
    { context: clientContext(t, both), judge: acceptAll },
  );
  const [mine, theirs] = [pair.server.leg, pair.client.leg];
  const nearLeg = new PlainLeg(near);
  const plain = new PlainLeg(far);
  const moved = { plain: 0, tls: 0 };
  let end: RelayEnd | undefined;
  relay(nearLeg, mine, {
    idleMs: undefined,
    closeMs: undefined,
    strictClose: false,
    moved: (to, bytes) => {
      if (to === mine) moved.tls += bytes;
      else moved.plain += bytes;
    },
    done: (how) => {
      assert.equal(end, undefined, 'told once');
      end = how;
      for (const leg of [nearLeg, mine]) leg.end(how.kind === 'finished' || how.kind === 'close-timeout' ? 'close' : 'reset');
    },
    ...options,
  });
  t.after(() => plain.end('reset'));
  return {
    plain,
    tls: theirs,
    below: { tls: pair.sockets.client, plain: far },
    moved,
    over: () => eventually('the relay is over', () => end, { every: 5 }),
  };
}

for (const version of ['TLSv1.2', 'TLSv1.3']) {
  test(`${version}: large streams both ways at once, then both ends`, async (t) => {
    const { plain, tls, moved, over } = await relayed(t, {}, version);
    const large = Buffer.alloc(5_000_000);
    for (let index = 0; index + 4 <= large.length; index += 4) large.writeUInt32BE(index, index);
    const [atPlain, atTls] = [new Inbox(plain), new Inbox(tls)];
    plain.write(large);
    tls.write(large);
    plain.finish();
    tls.finish();
    assert.equal((await over()).kind, 'finished');
    assert.equal(await atPlain.over(), 'whole');
    assert.equal(await atTls.over(), 'whole');
    assert.ok(atPlain.bytes.equals(large));
    assert.ok(atTls.bytes.equals(large));
    assert.deepEqual(moved, { plain: large.length, tls: large.length });
  });

  test(`${version}: the end of one direction passes, the other goes on`, async (t) => {
    const { plain, tls, over } = await relayed(t, {}, version);
    const [atPlain, atTls] = [new Inbox(plain), new Inbox(tls)];
    plain.write(Buffer.from('a question'));
    plain.finish();
    assert.equal(await atTls.over(), 'whole');
    assert.equal(atTls.text, 'a question');
    tls.write(Buffer.from('the answer'));
    await atPlain.sees('the answer');
    tls.finish();
    assert.equal(await atPlain.over(), 'whole');
    assert.equal((await over()).kind, 'finished');
  });

  test(`${version}: a cut counts as an end, or with strictClose as a reset`, async (t) => {
    for (const strictClose of [false, true]) {
      const cuts: string[] = [];
      const { plain, tls, below, over } = await relayed(t, { strictClose, cutSeen: (leg) => cuts.push(leg.kind) }, version);
      const [atPlain] = [new Inbox(plain), new Inbox(tls)];
      tls.write(Buffer.from('half of'));
      below.tls.shutdownWrite();
      await atPlain.sees('half of');
      if (strictClose) {
        assert.equal((await over()).kind, 'cut');
        assert.match(await atPlain.over(), /Connection reset/);
      } else {
        assert.equal(await atPlain.over(), 'whole');
        plain.finish();
        assert.equal((await over()).kind, 'finished');
      }
      assert.deepEqual(cuts, ['tls']);
    }
  });
}

test('a reset of either end is the failure of that leg, and reaches the other as one', async (t) => {
  for (const who of ['plain', 'tls'] as const) {
    const world = await relayed(t);
    const other = new Inbox(who === 'plain' ? world.tls : world.plain);
    world[who].end('reset');
    const end = await world.over();
    assert.ok(end.kind === 'failed' && end.leg.kind === who);
    assert.match(await other.over(), /Connection reset/);
  }
});

test('a reader that stalls stops the writer, and little is kept', async (t) => {
  const { plain, tls, moved, over } = await relayed(t);
  while (plain.write(Buffer.alloc(1_000_000)));
  const before = await eventually('the relay has stopped', () => {
    const now = moved.tls;
    return new Promise<number | undefined>((resolve) => setTimeout(() => resolve(now > 0 && now === moved.tls ? now : undefined), 100));
  });
  const inbox = new Inbox(tls);
  await eventually('it goes on', () => moved.tls > before && inbox.bytes.length > before, { every: 5 });
  plain.end('reset');
  await over();
});

test('limits: idle while both directions are open, and closing once one has ended', async (t) => {
  const idle = await relayed(t, { idleMs: 200 });
  assert.equal((await idle.over()).kind, 'idle');
  const closing = await relayed(t, { idleMs: 60_000, closeMs: 200 });
  new Inbox(closing.tls);
  closing.plain.finish();
  assert.equal((await closing.over()).kind, 'close-timeout');
});
