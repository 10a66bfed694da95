/** `overcoat check` as it is run: what it prints, and its exit code. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { authority, certificate } from '../../support/data/certificates.ts';
import { listen } from '../../support/net/tcp.ts';
import { BIN } from '../../support/overcoat/checkout.ts';
import { clientSection, optionLines } from '../../support/overcoat/config-text.ts';
import type { Finished } from '../../support/program.ts';
import { runProgram } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';
import { tempFolder } from '../../support/temp.ts';

function check(t: TestContext, text: string, ...flags: readonly string[]): Promise<Finished> {
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'a.conf'), text);
  return runProgram([join(BIN, 'overcoat'), 'check', ...flags, 'a.conf'], { cwd: folder });
}

const ARTICLE = `foreground = yes
[my-encryption-service]
client = yes
accept = 1234
connect = www.example.org:443
`;

suite('check', () => {
  test('says everything at once, each with its line, and fails', async (t) => {
    const { stdout, stderr, code } = await check(t, `${ARTICLE}acept = 1\n[t]\nclient = yes\naccept = 2\nTIMEOUTbusy = x\n`);
    assert.deepEqual(stdout.split('\n'), [
      'a.conf:2: verify: warning: nobody verifies the server, so anybody on the way can read and change everything; set verifyChain, verifyPeer or pin',
      'a.conf:4: accept: warning: anybody who reaches this port can use the connection behind it; write accept = 127.0.0.1:PORT',
      'a.conf:6: acept: there is no option "acept"; did you mean accept?',
      'a.conf:7: connect: a service has two ends, usually accept and one of connect, exec, transparent = destination; there is: accept',
      'a.conf:7: verify: warning: nobody verifies the server, so anybody on the way can read and change everything; set verifyChain, verifyPeer or pin',
      'a.conf:9: accept: warning: anybody who reaches this port can use the connection behind it; write accept = 127.0.0.1:PORT',
      'a.conf:10: TIMEOUTbusy: "x" is not a number of seconds; write digits only',
      'a.conf: cannot be used: 3 errors, 4 warnings',
      '',
    ]);
    assert.deepEqual([stderr, code], ['', 1]);
  });

  test('passes a file with warnings, unless they count as errors', async (t) => {
    const relaxed = await check(t, ARTICLE);
    assert.match(relaxed.stdout, /a\.conf: ok, 1 service, 2 warnings\n$/);
    assert.equal(relaxed.code, 0);
    const strict = await check(t, ARTICLE, '--strict');
    assert.match(strict.stdout, /^a\.conf:2: verify: nobody verifies(.|\n)*a\.conf: cannot be used: 2 errors\n$/);
    assert.equal(strict.code, 1);
  });

  test('opens the files beside mistakes in the lines, and more than one of a section', async (t) => {
    const { stdout } = await check(
      t,
      'foo = bar\n[s]\naccept = 1\nconnect = 2\ncert = /no/own.pem\nverify = 2\nCAfile = /no/such.pem\n[t]\naccept = 3\n',
    );
    assert.deepEqual(
      stdout.split('\n').map((line) => line.split(/[;,]/, 1)[0]),
      [
        'a.conf:1: foo: there is no option "foo"',
        'a.conf:5: cert: /no/own.pem: No such file or directory',
        'a.conf:7: CAfile: /no/such.pem: No such file or directory',
        'a.conf:8: cert: a TLS server needs a certificate',
        'a.conf:8: connect: a service has two ends',
        'a.conf: cannot be used: 5 errors',
        '',
      ],
    );
  });

  test('blames the line of the key for a key that does not match', async (t) => {
    const { certFile } = certificate('server');
    const { keyFile } = certificate('rsa');
    const { stdout } = await check(t, `[s]\naccept = 1\nconnect = 2\ncert = ${certFile}\nkey = ${keyFile}\n`);
    assert.match(stdout, /^a\.conf:5: key: .*: Private key does not match the certificate in /);
  });

  test('opens the files that are named, and says what is wrong with them at their line', async (t) => {
    const { stdout, code } = await check(
      t,
      `${ARTICLE}verify = 4\nCAfile = /no/such.pem\n[s]\naccept = 1\nconnect = 2\ncert = /no/own.pem\n`,
    );
    assert.match(stdout, /^a\.conf:7: CAfile: \/no\/such\.pem: No such file/m);
    assert.match(stdout, /^a\.conf:11: cert: \/no\/own\.pem: No such file/m);
    assert.equal(code, 1);
  });

  test('warns about keys that everybody can read', async (t) => {
    const folder = tempFolder(t);
    writeFileSync(join(folder, 'own.pem'), readFileSync(certificate('server').bothFile), { mode: 0o644 });
    const text = `[s]\naccept = 127.0.0.1:1\nconnect = 127.0.0.1:2\ncert = ${folder}/own.pem\n`;
    const relaxed = await check(t, text);
    assert.match(
      relaxed.stdout,
      /^a\.conf:4: cert: warning: Insecure file permissions on .*own\.pem: .* of \[s\]; chmod o-rwx \S+own\.pem$/m,
    );
    assert.equal(relaxed.code, 0);
    assert.equal((await check(t, text, '--strict')).code, 1);
  });

  test('says what a start would refuse, all at once and beside mistakes in the lines', async (t) => {
    const { certFile, keyFile } = certificate('expired');
    const own = `cert = ${certFile}\nkey = ${keyFile}\n`;
    const service = (name: string, accept: string): string => `[${name}]\naccept = ${accept}\nconnect = 2\n`;
    const { stdout, code } = await check(
      t,
      `foreground = yes\npid = /none/pid\noutput = /tmp\n${own}foo = bar\n${service('s', '127.0.0.1:7')}${service('t', '127.0.0.1:7')}`,
    );
    const pinned = stdout.replaceAll(certFile, 'FILE');
    assert.deepEqual(pinned.split('\n').slice(0, -2), [
      'a.conf:2: pid: Cannot create pid file /none/pid: No such file or directory (2); check `pid` and who may write there',
      'a.conf:3: output: Cannot open log file: /tmp: Is a directory (21); check the path, and who may write there',
      'a.conf:4: cert: FILE: the certificate expired on 2021-01-01; renew it: peers that verify refuse it',
      'a.conf:6: foo: there is no option "foo"; `overcoat options` lists those there are',
      'a.conf:11: accept: 127.0.0.1:7: Address already in use (98); service [s] listens there: change `accept` of one of them',
    ]);
    assert.equal(code, 1);
  });

  test('leaves alone what only looks wrong: a port that is taken now, a hashed directory inside the chroot', async (t) => {
    const { port } = await listen(t);
    const jail = tempFolder(t);
    mkdirSync(join(jail, 'no-such-folder-outside'));
    writeFileSync(join(jail, 'no-such-folder-outside/00000000.0'), authority().certificate);
    const trust = { verifyChain: true, checkHost: 'localhost', CApath: '/no-such-folder-outside' };
    const { stdout } = await check(
      t,
      optionLines({ foreground: true, chroot: jail }) + clientSection('s', { accept: port, connect: 1, ...trust }),
    );
    assert.match(stdout, /a\.conf: ok, 1 service/);
  });

  test('of a file that is not there is one line', async () => {
    const { stdout, code } = await runProgram([join(BIN, 'overcoat'), 'check', '/no/such.conf']);
    assert.equal(
      stdout,
      '/no/such.conf: the configuration cannot be read: No such file or directory (2); check the name, and the folders before it\n/no/such.conf: cannot be used: 1 error\n',
    );
    assert.equal(code, 1);
  });

  test('foresees that a reload cannot read what only root may', { skip: requires({ root: true, linux: true }) }, async (t) => {
    const keys = tempFolder(t);
    const { certFile, keyFile } = certificate('server');
    const [cert, key] = [join(keys, 'c.pem'), join(keys, 'k.pem')];
    copyFileSync(certFile, cert);
    copyFileSync(keyFile, key);
    chmodSync(key, 0o600);
    const text = (user: string): string => `${user}[s]\naccept = 127.0.0.1:1\nconnect = 1\ncert = ${cert}\nkey = ${key}\n`;
    const { stdout, code } = await check(t, text('setuid = 65534\nsetgid = 65534\n'));
    assert.equal(code, 0);
    const [first = '', ...rest] = stdout.split('\n');
    assert.match(first, new RegExp(`^a\\.conf:7: key: warning: ${key}: the user of setuid \\(uid 65534\\) may not read it, so a reload`));
    assert.deepEqual(rest, ['a.conf: ok, 1 service, 1 warning', '']);
    chownSync(key, 0, 65534);
    chmodSync(key, 0o640);
    for (const user of ['setuid = 65534\nsetgid = 65534\n', 'setgid = 65534\n', ''])
      assert.doesNotMatch((await check(t, text(user))).stdout, /reload/);
  });
});
