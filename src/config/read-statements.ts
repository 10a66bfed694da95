/**
 * One statement after the other into a draft: is the name known, may it stand here, does the value make sense, can it be honoured.
 * What needs more than one line to judge is not done here.
 */

import { printable } from '../text/printable.ts';
import type { Problem } from './config.ts';
import type { Draft } from './draft.ts';
import type { NamedOption } from './option-table.ts';
import { findOption, similarOption } from './option-table.ts';
import type { Line, Statement } from './parse.ts';
import { lineProblem } from './problems.ts';

const NOT_VALID_HERE = 'Specified option name is not valid here';

/** @param inSection false for what stands before the first section */
export function readStatements(lines: readonly Line[], draft: Draft, inSection: boolean): readonly Problem[] {
  return lines.flatMap((line): readonly Problem[] => {
    if (line.kind === 'broken') return [lineProblem('error', line.code, line, line.text, line.reason)];
    const option = findOption(line.name);
    if (option === undefined) return [unknownOption(line)];
    if (inSection && option.scope === 'global') return [misplaced(line)];
    const facility = inSection && option.name === 'debug' && line.value.includes('.');
    return facility ? [facilityInSection(line)] : readStatement(line, option, draft);
  });
}

/** A value that makes sense goes into the draft even where the option is not available: other checks would only confuse without it. */
function readStatement(line: Statement, option: NamedOption, draft: Draft): readonly Problem[] {
  const parsed = option.parse(line.value);
  if (!parsed.ok) {
    draft.markBroken(option.name);
    return [lineProblem('error', 'config_invalid_value', line, parsed.text, parsed.stunnelText)];
  }
  draft.add(option.name, parsed.value, line);
  if (isAmong(option.settled, line.value)) return [];
  if (option.status === 'refused') return [refused(line, option)];
  if (option.status === 'ignored') return [ignored(line, option)];
  return isAvailable(option, line.value) ? [] : [notAvailable(line, option)];
}

function isAvailable(option: NamedOption, value: string): boolean {
  return option.status !== 'pending' && !isAmong(option.missing, value);
}

function isAmong(values: readonly string[] | undefined, value: string): boolean {
  return values?.some((each) => each.toLowerCase() === value.toLowerCase()) === true;
}

function unknownOption(line: Statement): Problem {
  const similar = similarOption(line.name);
  const hint = similar === undefined ? '`overcoat options` lists those there are' : `did you mean ${similar}?`;
  return lineProblem('error', 'config_unknown_option', line, `there is no option "${printable(line.name)}"; ${hint}`, NOT_VALID_HERE);
}

function misplaced(line: Statement): Problem {
  const text = 'this option belongs to the whole process; move it above the first [section]';
  return lineProblem('error', 'config_unknown_option', line, text, NOT_VALID_HERE);
}

/** `debug = local0.5`: there is one system log for all sections. */
function facilityInSection(line: Statement): Problem {
  const text = 'only the global part chooses the syslog facility; write the level alone';
  return lineProblem('error', 'config_invalid_value', line, text, 'Illegal debug level');
}

function refused(line: Statement, option: NamedOption): Problem {
  return lineProblem('error', 'config_refused', line, `refused: ${option.note ?? ''}`, `Option refused: ${option.note ?? ''}`);
}

function notAvailable(line: Statement, option: NamedOption): Problem {
  const part = option.missing === undefined ? '' : ` with the value "${printable(line.value)}"`;
  const text = `not available yet${part}; remove the line, since it would have no effect`;
  return lineProblem('error', 'config_not_available', line, text, `not available yet${part}`);
}

function ignored(line: Statement, option: NamedOption): Problem {
  const text = `ignored: ${option.note ?? ''}`;
  return {
    ...lineProblem('warning', 'config_refused', line, text, ''),
    stunnelText: `Option "${option.name}" is ignored: ${option.note ?? ''}`,
  };
}
