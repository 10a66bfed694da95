/** Messages as they are sent, and an end where what comes is none: nothing of what a process says keeps memory, or throws at the other end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { serialize } from 'node:v8';
import { MessageChannel } from '../../../src/daemon/workers/message-channel.ts';

const MOST_BYTES = 1_048_576;

/** Both ends; the far one as bytes. */
async function opened(t: TestContext): Promise<{ readonly channel: MessageChannel; readonly far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect((server.address() as { readonly port: number }).port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  server.close();
  far.setNoDelay(true).on('error', () => undefined);
  t.after(() => {
    near.destroy();
    far.destroy();
  });
  return { channel: new MessageChannel(near, MOST_BYTES), far };
}

function framed(body: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}

suite('a channel', () => {
  test('brings plain data in the order it was sent, long and short', async (t) => {
    const { channel, far } = await opened(t);
    const other = new MessageChannel(far, MOST_BYTES);
    const sent = [
      { kind: 'a', map: new Map([[1, Buffer.alloc(300_000, 7)]]) },
      undefined,
      'x'.repeat(900_000),
      null,
      { big: 1n, none: undefined },
    ];
    const { promise, resolve } = Promise.withResolvers<void>();
    const come: unknown[] = [];
    other.on('message', (message) => {
      come.push(message);
      if (come.length === sent.length) resolve();
    });
    for (const message of sent) channel.send(message);
    await promise;
    assert.deepEqual(come, sent);
  });

  test('takes a message that comes a byte at a time, and several that come together', async (t) => {
    const { channel, far } = await opened(t);
    const come: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    channel.on('message', (message) => {
      come.push(message);
      if (come.length === 4) resolve();
    });
    for (const byte of framed(serialize({ first: 1 }))) {
      far.write(Buffer.of(byte));
      await new Promise((next) => setImmediate(next));
    }
    far.write(Buffer.concat([2, 3, 4].map((each) => framed(serialize(each)))));
    await promise;
    assert.deepEqual(come, [{ first: 1 }, 2, 3, 4]);
  });

  for (const [what, bytes] of [
    ['one that is too long', Buffer.of(0xff, 0xff, 0xff, 0xff, 1)],
    ['none at all', framed(Buffer.of(1, 2, 3, 4))],
    ['one of no bytes', framed(Buffer.alloc(0))],
    ['one that is cut', framed(serialize({ text: 'x'.repeat(100) }).subarray(0, 50))],
  ] as const)
    test(`ends with an error where a message is ${what}, and takes nothing after it`, async (t) => {
      const { channel, far } = await opened(t);
      const come: unknown[] = [];
      channel.on('message', (message) => come.push(message));
      const ended = once(far, 'close');
      const failed = new Promise<Error>((resolve) => channel.once('error', resolve));
      far.write(Buffer.concat([bytes, framed(serialize('after'))]));
      far.resume();
      assert.ok((await failed) instanceof Error);
      assert.equal(channel.connected, false);
      await ended;
      assert.deepEqual(come, []);
    });

  test('says its end once, and what is sent after it is answered as if it had gone', async (t) => {
    const { channel, far } = await opened(t);
    const closed = once(channel, 'close');
    far.end();
    await closed;
    assert.equal(channel.connected, false);
    await new Promise<void>((resolve) => channel.send('late', resolve));
  });
});
