import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flagText, isSwitch } from '../../../src/cli/args/flag-row.ts';
import { commandTable } from '../../../src/cli/args/table.ts';

const FACTS = { name: 'demo', call: 'demo', summary: 'a', usage: ['demo'], about: ['A.'], example: 'demo' } as const;
const execute = async (): Promise<number> => 0;

test('a parser asks for the flags of its table and no other', () => {
  commandTable({
    ...FACTS,
    flags: [{ name: 'a', help: 'b' }],
    execute,
    parse: (flags) => ({ kind: 'demo', embedded: flags.is('a'), keep: false }),
  });
  commandTable({
    ...FACTS,
    flags: [{ name: 'a', help: 'b' }],
    execute,
    // @ts-expect-error: this flag would be in no help
    parse: (flags) => ({ kind: 'demo', embedded: flags.is('c'), keep: false }),
  });
  // @ts-expect-error: nobody would see what it does
  commandTable({ ...FACTS, flags: [{ name: 'a' }], execute, parse: () => ({ kind: 'demo', embedded: false }) });
  // @ts-expect-error: another command would run
  commandTable({ ...FACTS, flags: [], execute, parse: () => ({ kind: 'options', name: undefined, json: false }) });
});

test('a flag is shown with the word for its value, else with its choices', () => {
  assert.equal(flagText({ name: 'a', help: '' }), '--a');
  assert.equal(flagText({ name: 'a', value: 'FILE', help: '' }), '--a FILE');
  assert.equal(flagText({ name: 'a', choices: ['b', 'c'], help: '' }), '--a b|c');
  assert.equal(flagText({ name: 'a', value: 'NAME', choices: ['b', 'c'], help: '' }), '--a NAME');
  assert.equal(isSwitch({ name: 'a', help: '' }), true);
  assert.equal(isSwitch({ name: 'a', choices: ['b'], help: '' }), false);
});
