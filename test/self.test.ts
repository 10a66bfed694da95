import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Entry } from '../src/self.ts';
import {
  entryCommand,
  entryModule,
  modulesBelow,
  overcoatVersion,
  ownCommand,
  ownPackages,
  requirePackage,
  workerCommand,
} from '../src/self.ts';
import { ROOT } from './support/overcoat/checkout.ts';
import { runProgram } from './support/program.ts';
import { tempFolder } from './support/temp.ts';

const HELPERS = ['version', 'worker', 'exec-helper', 'terminal-starter', 'test-peer'] as const satisfies readonly Entry[];

suite('this program', () => {
  test('starts itself again, with the options of this runtime', async () => {
    const { code, stdout } = await runProgram([...ownCommand('--version')]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^overcoat ${overcoatVersion().replaceAll('.', '\\.')} `));
    assert.deepEqual(ownCommand('a').slice(1, -2), process.execArgv);
    assert.deepEqual(workerCommand(), [process.execPath, ...process.execArgv, entryModule('worker').pathname]);
  });

  test('knows where each of its entries begins', () => {
    for (const entry of ['main', ...HELPERS] as const) assert.notEqual(readFileSync(entryModule(entry), 'utf8'), '', entry);
    for (const entry of HELPERS.filter((each) => each !== 'worker'))
      assert.deepEqual(entryCommand(entry, 'a', 'b'), [process.execPath, entryModule(entry).pathname, 'a', 'b'], entry);
  });

  test('may stand in a folder whose name a URL would spell otherwise', async (t) => {
    const folder = join(tempFolder(t), 'a b%é#?');
    for (const file of ['src/self.ts', 'src/embedded.ts']) cpSync(join(ROOT, file), join(folder, file));
    cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    const self = (await import(pathToFileURL(join(folder, 'src/self.ts')).href)) as typeof import('../src/self.ts');
    assert.equal(self.entryCommand('exec-helper')[1], join(folder, 'src/exec/helper.ts'));
    assert.equal(self.ownCommand().at(-1), join(folder, 'src/cli/main.ts'));
    assert.equal(self.overcoatVersion(), overcoatVersion());
    assert.equal(self.modulesBelow(['.']).length, 2);
  });

  test('knows its version and its packages', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string; dependencies: object };
    assert.equal(overcoatVersion(), manifest.version);
    assert.deepEqual(ownPackages(), Object.keys(manifest.dependencies));
    assert.notEqual(requirePackage('koffi'), undefined);
  });

  test('lists its modules without those that do their work when they are loaded', () => {
    const names = modulesBelow(['daemon', 'programs']).map(({ pathname }) => pathname.slice(join(ROOT, 'src/').length));
    assert.ok(names.includes('daemon/workers/supervisor/pool.ts'));
    assert.ok(names.includes('programs/program.ts'));
    for (const entry of HELPERS) assert.ok(!names.some((name) => entryModule(entry).pathname.endsWith(`/${name}`)), entry);
  });
});
