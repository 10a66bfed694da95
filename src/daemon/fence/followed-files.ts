/**
 * Files that are read for a client as they are then, and that others may be put in place of meanwhile; keys and certificates are not among them:
 * the supervisor hands those over. A rule of a fence is about a file, and not about its name, unless its folder may be read.
 */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ServiceConfig } from '../../config/config.ts';
import { jailPrefix } from '../process/jail.ts';
import { fromStartFolder } from '../process/start-folder.ts';
import { listsNamedIn } from './host-lists.ts';

/** Hosts are admitted by them (`libwrap`), and they are read for every client. */
const HOST_RULES = ['/etc/hosts.allow', '/etc/hosts.deny'] as const;

export interface FollowedFiles {
  /** As the configuration and the rules call them: in a jail, those in it. */
  readonly files: readonly string[];
  /** Those that such files have to themselves: what is put in place of one there is read at once. */
  readonly folders: readonly string[];
}

/** @param others that workers may read anyway, as this or the jail calls them */
export function filesFollowed(
  { libwrap, serverName, names }: ServiceConfig,
  chroot: string | undefined,
  others: readonly string[],
): FollowedFiles {
  const hosts = serverName.kind === 'auto' && names.sources.includes('hosts') ? [names.hostsFile] : [];
  const rules = libwrap ? HOST_RULES : [];
  const { ofRules, ofLists } = listsNamedIn(rules, jailPrefix(chroot));
  const trusted = [...rules, ...ofRules, ...hosts];
  const known = knownIn([...trusted, ...ofLists, ...others], jailPrefix(chroot));
  return { files: [...trusted, ...ofLists], folders: trusted.flatMap((path) => ownFoldersOf(path, chroot, known)) };
}

/** Files by their names, and by where those lead. */
function knownIn(files: readonly string[], prefix: string): ReadonlySet<string> {
  const named = files.map((path) => join(prefix, fromStartFolder(path)));
  return new Set([...named, ...named.flatMap(realPathOf)]);
}

function realPathOf(path: string): readonly string[] {
  try {
    return [realpathSync(path)];
  } catch {
    return []; // it is still to be made
  }
}

/** Those of a jail are called as from outside, also by who is in it: a fence is compared with the one before. */
function ownFoldersOf(path: string, chroot: string | undefined, known: ReadonlySet<string>): readonly string[] {
  if (chroot === undefined) return foldersOf(path).filter((folder) => isOwn(folder, known));
  const folder = dirname(fromStartFolder(path));
  return isOwn(join(jailPrefix(chroot), folder), known) ? [join(chroot, folder)] : [];
}

/** The folder of a file by its name, and the one it is in: renewed files are often links into another folder (`live`, `archive`). */
export function foldersOf(path: string): readonly string[] {
  const named = fromStartFolder(path);
  return [...new Set([named, ...realPathOf(named)].map((each) => dirname(each)))];
}

/** Nothing else is in it, above all no key; and it is no link, which somebody could let lead elsewhere. */
function isOwn(folder: string, known: ReadonlySet<string>): boolean {
  try {
    return (
      realpathSync(folder) === folder &&
      readdirSync(folder, { withFileTypes: true }).every((each) => !each.isDirectory() && known.has(join(folder, each.name)))
    );
  } catch {
    return false;
  }
}

/** As they are now. @returns the same text as long as no file has changed */
export function stampsOf(files: readonly string[]): string {
  const stamps = files.map((path) => {
    try {
      const { dev, ino, size, mtimeMs } = statSync(path);
      return `${dev}:${ino}:${size}:${mtimeMs}`;
    } catch {
      return '';
    }
  });
  return stamps.join('\n');
}

/** Which files these are, without those in folders that may be read. @returns a line each, the same as long as no other was put in its place */
export function whichFiles(files: readonly string[], folders: readonly string[]): ReadonlySet<string> {
  const found = files.flatMap((path) => {
    try {
      const real = realpathSync(path);
      if (folders.some((folder) => folder !== real && real.startsWith(`${folder}/`))) return [];
      const { dev, ino } = statSync(real);
      return [`${path} ${dev}:${ino}`];
    } catch {
      return [];
    }
  });
  return new Set(found);
}
