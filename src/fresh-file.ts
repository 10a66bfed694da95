/**
 * A file that others may change at any time (/etc/hosts, hosts.allow): looked at whenever it is asked for, read again only when it has
 * changed. The path is this process's own: inside a `chroot` it is the file there.
 */
import { readFileSync, statSync } from 'node:fs';

export class FreshFile<Content> {
  readonly #path: string;
  readonly #read: (path: string) => Content;
  readonly #empty: Content;
  #known: { readonly stamp: string; readonly content: Content } | undefined;

  /** @param read turns the file into what is wanted of it; it may throw, and is asked again the next time; @param empty of a file that is not there */
  constructor(path: string, read: (path: string) => Content, empty: Content) {
    this.#path = path;
    this.#read = read;
    this.#empty = empty;
  }

  /** @throws what `read` throws, and NodeJS.ErrnoException of stat(2) other than ENOENT */
  get content(): Content {
    const facts = statSync(this.#path, { throwIfNoEntry: false, bigint: true });
    if (facts === undefined) return this.#empty;
    const stamp = `${facts.mtimeNs} ${facts.ctimeNs} ${facts.size} ${facts.ino}`;
    if (this.#known?.stamp !== stamp) this.#known = { stamp, content: this.#read(this.#path) };
    return this.#known.content;
  }
}

/**
 * The same for any number of files, each known by its path.
 * @param read, empty as `FreshFile` has them
 * @returns what the file at a path holds now; it throws what `FreshFile.content` throws
 */
export function freshFiles<Content>(read: (path: string) => Content, empty: Content): (path: string) => Content {
  const files = new Map<string, FreshFile<Content>>();
  return (path) => {
    let file = files.get(path);
    if (file === undefined) {
      file = new FreshFile(path, read, empty);
      files.set(path, file);
    }
    return file.content;
  };
}

/** The text of a file. @throws NodeJS.ErrnoException; RangeError for more than `largest` bytes */
export function readBounded(path: string, largest: number): string {
  const bytes = readFileSync(path);
  if (bytes.length > largest) throw new RangeError(`it is longer than ${largest} bytes`);
  return bytes.toString('utf8');
}
