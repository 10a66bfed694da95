import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { close } from '../../../src/linux/libc/descriptors.ts';
import { socketPair } from '../../../src/linux/libc/sockets.ts';
import { areOneSocket } from '../../../src/linux/process/standard-streams.ts';
import { socketOf } from '../../../src/programs/program-end.ts';
import { PlainLeg } from '../../../src/sockets/plain-leg.ts';
import { collectLeg } from '../../support/overcoat/handshake.ts';

const MODULE = new URL('../../../src/linux/process/standard-streams.ts', import.meta.url).href;
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
  const leg = new PlainLeg(socketOf(ours));
  assert.equal((await collectLeg(leg)).toString(), 'done\n');
  leg.end('close');
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
