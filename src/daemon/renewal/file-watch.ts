/**
 * Looks at files that may be renewed, and tells their new contents once they have come to rest: nothing has changed for a second, and
 * nobody has one of them open for writing. Notices of the kernel say when to look; a look now and then finds what they miss (network file systems,
 * directories that were replaced).
 */
import type { FSWatcher } from 'node:fs';
import { readlinkSync, statSync, watch } from 'node:fs';
import { join, resolve } from 'node:path';
import { isBeingWritten } from '../../linux/files/being-written.ts';
import type { FileAnswer, FilesRead } from '../../start-files.ts';
import { folderNames, questionOf, questionText, readAnswer } from '../../start-files.ts';
import { pathBytes } from '../../text/raw-text.ts';
import { linkChain } from './link-chain.ts';

/** What is watched, as plain data. */
export interface WatchOrder {
  /** Questions of `FilesRead`. */
  readonly questions: readonly string[];
  /** What relative paths among them are relative to. */
  readonly folder: string;
  /** How often it is looked at without a notice, in milliseconds. */
  readonly everyMs: number;
  /** Ask the kernel for notices. */
  readonly notices: boolean;
}

/** Without a change for so long the files are at rest. */
export const REST_MS = 1000;
/** Several notices of one change are one look. */
const GATHER_MS = 50;
/** Of a directory that is read as a whole. */
const MOST_NAMES = 10_000;

export class FileWatch {
  readonly #order: WatchOrder;
  readonly #tell: (files: FilesRead) => void;
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; names: ReadonlySet<string> }>();
  readonly #poll: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  /** What the files looked like when their contents were told. The first time is soon: whoever watches has read them before the watch began. */
  #told: string | undefined;
  /** Of the last look, while they have changed and are not at rest. */
  #seen: string | undefined;
  #seenAt = 0;

  /** @param tell with every answer there is now: once at the beginning, and after each change */
  constructor(order: WatchOrder, tell: (files: FilesRead) => void) {
    this.#order = order;
    this.#tell = tell;
    this.#poll = setInterval(() => this.#lookAgain(), order.everyMs).unref();
    this.#lookAgain();
  }

  /** Every answer as it is now, whether or not the files are at rest. */
  read(): FilesRead {
    return readAll(this.#order);
  }

  close(): void {
    clearInterval(this.#poll);
    clearTimeout(this.#timer);
    for (const { watcher } of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** Looks when so much time has passed, and not before: one look at a time is waited for. */
  #later(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#lookAgain();
    }, Math.ceil(ms)).unref();
  }

  #lookAgain(): void {
    this.#watchDirectories();
    const now = this.#look();
    if (now === this.#told) {
      this.#seen = undefined;
      return;
    }
    if (now !== this.#seen) {
      this.#seen = now;
      this.#seenAt = performance.now();
    }
    const restedMs = performance.now() - this.#seenAt;
    if (restedMs < REST_MS || this.#paths().some(isBeingWritten)) {
      this.#later(Math.max(REST_MS - restedMs, GATHER_MS));
      return;
    }
    const files = this.read();
    if (this.#look() !== now) {
      this.#later(REST_MS);
      return;
    }
    this.#seen = undefined;
    this.#told = now;
    this.#tell(files);
  }

  #paths(): readonly string[] {
    return [...new Set(this.#order.questions.flatMap((question) => pathsOf(question, this.#order.folder)))];
  }

  /** One text that differs whenever a file may have another content. */
  #look(): string {
    return this.#paths().map(stampOf).join('\n');
  }

  /** The directories may be others after each change. */
  #watchDirectories(): void {
    if (!this.#order.notices) return;
    const wanted = new Map<string, Set<string>>();
    for (const path of this.#paths()) {
      for (const { directory, name } of linkChain(path)) wanted.set(directory, (wanted.get(directory) ?? new Set()).add(name));
    }
    for (const question of this.#order.questions) {
      const { kind, path } = questionOf(question);
      if (kind === 'folder') wanted.set(resolve(this.#order.folder, path), ANY_NAME);
    }
    for (const [directory, { watcher }] of this.#watchers) {
      if (wanted.has(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const [directory, names] of wanted) this.#watchDirectory(directory, names);
  }

  /** Where the kernel gives no notices (no room for more, nothing there) the look now and then has to do. */
  #watchDirectory(directory: string, names: ReadonlySet<string>): void {
    const known = this.#watchers.get(directory);
    if (known !== undefined) {
      known.names = names;
      return;
    }
    const forget = (): void => {
      this.#watchers.get(directory)?.watcher.close();
      this.#watchers.delete(directory);
    };
    try {
      const watcher = watch(pathBytes(directory), { persistent: false, encoding: 'utf8' });
      this.#watchers.set(directory, { watcher, names });
      watcher.on('error', forget);
      watcher.on('change', (_, name) => {
        const ours = this.#watchers.get(directory)?.names;
        // its own name: the directory itself was moved or removed
        const itself = name !== null && directory.endsWith(`/${name}`);
        if (itself) forget();
        if (itself || name === null || ours === ANY_NAME || ours?.has(String(name)) === true) this.#later(GATHER_MS);
      });
    } catch {
      forget();
    }
  }
}

const ANY_NAME: Set<string> = new Set();

function readAll({ questions, folder }: Pick<WatchOrder, 'questions' | 'folder'>): FilesRead {
  const answers = new Map<string, FileAnswer>();
  const ask = (question: string): void => {
    if (!answers.has(question)) answers.set(question, readAnswer(question, folder));
  };
  for (const question of questions) {
    ask(question);
    const { kind, path } = questionOf(question);
    // whoever reads the folder reads files in it, and those may be new
    if (kind !== 'folder') continue;
    for (const name of namesIn(resolve(folder, path))) {
      ask(questionText('file', join(path, name)));
      ask(questionText('facts', join(path, name)));
    }
  }
  return answers;
}

/** A folder stands for everything in it. */
function pathsOf(question: string, folder: string): readonly string[] {
  const { kind, path } = questionOf(question);
  const place = resolve(folder, path);
  return kind === 'folder' ? [place, ...namesIn(place).map((name) => join(place, name))] : [place];
}

function namesIn(folder: string): readonly string[] {
  try {
    return folderNames(folder).sort().slice(0, MOST_NAMES);
  } catch {
    return [];
  }
}

/** Which file it is, where it leads, and when it was changed, to the nanosecond. */
function stampOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs, mode } = statSync(pathBytes(path), { bigint: true });
    const changed = (Number(mode) & DIRECTORY) === DIRECTORY ? '' : `${size} ${mtimeNs} ${ctimeNs}`;
    return `${path} ${linkOf(path)} ${dev} ${ino} ${changed}`;
  } catch (error) {
    return `${path} ${(error as NodeJS.ErrnoException).code}`;
  }
}

const DIRECTORY = 0o040_000;

function linkOf(path: string): string {
  try {
    return readlinkSync(pathBytes(path));
  } catch {
    return '';
  }
}
