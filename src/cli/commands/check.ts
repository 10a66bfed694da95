/** `overcoat check FILE`: everything that is wrong with a configuration, at once, without starting anything. */
import { isError, loadConfig } from '../../config/load.ts';
import { withoutRepeats } from '../../config/read/problems.ts';
import { countProblems, formatProblems } from '../../config/read/report-text.ts';
import type { ConfigSource } from '../../config/read/source.ts';
import { sourceName } from '../../config/read/source.ts';
import type { AskPassphrase } from '../../tls/material/key-material.ts';
import { machineProblems } from '../check/machine-problems.ts';
import { print } from '../print.ts';

/**
 * Prints the problems on standard output, one a line, and a closing line.
 * @param ask for the passphrases of encrypted keys
 * @returns the exit code: 0 where the configuration can be used, 1 where it cannot
 */
export async function check(source: ConfigSource, strict: boolean, ask: AskPassphrase): Promise<number> {
  const loaded = loadConfig(source, { strict, launcher: 'overcoat' });
  const problems = withoutRepeats([...loaded.problems, ...(await machineProblems(loaded, { strict, ask }))]);
  for (const line of formatProblems(problems)) print(`${line}\n`);
  const name = sourceName(source);
  if (problems.some(isError)) {
    print(`${name}: cannot be used: ${countProblems(problems)}\n`);
    return 1;
  }
  const count = loaded.config?.services.length ?? 0;
  print(`${name}: ok, ${count} service${count === 1 ? '' : 's'}${problems.length === 0 ? '' : `, ${countProblems(problems)}`}\n`);
  return 0;
}
