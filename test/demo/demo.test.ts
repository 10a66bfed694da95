/** `overcoat demo` as a user runs it: with real programs, with its own ends, and interrupted. */
// Tests: src/demo/embedded-cargo.ts, src/demo/media-cargo.ts, src/demo/programs.ts, src/demo/services.ts
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { BIN } from '../support/overcoat/checkout.ts';
import { heldBy } from '../support/overcoat/daemon.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

suite('overcoat demo', { concurrency: true }, () => {
  const rows = (output: string): Map<string, string> =>
    new Map(output.split('\n').map((line) => [line.slice(0, 17).trimEnd(), line.slice(17).trim()]));

  function assertSummary(output: string): Map<string, string> {
    const row = rows(output);
    assert.match(row.get('SHA-256 sent') ?? '', /^[0-9a-f]{64}$/);
    assert.equal(row.get('SHA-256 received'), row.get('SHA-256 sent'));
    assert.equal(row.get('bytes received'), row.get('bytes sent'));
    assert.equal(row.get('TLS version'), 'TLSv1.3');
    assert.match(row.get('cipher') ?? '', /^TLS_/);
    assert.equal(row.get('group'), 'X25519MLKEM768');
    assert.equal(row.get('certificate'), 'verified by chain and name (receiver.example)');
    assert.match(output, /with Overcoat:\n00000000 {2}16 03 01 /);
    assert.match(output, /\nEverything arrived unchanged\.\n$/);
    return row;
  }

  test('with real programs', { skip: requires({ packages: ['ffmpeg'] }) }, async (t) => {
    const { program, folder } = start(t);
    const { code } = await program.finished;
    assert.equal(code, 0, program.output);
    const row = assertSummary(program.output);
    assert.match(row.get('frames sent') ?? '', /^150 of video, \d+ of sound$/);
    assert.equal(row.get('frames recorded'), row.get('frames sent'));
    assert.match(program.output, /without Overcoat:\n00000000 {2}03 00 00 00 00 /); // RTMP's C0 and C1
    assert.match(program.output, /readable in the first \d+ bytes: .*rtmp:/);
    assert.deepEqual(readdirSync(folder), []);
  });

  test('with a sender and a receiver of its own', async (t) => {
    const { program, folder } = start(t, '--embedded');
    const { code } = await program.finished;
    assert.equal(code, 0, program.output);
    assert.equal(assertSummary(program.output).get('bytes sent'), String(256 * 2 ** 20));
    assert.match(program.output, /256 MiB sent/);
    assert.deepEqual(readdirSync(folder), []);
  });

  test('interrupted, it leaves nothing behind', { skip: requires({ linux: true, packages: ['ffmpeg'] }) }, async (t) => {
    const { program, folder } = start(t);
    await program.saw(/frame \d+ of 150/);
    const { children } = heldBy(program.pid);
    assert.ok(children.length >= 2, 'the publisher and the receiver are running');
    const { code, stderr } = await program.stop('SIGINT');
    assert.equal(code, 1);
    assert.equal(stderr, 'overcoat: interrupted\n');
    assert.deepEqual(readdirSync(folder), []);
    await eventually('its programs are gone', () => children.every((pid) => !readdirSync('/proc').includes(String(pid))));
  });
});

/** Starts the demo with a temporary folder of its own, so that what it leaves there is seen. */
function start(t: TestContext, ...args: string[]): { readonly program: Program; readonly folder: string } {
  const folder = tempFolder(t);
  const program = new Program([join(BIN, 'overcoat'), 'demo', ...args], { env: { ...process.env, TMPDIR: folder } });
  t.after(() => {
    if (!program.ended) program.kill('SIGKILL');
  });
  return { program, folder };
}
