import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkNamespaceId } from '../../../src/linux/network/network-namespace.ts';
import { outputOf } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';

const MODULE = new URL('../../../src/linux/network/network-namespace.ts', import.meta.url).href;
const PROGRAM = `import('${MODULE}').then((m) => console.log(m.networkNamespaceId()))`;

test('every network namespace has a name of its own, which is not used again', {
  skip: requires({ netns: true, commands: ['unshare'] }),
}, async () => {
  const elsewhere = (): Promise<string> => outputOf(['unshare', '--net', process.execPath, '-e', PROGRAM]);
  const names = [await elsewhere(), await elsewhere(), await outputOf([process.execPath, '-e', PROGRAM])];
  assert.equal(new Set(names).size, 3);
  assert.equal(names[2]?.trim(), networkNamespaceId());
  for (const name of names) assert.match(name, /^[ci]\d+\n$/);
});
