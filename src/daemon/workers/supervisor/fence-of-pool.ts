/**
 * The fence that workers of a pool are born behind. It cannot be changed for one that is there: where a new configuration needs more, and
 * where a file that is read while clients are served has been replaced by another, new workers are made behind a new one.
 */
import { realpathSync, statSync } from 'node:fs';
import type { Config } from '../../../config/config.ts';
import type { Observe } from '../../../observe/events.ts';
import type { Fence } from '../../fence/fence.ts';
import { covers, joined, workerFence } from '../../fence/needs.ts';

/** As soon as the C library would notice, more or less. */
const LOOK_MS = 5000;

const MAIN = { id: 'main', service: undefined } as const;

export interface FenceOptions {
  readonly observe: Observe;
  /** Files will be those of a jail, where nothing can be started either. */
  readonly jailed: boolean;
  /** @returns why workers could not be replaced */
  readonly renew: () => Promise<string | undefined>;
}

export class FenceOfPool {
  readonly #options: FenceOptions;
  readonly #looking: NodeJS.Timeout | undefined;
  #now: Fence | undefined;
  #files: string;
  /** Workers are replaced one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(fence: Fence | undefined, options: FenceOptions) {
    this.#options = options;
    this.#now = fence;
    this.#files = fence === undefined ? '' : filesOf(fence);
    if (fence !== undefined && !options.jailed) this.#looking = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Of the next worker. */
  get now(): Fence | undefined {
    return this.#now;
  }

  /** Workers that may do what services ask of them, and still what the ones before do. @param staples as `workerFence` has them */
  async fit(config: Pick<Config, 'global' | 'services'>, staples: readonly string[]): Promise<void> {
    const needed = workerFence(config, staples);
    if (this.#now === undefined || needed === undefined || covers(this.#now, needed)) return;
    this.#now = joined(this.#now, needed);
    this.#files = filesOf(this.#now);
    await this.#replaceAll('what is to be served needs more than the fence of the workers allows');
  }

  close(): void {
    clearInterval(this.#looking);
  }

  #look(): void {
    if (this.#now === undefined) return;
    const found = filesOf(this.#now);
    if (found === this.#files) return;
    this.#files = found;
    void this.#replaceAll('a file that is read while clients are served is another one now');
  }

  #replaceAll(because: string): Promise<void> {
    const { observe, renew } = this.#options;
    this.#turn = this.#turn.then(async () => {
      const why = await renew();
      const text =
        why === undefined
          ? 'new workers take the places of the former ones, which keep their connections'
          : `workers cannot be replaced (${why}); what is new is out of their reach until a restart`;
      observe({ kind: 'message', level: why === undefined ? 5 : 4, text: `confine: ${because}: ${text}` }, MAIN);
    });
    return this.#turn;
  }
}

/** Which files these are: a rule is about a file, and not about its name, unless its folder may be read. */
function filesOf({ rules, followed }: Fence): string {
  const found = followed.map((path) => {
    try {
      const real = realpathSync(path);
      if (rules.read.some((folder) => folder !== real && real.startsWith(`${folder}/`))) return path;
      const { dev, ino } = statSync(real);
      return `${path} ${dev}:${ino}`;
    } catch {
      return '';
    }
  });
  return found.join('\n');
}
