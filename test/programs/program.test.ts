import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ExecConfig } from '../../src/config/config.ts';
import { spawnProgram } from '../../src/programs/program.ts';
import { programLeg } from '../../src/programs/program-end.ts';
import type { Program } from '../../src/programs/starter.ts';
import { collectLeg } from '../support/overcoat/handshake.ts';
import { requires } from '../support/requirements.ts';

async function start(path: string, args: readonly string[], more: Partial<ExecConfig> = {}, environment = process.env): Promise<Program> {
  const exec: ExecConfig = { path, args, pty: false, errors: 'peer', ...more };
  const { pid, fd, exited } = await spawnProgram({ exec, environment });
  return { pid, leg: programLeg(fd, exec.pty), exited };
}

/** All that a shell script writes. */
async function said(script: string, more: Partial<ExecConfig> = {}, environment = process.env): Promise<string> {
  const { leg, exited } = await start('/bin/sh', ['sh', '-c', script], more, environment);
  const text = (await collectLeg(leg)).toString();
  leg.end('close');
  await exited;
  return text;
}

suite('a program', () => {
  for (const pty of [false, true]) {
    const skip = pty && requires({ linux: true });

    test(`has no signal blocked or ignored${pty ? ' on a terminal' : ''}`, { skip: skip || requires({ linux: true }) }, async () => {
      const lines = (await said('grep -E "^Sig(Blk|Ign)" /proc/self/status', { pty })).replaceAll('\r', '').trim().split('\n');
      assert.deepEqual(
        lines.map((line) => BigInt(`0x${line.split('\t')[1]}`)),
        [0n, 0n],
      );
    });

    test(`has its own environment and no more${pty ? ' on a terminal' : ''}`, { skip }, async () => {
      const environment = { PATH: process.env['PATH'], ONLY: 'this' };
      const lines = (await said('env', { pty }, environment)).replaceAll('\r', '').trim().split('\n');
      assert.deepEqual(lines.filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line)).sort(), ['ONLY=this', `PATH=${process.env['PATH']}`]);
    });

    test(`tells how it ended${pty ? ' on a terminal' : ''}`, { skip }, async () => {
      const failed = await start('/bin/sh', ['sh', '-c', 'exit 9'], { pty });
      assert.deepEqual(await failed.exited, { code: 9, signal: null });
      failed.leg.end('close');
      const killed = await start('/bin/sh', ['sh', '-c', 'kill -TERM $$'], { pty });
      assert.deepEqual(await killed.exited, { code: null, signal: 'SIGTERM' });
      killed.leg.end('close');
    });

    test(`is looked for in PATH where it has no slash${pty ? ' on a terminal' : ''}`, { skip }, async () => {
      const { leg, exited } = await start('true', ['true'], { pty });
      assert.deepEqual(await exited, { code: 0, signal: null });
      leg.end('close');
      await assert.rejects(start('no-such-program-anywhere', ['x'], { pty }), { code: 'ENOENT' });
      await assert.rejects(start('/etc/passwd', ['x'], { pty }), { code: 'EACCES' });
    });
  }

  test('reads the end of what it is sent and may answer after that', async () => {
    const { leg } = await start('/bin/sh', ['sh', '-c', 'cat > /dev/null; echo after']);
    const answer = collectLeg(leg);
    leg.finish(Buffer.from('question'));
    assert.equal((await answer).toString(), 'after\n');
    leg.end('close');
  });
});
