/**
 * How one side ends is how the other side sees it end, in both modes and both TLS versions: a half-close stays a half-close, a reset
 * stays a reset, and no byte that was sent before an orderly end is lost. The TLS peer is plugged in through a cable, so that it can
 * also vanish in ways a TLS library would not.
 */
// Tests: src/connection/handle.ts, src/connection/relay/relay.ts, src/daemon/this-thread.ts
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { before, suite, test } from 'node:test';
import { collect, ending, pattern, readExactly, receiveHash, sendPattern } from '../support/net/tcp.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import type { Pair, World } from '../support/overcoat/worlds.ts';
import { openWorlds } from '../support/overcoat/worlds.ts';
import { suiteEnd } from '../support/suite-end.ts';

const MEBIBYTE = 2 ** 20;
const LARGE = 8 * MEBIBYTE;

let worlds: ReadonlyMap<string, World>;
let daemon: Daemon;

const t = suiteEnd();
before(async () => {
  ({ daemon, worlds } = await openWorlds(t));
});

for (const mode of ['client', 'server']) {
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    suite(`${mode} mode, ${version}`, () => {
      const open = (): Promise<Pair> => {
        const world = worlds.get(`${mode} mode, ${version}`);
        assert.ok(world !== undefined);
        return world.open();
      };

      test('the plain side ends its half: the TLS side sees close_notify and may still answer', async () => {
        const { plain, secure, overcoat } = await open();
        plain.end('last words');
        assert.equal((await collect(secure)).toString(), 'last words');
        assert.equal(await overcoat.ended, 'fin');
        if (version === 'TLSv1.2') assert.equal(overcoat.lastRecordType(), 21); // in 1.3 an alert looks like data
        secure.end('an answer');
        assert.equal((await collect(plain)).toString(), 'an answer');
        await endedCleanly(plain, secure);
      });

      test('the TLS side ends its half: the plain side sees the end and may still answer', async () => {
        const { plain, secure, overcoat } = await open();
        secure.end('last words');
        assert.equal((await collect(plain)).toString(), 'last words');
        plain.end('an answer');
        assert.equal((await collect(secure)).toString(), 'an answer');
        assert.equal(await overcoat.ended, 'fin');
        await endedCleanly(plain, secure);
      });

      test('the TLS side ends without close_notify: the plain side sees an end and may still answer', async () => {
        const { plain, secure, overcoat } = await open();
        secure.write('last words');
        assert.equal((await readExactly(plain, 10)).toString(), 'last words');
        overcoat.fin();
        assert.equal((await collect(plain)).length, 0);
        plain.end('an answer');
        assert.equal((await collect(secure)).toString(), 'an answer');
        assert.equal(await overcoat.ended, 'fin');
      });

      test('the plain side resets: the TLS side is reset, without close_notify', async () => {
        const { plain, secure, overcoat } = await open();
        secure.write('ready');
        await readExactly(plain, 5);
        plain.resetAndDestroy();
        assert.equal(await overcoat.ended, 'reset');
        if (version === 'TLSv1.2') assert.notEqual(overcoat.lastRecordType(), 21);
        assert.equal(await ending(secure), 'ECONNRESET');
      });

      test('the TLS side resets: the plain side is reset', async () => {
        const { plain, secure, overcoat } = await open();
        secure.write('ready');
        await readExactly(plain, 5);
        overcoat.reset();
        assert.equal(await ending(plain), 'ECONNRESET');
      });

      test('a reset after a half-close still passes, both ways', async () => {
        const first = await open();
        first.plain.end('last words');
        await collect(first.secure);
        first.overcoat.reset();
        assert.equal(await ending(first.plain), 'ECONNRESET');
        const second = await open();
        second.secure.end('last words');
        await collect(second.plain);
        second.plain.resetAndDestroy();
        assert.equal(await second.overcoat.ended, 'reset');
      });

      test('an end behind eight queued mebibytes loses none of them, both ways', async () => {
        const { plain, secure } = await open();
        await Promise.all([crossesWhole(plain, secure, 3), crossesWhole(secure, plain, 4)]);
        await endedCleanly(plain, secure);
      });

      test('a reset in the middle of eight mebibytes is never seen as an orderly end, both ways', async () => {
        for (let round = 0; round < 5; round += 1) {
          const down = await open();
          const sending = sendPattern(down.secure, LARGE).catch(() => 'cut');
          await readExactly(down.plain, 1000 + round * 7919);
          down.overcoat.reset();
          assert.equal(await ending(down.plain), 'ECONNRESET');
          down.secure.destroy();
          await sending;

          const up = await open();
          const pushing = sendPattern(up.plain, LARGE).catch(() => 'cut');
          await readExactly(up.secure, 1000 + round * 7919);
          up.plain.resetAndDestroy();
          assert.equal(await up.overcoat.ended, 'reset');
          await pushing;
        }
      });
    });
  }
}

test('nothing is left open', async () => {
  await daemon.stop();
});

/** Sends eight mebibytes and the end at once to a reader that starts late. */
async function crossesWhole(from: Socket, to: Socket, seed: number): Promise<void> {
  to.pause();
  const sent = sendPattern(from, LARGE, seed).then((sha256) => {
    from.end();
    return sha256;
  });
  await readExactly(to, pattern(seed).length);
  to.unshift(pattern(seed));
  const received = await receiveHash(to);
  assert.deepEqual(received, { bytes: LARGE, sha256: await sent });
}

async function endedCleanly(...sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) assert.equal(await ending(socket), 'closed');
}
