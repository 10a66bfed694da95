/** The Debian packages as files, around a stand-in for the executable. That they install and serve is shown by test/release/deb.test.ts. */
// Tests: tools/package/deb.ts, tools/package/debian/
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { overcoatVersion } from '../../src/self.ts';
import { writeDebs } from '../../tools/package/deb.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { outputOf, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const UNITS = ['overcoat@.service', 'overcoat-gateway.service'];
/** What the groups of systemd 252 have of the calls by which a process fences itself in (`systemd-analyze syscall-filter`). */
const GROUPS: ReadonlyMap<string, readonly string[]> = new Map([
  ['@system-service', ['capset']],
  ['@privileged', ['capset']],
]);

suite('the Debian packages', { skip: requires({ commands: ['dpkg-deb'] }) }, () => {
  const end = suiteEnd();
  let folder: string;
  let names: readonly string[];
  const build = (into: string): readonly string[] => {
    const { overcoat } = writeFiles(tempFolder(end), { overcoat: '#!/bin/sh\n' });
    return writeDebs(into, { executable: overcoat, architecture: 'amd64', revision: 1, licences: 'a 1, in\n', time: 1_000_000_000 });
  };
  before(() => {
    folder = tempFolder(end);
    names = build(folder);
  });

  test('are two, with the version in their names', () => {
    const version = `${overcoatVersion()}-1`;
    assert.deepEqual(names, [`overcoat_${version}_amd64.deb`, `overcoat-stunnel_${version}_all.deb`]);
  });

  test('are the same bytes again, whatever the rights of new files', (t) => {
    const again = tempFolder(t);
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    for (const name of build(again)) assert.ok(readFileSync(join(again, name)).equals(readFileSync(join(folder, name))), name);
  });

  test('belong to root, and have what a system looks for where it looks', async () => {
    const listed = (await Promise.all(names.map((name) => outputOf(['dpkg-deb', '--contents', join(folder, name)])))).join('');
    for (const line of listed.trim().split('\n')) assert.match(line, /^\S+ root\/root /);
    for (const path of [
      '/usr/bin/overcoat',
      '/usr/bin/stunnel4 -> overcoat',
      '/usr/share/man/man1/overcoat.1.gz',
      '/usr/share/man/man8/overcoat-stunnel.8.gz',
      '/usr/share/bash-completion/completions/overcoat',
      '/usr/share/zsh/vendor-completions/_overcoat',
      '/usr/share/fish/vendor_completions.d/overcoat.fish',
      '/usr/lib/tmpfiles.d/overcoat.conf',
      '/etc/logrotate.d/overcoat',
      '/etc/overcoat/keys/',
      ...UNITS.map((unit) => `/usr/lib/systemd/system/${unit}`),
    ])
      assert.ok(listed.includes(` .${path}\n`), path);
  });

  test('upgrade every service that runs, in the folder that its unit gives it, and say which could not be', async (t) => {
    const system = tempFolder(t);
    const units = ['overcoat@mail-out.service', String.raw`overcoat@a\x2db.service`, 'overcoat@bad.service'];
    const tools = {
      systemctl: `case "$*" in *list-units*) printf '%s loaded active running\n' ${units.map((unit) => `'${unit}'`).join(' ')} ;; *is-active*) exit 3 ;; esac`,
      overcoat: 'echo "$* $RUNTIME_DIRECTORY"; case $RUNTIME_DIRECTORY in *-bad) exit 1 ;; esac',
      ...Object.fromEntries(['getent', 'chown', 'chmod', 'install'].map((name) => [name, 'exit 0'])),
    };
    for (const [name, text] of Object.entries(tools)) writeFileSync(join(system, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    const script = readFileSync(join(ROOT, 'tools/package/debian/overcoat.postinst'), 'utf8').replaceAll('/run/systemd/system', system);
    const { code, stdout } = await runProgram(['sh', '-c', script, 'postinst', 'configure', '1.0-1'], {
      env: { ...process.env, PATH: `${system}:${process.env['PATH']}` },
    });
    assert.deepEqual(
      [code, stdout.split('\n')],
      [
        0,
        [
          'upgrade /run/overcoat-mail-out',
          String.raw`upgrade /run/overcoat-a\x2db`,
          'upgrade /run/overcoat-bad',
          'overcoat: overcoat@bad.service is still served by version 1.0-1; to change: systemctl restart overcoat@bad.service',
          '',
        ],
      ],
    );
  });
});

test('the unit lets a process fence itself in, whatever the filters of an older systemd leave out', () => {
  const unit = readFileSync(join(ROOT, 'tools/package/debian/overcoat@.service'), 'utf8');
  const wanted = ['capset', 'landlock_create_ruleset', 'landlock_add_rule', 'landlock_restrict_self', 'seccomp'];
  const allowed = new Set<string>();
  // In the order of the lines, as systemd.exec(5) has it.
  for (const [, not = '', names = ''] of unit.matchAll(/^SystemCallFilter=(~?)(.*)$/gm)) {
    for (const name of names.split(' ').flatMap((each) => GROUPS.get(each) ?? [each])) {
      if (not === '') allowed.add(name);
      else allowed.delete(name);
    }
  }
  for (const call of wanted) assert.ok(allowed.has(call), call);
});

suite('the units of the Debian package', { skip: requires({ packages: ['systemd'] }) }, () => {
  test('are what systemd understands, and confine a service', async (t) => {
    const folder = tempFolder(t);
    for (const unit of UNITS) {
      const text = readFileSync(join(ROOT, 'tools/package/debian', unit), 'utf8').replaceAll(
        '/usr/bin/overcoat',
        join(ROOT, 'bin/overcoat'),
      );
      // Its pages are not installed here.
      writeFiles(folder, { [unit.replace('@', '@x')]: text.replace(/^Documentation=.*\n/m, '') });
    }
    const files = UNITS.map((unit) => join(folder, unit.replace('@', '@x')));
    const { code, stderr } = await runProgram(['systemd-analyze', 'verify', ...files]);
    assert.deepEqual([code, stderr.split('\n').filter((line) => line.includes('overcoat'))], [0, []]);
    // `--threshold` counts tenths: the exit code says whether it is exceeded.
    const judged = await runProgram(['systemd-analyze', 'security', '--offline=true', '--threshold=20', files[0] ?? '']);
    assert.equal(judged.code, 0, judged.stdout.split('\n').slice(-3).join('\n'));
  });
});
