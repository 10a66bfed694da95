/**
 * Every file that is read while services are prepared is read through here, so that what one process was allowed to read (as root,
 * before chroot) others can prepare the same services from. The trap: recording and replaying last for one synchronous piece of
 * work only, so whatever prepares a service opens its files before its first wait.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { decodeText, pathBytes } from './text/raw-text.ts';

/** What stat(2) says, as far as somebody asks. */
export interface FileFacts {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly mode: number;
}

type FileValue = Uint8Array | readonly string[] | FileFacts | undefined;

export type FileAnswer =
  | { readonly kind: 'value'; readonly value: FileValue }
  | { readonly kind: 'error'; readonly message: string; readonly code: string | undefined; readonly errno: number | undefined };

/** Questions with their answers; plain data, which another process can be sent. It holds keys: nobody else's business. */
export type FilesRead = ReadonlyMap<string, FileAnswer>;

/** What is asked of a path: its bytes, the names in it, or what stat(2) says. */
export type FileQuestionKind = 'file' | 'folder' | 'facts';

export interface FileQuestion {
  readonly kind: FileQuestionKind;
  readonly path: string;
}

/** The text that stands for a question of the disk in `FilesRead`. */
export function questionText(kind: FileQuestionKind, path: string): string {
  return `${kind} ${path}`;
}

/** Of a question of the disk. */
export function questionOf(text: string): FileQuestion {
  const blank = text.indexOf(' ');
  return { kind: text.slice(0, blank) as FileQuestionKind, path: text.slice(blank + 1) };
}

/** Before the URI of what a provider keeps. */
const STORE = 'store ';

interface Known {
  readonly files: FilesRead;
  /** Answers of the disk for what is not in it; undefined: the disk is not asked. */
  readonly more: Map<string, FileAnswer> | undefined;
}

let recorded: Map<string, FileAnswer> | undefined;
let known: Known | undefined;

/** The whole file. @throws NodeJS.ErrnoException */
export function readStartFile(path: string): Buffer {
  const { buffer, byteOffset, byteLength } = answer(questionText('file', path)) as Uint8Array<ArrayBuffer>;
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** What a URI names that is no file; read by `read` where nobody has yet. @throws what `read` throws, of a replay its message */
export function readStartStore(uri: string, read: () => readonly string[]): readonly string[] {
  return answer(`${STORE}${uri}`, read) as readonly string[];
}

/** Is there a file or folder called like a URI? It is no path to `pathsRead`: mostly it is a URI. */
export function isStartPath(uri: string): boolean {
  return answer(`${STORE}path ${uri}`, () => (existsSync(pathBytes(uri)) ? [uri] : undefined)) !== undefined;
}

/** Names in a folder, sorted. @throws NodeJS.ErrnoException */
export function listStartFolder(path: string): readonly string[] {
  return answer(questionText('folder', path)) as readonly string[];
}

/** undefined where there is nothing. @throws NodeJS.ErrnoException */
export function statStartFile(path: string): FileFacts | undefined {
  return answer(questionText('facts', path)) as FileFacts | undefined;
}

/** Runs `work` and keeps what it reads; a recording around this one keeps it too. */
export function recordingFiles<T>(work: () => T): { readonly result: T; readonly files: FilesRead } {
  const outer = recorded;
  const files = new Map<string, FileAnswer>();
  recorded = files;
  try {
    return { result: work(), files };
  } finally {
    recorded = outer;
    for (const [question, found] of files) outer?.set(question, found);
  }
}

/** The paths of the files among them that could be read, and of folders; no URIs, which may hold a PIN. */
export function pathsRead(files: FilesRead): readonly string[] {
  return [...files].flatMap(([question, { kind }]) => (kind === 'value' && !isOfStore(question) ? [questionOf(question).path] : []));
}

/** Runs `work` on what was read before; the disk is not looked at. */
export function replayingFiles<T>(files: FilesRead, work: () => T): T {
  return knowing({ files, more: undefined }, work);
}

/** Runs `work` on what was read before where that is known; everything else is read once, however often it is asked for. */
export function sharingFiles<T>(files: FilesRead, work: () => T): T {
  return knowing({ files, more: new Map() }, work);
}

function knowing<T>(next: Known, work: () => T): T {
  const outer = known;
  known = next;
  try {
    return work();
  } finally {
    known = outer;
  }
}

/** Was a provider asked, and not the disk? Nobody sees there whether something has changed. */
export function isOfStore(question: string): boolean {
  return question.startsWith(STORE);
}

function answer(question: string, ask: () => FileValue = () => askDisk(question)): unknown {
  const found = known?.files.get(question) ?? known?.more?.get(question);
  if (found === undefined) return firstAnswer(question, ask);
  recorded?.set(question, found);
  if (found.kind === 'value') return found.value;
  throw Object.assign(new Error(found.message), { code: found.code, errno: found.errno });
}

/** @throws what `ask` throws */
function firstAnswer(question: string, ask: () => FileValue): FileValue {
  if (known !== undefined && known.more === undefined)
    throw new Error(`nobody has read this before: ${isOfStore(question) ? 'a URI' : question}`);
  const keep = (found: FileAnswer): void => {
    known?.more?.set(question, found);
    recorded?.set(question, found);
  };
  try {
    const value = ask();
    keep({ kind: 'value', value });
    return value;
  } catch (error) {
    keep(failure(error));
    throw error;
  }
}

/**
 * What the disk says to a question now. Never throws.
 * @param folder what a relative path is relative to; by default the working directory
 */
export function readAnswer(question: string, folder?: string): FileAnswer {
  try {
    return { kind: 'value', value: askDisk(question, folder) };
  } catch (error) {
    return failure(error);
  }
}

/** @throws NodeJS.ErrnoException */
function askDisk(question: string, folder?: string): FileValue {
  const { kind, path } = questionOf(question);
  return READERS[kind](folder === undefined ? path : resolve(folder, path));
}

function failure(error: unknown): FileAnswer {
  const { message, code, errno } = error as NodeJS.ErrnoException;
  return { kind: 'error', message, code, errno };
}

const READERS: Readonly<Record<FileQuestionKind, (path: string) => FileValue>> = {
  file: (path) => readFileSync(pathBytes(path)),
  folder: (path) => folderNames(path).sort(),
  facts: (path) => {
    const found = statSync(pathBytes(path), { throwIfNoEntry: false });
    return found === undefined ? undefined : { isFile: found.isFile(), isDirectory: found.isDirectory(), mode: found.mode };
  },
};

/** Is it a pipe, as a shell's `<(command)` is? What it held is gone when it has been read: it cannot be looked at again. Never throws. */
export function isReadOnce(path: string): boolean {
  try {
    const found = statSync(pathBytes(path), { throwIfNoEntry: false });
    return found !== undefined && (found.isFIFO() || found.isSocket());
  } catch {
    return false;
  }
}

/** Names in a folder, whatever bytes they are made of. @throws NodeJS.ErrnoException */
export function folderNames(path: string): string[] {
  return readdirSync(pathBytes(path), { encoding: 'buffer' }).map(decodeText);
}

/** Do both say the same? */
export function sameAnswer(one: FileAnswer | undefined, other: FileAnswer | undefined): boolean {
  if (one?.kind !== 'value' || other?.kind !== 'value') return one?.kind === other?.kind && errorOf(one) === errorOf(other);
  const [a, b] = [one.value, other.value];
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return JSON.stringify(a) === JSON.stringify(b);
}

function errorOf(found: FileAnswer | undefined): string | undefined {
  return found?.kind === 'error' ? found.code : undefined;
}
