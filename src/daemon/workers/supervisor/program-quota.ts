/**
 * How many programs (`exec`) one worker may have started. A program belongs to a connection, so there are no more than there may be
 * connections, and as many again that outlive theirs; and they come no faster than handshakes do. One that was taken over cannot fill the
 * machine with them. What comes too fast waits its turn, and only what is too many is refused.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SpawnedProgram } from '../../../programs/program.ts';
import { systemError } from '../../../text/system-error.ts';

/** Who reads the end of its connection may take a while to end itself. */
const OUTLIVING = 2;
/** Where nothing bounds connections. */
const MOST_CONNECTIONS = 65_536;
/** More than one process can start, with a handshake for each. */
const A_SECOND = 500;
/** As many may come at once: connections that have waited together. */
const BURST = 1000;
/** A wait that is worth telling. */
const LONG_MS = 1000;
/** It is told again when it still goes on. */
const AGAIN_MS = 60_000;

const EAGAIN = 11;
const EPERM = 1;

export interface QuotaOptions {
  /** How many connections there may be at once; undefined: any number. */
  readonly connections: () => number | undefined;
  /** The worker has ended. */
  readonly isOver: () => boolean;
  /** It asks for too many, or too fast; told now and then. @param most it may have at once */
  readonly exceeded: (most: number) => void;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  readonly wait?: (ms: number) => Promise<unknown>;
}

export class ProgramQuota {
  readonly #options: Required<QuotaOptions>;
  /** Those that run, and those that are asked for. */
  #count = 0;
  /** When the next one may begin, had they all come evenly. */
  #nextAt = Number.NEGATIVE_INFINITY;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor({ now = () => performance.now(), wait = sleep, ...options }: QuotaOptions) {
    this.#options = { ...options, now, wait };
  }

  /** @param work starts it. @throws NodeJS.ErrnoException EAGAIN where there are too many, EPERM where the worker has ended meanwhile, and what `work` throws */
  async start(work: () => Promise<SpawnedProgram>): Promise<SpawnedProgram> {
    const { connections, isOver, wait } = this.#options;
    const most = OUTLIVING * (connections() ?? MOST_CONNECTIONS);
    if (this.#count >= most) {
      this.#tell(most);
      throw systemError('execve', EAGAIN);
    }
    this.#count += 1;
    try {
      const waitMs = this.#turn();
      if (waitMs > LONG_MS) this.#tell(most);
      if (waitMs > 0) await wait(waitMs);
      if (isOver()) throw systemError('execve', EPERM);
      const program = await work();
      void program.exited.then(() => this.#leave());
      return program;
    } catch (cause) {
      this.#leave();
      throw cause;
    }
  }

  /** @returns how long it has to wait */
  #turn(): number {
    const now = this.#options.now();
    const eachMs = 1000 / A_SECOND;
    const at = Math.max(this.#nextAt, now - BURST * eachMs);
    this.#nextAt = at + eachMs;
    return at - now;
  }

  #leave(): void {
    this.#count -= 1;
  }

  #tell(most: number): void {
    const now = this.#options.now();
    if (now - this.#toldAt < AGAIN_MS) return;
    this.#toldAt = now;
    this.#options.exceeded(most);
  }
}
