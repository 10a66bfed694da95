/** `overcoat run FILE` and `overcoat-stunnel FILE`: the services of a configuration file. */
import { realpathSync } from 'node:fs';
import { isError, loadConfig } from '../../config/load.ts';
import type { Problem } from '../../config/problem.ts';
import { formatProblems } from '../../config/read/report-text.ts';
import type { ConfigSource, KeptSource } from '../../config/read/source.ts';
import { keepText, sourceName } from '../../config/read/source.ts';
import type { Launch, Reading } from '../../daemon/launch.ts';
import { ownArguments } from '../../self.ts';
import type { WatchChoice } from '../args/command.ts';
import { arrangeMappedPorts } from '../mapped-ports.ts';
import { serve } from '../serve.ts';
import { watchArguments, withWatch } from '../watch-choice.ts';

export interface RunOptions {
  readonly source: ConfigSource;
  readonly strict: boolean;
  readonly style: 'overcoat' | 'stunnel';
  /** undefined: as the file has it. */
  readonly watch?: WatchChoice;
}

type ReadOptions = Pick<Required<RunOptions>, 'strict' | 'style' | 'watch'>;

const NOTHING: WatchChoice = { status: undefined, control: undefined };

/** @returns the exit code */
export function run({ source, strict, style, watch = NOTHING }: RunOptions): Promise<number> {
  const from = keepText(source);
  const launch: Launch = { source: nameOf(from), style, read: () => read(from, { strict, style, watch }), arrange: arrangeMappedPorts() };
  return serve({
    launch,
    background: {
      args: (inputAt) => againArguments(from, { strict, style, watch }, inputAt),
      input: 'text' in from ? from.text : undefined,
    },
  });
}

function read(source: ConfigSource | KeptSource, { strict, style: launcher, watch }: ReadOptions): Reading {
  const { config, problems } = loadConfig(source, { strict, launcher });
  if (config !== undefined) return { ok: true, config: withWatch(config, watch) };
  const first = problems.findIndex(isError);
  // stunnel stops at the first error and gets no further; we say everything at once.
  const said = launcher === 'stunnel' && first >= 0 ? problems.slice(0, first + 1) : problems;
  const warnings = said.filter((problem) => !isError(problem)).flatMap(stunnelLines);
  const errors = said.filter(isError);
  return { ok: false, errors: launcher === 'stunnel' ? errors.flatMap(stunnelLines) : formatProblems(errors), warnings };
}

function stunnelLines(problem: Problem): readonly string[] {
  return problem.stunnelText.split('\n');
}

/** The arguments of this process; what a descriptor gave once is given again at another. */
function againArguments(source: ConfigSource | KeptSource, { strict, style, watch }: ReadOptions, inputAt: number): readonly string[] {
  if (!('text' in source)) return ownArguments();
  const fd = String(inputAt);
  return style === 'stunnel' ? ['--as-stunnel', '-fd', fd] : ['run', '--fd', fd, ...(strict ? ['--strict'] : []), ...watchArguments(watch)];
}

function nameOf(source: ConfigSource | KeptSource): string {
  if ('text' in source) return source.name;
  if (!('file' in source)) return sourceName(source);
  try {
    return realpathSync(source.file);
  } catch {
    return source.file; // reading it will say what is wrong
  }
}
