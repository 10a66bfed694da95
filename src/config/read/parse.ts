/**
 * Text in, sections out: the syntax of a configuration, without any meaning. One statement a line, no quoting, no continuation, no
 * comments behind values. A PEM block (RFC 7468) is one mistake, whose content is kept nowhere. Mistakes stay in their place among the
 * statements, so that the first one is the first one.
 */

import { encodeText } from '../../text/raw-text.ts';

/** A line as it stands in a file; `line` is 1-based, `text` is the whole line as written, without its end. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export interface Statement {
  readonly kind: 'statement';
  /** As written; case does not matter. */
  readonly name: string;
  /** Surrounding blanks dropped. */
  readonly value: string;
  readonly at: SourceLine;
}

/** `text`: what is wrong and what to do; `reason`: stunnel's words for it. */
export interface BrokenLine {
  readonly kind: 'broken';
  readonly code: 'config_syntax' | 'config_unreadable';
  readonly text: string;
  readonly reason: string;
  readonly at: SourceLine;
}

/** Something was left out; `logged` is the line of the log about it. */
export interface Notice {
  readonly kind: 'notice';
  readonly text: string;
  readonly logged: string;
  readonly at: SourceLine;
}

export type Line = Statement | BrokenLine | Notice;

export interface Section {
  readonly name: string;
  readonly at: SourceLine;
  readonly lines: readonly Line[];
}

export interface ParsedConfig {
  /** What stands before the first section. */
  readonly defaults: readonly Line[];
  readonly sections: readonly Section[];
}

/** A file that has been read. */
export interface SourceText {
  /** As it appears in messages. */
  readonly file: string;
  readonly text: string;
}

export interface IncludedFiles {
  /** In the order in which they are read. */
  readonly files: readonly SourceText[];
  /** Names that lead to no file. */
  readonly dangling: readonly string[];
}

/** Reads the files of an included directory, or says why that is impossible. */
export type ReadDirectory = (directory: string) => IncludedFiles | { readonly error: string };

/** stunnel's line buffer, in bytes. */
const LONGEST_LINE = 16_384;
const DEEPEST_INCLUDE = 16;
const MOST_LINES = 1_000_000;
const PEM_IS_NO_OPTION = 'a key or certificate (PEM) is no option; keep it in a file of its own, and name that with key or cert';

interface Reading {
  readonly readDirectory: ReadDirectory;
  readonly defaults: Line[];
  readonly sections: { readonly name: string; readonly at: SourceLine; readonly lines: Line[] }[];
  lines: number;
}

/** Never throws: a line that cannot be read stands in its section as a problem. @param readDirectory for `include` */
export function parseConfig(source: SourceText, readDirectory: ReadDirectory): ParsedConfig {
  const reading: Reading = { readDirectory, defaults: [], sections: [], lines: 0 };
  readText(reading, source, 0);
  return reading;
}

function readText(reading: Reading, source: SourceText, depth: number): void {
  const text = source.text.startsWith('\ufeff') ? source.text.slice(1) : source.text;
  let line = 0;
  let inPem = false;
  for (const written of text.split('\n')) {
    line += 1;
    reading.lines += 1;
    const whole = written.endsWith('\r') ? written.slice(0, -1) : written;
    const at: SourceLine = { file: source.file, line, text: whole };
    if (reading.lines > MOST_LINES) {
      add(reading, broken(at, `more than ${MOST_LINES} lines; is a file included twice?`, 'Configuration is too long'));
      return;
    }
    // What a key file holds may end in `=`, and would be shown as the name of an unknown option.
    if (inPem) inPem = !withoutBlanks(whole).startsWith('-----END ');
    else {
      inPem = beginsPem(withoutBlanks(whole));
      readLine(reading, at, depth);
    }
  }
}

function readLine(reading: Reading, at: SourceLine, depth: number): void {
  const text = withoutBlanks(at.text);
  if (text === '' || text.startsWith(';') || text.startsWith('#')) return;
  const line = lineOf(at, text);
  if (line.kind === 'broken' && text.startsWith('[')) reading.sections.push({ name: text.slice(1, 80), at, lines: [line] });
  else if (line.kind === 'section') reading.sections.push({ name: line.name, at, lines: [] });
  else if (line.kind === 'statement' && line.name.toLowerCase() === 'include') include(reading, line, depth);
  else add(reading, line);
}

function lineOf(at: SourceLine, text: string): Line | { readonly kind: 'section'; readonly name: string } {
  const mistake = unreadable(at);
  if (mistake !== undefined) return mistake;
  if (text.startsWith('[') && text.endsWith(']')) return { kind: 'section', name: text.slice(1, -1) };
  if (beginsPem(text)) return broken(at, PEM_IS_NO_OPTION, "No '=' found");
  const equals = text.indexOf('=');
  if (equals < 0) return broken(at, 'there is no `=`; write name = value, [section], or ; before a comment', "No '=' found");
  return { kind: 'statement', name: withoutBlanks(text.slice(0, equals)), value: withoutBlanks(text.slice(equals + 1)), at };
}

/** A directory's files are read as if they stood here, sections and all. */
function include(reading: Reading, statement: Statement, depth: number): void {
  const { at, value: directory } = statement;
  const found =
    depth < DEEPEST_INCLUDE ? reading.readDirectory(directory) : { error: 'includes are nested too deep; does it include itself?' };
  if ('files' in found) {
    for (const file of found.dangling) {
      const text = `${file} leads to no file and is left out; an editor may have left it`;
      add(reading, { kind: 'notice', text, logged: `"${file}" is not a file`, at });
    }
    for (const file of found.files) readText(reading, file, depth + 1);
    return;
  }
  const text = `the directory ${directory} cannot be read: ${found.error}`;
  add(reading, { kind: 'broken', code: 'config_unreadable', text, reason: 'Failed to include directory', at });
}

function unreadable(at: SourceLine): BrokenLine | undefined {
  if (at.text.length > LONGEST_LINE || encodeText(at.text).length > LONGEST_LINE) {
    return broken({ ...at, text: at.text.slice(0, 80) }, `the line is longer than ${LONGEST_LINE} bytes`, 'Line is too long');
  }
  if (at.text.includes('\0')) return broken(at, 'there is a NUL byte in the line; is this a text file?', 'NUL byte found');
  return undefined;
}

function beginsPem(text: string): boolean {
  return text.startsWith('-----BEGIN ') && !text.includes('=');
}

function add(reading: Reading, line: Line): void {
  (reading.sections.at(-1)?.lines ?? reading.defaults).push(line);
}

function broken(at: SourceLine, text: string, reason: string): BrokenLine {
  return { kind: 'broken', code: 'config_syntax', text, reason, at };
}

/** Drops what isspace(3) calls a blank from both ends. */
function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || (character !== undefined && character >= '\t' && character <= '\r');
}
