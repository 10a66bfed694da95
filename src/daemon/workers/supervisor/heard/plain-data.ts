/**
 * What came from a process that may have been taken over, held against what it has to be. A structured clone may be anything: endless lists
 * with nothing in them, numbers that are none, dates. Each check throws TypeError, and nothing else.
 */

/** What a value has to be, field by field; fields that are not named may be anything. `word`: a short string; `time`: NaN where it could not be read. */
export type ShapeOf<Value> = Value extends string
  ? 'string' | 'word'
  : Value extends number
    ? 'number' | 'time'
    : Value extends boolean
      ? 'boolean'
      : { readonly [Field in keyof Value]?: ShapeOf<Value[Field]> };

export type Shape = 'string' | 'word' | 'number' | 'time' | 'boolean' | { readonly [field: string]: Shape | undefined };

const MOST_WORD_CHARACTERS = 256;
const MOST_DEPTH = 16;

const IS: Readonly<Record<Extract<Shape, string>, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  word: (value) => typeof value === 'string' && value.length <= MOST_WORD_CHARACTERS,
  number: Number.isFinite,
  time: (value) => typeof value === 'number' && !isEndless(value),
  boolean: (value) => typeof value === 'boolean',
};

function isEndless(value: number): boolean {
  return Math.abs(value) === Number.POSITIVE_INFINITY;
}

/** @param shape a number has to be a finite one. @throws TypeError */
export function refuseOtherThan(shape: Shape, value: unknown): void {
  if (typeof shape === 'string') {
    if (!IS[shape](value)) throw new TypeError(`no ${shape}`);
    return;
  }
  const fields = record(value);
  for (const field in shape) {
    const wanted = shape[field];
    if (wanted !== undefined) refuseOtherThan(wanted, fields[field]);
  }
}

/** @returns the same, which has fields. @throws TypeError */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new TypeError('no record');
  return value as Readonly<Record<string, unknown>>;
}

/** @returns the same list, which may be walked. @throws TypeError */
export function list(value: unknown, most: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('no list');
  if (value.length > most) throw new TypeError(`a list of ${value.length}`);
  return value;
}

/** How much one thing may hold, with all that is in it. */
export interface Bounds {
  values: number;
  characters: number;
}

/** Strings, numbers that end and NaN (a date of a certificate that nobody can read), booleans, undefined, null, and lists and records of them, within bounds. @param left counted down. @throws TypeError */
export function refuseUnlessPlain(value: unknown, left: Bounds, depth = 0): void {
  if (depth > MOST_DEPTH) throw new TypeError('too deep');
  left.values -= 1;
  if (typeof value === 'string') left.characters -= value.length;
  if (left.values < 0 || left.characters < 0) throw new TypeError('too much at once');
  if (typeof value === 'number' && isEndless(value)) throw new TypeError('no number');
  if (typeof value === 'bigint') throw new TypeError('no plain data');
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const each of list(value, left.values)) refuseUnlessPlain(each, left, depth + 1);
    return;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new TypeError('no plain data');
  const fields = record(value);
  // no list of them is made: this is done for each event of each connection
  for (const field in fields) {
    left.characters -= field.length;
    refuseUnlessPlain(fields[field], left, depth + 1);
  }
}
