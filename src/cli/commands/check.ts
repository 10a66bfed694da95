/** `overcoat check FILE`: everything that is wrong with a configuration, at once, without starting anything. */

import { isError, loadConfig } from '../../config/load.ts';
import type { Problem } from '../../config/problem.ts';
import { withoutRepeats } from '../../config/read/problems.ts';
import { countProblems, formatProblems } from '../../config/read/report-text.ts';
import type { ConfigSource } from '../../config/read/source.ts';
import { sourceName } from '../../config/read/source.ts';
import type { AskPassphrase } from '../../tls/material/key-material.ts';
import { machineProblems } from '../check/machine-problems.ts';
import { print } from '../terminal/print.ts';

export interface CheckOptions {
  readonly strict: boolean;
  /** One JSON object instead of lines. */
  readonly json: boolean;
  /** For the passphrases of encrypted keys. */
  readonly ask: AskPassphrase;
}

/**
 * Prints the problems on standard output, one a line, and a closing line.
 * @returns the exit code: 0 where the configuration can be used, 1 where it cannot
 */
export async function check(source: ConfigSource, { strict, json, ask }: CheckOptions): Promise<number> {
  const loaded = loadConfig(source, { strict, launcher: 'overcoat' });
  const problems = withoutRepeats([...loaded.problems, ...(await machineProblems(loaded, { strict, ask }))]);
  const name = sourceName(source);
  const count = loaded.config?.services.length ?? 0;
  if (json) {
    const usable = !problems.some(isError);
    print(`${JSON.stringify({ file: name, usable, services: count, problems: problems.map(plainProblem) })}\n`);
    return usable ? 0 : 1;
  }
  for (const line of formatProblems(problems)) print(`${line}\n`);
  if (problems.some(isError)) {
    print(`${name}: cannot be used: ${countProblems(problems)}\n`);
    return 1;
  }
  print(`${name}: ok, ${count} service${count === 1 ? '' : 's'}${problems.length === 0 ? '' : `, ${countProblems(problems)}`}\n`);
  return 0;
}

/** Without stunnel's wording, which says the same. */
function plainProblem({ code, severity, file, line, option, text }: Problem): Omit<Problem, 'stunnelText' | 'unsafe'> {
  return { code, severity, file, line, option, text };
}
