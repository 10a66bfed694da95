import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { close, socketPair } from '../../src/linux/libc.ts';
import { areOneSocket } from '../../src/linux/standard-streams.ts';
import { socketOf } from '../../src/programs/program-end.ts';
import { collect } from '../support/net/tcp.ts';

const MODULE = new URL('../../src/linux/standard-streams.ts', import.meta.url).href;
const SCRIPT = `import { silenceClientErrors } from '${MODULE}'; silenceClientErrors(); console.error('said'); console.log('done');`;

function pair(): readonly [number, number] {
  const ends = socketPair();
  if (typeof ends === 'number') assert.fail(`socketpair: ${ends}`);
  return ends;
}

test('tells one socket from two, and from what is none', () => {
  const [one, other] = pair();
  assert.equal(areOneSocket(one, one), true);
  assert.equal(areOneSocket(one, other), false);
  assert.equal(areOneSocket(one, 9999), false);
  close(one);
  close(other);
});

test('nothing reaches a socket that is standard input and standard error', async () => {
  const [ours, theirs] = pair();
  spawn(process.execPath, ['--input-type=module', '-e', SCRIPT], { stdio: [theirs, theirs, theirs] });
  close(theirs);
  const socket = socketOf(ours);
  socket.resume();
  assert.equal((await collect(socket)).toString(), 'done\n');
  socket.destroy();
});

test('standard error of its own is left alone', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  await once(child, 'close');
  assert.equal(text, 'said\n');
});
