/**
 * One statement after the other into a draft: is the name known, may it stand here, does the value make sense, can it be honoured.
 * What needs more than one line to judge is not done here.
 */

import { printable } from '../../text/printable.ts';
import { hasRawBytes } from '../../text/raw-text.ts';
import { valueHint } from '../../text/value-hint.ts';
import type { NamedOption } from '../option-table.ts';
import { findOption, similarOption } from '../option-table.ts';
import type { Problem } from '../problem.ts';
import type { Value } from '../values/values.ts';
import { bad } from '../values/values.ts';
import { FILE_OPTIONS } from './blame.ts';
import type { Draft } from './draft.ts';
import type { Line, Notice, Statement } from './parse.ts';
import { lineProblem, sectionProblem } from './problems.ts';

const NOT_VALID_HERE = 'Specified option name is not valid here';

/** @param inSection false for what stands before the first section */
export function readStatements(lines: readonly Line[], draft: Draft, inSection: boolean): readonly Problem[] {
  return lines.flatMap((line): readonly Problem[] => {
    if (line.kind === 'broken') return [lineProblem('error', line.code, line, line.text, line.reason)];
    if (line.kind === 'notice') return [noticed(line)];
    const option = findOption(line.name);
    if (option === undefined) return [unknownOption(line)];
    if (inSection && option.scope === 'global') return [misplaced(line)];
    const facility = inSection && option.name === 'debug' && line.value.includes('.');
    return facility ? [facilityInSection(line)] : readStatement(line, option, draft);
  });
}

/** A value that makes sense goes into the draft even where the option is not available: other checks would only confuse without it. */
function readStatement(line: Statement, option: NamedOption, draft: Draft): readonly Problem[] {
  const parsed = parseValue(line.value, option);
  if (!parsed.ok) {
    draft.markBroken(option.name);
    const hint = option.secret === true ? undefined : valueHint(line.value);
    const text = hint === undefined ? parsed.text : `${parsed.text}; ${hint}`;
    return [lineProblem('error', 'config_invalid_value', line, text, parsed.stunnelText)];
  }
  draft.add(option.name, parsed.value, line);
  if (isAmong(option.settled, line.value)) return [];
  if (isAmong(option.harmless, line.value)) return [ignored(line, option)];
  if (option.status === 'refused') return [refused(line, option)];
  if (option.status === 'ignored') return [ignored(line, option)];
  return isAvailable(option, line.value) ? literal(line, option) : [notAvailable(line, option)];
}

function parseValue(value: string, option: NamedOption): Value<unknown> {
  if (hasRawBytes(value) && option.bytes !== true && option.status !== 'ignored')
    return bad('the value is not UTF-8; save the file as UTF-8', 'Invalid UTF-8 found');
  return option.parse(value);
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

/** Options whose value may be any text, and those that name a file, of which is said that there is none. */
const TAKES_ANYTHING: ReadonlySet<string> = new Set([
  'execArgs',
  'protocolHeader',
  'protocolUsername',
  'protocolDomain',
  'setEnv',
  ...FILE_OPTIONS,
]);

/** A value that is taken as it stands although it was hardly meant so. */
function literal(line: Statement, option: NamedOption): readonly Problem[] {
  const hint = option.secret === true || TAKES_ANYTHING.has(option.name) ? undefined : valueHint(line.value);
  if (hint === undefined) return [];
  const logged = `Option "${option.name}": ${printable(hint)}`;
  return [sectionProblem('warning', 'config_invalid_value', line.at, option.name, printable(hint), '', logged)];
}

function noticed({ text, logged, at }: Notice): Problem {
  return sectionProblem('warning', 'config_unreadable', at, 'include', text, '', logged);
}

function ignored(line: Statement, option: NamedOption): Problem {
  const text = `ignored: ${option.note ?? ''}`;
  return {
    ...lineProblem('warning', 'config_refused', line, text, ''),
    stunnelText: `Option "${option.name}" is ignored: ${option.note ?? ''}`,
  };
}
