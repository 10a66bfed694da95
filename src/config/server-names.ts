/** Host names as they go into SNI (RFC 6066 section 3): lower case, A-labels, no trailing dot, never an IP literal. */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { Address } from './config.ts';
import type { Parser } from './values.ts';
import { bad, good } from './values.ts';

const LONGEST_NAME = 253;

/** A name that can be sent and verified. International names are turned into A-labels. */
export const serverName: Parser<string> = (text) => {
  if (isIP(text) !== 0) return bad(`"${text}" is an IP address, which is never sent as a server name; use checkIP to verify it`);
  const name = normalName(text);
  return name === undefined ? bad(`"${text}" is not a host name`, 'Invalid server name') : good(name);
};

/** @returns undefined for what cannot be a host name; underscores pass, since such names are in use */
export function normalName(text: string): string | undefined {
  const ascii = isAscii(text) ? text.toLowerCase() : domainToASCII(text);
  const name = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  if (name.length === 0 || name.length > LONGEST_NAME) return undefined;
  return name.split('.').every(isLabel) ? name : undefined;
}

/** The name somebody connects to by an address: `localhost` where it has no host of its own. */
export function nameOfTarget(address: Address): string {
  return address.kind === 'tcp' && address.host !== '' ? address.host : 'localhost';
}

function isLabel(label: string): boolean {
  if (label.length === 0 || label.length > 63) return false;
  for (const character of label) {
    const known =
      (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') || character === '-' || character === '_';
    if (!known) return false;
  }
  return true;
}

function isAscii(text: string): boolean {
  for (const character of text) if (character > '\u007e') return false;
  return true;
}
