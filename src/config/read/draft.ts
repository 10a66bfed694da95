/**
 * What a section says, before defaults and checks: every option that was written, with its values in the order of the lines and the
 * lines themselves. A section starts as a copy of the draft of what stands before the first section, lists included.
 */
import type { OptionName, ValueOf } from '../option-table.ts';
import type { Statement } from './parse.ts';

export interface Entry<T> {
  readonly value: T;
  readonly statement: Statement;
  /** Rises from line to line over all options, so that two options can be compared. */
  readonly order: number;
}

export class Draft {
  readonly #entries: Map<OptionName, Entry<unknown>[]>;
  readonly #broken: Set<OptionName>;
  #order: number;

  /** @param inherited the defaults; left as they are */
  constructor(inherited?: Draft, without: readonly OptionName[] = []) {
    this.#entries = new Map([...(inherited === undefined ? [] : inherited.#entries)].map(([name, entries]) => [name, [...entries]]));
    for (const name of without) this.#entries.delete(name);
    this.#broken = new Set(inherited === undefined ? [] : inherited.#broken);
    this.#order = inherited === undefined ? 0 : inherited.#order;
  }

  add(name: OptionName, value: unknown, statement: Statement): void {
    const entries = this.#entries.get(name) ?? [];
    this.#order += 1;
    entries.push({ value, statement, order: this.#order });
    this.#entries.set(name, entries);
  }

  /** Notes a line whose value makes no sense, so that nobody complains that the option is missing. */
  markBroken(name: OptionName): void {
    this.#broken.add(name);
  }

  /** True where at least one line of the option made no sense. */
  isBroken(name: OptionName): boolean {
    return this.#broken.has(name);
  }

  /** True where the option was written, with a good value or a bad one. */
  isWritten(name: OptionName): boolean {
    return this.#entries.has(name) || this.#broken.has(name);
  }

  /** The last line of an option, undefined where it was not written. */
  last<Name extends OptionName>(name: Name): Entry<ValueOf<Name>> | undefined {
    return this.entries(name).at(-1);
  }

  /** The value of the last line. */
  one<Name extends OptionName>(name: Name): ValueOf<Name> | undefined {
    return this.last(name)?.value;
  }

  /** The values of all lines. */
  all<Name extends OptionName>(name: Name): readonly ValueOf<Name>[] {
    return this.entries(name).map((entry) => entry.value);
  }

  /** The table's parser made each value, so its type is the parser's. */
  entries<Name extends OptionName>(name: Name): readonly Entry<ValueOf<Name>>[] {
    return (this.#entries.get(name) ?? []) as readonly Entry<ValueOf<Name>>[];
  }
}
