/** `overcoat pin`: looks at a server without trusting it, saves what verify = 4 needs, and notices when the server changes. */
// Tests: src/cli/pin/refresh.ts
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { authority, certificate, chainedCertificate, selfSigned, store } from '../support/data/certificates.ts';
import { listenStartTls } from '../support/net/starttls.ts';
import { closedPort, dial, listen, readExactly } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { BIN } from '../support/overcoat/checkout.ts';
import { clientSection } from '../support/overcoat/config-text.ts';
import { runOvercoat, startDaemon } from '../support/overcoat/daemon.ts';
import { outputOf, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

test('the chain is printed as PEM, and explained', async (t) => {
  const { certFile, keyFile } = chainedCertificate();
  const server = await listenTls(t, { cert: readFileSync(certFile), key: readFileSync(keyFile) });
  const { code, stdout, stderr } = await runOvercoat(['pin', `localhost:${server.port}`]);
  assert.equal(code, 0, stderr);
  const printed = (stdout.match(BLOCK) ?? []).map((pem) => new X509Certificate(pem).fingerprint256);
  const sent = (readFileSync(certFile, 'latin1').match(BLOCK) ?? []).map((pem) => new X509Certificate(pem).fingerprint256);
  assert.deepEqual(printed, sent);
  const leaf = new X509Certificate(readFileSync(certFile));
  const digest = createHash('sha256')
    .update(leaf.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  assert.ok(stdout.includes(`pin      sha256:${digest}`), stdout);
  assert.match(stdout, /names {4}localhost, 127\.0\.0\.1, ::1/);
  assert.match(stdout, /days left/);
  assert.match(
    stdout,
    /would refuse it:\n {2}CERT: .*\n[\s\S]* {2}handshake_verification: .*was issued by "CN=Overcoat test authority main".*--ca FILE/,
  );
});

test('what verification would say is what it does say', async (t) => {
  const server = await listenTls(t);
  const trusting = { SSL_CERT_FILE: authority().certFile };
  const named = await runOvercoat(['pin', `localhost:${server.port}`], trusting);
  assert.match(named.stdout, /Verification for localhost would accept it: chain and name/);
  const other = await runOvercoat(['pin', `localhost:${server.port}`, '--sni', 'other.example'], trusting);
  assert.match(other.stdout, /Verification for other\.example would refuse it:/);
  const address = await runOvercoat(['pin', `127.0.0.1:${server.port}`], trusting);
  assert.match(address.stdout, /Verification for 127\.0\.0\.1 would accept it/);
});

test('without a store of trusted certificates a server can still be looked at', async (t) => {
  const server = await listenTls(t);
  const { code, stdout, stderr } = await runOvercoat(['pin', `localhost:${server.port}`], { SSL_CERT_FILE: '/nonexistent' });
  assert.equal(code, 0);
  assert.match(stderr, /SSL_CERT_FILE/);
  assert.match(stdout, /would accept it: not verified/);
});

test('saved, used by a service with verify = 4, and compared', async (t) => {
  const file = join(tempFolder(t), 'saved.pem');
  const { certificate: cert, key } = selfSigned();
  const server = await listenTls(t, { cert, key }, (socket) => socket.end('hello'));
  const at = `localhost:${server.port}`;
  const saved = await runOvercoat(['pin', at, '--save', file, '--yes']);
  assert.equal(saved.code, 0, saved.stderr);

  const daemon = await startDaemon(t, {
    config: clientSection('s', { connect: server.port, verify: 4, CAfile: file }),
  });
  const client = await dial(t, await daemon.port('s'));
  assert.equal((await readExactly(client, 5)).toString(), 'hello');
  client.end();
  await daemon.line(/Connection (closed|reset)/);
  await daemon.stop();

  const same = await runOvercoat(['pin', at, '--check', file]);
  assert.equal(same.code, 0, same.stderr);
  assert.match(same.stdout, /matches/);
  const other = await listenTls(t);
  const changed = await runOvercoat(['pin', `localhost:${other.port}`, '--check', file]);
  assert.equal(changed.code, 1);
  assert.match(changed.stderr, /does not match/);
  assert.match(changed.stdout, /Certificate not found in local repository\n[\s\S]*It presents:\n[\s\S]*sha256:/);
});

test('saved to what is no file goes there, and that stays what it is', async (t) => {
  const pipe = join(tempFolder(t), 'pipe');
  await outputOf(['mkfifo', pipe]);
  const server = await listenTls(t);
  const [read, { code, stderr }] = await Promise.all([
    outputOf(['cat', pipe]),
    runOvercoat(['pin', `localhost:${server.port}`, '--save', pipe, '--yes']),
  ]);
  assert.equal(code, 0, stderr);
  assert.match(read, /BEGIN CERTIFICATE/);
  assert.ok(statSync(pipe).isFIFO());
});

test('an expired certificate does not match although it was saved', async (t) => {
  const file = join(tempFolder(t), 'saved.pem');
  const { certificate: cert, key } = certificate('expired');
  const server = await listenTls(t, { cert, key });
  const saved = await runOvercoat(['pin', `localhost:${server.port}`, '--save', file, '--yes']);
  assert.match(saved.stdout, /\(EXPIRED\)/);
  const { code, stdout } = await runOvercoat(['pin', `localhost:${server.port}`, '--check', file]);
  assert.equal(code, 1);
  assert.match(stdout, /certificate has expired/);
});

test('saving asks first: yes, no, and nobody there', { skip: requires({ linux: true, commands: ['script'] }) }, async (t) => {
  const file = join(tempFolder(t), 'saved.pem');
  const server = await listenTls(t);
  const command = `${join(BIN, 'overcoat')} pin localhost:${server.port} --save ${file}`;
  const ask = (answer: string) => runProgram(['script', '-qec', command, '/dev/null'], { input: answer });
  const refused = await ask('n\n');
  assert.match(refused.stdout, /Save this certificate as .*\[y\/N\]/);
  assert.equal(existsSync(file), false);
  assert.equal(refused.code, 1);
  const agreed = await ask('y\n');
  assert.equal(agreed.code, 0, agreed.stdout);
  assert.ok(existsSync(file));
  const alone = await runProgram(['setsid', '-w', ...command.replace(file, `${file}.2`).split(' ')]);
  assert.equal(alone.code, 1);
  assert.match(alone.stderr, /--yes/);
  assert.equal(existsSync(`${file}.2`), false);
});

test('a file that cannot be written keeps what was there', async (t) => {
  const server = await listenTls(t);
  const { code, stderr } = await runOvercoat(['pin', `localhost:${server.port}`, '--save', '/nonexistent/saved.pem', '--yes']);
  assert.equal(code, 1);
  assert.match(stderr, /\/nonexistent\/saved\.pem cannot be written: No such file or directory \(2\)\n$/);
  const { old } = writeFiles(tempFolder(t), { old: 'not a certificate' });
  const check = await runOvercoat(['pin', `localhost:${server.port}`, '--check', old]);
  assert.equal(check.code, 1);
  assert.ok(check.stderr.includes(old), check.stderr);
});

test('TLS inside a protocol', async (t) => {
  const server = await listenStartTls(t, ['220 mail\r\n', '250 STARTTLS\r\n', '220 go\r\n'], () => undefined);
  const { code, stdout, stderr } = await runOvercoat(['pin', `localhost:${server.port}`, '--protocol', 'smtp']);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /presents one certificate \(TLSv1\.3 after smtp\)/);
});

test('what goes wrong is one line', async (t) => {
  const talkative = await listen(t, (socket) => socket.end('220 mail.example.org ESMTP\r\n'));
  for (const [args, words] of [
    [[`localhost:${await closedPort()}`], /upstream_refused: .*connection refused/],
    [['nowhere.invalid:443'], /the name has no address \(nowhere\.invalid: /],
    [[`localhost:${talkative.port}`], /the server speaks SMTP in clear.*--protocol smtp/],
    [[`localhost:${talkative.port}`, '--protocol', 'imap'], /The upstream greeted with "220 mail/],
    [[`localhost:${talkative.port}`, '--protocol', 'connect'], /behind a proxy/],
  ] as const) {
    const { code, stdout, stderr } = await runOvercoat(['pin', ...args]);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, words);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  }
});

test('a certificate cannot write on the terminal', async (t) => {
  const evil = store('evil', authority().issue({ subject: 'CN=evil\u001b[2J\u202e', dnsNames: ['a.test'] }));
  const server = await listenTls(t, { cert: evil.certificate, key: evil.key });
  const { stdout } = await runOvercoat(['pin', `localhost:${server.port}`]);
  assert.match(stdout, /subject {2}CN=.*evil/);
  assert.ok(!stdout.includes('\u001b') && !Buffer.from(stdout, 'latin1').toString('utf8').includes('\u202e'));
});

test('a refresh finds the keys of both kinds, keeps what is pinned and adds what is new', async (t) => {
  const [ec, rsa, other] = [certificate('server'), certificate('rsa'), certificate('ed25519')];
  const server = await listenTls(t, { cert: [ec.certificate, rsa.certificate], key: [ec.key, rsa.key] });
  const file = join(tempFolder(t), 'pins.pem');
  writeFileSync(file, other.certificate);
  const at = `127.0.0.1:${server.port}`;
  const first = await runOvercoat(['pin', at, '--refresh', file, '--yes']);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /shows 2 keys\n/);
  assert.match(first.stdout, /\(NEW\)\n.*\n {4}at 127\.0\.0\.1:\d+ \(ECDSA\)\n/);
  assert.match(first.stdout, /\(NEW\)\n.*\n {4}at 127\.0\.0\.1:\d+ \(RSA\)\n/);
  assert.match(first.stdout, /\(pinned, shown by nobody now; it stays\)/);
  const kept = (readFileSync(file, 'latin1').match(BLOCK) ?? []).map((pem) => new X509Certificate(pem).fingerprint256);
  assert.deepEqual(kept.sort(), [ec, rsa, other].map((each) => new X509Certificate(each.certificate).fingerprint256).sort());
  const again = await runOvercoat(['pin', at, '--refresh', file]);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /All of them are pinned/);
  const nobody = await runOvercoat(['pin', `127.0.0.1:${await closedPort()}`, '--refresh', file, '--yes']);
  assert.notEqual(nobody.code, 0);
  assert.match(nobody.stderr, /connection refused\. Nothing listens there: start it, or correct the port/);
});
