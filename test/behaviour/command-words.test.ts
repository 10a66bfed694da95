/** What commands say of a wrong start is in the words of the command line; what `check` says can be read by programs. */
// Tests: src/cli/tables/source.ts
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { closedPort, listen } from '../support/net/tcp.ts';
import { clientSection, verified } from '../support/overcoat/config-text.ts';
import { ROOT, runOvercoat } from '../support/overcoat/daemon.ts';
import { runProgram } from '../support/program.ts';
import { tempFolder } from '../support/temp.ts';

const NOWHERE = '/nowhere/at-all.pem';

suite('a command that cannot start', () => {
  for (const [flag, args] of [
    ['--ca', (accept: string) => ['client', accept, 'localhost:1', '--ca', NOWHERE]],
    ['--pin', (accept: string) => ['client', accept, 'localhost:1', '--pin', NOWHERE]],
    ['--cert', (accept: string) => ['server', accept, '1', '--cert', NOWHERE]],
    ['--check', () => ['pin', 'localhost:1', '--check', NOWHERE]],
  ] as const) {
    test(`names ${flag}`, async () => {
      const { code, stderr } = await runOvercoat(args(String(await closedPort())));
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`^overcoat: ${flag} ${NOWHERE}: No such file or directory; .+\n$`));
    });
  }

  for (const [flag, args] of [
    ['--ca', ['client', '127.0.0.1:0', 'localhost:1', '--ca', ROOT]],
    ['--pin', ['client', '127.0.0.1:0', 'localhost:1', '--pin', ROOT]],
    ['--cert', ['server', '127.0.0.1:0', '1', '--cert', ROOT]],
    ['--check', ['pin', 'localhost:1', '--check', ROOT]],
    ['--name-map', ['exec', '--name-map', ROOT, '--', 'true']],
  ] as const) {
    test(`wants a file for ${flag}, and names no option that is no flag`, async () => {
      const { code, stderr } = await runOvercoat(args);
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`^overcoat: ${flag} ${ROOT}: .*is a directory; name one file\n$`, 'i'));
    });
  }

  test('names the variable that a file of the system store comes from', async (t) => {
    const file = join(tempFolder(t), 'file');
    writeFileSync(file, '');
    const { stderr } = await runOvercoat(['client', '127.0.0.1:0', 'localhost:1'], { SSL_CERT_DIR: file, SSL_CERT_FILE: undefined });
    assert.equal(
      stderr,
      `overcoat: SSL_CERT_DIR ${file}: it is a file; give it to SSL_CERT_FILE; a directory prepared with \`openssl rehash\` is needed\n`,
    );
  });

  test('names ACCEPT', async (t) => {
    const { port } = await listen(t);
    const { code, stderr } = await runOvercoat(['client', String(port), 'localhost:1', '--pin', `sha256:${'A'.repeat(43)}=`]);
    assert.equal(code, 1);
    assert.match(stderr, /stop it, or change ACCEPT\n$/);
  });
});

suite('an answer', () => {
  const redirected = (script: string) => runProgram(['sh', '-c', script, join(ROOT, 'bin/overcoat')]);

  test('that does not go where it should is a failure: cut off it would look whole', async () => {
    const { code, stderr } = await redirected('"$0" options --json >/dev/full');
    assert.equal(code, 1);
    assert.match(stderr, /^overcoat: Standard output cannot be written: No space left on device \(28\); .+\n$/);
  });

  test('whose reader has enough of it is none', async () => {
    const { stderr } = await redirected('{ "$0" options --json; echo "$?" >&2; } | true');
    assert.equal(stderr, '0\n');
  });
});

suite('check', () => {
  const checked = (input: string, ...flags: readonly string[]) =>
    runProgram([join(ROOT, 'bin/overcoat'), 'check', '-', ...flags], { input: Buffer.from(input) });

  test('reads standard input', async () => {
    const { code, stdout } = await checked(clientSection('svc', { connect: 1, ...verified() }));
    assert.deepEqual([code, stdout], [0, 'fd:0: ok, 1 service\n']);
  });

  test('says what is wrong in JSON', async () => {
    const { code, stdout } = await checked(`${clientSection('svc', { connect: 1 })}nonsense = 1\n`, '--json');
    assert.equal(code, 1);
    const said = JSON.parse(stdout) as { file: string; usable: boolean; problems: { code: string; severity: string; line: number }[] };
    assert.deepEqual([said.file, said.usable], ['fd:0', false]);
    const unknown = said.problems.find((problem) => problem.code === 'config_unknown_option');
    assert.deepEqual([unknown?.severity, unknown?.line], ['error', 5]);
  });

  test('and what is right', async () => {
    const { code, stdout } = await checked(clientSection('svc', { connect: 1, ...verified() }), '--json');
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { file: 'fd:0', usable: true, services: 1, problems: [] });
  });
});
