/** How a daemon is launched: where its configuration comes from, and whose habits it follows. Types only. */
import type { Config } from '../config/config.ts';
import type { DaemonEvent } from '../observe/daemon-events.ts';

/** A configuration that was read and checked, or everything that is wrong with it. The texts are whole lines for the log. */
export type Reading =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly errors: readonly string[]; readonly warnings: readonly string[] };

export interface Launch {
  /** The path of the file the configuration comes from; undefined where there is none. */
  readonly source: string | undefined;
  /** Reads the configuration; asked again on SIGHUP. Never throws for a mistake of the user's. */
  readonly read: () => Reading;
  /**
   * Called with each configuration when all of it is bound and nobody is let in yet: at start while the process has its rights, and
   * on each reload. What it throws refuses the configuration.
   */
  readonly arrange?: (config: Config, tell: (event: DaemonEvent) => void) => Promise<void>;
  /** `stunnel`: a failing start prints everything that was logged so far, with level marks; `overcoat`: only what is wrong. */
  readonly style: 'overcoat' | 'stunnel';
}

/** What a daemon needs around it beyond its ports: the rules of a gateway. */
export interface Scaffold {
  /** Called as root, when the ports are bound and nobody is let in yet. */
  putUp(): Promise<void>;
  /** Called last, also after a start that failed. */
  takeDown(): Promise<void>;
}
