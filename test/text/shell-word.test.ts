import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shellWord } from '../../src/text/shell-word.ts';
import { outputOf } from '../support/program.ts';

test('a plain word stays as it is', () => {
  for (const word of ['eth0.5', 'net.ipv4.ip_forward=1', 'system.slice/overcoat']) assert.equal(shellWord(word), word);
});

test('a shell reads every other one as it was', async () => {
  for (const word of ["o'd", 'a;id', 'x$(id)', 'q#1', '`id`', '*', '~', '', 'a\nb'])
    assert.equal(await outputOf(['sh', '-c', `printf %s ${shellWord(word)}`]), word);
});
