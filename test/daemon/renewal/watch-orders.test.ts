// Tests: src/daemon/renewal/watch-orders.ts, src/start-files.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchOrders } from '../../../src/daemon/renewal/watch-orders.ts';
import { readStartFile, readStartStore, recordingFiles } from '../../../src/start-files.ts';

test('files are watched; what a provider keeps under a URI is not', () => {
  const { files } = recordingFiles(() => {
    readStartStore('pkcs11:object=mine', () => ['-----BEGIN CERTIFICATE-----']);
    readStartFile('/dev/null');
  });
  const [order, ...others] = watchOrders([{ config: { reloadCerts: 'watch' }, files: { tls: files } }]);
  assert.deepEqual(order?.questions, ['file /dev/null']);
  assert.deepEqual(others, []);
});

test('a service that is not to be renewed has no order, and each rhythm is one', () => {
  const of = (path: string) => ({ tls: new Map([[`file ${path}`, { kind: 'value', value: undefined } as const]]) });
  const orders = watchOrders([
    { config: { reloadCerts: 'no' }, files: of('/a') },
    { config: { reloadCerts: { everyMs: 5000 } }, files: of('/b') },
    { config: { reloadCerts: { everyMs: 5000 } }, files: of('/c') },
  ]);
  assert.deepEqual(
    orders.map(({ questions, everyMs, notices }) => ({ questions, everyMs, notices })),
    [{ questions: ['file /b', 'file /c'], everyMs: 5000, notices: false }],
  );
});
