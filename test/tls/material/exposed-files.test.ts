import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposedFiles } from '../../../src/tls/material/exposed-files.ts';

test('a file is said once, with the services that use it', () => {
  const used = [
    { service: 'a', exposed: [] },
    { service: 'b', exposed: ['/k', '/psk'] },
    { service: 'c', exposed: ['/k'] },
  ];
  assert.deepEqual(exposedFiles(used), [
    { file: '/k', index: 1, text: 'Insecure file permissions on /k: others can read a secret of [b], [c]; chmod o-rwx /k' },
    { file: '/psk', index: 1, text: 'Insecure file permissions on /psk: others can read a secret of [b]; chmod o-rwx /psk' },
  ]);
});

test('many services are counted', () => {
  const used = Array.from({ length: 7 }, (_, index) => ({ service: `${index}`, exposed: ['/k'] }));
  assert.match(exposedFiles(used)[0]?.text ?? '', /of \[0\], \[1\], \[2\], \[3\], \[4\] and 2 more; chmod/);
});
