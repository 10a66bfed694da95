import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { answerHandshake } from '../../../src/names/rtmp/handshake.ts';
import { Random } from '../../support/fuzz.ts';
import { answers, digestIn, signedOpening } from '../../support/peers/rtmp-peers.ts';

const opening = Buffer.concat([Buffer.of(3), new Random(1).bytes(1536)]);

suite('the RTMP handshake', () => {
  test('towards the client is the simple one: version zero in S1, and S2 is C1', () => {
    const { bytes } = answerHandshake(Buffer.concat([opening, Buffer.from('more')]));
    assert.equal(bytes.length, 1 + 1536 + 1536);
    assert.equal(bytes[0], 3);
    assert.deepEqual(bytes.subarray(1, 9), new Uint8Array(8));
    assert.ok(new Set(bytes.subarray(9, 1537)).size > 100);
    assert.deepEqual(Buffer.from(bytes.subarray(1537)), opening.subarray(1));
  });

  test('towards the upstream is the client’s own opening, then the echo of S1', () => {
    const { exchange } = answerHandshake(opening);
    assert.deepEqual(Buffer.from(exchange.opening), opening);
    assert.equal(exchange.replyBytes, 3073);
    assert.equal(exchange.skip, 3073);
    const reply = Buffer.concat([Buffer.of(3), new Random(2).bytes(3072)]);
    assert.deepEqual(Buffer.from(exchange.next(reply) ?? []), reply.subarray(1, 1537));
    assert.equal(exchange.next(Buffer.concat([Buffer.of(6), reply.subarray(1)])), undefined);
  });

  for (const layout of [8, 772] as const) {
    test(`of a client that signs at byte ${layout}: both of our halves are signed, and a server gets a signed end`, () => {
      const c1 = signedOpening('player', layout, [32, 0, 0, 171]);
      const { bytes, exchange } = answerHandshake(Buffer.concat([Buffer.of(3), c1]));
      const [s1, s2] = [Buffer.from(bytes.subarray(1, 1537)), Buffer.from(bytes.subarray(1537))];
      assert.deepEqual([bytes[0], bytes.length], [3, 3073]);
      assert.ok(s1.readUInt8(4) >= 3, 'players look for a digest from version 3 on');
      assert.ok(digestIn(s1, layout, 'server'));
      assert.ok(answers(s2, digestIn(c1, layout, 'player') as Buffer, 'server'));

      const theirs = signedOpening('server', layout === 8 ? 772 : 8, [5, 0, 17, 1], 9);
      const c2 = Buffer.from(exchange.next(Buffer.concat([Buffer.of(3), theirs, Buffer.alloc(1536)])) ?? []);
      assert.ok(answers(c2, digestIn(theirs, layout === 8 ? 772 : 8, 'server') as Buffer, 'player'));
      const unsigned = new Random(4).bytes(1536);
      const echo = exchange.next(Buffer.concat([Buffer.of(3), unsigned, Buffer.alloc(1536)]));
      assert.deepEqual(Buffer.from(echo ?? []), unsigned, 'a server that does not sign gets its S1 back');
    });
  }

  test('of a client that does not sign is the echo, whatever the server signs', () => {
    const theirs = signedOpening('server', 8, [5, 0, 17, 1], 9);
    const { exchange } = answerHandshake(opening);
    assert.deepEqual(Buffer.from(exchange.next(Buffer.concat([Buffer.of(3), theirs, Buffer.alloc(1536)])) ?? []), theirs);
  });

  test('keeps nothing of the buffer it was given', () => {
    const slab = Buffer.from(opening);
    const { bytes, exchange } = answerHandshake(slab);
    slab.fill(0);
    assert.deepEqual(Buffer.from(exchange.opening), opening);
    assert.deepEqual(Buffer.from(bytes.subarray(1537)), opening.subarray(1));
  });
});
