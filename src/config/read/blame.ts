/**
 * Finds the line behind a failure that came up only when the files of a service were opened: the message names the file, the section
 * says which option named it.
 */

import type { OptionName } from '../option-table.ts';
import type { Draft } from './draft.ts';
import type { SourceLine } from './parse.ts';

/** Options whose value is a file. */
export const FILE_OPTIONS: readonly OptionName[] = [
  'cert',
  'key',
  'CAfile',
  'CApath',
  'CAstore',
  'CRLfile',
  'CRLpath',
  'PSKsecrets',
  'pin',
  'nameMap',
  'keyLog',
  'acmeStore',
];

export interface Blame {
  readonly at: SourceLine;
  /** '' where only the section is to blame. */
  readonly option: OptionName | '';
}

/** @returns the line the message begins with, else one whose file it names, the longest name first; else the section's header */
export function blame(message: string, draft: Draft, header: SourceLine): Blame {
  const named = FILE_OPTIONS.flatMap((option) =>
    draft.entries(option).map(({ statement }) => ({ option, at: statement.at, file: statement.value })),
  );
  const [longest] = named.filter(({ file }) => file !== '' && message.includes(file)).toSorted((a, b) => b.file.length - a.file.length);
  const said = named.find(({ option, file }) => message.startsWith(`${option} = ${file}:`));
  return said ?? longest ?? { option: '', at: header };
}
