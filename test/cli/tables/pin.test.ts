import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from '../../../src/cli/args/args.ts';

const parse = (line: string) => parseArguments(['pin', ...line.split(' ')]);

test('shows, saves or checks one server', async () => {
  const target = { kind: 'tcp', host: 'mail.example', port: 25 };
  const common = { target, protocol: undefined, name: undefined };
  assert.deepEqual(await parse('mail.example:25'), { kind: 'pin', arguments: { ...common, action: { kind: 'show' } } });
  assert.deepEqual(await parse('mail.example:25 --save f --yes --protocol smtp'), {
    kind: 'pin',
    arguments: { ...common, protocol: 'smtp', action: { kind: 'save', file: 'f', yes: true } },
  });
  assert.deepEqual(await parse('mail.example:smtp --check f --sni a.example'), {
    kind: 'pin',
    arguments: { ...common, name: 'a.example', action: { kind: 'check', file: 'f' } },
  });
});

test('adds new keys to those of a file', async () => {
  const common = { target: { kind: 'tcp', host: 'a.example', port: 443 }, protocol: undefined, name: undefined };
  const action = { kind: 'refresh', file: 'f', yes: true };
  assert.deepEqual(await parse('a.example:443 --refresh f --yes'), { kind: 'pin', arguments: { ...common, action } });
});

test('lists and removes what was pinned at first use', async () => {
  assert.deepEqual(await parse('--list'), { kind: 'pin', arguments: { store: undefined, entry: undefined, json: false } });
  assert.deepEqual(await parse('--list --json'), { kind: 'pin', arguments: { store: undefined, entry: undefined, json: true } });
  assert.deepEqual(await parse('--remove a:443 --store /s'), { kind: 'pin', arguments: { store: '/s', entry: 'a:443', json: false } });
});

test('is told what is wrong', async () => {
  for (const line of [
    'a:443 --save f --check g',
    'a:443 --save f --refresh g',
    'a:443 --json',
    '/run/x',
    'a',
    '--list x',
    'a:1 b:2',
    'a:1 --protocol proxy',
  ]) {
    assert.equal((await parse(line)).kind, 'usage', line);
  }
});
