/** Which virtual service is meant by a server name, with stunnel's patterns (`sni = SERVICE:PATTERN`). */
import { foldedName } from '../../address/host-name.ts';

/**
 * A leading `*` stands for any beginning, dots and nothing at all included: `*.example.org` is `a.b.example.org` but not
 * `example.org`; `*` is every name.
 * @param name `foldedName` already
 */
export function matchesPattern(name: string, pattern: string): boolean {
  const wanted = foldedName(pattern);
  return wanted.startsWith('*') ? name.endsWith(wanted.slice(1)) : name === wanted;
}

/** Number of the alert `unrecognized_name`. */
export const UNRECOGNIZED_NAME = 112;

/** A fatal `unrecognized_name` alert (RFC 6066 section 3) as a whole record, for a client that is refused before TLS starts. */
export const UNRECOGNIZED_NAME_ALERT = Buffer.of(21, 3, 3, 0, 2, 2, UNRECOGNIZED_NAME);
