/** Makes what `check` reports: one mistake or warning at a line, about a section, or about the global options. */
import type { ErrorCode } from '../../errors.ts';
import { printable } from '../../text/printable.ts';
import { hideSecretParts } from '../../text/secret-parts.ts';
import { findOption, similarOption } from '../option-table.ts';
import type { Problem } from '../problem.ts';
import type { Line, SourceLine } from './parse.ts';

/** How bad a problem is: an error, a warning, or a warning that --strict turns into an error. */
export type Gravity = 'error' | 'warning' | 'unsafe';

/** @param reason stunnel's words; of several lines the last is the reason, those before are printed first */
export function lineProblem(gravity: Gravity, code: ErrorCode, line: Line, text: string, reason: string): Problem {
  const option = line.kind === 'statement' ? line.name : '';
  const lines = reason.split('\n');
  const last = `${line.at.file}:${line.at.line}: "${shownLine(line)}": ${lines.pop() ?? ''}`;
  const problem = { file: line.at.file, line: line.at.line, option: printable(option), text };
  return { ...graded(gravity, code), ...problem, stunnelText: [...lines, last].join('\n') };
}

/**
 * A problem of a whole section.
 * @param at the statement to blame, or the section's header
 * @param whole the words in front of stunnel's reason: `Service [NAME]`, `Global options`, `Inetd mode`; '' for a log line
 */
export function sectionProblem(
  gravity: Gravity,
  code: ErrorCode,
  at: SourceLine,
  option: string,
  text: string,
  whole: string,
  reason: string,
): Problem {
  const lines = reason.split('\n');
  const last = whole === '' ? (lines.pop() ?? '') : `${whole}: ${lines.pop() ?? ''}`;
  return { ...graded(gravity, code), file: at.file, line: at.line, option, text, stunnelText: [...lines, last].join('\n') };
}

/** The whole line as written, without the value where that is a secret, and without a PIN or password in it. */
function shownLine(line: Line): string {
  if (line.kind === 'statement' && isSecret(line.name)) return `${line.name} = ***`;
  return printable(hideSecretParts(line.at.text, () => '***'));
}

/** A misspelt name hides its value too. */
function isSecret(name: string): boolean {
  return (findOption(name) ?? findOption(similarOption(name) ?? ''))?.secret === true || /pass|secret/i.test(name);
}

function graded(gravity: Gravity, code: ErrorCode): Pick<Problem, 'code' | 'severity' | 'unsafe'> {
  return { code, severity: gravity === 'error' ? 'error' : 'warning', unsafe: gravity === 'unsafe' };
}

/** A default that is wrong would otherwise be reported once for every section that inherits it. */
export function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ file, line, option, text }) => {
    const key = JSON.stringify([file, line, option, text]);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
