import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { descriptorLimit, openDescriptors } from '../../../src/linux/process/descriptor-limit.ts';
import { requires } from '../../support/requirements.ts';

const skip = requires({ linux: true });

test('tells the limit that the process was given', { skip: requires({ linux: true, commands: ['prlimit'] }) }, () => {
  const module = new URL('../../../src/linux/process/descriptor-limit.ts', import.meta.url).href;
  const script = `import { descriptorLimit } from '${module}'; console.log(descriptorLimit());`;
  const run = (limit: string): string =>
    execFileSync('prlimit', [`--nofile=${limit}`, process.execPath, '--input-type=module', '-e', script], { encoding: 'utf8' }).trim();
  assert.equal(run('200'), '200');
  assert.equal(run('200:300'), '300'); // the runtime raises the soft one
  assert.ok((descriptorLimit() ?? 0) > 0);
});

test('counts the open descriptors', { skip }, () => {
  const before = openDescriptors();
  const fd = openSync('/dev/null', 'r');
  assert.equal(openDescriptors(), before + 1);
  closeSync(fd);
});
