import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerHandshake } from '../../../src/names/rtmp/handshake.ts';
import { Random } from '../../support/fuzz.ts';

const opening = Buffer.concat([Buffer.of(3), new Random(1).bytes(1536)]);

describe('the RTMP handshake', () => {
  it('towards the client is the simple one: version zero in S1, and S2 is C1', () => {
    const { bytes } = answerHandshake(Buffer.concat([opening, Buffer.from('more')]));
    assert.equal(bytes.length, 1 + 1536 + 1536);
    assert.equal(bytes[0], 3);
    assert.deepEqual(bytes.subarray(1, 9), new Uint8Array(8));
    assert.ok(new Set(bytes.subarray(9, 1537)).size > 100);
    assert.deepEqual(Buffer.from(bytes.subarray(1537)), opening.subarray(1));
  });

  it('towards the upstream is the client’s own opening, then the echo of S1', () => {
    const { exchange } = answerHandshake(opening);
    assert.deepEqual(Buffer.from(exchange.opening), opening);
    assert.equal(exchange.replyBytes, 3073);
    assert.equal(exchange.skip, 3073);
    const reply = Buffer.concat([Buffer.of(3), new Random(2).bytes(3072)]);
    assert.deepEqual(Buffer.from(exchange.next(reply) ?? []), reply.subarray(1, 1537));
    assert.equal(exchange.next(Buffer.concat([Buffer.of(6), reply.subarray(1)])), undefined);
  });

  it('keeps nothing of the buffer it was given', () => {
    const slab = Buffer.from(opening);
    const { bytes, exchange } = answerHandshake(slab);
    slab.fill(0);
    assert.deepEqual(Buffer.from(exchange.opening), opening);
    assert.deepEqual(Buffer.from(bytes.subarray(1537)), opening.subarray(1));
  });
});
