/**
 * How `npm test` installs Debian packages, with apt-get, dpkg-query and id replaced by scripts that write down what they saw. The
 * point is the file that keeps services from starting: there during the install, gone after, also when the install fails.
 */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { ROOT } from '../support/overcoat/checkout.ts';
import { runProgram } from '../support/program.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

interface Machine {
  /** Exit code of `apt-get install`. */
  readonly install?: number;
  readonly uid?: number;
  /** Packages dpkg knows. */
  readonly installed?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Content of a policy-rc.d that was there before. */
  readonly policy?: string;
  /** The tests of a release follow. */
  readonly release?: boolean;
}

async function run(t: TestContext, { install = 0, uid = 0, installed = [], env = {}, policy, release = false }: Machine) {
  const folder = tempFolder(t);
  const policyFile = join(folder, 'policy-rc.d');
  const present = installed.map((name) => `echo ${name}:installed\n`).join('');
  const stubs = writeFiles(folder, {
    'bin/apt-get': `#!/bin/sh\necho "$1 $(cat ${policyFile} 2>/dev/null | tail -n 1)" >>${folder}/calls\n[ "$1" = update ] || exit ${install}\n`,
    'bin/dpkg-query': `#!/bin/sh\n${present}exit 1\n`,
    'bin/id': `#!/bin/sh\necho ${uid}\n`,
    ...(policy !== undefined && { 'policy-rc.d': policy }),
  });
  for (const name of ['bin/apt-get', 'bin/dpkg-query', 'bin/id'] as const) chmodSync(stubs[name], 0o755);
  const { code, stdout, stderr } = await runProgram(
    ['sh', '-c', `. tools/test-packages.sh; install_test_packages ${release ? 'release' : ''}`],
    {
      cwd: ROOT,
      env: {
        ...process.env,
        OVERCOAT_TEST_INSTALL: 'yes',
        ...env,
        POLICY: policyFile,
        PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
      },
    },
  );
  assert.equal(stderr, '');
  assert.equal(code, 0, 'the tests must run whatever became of the packages');
  const calls = existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n') : [];
  return { stdout, calls, policyAfter: existsSync(policyFile) ? readFileSync(policyFile, 'utf8') : undefined };
}

const lines = readFileSync(join(ROOT, 'tools/test-packages.txt'), 'utf8')
  .split('\n')
  .filter((line) => !line.startsWith('#') && line !== '');
const nameOf = (line: string): string => line.replace(/#.*/, '').trim();
const listed = lines.filter((line) => !line.includes('# release: ')).map(nameOf);

suite('Debian packages of the tests', () => {
  test('lists packages with a comment each', () => {
    assert.ok(listed.includes('stunnel4') && listed.length > 20);
    for (const line of readFileSync(join(ROOT, 'tools/test-packages.txt'), 'utf8').trimEnd().split('\n'))
      assert.match(line, /^#|^\S+ +# ./);
  });

  test('names what is missing, installs it with services held back, and removes the policy after', async (t) => {
    const { stdout, calls, policyAfter } = await run(t, { installed: listed.filter((name) => name !== 'hitch' && name !== 'swaks') });
    assert.match(stdout, /this machine lacks: hitch swaks\n/);
    assert.deepEqual(calls, ['update exit 101', 'install exit 101']);
    assert.equal(policyAfter, undefined);
  });

  test('does nothing when all are there', async (t) => {
    const { stdout, calls } = await run(t, { installed: listed });
    assert.equal(stdout, '');
    assert.deepEqual(calls, []);
  });

  test('names what only a release needs before a release alone', async (t) => {
    const { stdout, calls } = await run(t, { release: true, installed: listed });
    assert.ok(
      stdout.includes(
        ` ${lines
          .map(nameOf)
          .filter((name) => !listed.includes(name))
          .join(' ')}\n`,
      ),
      stdout,
    );
    assert.equal(calls.length, 2);
  });

  test('removes the policy when the install fails, having tried each package by itself', async (t) => {
    const { stdout, calls, policyAfter } = await run(t, { install: 100, installed: listed.filter((name) => !name.startsWith('dovecot-')) });
    assert.match(stdout, /could not be installed: the tests that need them will be skipped/);
    assert.deepEqual(calls, ['update exit 101', ...Array<string>(5).fill('install exit 101')]);
    assert.equal(policyAfter, undefined);
  });

  test('keeps a policy that was there before', async (t) => {
    const { calls, policyAfter } = await run(t, { policy: 'exit 0\n' });
    assert.deepEqual(calls, ['update exit 0', 'install exit 0']);
    assert.equal(policyAfter, 'exit 0\n');
  });

  test('installs nothing with OVERCOAT_TEST_INSTALL=no', async (t) => {
    const { stdout, calls } = await run(t, { env: { OVERCOAT_TEST_INSTALL: 'no' } });
    assert.match(stdout, /OVERCOAT_TEST_INSTALL=no/);
    assert.deepEqual(calls, []);
  });

  test('installs nothing without root', async (t) => {
    const { stdout, calls } = await run(t, { uid: 1000 });
    assert.match(stdout, /without root: the tests that need them will be skipped/);
    assert.deepEqual(calls, []);
  });
});
