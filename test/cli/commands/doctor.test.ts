// Tests: src/cli/tables/doctor.ts
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { landlockVersion } from '../../../src/linux/libc/rights.ts';
import { ROOT } from '../../support/overcoat/checkout.ts';
import { clientSection, optionLines } from '../../support/overcoat/config-text.ts';
import { runOvercoat, startCommand, startDaemon } from '../../support/overcoat/daemon.ts';
import type { Place } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';
import { tempFolder, writeFiles } from '../../support/temp.ts';

/** As a unit with `SystemCallFilter=` starts it: whatever runs here has a filter already. */
const FILTERED: Place = {
  name: 'behind a filter',
  enter: ([program = '', ...args]) => [
    process.execPath,
    '--no-warnings',
    '--input-type=module',
    '--eval',
    `import { forbidNewPrivileges } from ${JSON.stringify(pathToFileURL(join(ROOT, 'src/linux/libc/rights.ts')).href)};
    import { filterSyscalls } from ${JSON.stringify(pathToFileURL(join(ROOT, 'src/linux/fence/seccomp.ts')).href)};
    forbidNewPrivileges();
    filterSyscalls({ programs: true, loopBegun: true, strict: false, unixSockets: true, modules: true });
    process.execve(process.argv[1], process.argv.slice(1));`,
    program,
    ...args,
  ],
};

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

  for (const confine of [true, false])
    test(`tells the filter of a unit from its own, with workers, confine ${confine}`, async (t) => {
      const control = `${tempFolder(t)}/c.sock`;
      const config = optionLines({ confine, workers: 2, control }) + clientSection('a', { connect: 8443 });
      const daemon = await startDaemon(t, { config, place: FILTERED });
      const { code, stdout } = await runOvercoat(['doctor', '--confinement', '--control', control]);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^process ${daemon.pid} .*: not fenced by Overcoat; .* of whoever started it`, 'm'));
      const ofWorker = confine ? /worker 1\): seccomp in (\d+) of \1 threads/ : /worker 1\): not fenced by Overcoat; /;
      assert.match(stdout, ofWorker);
      await daemon.stop();
    });

  for (const confine of ['yes', 'no'])
    test(`tells the filter of a unit from its own, in one process, confine ${confine}`, async (t) => {
      const control = `${tempFolder(t)}/c.sock`;
      const args = ['client', '127.0.0.1:0', '127.0.0.1:8443', '--confine', confine, '--control', control, '--debug', '7'];
      const daemon = await startCommand(t, args, { place: FILTERED });
      const { code, stdout } = await runOvercoat(['doctor', '--confinement', '--control', control]);
      assert.equal(code, 0);
      const said = confine === 'yes' ? 'seccomp in (\\d+) of \\1 threads, no new privileges in \\1$' : 'not fenced by Overcoat; ';
      assert.match(stdout, new RegExp(`^process ${daemon.pid} .*: ${said}`, 'm'));
      await daemon.stop();
    });

  test('wants to be told what it is about', async () => {
    const { code, stderr } = await runOvercoat(['doctor']);
    assert.equal(code, 2);
    assert.match(stderr, /--confinement/);
  });
});
