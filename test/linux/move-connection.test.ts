/** A connection moves from an accepted socket to one that reads through `onread`: no byte, no end and no reset gets lost. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { moveConnection } from '../../src/linux/descriptor.ts';
import { eventually } from '../support/eventually.ts';

async function pair(): Promise<{ near: net.Socket; far: net.Socket; server: net.Server }> {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = net.connect({ port: (server.address() as net.AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [near] = (await once(server, 'connection')) as [net.Socket];
  return { near, far, server };
}

function collector(): { text: () => string; onread: { buffer: () => Buffer; callback: (bytes: number, buffer: Uint8Array) => boolean } } {
  const landing = Buffer.alloc(1024);
  let text = '';
  return {
    text: () => text,
    onread: {
      buffer: () => landing,
      callback: (bytes, buffer) => {
        text += Buffer.from(buffer.subarray(0, bytes)).toString('latin1');
        return true;
      },
    },
  };
}

test('bytes from before and after the move, and the end, arrive', async () => {
  const { near, far, server } = await pair();
  far.write('before ');
  near.once('readable', () => undefined);
  await once(near, 'readable');
  const { text, onread } = collector();
  const moved = moveConnection(near, { onread, highWaterMark: 65_536 });
  assert.equal(moved?.early?.toString(), 'before ');
  const socket = moved?.socket as net.Socket;
  let ended = false;
  socket.once('end', () => {
    ended = true;
  });
  far.end('after');
  socket.resume();
  await eventually('the end arrives', () => ended);
  assert.equal(text(), 'after');
  socket.end('answer');
  const [answer] = (await once(far, 'data')) as [Buffer];
  assert.equal(answer.toString(), 'answer');
  await once(far, 'close');
  await new Promise((resolve) => server.close(resolve));
});

test('a paused connection is not read before it is resumed', async () => {
  const { near, far, server } = await pair();
  const { text, onread } = collector();
  const moved = moveConnection(near, { onread, highWaterMark: 65_536 });
  far.write('hello');
  await new Promise((resolve) => far.write('', resolve));
  await new Promise(setImmediate);
  assert.equal(text(), '');
  moved?.socket.resume();
  await eventually('what was sent arrives', () => text() === 'hello');
  moved?.socket.resetAndDestroy();
  const [error] = (await once(far, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNRESET');
  await new Promise((resolve) => server.close(resolve));
});

test('a connection whose end was read, or that is closed, stays where it is', async () => {
  const { near, far, server } = await pair();
  far.end();
  near.resume();
  await once(near, 'end');
  assert.equal(moveConnection(near, { ...collector(), highWaterMark: 1 }), undefined);
  near.destroy();
  assert.equal(moveConnection(near, { ...collector(), highWaterMark: 1 }), undefined);
  await new Promise((resolve) => server.close(resolve));
});
