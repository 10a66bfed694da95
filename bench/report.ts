/** Turns measurements into tables: medians, spread, and the first proxy's figure divided by each of the others'. */
import { spawnSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import type { Subject } from './subjects/subject.ts';

/** All rounds of one metric for each proxy; none where the proxy lacks the mode. */
export interface Series {
  readonly metric: string;
  readonly values: ReadonlyMap<string, readonly number[]>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Half the range as a share of the median, in percent. */
function spread(values: readonly number[]): number {
  const range = Math.max(...values) - Math.min(...values);
  return range === 0 ? 0 : (range / 2 / median(values)) * 100;
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3);
}

/** One table: a line per metric, a column per proxy, then the ratios. `-` where nothing was measured. */
export function table(series: readonly Series[], names: readonly string[]): string {
  const [ours = '', ...peers] = names;
  const head = ['metric', ...names, ...peers.map((name) => `/ ${name}`)];
  const lines = series.map(({ metric, values }) => {
    const of = (name: string): readonly number[] => values.get(name) ?? [];
    const cells = names.map((name) => (of(name).length === 0 ? '-' : `${figure(median(of(name)))} (±${spread(of(name)).toFixed(0)} %)`));
    const ratios = peers.map((name) => {
      const ratio = of(name).length === 0 || of(ours).length === 0 ? Number.NaN : median(of(ours)) / median(of(name));
      return Number.isFinite(ratio) ? ratio.toFixed(2) : '-';
    });
    return [metric, ...cells, ...ratios];
  });
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Machine and versions, as far as they explain the figures. */
export function surroundings(subjects: readonly Subject[]): string {
  const model = cpus()[0]?.model ?? 'unknown';
  const lines = subjects.map(({ name, version }) => `- ${name}: ${versionLine(outputOf(version))}`);
  const machine = `${cpus().length} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release().split('-')[0]}, loopback`;
  return [`- machine: ${machine}`, `- runtime: Node ${process.version}, OpenSSL ${process.versions.openssl}`, ...lines].join('\n');
}

/** The first line with a version in it: stunnel begins with another one. */
export function versionLine(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines.find((line) => /\d\.\d/.test(line)) ?? 'version unknown';
}

function outputOf([program = '', ...args]: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return `${stdout}${stderr}`;
}
