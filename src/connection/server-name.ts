/** What is the destination called? The name is sent as SNI and verified; it never decides where the connection goes. */
import { isIP } from 'node:net';
import { OvercoatError } from '../errors.ts';
import type { Life } from './life.ts';
import type { Destination, Named, Service } from './record.ts';

/** @throws OvercoatError `server_name_missing` where the service verifies the name and none is known */
export async function learnServerName(destination: Destination, service: Service, life: Life): Promise<Named> {
  const named = fromConfig(destination, service);
  if (named.serverName === undefined) {
    if (service.config.verify.serverName) {
      throw new OvercoatError('server_name_missing', 'No server name is known for the destination, so its certificate cannot be verified');
    }
    life.emit({ kind: 'sni-disabled' });
  } else if (isIP(named.serverName) === 0) {
    life.emit({ kind: 'sni-sent', name: named.serverName });
  } else {
    life.emit({ kind: 'sni-disabled' });
  }
  return named;
}

function fromConfig(destination: Destination, service: Service): Named {
  const { serverName } = service.config;
  if (serverName.kind === 'fixed') return { ...destination, serverName: serverName.name, source: 'config' };
  return { ...destination, serverName: undefined, source: 'none' };
}
