/** docs/man/: the manual, from the tables of the commands and of the options, as docs/commands.md and docs/options.md are. */

import type { CommandName } from '../../src/cli/args/command.ts';
import { flagText } from '../../src/cli/args/flag-row.ts';
import { loadCommands } from '../../src/cli/args/registry.ts';
import { DEFAULT_STUNNEL_FILE } from '../../src/cli/args/stunnel-args.ts';
import type { CommandTable } from '../../src/cli/args/table.ts';
import { SYNTAX } from '../../src/cli/commands/stunnel-info.ts';
import type { NamedOption } from '../../src/config/option-table.ts';
import { OPTION_LIST } from '../../src/config/option-table.ts';
import { overcoatVersion } from '../../src/self.ts';
import { STUNNEL_ABOUT, STUNNEL_USAGE } from './commands-page.ts';
import { ABOUT_FILES, OPTION_GROUPS, optionState } from './options-page.ts';
import { RELEASE_DATE } from './release-date.ts';
import { filled, heading, item, paragraph, seeAlso, subheading, title, verbatim } from './roff.ts';

/** Where a package puts the pages of docs/. */
const GUIDES = '/usr/share/doc/overcoat';

const commands = await loadCommands();

/** Commands with a page of their own, and what is to be known of them besides their tables. */
const OWN_PAGE: Partial<Record<CommandName, { readonly section: string; readonly more: readonly string[]; readonly files: Items }>> = {
  gateway: {
    section: '8',
    more: [
      'TERM lets open connections finish for up to 30 seconds and undoes everything that was changed; a second TERM does not wait. After SIGKILL or a crash the ports are refused until the gateway runs again or `overcoat gateway down` is called, unless `--fail open` was given.',
      'Needs Linux 5.12 or later and the programs nft and ip.',
    ],
    files: [['/run/overcoat', 'what has to be undone at the end']],
  },
  exec: {
    section: '1',
    more: [
      'It ends as its command ended: with the same exit code, or by the same signal. 127 and 126 mean, as in a shell, that the command was not found or cannot be run; 1 that Overcoat could not start it.',
      'Needs Linux, user namespaces for ordinary users, and the programs nft, ip and unshare.',
    ],
    files: [],
  },
};

type Items = readonly (readonly [term: string, meaning: string])[];

const FILES: Items = [
  ['/etc/overcoat/', 'configuration files; the unit overcoat@NAME.service runs /etc/overcoat/NAME.conf'],
  [`${GUIDES}/`, 'the guides: tutorial, installing, production, server names, protocols, tuning'],
];

const ENVIRONMENT: Items = [
  ['OVERCOAT_OPENSSL', "path of a libssl.so.3 to be used instead of the runtime's own"],
  ['NODE_OPTIONS', 'is not used; exec passes it on to its command'],
];

/** Name of the page as it is installed, `overcoat.1`, and its text. */
export const MAN_PAGES: readonly { readonly file: string; readonly render: () => string }[] = [
  { file: 'overcoat.1', render: overcoatPage },
  ...commands.flatMap((table) => {
    const own = OWN_PAGE[table.name];
    return own === undefined ? [] : [{ file: `overcoat-${table.name}.${own.section}`, render: () => commandPage(table, own) }];
  }),
  { file: 'overcoat-stunnel.8', render: stunnelPage },
  { file: 'overcoat.conf.5', render: optionsPage },
];

function overcoatPage(): string {
  return page('overcoat', '1', 'TLS for programs that speak plain TCP', [
    ...synopsis(commands.flatMap(({ usage }) => usage.map((line) => `overcoat ${line}`))),
    ...heading('description'),
    ...filled(
      'Overcoat puts TLS over plain TCP: an application that cannot encrypt keeps talking as it always did, and what it says travels wrapped. It reads a stunnel.conf as it is, wraps what a Linux gateway routes without knowing the destinations beforehand, or wraps one command. Certificates are verified before the first byte is relayed.',
    ),
    ...heading('commands'),
    ...commands.flatMap((table) => {
      const own = OWN_PAGE[table.name];
      const said =
        own === undefined ? commandBody(table) : filled(`${capital(table.summary)}: see overcoat-${table.name}(${own.section}).`);
      return [...subheading(`overcoat ${table.call}`), ...said];
    }),
    ...paragraph('A value may follow its flag as the next word or after `=`. `--help` explains each command.'),
    ...exitStatus(['0', 'done'], ['1', 'failed'], ['2', 'wrong arguments']),
    ...list('environment', ENVIRONMENT),
    ...list('files', FILES),
  ]);
}

