/**
 * The npm package as `npm run package` makes it, standing where npm would put it, with the dependencies of the checkout: every entry
 * of its bundle starts. That npm installs it is shown by test/release/package.test.ts.
 */
// Tests: src/self.ts
import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import type { Entry } from '../../src/self.ts';
import { ENTRIES, overcoatVersion, ownPackages } from '../../src/self.ts';
import { NATIVE_PACKAGES, PACKAGES_APART } from '../../tools/package/bundle.ts';
import { writeCaches } from '../../tools/package/code-cache.ts';
import { installedMachine } from '../../tools/package/machines.ts';
import { stagePackage } from '../../tools/package/npm-package.ts';
import { cacheName, loaderName, programName } from '../../tools/package/program-files.ts';
import type { Program as BundledProgram } from '../../tools/package/run-program.ts';
import { run } from '../../tools/package/run-program.ts';
import { RUNTIME_OPTIONS } from '../../tools/package/single.ts';
import { collect, echoServer, pattern, readExactly } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { optionLines, serverSection } from '../support/overcoat/config-text.ts';
import { outputOf, Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

suite('the npm package', () => {
  const end = suiteEnd();
  let root: string;
  before(async () => {
    root = join(tempFolder(end), 'lib/node_modules/overcoat');
    mkdirSync(root, { recursive: true });
    await stagePackage(root);
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  });
  const overcoat = (): string => join(root, 'bin/overcoat');

  test('has a program with its cache for each entry, a program for what few of them load, and no TypeScript', () => {
    const entries = Object.keys(ENTRIES);
    const ofEntries = entries.flatMap((entry) => [programName(entry), cacheName(entry, process.arch)]);
    const loaders = entries.filter((entry) => entry !== 'version').map(loaderName); // which that of main runs
    assert.deepEqual(readdirSync(join(root, 'lib')).sort(), [...loaders, ...ofEntries, ...PACKAGES_APART.map(programName)].sort());
    for (const name of entries.map(programName)) {
      const { size } = statSync(join(root, 'lib', name));
      assert.ok(size < 2.5 * 2 ** 20, `${name} has ${size} bytes, which each of its processes reads`);
    }
    const folders = readdirSync(root).filter((name) => name !== 'node_modules' && statSync(join(root, name)).isDirectory());
    const files = folders.flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }));
    assert.deepEqual(
      files.filter((path) => /\.[cm]?ts$/.test(path)),
      [],
    );
  });

  test('asks for nothing that is for development or part of the bundle, whose licences it has', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, object>;
    assert.deepEqual(Object.keys(manifest['dependencies'] ?? {}), NATIVE_PACKAGES);
    assert.ok(!['scripts', 'devDependencies', 'engines', 'files'].some((field) => field in manifest));
    const licences = readFileSync(join(root, 'LICENSE-BUNDLED'), 'utf8');
    for (const name of ownPackages()) assert.equal(licences.includes(`${name} `), !NATIVE_PACKAGES.includes(name), name);
  });

  test('compiles with its file what a daemon runs at its start', () => {
    for (const [entry, path] of [
      ['main', 'src/daemon/start.ts'],
      ['worker', 'src/connection/handle.ts'],
    ] as const)
      assert.ok(readFileSync(join(root, 'lib', programName(entry)), 'utf8').includes(`= __esm({\n  "${path}": (() => {\n`), path);
  });

  test('loads no module of Node before it is needed', () => {
    const text = readFileSync(join(root, 'lib', programName('main')), 'utf8');
    assert.deepEqual(text.match(/^(?:import .*|.*[^.]\brequire\(["'].*)/gm), null);
  });

  test('brings caches that its runtime takes with the options of the launcher, and that are the same at every build', async (t) => {
    const again = tempFolder(t);
    cpSync(join(root, 'lib'), again, { recursive: true });
    writeCaches(again, installedMachine());
    for (const entry of Object.keys(ENTRIES) as Entry[]) {
      const cache = join(root, 'lib', cacheName(entry, process.arch));
      assert.ok(readFileSync(cache).equals(readFileSync(join(again, cacheName(entry, process.arch)))), entry);
      const ask = `const { Script } = require('node:vm'); const { readFileSync } = require('node:fs');
        const text = readFileSync(${JSON.stringify(join(root, 'lib', programName(entry)))}, 'latin1');
        console.log(new Script(text, { cachedData: readFileSync(${JSON.stringify(cache)}) }).cachedDataRejected);`;
      assert.equal(await outputOf([process.execPath, ...RUNTIME_OPTIONS, '-e', ask]), 'false\n', entry);
    }
  });

  test('has in the program of a package what the package exports', () => {
    const require = createRequire(import.meta.url);
    for (const name of PACKAGES_APART) {
      const program = require(join(root, 'lib', programName(name))) as BundledProgram;
      const here = { url: 'file:///', resolve: () => '', beside: () => undefined };
      assert.deepEqual(Object.keys(run(program, here) as object).sort(), Object.keys(require(name) as object).sort(), name);
    }
  });

  test('starts without its caches too, as on another processor', async (t) => {
    const bare = join(tempFolder(t), 'overcoat');
    cpSync(root, bare, { recursive: true, filter: (path) => !path.endsWith('.cache') && !path.endsWith('/node_modules') });
    symlinkSync(join(ROOT, 'node_modules'), join(bare, 'node_modules'));
    assert.match(await outputOf([join(bare, 'bin/overcoat'), '--version']), new RegExp(`^overcoat ${overcoatVersion()} `));
    assert.match(await outputOf([join(bare, 'bin/overcoat'), '--help']), /exec/);
  });

  test('knows its version', async () => {
    assert.match(await outputOf([overcoat(), '--version']), new RegExp(`^overcoat ${overcoatVersion()} `));
  });

  test('serves with several workers in an empty folder, in the background, as another user', {
    skip: requires({ root: true, linux: true }),
  }, async (t) => {
    const backend = await echoServer(t);
    const folder = tempFolder(t);
    const jail = join(folder, 'jail');
    mkdirSync(jail);
    chmodSync(jail, 0o777);
    const { conf } = writeFiles(folder, {
      conf:
        optionLines({ debug: 7, workers: 2, chroot: jail, setuid: 'nobody', output: '/log', pid: '/pid' }) +
        serverSection('svc', { connect: backend.port }),
    });
    await outputOf([overcoat(), 'run', conf]);
    const pid = Number(readFileSync(join(jail, 'pid'), 'utf8'));
    t.after(() => process.kill(pid, 'SIGKILL'));
    const log = (): string => readFileSync(join(jail, 'log'), 'utf8');
    const [, port] = /Service \[svc\] bound to 127\.0\.0\.1:(\d+)/.exec(log()) ?? [];
    for (const seed of [1, 2, 3, 4]) {
      const socket = await dialTls(t, Number(port), { rejectUnauthorized: false });
      const bytes = pattern(seed);
      socket.write(bytes);
      assert.ok((await readExactly(socket, bytes.length)).equals(bytes));
      socket.destroy();
    }
    assert.doesNotMatch(log(), /INTERNAL ERROR/);
  });

  test('starts programs on a terminal', { skip: requires({ linux: true }) }, async (t) => {
    const { conf } = writeFiles(tempFolder(t), {
      conf:
        optionLines({ foreground: true, debug: 7, pid: '' }) +
        serverSection('run', { exec: '/bin/sh', execArgs: "sh -c 'tty'", pty: true }),
    });
    const daemon = new Program([overcoat(), 'run', conf]);
    t.after(() => daemon.kill('SIGKILL'));
    const [, port] = await daemon.saw(/Service \[run\] bound to 127\.0\.0\.1:(\d+)/);
    const socket = await dialTls(t, Number(port), { rejectUnauthorized: false });
    assert.match((await collect(socket)).toString(), /^\/dev\/pts\/\d+/);
  });

  test('wraps a command, and ends as it ended', { skip: requires({ netns: true }) }, async () => {
    assert.equal((await runProgram([overcoat(), 'exec', '--', 'sh', '-c', 'exit 3'])).code, 3);
  });
});
