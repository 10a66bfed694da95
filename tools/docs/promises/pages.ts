/** docs/promises.md and docs/threat-model.md from their tables. */
import { AREAS } from './promises.ts';
import type { Shown } from './shown-by.ts';
import { commands, figuresOf, keptFigures, missingOf } from './shown-by.ts';
import { THREATS } from './threats.ts';

/** What each row of both pages is shown by. */
export const SHOWN: readonly (readonly Shown[])[] = [...AREAS, ...THREATS].flatMap(({ rows }) => rows.map(({ shown }) => shown));

export function promisesPage(): string {
  mustExist();
  const figures = keptFigures();
  const tables = AREAS.flatMap(({ title, rows }) => [
    '',
    `## ${title}`,
    '',
    '| what we promise | stunnel | ghostunnel | shown by | figure |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(
      ({ ours, stunnel, ghostunnel, shown }) =>
        `| ${cell(ours)} | ${cell(stunnel)} | ${cell(ghostunnel)} | ${commands(shown)} | ${cell(figuresOf(shown, figures))} |`,
    ),
  ]);
  return `${[
    '# Promises',
    '',
    'What Overcoat promises, the command that shows it, and what that gave. Beside it, what the manual of stunnel (5.75, and 5.68 of Debian) and the',
    'documentation of ghostunnel (1.11 and 1.12, as of November 2026) say on the same subject: facts that stand there, no judgement. A dash means that',
    'nothing was found there, which does not mean that it is not so.',
    '',
    `Figures of tests are cases that passed, each from one run of \`npm run promises\`, the last of them on ${figures.day}`,
    `(${figures.machine}; ${figures.runtime}), in brackets what`,
    'the test itself tells; those of `npm run test:release` are from their last record, with its day; those of `npm run bench` stand in',
    '[benchmarks.md](benchmarks.md), where the machine is described: ratios are ours divided by the other program’s. `npm run test:release` and',
    '`npm run bench` need more packages and time ([CONTRIBUTING.md](../CONTRIBUTING.md)). A dash as figure: not measured then.',
    '[threat-model.md](threat-model.md) goes by attack.',
    '',
    'Written by `npm run docs` from `tools/docs/promises/`; `npm run check` fails where a row names a test, a measurement or a command that does not exist.',
    ...tables,
  ].join('\n')}\n`;
}

export function threatModelPage(): string {
  mustExist();
  const tables = THREATS.flatMap(({ title, rows }) => [
    '',
    `## ${title}`,
    '',
    '| attack or fault | seen | what happens | shown by |',
    '| --- | --- | --- | --- |',
    ...rows.map(({ what, seen, happens, shown }) => `| ${cell(what)} | ${cell(seen)} | ${cell(happens)} | ${commands(shown)} |`),
  ]);
  return `${[
    '# Threat model',
    '',
    'Whom Overcoat is built against, what it guards, and for each attack or fault what happens and which test shows it. [promises.md](promises.md) has the',
    'same by promise, with figures; [SECURITY.md](../SECURITY.md) says how to report what is missing here, and [out-of-scope.md](out-of-scope.md) what is left out.',
    '',
    '## Parties',
    '',
    '| party | may | may not |',
    '| --- | --- | --- |',
    '| applications on the plain side | send anything, lie about names, be taken over | reach what they were not to reach; cost other connections anything |',
    '| the network, both sides | read, change, drop, delay and replay; answer for others | read or change what is in TLS unnoticed; be taken for a verified peer |',
    '| the upstream (client mode) | be hostile once it is verified | do more than end or starve its own connections |',
    '| TLS clients (server mode) | be hostile, in any number | enter without what the service asks for; hold memory, time or descriptors without bound |',
    '| resolvers, responders, directories | be silent, lie, answer without end | decide whom we trust; hold anybody up |',
    '| the operator | err | lose the old configuration by a broken new one; expose anything without being told |',
    '| other users of the machine | run programs beside ours | read keys, ask the control socket, stop us |',
    '| the kernel, root, the owner of the process | everything | - |',
    '',
    '## What is guarded',
    '',
    'Keys and passwords; pins and what is trusted; who reaches what; every byte of a stream, its order and its end; that it goes on. Two sentences',
    'hold it together: no byte is relayed that was not authenticated as configured, and a fault ends one connection.',
    '',
    'Written by `npm run docs` from `tools/docs/promises/threats.ts`; `npm run check` fails where a row names a test that does not exist.',
    ...tables,
  ].join('\n')}\n`;
}

function mustExist(): void {
  const missing = missingOf(SHOWN);
  if (missing.length > 0) throw new Error(`tools/docs/promises/: ${missing.join('; ')}`);
}

function cell(text: string): string {
  return text === '' ? '-' : text.replaceAll('|', '\\|');
}
