/** What was freed in the middle of the heap goes back to the kernel. Runs in processes of their own, whose memory nothing else changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outputOf } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';

const script = (giveBack: string): string => `
import { readFileSync } from 'node:fs';
import { returnFreeMemory, returnMemoryOfStart } from '${new URL('../../../src/linux/process/free-memory.ts', import.meta.url).pathname}';
const resident = () => Number(/^VmRSS:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
// Pieces too small for a mapping of their own, every twentieth of which stays: the rest are holes.
let pieces = Array.from({ length: 4000 }, () => Buffer.allocUnsafeSlow(32_768).fill(1));
pieces = pieces.filter((_, index) => index % 20 === 0);
gc();
await new Promise((resolve) => setImmediate(resolve));
gc();
const before = resident();
${giveBack}
console.log(before - resident(), pieces.length);
`;

async function given(giveBack: string): Promise<number> {
  const argv = [process.execPath, '--expose-gc', '--input-type=module', '-e', script(giveBack)];
  return Number((await outputOf(argv)).split(' ')[0]);
}

test('holes in the heap are given back', { skip: requires({ linux: true }) }, async () => {
  const kilobytes = await given('returnFreeMemory();');
  assert.ok(kilobytes > 50_000, `${kilobytes} KB of 120,000 freed`);
});

test('those of a start as well, when it is over, by a timer that keeps no process alive', { skip: requires({ linux: true }) }, async () => {
  const untilItHas = `
returnMemoryOfStart();
const until = Date.now() + 10_000;
while (before - resident() < 50_000 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));`;
  const kilobytes = await given(untilItHas);
  assert.ok(kilobytes > 50_000, `${kilobytes} KB of 120,000 freed`);
  assert.equal((await given('returnMemoryOfStart();')) < 50_000, true, 'it was not waited for');
});
