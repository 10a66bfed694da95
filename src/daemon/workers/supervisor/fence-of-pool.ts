/**
 * The fence that workers of a pool are born behind. It cannot be changed for one that is there: where a new configuration needs more, and
 * where a file that is read while clients are served has been replaced by another, new workers are made behind a new one.
 */
import type { Config } from '../../../config/config.ts';
import type { Observe } from '../../../observe/events.ts';
import type { Fence } from '../../fence/fence.ts';
import { stampsOf, whichFiles } from '../../fence/followed-files.ts';
import { covers, joined, workerFence } from '../../fence/needs.ts';

/** As soon as the C library would notice, more or less. */
const LOOK_MS = 5000;
/** Looks that are left out between two tries: five minutes. */
const MOST_PAUSE = 60;

const NEEDS_MORE = 'what is to be served needs more than the fence of the workers allows';
const OTHER_FILE = 'a file that is read while clients are served is another one now';

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
  /** What configurations have asked for, one after the other. */
  #asked: Fence | undefined;
  /** The same, with the lists that hosts.allow and hosts.deny name by now. */
  #now: Fence | undefined;
  /** Of the latest configuration. */
  #needs: (() => Fence | undefined) | undefined;
  /** Of the files that are followed, when the lists were read. */
  #stamps = '';
  /** The files that the fence of the workers is about. */
  #files: ReadonlySet<string> = new Set();
  /** Workers have a narrower fence than `now`. */
  #isBehind = false;
  /** Workers are replaced one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #replacing = 0;
  #failures = 0;
  /** So many looks are left out after a try that failed: each takes places that others may need. */
  #pause = 0;
  #toldWhy: string | undefined;

  constructor(fence: Fence | undefined, options: FenceOptions) {
    this.#options = options;
    this.#asked = fence;
    this.#now = fence;
    if (fence === undefined) return;
    this.#stamps = stampsOf(fence.followed);
    this.#files = filesOf(fence);
    if (!options.jailed) this.#looking = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Of the next worker. */
  get now(): Fence | undefined {
    return this.#now;
  }

  /** Workers that may do what services ask of them, and still what the ones before do. @param staples as `workerFence` has them */
  async fit(config: Pick<Config, 'global' | 'services'>, staples: readonly string[]): Promise<void> {
    if (this.#asked === undefined) return;
    this.#needs = () => workerFence(config, staples);
    const needed = this.#needs();
    if (needed === undefined) return;
    this.#asked = joined(this.#asked, needed);
    this.#widen(needed);
    if (this.#isBehind) await this.#replaceAll(NEEDS_MORE);
  }

  close(): void {
    clearInterval(this.#looking);
  }

  #widen(needed: Fence): void {
    if (this.#asked === undefined || this.#now === undefined) return;
    if (!covers(this.#now, needed)) this.#isBehind = true;
    this.#now = joined(this.#asked, needed);
  }

  #look(): void {
    if (this.#now === undefined || this.#replacing > 0) return;
    if (this.#pause > 0) {
      this.#pause -= 1;
      return;
    }
    const stamps = stampsOf(this.#now.followed);
    const needed = stamps === this.#stamps ? undefined : this.#needs?.();
    this.#stamps = stamps; // of before it was read: what changes meanwhile is seen by the next look
    if (needed !== undefined) this.#widen(needed);
    const files = filesOf(this.#now);
    if (this.#isBehind) void this.#replaceAll(NEEDS_MORE);
    else if (files.isSubsetOf(this.#files)) this.#files = files;
    else void this.#replaceAll(OTHER_FILE);
  }

  #replaceAll(because: string): Promise<void> {
    this.#replacing += 1;
    this.#turn = this.#turn.then(async () => {
      const fence = this.#now;
      const files = fence === undefined ? new Set<string>() : filesOf(fence);
      const why = await this.#options.renew();
      this.#replacing -= 1;
      this.#failures = why === undefined ? 0 : this.#failures + 1;
      this.#pause = why === undefined ? 0 : Math.min(2 ** this.#failures, MOST_PAUSE);
      if (why === undefined) {
        this.#files = files;
        if (fence !== undefined && this.#now !== undefined && covers(fence, this.#now)) this.#isBehind = false;
      }
      this.#tell(because, why);
    });
    return this.#turn;
  }

  /** One that fails for the same reason again was told of. */
  #tell(because: string, why: string | undefined): void {
    const told = this.#toldWhy;
    this.#toldWhy = why;
    if (why !== undefined && why === told) return;
    const later = this.#options.jailed ? 'until a restart' : 'until that can be done';
    const text =
      why === undefined
        ? 'new workers take the places of the former ones, which keep their connections'
        : `workers cannot be replaced (${why}); what is new is out of their reach ${later}`;
    this.#options.observe({ kind: 'message', level: why === undefined ? 5 : 4, text: `confine: ${because}: ${text}` }, MAIN);
  }
}

function filesOf({ rules, followed }: Fence): ReadonlySet<string> {
  return whichFiles(followed, rules.read);
}
