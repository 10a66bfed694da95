/**
 * The two launchers in a checkout of their own whose `node` is a script that tells how it was started. What they must hold: the
 * pinned runtime, through any symlink and from any directory, in the same process, without options meant for other programs.
 */
import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { openCheckout, ROOT } from '../support/overcoat/checkout.ts';
import type { Finished } from '../support/program.ts';
import { Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const TELL = `#!/bin/sh\necho "pid $$"\necho "options \${NODE_OPTIONS-unset} \${NODE_EXTRA_CA_CERTS-unset}"\nfor word in "$@"; do echo "word $word"; done\nexit 7\n`;

const AS_NOBODY = ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups'];

/** Shell that hides the library in the mount namespace it runs in; `$0` is a folder to work in. */
const HIDE_LIBRARY = `library=$(ls /usr/lib/*-linux-gnu/libatomic.so.1); folder=\${library%/*}
mkdir "$0/upper" "$0/work"
mount -t overlay overlay -o "lowerdir=$folder,upperdir=$0/upper,workdir=$0/work" "$folder"
rm "$library"`;

/** A checkout with the real launchers; `node` as asked. Its path has a blank, as some users' have. */
function checkout(t: TestContext, node: 'installed' | 'hoisted' | 'missing' = 'installed'): string {
  const root = join(tempFolder(t), 'a checkout', 'node_modules', 'overcoat');
  mkdirSync(root, { recursive: true });
  cpSync(join(ROOT, 'bin'), join(root, 'bin'), { recursive: true });
  if (node === 'missing') return root;
  const place = join(root, node === 'installed' ? 'node_modules/.bin' : '../.bin');
  const { node: script } = writeFiles(place, { node: TELL });
  chmodSync(script, 0o755);
  return root;
}

function words({ stdout }: Finished): string[] {
  return stdout.split('\n').flatMap((line) => (line.startsWith('word ') ? [line.slice(5)] : []));
}

/** What follows main.ts; before it stand node's own options, of which two are for safety and the others tuning. */
function argumentsAfter(root: string, finished: Finished): string[] {
  const all = words(finished);
  const main = all.indexOf(join(root, 'src/cli/main.ts'));
  const options = all.slice(0, main);
  assert.ok(options.includes('--disable-sigusr1') && options.includes('--disable-proto=delete'), options.join(' '));
  assert.ok(options.every((option) => option.startsWith('--')));
  return all.slice(main + 1);
}

suite('launchers', () => {
  test('run the pinned node with main.ts and the arguments as they are, and pass on its exit code', async (t) => {
    const root = checkout(t);
    const finished = await runProgram([join(root, 'bin/overcoat'), 'run', 'a file', '']);
    assert.equal(finished.code, 7);
    assert.deepEqual(argumentsAfter(root, finished), ['run', 'a file', '']);
  });

  test('overcoat-stunnel says who it is in the first argument', async (t) => {
    const root = checkout(t);
    const finished = await runProgram([join(root, 'bin/overcoat-stunnel'), '-fd', '3']);
    assert.deepEqual(argumentsAfter(root, finished), ['--as-stunnel', '-fd', '3']);
  });

  for (const name of ['overcoat', 'overcoat-stunnel']) {
    test(`${name} is found through chains of relative and absolute symlinks, from PATH and from another directory`, async (t) => {
      const root = checkout(t);
      const folder = tempFolder(t);
      mkdirSync(join(folder, 'sub'));
      symlinkSync(join(root, 'bin', name), join(folder, 'sub/first'));
      symlinkSync('sub/first', join(folder, 'second'));
      const main = join(root, 'src/cli/main.ts');
      for (const argv of [
        [join(folder, 'second')],
        ['./second'],
        ['sh', 'second'],
        ['env', `PATH=${folder}:${process.env['PATH']}`, 'second'],
      ]) {
        assert.ok(words(await runProgram(argv, { cwd: folder })).includes(main), argv.join(' '));
      }
    });

    test(`${name} becomes the daemon: the pid the caller sees is node's`, async (t) => {
      const program = new Program([join(checkout(t), 'bin', name)]);
      const { stdout } = await program.finished;
      assert.match(stdout, new RegExp(`^pid ${program.pid}$`, 'm'));
    });
  }

  test('leaves the daemon neither NODE_OPTIONS nor NODE_EXTRA_CA_CERTS', async (t) => {
    const env = { ...process.env, NODE_OPTIONS: '--inspect', NODE_EXTRA_CA_CERTS: '/etc/passwd' };
    const { stdout } = await runProgram([join(checkout(t), 'bin/overcoat')], { env });
    assert.match(stdout, /^options unset unset$/m);
  });

  test('finds the runtime where npm puts it for a package that depends on Overcoat', async (t) => {
    const finished = await runProgram([join(checkout(t, 'hoisted'), 'bin/overcoat')]);
    assert.equal(finished.code, 7);
  });

  test('names the package of a library that the runtime needs and the system lacks', {
    skip: requires({ root: true, linux: true, packages: ['libatomic1'] }),
  }, async (t) => {
    for (const command of [`${ROOT}/bin/overcoat --version`, `${ROOT}/bin/overcoat-stunnel -version`]) {
      const { code, stdout, stderr } = await runProgram([
        'unshare',
        '--mount',
        'sh',
        '-euc',
        `${HIDE_LIBRARY}; exec ${command}`,
        tempFolder(t),
      ]);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(
        stderr,
        /^overcoat: its Node\.js runtime needs the library libatomic\.so\.1, .* libatomic1 \(as root: apt-get install -y libatomic1\)\n$/,
      );
    }
  });

  test('say what the runtime is made for where its loader is missing, as with another C library', {
    skip: requires({ root: true, linux: true, packages: ['libatomic1'] }),
  }, async (t) => {
    const root = checkout(t);
    writeFiles(root, { 'node_modules/.bin/node': '#!/lib/no-such-loader.so\n' });
    const script = `${HIDE_LIBRARY}; exec "$1" --version`;
    const argv = ['unshare', '--mount', 'sh', '-euc', script, tempFolder(t), join(root, 'bin/overcoat')];
    const { code, stdout, stderr } = await runProgram(argv);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^overcoat: its Node\.js runtime does not start here .* glibc 2\.28 or newer, not for musl \(Alpine\)\n$/);
  });

  test('names the folder that a user may not enter, and the cure', {
    skip: requires({ root: true, linux: true, commands: ['setpriv'] }),
  }, async (t) => {
    const above = join(tempFolder(t), 'shut');
    const root = join(above, 'sub/overcoat');
    mkdirSync(root, { recursive: true });
    cpSync(join(ROOT, 'bin'), join(root, 'bin'), { recursive: true });
    for (const [shut, cwd, commands, cure] of [
      [above, root, ['bin/overcoat', 'sh bin/overcoat', 'bin/overcoat-stunnel'], `chmod o+x ${above}`],
      [root, join(root, 'bin'), ['./overcoat', 'sh overcoat-stunnel'], `chmod -R o+rX ${root}`],
    ] as const) {
      chmodSync(shut, 0o700);
      for (const command of commands) {
        const { code, stderr } = await runProgram([...AS_NOBODY, 'sh', '-c', command], { cwd });
        assert.equal(code, 1, stderr);
        assert.ok(stderr.startsWith(`overcoat: this user may not enter ${shut}, `) && stderr.endsWith(`: ${cure}\n`), stderr);
      }
      chmodSync(shut, 0o755);
    }
  });

  test('start a checkout in a folder that this user may not look into', {
    skip: requires({ root: true, commands: ['setpriv'] }),
  }, async (t) => {
    const cwd = join(tempFolder(t), 'below');
    mkdirSync(cwd);
    chmodSync(join(cwd, '..'), 0o700);
    for (const launcher of ['overcoat', 'overcoat-stunnel']) {
      const { code, stderr } = await runProgram([...AS_NOBODY, join(openCheckout(), 'bin', launcher), 'none'], { cwd });
      assert.equal(code, launcher === 'overcoat' ? 2 : 1, stderr);
      assert.doesNotMatch(stderr, /^\s+at |node:internal/m);
    }
  });

  test('run the bundle of a package, where there is one', async (t) => {
    const root = checkout(t);
    const { 'main.cjs': bundle } = writeFiles(join(root, 'lib'), { 'main.cjs': '' });
    assert.deepEqual(words(await runProgram([join(root, 'bin/overcoat'), 'demo'])).slice(-2), [bundle, 'demo']);
  });

  test('says what to do when the runtime is not installed', async (t) => {
    const root = checkout(t, 'missing');
    const say = async (): Promise<unknown> => {
      const { code, stderr } = await runProgram([join(root, 'bin/overcoat'), '--version']);
      return [code, stderr];
    };
    const what = 'overcoat: the Node.js runtime it needs is not installed';
    assert.deepEqual(await say(), [1, `${what}; run \`npm ci\` in ${root}\n`]);
    writeFiles(join(root, 'lib'), { 'main.cjs': '' });
    assert.deepEqual(await say(), [1, `${what}; install Overcoat again, with its optional dependencies\n`]);
  });
});
