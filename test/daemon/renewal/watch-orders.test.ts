// Tests: src/daemon/renewal/watch-orders.ts, src/start-files.ts
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { unwatched, watchOrders } from '../../../src/daemon/renewal/watch-orders.ts';
import { readStartFile, readStartStore, recordingFiles } from '../../../src/start-files.ts';
import { tempFolder } from '../../support/temp.ts';

test('files are watched; what a provider keeps under a URI is not', () => {
  const { files } = recordingFiles(() => {
    readStartStore('pkcs11:object=mine', () => ['-----BEGIN CERTIFICATE-----']);
    readStartFile('/dev/null');
  });
  const [order, ...others] = watchOrders([{ config: { name: 'a', reloadCerts: 'watch' }, files: { tls: files } }]);
  assert.deepEqual(order?.questions, ['file /dev/null']);
  assert.deepEqual(others, []);
});

test('a service that is not to be renewed has no order, and each rhythm is one', () => {
  const of = (path: string) => ({ tls: new Map([[`file ${path}`, { kind: 'value', value: undefined } as const]]) });
  const orders = watchOrders([
    { config: { name: 'a', reloadCerts: 'no' }, files: of('/a') },
    { config: { name: 'b', reloadCerts: { everyMs: 5000 } }, files: of('/b') },
    { config: { name: 'c', reloadCerts: { everyMs: 5000 } }, files: of('/c') },
  ]);
  assert.deepEqual(
    orders.map(({ questions, everyMs, notices }) => ({ questions, everyMs, notices })),
    [{ questions: ['file /b', 'file /c'], everyMs: 5000, notices: false }],
  );
});

test('a pipe is not watched, and said once; where nothing is renewed there is nothing to say', (t) => {
  const path = join(tempFolder(t), 'pipe');
  execFileSync('mkfifo', [path]);
  const files = new Map(
    [`file ${path}`, `facts ${path}`, 'file /dev/null'].map((each) => [each, { kind: 'value', value: undefined } as const]),
  );
  const of = (reloadCerts: 'watch' | 'no') => [{ config: { name: 'a', reloadCerts }, files: { tls: files } }];
  assert.deepEqual(
    watchOrders(of('watch')).map(({ questions }) => questions),
    [['file /dev/null']],
  );
  assert.deepEqual(unwatched(of('watch')), [`Service [a]: ${path} is a pipe, which can be read once: it is not renewed`]);
  assert.deepEqual(unwatched(of('no')), []);
});
