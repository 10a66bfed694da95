/**
 * Sockets that the runtime gives no `onread` read through one from a chosen moment on: no byte, no end and no reset gets lost. It
 * leans on the runtime's insides, so a version that moves them fails here first.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { readInto } from '../../../src/linux/sockets/descriptor.ts';
import { WatchedLeg } from '../../../src/tls/engine/watched-leg.ts';
import { certificate } from '../../support/data/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { dial, listen } from '../../support/net/tcp.ts';
import { dialTls, listenTls } from '../../support/net/tls.ts';

/** A socket that is to read through `onread`, and the other end of its connection. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

const PAIRS: Readonly<Record<string, (t: TestContext) => Promise<Pair>>> = {
  accepted: async (t) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
    t.after(() => void server.close());
    await once(server, 'listening');
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const far = await dial(t, (server.address() as { port: number }).port);
    return { near: (await connected)[0], far };
  },
  dialled: async (t) => {
    const server = await listen(t);
    const near = await dial(t, server.port);
    return { near, far: await server.next() };
  },
  'accepted with TLS': async (t) => {
    const server = await listenTls(t, { pauseOnConnect: true });
    const far = await dialTls(t, server.port);
    return { near: await server.next(), far };
  },
  'accepted with TLS over a stream': async (t) => {
    const secured: TLSSocket[] = [];
    const { certificate: cert, key } = certificate('server');
    const server = await listen(t, (raw) => {
      const socket = new TLSSocket(new WatchedLeg(raw), { isServer: true, cert, key });
      socket.allowHalfOpen = true;
      secured.push(socket);
    });
    const far = await dialTls(t, server.port);
    return { near: secured[0] as Socket, far };
  },
};

for (const [kind, pairOf] of Object.entries(PAIRS)) {
  suite(`a socket that was ${kind}`, () => {
    test('delivers what came before and after, and the end', async (t) => {
      const { near, far } = await pairOf(t);
      far.write('before');
      await eventually('the first bytes arrive', () => {
        near.read(0);
        return near.readableLength > 0;
      });
      const into = collector();
      assert.equal(readInto(near, into.onread)?.unread?.toString(), 'before');
      let ended = false;
      near.once('end', () => {
        ended = true;
      });
      near.once('data', () => assert.fail('bytes came in a buffer of their own'));
      far.end('after');
      near.resume();
      await eventually('the end arrives', () => ended);
      assert.equal(into.text(), 'after');
      near.end('answer');
      const [answer] = (await once(far, 'data')) as [Buffer];
      assert.equal(answer.toString(), 'answer');
    });

    test('reads nothing before it is resumed, and stops when told', async (t) => {
      const { near, far } = await pairOf(t);
      const into = collector();
      assert.deepEqual(readInto(near, into.onread), { unread: undefined });
      await delivered(far, 'one');
      assert.equal(into.text(), '');
      near.resume();
      await eventually('what was sent arrives', () => into.text() === 'one');
      into.more = false;
      far.write(' two');
      await eventually('what was sent arrives', () => into.text() === 'one two');
      await delivered(far, ' three');
      assert.equal(into.text(), 'one two');
      into.more = true;
      near.resume();
      await eventually('the rest arrives', () => into.text() === 'one two three');
      near.destroy();
    });

    test('takes a new buffer for every read', async (t) => {
      const { near, far } = await pairOf(t);
      const into = collector(4);
      readInto(near, into.onread);
      near.resume();
      far.write('0123456789');
      await eventually('everything arrives', () => into.text() === '0123456789');
      assert.ok(into.buffers() > 3, `${into.buffers()} buffers`);
      near.destroy();
    });
  });
}

suite('a socket that goes on as before', () => {
  test('has read its end, or is closed', async (t) => {
    const { near, far } = await (PAIRS['accepted'] as (t: TestContext) => Promise<Pair>)(t);
    far.end();
    near.resume();
    await once(near, 'end');
    assert.equal(readInto(near, collector().onread), undefined);
    near.destroy();
    assert.equal(readInto(near, collector().onread), undefined);
  });

  test('is one of a runtime with other insides', () => {
    const _handle = { readStop: () => 0, useUserBuffer: () => assert.fail('it has no place for the buffer') };
    const stranger = Object.assign(new Duplex({ read: () => undefined }), { _handle }) as unknown as Socket;
    assert.equal(readInto(stranger, collector().onread), undefined);
  });
});

/** Copies what is read; `more` is what it answers to every read. */
function collector(bufferBytes = 1024) {
  let text = '';
  let buffers = 0;
  const into = {
    more: true,
    text: () => text,
    buffers: () => buffers,
    onread: {
      buffer: () => {
        buffers += 1;
        return Buffer.alloc(bufferBytes);
      },
      callback: (bytes: number, buffer: Uint8Array) => {
        text += Buffer.from(buffer.subarray(0, bytes)).toString('latin1');
        return into.more;
      },
    },
  };
  return into;
}

/** Sent, and time for whoever reads to have read it. */
async function delivered(socket: Socket, text: string): Promise<void> {
  await new Promise((resolve) => socket.write(text, resolve));
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}
