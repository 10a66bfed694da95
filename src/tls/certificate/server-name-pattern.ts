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
