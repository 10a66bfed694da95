/**
 * The lists that rules of hosts.allow and hosts.deny name (`/FILE`), which are read with them for every client (`libwrap`). Whoever may write
 * a list may name others in it: what it names is a file, never a folder, and there is an end to it.
 */
import { statSync } from 'node:fs';
import { daemonPattern, isList } from '../../connection/access/patterns.ts';
import type { AccessLine, PatternList } from '../../connection/access/rules.ts';
import { parseAccessRules } from '../../connection/access/rules.ts';
import { readBounded } from '../../fresh-file.ts';

/** As much of a file as is looked at when clients are judged. */
const LARGEST_FILE = 1_048_576;
const MOST_LISTS = 64;
/** Of one path, written as JSON: a worker is born with all of them in one variable of its environment, which has 128 KB at most. */
const MOST_PATH_BYTES = 256;

/** Paths as rules and lists write them. What cannot be read names none: whoever judges clients says so. */
export interface HostLists {
  /** By the rules themselves, which belong to root. */
  readonly ofRules: readonly string[];
  /** By lists alone. */
  readonly ofLists: readonly string[];
}

/** @param jail the folder that `/` will be */
export function listsNamedIn(rules: readonly string[], jail = ''): HostLists {
  const text = (name: string): string => {
    const path = `${jail}${name}`;
    try {
      return statSync(path).isFile() ? readBounded(path, LARGEST_FILE) : '';
    } catch {
      return '';
    }
  };
  const named = rules.flatMap((path) => parseAccessRules(text(path)).flatMap(patternsOf));
  const ofRules = new Set(named.filter((word) => mayBeList(word, jail)).slice(0, MOST_LISTS));
  const all = new Set(ofRules);
  for (const list of all) {
    for (const word of text(list).split(/\s+/)) if (all.size < MOST_LISTS && mayBeList(word, jail)) all.add(word);
  }
  return { ofRules: [...ofRules], ofLists: [...all].filter((list) => !ofRules.has(list)) };
}

/** Those of a rule that may be lists: for clients, and for addresses of ours. */
function patternsOf(line: AccessLine): readonly string[] {
  if ('problem' in line) return [];
  return [...wordsOf(line.daemons).flatMap((word) => daemonPattern(word).host ?? []), ...wordsOf(line.clients)];
}

function wordsOf({ words, except }: PatternList): readonly string[] {
  return except === undefined ? words : [...words, ...wordsOf(except)];
}

/** One that is not there may still be made. */
function mayBeList(word: string, jail: string): boolean {
  if (!isList(word) || Buffer.byteLength(JSON.stringify(word)) > MOST_PATH_BYTES) return false;
  try {
    return statSync(`${jail}${word}`).isFile();
  } catch {
    return true;
  }
}
