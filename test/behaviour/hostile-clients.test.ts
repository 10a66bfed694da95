/**
 * Clients that make work or hold places instead of sending data, with a good one beside them that is served all the time: the short form of
 * test/release/hostile.test.ts, which has the figures. Slow clients before TLS: slow-negotiations.test.ts, slow-first-bytes.test.ts.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { before, suite, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { eventually } from '../support/eventually.ts';
import type { KindName, Tally } from '../support/hostile/kinds.ts';
import { KINDS } from '../support/hostile/kinds.ts';
import { echoServer, listen, readExactly } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import { serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { MESSAGE, Over, RawTls, RECORD } from '../support/raw-tls/client.ts';
import { message } from '../support/raw-tls/hello.ts';
import { reverseLines } from '../support/raw-tls/table.ts';
import { suiteEnd } from '../support/suite-end.ts';

suite('hostile clients', () => {
  const t = suiteEnd();
  let daemon: Daemon;
  let good: TLSSocket;

  before(async () => {
    const [echoing, lines] = [await echoServer(t), await listen(t, reverseLines)];
    daemon = await startDaemon(t, {
      config:
        serverSection('echo', { connect: echoing.port }) +
        serverSection('lines', { connect: lines.port }) +
        serverSection('hurried', { connect: echoing.port, TIMEOUTsetup: 2 }),
    });
    good = await dialTls(t, await daemon.port('echo'), { servername: 'localhost' });
  });

  /** Until they have done so much; the good client plays ping-pong meanwhile. */
  async function beside(
    context: TestContext,
    kind: KindName,
    service: string,
    count: number,
    enough: (tally: Tally) => boolean,
  ): Promise<void> {
    const tally: Tally = { begun: 0, refused: 0, answered: 0, acts: 0 };
    let stopped = false;
    KINDS[kind]({ port: await daemon.port(service), count }, tally, () => stopped);
    let rounds = 0;
    while (!enough(tally)) {
      good.write('ping');
      assert.equal((await readExactly(good, 4)).toString(), 'ping');
      rounds += 1;
      await new Promise((resolve) => setTimeout(resolve, 5)); // a player has to wait for something, too
    }
    stopped = true;
    context.diagnostic(`${rounds} rounds beside ${JSON.stringify(tally)}`);
    assert.ok(rounds >= 2, `${rounds} rounds`); // both ends are this process, which is busy itself
  }

  for (const kind of [
    'silent from accept',
    'a byte a second of the ClientHello',
    'a byte a second of the rest of the handshake',
  ] as const satisfies readonly KindName[])
    test(`${kind}: ended by the limit for everything before the relay`, async (context) => {
      await beside(context, kind, 'hurried', 30, ({ refused, answered }) => refused + answered >= 30);
    });

  for (const [kind, enough] of [
    ['connections as fast as possible', 400],
    ['full handshakes as fast as possible', 200],
    ['forged tickets as fast as possible', 100],
    ['hellos of 64 KB in records of one byte', 1],
  ] as const satisfies readonly (readonly [KindName, number])[])
    test(kind, async (context) => {
      await beside(context, kind, 'echo', Math.min(50, enough), ({ refused, answered }) => refused + answered >= enough);
    });

  const shaken = async (context: TestContext): Promise<RawTls> => {
    const tls = new RawTls('TLSv1.3', await daemon.port('lines'));
    context.after(() => tls.destroy());
    await tls.shake();
    return tls;
  };
  const keyUpdates = (tls: RawTls, count: number): Buffer => {
    const records = Array.from({ length: count }, () => {
      const record = tls.sealed(RECORD.handshake, message(MESSAGE.keyUpdate, Buffer.of(0)));
      tls.renewWriting();
      return record;
    });
    return Buffer.concat(records);
  };

  test('thousands of key updates in one go are served, and so is what comes behind them', async (context) => {
    const tls = await shaken(context);
    await tls.sent(keyUpdates(tls, 3000));
    await tls.carries();
  });

  test('key updates without end end the connection', async (context) => {
    const tls = await shaken(context);
    await tls.sent(keyUpdates(tls, 6000));
    await assert.rejects(tls.carries(), Over);
    good.write('unharmed');
    assert.equal((await readExactly(good, 8)).toString(), 'unharmed');
  });

  test('nothing is left open', async () => {
    good.destroy();
    await eventually('all of them are gone', () => daemon.holdsNothing().then(() => true));
    await daemon.stop();
  });
});
