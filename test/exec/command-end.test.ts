import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { exitCodeOf, inForeground, whyNotRunnable } from '../../src/exec/command-end.ts';
import { sharedFolder } from '../support/temp.ts';

suite('the end of a command', () => {
  test('is its exit code, or 128 and the signal', () => {
    assert.equal(exitCodeOf({ code: 7, signal: null }), 7);
    assert.equal(exitCodeOf({ code: null, signal: 'SIGTERM' }), 143);
    assert.equal(exitCodeOf({ code: null, signal: 'SIGSEGV' }), 139);
  });
});

suite('keys of the terminal', () => {
  const stat = (group: number, terminal: number, foreground: number): string =>
    `12 (a name) with ) in it) S 1 ${group} 5 ${terminal} ${foreground} 4194304 0`;

  test('reach the command by themselves when both are in the foreground', () => {
    assert.equal(inForeground(stat(12, 34816, 12)), true);
    assert.equal(inForeground(stat(12, 34816, 99)), false);
    assert.equal(inForeground(stat(12, 0, -1)), false);
  });
});

suite('a command that cannot be run', () => {
  const folder = join(sharedFolder(), 'commands');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'bin', 'text'), '');
  writeFileSync(join(folder, 'bin', 'program'), '#!/bin/sh\n');
  chmodSync(join(folder, 'bin', 'program'), 0o755);
  mkdirSync(join(folder, 'bin', 'directory'), { recursive: true });
  const path = `/nonexistent:${join(folder, 'bin')}`;

  test('is told as a shell tells it', () => {
    assert.equal(whyNotRunnable('program', path), undefined);
    assert.equal(whyNotRunnable(join(folder, 'bin', 'program'), ''), undefined);
    assert.deepEqual(whyNotRunnable('missing', path), { code: 127, why: 'command not found' });
    assert.deepEqual(whyNotRunnable('directory', path), { code: 127, why: 'command not found' });
    assert.deepEqual(whyNotRunnable('text', path), { code: 126, why: 'permission denied' });
    assert.deepEqual(whyNotRunnable(join(folder, 'bin', 'directory'), path), { code: 126, why: 'is a directory' });
    assert.deepEqual(whyNotRunnable('', path), { code: 127, why: 'command not found' });
  });
});
