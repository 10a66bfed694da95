/** `overcoat doctor --confinement`: what the kernel can fence, what a configuration's fence is, which threads of a running process have one. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { isError, loadConfig } from '../../config/load.ts';
import { formatProblems } from '../../config/read/report-text.ts';
import type { ConfigSource } from '../../config/read/source.ts';
import { sourceName } from '../../config/read/source.ts';
import { kernelLacks } from '../../daemon/fence/fence.ts';
import { fenceLines } from '../../daemon/fence/fence-lines.ts';
import { workerFence } from '../../daemon/fence/needs.ts';
import type { FencedBySelf } from '../../status/control.ts';
import { printable, printableJson } from '../../text/printable.ts';
import type { StatusAnswer } from '../control/answers.ts';
import { askFor } from '../control/ask.ts';
import { findControl } from '../control/find.ts';
import { print, printError } from '../terminal/print.ts';

/** A line has many paths. */
const MOST_CHARACTERS = 16_384;

/** One process of a running Overcoat. */
interface FencedProcess {
  readonly pid: number;
  /** Its command line, as it has named itself. */
  readonly process: string;
  readonly threads: number;
  readonly fencedBy: 'overcoat' | 'others' | 'nobody';
  /** So many have a filter of system calls, and may gain nothing by a program. */
  readonly filtered: number;
  readonly noNewPrivileges: number;
}

interface Report {
  readonly lacks: readonly string[];
  readonly confine: string | undefined;
  readonly lines: readonly string[];
  readonly processes: readonly FencedProcess[];
}

/** @param source undefined: the running process is asked @returns the exit code */
export async function doctor(source: ConfigSource | undefined, json: boolean, control: string | undefined): Promise<number> {
  const report = source === undefined ? await ofRunning(control) : ofConfiguration(source);
  if (report === undefined) return 1;
  print(json ? `${printableJson(report, 2)}\n` : textOf(report));
  const torn = report.processes.some(
    ({ fencedBy, threads, filtered, noNewPrivileges }) => fencedBy === 'overcoat' && (filtered < threads || noNewPrivileges < threads),
  );
  return report.lacks.length > 0 || torn ? 1 : 0;
}

function ofConfiguration(source: ConfigSource): Report | undefined {
  const { config, problems } = loadConfig(source, { strict: false, launcher: 'overcoat' });
  if (config === undefined) {
    for (const line of formatProblems(problems.filter(isError))) printError(line);
    printError(`${sourceName(source)}: cannot be used; overcoat check says more`);
    return undefined;
  }
  return { lacks: kernelLacks(), confine: config.global.confine, lines: linesOf(config), processes: [] };
}

async function ofRunning(control: string | undefined): Promise<Report> {
  const { pid, source, fenced } = await askFor<StatusAnswer>(await findControl(control), '/api/v1/status');
  const loaded = source === null ? undefined : loadConfig({ file: source }, { strict: false, launcher: 'overcoat' }).config;
  const main = lookedAt(pid);
  const children = childrenOf(pid).flatMap((each) => lookedAt(each) ?? []);
  const processes = [main ?? [], children].flat().map((each) => ({ ...each, fencedBy: fencedBy(each, main, fenced) }));
  return { lacks: kernelLacks(), confine: loaded?.global.confine, lines: loaded === undefined ? [] : linesOf(loaded), processes };
}

/** What the fence of its workers is, or would be. */
function linesOf({ global, services }: Config): readonly string[] {
  const asked = global.confine === 'strict' ? 'strict' : 'yes';
  const fence = workerFence({ global: { ...global, confine: asked }, services });
  return fence === undefined ? [] : fenceLines(fence);
}

function textOf({ lacks, confine, lines, processes }: Report): string {
  const would = confine === 'no' || confine === 'report' ? `, so nothing is fenced; with "yes" it would be` : '';
  return [
    lacks.length === 0 ? 'kernel: Landlock and seccomp, all that is needed' : `kernel: lacks ${lacks.join('; ')}`,
    ...processes.map(processLine),
    ...(confine === undefined ? [] : [`confine = ${confine}${would}`]),
    ...lines.map((line) => `  ${printable(line, MOST_CHARACTERS)}`),
    '',
  ].join('\n');
}

const NOT_OURS = {
  others: 'not fenced by Overcoat; the filters of system calls it has are of whoever started it (a unit, a container)',
  nobody: 'not fenced',
} as const;

function processLine({ pid, process, fencedBy, threads, filtered, noNewPrivileges }: FencedProcess): string {
  const verdict =
    fencedBy === 'overcoat' ? `seccomp in ${filtered} of ${threads} threads, no new privileges in ${noNewPrivileges}` : NOT_OURS[fencedBy];
  return `process ${pid} (${printable(process)}): ${verdict}`;
}

/**
 * Filters are inherited and never taken away: those that a worker has beyond those of the main process are ours. Those of the main process
 * itself nobody can tell apart, so it says what it has done.
 */
function fencedBy({ pid, filters }: LookedAt, main: LookedAt | undefined, fenced: FencedBySelf): FencedProcess['fencedBy'] {
  if (filters === 0) return 'nobody';
  const ours = fenced === 'itself' || (fenced === 'workers' && pid !== main?.pid && filters > (main?.filters ?? 0));
  return ours ? 'overcoat' : 'others';
}

interface LookedAt extends Omit<FencedProcess, 'fencedBy'> {
  /** That the thread with the most has. */
  readonly filters: number;
}

/** undefined: it has ended. */
function lookedAt(pid: number): LookedAt | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((task) => readFileSync(`/proc/${pid}/task/${task}/status`, 'latin1').split('\n'));
    const process = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    const count = (line: string): number => threads.filter((status) => status.includes(line)).length;
    const filters = Math.max(...threads.map(filtersOf));
    return { pid, process, threads: threads.length, filtered: count('Seccomp:\t2'), noNewPrivileges: count('NoNewPrivs:\t1'), filters };
  } catch {
    return undefined;
  }
}

/** Since Linux 5.9, which is older than what a fence needs. */
function filtersOf(status: readonly string[]): number {
  const name = 'Seccomp_filters:';
  return Number(status.find((line) => line.startsWith(name))?.slice(name.length) ?? 0);
}

function childrenOf(pid: number): readonly number[] {
  try {
    const words = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').split(' '),
    );
    return words.filter((word) => word !== '').map(Number);
  } catch {
    return [];
  }
}
