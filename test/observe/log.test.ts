/** The log from the event to the file: levels, the time before the configuration is known, reopening, and what is lost. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { GlobalConfig } from '../../src/config/config.ts';
import { FILE_GLOBAL } from '../../src/config/defaults.ts';
import type { EventContext } from '../../src/observe/events.ts';
import type { Log } from '../../src/observe/log.ts';
import { createLog } from '../../src/observe/log.ts';
import { serviceConfig } from '../support/overcoat/service-config.ts';
import { runProgram } from '../support/program.ts';
import { tempFolder } from '../support/temp.ts';

const MAIN: EventContext = { id: 'main', service: undefined };
const LINE = /^\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d LOG(\d)\[([^\]]+)\]: (.*)$/;

const globalConfig = (changes: Partial<GlobalConfig>): GlobalConfig => ({ ...FILE_GLOBAL, syslog: false, foreground: 'quiet', ...changes });

/** A log that is accepted already. */
function opened(changes: Partial<GlobalConfig>): Log {
  const log = createLog();
  log.openFiles(globalConfig(changes));
  log.accept();
  return log;
}

/** Level, id and text of each line of a file; fails where a line does not have the form. */
function linesOf(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  assert.equal(lines.pop(), '', 'the file ends with a line feed');
  return lines.map((line) => {
    const [, level, id, text] = LINE.exec(line) ?? assert.fail(`not a log line: ${line}`);
    return `${level} ${id} ${text}`;
  });
}

const say = (log: Log, text: string, level: 0 | 3 | 5 | 6 | 7 = 5, about = MAIN): void =>
  log.observe({ kind: 'message', level, text }, about);

