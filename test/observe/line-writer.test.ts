/** Lines to descriptors that do not want them: traffic must go on, memory stays bounded, and what was lost is counted. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { openLineWriter } from '../../src/observe/line-writer.ts';
import { eventually } from '../support/eventually.ts';
import { outputOf, Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const LINE = Buffer.from(`${'x'.repeat(999)}\n`);
const MODULE = new URL('../../src/observe/line-writer.ts', import.meta.url).pathname;

suite('a line writer', { skip: requires({ linux: true, commands: ['mkfifo'] }) }, () => {
  test('writes a file in order', (t) => {
    const path = join(tempFolder(t), 'log');
    const writer = openLineWriter(openSync(path, 'a'), true);
    writer.write(Buffer.from('one\n'), 1);
    writer.write(Buffer.from('two\nthree\n'), 2);
    writer.close();
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\nthree\n');
    assert.equal(writer.takeLost(), undefined);
  });

  test('counts what a full disk did not take, and asks only once', { skip: existsSync('/dev/full') ? false : 'needs /dev/full' }, () => {
    const writer = openLineWriter(openSync('/dev/full', 'w'), true);
    writer.write(LINE, 1);
    writer.write(Buffer.concat([LINE, LINE]), 2);
    assert.deepEqual(writer.takeLost(), { count: 3, why: 'No space left on device (28)' });
    assert.equal(writer.takeLost(), undefined);
    writer.close();
  });

  test('begins a line of its own where the disk was full in the middle of one, and counts what is missing', {
    skip: requires({ commands: ['prlimit'] }),
  }, async (t) => {
    const path = join(tempFolder(t), 'log');
    const script = `
      const { openLineWriter } = await import(${JSON.stringify(MODULE)});
      const { execFileSync } = await import('node:child_process');
      const { openSync } = await import('node:fs');
      const writer = openLineWriter(openSync(${JSON.stringify(path)}, 'a'), true);
      const lines = (...letters) => Buffer.from(letters.map((letter) => letter.repeat(99) + '\\n').join(''));
      writer.write(lines('a', 'b', 'c', 'd'), 4);
      writer.write(lines('e'), 1);
      console.log(JSON.stringify(writer.takeLost()));
      execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited']);
      writer.write(lines('f', 'g'), 2);
      console.log(JSON.stringify(writer.takeLost()));
      writer.close();
    `;
    const stdout = await outputOf(['prlimit', '--fsize=250:unlimited', process.execPath, '--input-type=module', '-e', script]);
    assert.deepEqual(stdout.split('\n'), ['{"count":3,"why":"File too large (27)"}', 'undefined', '']);
    const found = readFileSync(path, 'utf8').split('\n');
    assert.deepEqual(
      found.map((line) => `${line.slice(0, 1)}${line.length}`),
      ['a99', 'b99', 'c50', 'f99', 'g99', '0'],
    );
  });

  test('keeps a bounded amount for a pipe that nobody reads, and goes on when somebody does', async (t) => {
    const path = join(tempFolder(t), 'pipe');
    await outputOf(['mkfifo', path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openLineWriter(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK), true);
    t.after(() => {
      writer.close();
      closeSync(reader);
    });
    for (let count = 0; count < 5000; count += 1) writer.write(LINE, 1);
    const lost = writer.takeLost();
    assert.ok(lost !== undefined && lost.count > 4000, `5 MB offered, ${lost?.count} lines lost`);
    assert.equal(lost.why, 'nobody reads them');
    const bytes = Buffer.alloc(65_536);
    let read = 0;
    const readSome = (): void => {
      try {
        for (let length = readSync(reader, bytes); length > 0; length = readSync(reader, bytes)) read += length;
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
      }
    };
    await eventually('everything that was kept arrives', () => {
      readSome();
      return read === (5000 - lost.count) * LINE.length;
    });
    writer.write(LINE, 1);
    assert.equal(writer.takeLost(), undefined);
  });

  test('survives the end of its reader', async (t) => {
    const path = join(tempFolder(t), 'pipe');
    await outputOf(['mkfifo', path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openLineWriter(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK), true);
    closeSync(reader);
    await eventually('the loss is seen', () => {
      writer.write(LINE, 1);
      return writer.takeLost()?.why === 'Broken pipe (32)';
    });
    writer.close();
  });

  test('leaves the descriptor it shares with others as it was', async () => {
    const script = `
      const { openLineWriter } = await import(${JSON.stringify(MODULE)});
      const { readFileSync } = await import('node:fs');
      const flags = () => Number.parseInt(readFileSync('/proc/self/fdinfo/2', 'utf8').split('flags:')[1].trim(), 8) & ${constants.O_NONBLOCK};
      const before = flags();
      const writer = openLineWriter(2, false);
      writer.write(Buffer.from('said\\n'), 1);
      console.log(before, flags());
      writer.close();
    `;
    const program = new Program(['sh', '-c', '"$0" --input-type=module -e "$1" 2>&1 | cat', process.execPath, script]);
    const { stdout } = await program.finished;
    assert.match(stdout, /^said$/m);
    assert.match(stdout, /^0 0$/m);
  });

  test('writes to a socket, as the journal gives one', async () => {
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', `(await import(${JSON.stringify(MODULE)})).openLineWriter(2, false).write(Buffer.from('said\\n'), 1)`],
      {
        stdio: ['ignore', 'inherit', 'pipe'],
      },
    );
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await eventually('the line arrives', () => text === 'said\n');
  });
});
