/** The lists that rules of hosts.allow and hosts.deny name (`/FILE`), which are read with them for every client (`libwrap`). */
import { statSync } from 'node:fs';
import type { PatternList } from '../../connection/access/rules.ts';
import { parseAccessRules } from '../../connection/access/rules.ts';
import { readBounded } from '../../fresh-file.ts';

/** As much of a file as is looked at when clients are judged. */
const LARGEST_FILE = 1_048_576;

/**
 * Paths as the rules write them, those of lists in lists included. What cannot be read names none: whoever judges clients says so.
 * @param jail the folder that `/` will be
 */
export function listsNamedIn(rules: readonly string[], jail = ''): readonly string[] {
  const text = (name: string): string => {
    const path = `${jail}${name}`;
    try {
      return statSync(path).isFile() ? readBounded(path, LARGEST_FILE) : '';
    } catch {
      return '';
    }
  };
  const lists = new Set(rules.flatMap((path) => parseAccessRules(text(path)).flatMap((rule) => ('problem' in rule ? [] : wordsOf(rule)))));
  for (const list of lists) for (const word of text(list).split(/\s+/).flatMap(listIn)) lists.add(word);
  return [...lists];
}

function wordsOf({ daemons, clients }: { readonly daemons: PatternList; readonly clients: PatternList }): readonly string[] {
  return [...inList(daemons), ...inList(clients)].flatMap(listIn);
}

function inList({ words, except }: PatternList): readonly string[] {
  return except === undefined ? words : [...words, ...inList(except)];
}

/** `/FILE`, or of an address of ours `SERVICE@/FILE`. */
function listIn(word: string): readonly string[] {
  const path = word.slice(word.indexOf('@') + 1);
  return path.startsWith('/') ? [path] : [];
}
