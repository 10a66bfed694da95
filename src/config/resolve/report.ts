/** Collects what is wrong with one section (or with the global part) in the order in which it is found, each with a line to blame. */
import type { ErrorCode } from '../../errors.ts';
import type { OptionName } from '../option-table.ts';
import type { Problem } from '../problem.ts';
import type { Draft } from '../read/draft.ts';
import type { SourceLine } from '../read/parse.ts';
import type { Gravity } from '../read/problems.ts';
import { sectionProblem } from '../read/problems.ts';

export interface Report {
  readonly problems: readonly Problem[];
  /** @param reason stunnel's words; `Service [NAME]: ` is put in front of the last line */
  error(option: OptionName, text: string, reason: string, code?: ErrorCode): void;
  /** The same about one of several lines of an option. */
  errorAt(place: SourceLine, option: OptionName, text: string, reason: string): void;
  /** @param line the log line, as stunnel writes it where it has one */
  warn(option: OptionName, text: string, line: string): void;
  /** Like `warn`; --strict makes an error of it. */
  unsafe(option: OptionName, text: string, line: string): void;
}

/**
 * @param at blamed where the option was not written: the section's header
 * @param whole `Service [NAME]`, `Global options` or `Inetd mode`
 */
export function createReport(draft: Draft, at: SourceLine, whole: string): Report {
  const problems: Problem[] = [];
  const add = (gravity: Gravity, code: ErrorCode, option: OptionName, text: string, prefix: string, reason: string): void => {
    const place = draft.last(option)?.statement.at ?? at;
    problems.push(sectionProblem(gravity, code, place, option, text, prefix, reason));
  };
  return {
    problems,
    error: (option, text, reason, code = 'config_conflict') => add('error', code, option, text, whole, reason),
    errorAt: (place, option, text, reason) =>
      problems.push(sectionProblem('error', 'config_invalid_value', place, option, text, whole, reason)),
    warn: (option, text, line) => add('warning', 'config_conflict', option, text, '', line),
    unsafe: (option, text, line) => add('unsafe', 'config_unsafe', option, text, '', line),
  };
}
