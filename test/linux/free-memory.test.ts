/** What was freed in the middle of the heap goes back to the kernel. Runs in a process of its own, whose memory nothing else changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outputOf } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

const SCRIPT = `
import { readFileSync } from 'node:fs';
import { returnFreeMemory } from '${new URL('../../src/linux/free-memory.ts', import.meta.url).pathname}';
const resident = () => Number(/^VmRSS:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
// Pieces too small for a mapping of their own, every twentieth of which stays: the rest are holes.
let pieces = Array.from({ length: 4000 }, () => Buffer.allocUnsafeSlow(32_768).fill(1));
pieces = pieces.filter((_, index) => index % 20 === 0);
gc();
await new Promise((resolve) => setImmediate(resolve));
gc();
const before = resident();
returnFreeMemory();
console.log(before - resident(), pieces.length);
`;

test('holes in the heap are given back', { skip: requires({ linux: true }) }, async () => {
  const argv = [process.execPath, '--expose-gc', '--input-type=module', '-e', SCRIPT];
  const [given = 0] = (await outputOf(argv)).split(' ').map(Number);
  assert.ok(given > 50_000, `${given} KB of 120,000 freed`);
});
