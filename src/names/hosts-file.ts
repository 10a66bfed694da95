/**
 * hosts(5) as a source of names: what this machine (or this container) calls an address. The first name of a line counts, the others are
 * its aliases. Loopback addresses name nobody: every machine calls its own so.
 */
import { hostName } from '../address/host-name.ts';
import { ipKey } from '../address/ip.ts';
import { freshFiles, readBounded } from '../fresh-file.ts';

/** More would be read by every connection. */
const LARGEST_FILE = 4_194_304;

/** Names by address, in the order of the file. */
type Hosts = ReadonlyMap<string, readonly string[]>;

const NOBODY: Hosts = new Map();
const hostsIn = freshFiles<Hosts>((path) => parseHosts(readBounded(path, LARGEST_FILE)), NOBODY);

/**
 * What `file` calls this address.
 * @param address an IP literal
 * @returns every name it stands under, one a line, without repetitions; none where the file cannot be read
 */
export function namesInHosts(file: string, address: string): readonly string[] {
  try {
    return hostsIn(file).get(ipKey(address) ?? '') ?? [];
  } catch {
    return [];
  }
}

/** @param text of a hosts file; a line that cannot be read is left out, as resolvers do */
export function parseHosts(text: string): Hosts {
  const hosts = new Map<string, string[]>();
  for (const raw of text.split('\n')) {
    const [address = '', name = ''] = raw.replace(/#.*/, '').trim().split(/\s+/);
    const key = ipKey(address);
    const host = hostName(name);
    if (key === undefined || host === undefined || isLoopback(key)) continue;
    const known = hosts.get(key);
    if (known === undefined) hosts.set(key, [host]);
    else if (!known.includes(host)) known.push(host);
  }
  return hosts;
}

function isLoopback(key: string): boolean {
  return key.startsWith('127.') || key === '::1';
}
