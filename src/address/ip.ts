/** One spelling for each address, so that addresses can be keys: lower case, shortest form, IPv4-mapped addresses as IPv4. */
import { isIP, SocketAddress } from 'node:net';

const MAPPED = '::ffff:';

/** @returns undefined when `text` is no IP address; a zone (`%eth0`) is dropped, since names never depend on it */
export function addressKey(text: string): string | undefined {
  const zone = text.indexOf('%');
  const bare = zone === -1 ? text : text.slice(0, zone);
  const version = isIP(bare);
  if (version === 0) return undefined;
  if (version === 4) return bare;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  return address.startsWith(MAPPED) && isIP(address.slice(MAPPED.length)) === 4 ? address.slice(MAPPED.length) : address;
}
