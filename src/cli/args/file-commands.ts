/** Arguments of the commands around a configuration file: run, check, options; and of demo. */
import type { ConfigSource } from '../../config/read/source.ts';
import { decimal } from '../../config/values/values.ts';
import type { Command } from '../command.ts';
import type { Flags } from './flags.ts';
import { positionals, readFlags, UsageError } from './flags.ts';

const FILE_FLAGS = { strict: { type: 'boolean' }, fd: { type: 'string' } } as const;

export function parseRun(args: readonly string[]): Command {
  const flags = readFlags(args, FILE_FLAGS);
  if (flags.help) return { kind: 'help', topic: 'run' };
  return { kind: 'run', source: sourceOf(flags), strict: flags.is('strict') };
}

export function parseCheck(args: readonly string[]): Command {
  const flags = readFlags(args, FILE_FLAGS);
  if (flags.help) return { kind: 'help', topic: 'check' };
  return { kind: 'check', source: sourceOf(flags), strict: flags.is('strict') };
}

export function parseOptions(args: readonly string[]): Command {
  const flags = readFlags(args, {});
  if (flags.help) return { kind: 'help', topic: 'options' };
  const [name] = flags.positionals.length === 0 ? [] : positionals(flags, 'NAME');
  return { kind: 'options', name };
}

export function parseDemo(args: readonly string[]): Command {
  const flags = readFlags(args, { embedded: { type: 'boolean' } });
  if (flags.help) return { kind: 'help', topic: 'demo' };
  positionals(flags);
  return { kind: 'demo', embedded: flags.is('embedded') };
}

/** FILE, or --fd N instead of it. */
function sourceOf(flags: Flags): ConfigSource {
  const descriptor = flags.one('fd');
  if (descriptor === undefined) {
    const [file = ''] = positionals(flags, 'FILE');
    return { file };
  }
  positionals(flags);
  const fd = decimal(descriptor);
  if (fd === undefined) throw new UsageError(`--fd: "${descriptor}" is not the number of a descriptor`);
  return { fd };
}
