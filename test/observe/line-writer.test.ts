/** Lines to descriptors that do not want them: traffic must go on, memory stays bounded, and what was lost is counted. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { openLineWriter } from '../../src/observe/line-writer.ts';
import { eventually } from '../support/eventually.ts';
import { outputOf, Program, runProgram } from '../support/program.ts';
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

  test('begins a new line behind one that was torn before the file was opened', (t) => {
    const folder = tempFolder(t);
    for (const [before, after] of [
      ['', 'whole\n'],
      ['one\n', 'one\nwhole\n'],
      ['one\nhal', 'one\nhal\nwhole\n'],
    ] as const) {
      const path = join(folder, 'log');
      writeFileSync(path, before);
      const writer = openLineWriter(openSync(path, constants.O_WRONLY | constants.O_APPEND), true);
      writer.write(Buffer.from('whole\n'), 1);
      writer.close();
      assert.equal(readFileSync(path, 'utf8'), after);
    }
  });

  test('counts what a full disk did not take, and asks only once', { skip: existsSync('/dev/full') ? false : 'needs /dev/full' }, () => {
    const writer = openLineWriter(openSync('/dev/full', 'w'), true);
    writer.write(LINE, 1);
    writer.write(Buffer.concat([LINE, LINE]), 2);
    assert.deepEqual(writer.takeLost(), { count: 3, why: 'No space left on device (28)' });
    assert.equal(writer.takeLost(), undefined);
    writer.close();
  });

  test('begins a new line behind one that a full disk has torn, and counts whole lines as written', {
    skip: requires({ commands: ['prlimit'] }),
  }, async (t) => {
    const path = join(tempFolder(t), 'log');
    const script = `
      const { openLineWriter } = await import(${JSON.stringify(MODULE)});
      const { execFileSync } = await import('node:child_process');
      const { openSync } = await import('node:fs');
      const line = (letter) => letter.repeat(999) + '\\n';
      const writer = openLineWriter(openSync(process.argv[1], 'a'), true);
      writer.write(Buffer.from(line('a') + line('b') + line('c')), 3);
      writer.write(Buffer.from(line('d')), 1);
      console.log(writer.takeLost().count);
      execFileSync('prlimit', ['--fsize=unlimited', '--pid=' + process.pid]);
      writer.write(Buffer.from(line('e')), 1);
      console.log(writer.takeLost() === undefined);
    `;
    // A file that may be no longer does what a full disk does: a write takes a part, the next none.
    const limited = ['prlimit', '--fsize=1500:unlimited', 'sh', '-c', 'trap "" XFSZ; exec "$0" "$@"'];
    const { stdout, stderr } = await runProgram([...limited, process.execPath, '--input-type=module', '-e', script, path]);
    assert.equal(stdout, '3\ntrue\n', stderr);
    assert.deepEqual(readFileSync(path, 'utf8').split('\n'), ['a'.repeat(999), 'b'.repeat(500), 'e'.repeat(999), '']);
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
