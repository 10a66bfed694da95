/**
 * The OCI image, as `npm run package -- --image` makes it, started by runc without a daemon: as nobody in particular, on a root that is
 * read-only, without any capability, behind a fence; configured in each of the three ways.
 */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { before, suite, test } from 'node:test';
import { overcoatVersion } from '../../src/self.ts';
import { writeImage } from '../../tools/package/image.ts';
import { installedMachine } from '../../tools/package/machines.ts';
import { writeSingle } from '../../tools/package/single.ts';
import { authority, certificate } from '../support/data/certificates.ts';
import { dial, echoServer, pattern, readExactly } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import { clientSection, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import { outputOf, Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const MB = 1_000_000;
const NO_CAPABILITIES = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] };
const HEAD = optionLines({ foreground: true, debug: 7, workers: 2, confine: 'strict' });

suite('the OCI image', {
  skip: requires({ root: true, linux: true, packages: ['umoci', 'runc', 'binutils'], commands: ['apt-get'] }),
}, () => {
  const end = suiteEnd();
  let folder: string;
  let archive: string;
  let bundle: string;
  const build = (work: string, output: string): void => {
    mkdirSync(work);
    writeImage({ executable: join(folder, 'overcoat'), version: overcoatVersion(), builtAt: 1_000_000_000, work, output });
  };

  before(async () => {
    folder = tempFolder(end);
    const layout = join(folder, 'layout');
    archive = join(folder, 'image.tar');
    bundle = join(folder, 'bundle');
    mkdirSync(layout);
    await writeSingle(installedMachine(), join(folder, 'overcoat'));
    build(join(folder, 'work'), archive);
    await outputOf(['tar', '--extract', '--file', archive, '--directory', layout]);
    await outputOf(['umoci', 'unpack', '--image', `${layout}:${overcoatVersion()}`, bundle], { timeoutMs: 120_000 });
  });

  /** Starts a container on the network of this machine. @param args instead of those of the image */
  const start = (
    t: TestContext,
    {
      args,
      env = [],
      mount,
      id = `overcoat-test-${process.pid}-${Math.trunc(performance.now())}`,
    }: { args?: readonly string[]; env?: readonly string[]; mount?: string; id?: string },
  ): Program => {
    const settings = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
    const { process: started, linux, mounts } = settings;
    const changed = {
      ...settings,
      root: { ...settings.root, readonly: true },
      process: {
        ...started,
        terminal: false,
        capabilities: NO_CAPABILITIES,
        noNewPrivileges: true,
        env: [...started.env, ...env],
        args: args === undefined ? started.args : [started.args[0], ...args],
      },
      linux: { ...linux, namespaces: linux.namespaces.filter(({ type }: { type: string }) => type !== 'network') },
      mounts:
        mount === undefined ? mounts : [...mounts, { destination: '/etc/overcoat', type: 'bind', source: mount, options: ['bind', 'ro'] }],
    };
    const place = tempFolder(t);
    writeFiles(place, { 'config.json': JSON.stringify({ ...changed, root: { path: join(bundle, 'rootfs'), readonly: true } }) });
    const container = new Program(['runc', '--root', join(folder, 'containers'), 'run', '--bundle', place, id]);
    t.after(() => container.stop());
    return container;
  };

  test('is small, and has neither a shell nor anything that is set to another user', async () => {
    assert.ok(statSync(archive).size < 55 * MB, `${statSync(archive).size} bytes`);
    const unpacked = Number((await outputOf(['du', '--summarize', '--bytes', join(bundle, 'rootfs')])).split('\t')[0]);
    assert.ok(unpacked < 150 * MB, `${unpacked} bytes`);
    assert.deepEqual(readdirSync(join(bundle, 'rootfs/usr/bin')).sort(), ['overcoat', 'overcoat-stunnel']);
    assert.equal(await outputOf(['find', join(bundle, 'rootfs'), '-type', 'f', '-perm', '/6000']), '');
    assert.match(readFileSync(join(bundle, 'rootfs/etc/ssl/certs/ca-certificates.crt'), 'utf8'), /^-----BEGIN CERTIFICATE-----\n/);
  });

  test('is the same bytes again, whatever the rights of new files', (t) => {
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    const again = join(folder, 'again.tar');
    build(join(folder, 'work-again'), again);
    assert.ok(readFileSync(again).equals(readFileSync(archive)));
  });

  test('is started as an ordinary user', () => {
    const { uid, gid } = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')).process.user;
    assert.deepEqual([uid, gid], [65_532, 65_532]);
  });

  test('has a health check that asks the status port', () => {
    const [{ digest }] = JSON.parse(readFileSync(join(folder, 'layout/index.json'), 'utf8')).manifests;
    const read = (name: string) => JSON.parse(readFileSync(join(folder, 'layout/blobs', ...name.split(':')), 'utf8'));
    const { config } = read(read(digest).config.digest);
    assert.deepEqual(config.Healthcheck.Test, ['CMD', '/usr/bin/overcoat', 'status', '--port', '9080']);
    assert.deepEqual(config.Cmd, ['run', '--status', '9080', '/etc/overcoat/overcoat.conf']);
  });

  test('is described for docker as `docker save` does', () => {
    const layout = join(folder, 'layout');
    const [{ Config, RepoTags, Layers }] = JSON.parse(readFileSync(join(layout, 'manifest.json'), 'utf8'));
    assert.deepEqual(RepoTags, [`overcoat:${overcoatVersion()}`]);
    const { rootfs } = JSON.parse(readFileSync(join(layout, Config), 'utf8'));
    assert.equal(Layers.length, rootfs.diff_ids.length);
    for (const layer of Layers) assert.ok(statSync(join(layout, layer)).size > 0);
  });

  test('is loaded under its name, as by `docker load`; skopeo makes the older form of it', {
    skip: requires({ packages: ['podman', 'skopeo'] }),
  }, async (t) => {
    const place = tempFolder(t);
    const name = `overcoat:${overcoatVersion()}`;
    const own = ['--root', join(place, 'storage'), '--runroot', join(place, 'run'), '--storage-driver', 'vfs'];
    const podman = (...words: readonly string[]) => outputOf(['podman', ...own, ...words], { timeoutMs: 120_000 });
    const [, loaded = ''] = /Loaded image: (\S+)/.exec(await podman('load', '--input', archive)) ?? [];
    assert.equal(loaded, `docker.io/library/${name}`);
    t.after(() => runProgram(['podman', ...own, 'rmi', '--all', '--force']));
    const [{ Config: config }] = JSON.parse(await podman('image', 'inspect', loaded));
    assert.deepEqual([config.User, config.Entrypoint], ['65532:65532', ['/usr/bin/overcoat']]);
    const older = join(place, 'docker.tar');
    await outputOf(['skopeo', 'copy', '--insecure-policy', `oci-archive:${archive}`, `docker-archive:${older}:${name}`], {
      timeoutMs: 120_000,
    });
    const [manifest] = JSON.parse(await outputOf(['tar', '--extract', '--to-stdout', '--file', older, 'manifest.json']));
    assert.match(manifest.RepoTags[0], new RegExp(`\\b${name}$`));
  });

  test('serves what a file says that is mounted where it looks', async (t) => {
    const backend = await echoServer(t);
    const mount = tempFolder(t);
    const { certFile, keyFile } = certificate('server');
    for (const [from, to] of [
      [certFile, 'cert.pem'],
      [keyFile, 'key.pem'],
    ] as const)
      copyFileSync(from, join(mount, to));
    chmodSync(join(mount, 'key.pem'), 0o644);
    const cert = { cert: '/etc/overcoat/cert.pem', key: '/etc/overcoat/key.pem' };
    writeFileSync(join(mount, 'overcoat.conf'), HEAD + serverSection('svc', { connect: backend.port, ...cert }));
    const id = `overcoat-health-${process.pid}`;
    const socket = await dialTls(t, await port(start(t, { mount, id })), { rejectUnauthorized: false });
    const bytes = pattern(1);
    socket.write(bytes);
    assert.ok((await readExactly(socket, bytes.length)).equals(bytes));
    socket.destroy(); // else the container waits for it when it is stopped
    const health = await runProgram([
      'runc',
      '--root',
      join(folder, 'containers'),
      'exec',
      id,
      '/usr/bin/overcoat',
      'status',
      '--port',
      '9080',
    ]);
    assert.equal(health.code, 0, health.stderr);
    assert.match(health.stdout, /\nReady\.\n/);
  });

  for (const way of ['an environment variable', 'arguments'])
    test(`serves what ${way} says`, async (t) => {
      const upstream = await listenTls(t, {}, (socket) => void socket.on('data', (chunk) => socket.write(chunk)));
      const mount = tempFolder(t);
      copyFileSync(authority().certFile, join(mount, 'ca.pem'));
      const verify = { CAfile: '/etc/overcoat/ca.pem', verifyChain: true, checkHost: 'localhost' };
      const config = HEAD + clientSection('client', { connect: upstream.port, ...verify });
      const container =
        way === 'arguments'
          ? start(t, {
              mount,
              args: [
                'client',
                '127.0.0.1:0',
                `127.0.0.1:${upstream.port}`,
                '--ca',
                '/etc/overcoat/ca.pem',
                '--sni',
                'localhost',
                '--debug',
                '7',
              ],
            })
          : start(t, { mount, env: [`OVERCOAT_CONFIG=${config}`], args: ['run', '--env', 'OVERCOAT_CONFIG'] });
      const socket = await dial(t, await port(container));
      const bytes = pattern(2);
      socket.write(bytes);
      assert.ok((await readExactly(socket, bytes.length)).equals(bytes));
      socket.destroy();
    });
});

async function port(container: Program): Promise<number> {
  const [, found] = await container.saw(/Service \[\w+\] bound to 127\.0\.0\.1:(\d+)/);
  await container.saw(/Accepting new connections/);
  return Number(found);
}
