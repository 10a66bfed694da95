/** Who checks that a name is ours (TLS-ALPN-01, RFC 8737) gets the challenge of that name, before any virtual host is asked for. */
import { foldedName } from '../../address/host-name.ts';
import type { TlsEndpoint } from '../../tls/engine/engine.ts';
import type { Service } from '../record.ts';

/** Some service on this port asks for its certificate by itself. */
export function mayBeChallenged(primary: Service): boolean {
  return familyOf(primary).some(({ tls }) => tls.challenges.size > 0);
}

export function challengeOf(name: string | undefined, primary: Service): TlsEndpoint | undefined {
  if (name === undefined) return undefined;
  const wanted = foldedName(name);
  return familyOf(primary)
    .map(({ tls }) => tls.challenges.get(wanted))
    .find((found) => found !== undefined);
}

function familyOf(primary: Service): readonly Service[] {
  return [primary, ...primary.virtualHosts];
}
