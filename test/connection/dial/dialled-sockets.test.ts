import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { DialledSockets } from '../../../src/connection/dial/dialled-sockets.ts';

const dialled = { localAddress: '10.77.2.1', localPort: 40_000, remoteAddress: '10.77.2.2', remotePort: 443 };

suite('a socket we dialled', () => {
  test('is recognised as a client until it is closed', () => {
    const sockets = new DialledSockets();
    assert.equal(sockets.isOwn(dialled), false);
    const forget = sockets.remember(dialled);
    assert.equal(sockets.isOwn(dialled), true);
    forget();
    forget();
    assert.equal(sockets.isOwn(dialled), false);
  });

  test('is recognised in its mapped form and with a zone', () => {
    const sockets = new DialledSockets();
    sockets.remember(dialled);
    sockets.remember({ ...dialled, localAddress: 'fe80::1%eth0', remoteAddress: 'fe80::2%eth0' });
    assert.equal(sockets.isOwn({ ...dialled, localAddress: '::ffff:10.77.2.1' }), true);
    assert.equal(sockets.isOwn({ ...dialled, localAddress: 'fe80::1', remoteAddress: 'fe80::2' }), true);
  });

  test('is not confused with one that shares its port', () => {
    const sockets = new DialledSockets();
    sockets.remember(dialled);
    const others = [{ localAddress: '10.77.1.1' }, { localPort: 40_001 }, { remoteAddress: '10.77.2.3' }, { remotePort: 444 }];
    assert.deepEqual(
      others.map((other) => sockets.isOwn({ ...dialled, ...other })),
      [false, false, false, false],
    );
  });

  test('is recognised by every worker', async () => {
    const sockets = new DialledSockets();
    sockets.remember(dialled);
    const module = new URL('../../../src/connection/dial/dialled-sockets.ts', import.meta.url).href;
    const code = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(${JSON.stringify(module)}).then(({ DialledSockets }) => {
        const sockets = new DialledSockets(workerData.memory);
        sockets.remember({ ...workerData.dialled, localPort: 50000 });
        parentPort.postMessage(sockets.isOwn(workerData.dialled));
      });`;
    const worker = new Worker(code, { eval: true, workerData: { memory: sockets.memory, dialled } });
    const answer = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await worker.terminate();
    assert.equal(answer, true);
    assert.equal(sockets.isOwn({ ...dialled, localPort: 50_000 }), true);
  });

  test('tells how many of ours it carries on', () => {
    const sockets = new DialledSockets();
    const forget = sockets.remember(dialled, 3);
    assert.equal(sockets.hopsOf(dialled), 3);
    forget();
    assert.equal(sockets.hopsOf(dialled), 0);
  });

  test('is remembered among fifty thousand others, all of which can be forgotten', () => {
    const sockets = new DialledSockets();
    const many = Array.from({ length: 50_000 }, (_, index) => ({ ...dialled, localPort: 1024 + index }));
    const forget = many.map((each) => sockets.remember(each));
    assert.equal(many.filter((each) => sockets.isOwn(each)).length, many.length);
    assert.equal(sockets.isOwn({ ...dialled, remotePort: 80 }), false);
    for (const each of forget) each();
    assert.equal(
      new Int32Array(sockets.memory).every((slot) => slot === 0),
      true,
    );
  });
});
