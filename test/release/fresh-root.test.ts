/**
 * The two commands on a system that has nothing but git, certificates, Node.js and npm, from a checkout below root's own folder,
 * which no other user can enter: they install what they need, and say what it is where they may not.
 */
import assert from 'node:assert/strict';
import { chmodSync, cpSync } from 'node:fs';
import { basename, join } from 'node:path';
import { before, suite, test } from 'node:test';
import { ROOT } from '../support/overcoat/checkout.ts';
import type { Finished } from '../support/program.ts';
import { outputOf, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder } from '../support/temp.ts';

const skip = requires({ root: true, linux: true, packages: ['debootstrap'], commands: ['unshare'] });
const NOT_IN_A_CLONE = new Set(['.git', 'node_modules']);
const MINUTES = 60_000;
/** What needs another user, namespaces, the launchers, or packages that apt would only recommend. */
const PIECE = ['bin/', 'netns/exec.test', 'linux/process/capabilities', 'start-failures', 'peers/mail', 'peers/xmpp'];

for (const release of ['bookworm', 'trixie']) {
  suite(`a new ${release} system`, { skip }, () => {
    const ending = suiteEnd();
    let root: string;
    const inside = (command: string): Promise<Finished> => {
      const argv = ['sh', join(ROOT, 'tools/fresh-root.sh'), root, 'sh', '-c', `cd overcoat && ${command}`];
      return runProgram(argv, { env: { ...process.env, OVERCOAT_TEST_INSTALL: 'yes' }, timeoutMs: 20 * MINUTES }); // whatever this run was told
    };

    before(async () => {
      root = join(tempFolder(ending), 'system');
      await outputOf(['sh', join(ROOT, 'tools/fresh-root.sh'), root], { env: { ...process.env, SUITE: release }, timeoutMs: 10 * MINUTES });
      const filter = (path: string): boolean => !NOT_IN_A_CLONE.has(basename(path));
      cpSync(ROOT, join(root, 'root/overcoat'), { recursive: true, filter });
      chmodSync(join(root, 'root'), 0o700);
    });

    test('is told the package that is missing, by `npm start` and the launcher, where nothing may be installed', async () => {
      for (const command of ['OVERCOAT_TEST_INSTALL=no npm start', 'bin/overcoat --version', 'bin/overcoat-stunnel -version']) {
        const { code, stderr } = await inside(command);
        assert.equal(code, 1);
        assert.match(stderr, /^overcoat: .* the library libatomic\.so\.1, .* libatomic1 \(as root: apt-get install -y libatomic1\)\n$/);
      }
    });

    test('runs `npm start`', async () => {
      const { code, stdout, stderr } = await inside('npm start');
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /^Installing the Debian package libatomic1: /m);
      assert.match(stdout, /Everything arrived unchanged\.\n$/);
    });

    test('runs `npm test -- --quick`', async () => assertGreen(await inside('npm test -- --quick')));

    test('runs a piece of `npm test` with the real peers', async () => assertGreen(await inside(`npm test -- ${PIECE.join(' ')}`)));
  });
}

function assertGreen({ code, stdout, stderr }: Finished): void {
  assert.equal(code, 0, stdout.slice(-20_000) + stderr);
  assert.match(stdout, /^[1-9]\d* passed, 0 failed, \d+ skipped\n$/m);
}
