/**
 * Renewed files are seen by themselves (`reloadCerts`), however they come to where they belong: renamed over, through links that are
 * exchanged, copied slowly. Half of a file and a key that does not fit change nothing and are said; a daemon that has given up root still reads them.
 */
// Tests: src/daemon/renewal/upkeep.ts, src/daemon/renewal/renewal.ts, src/daemon/renewal/file-watch.ts, src/daemon/renewal/watched-files.ts, src/daemon/renewal/watch-orders.ts
// Tests: src/daemon/workers/supervisor/reader-of-pool.ts, src/daemon/workers/reader-role.ts, src/linux/files/being-written.ts
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { authority, certificate, chainedCertificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { processesOf } from '../support/faults/processes.ts';
import { echoServer, readExactly } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import { optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { runOvercoat, startDaemon } from '../support/overcoat/daemon.ts';
import { problemsOf } from '../support/overcoat/status.ts';
import { outputOf } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const OLD = certificate('server');
const NEXT = certificate('client');

async function subjectAt(t: TestContext, port: number): Promise<string> {
  const socket = await dialTls(t, port, { rejectUnauthorized: false });
  const { subject } = socket.getPeerX509Certificate() ?? assert.fail('no certificate');
  socket.destroy();
  return subject;
}

interface Serving {
  readonly daemon: Daemon;
  readonly port: number;
}

async function serve(
  t: TestContext,
  paths: { cert: string; key: string; keyLog?: string },
  global: Parameters<typeof optionLines>[0] = {},
): Promise<Serving> {
  const backend = await echoServer(t);
  const config = optionLines(global) + serverSection('svc', { connect: backend.port, ...paths, reloadCerts: 'watch' });
  const daemon = await startDaemon(t, { config });
  const port = await daemon.port('svc');
  assert.equal(await subjectAt(t, port), 'CN=localhost');
  return { daemon, port };
}

/** A folder with `cert.pem` and `key.pem`. */
function pair(folder: string, { certFile, keyFile }: { certFile: string; keyFile: string } = OLD): { cert: string; key: string } {
  const paths = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  copyFileSync(certFile, paths.cert);
  copyFileSync(keyFile, paths.key);
  chmodSync(paths.key, 0o600);
  return paths;
}

async function renewed({ daemon, port }: Serving, t: TestContext): Promise<void> {
  const line = await daemon.line('Renewed from ');
  assert.match(line, /LOG5\[main\]: Renewed from .*: certificate of \[svc\] renewed until \d{4}-\d\d-\d\d \(was \d{4}-\d\d-\d\d\)$/);
  assert.equal(await subjectAt(t, port), 'CN=client');
  assert.equal(daemon.lines.filter((each) => each.includes('Renewed from ')).length, 1, 'one line');
  assert.ok(!daemon.lines.some((each) => each.includes('not taken')));
}

suite('a renewal', { concurrency: true }, () => {
  test('is taken by the process that has taken over, and by that alone', async (t) => {
    const folder = tempFolder(t);
    const control = join(folder, 'control');
    const paths = pair(folder);
    const serving = await serve(t, paths, { control });
    const { daemon, port } = serving;
    const running = await dialTls(t, port, { rejectUnauthorized: false }); // the process before stays for it
    const { code, stderr } = await runOvercoat(['upgrade', '--control', control]);
    assert.equal(code, 0, stderr);
    writeFileSync(`${paths.cert}.new`, readFileSync(NEXT.certFile));
    writeFileSync(`${paths.key}.new`, readFileSync(NEXT.keyFile), { mode: 0o600 });
    for (const path of [paths.cert, paths.key]) renameSync(`${path}.new`, path);
    await renewed(serving, t);
    running.write('still here');
    assert.equal((await readExactly(running, 10)).toString(), 'still here');
    running.end();
    await daemon.stop({ holding: true }); // whoever started it waits for this process, which ends with the last one
    assert.equal(daemon.lines.filter((each) => each.includes('Renewed from ')).length, 1, 'one line');
  });

  for (const workers of [1, 2]) {
    test(`goes on with the key log, workers = ${workers}`, async (t) => {
      const folder = tempFolder(t);
      const keyLog = join(folder, 'secrets');
      const paths = pair(folder);
      const serving = await serve(t, { ...paths, keyLog }, { workers });
      writeFileSync(`${paths.cert}.new`, readFileSync(NEXT.certFile));
      writeFileSync(`${paths.key}.new`, readFileSync(NEXT.keyFile), { mode: 0o600 });
      for (const path of [paths.cert, paths.key]) renameSync(`${path}.new`, path);
      await renewed(serving, t);
      await serving.daemon.stop();
      const randoms = new Set(
        readFileSync(keyLog, 'latin1')
          .split('\n')
          .flatMap((line) => line.split(' ')[1] ?? []),
      );
      assert.equal(randoms.size, 2, 'one connection before, one after');
    });
  }

  test('over certbot links, while a connection runs', async (t) => {
    const folder = tempFolder(t);
    const [archive, live] = [join(folder, 'archive/host'), join(folder, 'live/host')];
    for (const each of [archive, live]) mkdirSync(each, { recursive: true });
    const link = (number: number): void => {
      for (const name of ['fullchain', 'privkey']) {
        const path = join(live, `${name}.pem`);
        if (number > 1) unlinkSync(path); // as certbot does
        symlinkSync(`../../archive/host/${name}${number}.pem`, path);
      }
    };
    const issue = (number: number, { certFile, keyFile }: typeof OLD): void => {
      copyFileSync(certFile, join(archive, `fullchain${number}.pem`));
      copyFileSync(keyFile, join(archive, `privkey${number}.pem`));
      link(number);
    };
    issue(1, OLD);
    const serving = await serve(t, { cert: join(live, 'fullchain.pem'), key: join(live, 'privkey.pem') });
    const running = await dialTls(t, serving.port, { rejectUnauthorized: false });
    issue(2, NEXT);
    await renewed(serving, t);
    running.write('still here');
    assert.equal((await readExactly(running, 10)).toString(), 'still here');
    running.destroy();
    await serving.daemon.stop();
  });

  test('as Kubernetes swaps its ..data', async (t) => {
    const folder = tempFolder(t);
    const publish = (version: string, { certFile, keyFile }: typeof OLD): void => {
      mkdirSync(join(folder, version));
      copyFileSync(certFile, join(folder, version, 'tls.crt'));
      copyFileSync(keyFile, join(folder, version, 'tls.key'));
      symlinkSync(version, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    publish('..2026_01', OLD);
    for (const name of ['tls.crt', 'tls.key']) symlinkSync(`..data/${name}`, join(folder, name));
    const serving = await serve(t, { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') });
    publish('..2026_02', NEXT);
    await renewed(serving, t);
    await serving.daemon.stop();
  });

  test('is taken when a copy of three seconds is whole, and not before', async (t) => {
    const paths = pair(tempFolder(t));
    const chained = chainedCertificate();
    const serving = await serve(t, paths);
    copyFileSync(chained.keyFile, paths.key);
    const whole = readFileSync(chained.certFile, 'latin1');
    const end = whole.indexOf('-----END CERTIFICATE-----\n') + '-----END CERTIFICATE-----\n'.length;
    assert.ok(end < whole.length, 'a chain of two');
    const [leaf, rest] = [join(tempFolder(t), 'leaf'), join(tempFolder(t), 'rest')];
    writeFileSync(leaf, whole.slice(0, end));
    writeFileSync(rest, whole.slice(end));
    await outputOf(['sh', '-c', `exec > ${paths.cert}; cat ${leaf}; sleep 3; cat ${rest}`]);
    assert.ok(!serving.daemon.lines.some((line) => line.includes('Renewed from')), 'nothing was taken while it was written');
    await serving.daemon.line('Renewed from ');
    const socket = await dialTls(t, serving.port, { rejectUnauthorized: false });
    assert.notEqual(socket.getPeerCertificate(true).issuerCertificate.subject.CN, undefined);
    socket.destroy();
    await serving.daemon.stop();
  });

  test('that leaves a key and a certificate unfit for each other changes nothing, and says so once', async (t) => {
    const paths = pair(tempFolder(t));
    const serving = await serve(t, paths);
    copyFileSync(NEXT.certFile, paths.cert);
    const line = await serving.daemon.line('not taken');
    assert.match(
      line,
      /LOG3\[main\]: Service \[svc\]: changed files not taken, the former ones serve on: key = .*Private key does not match/,
    );
    assert.equal(await subjectAt(t, serving.port), 'CN=localhost');
    copyFileSync(NEXT.keyFile, paths.key);
    await serving.daemon.line('Renewed from ');
    assert.equal(await subjectAt(t, serving.port), 'CN=client');
    assert.equal(serving.daemon.lines.filter((each) => each.includes('not taken')).length, 1);
    await serving.daemon.stop();
  });

  test('on a disk that fills in the middle changes nothing', { skip: requires({ root: true, linux: true }) }, async (t) => {
    let mounted = '';
    t.after(() => execFileSync('umount', ['--lazy', mounted])); // before the folder around it is removed
    const folder = join(tempFolder(t), 'small');
    mkdirSync(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder]);
    mounted = folder;
    const paths = pair(folder);
    const serving = await serve(t, paths);
    const source = join(tempFolder(t), 'long.pem');
    // cut anywhere, the leaf is whole and fits its key: only its end tells that something is missing
    const filling = `${readFileSync(OLD.certFile, 'latin1')}\n`.repeat(30);
    writeFileSync(source, filling);
    assert.throws(() => execFileSync('cp', [source, paths.cert], { stdio: 'pipe' }), /No space left/);
    assert.match(await serving.daemon.line('not taken'), /its last PEM block has no end; was it cut off/);
    assert.equal(await subjectAt(t, serving.port), 'CN=localhost');
    await serving.daemon.stop();
  });

  test('of what only root may read reaches the workers of another user in a jail', {
    skip: requires({ root: true, linux: true }),
  }, async (t) => {
    const folder = join(tempFolder(t), 'private');
    mkdirSync(folder, { mode: 0o700 });
    const paths = pair(folder);
    const serving = await serve(t, paths, { chroot: tempFolder(t), setuid: 'nobody', setgid: 'nogroup' });
    assert.throws(() => execFileSync('cat', [paths.cert], { uid: 65534, stdio: 'pipe' }), 'the user may not read it');
    copyFileSync(NEXT.keyFile, paths.key);
    copyFileSync(NEXT.certFile, paths.cert);
    await renewed(serving, t);
    await serving.daemon.stop();
  });

  test('is seen although a process that may read it was killed, and told where none is left', {
    skip: requires({ root: true, linux: true }),
  }, async (t) => {
    const folder = join(tempFolder(t), 'private');
    mkdirSync(folder, { mode: 0o700 });
    const paths = pair(folder);
    const control = join(tempFolder(t), 'control');
    const serving = await serve(t, paths, { setuid: 'nobody', setgid: 'nogroup', control });
    const { daemon, port } = serving;
    const problem = (text: RegExp) =>
      eventually(`the problem ${text}`, async () => {
        const all = (await problemsOf(control)).filter((each) => each.code === 'daemon_reader' && text.test(each.text));
        return all.length === 1 && all[0]?.remedy.includes('Restart') === true;
      });
    const [first = 0, second = 0] = await eventually('two readers', () => {
      const found = processesOf(daemon, 'reader');
      return found.length === 2 ? found.toSorted((one, other) => one - other) : undefined;
    });
    daemon.takeBaseline();
    process.kill(first, 'SIGKILL');
    copyFileSync(NEXT.keyFile, paths.key); // nobody may have noticed yet
    copyFileSync(NEXT.certFile, paths.cert);
    await daemon.line('The reader of renewed files ended: signal SIGKILL');
    await renewed(serving, t);
    await problem(/seen by the last process that may read them/);
    const from = daemon.lines.length;
    daemon.signal('SIGHUP');
    await daemon.line('Accepting new connections', { from });
    assert.equal(await subjectAt(t, port), 'CN=client', 'a reload is read by the one that is left');
    process.kill(second, 'SIGKILL');
    await daemon.line('Renewed files are not seen any more until a restart');
    await problem(/not seen any more until a restart/);
    assert.equal(await subjectAt(t, port), 'CN=client', 'what was there serves on');
    await daemon.stop({ holding: true });
  });

  test('of a SPIFFE bundle and identity, as a sidecar writes them, lets the next ones in without cutting off those before', async (t) => {
    const backend = await echoServer(t);
    const folder = tempFolder(t);
    const [first, second] = [authority('spire-one'), authority('spire-two')];
    const write = (name: string, text: string): void => {
      writeFileSync(join(folder, `${name}.tmp`), text, { mode: 0o600 });
      renameSync(join(folder, `${name}.tmp`), join(folder, name));
    };
    const rotate = (issuer: typeof first, bundle: string): void => {
      const { certificate: cert, key } = issuer.issue({ subject: 'O=SPIRE', uris: ['spiffe://example.org/server'] });
      write('svid.pem', cert);
      write('svid_key.pem', key);
      write('svid_bundle.pem', bundle);
    };
    rotate(first, first.certificate);
    const options = {
      connect: backend.port,
      cert: join(folder, 'svid.pem'),
      key: join(folder, 'svid_key.pem'),
      CAfile: join(folder, 'svid_bundle.pem'),
      verifyChain: true,
      checkURI: 'spiffe://example.org/front/*',
      reloadCerts: 'watch',
    };
    const daemon = await startDaemon(t, { config: serverSection('mesh', options) });
    const port = await daemon.port('mesh');
    const dialAs = (issuer: typeof first, uri: string) => {
      const { certificate: cert, key } = issuer.issue({ subject: 'O=SPIRE', uris: [uri], usages: ['clientAuth'] });
      return dialTls(t, port, { rejectUnauthorized: false, cert, key });
    };
    const running = await dialAs(first, 'spiffe://example.org/front/1');
    running.write('one');
    assert.equal((await readExactly(running, 3)).toString(), 'one');
    const other = await dialAs(first, 'spiffe://example.org/back');
    assert.match(await daemon.line('Connection failed'), /spiffe:\/\/example\.org\/back/);
    other.destroy();
    rotate(second, first.certificate + second.certificate);
    await daemon.line('certificate of [mesh] renewed');
    const next = await dialAs(second, 'spiffe://example.org/front/2');
    next.write('two');
    assert.equal((await readExactly(next, 3)).toString(), 'two');
    running.write('still');
    assert.equal((await readExactly(running, 5)).toString(), 'still');
    for (const socket of [running, next]) socket.destroy();
    await daemon.stop();
  });

  test('of a CA file lets in who was refused, looked at every second', async (t) => {
    const backend = await echoServer(t);
    const ca = join(tempFolder(t), 'ca.pem');
    copyFileSync(authority('other').certFile, ca);
    const options = { connect: backend.port, CAfile: ca, verifyChain: true, reloadCerts: 1 };
    const daemon = await startDaemon(t, { config: serverSection('svc', options) });
    const port = await daemon.port('svc');
    const client = { rejectUnauthorized: false, cert: NEXT.certificate, key: readFileSync(NEXT.keyFile, 'utf8') };
    const refused = await dialTls(t, port, client);
    await daemon.line('Connection failed');
    refused.destroy();
    copyFileSync(authority().certFile, ca);
    assert.match(await daemon.line('Renewed from '), /ca\.pem: read again for \[svc\]$/);
    const socket = await dialTls(t, port, client);
    socket.write('in');
    assert.equal((await readExactly(socket, 2)).toString(), 'in');
    socket.destroy();
    await daemon.stop();
  });
});
