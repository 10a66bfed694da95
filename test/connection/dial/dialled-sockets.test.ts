import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DIALLED_SOCKETS_LENGTH, DialledSockets } from '../../../src/connection/dial/dialled-sockets.ts';

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

  test('is recognised by every worker', () => {
    const memory = new Int32Array(DIALLED_SOCKETS_LENGTH);
    const [first, second] = [new DialledSockets(memory, 0), new DialledSockets(memory, 1)];
    first.remember(dialled);
    assert.equal(second.isOwn(dialled), true);
  });

  test('is forgotten with the worker that had it, and no other', () => {
    const memory = new Int32Array(DIALLED_SOCKETS_LENGTH);
    const [first, second] = [new DialledSockets(memory, 0), new DialledSockets(memory, 1)];
    first.remember(dialled);
    second.remember({ ...dialled, localPort: 50_000 });
    second.forgetAllOf(0);
    assert.equal(first.isOwn(dialled), false);
    assert.equal(first.isOwn({ ...dialled, localPort: 50_000 }), true);
    second.forgetAllOf(1);
    assert.ok(memory.every((number) => number === 0));
  });

  test('tells how many of ours it carries on', () => {
    const sockets = new DialledSockets();
    const forget = sockets.remember(dialled, 3);
    assert.equal(sockets.hopsOf(dialled), 3);
    forget();
    assert.equal(sockets.hopsOf(dialled), 0);
  });

  test('is remembered among fifty thousand others, all of which can be forgotten', () => {
    const memory = new Int32Array(DIALLED_SOCKETS_LENGTH);
    const sockets = new DialledSockets(memory);
    const many = Array.from({ length: 50_000 }, (_, index) => ({ ...dialled, localPort: 1024 + index }));
    const forget = many.map((each) => sockets.remember(each));
    assert.equal(many.filter((each) => sockets.isOwn(each)).length, many.length);
    assert.equal(sockets.isOwn({ ...dialled, remotePort: 80 }), false);
    for (const each of forget) each();
    assert.ok(memory.every((number) => number === 0));
  });
});
