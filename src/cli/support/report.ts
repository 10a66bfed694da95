/** The files of a bug report, as texts. Secrets are taken out twice: where the configuration is read, and again from all texts. */
import type { LoadedConfig } from '../../config/load.ts';
import { loadConfig } from '../../config/load.ts';
import { formatProblems } from '../../config/read/report-text.ts';
import type { ConfigSource } from '../../config/read/source.ts';
import { printable } from '../../text/printable.ts';
import { machineProblems } from '../check/machine-problems.ts';
import { HIDDEN, shownConfiguration } from './configuration-text.ts';
import { lastLogLines, limits, units, versions } from './machine-text.ts';

export interface ReportFile {
  readonly name: string;
  /** What it is, for the list that is shown before. */
  readonly about: string;
  readonly text: string;
}

/** One character of a secret, escaped: `\u{10ffff}`. */
const MAX_ESCAPED = 10;
/** Shorter ones cannot be told from ordinary words in a log (`no`, `443`). */
const SHORTEST_SECRET = 4;
/** The end of a log may begin within one. */
const PRIVATE_KEYS = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /^[\s\S]*-----END [A-Z ]*PRIVATE KEY-----/,
];

export async function supportReport(source: ConfigSource | undefined): Promise<readonly ReportFile[]> {
  const shown = source === undefined ? undefined : shownConfiguration(source);
  const loaded = source === undefined ? undefined : loadConfig(source, { strict: false, launcher: 'overcoat' });
  const files: readonly (readonly [name: string, about: string, lines: readonly string[]])[] = [
    ...(shown === undefined
      ? []
      : [['configuration.txt', `the configuration, ${counted(shown.hidden.length)} left out`, shown.lines] as const]),
    ['findings.txt', 'what check finds in it, and the doctor in the gateway', await findings(loaded)],
    ['versions.txt', 'of Overcoat, its libraries and the system', versions()],
    ['units.txt', 'the units of Overcoat, as systemd sees them', await units()],
    ['limits.txt', 'of the running process and of the machine', limits(loaded?.sketch)],
    ['log.txt', 'the last lines of the log', await lastLogLines(loaded?.sketch)],
  ];
  const hidden = (shown?.hidden ?? [])
    .flatMap(formsOf)
    .filter((text) => text.length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length);
  return files.map(([name, about, lines]) => ({ name, about, text: `${without(hidden, lines.join('\n'))}\n` }));
}

/** As it stands in a configuration and as a log has it, also in JSON, which escapes quotation marks and backslashes. */
function formsOf(secret: string): readonly string[] {
  const forms = [secret, printable(secret, secret.length * MAX_ESCAPED)];
  return [...forms, ...forms.map((form) => JSON.stringify(form).slice(1, -1))];
}

async function findings(loaded: LoadedConfig | undefined): Promise<readonly string[]> {
  if (loaded === undefined) return ['no configuration was named', ...(await gatewayFindings())];
  const ask = (): undefined => undefined; // an encrypted key stays shut: a report is no reason to type its passphrase
  const problems = [...loaded.problems, ...(await machineProblems(loaded, { strict: false, ask }))];
  return [...(problems.length === 0 ? ['check: nothing'] : formatProblems(problems)), '', ...(await gatewayFindings())];
}

/** Of an installed gateway alone: the doctor sends packets. */
async function gatewayFindings(): Promise<readonly string[]> {
  const { readState } = await import('../../gateway/machine/state.ts');
  const state = readState();
  if (state === undefined) return ['gateway: none is installed'];
  const { examine, findingText } = await import('../../gateway/doctor/doctor.ts');
  const found = await examine({ rules: state.rules, portMap: state.portMap, state }, () => undefined);
  return found.map(findingText);
}

function without(hidden: readonly string[], text: string): string {
  const left = hidden.reduce((left, secret) => left.replaceAll(secret, HIDDEN), text);
  return PRIVATE_KEYS.reduce((left, key) => left.replace(key, HIDDEN), left);
}

function counted(count: number): string {
  return count === 1 ? '1 value' : `${count} values`;
}
