/** The decision whether `npm ci` has to run, on lock files written for the purpose. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { ROOT } from '../support/overcoat/checkout.ts';
import { runProgram } from '../support/program.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

type Packages = Readonly<Record<string, { readonly version: string; readonly integrity: string; readonly optional?: boolean }>>;

async function isCurrent(t: TestContext, wanted: Packages, installed: Packages | undefined): Promise<boolean> {
  const folder = tempFolder(t);
  writeFiles(folder, {
    'package-lock.json': JSON.stringify({ packages: { '': { version: '1' }, ...wanted } }),
    ...(installed && { 'node_modules/.package-lock.json': JSON.stringify({ packages: installed }) }),
  });
  cpSync(join(ROOT, 'tools/dependencies-current.mjs'), join(folder, 'tools/dependencies-current.mjs'));
  const { code, stderr } = await runProgram([process.execPath, join(folder, 'tools/dependencies-current.mjs')]);
  assert.equal(stderr, '');
  return code === 0;
}

const a = { version: '1.0.0', integrity: 'x' };
const optional = { version: '1.0.0', integrity: 'y', optional: true };

test('asks for an install when nothing is installed', async (t) => assert.equal(await isCurrent(t, { a }, undefined), false));
test('asks for an install when a package is missing', async (t) => assert.equal(await isCurrent(t, { a }, {}), false));
test('asks for an install when a version differs', async (t) =>
  assert.equal(await isCurrent(t, { a }, { a: { ...a, version: '1.0.1' } }), false));
test('asks for an install when an optional package is here in another version', async (t) =>
  assert.equal(await isCurrent(t, { optional }, { optional: { ...optional, version: '0.9.0' } }), false));
test('is content when all is there, without the packages of other platforms', async (t) =>
  assert.equal(await isCurrent(t, { a, optional }, { a }), true));
