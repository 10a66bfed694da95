import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCheckout } from '../../support/overcoat/checkout.ts';
import { outputOf } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';

const program = (module: string): string =>
  `import('${module}').then((m) => console.log(m.hasCapability('CAP_NET_ADMIN'), m.hasCapability('CAP_NET_ADMIN', 'CAP_SYS_ADMIN')))`;

test('capabilities are those of the process, not of its user id', {
  skip: requires({ root: true, linux: true, commands: ['setpriv'] }),
}, async () => {
  const root = openCheckout();
  const ask = (...flags: string[]): Promise<string> =>
    outputOf(['setpriv', ...flags, join(root, 'node_modules/.bin/node'), '-e', program(join(root, 'src/linux/process/capabilities.ts'))]);
  assert.equal(await ask('--bounding-set', '-sys_admin'), 'true false\n');
  assert.equal(await ask('--reuid', 'nobody', '--clear-groups'), 'false false\n');
});
