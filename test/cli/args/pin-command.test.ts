import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseArguments } from '../../../src/cli/args.ts';

const parse = (line: string) => parseArguments(['pin', ...line.split(' ')]);

it('shows, saves or checks one server', () => {
  const target = { kind: 'tcp', host: 'mail.example', port: 25 };
  const common = { target, protocol: undefined, sni: undefined };
  assert.deepEqual(parse('mail.example:25'), { kind: 'pin', arguments: { ...common, action: { kind: 'show' } } });
  assert.deepEqual(parse('mail.example:25 --save f --yes --protocol smtp'), {
    kind: 'pin',
    arguments: { ...common, protocol: 'smtp', action: { kind: 'save', file: 'f', yes: true } },
  });
  assert.deepEqual(parse('mail.example:smtp --check f --sni a.example'), {
    kind: 'pin',
    arguments: { ...common, sni: 'a.example', action: { kind: 'check', file: 'f' } },
  });
});

it('lists and removes what was pinned at first use', () => {
  assert.deepEqual(parse('--list'), { kind: 'pin-list', store: undefined });
  assert.deepEqual(parse('--remove a:443 --store /s'), { kind: 'pin-remove', store: '/s', entry: 'a:443' });
});

it('is told what is wrong', () => {
  for (const line of ['a:443 --save f --check g', '/run/x', 'a', '--list x', 'a:1 b:2', 'a:1 --protocol proxy']) {
    assert.equal(parse(line).kind, 'usage', line);
  }
});
