/** What tests need, as far as the list of packages says it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './overcoat/checkout.ts';
import { missingPackages, requires } from './requirements.ts';

test('a package brings what the list says it needs', () => {
  assert.deepEqual(missingPackages(['swaks'], new Set(['swaks'])), ['libnet-ssleay-perl']);
  assert.deepEqual(missingPackages(['swaks'], new Set(['swaks', 'libnet-ssleay-perl'])), []);
  assert.deepEqual(missingPackages(['swaks', 'nginx'], new Set()), ['swaks', 'nginx', 'libnet-ssleay-perl']);
});

test('every such need is one of a package in the list', () => {
  const list = readFileSync(join(ROOT, 'tools/test-packages.txt'), 'utf8');
  const owners = [...list.matchAll(/# for (\S+): /g)].map(([, name]) => name ?? '');
  assert.ok(owners.length > 0);
  for (const owner of owners) assert.match(list, new RegExp(`^${owner} `, 'm'));
});

test('a package that is not in the list is a mistake of the test', () => {
  assert.throws(() => requires({ packages: ['no-such-package'] }), /not in tools\/test-packages\.txt: no-such-package/);
});
