/**
 * One verdict: `overcoat check` refuses what a start refuses and passes what it serves. Every configuration of the tests and of
 * examples/ is given to both, each in namespaces of its own (so any port is free). In fixtures/machine the first line of a file says
 * what to expect: `served`, `refused: OPTION`, or `warned: OPTION` for what stunnel serves although it cannot work: there `check`
 * refuses and a start says the same in the log.
 */
// Tests: src/daemon/process/flaws.ts
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { CastName } from '../support/data/certificates.ts';
import { authority, certificate } from '../support/data/certificates.ts';
import { BIN, ROOT } from '../support/overcoat/checkout.ts';
import type { Finished } from '../support/program.ts';
import { Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const FOLDERS = ['examples', 'test/config/fixtures/valid', 'test/config/fixtures/invalid', 'test/config/fixtures/machine'];

/** What the files name, below the folder they run in. */
const OWN = {
  server: ['server.crt', 'server.pem', 'default.pem', 'mail.pem', 'live.example.org.crt'],
  client: ['client.crt'],
  expired: ['expired.pem'],
  'not-yet-valid': ['not-yet-valid.pem'],
} as const satisfies Partial<Record<CastName, readonly string[]>>;
const AUTHORITIES = ['authority.crt', 'your_certificates.crt', 'ca.pem', 'pinned.pem'];

const skip = requires({ netns: true, commands: ['unshare'] });

/** Ends with its first process, whatever that has started. */
const APART = ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
const place = {
  name: 'namespaces of its own',
  enter: (argv: readonly string[]) => [...APART, 'sh', '-c', 'ip link set lo up; "$@"; exit $?', 'sh', ...argv],
};

/** Writes the configuration and everything it names. */
function lay(t: TestContext, path: string): { readonly folder: string; readonly first: string } {
  const folder = tempFolder(t);
  mkdirSync(join(folder, 'folder/run'), { recursive: true });
  symlinkSync('nowhere', join(folder, 'link-to-nowhere'));
  const own = Object.entries(OWN).flatMap(([cast, names]) => names.map((name) => [name, certificate(cast as CastName).bothFile] as const));
  const trusted = AUTHORITIES.map((name) => [name, authority().certFile] as const);
  const files = Object.fromEntries([...own, ...trusted].map(([name, file]) => [name, readFileSync(file)]));
  const text = readFileSync(join(ROOT, path), 'latin1');
  const here = text
    .replaceAll(/@\/|\/etc\/overcoat\//g, `${folder}/`)
    // Only a log on standard error shows that a daemon serves.
    .replace('foreground = quiet', 'foreground = yes');
  writeFiles(folder, { ...files, 'a.conf': Buffer.from(here, 'latin1') });
  return { folder, first: text.split('\n', 1)[0] ?? '' };
}

/** A daemon serves when its log begins, or its caller was let go. */
async function start(folder: string): Promise<{ readonly serves: boolean; readonly output: string }> {
  const program = new Program([join(BIN, 'overcoat'), 'run', 'a.conf'], { cwd: folder, place });
  const serves = (output: string): true | undefined => /LOG5\[ui\]: Overcoat/.test(output) || undefined;
  const began = await program.until(serves, 60_000);
  if (!program.ended) program.kill('SIGKILL');
  const { code, signal } = await program.finished;
  assert.ok(began || signal === null, `neither served nor ended\n${program.output}`);
  return { serves: began === true || code === 0, output: program.output };
}

function check(folder: string): Promise<Finished> {
  return runProgram([join(BIN, 'overcoat'), 'check', 'a.conf'], { cwd: folder, place });
}

suite('check and start agree', { skip, concurrency: 2 }, () => {
  for (const path of FOLDERS.flatMap((folder) => configurations(folder))) {
    test(path, async (t) => {
      const { folder, first } = lay(t, path);
      const [{ stdout, stderr, code }, { serves, output }] = [await check(folder), await start(folder)];
      assert.equal(stderr, '');
      const both = `check:\n${stdout}\nstart:\n${output}`;
      const [, verdict, option = ''] = /^; (served|refused|warned)(?:: (.*))?$/.exec(first) ?? [];
      assert.equal(verdict !== undefined, path.includes('/machine/'), 'the first line says what to expect');
      if (verdict === 'warned') {
        const [, refusal = ''] = new RegExp(`^a\\.conf:\\d+: ((?:${option}: )?(?!.*warning: ).*)$`, 'm').exec(stdout) ?? [];
        assert.ok(serves && code === 1 && refusal !== '', both);
        assert.ok(output.includes(`LOG4[ui]: Service [s]: ${refusal}`), both);
        return;
      }
      assert.equal(code === 0, serves, both);
      if (verdict !== undefined) assert.equal(verdict, serves ? 'served' : 'refused', both);
      if (verdict === 'refused') assert.match(stdout, new RegExp(`^a\\.conf:\\d+: ${option}: (?!warning)`, 'm'));
      if (!serves) assert.doesNotMatch(stdout, /INTERNAL|^\s+at /m);
    });
  }
});

function configurations(folder: string): readonly string[] {
  const found = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.conf'));
  assert.ok(found.length >= 8, `${folder} has configurations`);
  return found.map((name) => `${folder}/${name}`);
}
