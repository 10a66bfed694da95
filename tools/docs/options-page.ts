/** docs/options.md from the option table: what each option of a configuration file does, and how it compares to stunnel. */
import type { NamedOption } from '../../src/config/option-table.ts';
import { OPTION_LIST } from '../../src/config/option-table.ts';

/** What the page and the manual say of a file before its options; code stands between backquotes. */
export const ABOUT_FILES: readonly string[] = [
  'The file has the format of stunnel.conf: `name = value` a line, `[service]` above the lines of a service, comments on lines of their own that begin with `;` or `#`. Names are written in any case. What stands before the first section is about the whole process, or a default for every section. A line that cannot be honoured is an error, never ignored in silence.',
  "A file has stunnel's defaults. Services without a file (`overcoat client`, `server`, `gateway`, `exec`) have safe ones: verification is on, a port alone means this machine, and TLS is limited to what is strong today.",
];

const HEADER = [
  '# Options of the configuration file',
  ...ABOUT_FILES,
  'The same is printed by `overcoat options OPTION`. Generated from `src/config/options/` by `npm run docs`.',
].join('\n\n');

/** In the order of the page. */
export const OPTION_GROUPS: readonly { readonly title: string; readonly includes: (option: NamedOption) => boolean }[] = [
  { title: 'Global options of stunnel', includes: (option) => option.scope === 'global' && option.ours === undefined },
  { title: 'Service options of stunnel', includes: (option) => option.scope !== 'global' && option.ours === undefined },
  { title: 'Options of Overcoat', includes: (option) => option.ours === true },
];

export function optionsPage(): string {
  const parts = OPTION_GROUPS.flatMap(({ title, includes }) => [
    `## ${title}`,
    ['| Option | Value | Default | What it does | State |', '|---|---|---|---|---|', ...OPTION_LIST.filter(includes).map(row)].join('\n'),
  ]);
  return `${[HEADER, ...parts].join('\n\n')}\n`;
}

function row(option: NamedOption): string {
  const name = [option.name, ...(option.aliases ?? [])].map((each) => `\`${each}\``).join(', ');
  const where = option.scope === 'both' && option.ours === undefined ? ' Global too.' : '';
  const cells = [name, `\`${option.value}\``, option.default, `${option.doc}${where}`, optionState(option)];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** Whether it works as with stunnel, and if not, what is different. */
export function optionState(option: NamedOption): string {
  const note = option.note ?? '';
  switch (option.status) {
    case 'works':
      return `works${missing(option)}`;
    case 'differs':
      return `works differently: ${note}${missing(option)}`;
    case 'ignored':
      return `accepted with a notice and ignored: ${note}`;
    case 'refused':
      return `refused: ${note}${settled(option)}`;
    case 'pending':
      return `not available yet${settled(option)}`;
  }
}

function missing(option: NamedOption): string {
  return option.missing === undefined ? '' : `; not available yet: ${option.missing.join(', ')}`;
}

function settled(option: NamedOption): string {
  return option.settled === undefined ? '' : ` (accepted: ${option.settled.join(', ')})`;
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
