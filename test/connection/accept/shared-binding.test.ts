import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ServiceConfig } from '../../../src/config/config.ts';
import { COMMAND_SERVICE, FILE_SERVICE } from '../../../src/config/defaults.ts';
import { SharedBinding } from '../../../src/connection/accept/shared-binding.ts';
import { readSocketOption } from '../../../src/linux/sockets/socket-options.ts';
import { bindTcp } from '../../../src/sockets/bound-socket.ts';
import { requires } from '../../support/requirements.ts';

const WORKERS = 3;

/** The descriptors that the workers accept from. */
function descriptors(t: { after(undo: () => void): void }, config: ServiceConfig): readonly number[] {
  const bound = bindTcp({ address: '127.0.0.1', port: 0 }, config.sockets.accept);
  const shared = new SharedBinding(
    [{ bound, inherited: false, text: '', port: 1, path: undefined, release: () => undefined }],
    WORKERS,
    config,
  );
  t.after(() => shared.close());
  return Array.from({ length: WORKERS }, (_, worker) => shared.descriptorsFor(worker)).flat();
}

suite('one address for several workers', { skip: requires({ linux: true }) }, () => {
  test('a command has a socket for each, all with its keepalive', (t) => {
    const fds = descriptors(t, COMMAND_SERVICE);
    assert.equal(new Set(fds).size, WORKERS);
    for (const fd of fds) {
      assert.deepEqual(readSocketOption(fd, 'SO_KEEPALIVE', 'flag'), { kind: 'flag', on: true });
      assert.deepEqual(readSocketOption(fd, 'TCP_USER_TIMEOUT', 'int'), { kind: 'int', value: 60_000 });
    }
  });

  test('a file too, unless it sets options of the accepting socket', (t) => {
    assert.equal(new Set(descriptors(t, FILE_SERVICE)).size, WORKERS);
    const own = { ...FILE_SERVICE, sockets: COMMAND_SERVICE.sockets };
    assert.equal(new Set(descriptors(t, own)).size, 1);
  });
});
