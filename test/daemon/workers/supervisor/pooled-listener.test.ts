import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SharedBinding } from '../../../../src/connection/accept/shared-binding.ts';
import type { ListenerPool, PooledService } from '../../../../src/daemon/workers/supervisor/pooled-listener.ts';
import { PooledListener } from '../../../../src/daemon/workers/supervisor/pooled-listener.ts';
import { tempFolder } from '../../../support/temp.ts';

test('the file of a Unix socket is removed once: the next may be another program’s', async (t) => {
  const path = join(tempFolder(t), 'socket');
  let closed = 0;
  const binding = {
    text: path,
    port: 0,
    path,
    close: () => {
      closed += 1;
    },
  } as unknown as SharedBinding;
  const pool: ListenerPool = { observe: () => undefined, broadcast: async () => undefined, add: () => undefined, remove: () => undefined };
  const service = { reference: { generation: 1, index: 0 } } as unknown as PooledService;
  const listener = new PooledListener(1, service, [binding], pool);
  writeFileSync(path, '');
  await listener.close();
  assert.equal(existsSync(path), false);
  writeFileSync(path, 'of another');
  await listener.close();
  assert.equal(existsSync(path), true);
  assert.equal(closed, 1);
});
