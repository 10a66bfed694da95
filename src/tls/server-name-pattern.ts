/** Which virtual service is meant by a server name, with stunnel's patterns (`sni = SERVICE:PATTERN`). */

/** Both in lower case, without one trailing dot: how names and patterns are compared. Other characters stay as they are. */
export function comparable(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/**
 * A leading `*` stands for any beginning, dots and nothing at all included: `*.example.org` is `a.b.example.org` but not
 * `example.org`; `*` is every name.
 * @param name `comparable` already
 */
export function matchesPattern(name: string, pattern: string): boolean {
  const wanted = comparable(pattern);
  return wanted.startsWith('*') ? name.endsWith(wanted.slice(1)) : name === wanted;
}

/** A fatal `unrecognized_name` alert (RFC 6066 section 3) as a whole record, for a client that is refused before TLS starts. */
export const UNRECOGNIZED_NAME_ALERT = Buffer.of(21, 3, 3, 0, 2, 2, 112);
