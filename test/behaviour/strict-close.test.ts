/**
 * `strictClose = yes`: a TLS stream that is cut off without close_notify, between two records or in the middle of one, reaches the
 * plain side as a reset, and a plain-side reset reaches the TLS peer as one. The matrix of ends is run with and without it: six ends,
 * both modes, both TLS versions. Without it the four cuts pass as ends, as with stunnel, and leave a line in the log; all else is right.
 */
// Tests: src/tls/engine/engine-leg.ts
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { collect, ending, readExactly, receiveHash, sendPattern } from '../support/net/tcp.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import type { Pair, World } from '../support/overcoat/worlds.ts';
import { openWorlds, WORLD_NAMES } from '../support/overcoat/worlds.ts';
import { suiteEnd } from '../support/suite-end.ts';

/** How a stream may end, and whether the other side saw what happened. */
const ENDS: Readonly<Record<string, (pair: Pair) => Promise<boolean>>> = {
  'the plain side ends its half, the answer follows': async ({ plain, secure, overcoat }) => {
    plain.end('a question');
    const asked = (await collect(secure)).toString();
    secure.end('an answer');
    const answered = (await collect(plain)).toString();
    return asked === 'a question' && answered === 'an answer' && (await overcoat.ended) === 'fin';
  },
  'the TLS side ends its half with close_notify, the answer follows': async ({ plain, secure, overcoat }) => {
    secure.end('a question');
    const asked = (await collect(plain)).toString();
    plain.end('an answer');
    const answered = (await collect(secure)).toString();
    return asked === 'a question' && answered === 'an answer' && (await overcoat.ended) === 'fin';
  },
  'both sides end': async ({ plain, secure, overcoat }) => {
    plain.end('from the plain side');
    secure.end('from the TLS side');
    const [out, back] = await Promise.all([collect(secure), collect(plain)]);
    return `${out} ${back}` === 'from the plain side from the TLS side' && (await overcoat.ended) === 'fin';
  },
  'the plain side resets': async ({ plain, secure, overcoat }) => {
    secure.write('ready');
    await readExactly(plain, 5);
    plain.resetAndDestroy();
    return (await overcoat.ended) === 'reset' && (await ending(secure)) === 'ECONNRESET';
  },
  'the TLS side resets': async ({ plain, secure, overcoat }) => {
    secure.write('ready');
    await readExactly(plain, 5);
    overcoat.reset();
    return (await ending(plain)) === 'ECONNRESET';
  },
  'the TLS side is cut off': async ({ plain, secure, overcoat }) => {
    secure.write('ready');
    await readExactly(plain, 5);
    overcoat.fin();
    return (await ending(plain)) === 'ECONNRESET';
  },
};

for (const [strict, least] of [
  ['yes', 24],
  ['no', 20],
] as const) {
  suite(`strictClose = ${strict}`, () => {
    const t = suiteEnd();
    let daemon: Daemon;
    let worlds: ReadonlyMap<string, World>;
    let rows = 0;
    let right = 0;

    before(async () => {
      ({ daemon, worlds } = await openWorlds(t, { strictClose: strict }));
    });

    for (const name of WORLD_NAMES) {
      const open = async (): Promise<Pair> => {
        const world = worlds.get(name);
        assert.ok(world !== undefined);
        return world.open();
      };

      test(`${name}: the matrix`, async (t) => {
        for (const [end, seen] of Object.entries(ENDS)) {
          const correct = await seen(await open());
          rows += 1;
          if (correct) right += 1;
          else t.diagnostic(`not seen as it was: ${end}`);
        }
      });

      if (strict === 'no') continue;

      test(`${name}: cut off in the middle of a record`, async () => {
        const { plain, secure, overcoat } = await open();
        secure.write('ready');
        await readExactly(plain, 5);
        overcoat.fin(Buffer.of(23, 3, 3, 0, 100, 1, 2, 3));
        assert.equal(await ending(plain), 'ECONNRESET');
      });

      test(`${name}: cut off right behind a record as long as an alert`, async () => {
        const { plain, secure, overcoat } = await open();
        secure.write('ok');
        await readExactly(plain, 2);
        overcoat.fin();
        assert.equal(await ending(plain), 'ECONNRESET');
      });

      test(`${name}: a cut behind four unread mebibytes is no end either`, async () => {
        const { plain, secure, overcoat } = await open();
        plain.pause();
        const sent = sendPattern(secure, 4 * 2 ** 20, 7).catch(() => 'cut');
        await readExactly(plain, 65_536);
        plain.resume();
        await sent;
        overcoat.fin();
        assert.equal(await ending(plain), 'ECONNRESET');
      });

      test(`${name}: an orderly end behind eight queued mebibytes loses none of them, both ways`, async () => {
        const { plain, secure } = await open();
        for (const [from, to] of [
          [plain, secure],
          [secure, plain],
        ] as const) {
          const sent = sendPattern(from, 8 * 2 ** 20, 9);
          void sent.then(() => from.end());
          assert.deepEqual(await receiveHash(to), { bytes: 8 * 2 ** 20, sha256: await sent });
        }
      });
    }

    test('the log says so', async () => {
      await daemon.line(strict === 'yes' ? 'TLS closed without close_notify: the stream was cut off' : 'TLS socket closed (SSL_read)');
      await daemon.stop();
    });

    after(() => {
      assert.equal(rows, 24);
      assert.ok(right >= least, `${right} of ${rows} ends were seen as they were`);
    });
  });
}
