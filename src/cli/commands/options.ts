/** `overcoat options [OPTION]`: the option table, or one option of it. */
import type { Status } from '../../config/option.ts';
import type { NamedOption } from '../../config/option-table.ts';
import { findOption, OPTION_LIST, similarOption } from '../../config/option-table.ts';
import { printableJson } from '../../text/printable.ts';
import { didYouMean } from '../../text/similar.ts';
import { print, printError } from '../terminal/print.ts';

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
export function options(name: string | undefined, json: boolean): number {
  if (name === undefined) {
    if (json) {
      print(`${printableJson(OPTION_LIST.map(facts), 2)}\n`);
      return 0;
    }
    const width = Math.max(...OPTION_LIST.map((option) => option.name.length));
    for (const option of OPTION_LIST) print(`${option.name.padEnd(width)}  ${mark(option)}${option.doc}\n`);
    return 0;
  }
  const option = findOption(name);
  if (option === undefined) {
    const similar = similarOption(name);
    printError(`there is no option "${name}"${similar === undefined ? '; `overcoat options` lists those there are' : didYouMean(similar)}`);
    return 1;
  }
  if (json) print(`${printableJson(facts(option), 2)}\n`);
  else for (const line of describe(option)) print(`${line}\n`);
  return 0;
}

/** For programs. */
function facts({ name, value, default: usual, doc, scope, repeat, aliases = [], ours, status, note }: NamedOption): object {
  return {
    name,
    value,
    default: usual,
    doc,
    scope,
    repeated: repeat === 'list',
    aliases,
    from: ours ? 'overcoat' : 'stunnel',
    status,
    note,
  };
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
