/** `portMap`: the address stays the one the client dialled, only the port changes. */
import type { ServiceConfig } from '../config/config.ts';
import type { DialAddress } from './address-text.ts';

/** The first line that matches counts; every other address stays as it is. */
export function mapPort(address: DialAddress, { portMap }: ServiceConfig): DialAddress {
  if (address.kind === 'unix') return address;
  const found = portMap.find(({ from }) => from === address.port);
  return found === undefined ? address : { ...address, port: found.to };
}
