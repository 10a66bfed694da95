/** The one way from a file to a configuration: read, parse, resolve. */

import type { Config } from './config.ts';
import type { Problem } from './problem.ts';
import type { Blame } from './read/blame.ts';
import type { SourceLine } from './read/parse.ts';
import { parseConfig } from './read/parse.ts';
import type { ConfigSource, KeptSource, ReadSource } from './read/source.ts';
import { readDirectory, readSource } from './read/source.ts';
import type { SourceLineOf } from './resolve/resolve-config.ts';
import { resolveConfig } from './resolve/resolve-config.ts';

export interface LoadOptions {
  /** --strict: unsafe choices are errors. */
  readonly strict: boolean;
  /** stunnel ends connections at once when it is told to stop, and names files by their real path. */
  readonly launcher: 'overcoat' | 'stunnel';
}

export interface LoadedConfig {
  /** undefined as soon as one problem is an error. */
  readonly config: Config | undefined;
  /** What the file says, mistakes left out: to look at, not to run, where there is no `config`. undefined: it could not be read. */
  readonly sketch: Config | undefined;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
  /** The line behind a failure that comes up when the files of a service, by its index, are opened. */
  readonly blame: (service: number, message: string) => Blame;
  readonly placeOf: SourceLineOf;
}

const OVERCOAT_DRAIN_MS = 30_000;

/** Reads and checks a configuration, the files it includes too. Nothing it names (keys, ports) is opened. Never throws. */
export function loadConfig(from: ConfigSource | KeptSource, options: LoadOptions): LoadedConfig {
  const read = readSource(from, options.launcher === 'stunnel');
  if (!read.ok) return failed(unreadable(read));
  const parsed = parseConfig(read.source, readDirectory);
  if (parsed.defaults.length === 0 && parsed.sections.length === 0) return failed(empty(read.source.file));
  const { config, problems, blame, placeOf } = resolveConfig(parsed, {
    strict: options.strict,
    drainMs: options.launcher === 'stunnel' ? 0 : OVERCOAT_DRAIN_MS,
    control: options.launcher === 'stunnel' ? undefined : 'auto',
    source: read.path,
    file: read.source.file,
  });
  return { config: problems.some(isError) ? undefined : config, sketch: config, problems, blame, placeOf };
}

export function isError(problem: Problem): boolean {
  return problem.severity === 'error';
}

/** Where the first problem leaves nothing to look at. */
function failed(problem: Problem): LoadedConfig {
  const at: SourceLine = { file: problem.file, line: 0, text: '' };
  return { config: undefined, sketch: undefined, problems: [problem], blame: () => ({ option: '', at }), placeOf: () => at };
}

/** stunnel takes it for inetd mode. */
function empty(file: string): Problem {
  const text = 'the file holds no option; a service needs a [section] with accept and connect';
  const stunnelText = 'Inetd mode: TLS server needs a certificate';
  return { code: 'config_syntax', severity: 'error', unsafe: false, file, line: 0, option: '', text, stunnelText };
}

function unreadable({ file, error, remedy, step }: Extract<ReadSource, { readonly ok: false }>): Problem {
  const named = `Invalid configuration file name "${file}"\nrealpath: ${error}`;
  return {
    code: 'config_unreadable',
    severity: 'error',
    unsafe: false,
    file,
    line: 0,
    option: '',
    text: `the configuration cannot be read: ${error}; ${remedy}`,
    stunnelText: step === 'realpath' ? named : `${file}: ${error}\nCannot open configuration file`,
  };
}
