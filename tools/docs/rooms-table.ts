/** The table of imports in docs/architecture.md: tools/check-imports.ts, one line a room of the first level. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GROUND, MAY_IMPORT } from '../check-imports.ts';
import { ROOT } from '../sources.ts';

const BEGIN = '<!-- begin imports: written by `npm run docs` from tools/check-imports.ts -->';
const END = '<!-- end imports -->';

/** docs/architecture.md as it is, with the table as it should be. @throws Error without the two marks */
export function architecturePage(): string {
  const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/architecture.md has no ${BEGIN} ... ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n${roomsTable()}\n${page.slice(end)}`;
}

/** From the top of the house to its ground, as tools/check-imports.ts has it. */
function roomsTable(): string {
  const uses = new Map<string, Set<string>>();
  for (const [path, entries] of Object.entries(MAY_IMPORT)) {
    const room = firstOf(path);
    const used = uses.get(room) ?? new Set();
    for (const entry of entries) used.add(entry === '' ? 'every room' : firstOf(entry));
    used.delete(room);
    uses.set(room, used);
  }
  const lines = [...uses].map(([room, used]) => `| ${room} | ${used.size === 0 ? 'nothing' : [...used].join(', ')} |`);
  return ['| room | imports from |', '|---|---|', ...lines, `| ${GROUND.join(', ')} | each other |`].join('\n');
}

function firstOf(path: string): string {
  return path.split('/')[0] ?? path;
}
