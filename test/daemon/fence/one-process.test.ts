import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { buildClientConfig } from '../../../src/config/commands.ts';
import type { Config } from '../../../src/config/config.ts';
import { fenceOfOne } from '../../../src/daemon/fence/one-process.ts';

const CONFIG: Config = buildClientConfig({
  accept: { kind: 'tcp', host: '127.0.0.1', port: 1935 },
  connect: { kind: 'tcp', host: 'a.example', port: 443 },
  name: undefined,
  protocol: undefined,
  ca: '/srv/relay/ca/ca.pem',
  pins: [],
  cert: undefined,
  key: undefined,
  keyLog: '/srv/relay/keys.log',
  debug: 5,
});

suite('the fence of one process', () => {
  test('leaves its ports, the folders of its files, and its own program', () => {
    const { rules, open } = fenceOfOne(CONFIG, false) ?? assert.fail();
    assert.deepEqual(rules.bind, [1935]);
    assert.deepEqual(rules.connect, [53, 443]);
    assert.ok(rules.read.includes('/srv/relay/ca'), 'renewed files have the same name and are others');
    assert.ok(!rules.read.includes('/srv') && !rules.read.includes('/root') && !rules.read.includes('/'));
    assert.ok(rules.write.includes('/srv/relay'));
    assert.ok(rules.execute !== 'any' && !rules.execute.includes('/usr/bin') && !rules.execute.includes('/bin'));
    assert.ok(open.some((text) => text.includes('/etc as a whole')));
  });

  test('leaves the programs of a gateway', () => {
    assert.equal(fenceOfOne(CONFIG, true)?.rules.execute, 'any');
  });

  test('is not wanted with no', () => {
    assert.equal(fenceOfOne({ ...CONFIG, global: { ...CONFIG.global, confine: 'no' } }, false), undefined);
  });
});
