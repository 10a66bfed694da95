/**
 * What the services of a configuration want done beside their connections: revocation lists fetched (`CRLurl`), certificates asked for
 * (`acme`). The service process is told at the start, and at a reload what is new in it.
 */
import type { Config } from '../config/config.ts';
import type { AcmePlaces } from './acme-places.ts';
import { fetchesLists } from './renewal/list-fetcher.ts';
import type { ServiceProcess } from './service-process/service-process.ts';

export class Errands {
  readonly #service: ServiceProcess;
  #fetching = false;
  #acme: AcmePlaces | undefined;

  constructor(service: ServiceProcess) {
    this.#service = service;
  }

  /** @throws OvercoatError `start_bind`, `start_process`: what was told before goes on */
  async begin(config: Config): Promise<void> {
    if (!this.#fetching && config.services.some(fetchesLists)) {
      await this.#service.keep({ kind: 'fetch-lists' }, []);
      this.#fetching = true;
    }
    if (!config.services.some(({ acme }) => acme !== undefined)) return;
    this.#acme ??= new (await import('./acme-places.ts')).AcmePlaces(this.#service);
    await this.#acme.open(config);
  }

  /** Gives its sockets back. */
  close(): void {
    this.#acme?.close();
  }
}
