/** Problems as text, all at once, as `overcoat` prints them. */
import { MAX_LINE_BYTES, printable } from '../../text/printable.ts';
import type { Problem } from '../problem.ts';

/**
 * `FILE:LINE: OPTION: what is wrong; what to do`, one line for each problem, in the order of the file. A warning says so behind the
 * option; a problem without a line or an option leaves that part out.
 */
export function formatProblems(problems: readonly Problem[]): readonly string[] {
  return inFileOrder(problems).map(({ file, line, severity, option, text }) => {
    const place = line === 0 ? file : `${file}:${line}`;
    const warning = severity === 'warning' ? 'warning: ' : '';
    return printable(`${place}: ${option === '' ? '' : `${option}: `}${warning}${text}`, MAX_LINE_BYTES);
  });
}

/** `2 errors, 1 warning`, or `` for none. */
export function countProblems(problems: readonly Problem[]): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const warnings = problems.length - errors;
  return [counted(errors, 'error'), counted(warnings, 'warning')].filter((part) => part !== '').join(', ');
}

function counted(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** Files as they were met first, lines rising. Problems of a section come behind those of its lines otherwise. */
function inFileOrder(problems: readonly Problem[]): readonly Problem[] {
  const files = [...new Set(problems.map((problem) => problem.file))];
  return problems.toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line);
}
