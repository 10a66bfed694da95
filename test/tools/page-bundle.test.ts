/** The page of a package: the same addresses as from a checkout, one script that needs no other, and the licences of what is in it. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { pageFiles } from '../../src/status/http/page-files.ts';
import { PAGE_MAIN, pageAddress } from '../../src/status/http/page-parts.ts';
import { bundledPage, pageInside } from '../../tools/package/page-bundle.ts';
import { ROOT } from '../../tools/sources.ts';

test('a package has what a checkout has, and its one script imports nothing', async () => {
  const inputs: string[] = [];
  const [bundled, loose] = [await bundledPage((files) => inputs.push(...files)), await pageFiles()];
  for (const [path, { type, body }] of bundled) {
    assert.equal(loose.get(path)?.type, type, path);
    assert.ok(path === pageAddress(PAGE_MAIN) || path === '/' || loose.get(path)?.body === body, path);
  }
  const others = [...loose.keys()].filter((path) => !path.endsWith('.js'));
  assert.deepEqual([...bundled.keys()].filter((path) => !path.endsWith('.js')).sort(), others.sort());
  const script = bundled.get(pageAddress(PAGE_MAIN))?.body ?? '';
  assert.ok(script.length > 40_000 && script.length < 150_000, `${script.length} characters`);
  assert.doesNotMatch(script, /\bimport\s*["'({]|https?:\/\/(?!www\.w3\.org)/);
  for (const name of ['preact', 'htm', 'uplot'])
    assert.ok(
      inputs.some((file) => file.startsWith(`node_modules/${name}/`)),
      name,
    );
});

test('it stands in the place of the module that reads a checkout', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'overcoat-page-'));
  try {
    const outfile = join(folder, 'files.mjs');
    const plugins = [pageInside(() => undefined)];
    await build({
      absWorkingDir: ROOT,
      entryPoints: ['src/status/http/page-files.ts'],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      plugins,
    });
    assert.doesNotMatch(readFileSync(outfile, 'utf8'), /stripTypeScriptTypes/);
    const { pageFiles: inside } = (await import(pathToFileURL(outfile).href)) as { readonly pageFiles: typeof pageFiles };
    assert.match((await inside()).get('/')?.body ?? '', /<title>Overcoat<\/title>/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
