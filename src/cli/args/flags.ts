/**
 * A thin layer over util.parseArgs: flags are declared once, in the table of their command, every mistake becomes a `UsageError` with
 * one line, and values go through the parsers of the configuration, so that a port or a pin means the same on the command line as in
 * a file.
 */
import type { ParseArgsConfig } from 'node:util';
import { parseArgs } from 'node:util';
import type { Parser } from '../../config/values/values.ts';
import { oneOf } from '../../config/values/values.ts';
import { didYouMean, mostSimilar } from '../../text/similar.ts';
import type { FlagRow } from './flag-row.ts';
import { flagText, isSwitch } from './flag-row.ts';

/** The arguments are wrong. Caught in args.ts, where it becomes a `usage` command. */
export class UsageError extends Error {}

export interface Flags<Name extends string = string> {
  readonly positionals: readonly string[];
  /** The words after `--`, for a command that ends in one; undefined without `--`. */
  readonly command: readonly string[] | undefined;
  /** `--help` was among them. */
  readonly help: boolean;
  /** The names of those that are there, once each. */
  readonly given: readonly string[];
  is(name: Name): boolean;
  one(name: Name): string | undefined;
  all(name: Name): readonly string[];
}

type FlagTypes = NonNullable<ParseArgsConfig['options']>;

const HELP: FlagTypes = { help: { type: 'boolean', short: 'h' } };

/**
 * @param endsInCommand what follows `--` is kept apart
 * @throws UsageError for a flag that is unknown, lacks its value or has an empty one, or is there twice and takes one value
 */
export function readFlags(args: readonly string[], rows: readonly FlagRow[], endsInCommand = false): Flags {
  const dashes = endsInCommand ? args.indexOf('--') : -1;
  const { values, positionals } = parse(dashes < 0 ? args : args.slice(0, dashes), rows);
  const found = new Map(Object.entries(values));
  const all = (name: string): readonly string[] => {
    const value = found.get(name);
    return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string');
  };
  return {
    positionals,
    command: dashes < 0 ? undefined : args.slice(dashes + 1),
    help: found.get('help') === true,
    given: [...found.keys()],
    is: (name) => found.get(name) === true,
    one: (name) => all(name).at(-1),
    all,
  };
}

function typesOf(rows: readonly FlagRow[]): FlagTypes {
  return Object.fromEntries(rows.map((row) => [row.name, { type: isSwitch(row) ? 'boolean' : 'string', multiple: row.repeat === true }]));
}

function parse(args: readonly string[], rows: readonly FlagRow[]): { readonly values: object; readonly positionals: readonly string[] } {
  const options = { ...typesOf(rows), ...HELP };
  refuseMistaken(args, options, rows);
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(firstSentence(error instanceof Error ? error.message : String(error)));
  }
}

function refuseMistaken(args: readonly string[], options: FlagTypes, rows: readonly FlagRow[]): void {
  const { tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true });
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName } = token;
    const known = Object.hasOwn(options, name) ? options[name] : undefined;
    if (known === undefined) {
      const similar = mostSimilar(name, Object.keys(options));
      throw new UsageError(`Unknown option '${rawName}'${didYouMean(similar === undefined ? undefined : `--${similar}`)}`);
    }
    // Only the last would count: a trusted authority or a mapped port would be dropped without a word.
    if (known.type === 'string' && known.multiple !== true && seen.has(name)) {
      throw new UsageError(`'${rawName}' is there twice, and takes one value; a list has commas`);
    }
    seen.add(name);
    if (known.type === 'string') refuseValue(token, rows);
  }
}

function refuseValue(
  { name, rawName, value, inlineValue }: { name: string; rawName: string; value: string | undefined; inlineValue: boolean | undefined },
  rows: readonly FlagRow[],
): void {
  const row = rows.find((each) => each.name === name);
  if (value === undefined) throw new UsageError(`'${rawName}' lacks its value: write ${row === undefined ? rawName : flagText(row)}`);
  // A variable of a shell that is not set becomes one.
  if (value === '') throw new UsageError(`'${rawName}' has an empty value: write one, or leave it away`);
  if (value.startsWith('-') && value !== '-' && inlineValue !== true)
    throw new UsageError(`'${rawName}' takes a value, and "${value}" looks like a flag; if it is meant: ${rawName}=${value}`);
}

/** node:util explains at length how to quote a dash; the first sentence says what is wrong. */
function firstSentence(message: string): string {
  const end = message.indexOf('. ');
  return end < 0 ? message : message.slice(0, end);
}

/** Reads `text` as the value of `what`. @throws UsageError */
export function value<T>(what: string, parser: Parser<T>, text: string): T {
  const parsed = parser(text);
  if (!parsed.ok) throw new UsageError(`${what}: ${parsed.text}`);
  return parsed.value;
}

/** Like `value`, where the flag may be absent. */
export function optional<Name extends string, T>(flags: Flags<Name>, name: Name, parser: Parser<T>): T | undefined {
  const text = flags.one(name);
  return text === undefined ? undefined : value(`--${name}`, parser, text);
}

/** One of a few words, in any case; for a flag that has `choices`. */
export function wordOf<Word extends string>(words: readonly Word[]): Parser<Word> {
  return oneOf(Object.fromEntries(words.map((word) => [word, word])) as Record<Word, Word>);
}

/** Refuses flags that would do nothing there. @param where `with --list` @param taken the names of those that do something @throws UsageError */
export function takesOnly<Name extends string>(flags: Flags<Name>, where: string, taken: readonly Name[]): void {
  const idle = flags.given.find((name) => !(taken as readonly string[]).includes(name));
  if (idle !== undefined) throw new UsageError(`--${idle} does nothing ${where}: leave it away`);
}

/** Exactly these positional arguments, by name, none of them empty. @throws UsageError */
export function positionals(flags: Flags, ...names: readonly string[]): readonly string[] {
  const missing = names[flags.positionals.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  const extra = flags.positionals[names.length];
  if (extra !== undefined) throw new UsageError(`there is no place for "${extra}"`);
  const empty = names[flags.positionals.indexOf('')];
  if (empty !== undefined) throw new UsageError(`${empty} is empty`);
  return flags.positionals;
}
