/** Host names of the supervisor, which workers look up: what name servers say is not read in its own process. */
import type { AddressFinder, LookupResult } from '../../../connection/dial/name-lookup.ts';
import type { WorkerSet } from './worker-set.ts';

export class LookupsOfPool implements AddressFinder {
  readonly #workers: WorkerSet;
  /** Names that wait for a worker to be looked up. */
  #waiting = 0;

  constructor(workers: WorkerSet) {
    this.#workers = workers;
  }

  /** A worker is needed for a name. */
  get isWaiting(): boolean {
    return this.#waiting > 0;
  }

  /** Where all workers have ended while no service accepted, one is made for it. */
  async find(host: string): Promise<LookupResult> {
    const found = await this.#askWorkers(host);
    if (found !== undefined) return found;
    this.#waiting += 1;
    await this.#workers.fill();
    this.#waiting -= 1;
    return (await this.#askWorkers(host)) ?? { error: 'no worker could look it up' };
  }

  /** One that ends over it is not asked again, the next is. */
  async #askWorkers(host: string): Promise<LookupResult | undefined> {
    for (const [, worker] of [...this.#workers.all()]) {
      const answer = await worker.order({ order: { kind: 'find-addresses', host } });
      if (answer.kind === 'found') return answer.result;
    }
    return undefined;
  }
}
