// Tests: src/cli/tables/doctor.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { landlockVersion } from '../../../src/linux/libc/rights.ts';
import { clientSection, optionLines } from '../../support/overcoat/config-text.ts';
import { runOvercoat, startDaemon } from '../../support/overcoat/daemon.ts';
import { requires } from '../../support/requirements.ts';
import { tempFolder, writeFiles } from '../../support/temp.ts';

const skip = requires({ linux: true }) || (landlockVersion() < 6 && 'needs a kernel with Landlock ABI 6');

suite('doctor --confinement', { skip }, () => {
  test('says of a configuration what its fence is, and that a FILE has none unless it says so', async (t) => {
    const { 'o.conf': file } = writeFiles(tempFolder(t), { 'o.conf': clientSection('a', { connect: 8443 }) });
    const { code, stdout } = await runOvercoat(['doctor', '--confinement', file]);
    assert.equal(code, 0);
    assert.match(stdout, /^kernel: Landlock and seccomp/);
    assert.match(stdout, /confine = no, so nothing is fenced/);
    assert.match(stdout, /TCP connect: 53, 8443\n/);
  });

  test('says of a running process which of its threads are fenced', async (t) => {
    const control = `${tempFolder(t)}/c.sock`;
    const daemon = await startDaemon(t, { config: optionLines({ confine: true, control }) + clientSection('a', { connect: 8443 }) });
    const { code, stdout } = await runOvercoat(['doctor', '--confinement', '--control', control]);
    assert.match(stdout, new RegExp(`^process ${daemon.pid} \\(.*\\): not fenced$`, 'm'));
    const [, filtered, threads] = /worker 1\): seccomp in (\d+) of (\d+) threads/.exec(stdout) ?? assert.fail(stdout);
    assert.equal(filtered, threads);
    assert.equal(code, 0);
    await daemon.stop();
  });

  test('wants to be told what it is about', async () => {
    const { code, stderr } = await runOvercoat(['doctor']);
    assert.equal(code, 2);
    assert.match(stderr, /--confinement/);
  });
});
