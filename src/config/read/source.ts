/** Gets the text of a configuration: from a file, an open descriptor or an environment variable, and the files of included directories. Reads only. */

import { closeSync, fstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeText, pathBytes } from '../../text/raw-text.ts';
import { systemErrorText } from '../../text/system-error.ts';
import type { ReadDirectory, SourceText } from './parse.ts';

/** Far above any real configuration; keeps a device or an endless pipe from filling the memory. */
const LARGEST_SOURCE = 16 * 1024 * 1024;

/** Where the text of a configuration comes from: a file, an open descriptor, or an environment variable. */
export type ConfigSource = { readonly file: string } | { readonly fd: number } | { readonly variable: string };

/** What a descriptor or a variable held: a descriptor can be read only once, and a reload wants it again. */
export interface KeptSource {
  readonly name: string;
  readonly text: string;
}

export type ReadSource =
  | { readonly ok: true; readonly source: SourceText; readonly path: string }
  /** `error`: why, in the system's words; `remedy`: what to do; `step`: which call failed, as stunnel names it. */
  | {
      readonly ok: false;
      readonly file: string;
      readonly error: string;
      readonly remedy: string;
      readonly step: 'realpath' | 'open';
    };

/**
 * @param showRealPath messages name the file by its real path, as stunnel does; else as it was given
 * @returns `path`: the real path of a file; else `sourceName`
 */
export function readSource(from: ConfigSource | KeptSource, showRealPath: boolean): ReadSource {
  if ('variable' in from) return readVariable(from);
  if ('text' in from) return { ok: true, source: { file: from.name, text: from.text }, path: from.name };
  if ('fd' in from) {
    const name = sourceName(from);
    const text = attempt(() => readDescriptor(from.fd));
    return text.ok ? { ok: true, source: { file: name, text: text.value }, path: name } : { ...text, file: name, step: 'open' };
  }
  const path = attempt(() => realpathSync(from.file));
  if (!path.ok) return { ...path, file: from.file, step: 'realpath' };
  const text = attempt(() => readFile(path.value));
  if (!text.ok) return { ...text, file: from.file, step: 'open' };
  return { ok: true, source: { file: showRealPath ? path.value : from.file, text: text.value }, path: path.value };
}

function readVariable(from: { readonly variable: string }): ReadSource {
  const [file, text] = [sourceName(from), process.env[from.variable]];
  if (text === undefined)
    return { ok: false, file, error: 'the environment has no such variable', remedy: 'export it before', step: 'open' };
  return { ok: true, source: { file, text }, path: file };
}

/** As messages name it: a file as it was given, `fd:N`, `env:NAME`. */
export function sourceName(from: ConfigSource): string {
  return 'file' in from ? from.file : 'fd' in from ? `fd:${from.fd}` : `env:${from.variable}`;
}

/**
 * A descriptor or a variable becomes its text; one that cannot be read stays, and reading it says why. The variable leaves our
 * environment, so that no program we start has it.
 */
export function keepText(from: ConfigSource): ConfigSource | KeptSource {
  if ('file' in from) return from;
  const read = readSource(from, false);
  if ('variable' in from) delete process.env[from.variable];
  return read.ok ? { name: read.path, text: read.source.text } : from;
}

/**
 * Every regular file, links to one, dot files and editors' backups too, but no subdirectory, in the order of the names' bytes: stunnel
 * sorts by strcoll(3) without ever choosing a locale. What leads to no file is left out.
 */
export const readDirectory: ReadDirectory = (directory) => {
  const found = attempt(() => readdirSync(pathBytes(directory), { encoding: 'buffer' }).sort(Buffer.compare).map(decodeText));
  if (!found.ok) return { error: found.error };
  const files: SourceText[] = [];
  const dangling: string[] = [];
  for (const name of found.value) {
    const file = join(directory, name);
    const facts = attempt(() => statSync(pathBytes(file)));
    if (!facts.ok) dangling.push(file);
    else if (facts.value.isFile()) {
      const text = attempt(() => readFile(file));
      if (!text.ok) return { error: `${name}: ${text.error}` };
      files.push({ file, text: text.value });
    }
  }
  return { files, dangling };
};

function readFile(path: string): string {
  const fd = openSync(pathBytes(path), 'r');
  try {
    if (fstatSync(fd).isDirectory()) throw new Unusable('it is a directory', 'name a file in it');
    return readDescriptor(fd);
  } finally {
    closeSync(fd);
  }
}

function readDescriptor(fd: number): string {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(65_536);
    const length = readSync(fd, chunk, 0, chunk.length, null);
    if (length === 0) return readText(Buffer.concat(chunks));
    total += length;
    if (total > LARGEST_SOURCE) throw new Unusable(`it is larger than ${LARGEST_SOURCE} bytes`, OPTIONS_WANTED);
    chunks.push(chunk.subarray(0, length));
  }
}

/** Why something that could be opened is no configuration. */
class Unusable extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

const OPTIONS_WANTED = 'name the file with the options';

/** @throws Unusable that says what it is, where it is no text of ours */
function readText(bytes: Buffer): string {
  const start = bytes.subarray(0, 4096);
  if (isUtf16(start)) throw new Unusable('it is UTF-16', 'save it as UTF-8');
  if (isBinary(start)) throw new Unusable('it is no text file', OPTIONS_WANTED);
  return decodeText(bytes);
}

/** Of Latin text without a mark every other byte is zero, and hardly any of those between. */
function isUtf16(start: Buffer): boolean {
  const mark = start.length >= 2 ? start.readUInt16BE(0) : 0;
  if (mark === 0xfffe || mark === 0xfeff) return true;
  const even = countOf(start, (byte, at) => byte === 0 && at % 2 === 0);
  const odd = countOf(start, (byte, at) => byte === 0 && at % 2 === 1);
  const [less, more] = even < odd ? [even, odd] : [odd, even];
  return more > 1 && more * 3 > start.length && less * 20 < more;
}

function isBinary(start: Buffer): boolean {
  const controls = countOf(start, (byte) => byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d));
  return controls * 20 > start.length && controls > 1;
}

function countOf(bytes: Buffer, counts: (byte: number, at: number) => boolean): number {
  let count = 0;
  for (const [at, byte] of bytes.entries()) if (counts(byte, at)) count += 1;
  return count;
}

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string; readonly remedy: string };

function attempt<T>(work: () => T): Attempt<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return { ok: false, error: systemErrorText(error), remedy: remedyOf(error) };
  }
}

function remedyOf(error: unknown): string {
  if (error instanceof Unusable) return error.remedy;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EACCES':
      return 'let this user read it (chown, chmod, of its folders too)';
    case 'EBADF':
      return 'whoever starts this has to open it for reading';
    default:
      return 'check the name, and the folders before it';
  }
}
