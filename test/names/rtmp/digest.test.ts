import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { isSigned } from '../../../src/names/rtmp/digest.ts';
import { flightsOf } from '../../support/first-flights.ts';
import { Random } from '../../support/fuzz.ts';

/** A C1 signed as the players do it, with the digest where the four bytes at `sum` say. */
function signed(sum: number, base: number): Buffer {
  const c1 = new Random(3).bytes(1536);
  const place = c1.subarray(sum, sum + 4).reduce((total, byte) => total + byte, 0);
  const start = (place % 728) + base;
  const parts = [c1.subarray(0, start), c1.subarray(start + 32)];
  createHmac('sha256', 'Genuine Adobe Flash Player 001').update(Buffer.concat(parts)).digest().copy(c1, start);
  return c1;
}

describe('signed RTMP handshakes', () => {
  it('are seen in both layouts', () => {
    assert.equal(isSigned(signed(8, 12)), true);
    assert.equal(isSigned(signed(772, 776)), true);
  });

  it('are not seen where a byte differs', () => {
    const c1 = signed(8, 12);
    c1[1400] = (c1[1400] ?? 0) ^ 1;
    assert.equal(isSigned(c1), false);
    assert.equal(isSigned(Buffer.alloc(1536)), false);
    assert.equal(isSigned(Buffer.alloc(1536, 0xff)), false);
  });

  it('of real clients: ffmpeg always signs, librtmp only when it proves a player', () => {
    const found = flightsOf('rtmp').filter(({ file }) => file.startsWith('rtmp-'));
    const signers = found.filter(({ bytes }) => isSigned(bytes.subarray(1, 1537))).map(({ file }) => file);
    assert.deepEqual(signers.sort(), [
      'rtmp-ffmpeg-address.bin',
      'rtmp-ffmpeg-play.bin',
      'rtmp-ffmpeg-publish.bin',
      'rtmp-librtmp-player-hash.bin',
    ]);
  });
});
