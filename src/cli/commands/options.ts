/** `overcoat options [OPTION]`: the option table, or one option of it. */
import type { Status } from '../../config/option.ts';
import type { NamedOption } from '../../config/option-table.ts';
import { findOption, OPTION_LIST, similarOption } from '../../config/option-table.ts';
import { didYouMean } from '../../text/similar.ts';
import { print, printError } from '../print.ts';

const STATUS: Readonly<Record<Status, string>> = {
  works: 'works',
  differs: 'works differently',
  ignored: 'accepted and ignored',
  refused: 'refused',
  pending: 'not available yet',
};

const SCOPES: Readonly<Record<NamedOption['scope'], string>> = {
  global: 'before the first [section]',
  service: 'in a [section], or before the first one as a default for all',
  both: 'before the first [section] and in sections',
};

/** @returns the exit code: 1 where there is no such option */
export function options(name: string | undefined): number {
  if (name === undefined) {
    const width = Math.max(...OPTION_LIST.map((option) => option.name.length));
    for (const option of OPTION_LIST) print(`${option.name.padEnd(width)}  ${mark(option)}${option.doc}\n`);
    return 0;
  }
  const option = findOption(name);
  if (option === undefined) {
    printError(`there is no option "${name}"${didYouMean(similarOption(name))}`);
    return 1;
  }
  for (const line of describe(option)) print(`${line}\n`);
  return 0;
}

/** Said in front of the doc where the option cannot simply be used. */
function mark(option: NamedOption): string {
  return option.status === 'works' || option.status === 'differs' ? '' : `(${STATUS[option.status]}) `;
}

function describe(option: NamedOption): readonly string[] {
  const note = option.note === undefined ? '' : `: ${option.note}`;
  const missing = option.missing === undefined ? [] : [`missing:   not available yet: ${option.missing.join(', ')}`];
  return [
    `${option.name} = ${option.value}`,
    '',
    option.doc,
    '',
    `default:   ${option.default}`,
    `where:     ${SCOPES[option.scope]}`,
    `repeated:  ${option.repeat === 'list' ? 'lines add up' : 'the last line counts'}`,
    ...(option.aliases === undefined ? [] : [`also:      ${option.aliases.join(', ')}`]),
    `from:      ${option.ours ? 'Overcoat' : 'stunnel'}`,
    `state:     ${STATUS[option.status]}${note}`,
    ...missing,
  ];
}
