import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { findSignature, PLAYER, SERVER, signAnswer, signOpening } from '../../../src/names/rtmp/digest.ts';
import { flightsOf } from '../../support/data/first-flights.ts';
import { Random } from '../../support/fuzz.ts';
import { answers, digestIn, signedOpening } from '../../support/peers/rtmp-peers.ts';

const FLASH = [32, 0, 0, 171];

suite('a signed opening', () => {
  test('is seen in both layouts, with its digest', () => {
    for (const layout of [8, 772] as const) {
      const c1 = signedOpening('player', layout, FLASH);
      const found = findSignature(c1, PLAYER);
      assert.deepEqual(found?.layout.sum, layout);
      assert.deepEqual(Buffer.from(found?.digest ?? []), digestIn(c1, layout, 'player'));
      assert.equal(findSignature(c1, SERVER), undefined, 'nor is it a server’s');
    }
  });

  test('is not seen where a byte differs', () => {
    const c1 = signedOpening('player', 8, FLASH);
    c1[1400] = (c1[1400] ?? 0) ^ 1;
    assert.equal(findSignature(c1, PLAYER), undefined);
    for (const byte of [0, 0xff]) assert.equal(findSignature(Buffer.alloc(1536, byte), PLAYER), undefined);
  });

  test('is made as others read it, wherever its place falls', () => {
    for (let seed = 0; seed < 50; seed++) {
      for (const layout of [8, 772] as const) {
        const s1 = new Random(seed).bytes(1536);
        signOpening(s1, { sum: layout, base: layout + 4 }, SERVER);
        assert.ok(digestIn(s1, layout, 'server'));
      }
    }
  });

  test('of real clients: ffmpeg and nginx’s push always, librtmp only when it proves a player, OBS never', () => {
    const found = flightsOf('rtmp').filter(({ file }) => file.startsWith('rtmp-'));
    const signers = found.filter(({ bytes }) => findSignature(bytes.subarray(1, 1537), PLAYER) !== undefined).map(({ file }) => file);
    assert.deepEqual(signers.sort(), [
      'rtmp-ffmpeg-address.bin',
      'rtmp-ffmpeg-play.bin',
      'rtmp-ffmpeg-publish.bin',
      'rtmp-librtmp-player-hash.bin',
      'rtmp-nginx-push.bin',
    ]);
  });
});

test('a signed answer is the one its reader expects', () => {
  const digest = new Random(5).bytes(32);
  const answer = new Random(6).bytes(1536);
  signAnswer(answer, digest, SERVER);
  assert.ok(answers(answer, digest, 'server'));
  assert.equal(answers(answer, new Random(7).bytes(32), 'server'), false);
  assert.equal(answers(answer, digest, 'player'), false);
});
