/** The words of `npm run soak`. */
import { parseArgs } from 'node:util';

export const USAGE = `npm run soak -- [DURATION] [--seed N] [--faults none] [--load PERCENT] [--out FILE]

  DURATION        how long: 90s, 30m, 8h (10m)
  --seed N        which faults come when, and what the clients send (1)
  --faults none   the load, reloads and renewals alone
  --load PERCENT  of what the machine gives, which is measured first (50)
  --out FILE      the result as JSON (tmp/soak.json)
`;

export interface SoakArguments {
  readonly durationMs: number;
  readonly seed: number;
  readonly faults: boolean;
  /** Of what the machine gives, above 0 and at most 1. */
  readonly load: number;
  readonly out: string;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
/** Warm-up, four blocks of samples and some faults. */
const LEAST_MS = 60_000;
const DEFAULTS = { duration: '10m', seed: '1', faults: 'all', load: '50', out: 'tmp/soak.json' };

const OPTIONS = {
  seed: { type: 'string' },
  faults: { type: 'string' },
  load: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @returns undefined where help is asked for. @throws Error that names the word and what it may be */
export function readArguments(words: readonly string[]): SoakArguments | undefined {
  const { values, positionals } = parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
  if (values.help === true) return undefined;
  const { seed, faults, load, out } = { ...DEFAULTS, ...values };
  const [duration = DEFAULTS.duration, ...more] = positionals;
  const [, number, unit = ''] = /^(\d+)([smh])$/.exec(duration) ?? [];
  const durationMs = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (more.length > 0) throw new Error(`one duration is enough: ${positionals.join(' ')}`);
  if (!(durationMs >= LEAST_MS)) throw new Error(`${duration}: a duration is like 90s, 30m or 8h, and at least ${LEAST_MS / 1000}s`);
  if (!/^\d+$/.test(seed)) throw new Error(`--seed ${seed}: a number`);
  if (faults !== 'all' && faults !== 'none') throw new Error(`--faults ${faults}: none, or leave it out`);
  if (!(Number(load) >= 1 && Number(load) <= 100)) throw new Error(`--load ${load}: a percentage, 1 to 100`);
  return { durationMs, load: Number(load) / 100, seed: Number(seed), faults: faults === 'all', out };
}
