/** The addresses of one network device, as sockets are bound to them. */
import { networkInterfaces } from 'node:os';

/** IP literals, link-local ones with their zone; none of a device that is missing, down or without a carrier. */
export function deviceAddresses(device: string): readonly string[] {
  return (networkInterfaces()[device] ?? []).map(({ address }) => (address.startsWith('fe80:') ? `${address}%${device}` : address));
}
