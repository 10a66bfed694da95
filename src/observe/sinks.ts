/** Where log lines go: standard error, the file of `output`, the system log. A sink never blocks and never throws once it is open. */

import { constants, openSync } from 'node:fs';
import type { GlobalConfig } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import { foreseeFile } from '../linux/files/foreseen-file.ts';
import { standardStreamOf } from '../linux/process/standard-streams.ts';
import { cutBytes, MAX_LINE_BYTES } from '../text/printable.ts';
import { escapeRawBytes, pathBytes } from '../text/raw-text.ts';
import { systemErrorText } from '../text/system-error.ts';
import type { LineWriter } from './line-writer.ts';
import { openLineWriter } from './line-writer.ts';
import type { Lost, Sink } from './sink.ts';
import type { WrittenLine } from './stamped-lines.ts';

const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;
/** stunnel's: the owner writes, the group reads. */
const FILE_MODE = 0o640;

export function standardErrorSink(): Sink {
  return standardSink(STANDARD_ERROR, 'standard error');
}

function standardSink(fd: number, name: string): Sink {
  const writer = openLineWriter(fd, false);
  return {
    name,
    write: (lines) => writer.write(join(lines), lines.length),
    takeLost: () => writer.takeLost(),
    reopen: () => undefined,
    close: () => writer.close(),
  };
}

/**
 * The file of `output`.
 * @throws OvercoatError `start_process` when it cannot be opened
 */
export function fileSink(path: string, append: boolean, option: FileOption = 'output'): Sink {
  let writer = openFile(path, append, option);
  let lostBefore: Lost | undefined;
  const takeLost = (): Lost | undefined => {
    const lost = together(lostBefore, writer.takeLost());
    lostBefore = undefined;
    return lost;
  };
  return {
    name: path,
    write: (lines) => writer.write(join(lines), lines.length),
    takeLost,
    reopen: () => {
      const next = openFile(path, append, option);
      lostBefore = takeLost();
      writer.close();
      writer = next;
    },
    close: () => writer.close(),
  };
}

function together(before: Lost | undefined, since: Lost | undefined): Lost | undefined {
  return before === undefined || since === undefined ? (since ?? before) : { count: before.count + since.count, why: since.why };
}

function openFile(path: string, append: boolean, option: FileOption): LineWriter {
  const inherited = standardStreamOf(path);
  try {
    if (inherited !== undefined) return openLineWriter(inherited, false);
    const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC, O_NONBLOCK, O_NOCTTY } = constants;
    const flags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | (append ? 0 : O_TRUNC);
    return openLineWriter(openSync(pathBytes(path), flags, FILE_MODE), true);
  } catch (cause) {
    throw logFileError(path, cause, option);
  }
}

/**
 * Whether the file of `output` will have a place, as far as that shows before it is opened.
 * @param root the directory of `chroot`, in which the path will be looked up
 * @throws OvercoatError as `fileSink`
 */
export function foreseeLogFile(path: string, root?: string): void {
  if (standardStreamOf(path) !== undefined) return;
  try {
    foreseeFile(path, root);
  } catch (cause) {
    throw logFileError(path, cause, 'output');
  }
}

/** The same of the file of `records`, which is opened outside of `chroot`. @throws OvercoatError as `recordSink` */
export function foreseeRecords(to: string): void {
  if (to === 'syslog' || to === '-') return;
  try {
    foreseeFile(to);
  } catch (cause) {
    throw logFileError(to, cause, 'records');
  }
}

/** The option that names a file. */
type FileOption = 'output' | 'records';

function logFileError(path: string, cause: unknown, option: FileOption): OvercoatError {
  const advice = 'check the path, and who may write there';
  return new OvercoatError(
    'start_process',
    `Cannot open ${option === 'output' ? 'log file' : 'records'}: ${path}: ${systemErrorText(cause)}; ${advice}`,
    cause,
  );
}

/**
 * Where `records` go: `syslog`, `-` (standard output), or a file.
 * @throws OvercoatError `start_process` when the file cannot be opened
 */
export async function recordSink(to: string, global: GlobalConfig): Promise<Sink> {
  if (to === 'syslog') return syslogSink(global, 'fields');
  if (to !== '-') return fileSink(to, true, 'records');
  return (await journalBehind(STANDARD_OUTPUT, global)) ?? standardSink(STANDARD_OUTPUT, 'standard output');
}

/** Standard error for lines that have fields: the journal, where that is what it leads to. */
export async function fieldsErrorSink(global: GlobalConfig): Promise<Sink> {
  return (await journalBehind(STANDARD_ERROR, global)) ?? standardErrorSink();
}

async function journalBehind(fd: number, global: GlobalConfig): Promise<Sink | undefined> {
  if (process.env['JOURNAL_STREAM'] === undefined) return undefined;
  const { isJournalStream } = await import('../linux/log/journal.ts');
  return isJournalStream(fd) ? (await import('./journal-sink.ts')).journalSink(global) : undefined;
}

/** The system log; it has a stamp of its own. @param takes `fields`: where the machine keeps a journal, its entries are made there */
export async function syslogSink(global: GlobalConfig, takes: 'text' | 'fields'): Promise<Sink> {
  if (takes === 'fields' && (await import('../linux/log/journal.ts')).hasJournal())
    return (await import('./journal-sink.ts')).journalSink(global);
  const { openSyslog } = await import('../linux/log/syslog.ts');
  const syslog = openSyslog(escapeRawBytes(global.serviceName), global.syslogFacility);
  let lost = 0;
  return {
    name: 'syslog',
    write: (lines) => {
      for (const line of lines) if (!syslog.write(line.level, line.stamp === '' ? line.text : cutBytes(line.text))) lost += 1;
    },
    takeLost: () => {
      const count = lost;
      lost = 0;
      return count === 0 ? undefined : { count, why: 'the log daemon does not take them' };
    },
    reopen: () => undefined,
    close: () => syslog.close(),
  };
}

let joined: { readonly lines: readonly WrittenLine[]; readonly bytes: Uint8Array } | undefined;

/** Once, however many sinks write the same lines. */
function join(lines: readonly WrittenLine[]): Uint8Array {
  if (joined?.lines === lines) return joined.bytes;
  let text = '';
  for (const line of lines) text += `${line.stamp === '' ? line.text : cutBytes(`${line.stamp} ${line.text}`, MAX_LINE_BYTES)}\n`;
  joined = { lines, bytes: Buffer.from(text) };
  return joined.bytes;
}
