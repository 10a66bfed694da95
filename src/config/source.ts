/** Gets the text of a configuration: from a file, from an open descriptor, and the files of included directories. Reads only. */
import { closeSync, fstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorText } from '../text/system-error.ts';
import type { ReadDirectory, SourceText } from './parse.ts';

/** Far above any real configuration; keeps a device or an endless pipe from filling the memory. */
const LARGEST_SOURCE = 16 * 1024 * 1024;

/** Where the text of a configuration comes from: a file, or an open descriptor. */
export type ConfigSource = { readonly file: string } | { readonly fd: number };

/** What a descriptor held: it can be read only once, and a reload wants it again. */
export interface KeptSource {
  readonly name: string;
  readonly text: string;
}

export type ReadSource =
  | { readonly ok: true; readonly source: SourceText; readonly path: string }
  /** `error`: why, in the system's words; `step`: which call failed, as stunnel names it. */
  | { readonly ok: false; readonly file: string; readonly error: string; readonly step: 'realpath' | 'open' };

/**
 * @param showRealPath messages name the file by its real path, as stunnel does; else as it was given
 * @returns `path`: the real path of a file, `fd:N` for a descriptor
 */
export function readSource(from: ConfigSource | KeptSource, showRealPath: boolean): ReadSource {
  if ('text' in from) return { ok: true, source: { file: from.name, text: from.text }, path: from.name };
  if ('fd' in from) {
    const name = `fd:${from.fd}`;
    const text = attempt(() => readDescriptor(from.fd));
    return text.ok
      ? { ok: true, source: { file: name, text: text.value }, path: name }
      : { ok: false, file: name, error: text.error, step: 'open' };
  }
  const path = attempt(() => realpathSync(from.file));
  if (!path.ok) return { ok: false, file: from.file, error: path.error, step: 'realpath' };
  const text = attempt(() => readFile(path.value));
  if (!text.ok) return { ok: false, file: from.file, error: text.error, step: 'open' };
  return { ok: true, source: { file: showRealPath ? path.value : from.file, text: text.value }, path: path.value };
}

/** A descriptor becomes its text; one that cannot be read stays, and reading it says why. */
export function keepText(from: ConfigSource): ConfigSource | KeptSource {
  if (!('fd' in from)) return from;
  const read = readSource(from, false);
  return read.ok ? { name: read.path, text: read.source.text } : from;
}

/** Every regular file, dot files and editors' backups too, in the order of the names by the locale's rules. */
export const readDirectory: ReadDirectory = (directory) => {
  const found = attempt(() => readdirSync(directory).sort(collation(process.env)));
  if (!found.ok) return { error: found.error };
  const files: SourceText[] = [];
  for (const name of found.value) {
    const file = join(directory, name);
    const text = attempt(() => (statSync(file).isFile() ? readFile(file) : undefined));
    if (!text.ok) return { error: `${name}: ${text.error}` };
    if (text.value !== undefined) files.push({ file, text: text.value });
  }
  return { files };
};

/** strcoll(3): plain byte order in the C locale, the language's order in others. */
export function collation(environment: Readonly<Record<string, string | undefined>>): (a: string, b: string) => number {
  const locale = environment['LC_ALL'] || environment['LC_COLLATE'] || environment['LANG'] || 'C';
  const tag = (locale.split('.')[0] ?? '').replaceAll('_', '-');
  if (tag === 'C' || tag === 'POSIX' || !isLanguage(tag)) return (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  return new Intl.Collator(tag).compare;
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.Collator.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}

function readFile(path: string): string {
  const fd = openSync(path, 'r');
  try {
    if (fstatSync(fd).isDirectory()) throw new Error('it is a directory');
    return readDescriptor(fd);
  } finally {
    closeSync(fd);
  }
}

/** Bytes that are no UTF-8 become U+FFFD, which the parser reports with its line. */
function readDescriptor(fd: number): string {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(65_536);
    const length = readSync(fd, chunk, 0, chunk.length, null);
    if (length === 0) return Buffer.concat(chunks).toString('utf8');
    total += length;
    if (total > LARGEST_SOURCE) throw new Error(`it is larger than ${LARGEST_SOURCE} bytes`);
    chunks.push(chunk.subarray(0, length));
  }
}

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

function attempt<T>(work: () => T): Attempt<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return { ok: false, error: systemErrorText(error) };
  }
}
