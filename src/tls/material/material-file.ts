/** Reading the files of keys and certificates, with errors that name the option, the file and the fix. */

import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { OvercoatError } from '../../errors.ts';
import { currentUser } from '../../linux/process/user-name.ts';
import { isReadOnce, readStartFile, statStartFile } from '../../start-files.ts';
import { describeSystemError, plainSystemError } from '../../text/system-error.ts';
import { valueHint } from '../../text/value-hint.ts';

/** A problem with one file: `cert = /a/b: No such file or directory; ...`. */
export function materialError(option: string, path: string, problem: string, cause?: unknown): OvercoatError {
  return new MaterialError(option, path, { problem }, cause);
}

interface MaterialProblem {
  /** What is wrong; what to do. */
  readonly problem: string;
  /** What else to do about it in a configuration file, where there are more options than flags. */
  readonly inFile?: string;
}

/** `OPTION = PATH: what is wrong; what to do`. */
export class MaterialError extends OvercoatError {
  readonly option: string;
  /** `PATH: what is wrong; what to do`, for whoever calls the option by another name and has no configuration file. */
  readonly problem: string;

  constructor(option: string, path: string, { problem, inFile = '' }: MaterialProblem, cause: unknown) {
    super('config_key_material', `${option} = ${path}: ${problem}${inFile}`, cause);
    this.option = option;
    this.problem = `${path}: ${problem}`;
  }
}

/** The whole file. @throws OvercoatError `config_key_material` */
export function readMaterial(option: string, path: string): Buffer {
  const bytes = bytesOf(option, path);
  if (bytes.length === 0 && isReadOnce(path))
    throw materialError(option, path, 'the pipe is empty; it can be read once: a reload needs a file');
  return bytes;
}

function bytesOf(option: string, path: string): Buffer {
  try {
    return readStartFile(path);
  } catch (error) {
    throw new MaterialError(option, path, unreadable(option, path, error), error);
  }
}

const DIRECTORY_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['CAfile', 'CApath'],
  ['cert', 'CApath'],
  ['CRLfile', 'CRLpath'],
]);

/** Why, and what to do. */
function unreadable(option: string, path: string, error: unknown): MaterialProblem {
  const hint = valueHint(path);
  // access(2) knows nothing of a fence: what it refuses is refused by the modes of the file and its folders.
  const { text } = isReadable(path) ? describeSystemError(error) : plainSystemError(error);
  if (hint !== undefined) return { problem: `${text}; ${hint}` };
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EACCES') {
    return {
      problem: `${text}; let user ${currentUser()} read it (chown, chmod, of its folders too)`,
      inFile: '; a daemon with `setuid` reads as root only when it starts',
    };
  }
  if (code !== 'EISDIR') return { problem: `${text}; check that the file exists and that this user may read it` };
  const other = DIRECTORY_OPTIONS.get(option);
  const place = option === 'cert' ? 'a directory of trusted certificates' : 'a directory prepared with `openssl rehash`';
  return { problem: 'it is a directory; name one file', inFile: other === undefined ? '' : `, or give ${place} to ${other}` };
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** A path, or the path of a `file:` URI (`file:/a`, `file:///a`). */
export function materialPath(option: string, value: string): string {
  if (!/^file:/i.test(value)) return value;
  try {
    return fileURLToPath(new URL(value));
  } catch (error) {
    throw materialError(option, value, 'not a file: URI of this machine; write file:///absolute/path', error);
  }
}

/** Whether others than owner and group may touch a file that holds a secret. */
export function isExposed(path: string): boolean {
  return ((statStartFile(path)?.mode ?? 0) & 0o007) !== 0;
}

/** What is wrong with a file in which nothing was found, where that is clear. */
export function emptyFile(bytes: Buffer): string | undefined {
  return bytes.length === 0 ? 'the file is empty' : undefined;
}

export interface PemBlock {
  readonly label: string;
  readonly text: string;
}

const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';
/** `X9.42 DH PARAMETERS` is the longest that means something here. */
const LONGEST_LABEL = 64;

/**
 * All PEM blocks in order; whatever stands between them is a comment, and so is a block without an end. One that was cut off before another
 * of its kind is one with that: it cannot be read, and is not left out in silence. Each line is looked at once: some of it comes from the network.
 */
export function pemBlocks(bytes: Buffer): readonly PemBlock[] {
  const text = bytes.toString('latin1');
  const blocks: PemBlock[] = [];
  let begun: { readonly label: string; readonly end: string; readonly at: number } | undefined;
  for (let at = markAt(text, 0); at >= 0; at = markAt(text, at + DASHES.length)) {
    if (text.startsWith(BEGIN, at)) {
      const label = labelAt(text, at + BEGIN.length);
      if (label !== begun?.label) begun = { label, end: `${END}${label}${DASHES}`, at };
    } else if (begun !== undefined && text.startsWith(begun.end, at)) {
      blocks.push({ label: begun.label, text: `${text.slice(begun.at, at + begun.end.length)}\n` });
      begun = undefined;
    }
  }
  return blocks;
}

/** The last five of the next run of dashes: what begins or ends a block stands behind them. */
function markAt(text: string, from: number): number {
  const found = text.indexOf(DASHES, from);
  if (found < 0) return found;
  let end = found + DASHES.length;
  while (text[end] === '-') end += 1;
  return end - DASHES.length;
}

/** '' where what stands there is none. */
function labelAt(text: string, from: number): string {
  const end = text.indexOf(DASHES, from);
  return end < 0 || end > from + LONGEST_LABEL ? '' : text.slice(from, end);
}

const CERTIFICATE_LABELS = new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']);

export function isCertificate(block: PemBlock): boolean {
  return CERTIFICATE_LABELS.has(block.label);
}

/** The certificates of a PEM file, one text each. */
export function certificateTexts(bytes: Buffer): readonly string[] {
  return pemBlocks(bytes)
    .filter(isCertificate)
    .map((block) => block.text);
}

/** A file in place of a folder before it is another's affair. */
const NOT_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

/** Is there such a file? It is asked for, so that whoever watches what was read sees it come. */
export function isThere(path: string): boolean {
  try {
    readStartFile(path);
    return true;
  } catch (cause) {
    return !NOT_THERE.has((cause as NodeJS.ErrnoException).code ?? '');
  }
}
