// Tests: src/programs/terminal-starter.ts
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { Program, runProgram } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';

const MODULE = new URL('../../../src/linux/process/parent-death.ts', import.meta.url).href;
const STARTER = new URL('../../../src/programs/terminal-starter.ts', import.meta.url).pathname;

/** Starts a node that starts another one, which runs `script` and then stays; their process ids. */
async function family(script: string): Promise<{ readonly parent: Program; readonly child: number }> {
  const child = `import('${MODULE}').then((death) => { ${script}; console.log('child', process.pid); setInterval(() => undefined, 1000); })`;
  const start = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' })`;
  const parent = new Program([process.execPath, '-e', start]);
  const [, pid] = await parent.saw(/child (\d+)/);
  return { parent, child: Number(pid) };
}

suite('a process that works for its parent', { skip: requires({ linux: true }) }, () => {
  test('ends with it', async () => {
    const { parent, child } = await family("death.endWithParent(process.ppid, 'SIGKILL')");
    parent.kill('SIGKILL');
    await eventually('it is gone', () => !isRunning(child));
  });

  test('ends at once where its parent is dead already', async () => {
    const script = `import('${MODULE}').then((death) => { death.endWithParent(1, 'SIGTERM'); setInterval(() => undefined, 1000); })`;
    const { signal } = await runProgram([process.execPath, '-e', script]);
    assert.equal(signal, 'SIGTERM');
  });

  test('may be let go', async () => {
    const { parent, child } = await family("death.endWithParent(process.ppid, 'SIGKILL'); death.outliveParent()");
    parent.kill('SIGKILL');
    await eventually('it has another parent', () => !readFileSync(`/proc/${child}/stat`, 'latin1').includes(` ${parent.pid} `));
    assert.equal(isRunning(child), true);
    process.kill(child, 'SIGKILL');
    await parent.finished;
  });

  test('does not become the program of a connection whose daemon is dead', async () => {
    const starter = spawn(process.execPath, [STARTER, '1', '/bin/echo', 'echo', 'started'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    starter.stdout.on('data', (bytes) => (said += String(bytes)));
    const [, signal] = await once(starter, 'close');
    assert.deepEqual([signal, said], ['SIGKILL', '']);
  });
});

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
}
