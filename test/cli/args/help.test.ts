import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from '../../../src/cli/args/args.ts';
import { flagText } from '../../../src/cli/args/flag-row.ts';
import { helpText } from '../../../src/cli/args/help.ts';
import { COMMAND_NAMES, loadCommand } from '../../../src/cli/args/registry.ts';

test('names every command', async () => {
  const general = await helpText(undefined, undefined);
  for (const command of COMMAND_NAMES) assert.match(general, new RegExp(`^ {2}${command}\\b`, 'm'), command);
});

test('explains each of them, in lines that fit', async () => {
  for (const command of COMMAND_NAMES) {
    const text = await helpText(command, undefined);
    assert.match(text, new RegExp(`^Usage: overcoat ${command}\\b`));
    for (const line of text.split('\n')) assert.ok(line.length <= 120, line);
  }
});

test('fits into a terminal, word by word, but for what is copied', async () => {
  for (const columns of [48, 60, 80, 100, 200])
    for (const command of [undefined, ...COMMAND_NAMES]) {
      const text = await helpText(command, columns);
      const wide = text.split('\n').filter((line) => line.length > Math.min(columns, 120) && !line.startsWith('Example: '));
      assert.deepEqual(wide, [], `${command} in ${columns} columns`);
      const words = (each: string): string => each.split(/\s+/).join(' ');
      assert.equal(words(text), words(await helpText(command, undefined)));
    }
});

test('explains every flag and every action', async () => {
  for (const command of COMMAND_NAMES) {
    const { flags, actions = [] } = await loadCommand(command);
    const lines = (await helpText(command, undefined)).split('\n');
    for (const left of [...flags.map(flagText), ...actions.map(({ name }) => name)]) {
      const at = lines.findIndex((line) => `${line} `.startsWith(`  ${left} `));
      assert.notEqual(at, -1, `${command}: ${left}`);
      const explanation = lines[at]?.slice(2 + left.length).trim() || lines[at + 1]?.trim();
      assert.match(explanation ?? '', /\w/, `${command}: ${left}`);
    }
  }
});

test('gives an example of each that the command takes', async () => {
  for (const command of COMMAND_NAMES) {
    const { example } = await loadCommand(command);
    assert.ok((await helpText(command, undefined)).endsWith(`\nExample: overcoat ${example}\n`), command);
    const parsed = await parseArguments(example.split(' '));
    assert.equal(parsed.kind, command, `${example}: ${JSON.stringify(parsed)}`);
  }
});
