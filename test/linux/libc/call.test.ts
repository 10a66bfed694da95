// Tests: src/linux/libc/
import assert from 'node:assert/strict';
import { closeSync, readSync, writeSync } from 'node:fs';
import { suite, test } from 'node:test';
import { close, duplicate, openpty } from '../../../src/linux/libc/descriptors.ts';
import { chroot } from '../../../src/linux/libc/rights.ts';
import { getsockopt, setsockopt, setsockoptInt, socket } from '../../../src/linux/libc/sockets.ts';
import { requires } from '../../support/requirements.ts';

const skip = requires({ linux: true });
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_KEEPALIVE = 9;
const EBADF = 9;
const ENOENT = 2;

suite('the C library', { skip }, () => {
  test('sets and reads a socket option', () => {
    const fd = socket(2, SOCK_STREAM, 0);
    assert.ok(fd > 2);
    const value = new Uint8Array(4);
    assert.equal(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, value), 4);
    assert.deepEqual([...value], [0, 0, 0, 0]);
    assert.equal(setsockoptInt(fd, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
    getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, value);
    assert.deepEqual([...value], [1, 0, 0, 0]);
    assert.equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, new Uint8Array(new Int32Array([65536]).buffer)), 0);
    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, value);
    assert.equal(new Int32Array(value.buffer)[0], 131072, 'the kernel doubles what was asked for');
    assert.equal(close(fd), 0);
  });

  test('reports a failure as minus errno', () => {
    assert.equal(setsockoptInt(-1, SOL_SOCKET, SO_KEEPALIVE, 1), -EBADF);
    assert.equal(close(-1), -EBADF);
    assert.equal(chroot('/nonexistent/folder'), process.getuid?.() === 0 ? -ENOENT : chroot('/nonexistent/folder'));
  });

  test('duplicates a descriptor', () => {
    const fd = socket(2, SOCK_STREAM, 0);
    const copy = duplicate(fd);
    assert.notEqual(copy, fd);
    assert.equal(close(fd), 0);
    assert.equal(getsockopt(copy, SOL_SOCKET, SO_KEEPALIVE, new Uint8Array(4)), 4, 'the copy lives on');
    close(copy);
  });

  test('opens a terminal that echoes', () => {
    const pair = openpty();
    assert.ok(typeof pair === 'object');
    writeSync(pair.master, 'hi\n');
    const bytes = Buffer.alloc(16);
    assert.equal(bytes.toString('latin1', 0, readSync(pair.slave, bytes)), 'hi\n');
    closeSync(pair.slave);
    closeSync(pair.master);
  });
});
