import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isSwitch } from '../../../src/cli/args/flag-row.ts';
import { readFlags, UsageError } from '../../../src/cli/args/flags.ts';
import { COMMAND_NAMES, isCommand, loadCommand, loadCommands, similarCommand } from '../../../src/cli/args/registry.ts';

suite('the tables of the commands', () => {
  test('stand under their own names', async () => {
    for (const name of COMMAND_NAMES) {
      const table = await loadCommand(name);
      assert.equal(table.name, name);
      for (const line of [table.call, ...table.usage]) assert.match(line, new RegExp(`^${name}\\b`));
    }
    assert.equal(isCommand('__proto__'), false);
    assert.equal(isCommand(undefined), false);
  });

  test('name every flag once, and no flag elsewhere that they lack', async () => {
    for (const { name, flags, usage, about, example = '' } of await loadCommands()) {
      const names = flags.map((flag) => flag.name);
      assert.deepEqual(names, [...new Set(names)], name);
      const [ours = ''] = example.split(' -- ');
      const texts = [...usage, ...about, ours, ...flags.map(({ help }) => help)].join(' ');
      for (const [, mentioned = ''] of texts.matchAll(/--([a-z][a-z-]+)/g)) assert.ok(names.includes(mentioned), `${name}: --${mentioned}`);
    }
  });

  test('say everything in the form that help, documentation and completion expect', async () => {
    for (const { name, summary, about, flags, actions = [] } of await loadCommands()) {
      for (const line of [summary, ...flags.map(({ help }) => help), ...actions.map(({ help }) => help)])
        assert.match(line, /^\S.*[^.\s]$/, `${name}: ${line}`);
      for (const paragraph of about) assert.match(paragraph, /^\S[^\n]*\.$/, name);
    }
  });

  test('are what the arguments are read by', async () => {
    for (const { name, flags, endsInCommand } of await loadCommands()) {
      for (const flag of flags) {
        const twice = [`--${flag.name}`, 'a', `--${flag.name}=b`];
        const words = isSwitch(flag) ? [`--${flag.name}`] : flag.repeat ? twice : twice.slice(2);
        const read = readFlags(words, flags, endsInCommand);
        assert.equal(read.is(flag.name), isSwitch(flag), `${name} --${flag.name}`);
        assert.deepEqual(read.all(flag.name), isSwitch(flag) ? [] : flag.repeat ? ['a', 'b'] : ['b'], `${name} --${flag.name}`);
        if (!isSwitch(flag) && !flag.repeat)
          assert.throws(() => readFlags(twice, flags, endsInCommand), UsageError, `${name} --${flag.name}`);
      }
    }
  });
});

test('a mistyped command is recognised', () => {
  for (const [typed, meant] of [
    ['clinet', 'client'],
    ['Gateway', 'gateway'],
    ['gatway', 'gateway'],
    ['option', 'options'],
    ['versoin', 'version'],
  ] as const)
    assert.equal(similarCommand(typed), meant);
  for (const typed of ['frobnicate', '', 'x']) assert.equal(similarCommand(typed), undefined);
});
