/**
 * What the text after `=` can mean: the general parsers of the option table. They are pure, never throw, and answer with the value
 * or with what is wrong and what to do. Addresses are in address-values.ts, TLS values in tls-values.ts.
 */

/** `text`: what is wrong and what to do, for people; `stunnelText`: stunnel's own reason for the same mistake. */
export interface Refusal {
  readonly ok: false;
  readonly text: string;
  readonly stunnelText: string;
}

export type Value<T> = { readonly ok: true; readonly value: T } | Refusal;

/** Reads the text after `=`, already free of surrounding blanks. */
export type Parser<T> = (text: string) => Value<T>;

/** Node's timers hold 31 bits of milliseconds; a longer wait would fire at once, so it is cut to this (24.8 days). */
export const LONGEST_WAIT_MS = 2_147_483_647;

export function good<T>(value: T): Value<T> {
  return { ok: true, value };
}

/** @param stunnelText stunnel's reason where it has one of its own; else the text for people stands in. */
export function bad(text: string, stunnelText: string = text): Refusal {
  return { ok: false, text, stunnelText };
}

/** `yes` or `no` in any case. */
export const yesNo: Parser<boolean> = (text) => {
  const word = text.toLowerCase();
  if (word === 'yes') return good(true);
  if (word === 'no') return good(false);
  return bad(`"${text}" is neither yes nor no; write one of the two`, "The argument needs to be either 'yes' or 'no'");
};

/**
 * One word of a fixed set, in any case.
 * @param words the word as it may be written, and what it means
 * @param stunnelText stunnel's reason; by default the sentence it uses for most options
 */
export function oneOf<T>(words: Readonly<Record<string, T>>, stunnelText?: string): Parser<T> {
  const known = new Map(Object.entries(words).map(([word, value]) => [word.toLowerCase(), value]));
  const names = Object.keys(words);
  return (text) => {
    const word = text.toLowerCase();
    if (known.has(word)) return good(known.get(word) as T);
    return bad(`"${text}" is not known here; write ${anyOf(names)}`, stunnelText ?? `The argument needs to be either ${quotedOr(names)}`);
  };
}

/** A whole decimal number within bounds, both included. */
export function integer(least: number, most: number, stunnelText: string): Parser<number> {
  return (text) => {
    const value = signedInteger(text);
    if (value === undefined) return bad(`"${text}" is not a whole number; write digits only`, stunnelText);
    if (value < least || value > most) return bad(`${text} is out of range; write ${least} to ${most}`, stunnelText);
    return good(value);
  };
}

/** Whole seconds, answered in milliseconds and cut at `LONGEST_WAIT_MS`. 0 means at once. */
export function seconds(stunnelText: string): Parser<number> {
  return (text) => {
    const value = signedInteger(text);
    if (value === undefined || value < 0) return bad(`"${text}" is not a number of seconds; write digits only`, stunnelText);
    return good(Math.min(value * 1000, LONGEST_WAIT_MS));
  };
}

/** `seconds` of an option that stunnel has too: it waits without an end where the number is negative. */
export function stunnelSeconds(stunnelText: string): Parser<number> {
  const parse = seconds(stunnelText);
  return (text) => ((signedInteger(text) ?? 0) < 0 ? good(LONGEST_WAIT_MS) : parse(text));
}

/** Any text but the empty one. */
export const text: Parser<string> = (value) => (value === '' ? bad('the value is missing; write it after the `=`') : good(value));

/** Any text, the empty one too: a value like others. */
export const anyText: Parser<string> = (value) => good(value);

/** Any text; empty stands for `not set`, which clears what was set before. */
export const clearable: Parser<string | undefined> = (value) => good(value === '' ? undefined : value);

/** A key of 16 or 32 bytes in hexadecimal digits; the digits never come back in a message. */
export function hexKey(name: string): Parser<Uint8Array> {
  return (value) => {
    const digits = value.replaceAll(':', '');
    if (!isHex(digits) || (digits.length !== 32 && digits.length !== 64)) {
      return bad('the key must be 32 or 64 hexadecimal digits (16 or 32 bytes)', `Failed to read ${name}`);
    }
    return good(new Uint8Array(Buffer.from(digits, 'hex')));
  };
}

/** Digits only, at most 15 of them; undefined for anything else. */
export function decimal(value: string): number | undefined {
  return value.length > 15 || !isDigits(value) ? undefined : Number(value);
}

/**
 * A decimal number as strtol(3) reads it, and stunnel with it: a sign and blanks may stand in front, and one that is too large counts as
 * the largest. Undefined for anything else.
 */
export function signedInteger(text: string): number | undefined {
  const written = text.trimStart();
  const digits = written.startsWith('+') || written.startsWith('-') ? written.slice(1) : written;
  if (!isDigits(digits)) return undefined;
  const magnitude = Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
  return written.startsWith('-') ? 0 - magnitude : magnitude;
}

/** A list with commas between its parts, blanks around them dropped; an empty part is a mistake of its own. */
export function commaList<T>(part: Parser<T>): Parser<readonly T[]> {
  return (value) => {
    const values: T[] = [];
    for (const piece of value.split(',')) {
      const parsed = part(piece.trim());
      if (!parsed.ok) return parsed;
      values.push(parsed.value);
    }
    return good(values);
  };
}

/** Like `parser`, but answers `mapped(value)`. */
export function map<T, U>(parser: Parser<T>, mapped: (value: T) => U): Parser<U> {
  return (value) => {
    const parsed = parser(value);
    return parsed.ok ? good(mapped(parsed.value)) : parsed;
  };
}

function isDigits(text: string): boolean {
  for (const character of text) if (character < '0' || character > '9') return false;
  return text !== '';
}

function isHex(value: string): boolean {
  for (const character of value.toLowerCase()) {
    if (!((character >= '0' && character <= '9') || (character >= 'a' && character <= 'f'))) return false;
  }
  return true;
}

function anyOf(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function quotedOr(names: readonly string[]): string {
  return anyOf(names.map((name) => `'${name}'`));
}
