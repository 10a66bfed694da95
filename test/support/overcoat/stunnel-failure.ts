/** What `overcoat-stunnel` prints for a configuration that fails, made from its problems without starting the program. */
import type { Problem } from '../../../src/config/problem.ts';

/**
 * The lines stunnel prints when its configuration fails, marks included: the warnings up to the first error, that error, and
 * `Configuration failed`. `[!]` marks errors, `[:]` warnings.
 */
export function formatStunnelFailure(problems: readonly Problem[]): readonly string[] {
  const first = problems.findIndex((problem) => problem.severity === 'error');
  const shown = first < 0 ? problems : problems.slice(0, first + 1);
  const lines = shown.flatMap(({ severity, stunnelText }) =>
    stunnelText.split('\n').map((text) => `${severity === 'error' ? '[!]' : '[:]'} ${text}`),
  );
  return first < 0 ? lines : [...lines, '[!] Configuration failed'];
}