function commandPage(table: CommandTable, { section, more, files }: NonNullable<(typeof OWN_PAGE)[CommandName]>): string {
  return page(`overcoat-${table.name}`, section, table.summary.replace(/ \(.*\)$/, ''), [
    ...synopsis(table.usage.map((line) => `overcoat ${line}`)),
    ...heading('description'),
    ...commandBody(table),
    ...more.flatMap(paragraph),
    ...list('files', [...files, [`${GUIDES}/${table.name}.md`, 'the whole story']]),
  ]);
}

function stunnelPage(): string {
  const explained = SYNTAX.flatMap((line): Items => {
    const [, term, meaning] = /^\[\.\] {5}(.+?) +- (.+)$/.exec(line) ?? [];
    return term === undefined || meaning === undefined ? [] : [[term, meaning]];
  });
  return page('overcoat-stunnel', '8', "stunnel's command line for Overcoat", [
    ...synopsis(STUNNEL_USAGE),
    ...heading('description'),
    ...filled(STUNNEL_ABOUT),
    ...paragraph(
      'A link to it that is called stunnel or stunnel4 is found by what looks for a process of that name. `overcoat check FILE` says beforehand what of a file would not work.',
    ),
    ...list('options', explained),
    ...list('signals', [
      ['HUP', 'read the configuration again; a mistake in it leaves the old one serving'],
      ['USR1', 'open the log file again'],
      ['USR2', 'write the open connections to the log'],
      ['TERM, INT, QUIT', 'end'],
    ]),
    ...exitStatus(['0', 'the daemon runs in the background, or has ended as it was told to'], ['1', 'it could not start']),
    ...list('files', [[DEFAULT_STUNNEL_FILE, 'the configuration, if no other is named'], ...FILES]),
  ]);
}

function optionsPage(): string {
  return page('overcoat.conf', '5', 'configuration file of Overcoat and overcoat-stunnel', [
    ...heading('description'),
    ...ABOUT_FILES.flatMap((text, index) => (index === 0 ? filled(text) : paragraph(text))),
    ...paragraph('`overcoat check FILE` says everything that is wrong with a file, `overcoat options OPTION` explains one option.'),
    ...OPTION_GROUPS.flatMap(({ title, includes }) => [
      ...heading(title),
      ...filled('Sorted by name.'),
      ...OPTION_LIST.filter(includes).flatMap(optionItem),
    ]),
    ...list('files', FILES),
  ]);
}

function optionItem(option: NamedOption): readonly string[] {
  const also = option.aliases === undefined ? '' : ` Also called ${option.aliases.join(', ')}.`;
  const state = optionState(option);
  const where = option.scope === 'both' && option.ours === undefined ? ' Global too.' : '';
  return item(
    `${option.name} = ${option.value}`,
    `${option.doc}${where}${also}`,
    `Default: ${option.default}`,
    ...(state === 'works' ? [] : [`State: ${state}`]),
  );
}

function commandBody({ about, flags, actions = [], example }: CommandTable): readonly string[] {
  return [
    ...about.flatMap((text, index) => (index === 0 ? filled(text) : paragraph(text))),
    ...actions.flatMap(({ name, help }) => item(name, help)),
    ...flags.flatMap((flag) => item(flagText(flag), flag.help)),
    ...paragraph('Example:'),
    ...verbatim([`overcoat ${example}`]),
  ];
}

function page(name: string, section: string, summary: string, body: readonly string[]): string {
  const others = MAN_PAGES.map(({ file }) => file.replace(/\.(\d)$/, '($1)')).filter((other) => other !== `${name}(${section})`);
  const lines = [
    '.\\" Written by `npm run docs`.',
    ...title(name, section, RELEASE_DATE, `Overcoat ${overcoatVersion()}`),
    ...heading('name'),
    `${name.replaceAll('-', '\\-')} \\- ${summary}`,
    ...body,
    ...heading('see also'),
    ...seeAlso(others.sort()),
  ];
  return `${lines.join('\n')}\n`;
}

function synopsis(usage: readonly string[]): readonly string[] {
  return [...heading('synopsis'), ...verbatim(usage).slice(1)];
}

function exitStatus(...rows: Items): readonly string[] {
  return list('exit status', rows);
}

function list(name: string, rows: Items): readonly string[] {
  return [...heading(name), ...rows.flatMap(([term, meaning]) => item(term, meaning))];
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
