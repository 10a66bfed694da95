/**
 * How the commands of npm bring in the library that the runtime needs, in a checkout whose `node` is a script that fails as the
 * loader does until `apt-get install` has run, and with apt-get and id replaced by scripts.
 */
import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { ROOT } from '../support/overcoat/checkout.ts';
import { runProgram } from '../support/program.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

interface Machine {
  readonly uid?: number;
  /** What the runtime lacks. */
  readonly library?: string;
  /** Whether `apt-get install` helps. */
  readonly installs?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

async function run(t: TestContext, { uid = 0, library = 'libatomic.so.1', installs = true, env = {} }: Machine) {
  const folder = tempFolder(t);
  for (const name of ['bin', 'tools']) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  const loader = `node: error while loading shared libraries: ${library}: cannot open shared object file: No such file or directory`;
  const scripts = writeFiles(folder, {
    'node_modules/.bin/node': `#!/bin/sh\n[ -e ${folder}/library ] || { echo '${loader}' >&2; exit 127; }\n`,
    'stubs/apt-get': `#!/bin/sh\necho "$*" >>${folder}/calls\necho 'what apt-get says'\n[ "$1" = update ] || ${installs ? `touch ${folder}/library` : 'exit 100'}\n`,
    'stubs/id': `#!/bin/sh\necho ${uid}\n`,
    'stubs/npm': '#!/bin/sh\necho npm "$@"\n',
  });
  for (const script of Object.values(scripts)) chmodSync(script, 0o755);
  const { code, stdout, stderr } = await runProgram(['sh', '-c', '. tools/setup.sh; install_dependencies'], {
    cwd: folder,
    env: { ...process.env, OVERCOAT_TEST_INSTALL: 'yes', ...env, PATH: `${join(folder, 'stubs')}:${process.env['PATH']}` },
  });
  const calls = existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n') : [];
  return { code, stdout, stderr, calls };
}

const SAYS =
  /^overcoat: its Node\.js runtime needs the library libatomic\.so\.1, which this system lacks; install the package libatomic1 \(as root: apt-get install -y libatomic1\)\n$/;

suite('a library that the runtime needs', () => {
  test('is installed by root, and announced', async (t) => {
    const { code, stdout, stderr, calls } = await run(t, {});
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^Installing the Debian package libatomic1: the Node\.js runtime needs its libatomic\.so\.1 \.\.\.\n/);
    assert.deepEqual(calls, ['update', 'install -y --no-install-recommends libatomic1']);
  });

  test('is named in one line to others, and where nothing may be installed', async (t) => {
    for (const machine of [{ uid: 1000 }, { env: { OVERCOAT_TEST_INSTALL: 'no' } }]) {
      const { code, stdout, stderr, calls } = await run(t, machine);
      assert.deepEqual([code, stdout, calls], [1, '', []]);
      assert.match(stderr, SAYS);
    }
  });

  test('is named after what apt-get said when installing it did not help', async (t) => {
    const { code, stderr } = await run(t, { installs: false });
    assert.equal(code, 1);
    assert.match(stderr, /^what apt-get says\n/);
    assert.match(stderr.slice(stderr.indexOf('overcoat:')), SAYS);
  });

  test('is named also where we do not know its package', async (t) => {
    const { code, stderr, calls } = await run(t, { library: 'libnew.so.9' });
    assert.deepEqual([code, calls], [1, []]);
    assert.match(stderr, /^overcoat: .* the library libnew\.so\.9, which this system lacks; install the package that has it\n$/);
  });
});

suite('a command of npm', () => {
  const npm = (script: string, ...words: readonly string[]) => runProgram(['sh', `tools/${script}.sh`, ...words], { cwd: ROOT });

  for (const script of ['test', 'check', 'package', 'fuzz'])
    test(`says its words and does nothing else where it is asked for help (${script})`, async () => {
      const { code, stdout, stderr } = await npm(script, '--help');
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, new RegExp(`^\`npm (run )?${script}[^#]+\\n$`));
    });

  test('says that no file matches, and does not run all of them', async () => {
    const { code, stdout, stderr } = await npm('fuzz', 'no-such-subject');
    assert.deepEqual([code, stdout, stderr], [1, '', 'fuzz: no file of test/fuzz matches: no-such-subject\n']);
  });
});
