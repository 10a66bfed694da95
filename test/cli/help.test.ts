import assert from 'node:assert/strict';
import { it } from 'node:test';
import { helpText } from '../../src/cli/help.ts';

const COMMANDS = ['run', 'check', 'client', 'server', 'gateway', 'exec', 'pin', 'options', 'demo'];

it('names every command', () => {
  const general = helpText(undefined);
  for (const command of COMMANDS) assert.match(general, new RegExp(`^ {2}${command}\\b`, 'm'), command);
});

it('explains each of them, in lines that fit', () => {
  for (const command of COMMANDS) {
    const text = helpText(command);
    assert.match(text, new RegExp(`^Usage: overcoat ${command}\\b`));
    for (const line of text.split('\n')) assert.ok(line.length <= 130, line);
  }
});
