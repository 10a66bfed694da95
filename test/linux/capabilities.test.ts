import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outputOf } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

const MODULE = new URL('../../src/linux/capabilities.ts', import.meta.url).href;
const PROGRAM = `import('${MODULE}').then((m) => console.log(m.hasCapability(m.CAP_NET_ADMIN), m.hasCapability(m.CAP_NET_ADMIN, m.CAP_SYS_ADMIN)))`;

test('capabilities are those of the process, not of its user id', {
  skip: requires({ root: true, linux: true, commands: ['setpriv'] }),
}, async () => {
  const ask = (...flags: string[]): Promise<string> => outputOf(['setpriv', ...flags, process.execPath, '-e', PROGRAM]);
  assert.equal(await ask('--bounding-set', '-sys_admin'), 'true false\n');
  assert.equal(await ask('--reuid', 'nobody', '--clear-groups'), 'false false\n');
});