suite('the log', () => {
  test("writes what the level lets through, in stunnel's form", (t) => {
    const output = join(tempFolder(t), 'log');
    const log = opened({ output, logLevel: 5 });
    say(log, 'notice');
    say(log, 'info', 6);
    say(log, 'error', 3, { id: '12', service: undefined });
    log.close();
    assert.deepEqual(linesOf(output), ['5 main notice', '3 12 error']);
    assert.equal(statSync(output).mode & 0o777, 0o640);
  });

  test('has a level of its own for each service', (t) => {
    const output = join(tempFolder(t), 'log');
    const log = opened({ output, logLevel: 5 });
    say(log, 'loud', 7, { id: '0', service: serviceConfig({ service: { logLevel: 7 } }) });
    say(log, 'quiet', 5, { id: '1', service: serviceConfig({ service: { logLevel: 3 } }) });
    log.close();
    assert.deepEqual(linesOf(output), ['7 0 loud']);
  });

  test('leaves out single lines of an event by their level', (t) => {
    const output = join(tempFolder(t), 'log');
    const log = opened({ output, logLevel: 5 });
    log.observe(
      { kind: 'server-name-requested', name: 'a.test', service: 'other' },
      { id: '0', service: serviceConfig({ service: { logLevel: 5 } }) },
    );
    log.close();
    assert.deepEqual(linesOf(output), ['5 0 SNI: switched to service [other]']);
  });

  test('keeps everything until the configuration says what is wanted', (t) => {
    const output = join(tempFolder(t), 'log');
    const log = createLog();
    say(log, 'first', 7, { id: 'ui', service: undefined });
    say(log, 'second', 5, { id: 'ui', service: undefined });
    assert.equal(existsSync(output), false);
    log.openFiles(globalConfig({ output, logLevel: 6 }));
    say(log, 'third', 6);
    assert.equal(readFileSync(output, 'utf8'), '', 'not accepted yet');
    log.accept();
    log.close();
    assert.deepEqual(linesOf(output), ['5 ui second', '6 main third']);
  });

  test('prints everything with level marks when the start fails', async () => {
    const script = `
      const { createLog } = await import(${JSON.stringify(new URL('../../src/observe/log.ts', import.meta.url).pathname)});
      const log = createLog();
      for (let level = 0; level < 8; level += 1) log.observe({ kind: 'message', level, text: 'level ' + level + ' of LOG7[x]: y' }, { id: 'ui' });
      log.reject();
      log.close();
    `;
    const { stderr } = await runProgram([process.execPath, '--input-type=module', '-e', script]);
    const marks = ['*', '*', '*', '!', ':', '.', ' ', ' '];
    assert.deepEqual(
      stderr.split('\n').slice(0, -1),
      marks.map((mark, level) => `[${mark}] level ${level} of LOG7[x]: y`),
    );
  });

  test('appends, or starts over, as `log` says', (t) => {
    const output = join(tempFolder(t), 'log');
    writeFileSync(output, 'before\n');
    const log = opened({ output, logAppend: true });
    say(log, 'appended');
    log.close();
    assert.match(readFileSync(output, 'utf8'), /^before\n.*appended\n$/s);
    const second = opened({ output, logAppend: false });
    say(second, 'alone');
    second.close();
    assert.deepEqual(linesOf(output), ['5 main alone']);
  });

  test('opens the file again when it was moved away', (t) => {
    const output = join(tempFolder(t), 'log');
    const log = opened({ output });
    say(log, 'before');
    log.reopen();
    renameSync(output, `${output}.1`);
    say(log, 'still the old one');
    log.reopen();
    say(log, 'after');
    log.close();
    assert.deepEqual(linesOf(`${output}.1`), ['5 main before', '5 main Log file reopened', '5 main still the old one']);
    assert.deepEqual(linesOf(output), ['5 main Log file reopened', '5 main after']);
  });

  test('goes on with the old file when the new one cannot be opened', (t) => {
    const folder = tempFolder(t);
    const output = join(folder, 'log');
    const log = opened({ output });
    assert.throws(() => log.reconfigure(globalConfig({ output: join(folder, 'missing', 'log') })), {
      code: 'start_process',
      message: /^Cannot open log file: .*missing\/log: No such file or directory \(2\); /,
    });
    say(log, 'still here');
    log.reconfigure(globalConfig({ output: join(folder, 'other') }));
    say(log, 'moved');
    log.close();
    assert.deepEqual(linesOf(output), ['5 main still here']);
    assert.deepEqual(linesOf(join(folder, 'other')), ['5 main moved']);
  });

  test('refuses to start without the file it should write', (t) => {
    const output = join(tempFolder(t), 'no', 'log');
    assert.throws(() => opened({ output }), { code: 'start_process' });
  });

  test('keeps one event on one line of at most 1024 bytes', (t) => {
    const output = join(tempFolder(t), 'log');
    const log = opened({ output });
    say(log, `${'é\n\u001b'.repeat(2000)}`);
    log.close();
    const [line] = linesOf(output);
    assert.ok(Buffer.byteLength(readFileSync(output)) <= 1025);
    assert.ok(line?.endsWith('...'));
  });

  test('says after a second what was lost, then once a minute, wherever it can', {
    skip: existsSync('/dev/full') ? false : 'needs /dev/full',
  }, async () => {
    const script = `
      import { mock } from 'node:test';
      mock.timers.enable({ apis: ['setTimeout'] });
      const { createLog } = await import(${JSON.stringify(new URL('../../src/observe/log.ts', import.meta.url).pathname)});
      const { FILE_GLOBAL } = await import(${JSON.stringify(new URL('../../src/config/defaults.ts', import.meta.url).pathname)});
      const log = createLog();
      log.openFiles({ ...FILE_GLOBAL, syslog: false, foreground: 'yes', output: '/dev/full' });
      log.accept();
      const main = { id: 'main', service: undefined };
      for (let count = 0; count < 600; count += 1) log.observe({ kind: 'message', level: 5, text: 'kept' }, main);
      await new Promise(setImmediate);
      mock.timers.tick(1000);
      await new Promise(setImmediate);
      log.observe({ kind: 'message', level: 5, text: 'more' }, main);
      await new Promise(setImmediate);
      mock.timers.tick(59_999);
      await new Promise(setImmediate);
      log.observe({ kind: 'message', level: 5, text: 'not yet' }, main);
      mock.timers.tick(1);
      log.close();
    `;
    const { stderr } = await runProgram([process.execPath, '--input-type=module', '-e', script]);
    const texts = stderr
      .split('\n')
      .slice(0, -1)
      .map((line) => line.slice(line.indexOf(': ') + 2));
    assert.deepEqual(
      texts.slice(0, 600),
      Array.from({ length: 600 }, () => 'kept'),
      'standard error is not held up',
    );
    const lost = (count: number): string => `${count} log line(s) for /dev/full lost: No space left on device (28)`;
    assert.deepEqual(texts.slice(600), [lost(600), 'more', 'not yet', lost(2)]); // `not yet` waits in this turn's batch
  });

  test('costs no text where nobody wants the line', () => {
    const log = opened({ logLevel: 5 });
    const event = {
      kind: 'message',
      level: 6,
      get text(): string {
        return assert.fail('the text was made');
      },
    } as const;
    log.observe(event, MAIN);
    log.close();
  });
});
