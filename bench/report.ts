/** Turns measurements into `docs/benchmarks.md`: medians, spread, and our figure divided by each peer's. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import type { Row, Scenario } from './scenarios/scenario.ts';
import type { Subject } from './subjects/subject.ts';

/** All rounds of one row for one proxy; empty where the proxy lacks the mode. */
export interface Series {
  readonly row: Row;
  readonly values: ReadonlyMap<string, readonly number[]>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Half the range as a share of the median, in percent. */
function spread(values: readonly number[]): number {
  return ((Math.max(...values) - Math.min(...values)) / 2 / median(values)) * 100;
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3);
}

/** One table: a row per metric, a column per proxy, then the ratios. */
export function table(series: readonly Series[], subjects: readonly Subject[]): string {
  const [ours, ...peers] = subjects;
  const head = ['metric', ...subjects.map(({ name }) => name), ...peers.map(({ name }) => `/ ${name}`)];
  const lines = series.map(({ row, values }) => {
    const own = values.get(ours?.name ?? '') ?? [];
    const cells = subjects.map(({ name }) => {
      const all = values.get(name) ?? [];
      return all.length === 0 ? '-' : `${figure(median(all))} (±${spread(all).toFixed(0)} %)`;
    });
    const ratios = peers.map(({ name }) => {
      const all = values.get(name) ?? [];
      return all.length === 0 || own.length === 0 ? '-' : (median(own) / median(all)).toFixed(2);
    });
    return [row.metric, ...cells, ...ratios];
  });
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Machine and versions, as far as they explain the figures. */
export function surroundings(subjects: readonly Subject[]): string {
  const model = cpus()[0]?.model ?? 'unknown';
  const lines = subjects.map(({ name, version }) => `- ${name}: ${firstLine(version)}`);
  const machine = `${cpus().length} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release().split('-')[0]}, loopback`;
  return [`- machine: ${machine}`, `- runtime: Node ${process.version}, OpenSSL ${process.versions.openssl}`, ...lines].join('\n');
}

function firstLine([program = '', ...args]: readonly string[]): string {
  try {
    const text = execFileSync('sh', ['-c', '"$0" "$@" 2>&1', program, ...args], { encoding: 'utf8' });
    return (
      text
        .split('\n')
        .find((line) => line.trim() !== '')
        ?.trim() ?? '?'
    );
  } catch (error) {
    const output = (error as { stdout?: string }).stdout ?? '';
    return (
      output
        .split('\n')
        .find((line) => line.trim() !== '')
        ?.trim() ?? 'not installed'
    );
  }
}

const BEGIN = (name: string): string => `<!-- begin ${name} -->`;
const END = (name: string): string => `<!-- end ${name} -->`;

/** Replaces one scenario's section of the page, or appends it, so that one scenario can be measured again alone. */
export function replaceSection(page: string, scenario: Pick<Scenario, 'name' | 'title'>, body: string): string {
  const section = `${BEGIN(scenario.name)}\n## ${scenario.title}\n\n${body}\n${END(scenario.name)}`;
  const from = page.indexOf(BEGIN(scenario.name));
  const to = page.indexOf(END(scenario.name));
  if (from < 0 || to < 0) return `${page.trimEnd()}\n\n${section}\n`;
  return page.slice(0, from) + section + page.slice(to + END(scenario.name).length);
}

export function readPage(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return INTRODUCTION;
  }
}

const INTRODUCTION = `# Benchmarks

Written by \`npm run bench\`. Every proxy runs with its packaged defaults, one worker, verification of chain and name on in client
mode, TLS 1.3, an ECDSA P-256 certificate, X25519 (the load generator offers no post-quantum group, which only Overcoat has). A table comes from one run in which the proxies take turns; figures are medians, the
bracket is half the range of the rounds. CPU is that of the proxy's whole process tree. Ratios are ours divided by the peer's: below
1 Overcoat costs less. Compare within a table only.
`;
