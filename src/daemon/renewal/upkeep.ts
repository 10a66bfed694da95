/**
 * What is looked after while the daemon serves: renewed files are taken, lists and certificates are asked for, and what ends soon is said.
 * It ends when the daemon accepts nobody any more.
 */
import type { Observe } from '../../observe/events.ts';
import type { FilesRead } from '../../start-files.ts';
import type { AskPassphrase } from '../../tls/material/key-material.ts';
import type { Engine, Served } from '../engine.ts';
import type { ListenerSet } from '../listener-set.ts';
import type { Serving } from '../reload/reload.ts';
import type { CertificateKeeper } from './certificate-keeper.ts';
import { keepCertificates } from './certificate-keeper.ts';
import { warnOfExpiries } from './expiry-warnings.ts';
import { fetchLists } from './list-fetcher.ts';
import { GRACE_MS, Renewal } from './renewal.ts';
import { unwatched, watchOrders } from './watch-orders.ts';

const MAIN = { id: 'main', service: undefined } as const;

export interface UpkeepParts {
  readonly engine: Engine;
  readonly listeners: ListenerSet;
  /** Knows the passphrases that were given at start; nobody sits at a terminal now. */
  readonly ask: AskPassphrase;
  readonly observe: Observe;
  /** Those that serve now. */
  readonly services: () => readonly Served[];
  /** Has `work` done when it is its turn, unless the daemon is ending by then. @param work from what serves to what serves then; undefined: the same */
  readonly change: (work: (current: Serving) => Promise<Serving | undefined>) => Promise<void>;
}

export class Upkeep {
  readonly #parts: UpkeepParts;
  readonly #renewal: Renewal;
  readonly #certificates: CertificateKeeper;
  /** What was said of files that are not renewed. */
  readonly #unwatched = new Set<string>();
  /** What is looked at now and then. */
  readonly #endLooking: readonly (() => void)[];
  #tryAgain: NodeJS.Timeout | undefined;
  #over = false;

  /** Begins at once. */
  constructor(parts: UpkeepParts) {
    const { engine, observe, services } = parts;
    const { service: process } = engine;
    this.#parts = parts;
    this.#renewal = new Renewal(parts);
    engine.files.onChange((files) => void this.#renew(files));
    this.#watchFiles(services());
    const warnings = warnOfExpiries(services, observe);
    const lists = fetchLists({ services, process, observe });
    this.#certificates = keepCertificates({ services, process, observe, take: (files) => this.#renew(files) });
    this.#endLooking = [warnings, lists, () => this.#certificates.end()];
  }

  /** After a reload the services may be others. */
  lookAgain(): void {
    this.#watchFiles(this.#parts.services());
    this.#certificates.lookAgain();
  }

  end(): void {
    this.#over = true;
    for (const end of this.#endLooking) end();
    clearTimeout(this.#tryAgain);
    this.#parts.engine.files.close();
  }

  #watchFiles(services: readonly Served[]): void {
    if (this.#over) return;
    const { engine, observe } = this.#parts;
    for (const text of unwatched(services)) {
      if (!this.#unwatched.has(text)) observe({ kind: 'message', level: 5, text }, MAIN);
      this.#unwatched.add(text);
    }
    void engine.files.watch(watchOrders(services));
  }

  /** Files have other contents than before, or have them again after a while in which they could not be used. */
  #renew(files: FilesRead): Promise<void> {
    clearTimeout(this.#tryAgain);
    return this.#parts.change(async (current) => {
      const { serving, waiting } = await this.#renewal.take(current, files);
      if (serving !== undefined) this.#watchFiles(serving.services);
      if (waiting) this.#tryAgain = setTimeout(() => void this.#readAgain(), GRACE_MS).unref();
      return serving;
    });
  }

  async #readAgain(): Promise<void> {
    await this.#renew(await this.#parts.engine.files.read());
  }
}
