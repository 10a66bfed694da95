/** What the check of the supply chain finds: in lists and lock files made for the purpose, and in a package of which a file was changed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { Advisory, KnownVulnerabilities } from '../../tools/supply/affected.ts';
import { affecting, compare, daysBetween, faults } from '../../tools/supply/affected.ts';
import { compareInstalled } from '../../tools/supply/compare-installed.ts';
import type { Lock } from '../../tools/supply/lock.ts';
import { lockFaults } from '../../tools/supply/lock.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const advisory: Advisory = {
  component: 'openssl',
  affects: '3.5.0',
  fixedIn: '3.5.9',
  published: '2026-09-29',
  severity: 'high',
  about: 'x',
  cves: ['CVE-2026-35189'],
  reaches: 'yes',
  why: 'peers send certificates',
};

suite('known vulnerabilities', () => {
  test('versions are compared by their numbers', () => {
    assert.ok(compare('3.5.10', '3.5.9') > 0);
    assert.ok(compare('26.9.0', '26.10.0') < 0);
    assert.equal(compare('3.5.8+quic', '3.5.8'), 0);
    assert.equal(compare('3.5', '3.5.0'), 0);
  });

  test('a version is affected from the first of its line to the one before the fix', () => {
    const affected = (openssl: string): boolean => affecting([advisory], { node: '26.0.0', openssl }).length === 1;
    assert.deepEqual(['3.4.9', '3.5.0', '3.5.8', '3.5.9', '3.5.10', '3.6.0'].map(affected), [false, true, true, false, false, false]);
  });

  test('the kept list is readable, and says of each what it means for us', () => {
    const kept = JSON.parse(readFileSync(join(ROOT, 'tools/supply/known-vulnerabilities.json'), 'utf8')) as KnownVulnerabilities;
    assert.deepEqual(faults(kept), []);
    assert.deepEqual(new Set(kept.advisories.map(({ component }) => component)), new Set(['node', 'openssl']));
  });

  test('a row that says nothing is a fault', () => {
    const kept = { reviewed: 'soon', advisories: [{ ...advisory, cves: ['CVE-2026-x'], fixedIn: '3.5.0', why: ' ' }] };
    assert.equal(faults(kept).length, 4);
    assert.deepEqual(faults({ reviewed: '2026-11-29', advisories: [] }), ['names no advisory']);
  });

  test('days are whole ones', () => {
    assert.equal(daysBetween('2026-11-29', new Date('2026-12-30T23:00:00Z')), 31);
  });
});

suite('the lock file', () => {
  const good = { version: '1.0.0', integrity: 'sha512-x' };
  const scripts: Lock = {
    'node_modules/koffi': { ...good, hasInstallScript: true },
    'node_modules/esbuild': { ...good, hasInstallScript: true },
  };
  const faultsOf = (lock: Lock, npmrc = 'ignore-scripts=true\n'): string[] => lockFaults({ '': {}, ...scripts, ...lock }, npmrc);

  test('passes with a checksum for each package, from wherever npm itself fetches', () => {
    assert.deepEqual(faultsOf({ 'node_modules/a': { ...good, resolved: 'https://registry.npmjs.org/a/-/a-1.0.0.tgz' } }), []);
  });

  for (const [what, locked, fault] of [
    ['no checksum', { version: '1.0.0' }, /has no SHA-512 checksum/],
    ['a weak checksum', { version: '1.0.0', integrity: 'sha1-x' }, /has no SHA-512 checksum/],
    ['another registry', { ...good, resolved: 'https://example.org/a.tgz' }, /comes from https:\/\/example\.org\/a\.tgz/],
    ['a registry in clear', { ...good, resolved: 'http://registry.npmjs.org/a.tgz' }, /comes from http:/],
    ['a repository', { ...good, resolved: 'git+ssh://git@example.org/a.git#1' }, /comes from git/],
    ['an install script', { ...good, hasInstallScript: true }, /has an install script/],
  ] as const) {
    test(`${what} is found, also below another package`, () => {
      const found = faultsOf({ 'node_modules/b/node_modules/@x/a': locked });
      assert.match(found.join('\n'), fault);
      assert.equal(found.length, 1);
    });
  }

  test('so is a setting that would run scripts or fetch elsewhere', () => {
    assert.match(faultsOf({}, '').join('\n'), /ignore-scripts=true is missing/);
    assert.match(faultsOf({}, 'ignore-scripts=true\n@x:registry=http://a.test\n').join('\n'), /own registry/);
    assert.match(faultsOf({}, 'ignore-scripts=true\nstrict-ssl=false\n').join('\n'), /between/);
  });
});

suite('installed files', () => {
  test('are those of the package', (t) => {
    const { root, cache, lock } = installed(t);
    assert.deepEqual(compareInstalled(lock, root, cache), { compared: 1, missing: [], changed: [] });
  });

  test('one that was changed, added or taken away is named', (t) => {
    const { root, cache, lock } = installed(t);
    writeFiles(root, { 'node_modules/@x/a/index.js': 'two', 'node_modules/@x/a/evil.js': '' });
    renameSync(join(root, 'node_modules/@x/a/package.json'), join(root, 'away'));
    assert.deepEqual(compareInstalled(lock, root, cache).changed.toSorted(), [
      '@x/a@1.0.0: evil.js did not come with it',
      '@x/a@1.0.0: index.js is not as it came',
      '@x/a@1.0.0: package.json is not as it came',
    ]);
  });

  test('what no line of the lock file names is named, wherever the runtime would find it', (t) => {
    const { root, cache, lock } = installed(t);
    const strange = [
      '@x/b/index.js',
      'b/index.js',
      'c.js',
      '@x/a/node_modules/@y/d/index.js',
      '@x/a/node_modules/b/node_modules/e/index.js',
    ];
    writeFiles(join(root, 'node_modules'), Object.fromEntries([...strange, '.bin/x', '.package-lock.json'].map((name) => [name, ''])));
    const named = strange.map((name) => `node_modules/${name.replace('/index.js', '')}`);
    assert.deepEqual(
      compareInstalled(lock, root, cache)
        .changed.map((sentence) => sentence.replace(/ is in no line of package-lock\.json: .*/, ''))
        .toSorted(),
      named.toSorted(),
    );
  });

  test('a cache that was changed is no proof', (t) => {
    const { root, cache, lock, cached } = installed(t);
    writeFileSync(cached, 'x');
    assert.match(compareInstalled(lock, root, cache).changed.join(), /the copy in npm's cache has the checksum/);
  });

  test('what was not compared is said', (t) => {
    const { root, lock } = installed(t);
    assert.deepEqual(compareInstalled(lock, root, join(root, 'none')).missing, ['@x/a@1.0.0']);
  });
});

/** A package in npm's cache and in node_modules, with another one installed within it. */
function installed(t: TestContext): { root: string; cache: string; cached: string; lock: Lock } {
  const root = tempFolder(t);
  const files = { 'package.json': '{}', 'index.js': 'one' };
  writeFiles(join(root, 'packed/package'), files);
  writeFiles(join(root, 'node_modules/@x/a'), { ...files, 'node_modules/b/index.js': 'another package' });
  execFileSync('tar', ['--create', '--gzip', '--file', join(root, 'a.tgz'), '--directory', join(root, 'packed'), 'package']);
  const sum = createHash('sha512')
    .update(readFileSync(join(root, 'a.tgz')))
    .digest();
  const hex = sum.toString('hex');
  const cache = join(root, 'cache');
  const cached = join(cache, '_cacache/content-v2/sha512', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4));
  mkdirSync(dirname(cached), { recursive: true });
  renameSync(join(root, 'a.tgz'), cached);
  const lock = {
    'node_modules/@x/a': { version: '1.0.0', integrity: `sha512-${sum.toString('base64')}` },
    'node_modules/@x/a/node_modules/b': { version: '1.0.0' },
  };
  return { root, cache, cached, lock };
}
