/** `overcoat upgrade` of a fenced daemon, with workers and in one process: nobody is refused, what is open goes on, and the new processes are fenced. */
// Tests: src/daemon/fence/begin.ts, src/daemon/upgrade/upgrade.ts
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { echoServer, receiveHash, sendPattern } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import { optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { runOvercoat, startCommand, startDaemon, workersOf } from '../support/overcoat/daemon.ts';
import { assertFenced, echoes, echoesOpen, noFence, threads } from '../support/overcoat/fence-probes.ts';
import { askJson } from '../support/overcoat/status.ts';
import { tempFolder } from '../support/temp.ts';

const BYTES = 8 * 2 ** 20;

/** Two upgrades, each with a transfer through it; what is `fenced` is asked for each process that serves. */
async function upgradeTwice(
  t: TestContext,
  daemon: Daemon,
  port: number,
  control: string,
  fenced: (pid: number) => Promise<void>,
): Promise<void> {
  const pids = [daemon.pid];
  const transfers: Promise<void>[] = [];
  for (let round = 0; round < 2; round += 1) {
    const held = await dialTls(t, port, { rejectUnauthorized: false });
    await echoesOpen(held, 'open');
    const { code, stderr } = await runOvercoat(['upgrade', '--control', control]);
    assert.equal(code, 0, stderr);
    const { pid } = await askJson<{ pid: number }>(control, '/api/v1/status');
    pids.push(pid);
    await fenced(pid);
    const back = receiveHash(held);
    transfers.push(
      sendPattern(held, BYTES, round).then(async (sha256) => {
        held.end();
        assert.deepEqual(await back, { bytes: BYTES, sha256 });
      }),
    );
    await echoes(await dialTls(t, port, { rejectUnauthorized: false }), 'through the new one');
  }
  await Promise.all(transfers);
  assert.equal(new Set(pids).size, 3);
  await daemon.stop({ holding: true });
  await eventually('all are gone', () => pids.every((pid) => !existsSync(`/proc/${pid}`)));
}

suite('an upgrade behind a fence', { skip: noFence }, () => {
  for (const confine of ['yes', 'strict'])
    test(`with workers: the new ones are fenced, their supervisor is not (confine = ${confine})`, async (t) => {
      const upstream = await echoServer(t);
      const options = optionLines({ confine, workers: 2, control: '@/control' });
      const daemon = await startDaemon(t, { config: options + serverSection('svc', { connect: upstream.port }) });
      await upgradeTwice(t, daemon, await daemon.port('svc'), join(daemon.folder, 'control'), async (pid) => {
        const isFenced = (worker: number): boolean => threads(worker, 'Seccomp').every((mode) => mode === '2');
        const workers = await eventually('two workers and a spare behind their fence', () => {
          const found = workersOf(pid);
          return found.length === 3 && found.every(isFenced) ? found : undefined;
        });
        for (const worker of workers) assertFenced(worker);
        assert.deepEqual([...new Set(threads(pid, 'Seccomp'))], ['0']);
      });
    });

  test('in one process', async (t) => {
    const upstream = await echoServer(t);
    const { certFile, keyFile } = certificate('server');
    const control = join(tempFolder(t), 'control');
    const args = ['server', '127.0.0.1:0', `127.0.0.1:${upstream.port}`, '--cert', certFile, '--key', keyFile, '--debug', '7'];
    const daemon = await startCommand(t, [...args, '--control', control]);
    const fenced = async (pid: number): Promise<void> => assertFenced(pid);
    await fenced(daemon.pid);
    await upgradeTwice(t, daemon, await daemon.port('server'), control, fenced);
  });
});
