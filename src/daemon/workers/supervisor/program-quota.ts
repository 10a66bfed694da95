/**
 * How many programs (`exec`) one worker may have started, together with those that had its number before: their programs go on. A program
 * belongs to a connection, so there are no more than there may be connections, and as many again that outlive theirs; and they come no
 * faster than handshakes do. One that was taken over cannot fill the machine with them, also not by ending again and again. What comes too
 * fast waits its turn, and only what is too many, or would wait for too long, is refused.
 */
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SpawnedProgram } from '../../../programs/program.ts';
import { systemError } from '../../../text/system-error.ts';

/** Who reads the end of its connection may take a while to end itself. */
const OUTLIVING = 2;
/** Where nothing bounds connections. */
const MOST_CONNECTIONS = 65_536;
/** One in so many milliseconds: more than one process can start, with a handshake for each. */
const EACH_MS = 2;
/** As many may come at once: connections that have waited together. */
const BURST = 1000;
/** Whose program does not come within this has given up by default (TIMEOUTconnect), and those who wait cost memory. */
const LONGEST_WAIT_MS = 10_000;
/** A wait that is worth telling. */
const LONG_MS = 1000;
/** It is told again when it still goes on. */
const AGAIN_MS = 60_000;

const { EAGAIN, EPERM } = constants.errno;

export interface QuotaOptions {
  /** How many connections there may be at once; undefined: any number. */
  readonly connections: () => number | undefined;
  /** It asks for too many, or too fast; told now and then. @param most it may have at once */
  readonly exceeded: (most: number) => void;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  readonly wait?: (ms: number) => Promise<unknown>;
}

/** The process that asks. */
export interface ProgramAsker {
  readonly isOver: () => boolean;
  /** It does not take what it has asked for. */
  readonly isBehind: () => boolean;
}

export class ProgramQuota {
  readonly #options: Required<QuotaOptions>;
  /** Those that run, and those that wait. */
  #count = 0;
  /** When the next one may begin, had they all come evenly. */
  #nextAt = Number.NEGATIVE_INFINITY;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor({ now = () => performance.now(), wait = sleep, ...options }: QuotaOptions) {
    this.#options = { ...options, now, wait };
  }

  /**
   * @param work starts it
   * @throws NodeJS.ErrnoException EAGAIN where there are too many, EPERM where the asker has ended meanwhile, and what `work` throws
   */
  async start({ isOver, isBehind }: ProgramAsker, work: () => Promise<SpawnedProgram>): Promise<SpawnedProgram> {
    const { connections, now, wait } = this.#options;
    const most = OUTLIVING * (connections() ?? MOST_CONNECTIONS);
    const present = now();
    const at = Math.max(this.#nextAt, present - BURST * EACH_MS);
    const waitMs = at - present;
    if (this.#count >= most || waitMs > LONGEST_WAIT_MS) {
      this.#tell(most);
      throw systemError('execve', EAGAIN);
    }
    this.#count += 1;
    this.#nextAt = at + EACH_MS;
    try {
      if (waitMs > LONG_MS) this.#tell(most);
      if (waitMs > 0) await wait(waitMs);
      if (isOver()) throw systemError('execve', EPERM);
      if (isBehind()) throw systemError('execve', EAGAIN);
      const program = await work();
      void program.exited.then(() => this.#leave());
      return program;
    } catch (cause) {
      this.#leave();
      throw cause;
    }
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
