/**
 * What one row of the option table says. The table is the only list of options there is: the parser, `overcoat options`,
 * docs/options.md and `overcoat-stunnel -help` all read it.
 */
import type { Parser } from './values/values.ts';

/**
 * `works`: as in stunnel (or as documented, for options of our own). `differs`: works, and `note` says what is different.
 * `ignored`: accepted with one notice, since nothing is lost; `note` says why. `refused`: an error on purpose; `note` says what to use
 * instead. `pending`: refused at start by name until the behaviour exists; it is never accepted and ignored.
 */
export type Status = 'works' | 'differs' | 'ignored' | 'refused' | 'pending';

export interface OptionEntry {
  /** `global`: before the first section. `service`: in a section, or before the first one as a default for all. */
  readonly scope: 'global' | 'service' | 'both';
  /** How the value is written: `yes | no`, `[host:]port`, `seconds`. */
  readonly value: string;
  /** What holds without the option, as text; `none` where there is nothing. */
  readonly default: string;
  /** What it does, in one line. */
  readonly doc: string;
  readonly status: Status;
  /** For every status but `works`: how it differs, why it is ignored or refused, what to use instead. */
  readonly note?: string;
  /** Older names. */
  readonly aliases?: readonly string[];
  /** True for options that stunnel does not have. */
  readonly ours?: true;
  /** Values, in any case, that ask for nothing, so that they are accepted although the option is refused or pending. */
  readonly settled?: readonly string[];
  /** Values, in any case, that are not available yet, of an option that otherwise works. */
  readonly missing?: readonly string[];
  /** Values, in any case, that are accepted with one notice although the option is refused: they cost nothing. */
  readonly harmless?: readonly string[];
  /** The value may hold bytes that are no UTF-8: a file, a name that is only compared and shown, credentials. */
  readonly bytes?: true;
  /** The value must not appear in messages. */
  readonly secret?: true;
}

/** The last line counts. */
export interface ScalarOption<T> extends OptionEntry {
  readonly repeat: 'last';
  readonly parse: Parser<T>;
}

/** Lines add up, those of the global part first. */
export interface ListOption<T> extends OptionEntry {
  readonly repeat: 'list';
  readonly parse: Parser<T>;
}

export type Option<T> = ScalarOption<T> | ListOption<T>;

export function last<T>(parse: Parser<T>, entry: OptionEntry): ScalarOption<T> {
  return { ...entry, repeat: 'last', parse };
}

export function list<T>(parse: Parser<T>, entry: OptionEntry): ListOption<T> {
  return { ...entry, repeat: 'list', parse };
}
