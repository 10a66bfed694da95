import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { decode, encode } from 'dns-packet';
import { ask } from '../../../src/names/dns/ask.ts';
import type { Resolver } from '../../../src/names/dns/resolvers.ts';
import { startDnsServer } from '../../support/peers/dns-server.ts';

const query = encode({ type: 'query', id: 77, flags: 256, questions: [{ type: 'A', name: 'www.example.org' }] });
const A = { type: 'A', name: 'www.example.org', data: '192.0.2.1', ttl: 60 } as const;

function addressOf(answer: Buffer | undefined): unknown {
  assert.ok(answer !== undefined);
  const packet = decode(answer);
  assert.equal(packet.id, 77);
  const [first] = packet.answers ?? [];
  return first !== undefined && 'data' in first ? first.data : undefined;
}

/** A UDP port that nobody answers on, and that is not closed either. */
async function silent(t: { after(end: () => void): void }): Promise<Resolver> {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  return { address: '127.0.0.1', port: socket.address().port };
}

suite('asking the resolvers', () => {
  for (const transport of ['udp', 'tcp'] as const) {
    test(`over ${transport}: under another id, answered under the query's own`, async (t) => {
      const server = await startDnsServer(() => ({ answers: [A] }));
      t.after(() => server.close());
      assert.equal(addressOf(await ask(query, transport, [server])), '192.0.2.1');
      assert.deepEqual(server.asked, ['A www.example.org']);
    });

    test(`over ${transport}: a closed port makes it the next one's turn at once`, async (t) => {
      const server = await startDnsServer(() => ({ answers: [A] }));
      t.after(() => server.close());
      const gone = await startDnsServer(() => undefined);
      await gone.close();
      assert.equal(addressOf(await ask(query, transport, [gone, server], { staggerMs: 60_000, limitMs: 60_000 })), '192.0.2.1');
    });
  }

  test('a silent one is not waited for alone, and may still be the first', async (t) => {
    const server = await startDnsServer(() => ({ answers: [A] }));
    t.after(() => server.close());
    const dumb = await silent(t);
    assert.equal(addressOf(await ask(query, 'udp', [dumb, server], { staggerMs: 50, limitMs: 60_000 })), '192.0.2.1');
  });

  test('ends with nothing when nobody answers, at the limit, at once without resolvers, and when told to stop', async (t) => {
    const dumb = await silent(t);
    assert.equal(await ask(query, 'udp', [dumb], { staggerMs: 20, limitMs: 100 }), undefined);
    assert.equal(await ask(query, 'udp', []), undefined);
    const stop = new AbortController();
    const asked = ask(query, 'udp', [dumb], { staggerMs: 60_000, limitMs: 60_000, signal: stop.signal });
    stop.abort();
    assert.equal(await asked, undefined);
  });

  test('an answer with another id or to another question is not taken', async (t) => {
    const forged = encode({ type: 'response', id: 1, questions: [{ type: 'A', name: 'www.example.org' }], answers: [A] });
    const server = await startDnsServer(() => forged);
    t.after(() => server.close());
    // one of 65,536 ids is the right one; a second question would have another
    const [one, two] = await Promise.all([ask(query, 'udp', [server], { limitMs: 150 }), ask(query, 'udp', [server], { limitMs: 150 })]);
    assert.ok(one === undefined || two === undefined);
  });
});
