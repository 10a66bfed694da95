/**
 * What there is to know of a command, in one place: its arguments are parsed by it, `--help`, docs/commands.md and the README's list
 * are made from it, and it is what runs.
 */
import type { Command, CommandName } from './command.ts';
import type { FlagRow } from './flag-row.ts';
import type { Flags } from './flags.ts';

/** A table as those see it who do not know whose it is. */
export interface CommandTable {
  readonly name: CommandName;
  /** The shortest way to call it, after `overcoat`: `run FILE`. */
  readonly call: string;
  /** What it does, in a line without a full stop. */
  readonly summary: string;
  /** Every way to call it, after `overcoat`. */
  readonly usage: readonly string[];
  /** Paragraphs. */
  readonly about: readonly string[];
  /** In the order of the help. `--help` and `--version` are understood everywhere and stand in no table. */
  readonly flags: readonly FlagRow[];
  /** Words that may come first and make it do something else. */
  readonly actions?: readonly { readonly name: string; readonly help: string }[];
  /** One call as somebody would type it, after `overcoat`. */
  readonly example: string;
  /** What follows `--` is a command line of its own, and no argument of this command. */
  readonly endsInCommand?: true;
  /** @throws UsageError */
  parse(flags: Flags): Command;
  /** Loads the command's code and runs it. @returns the exit code */
  execute(command: Command): Promise<number>;
}

type CommandOf<Name extends CommandName> = Extract<Command, { readonly kind: Name }>;

interface TypedTable<Name extends CommandName, FlagName extends string> extends CommandTable {
  readonly name: Name;
  readonly flags: readonly (FlagRow & { readonly name: FlagName })[];
  parse(flags: Flags<NoInfer<FlagName>>): CommandOf<NoInfer<Name>>;
  execute(command: CommandOf<NoInfer<Name>>): Promise<number>;
}

/** Checks a table: its parser can ask for the flags that stand in it and for no other, and what it answers is what is executed. */
export function commandTable<Name extends CommandName, const FlagName extends string>(table: TypedTable<Name, FlagName>): CommandTable {
  return table;
}
