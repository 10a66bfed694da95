/** One flag of a command, as its table has it. */

export interface FlagRow {
  /** Without the dashes. */
  readonly name: string;
  /** The word that stands for the value: `FILE`. Where there are `choices` it may be left out. Neither: a switch. */
  readonly value?: string;
  /** The only values there are. */
  readonly choices?: readonly string[];
  /** May be given more than once. */
  readonly repeat?: true;
  /** A line or more without a full stop; `(x)` at its end is the default. */
  readonly help: string;
}

/** `--ca FILE`, as help and documentation write it. */
export function flagText({ name, value, choices }: FlagRow): string {
  const shown = value ?? choices?.join('|');
  return shown === undefined ? `--${name}` : `--${name} ${shown}`;
}

/** It takes no value. */
export function isSwitch({ value, choices }: FlagRow): boolean {
  return value === undefined && choices === undefined;
}
