/**
 * Which directories decide what a path leads to. A watch on the file itself sees no link that is put in the place of another
 * (certbot's `live/NAME/fullchain.pem`, `..data` of Kubernetes), so the directory of every link on the way is watched, and that of its end.
 */
import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { decodeText, pathBytes } from '../../text/raw-text.ts';

/** As the kernel, which gives up then (ELOOP, path_resolution(7)). */
const MOST_LINKS = 40;

/** A name, and the directory in which it stands. */
export interface Entry {
  readonly directory: string;
  readonly name: string;
}

/**
 * Every link on the way, in order, and the end. What is not there ends the way: where it would be is the last.
 * @param path absolute. Never throws
 */
export function linkChain(path: string): readonly Entry[] {
  const found: Entry[] = [];
  const left = partsOf(path);
  let directory = '/';
  while (left.length > 0) {
    const name = left.shift() as string;
    if (name === '..') {
      directory = dirname(directory);
      continue;
    }
    const target = linkTarget(join(directory, name));
    if (target === undefined && left.length > 0 && exists(join(directory, name))) {
      directory = join(directory, name);
      continue;
    }
    found.push({ directory, name });
    if (target === undefined || found.length > MOST_LINKS) break;
    left.unshift(...partsOf(target));
    if (target.startsWith(sep)) directory = '/';
  }
  return found;
}

function partsOf(path: string): string[] {
  return path.split(sep).filter((part) => part !== '' && part !== '.');
}

function linkTarget(path: string): string | undefined {
  try {
    return decodeText(readlinkSync(pathBytes(path), { encoding: 'buffer' }));
  } catch {
    return undefined; // no link, or nothing
  }
}

function exists(path: string): boolean {
  try {
    lstatSync(pathBytes(path));
    return true;
  } catch {
    return false;
  }
}
