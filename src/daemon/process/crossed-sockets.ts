/**
 * Sockets of systemd stand for the `accept` lines by their order alone. One that is bound to what a later or an earlier line says was meant for
 * that line: as it is, its clients are served by another service, with that one's certificate and target.
 */
import type { Endpoint } from '../../address/endpoint.ts';
import { endpointText } from '../../address/endpoint.ts';
import { isEveryHost } from '../../address/ip.ts';
import type { Address, ServiceConfig } from '../../config/config.ts';
import { boundEndpoint, boundPath } from '../../linux/sockets/tcp-socket.ts';

/**
 * @param sockets descriptors, in the order of the lines they stand for
 * @returns a sentence for each that is crossed
 */
export function crossedSockets(sockets: readonly number[], services: readonly ServiceConfig[]): readonly string[] {
  const lines = services.flatMap(({ name, accept }) => accept.map((address) => ({ name, address })));
  return sockets.flatMap((fd, index) => {
    const bound = boundEndpoint(fd) ?? boundPath(fd);
    const line = lines[index];
    const meant = lines.find(({ address }) => isFor(bound, address));
    if (line === undefined || meant === undefined || isFor(bound, line.address)) return [];
    const text = typeof bound === 'string' ? bound : endpointText(bound);
    return `systemd's socket at ${text} is given to [${line.name}], and is what [${meant.name}] accepts at: put ListenStream= in the order of the accept lines`;
  });
}

/** A name in the line is not looked up: it is for nobody. */
function isFor(bound: Endpoint | string, line: Address): boolean {
  if (typeof bound === 'string') return line.kind === 'unix' && line.path === bound;
  return (
    line.kind === 'tcp' && line.port === bound.port && (isEveryHost(line.host) || isEveryHost(bound.address) || line.host === bound.address)
  );
}
