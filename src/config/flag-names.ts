/** What a user of a command wrote where a file would have an option, so that messages speak of the one and not of the other. */
import type { ServiceConfig } from './config.ts';

const FLAGS: ReadonlyMap<string, string> = new Map([
  ['acmeCA', '--acme-ca'],
  ['acmeHttp', '--acme-http'],
  ['acmeStore', '--acme-store'],
  ['CAfile', '--ca'],
  ['clientsPerAddress', '--clients-per-address'],
  ['handshakesPerSecond', '--handshakes-per-second'],
  ['cert', '--cert'],
  ['key', '--key'],
  ['keyLog', '--keylog'],
  ['nameMap', '--name-map'],
  ['pin', '--pin'],
]);

type Origin = Pick<ServiceConfig, 'name' | 'origin'>;

/** The flag of an option; the option itself in a file, or where no flag sets it. */
export function wordFor(option: string, { name, origin }: Origin): string {
  if (origin !== 'command') return option;
  if (option === 'accept') return name === 'gateway' ? '--listen' : 'ACCEPT';
  return FLAGS.get(option) ?? option;
}
