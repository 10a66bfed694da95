/** All options in one table, found by name in any case. */
import { mostSimilar } from '../text/similar.ts';
import type { OptionEntry } from './option.ts';
import { ACME_OPTIONS } from './options/acme.ts';
import { ENDPOINT_OPTIONS } from './options/endpoints.ts';
import { LIMIT_OPTIONS } from './options/limits.ts';
import { NAME_OPTIONS } from './options/names.ts';
import { OBSOLETE_OPTIONS } from './options/obsolete.ts';
import { PROCESS_OPTIONS } from './options/process.ts';
import { PROTOCOL_OPTIONS } from './options/protocols.ts';
import { SESSION_OPTIONS } from './options/sessions.ts';
import { TLS_OPTIONS } from './options/tls.ts';
import { TRUST_OPTIONS } from './options/trust.ts';
import { WATCH_OPTIONS } from './options/watch.ts';
import type { Parser } from './values/values.ts';

export const OPTIONS = {
  ...PROCESS_OPTIONS,
  ...ENDPOINT_OPTIONS,
  ...LIMIT_OPTIONS,
  ...TLS_OPTIONS,
  ...TRUST_OPTIONS,
  ...ACME_OPTIONS,
  ...SESSION_OPTIONS,
  ...PROTOCOL_OPTIONS,
  ...NAME_OPTIONS,
  ...OBSOLETE_OPTIONS,
  ...WATCH_OPTIONS,
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

/** The option that was probably meant by a name that is none. */
export function similarOption(name: string): OptionName | undefined {
  return BY_NAME.get(mostSimilar(name, [...BY_NAME.keys()]) ?? '')?.name;
}
