import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { GatewayState } from '../../../src/gateway/machine/state.ts';
import { bootId, STATE_FOLDER } from '../../../src/gateway/machine/state.ts';
import { networkNamespaceInode } from '../../../src/linux/network/network-namespace.ts';
import { outputOf } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';

test('a state is bound to this boot', { skip: requires({ linux: true }) }, () => assert.match(bootId(), /^[0-9a-f-]{36}$/));

test('files of another boot and of namespaces that are gone are removed; those of others stay', {
  skip: requires({ root: true, netns: true, commands: ['unshare'] }),
}, async (t) => {
  const state = { version: 1 as const, boot: bootId(), pid: 0, startTime: '' };
  const files = {
    gone: { ...state, namespace: 1 },
    otherBoot: { ...state, boot: 'another', namespace: networkNamespaceInode() },
    living: { ...state, namespace: networkNamespaceInode() },
    older: state,
  };
  const pathOf = (name: string): string => join(STATE_FOLDER, `gateway-test-${process.pid}-${name}.json`);
  t.after(() => {
    for (const name of Object.keys(files)) rmSync(pathOf(name), { force: true });
  });
  // in a namespace of its own, whose file it is
  const url = new URL('../../../src/gateway/machine/state.ts', import.meta.url).href;
  const work = `const m = await import('${url}'); m.writeState(${JSON.stringify({ ...state, namespace: 2 } satisfies Partial<GatewayState>)}); m.removeState()`;
  await outputOf(['mkdir', '-p', STATE_FOLDER]);
  for (const [name, content] of Object.entries(files)) writeFileSync(pathOf(name), JSON.stringify(content));
  await outputOf(['unshare', '--net', process.execPath, '--input-type=module', '-e', work]);
  assert.deepEqual(
    Object.keys(files).map((name) => existsSync(pathOf(name))),
    [false, false, true, true],
  );
});

test('rules on file from before `forward` forwarded everything', {
  skip: requires({ root: true, netns: true, commands: ['unshare'] }),
}, async () => {
  const state = { version: 1 as const, boot: bootId(), pid: 0, startTime: '', rules: { devices: ['eth0'] }, portMap: [] };
  // in a namespace of its own, whose file it is
  const url = new URL('../../../src/gateway/machine/state.ts', import.meta.url).href;
  const work = `const m = await import('${url}'); m.writeState(${JSON.stringify(state)}); const { rules, asked } = m.readState(); m.removeState(); console.log(rules.forward, asked.rules.forward)`;
  assert.equal(await outputOf(['unshare', '--net', process.execPath, '--input-type=module', '-e', work]), 'all all\n');
});
