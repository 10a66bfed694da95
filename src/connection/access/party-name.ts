/**
 * The host name of an address, believed only where it leads back to it: whoever owns an address may have its reverse entry say
 * anything.
 */
import { lookup, lookupService } from 'node:dns/promises';
import { ipVersion, unmapped } from '../../address/ip.ts';
import type { PartyName } from './patterns.ts';

export async function partyName(address: string, port: number): Promise<PartyName> {
  let name: string;
  try {
    name = (await lookupService(address, port)).hostname;
  } catch {
    return { kind: 'unknown' };
  }
  if (ipVersion(name) !== 0) return { kind: name === address ? 'unknown' : 'paranoid' };
  try {
    const found = await lookup(name, { all: true });
    const isOurs = found.some((entry) => unmapped(entry.address) === address);
    return isOurs ? { kind: 'known', name } : { kind: 'paranoid' };
  } catch {
    return { kind: 'paranoid' };
  }
}
