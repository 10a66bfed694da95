/**
 * One fault that can be done to a running daemon: what a test of an hour injects at random, and a behaviour test on purpose. Promised for each is
 * that service is back within two seconds of the undoing.
 */
import type { Daemon } from '../overcoat/daemon.ts';

export interface Fault {
  /** For reports: `a worker is killed`. */
  readonly name: string;
  /** Open connections of the daemon may end by it. */
  readonly cutsConnections: boolean;
  /**
   * Does it.
   * @returns undoes it; resolves when the machine is as before. Where nothing is to be undone it does nothing
   */
  inject(daemon: Daemon): Promise<() => Promise<void>>;
}

export const NOTHING_TO_UNDO = async (): Promise<void> => undefined;
