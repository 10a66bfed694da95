/** Host names as options: what goes into SNI (RFC 6066 section 3) and is looked for in a certificate. */

import { readHostName } from '../../address/host-name.ts';
import { ipVersion, withoutBrackets } from '../../address/ip.ts';
import type { Address } from '../config.ts';
import type { Parser } from './values.ts';
import { bad, good } from './values.ts';

/** A name that can be sent and verified, as `readHostName` gives it; never an IP address. */
export const serverName: Parser<string> = (text) => {
  const read = readHostName(text);
  if (read.ok) return good(read.name);
  const cure = ipVersion(withoutBrackets(text)) === 0 ? '' : '; addresses are never sent, use checkIP to verify one';
  return bad(`"${text}" is not a host name: ${read.why}${cure}`, 'Invalid server name');
};

/** The name somebody connects to by an address: `localhost` where it has no host of its own. */
export function nameOfTarget(address: Address): string {
  return address.kind === 'tcp' && address.host !== '' ? address.host : 'localhost';
}
