import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandFiles, findProgram, needProgram } from '../../../src/linux/files/find-program.ts';

test('programs are found in the folders of the system where PATH has none, and never beside the caller', (t) => {
  const path = process.env['PATH'];
  t.after(() => {
    process.env['PATH'] = path;
  });
  process.env['PATH'] = '.:relative/folder';
  assert.match(findProgram('sh') ?? '', /^\/(?:usr\/)?bin\/sh$/);
  assert.equal(findProgram('no-such-program'), undefined);
  delete process.env['PATH'];
  assert.notEqual(findProgram('sh'), undefined);
});

test('a missing program is named with its package', () => {
  assert.throws(() => needProgram('no-such-program'), {
    code: 'start_program',
    message: /no-such-program is not installed; install the package/,
  });
});

test('a command is tried where execvp would try it', () => {
  assert.deepEqual(commandFiles('a', '/x:/y'), ['/x/a', '/y/a']);
  assert.deepEqual(commandFiles('a', ':/y:'), ['a', '/y/a', 'a']);
  assert.deepEqual(commandFiles('./a', '/x'), ['./a']);
});
