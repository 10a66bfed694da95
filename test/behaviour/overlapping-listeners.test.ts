/**
 * Addresses in each other's way: within a service it serves with what could be bound, two services on one port are refused with both
 * names. Debian's stunnel gets the same files, and its log the last word where it has one.
 */
// Tests: src/daemon/listener-set.ts
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { closedPort, ending } from '../support/net/tcp.ts';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import { DAEMON_HEAD, runDaemon, startDaemon } from '../support/overcoat/daemon.ts';
import { startStunnel } from '../support/peers/stunnel4.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const withStunnel = requires({ linux: true, commands: ['stunnel4'] });

function client(name: string, accept: readonly string[]): string {
  return clientSection(name, { accept, connect: 1 });
}

/** Each with where it can be reached afterwards. */
const WITHIN_A_SERVICE: readonly { readonly accept: (port: number) => readonly string[]; readonly host: string }[] = [
  { accept: (port) => [`0.0.0.0:${port}`, `:::${port}`], host: '127.0.0.1' },
  { accept: (port) => [`:::${port}`, `0.0.0.0:${port}`], host: '127.0.0.1' },
  { accept: (port) => [`localhost:${port}`, `127.0.0.1:${port}`], host: '127.0.0.1' },
  { accept: (port) => [`127.0.0.1:${port}`, `localhost:${port}`], host: '127.0.0.1' },
  { accept: (port) => [`${port}`, `:::${port}`], host: '127.0.0.1' },
  { accept: (port) => [`:::${port}`, `${port}`], host: '::1' },
  { accept: (port) => [`*:${port}`, `${port}`], host: '127.0.0.1' },
  { accept: (port) => [`127.0.0.1:${port}`, `127.0.0.1:${port}`], host: '127.0.0.1' },
];

async function isServed(host: string, port: number): Promise<boolean> {
  return (await ending(connect(port, host))) !== 'ECONNREFUSED';
}

suite('addresses in the way of others of the same service', { concurrency: 2 }, () => {
  for (const { accept, host } of WITHIN_A_SERVICE) {
    const title = accept(443).join(' and ');
    for (const workers of [1, 2])
      test(`${title}: serves, with ${workers} worker(s)`, { skip: requires({ linux: true }) }, async (t) => {
        const port = await closedPort();
        const daemon = await startDaemon(t, { config: optionLines({ workers }) + client('svc', accept(port)) });
        await daemon.line(/LOG5\[ui\]: Binding service \[svc\] to .*: Address already in use \(98\)/);
        assert.equal(await isServed(host, port), true);
        const from = daemon.lines.length;
        daemon.signal('SIGHUP');
        await daemon.line('Configuration successful', { from });
        await daemon.line('Log file reopened', { from });
        assert.equal(await isServed(host, port), true);
        await daemon.stop();
      });

    test(`${title}: stunnel serves too`, { skip: withStunnel }, async (t) => {
      const port = await closedPort();
      const stunnel = await startStunnel(client('svc', accept(port)), { directory: tempFolder(t) });
      t.after(() => stunnel.stop());
      await stunnel.saw(/LOG5\[ui\]: Binding service \[svc\] to .*: Address already in use \(98\)/);
      await stunnel.saw(/bound to/);
      assert.equal(await isServed(host, port), true);
    });
  }
});

async function refused(t: TestContext, first: string, second: string, workers: number): Promise<void> {
  const port = await closedPort();
  const accepts = [first, second].map((text) => text.replace('PORT', String(port)));
  const config = optionLines({ workers }) + accepts.map((accept, index) => client(`s${index}`, [accept])).join('');
  const overcoat = await runDaemon(t, { config });
  assert.equal(overcoat.code, 1);
  const lines = overcoat.stderr.split('\n').slice(0, -1);
  assert.equal(lines.length, 1, overcoat.stderr);
  assert.match(
    lines[0] ?? '',
    /^overcoat: Service \[s1\] cannot listen on .*: Address already in use \(98\); service \[s0\] listens there: change `accept` of one of them$/,
  );
  const asStunnel = await runDaemon(t, { config, launcher: 'overcoat-stunnel' });
  assert.equal(asStunnel.code, 1);
  assert.match(
    asStunnel.stderr.replace('[ ] A spare worker is ready\n', ''), // it may be so before the end
    /\[\.\] Binding service \[s1\] to .*: Address already in use \(98\)\n\[\.\] Service \[s0\] has .* already\n\[!\] Binding service \[s1\] failed\n$/,
  );
}

suite('two services on one port', { concurrency: 2 }, () => {
  for (const [first, second] of [
    ['127.0.0.1:PORT', '127.0.0.1:PORT'],
    ['PORT', '127.0.0.1:PORT'],
    ['127.0.0.1:PORT', 'PORT'],
  ] as const)
    for (const workers of [1, 2])
      test(`${first} and ${second}: refused with both names, with ${workers} worker(s)`, { skip: requires({ linux: true }) }, (t) =>
        refused(t, first, second, workers),
      );

  test('stunnel refuses too', { skip: withStunnel }, async (t) => {
    const port = await closedPort();
    const config = optionLines({ foreground: true, syslog: false, pid: '' }) + client('s0', [`${port}`]) + client('s1', [`${port}`]);
    const { 'stunnel.conf': file } = writeFiles(tempFolder(t), { 'stunnel.conf': config });
    const { code, stderr } = await runProgram(['stunnel4', file]);
    assert.equal(code, 1);
    assert.match(stderr, /\[!\] Binding service \[s1\] failed/);
  });

  test('a new service on the port of another is no reload, and nothing changes', { skip: requires({ linux: true }) }, async (t) => {
    const port = await closedPort();
    const before = client('s0', [`127.0.0.1:${port}`]);
    const daemon = await startDaemon(t, { config: before });
    writeFileSync(daemon.configFile, `${DAEMON_HEAD}${before}${client('s1', [`127.0.0.1:${port}`])}`);
    const from = daemon.lines.length;
    daemon.signal('SIGHUP');
    await daemon.line(/LOG3\[main\]: Service \[s1\] cannot listen on .*; service \[s0\] listens there/, { from });
    await daemon.line('Failed to reload the configuration file', { from });
    assert.equal(await isServed('127.0.0.1', port), true);
    await daemon.stop();
  });
});
