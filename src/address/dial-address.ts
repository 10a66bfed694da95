/**
 * Addresses as the log prints them: `HOST:PORT` without brackets, IPv4 without its mapped IPv6 form, or the path of a Unix socket;
 * the end of one that has no path has stunnel's name for it.
 */

import type { Endpoint } from './endpoint.ts';
import { endpointText } from './endpoint.ts';

const UNNAMED = 'unnamed socket';

/** An address that can be dialled without further look-ups. */
export type DialAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly family: 4 | 6 }
  | { readonly kind: 'unix'; readonly path: string };

export function addressText(address: DialAddress): string {
  return address.kind === 'unix' ? address.path : endpointText({ address: address.host, port: address.port });
}

/** One end of a leg. */
export function endText(end: Endpoint | undefined): string {
  return end === undefined ? UNNAMED : endpointText(end);
}
