/**
 * Writes the pages of docs/ and its manual, the rows of the README, and what shells complete (completion/): all made from tables in the
 * code, so that they cannot drift. `--check` writes nothing and exits with 1 when a page is not what would be written. A new generated
 * page is one more line in PAGES.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiPage, openApi, recordSchema } from './docs/api-page.ts';
import { commandRows, commandsPage } from './docs/commands-page.ts';
import { COMPLETIONS } from './docs/completion/scripts.ts';
import { errorsPage } from './docs/errors-page.ts';
import { MAN_PAGES } from './docs/man-pages.ts';
import { metricsPage } from './docs/metrics-page.ts';
import { optionsPage } from './docs/options-page.ts';
import { promisesPage, threatModelPage } from './docs/promises/pages.ts';
import { protocolsPage } from './docs/protocols-page.ts';
import { architecturePage } from './docs/rooms-table.ts';
import { rtmpsPage } from './docs/rtmps-page.ts';
import type { Finding } from './sources.ts';
import { conclude, ROOT } from './sources.ts';

interface Page {
  readonly path: string;
  /** The whole page, ending in a newline. */
  readonly render: () => string;
}

const PAGES: readonly Page[] = [
  { path: 'README.md', render: () => withRows('README.md', '| command | what it does |', '| `overcoat-stunnel', commandRows()) },
  { path: 'docs/commands.md', render: commandsPage },
  { path: 'docs/api.md', render: apiPage },
  { path: 'docs/architecture.md', render: architecturePage },
  { path: 'docs/errors.md', render: errorsPage },
  { path: 'docs/metrics.md', render: metricsPage },
  { path: 'docs/openapi.json', render: openApi },
  { path: 'docs/record.schema.json', render: recordSchema },
  { path: 'docs/options.md', render: optionsPage },
  { path: 'docs/promises.md', render: promisesPage },
  { path: 'docs/protocols.md', render: protocolsPage },
  { path: 'docs/rtmps.md', render: rtmpsPage },
  { path: 'docs/threat-model.md', render: threatModelPage },
  ...COMPLETIONS,
  ...MAN_PAGES.map(({ file, render }) => ({ path: `docs/man/${file}`, render })),
];

const findings = PAGES.flatMap(({ path, render }): Finding[] => {
  const file = join(ROOT, path);
  const wanted = render();
  if (!process.argv.includes('--check')) {
    writeFileSync(file, wanted);
    return [];
  }
  return contentOf(file) === wanted ? [] : [{ path, line: 0, text: 'is not up to date: run `npm run docs`' }];
});
conclude(PAGES.length, findings);

/** The page at `path` with these rows in a table that is otherwise written by hand, between its head and the first row that stays. */
function withRows(path: string, head: string, staying: string, rows: readonly string[]): string {
  const lines = (contentOf(join(ROOT, path)) ?? '').split('\n');
  const start = lines.indexOf(head) + 2;
  const end = lines.findIndex((line, index) => index >= start && line.startsWith(staying));
  if (start < 2 || end < 0) throw new Error(`${path}: the table of the commands is missing`);
  return [...lines.slice(0, start), ...rows, ...lines.slice(end)].join('\n');
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
