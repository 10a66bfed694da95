/** A client whom a PROXY header has named is counted by the address it has there; whoever was counted at accept is not again. */
import type { Life } from '../life/life.ts';
import type { Accepted, Service } from '../record.ts';
import type { Sources } from './sources.ts';

/**
 * A header that names nobody (a health check of the load balancer itself) is let through.
 * @param sources undefined: nobody is counted
 * @throws OvercoatError `access_too_many_clients`, `access_too_many_handshakes`
 */
export function countProxied({ proxied }: Accepted, { config }: Service, life: Life, sources: Sources | undefined): void {
  if (proxied === undefined || sources === undefined) return;
  const entered = sources.enter(config, proxied.source.address);
  if (typeof entered === 'object') {
    life.emit({ kind: 'turned-away', limit: entered.limit });
    throw sources.failure(entered, config);
  }
  life.onEnd(() => sources.leave(entered));
}
