/**
 * Server mode with virtual services: which of them is meant? Asked by the library with the name in the ClientHello, before anything of
 * the handshake is decided, because certificate, verification and ticket keys all belong to the service.
 */
import { foldedName } from '../../address/host-name.ts';
import { OvercoatError } from '../../errors.ts';
import { matchesPattern } from '../../tls/certificate/server-name-pattern.ts';
import type { Life } from '../life/life.ts';
import type { Service } from '../record.ts';

/**
 * @param name as it was sent; undefined: none
 * @returns the service that serves this client from here on
 * @throws OvercoatError `handshake_failed` when the service refuses names it does not have
 */
export function chooseVirtualHost(name: string | undefined, primary: Service, life: Life): Service {
  const chosen = name === undefined ? undefined : findVirtualHost(name, primary);
  life.emit({ kind: 'server-name-requested', name: name ?? '', service: chosen?.config.name });
  if (chosen !== undefined) {
    life.serve(chosen.config);
    return chosen;
  }
  if (name === undefined || primary.config.unmatchedName === 'primary') return primary;
  throw new OvercoatError('handshake_failed', 'SSL_accept: unrecognized server name', undefined, { kind: 'unknown-server-name', name });
}

function findVirtualHost(name: string, primary: Service): Service | undefined {
  const wanted = foldedName(name);
  return primary.virtualHosts.find(({ config }) => config.virtualHost !== undefined && matchesPattern(wanted, config.virtualHost.pattern));
}
