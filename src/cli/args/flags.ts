/**
 * A thin layer over util.parseArgs: flags are declared once, every mistake becomes a `UsageError` with one line, and values go through
 * the parsers of the configuration, so that a port or a pin means the same on the command line as in a file.
 */
import type { ParseArgsConfig } from 'node:util';
import { parseArgs } from 'node:util';
import type { TrustChoice } from '../../config/commands.ts';
import type { LogLevel } from '../../config/config.ts';
import { debug } from '../../config/values/log-values.ts';
import { pin } from '../../config/values/tls-values.ts';
import type { Parser } from '../../config/values/values.ts';

/** The arguments are wrong. Caught in args.ts, where it becomes a `usage` command. */
export class UsageError extends Error {}

type FlagTypes = NonNullable<ParseArgsConfig['options']>;

export interface Flags {
  readonly positionals: readonly string[];
  /** `--help` was among them. */
  readonly help: boolean;
  is(name: string): boolean;
  one(name: string): string | undefined;
  all(name: string): readonly string[];
}

const HELP = { help: { type: 'boolean', short: 'h' } } as const satisfies FlagTypes;

/** Flags of every command that wraps connections. */
export const TRUST_FLAGS = {
  ca: { type: 'string' },
  pin: { type: 'string', multiple: true },
  cert: { type: 'string' },
  key: { type: 'string' },
  debug: { type: 'string' },
} as const satisfies FlagTypes;

/** @throws UsageError for a flag that is unknown or lacks its value */
export function readFlags(args: readonly string[], types: FlagTypes): Flags {
  const { values, positionals } = parse(args, { ...types, ...HELP });
  const found = new Map(Object.entries(values));
  const all = (name: string): readonly string[] => {
    const value = found.get(name);
    return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string');
  };
  return { positionals, help: found.get('help') === true, is: (name) => found.get(name) === true, one: (name) => all(name).at(-1), all };
}

function parse(args: readonly string[], options: FlagTypes): { readonly values: object; readonly positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(firstSentence(error instanceof Error ? error.message : String(error)));
  }
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
export function optional<T>(flags: Flags, name: string, parser: Parser<T>): T | undefined {
  const text = flags.one(name);
  return text === undefined ? undefined : value(`--${name}`, parser, text);
}

/** Exactly these positional arguments, by name. @throws UsageError */
export function positionals(flags: Flags, ...names: readonly string[]): readonly string[] {
  const missing = names[flags.positionals.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  const extra = flags.positionals[names.length];
  if (extra !== undefined) throw new UsageError(`there is no place for "${extra}"`);
  return flags.positionals;
}

export function trustOf(flags: Flags): TrustChoice {
  const cert = flags.one('cert');
  const key = flags.one('key');
  if (key !== undefined && cert === undefined) throw new UsageError('--key needs --cert');
  return { ca: flags.one('ca'), pins: flags.all('pin').map((text) => value('--pin', pin, text)), cert, key: key ?? cert };
}

/** --debug LEVEL, 5 (notice) without it. */
export function logLevelOf(flags: Flags): LogLevel {
  const parsed = optional(flags, 'debug', debug);
  if (parsed === undefined) return 5;
  if (parsed.facility !== undefined) throw new UsageError('--debug: only the level is wanted here, 0 to 7');
  return parsed.level;
}
