/** `overcoat certs FILE`: the certificates of a configuration, until when they last, and what is wrong with the chains we show. */
import { isError, loadConfig } from '../../config/load.ts';
import { withoutRepeats } from '../../config/read/problems.ts';
import { formatProblems } from '../../config/read/report-text.ts';
import type { ConfigSource } from '../../config/read/source.ts';
import { sourceName } from '../../config/read/source.ts';
import { timeText } from '../../status/time-text.ts';
import { printable, printableJson } from '../../text/printable.ts';
import type { AskPassphrase } from '../../tls/material/key-material.ts';
import { prepareLibrary } from '../../tls/material/providers.ts';
import type { Inventory, ListedItem } from '../certs/inventory.ts';
import { listCertificates } from '../certs/inventory.ts';
import { print, printError } from '../terminal/print.ts';

/** @returns the exit code: 0 where nothing has a fault */
export async function certs(source: ConfigSource, json: boolean, ask: AskPassphrase): Promise<number> {
  const loaded = loadConfig(source, { strict: false, launcher: 'overcoat' });
  if (loaded.config === undefined) {
    for (const line of formatProblems(withoutRepeats(loaded.problems).filter(isError))) printError(line);
    return 1;
  }
  prepareLibrary(loaded.config.global); // a provider may keep some of them
  const found = listCertificates(loaded.config.services, ask, new Date());
  if (json) print(`${printableJson({ file: sourceName(source), ...plain(found) }, 2)}\n`);
  else print(textOf(found));
  const faulty = found.items.some(({ faults, daysLeft }) => faults.length > 0 || (daysLeft ?? 0) < 0);
  return faulty || found.problems.length > 0 ? 1 : 0;
}

function plain({ items, problems }: Inventory): object {
  return {
    certificates: items.map(({ expires, daysLeft, issuer, sha256, ...item }) => ({
      ...item,
      issuer: issuer ?? null,
      sha256: sha256 ?? null,
      expires: expires === undefined ? null : timeText(expires),
      daysLeft: daysLeft ?? null,
    })),
    problems,
  };
}

const TITLES = {
  certificate: 'Our own',
  peer: 'Accepted peer',
  authority: 'Trusted authority',
  'revocation-list': 'Revocation list of',
} as const;

function textOf({ items, problems }: Inventory): string {
  const blocks = items.map(
    (item) =>
      `${linesOf(item)
        .map((line) => printable(line, MOST_CHARACTERS))
        .join('\n')}\n`,
  );
  const broken = problems.map(({ service, text }) => `[${service}] cannot be read: ${printable(text, MOST_CHARACTERS)}\n`);
  if (blocks.length + broken.length === 0) return 'No certificate is named.\n';
  return [...blocks, ...broken].join('\n');
}

const MOST_CHARACTERS = 4096;

function linesOf({ of, name, issuer, names, from, services, expires, daysLeft, chain, faults }: ListedItem): readonly string[] {
  const until = expires === undefined ? 'no end is given' : `${timeText(expires).slice(0, 10)} (${daysText(daysLeft ?? 0)})`;
  return [
    `${TITLES[of]}: ${name || '(empty subject)'}`,
    `  until    ${until}`,
    `  from     ${from}`,
    `  used by  ${services.map((service) => `[${service}]`).join(' ')}`,
    ...(names.length === 0 ? [] : [`  names    ${names.join(', ')}`]),
    ...(issuer === undefined ? [] : [`  issuer   ${issuer === name ? 'itself' : issuer}`]),
    ...(chain.length === 0 ? [] : [`  chain    ${chain.join(' < ')}`]),
    ...faults.map(({ kind, index, text }) => `  FAULT    ${kind}, certificate ${index + 1} of the file: ${text}`),
  ];
}

function daysText(days: number): string {
  return days < 0 ? `ENDED ${-days} day(s) ago` : `${days} day(s) left`;
}
