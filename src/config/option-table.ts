/** All options in one table, found by name in any case. */
import type { OptionEntry } from './option.ts';
import { ENDPOINT_OPTIONS } from './options/endpoints.ts';
import { LIMIT_OPTIONS } from './options/limits.ts';
import { NAME_OPTIONS } from './options/names.ts';
import { OBSOLETE_OPTIONS } from './options/obsolete.ts';
import { PROCESS_OPTIONS } from './options/process.ts';
import { PROTOCOL_OPTIONS } from './options/protocols.ts';
import { SESSION_OPTIONS } from './options/sessions.ts';
import { TLS_OPTIONS } from './options/tls.ts';
import { TRUST_OPTIONS } from './options/trust.ts';
import type { Parser } from './values/values.ts';

export const OPTIONS = {
  ...PROCESS_OPTIONS,
  ...ENDPOINT_OPTIONS,
  ...LIMIT_OPTIONS,
  ...TLS_OPTIONS,
  ...TRUST_OPTIONS,
  ...SESSION_OPTIONS,
  ...PROTOCOL_OPTIONS,
  ...NAME_OPTIONS,
  ...OBSOLETE_OPTIONS,
};

export type OptionName = keyof typeof OPTIONS;

/** What the parser of an option answers. */
export type ValueOf<Name extends OptionName> = (typeof OPTIONS)[Name] extends { readonly parse: Parser<infer T> } ? T : never;

/** A row with its name, its parser's type forgotten. */
export interface NamedOption extends OptionEntry {
  readonly name: OptionName;
  readonly repeat: 'last' | 'list';
  readonly parse: Parser<unknown>;
}

/** Sorted by name without regard to case, as the lists print them. */
export const OPTION_LIST: readonly NamedOption[] = Object.entries(OPTIONS)
  .map(([name, option]) => ({ ...option, name: name as OptionName }))
  .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));

const BY_NAME: ReadonlyMap<string, NamedOption> = new Map(
  OPTION_LIST.flatMap((option) => [option.name, ...(option.aliases ?? [])].map((name) => [name.toLowerCase(), option] as const)),
);

/** @param name as written in a file, an alias included */
export function findOption(name: string): NamedOption | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** The option whose name is one or, if long, two changed, missing or extra characters away, for `did you mean`. */
export function similarOption(name: string): OptionName | undefined {
  const wanted = name.toLowerCase();
  if (wanted.length < 3 || wanted.length > 40) return undefined;
  const farthest = wanted.length < 5 ? 1 : 2;
  let best: { readonly name: OptionName; readonly distance: number } | undefined;
  for (const [known, option] of BY_NAME) {
    const distance = editDistance(wanted, known);
    if (distance <= farthest && distance < (best?.distance ?? 3)) best = { name: option.name, distance };
  }
  return best?.name;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
