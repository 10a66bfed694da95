/**
 * Every file that is read while services are prepared is read through here, so that what one thread was allowed to read (as root,
 * before chroot) others can prepare the same services from. The trap: recording and replaying last for one synchronous piece of
 * work only, so whatever prepares a service opens its files before its first wait.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { decodeText, pathBytes } from './text/raw-text.ts';

/** What stat(2) says, as far as somebody asks. */
export interface FileFacts {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly mode: number;
}

type Answer =
  | { readonly kind: 'value'; readonly value: Uint8Array | readonly string[] | FileFacts | undefined }
  | { readonly kind: 'error'; readonly message: string; readonly code: string | undefined; readonly errno: number | undefined };

/** Questions with their answers; plain data, which another thread can be sent. It holds keys: nobody else's business. */
export type FilesRead = ReadonlyMap<string, Answer>;

const STORE = 'store ';

let recorded: Map<string, Answer> | undefined;
let replayed: FilesRead | undefined;

/** The whole file. @throws NodeJS.ErrnoException */
export function readStartFile(path: string): Buffer {
  const { buffer, byteOffset, byteLength } = answer(`file ${path}`, () => readFileSync(pathBytes(path))) as Uint8Array<ArrayBuffer>;
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
  return answer(`folder ${path}`, () => folderNames(path).sort()) as readonly string[];
}

/** undefined where there is nothing. @throws NodeJS.ErrnoException */
export function statStartFile(path: string): FileFacts | undefined {
  return answer(`facts ${path}`, () => {
    const found = statSync(pathBytes(path), { throwIfNoEntry: false });
    return found === undefined ? undefined : { isFile: found.isFile(), isDirectory: found.isDirectory(), mode: found.mode };
  }) as FileFacts | undefined;
}

function folderNames(path: string): string[] {
  return readdirSync(pathBytes(path), { encoding: 'buffer' }).map(decodeText);
}

/** Runs `work` and keeps what it reads. */
export function recordingFiles<T>(work: () => T): { readonly result: T; readonly files: FilesRead } {
  const files = new Map<string, Answer>();
  recorded = files;
  try {
    return { result: work(), files };
  } finally {
    recorded = undefined;
  }
}

/** The paths of the files among them that could be read, and of folders; no URIs, which may hold a PIN. */
export function pathsRead(files: FilesRead): readonly string[] {
  return [...files].flatMap(([question, { kind }]) =>
    kind === 'value' && !question.startsWith(STORE) ? [question.slice(question.indexOf(' ') + 1)] : [],
  );
}

/** Runs `work` on what was read before; the disk is not looked at. */
export function replayingFiles<T>(files: FilesRead, work: () => T): T {
  replayed = files;
  try {
    return work();
  } finally {
    replayed = undefined;
  }
}

function answer(question: string, ask: () => Uint8Array | readonly string[] | FileFacts | undefined): unknown {
  const known = replayed?.get(question);
  if (known?.kind === 'value') return known.value;
  if (known?.kind === 'error') throw Object.assign(new Error(known.message), { code: known.code, errno: known.errno });
  if (replayed !== undefined) throw new Error(`nobody has read this before: ${question.startsWith(STORE) ? 'a URI' : question}`);
  try {
    const value = ask();
    recorded?.set(question, { kind: 'value', value });
    return value;
  } catch (error) {
    const { message, code, errno } = error as NodeJS.ErrnoException;
    recorded?.set(question, { kind: 'error', message, code, errno });
    throw error;
  }
}
