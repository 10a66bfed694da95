/** A word is what a real shell reads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shellWord } from '../../src/text/shell-word.ts';
import { runProgram } from '../support/program.ts';

test('a shell reads the word as it was', async () => {
  for (const word of ['eth0', 'a b', "it's", '$(reboot)', '`x`', '*', ';', '', '-', '~', '#', '"', '\\', 'a\nb', '--x=a/b:c,1']) {
    const { stdout } = await runProgram(['sh', '-c', `printf %s ${shellWord(word)}`]);
    assert.equal(stdout, word);
  }
});

test('what needs no quotes has none', () => {
  assert.equal(shellWord('net.ipv4.ip_forward=1'), 'net.ipv4.ip_forward=1');
});
