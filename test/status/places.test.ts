import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlFolder, controlFolders, controlName, isControlName } from '../../src/status/places.ts';

test('control sockets stand where only their owner can put them', () => {
  assert.equal(controlFolder({}, true), '/run/overcoat');
  assert.equal(controlFolder({ RUNTIME_DIRECTORY: '/run/unit:/run/other' }, true), '/run/unit');
  assert.equal(controlFolder({ XDG_RUNTIME_DIR: '/run/user/7' }, false), '/run/user/7/overcoat');
  assert.equal(controlFolder({ XDG_RUNTIME_DIR: 'relative' }, false), '/run/overcoat');
});

test('a command looks in all of these places, that of a unit in its own', () => {
  const inRun = ['overcoat', 'overcoat-mail', 'overcoatless', 'other'];
  const user = { XDG_RUNTIME_DIR: '/run/user/7' };
  assert.deepEqual(controlFolders(user, inRun), ['/run/overcoat', '/run/overcoat-mail', '/run/user/7/overcoat']);
  assert.deepEqual(controlFolders({ ...user, RUNTIME_DIRECTORY: '/run/overcoat-mail' }, inRun), ['/run/overcoat-mail']);
});

test('only files with our names are taken for ours', () => {
  assert.equal(controlName('stunnel', 12), 'stunnel-12.sock');
  for (const ours of ['stunnel-12.sock', 'a-b-1.sock']) assert.equal(isControlName(ours), true, ours);
  for (const other of ['accept.sock', 'stunnel-.sock', 'stunnel-1x.sock', 'stunnel-12', '12.sock', 'stunnel-12.sock.json'])
    assert.equal(isControlName(other), false, other);
});
