/** FILE, or --fd N or --env NAME instead of it: where `run` and `check` read a configuration. */
import type { ConfigSource } from '../../config/read/source.ts';
import { decimal } from '../../config/values/values.ts';
import type { FlagRow } from '../args/flag-row.ts';
import type { Flags } from '../args/flags.ts';
import { positionals, UsageError } from '../args/flags.ts';

export const FD_FLAG = { name: 'fd', value: 'N', help: 'read the configuration from this file descriptor' } as const satisfies FlagRow;

const STANDARD_INPUT = 0;

export const ENV_FLAG = {
  name: 'env',
  value: 'NAME',
  help: 'read the configuration from this environment variable (for containers)',
} as const satisfies FlagRow;

/** `-` is standard input. @throws UsageError */
export function sourceOf(flags: Flags<'fd' | 'env'>): ConfigSource {
  const [descriptor, variable] = [flags.one('fd'), flags.one('env')];
  if (variable !== undefined) {
    if (descriptor !== undefined) throw new UsageError('--fd and --env exclude each other');
    positionals(flags);
    return { variable };
  }
  if (descriptor === undefined) {
    const [file = ''] = positionals(flags, 'FILE');
    return file === '-' ? { fd: STANDARD_INPUT } : { file };
  }
  positionals(flags);
  const fd = decimal(descriptor);
  if (fd === undefined) throw new UsageError(`--fd: "${descriptor}" is not the number of a descriptor`);
  return { fd };
}
