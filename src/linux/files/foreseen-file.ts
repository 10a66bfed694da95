/**
 * Whether a file could be opened for writing later, perhaps inside another root directory: what open(2) with O_CREAT would answer,
 * found without creating anything. Links are followed as that process will follow them, so an absolute link of a chroot stays in it.
 * Rights are not judged, since who will open the file is not who asks.
 */
import { constants, lstatSync, readlinkSync } from 'node:fs';
import { constants as os } from 'node:os';
import { join } from 'node:path';
import { systemError } from '../../text/system-error.ts';

/** path_resolution(7): as many as the kernel follows. */
const MOST_LINKS = 40;

const { ENOENT, ENOTDIR, EISDIR, ELOOP } = os.errno;

/** `unknown`: a folder on the way may not be looked into by this user. */
type Kind = 'directory' | 'other' | 'missing' | 'unknown';

/**
 * @param root the root directory of the process that will open it
 * @throws NodeJS.ErrnoException when a folder on the way is missing or none, or the path itself is a directory
 */
export function foreseeFile(path: string, root = '/'): void {
  if (follow(path, root).kind === 'directory') throw systemError('open', EISDIR);
}

/** @throws NodeJS.ErrnoException when it is missing or no directory */
export function foreseeDirectory(path: string): void {
  const { kind } = follow(path, '/');
  if (kind === 'missing') throw systemError('open', ENOENT);
  if (kind === 'other') throw systemError('open', ENOTDIR);
}

/**
 * Whether mkdir -p would have the folder there.
 * @throws NodeJS.ErrnoException when it, or something on the way, is no directory
 */
export function foreseeFolder(path: string, root = '/'): void {
  if (follow(path, root, 'made').kind === 'other') throw systemError('mkdir', ENOTDIR);
}

/**
 * Where a path of a process with another root directory is for us, links followed.
 * @throws NodeJS.ErrnoException when a folder on the way is missing or none
 */
export function pathBelow(root: string, path: string): string {
  return follow(path, root).path;
}

/**
 * A process that changed its root stands in it, so a relative path begins there.
 * @param missing what becomes of folders on the way that are not there
 */
function follow(path: string, root: string, missing: 'refused' | 'made' = 'refused'): { readonly path: string; readonly kind: Kind } {
  const start = path.startsWith('/') || root !== '/' ? [] : namesOf(process.cwd());
  const ahead = [...start, ...namesOf(path)];
  let passed: string[] = [];
  let kind: Kind = 'directory';
  let links = 0;
  for (let name = ahead.shift(); name !== undefined && kind !== 'unknown'; name = ahead.shift()) {
    if (kind === 'other') throw systemError('open', ENOTDIR);
    if (kind === 'missing' && missing === 'refused') throw systemError('open', ENOENT);
    if (name === '..') {
      passed.pop();
      continue;
    }
    const here = join(root, ...passed, name);
    const found = typeOf(here);
    if (found === 'link') {
      links += 1;
      if (links > MOST_LINKS) throw systemError('open', ELOOP);
      const target = readlinkSync(here);
      if (target.startsWith('/')) passed = [];
      ahead.unshift(...namesOf(target));
    } else {
      passed.push(name);
      kind = found;
    }
  }
  return { path: join(root, ...passed), kind };
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function typeOf(path: string): Kind | 'link' {
  try {
    const type = lstatSync(path).mode & constants.S_IFMT;
    if (type === constants.S_IFLNK) return 'link';
    return type === constants.S_IFDIR ? 'directory' : 'other';
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'unknown';
  }
}
