/**
 * Server mode with several targets: a client that resumes its session goes where it went before, if that is still a target. What
 * keeps state about its clients can so stand beside others like it.
 */

import type { DialAddress } from '../../address/dial-address.ts';
import { addressText } from '../../address/dial-address.ts';
import type { TlsLeg } from '../../tls/engine/engine.ts';
import type { Life } from '../life/life.ts';
import type { Destination, Dialled, Service } from '../record.ts';

/** The same destination, of several targets the former one first: it is no entry that `failover` has chosen. */
export async function preferFormerTarget(
  destination: Destination,
  secured: TlsLeg | undefined,
  { tls }: Service,
  life: Life,
): Promise<Destination> {
  const session = secured?.resumed === true ? secured.session : undefined;
  if (session === undefined) return destination;
  const former = await tls.formerTargets?.find(session);
  const { entry: _, again, ...rest } = destination;
  const addresses = from(former, rest.addresses);
  const outcome = former === undefined ? 'unknown' : addresses === undefined ? 'not-available' : 'reused';
  life.emit({ kind: 'former-target', address: former ?? '', outcome });
  if (addresses === undefined) return destination;
  const later = again === undefined ? {} : { again: async () => inOrder(former, await again()) };
  return { ...rest, ...later, addresses };
}

/** Those of a later round of `redial`, which may be others by then. */
function inOrder(former: string | undefined, addresses: readonly DialAddress[]): readonly DialAddress[] {
  return from(former, addresses) ?? addresses;
}

/** The former one and those behind it, then those before it; undefined where it is not among them. */
function from(former: string | undefined, addresses: readonly DialAddress[]): readonly DialAddress[] | undefined {
  const at = addresses.findIndex((address) => addressText(address) === former);
  return at < 0 ? undefined : [...addresses.slice(at), ...addresses.slice(0, at)];
}

export function rememberTarget({ address }: Dialled, destination: Destination, secured: TlsLeg | undefined, { tls }: Service): void {
  const session = hasChoice(destination) ? secured?.session : undefined;
  if (session !== undefined) tls.formerTargets?.remember(session, addressText(address));
}

/** Where there is one target only there is nothing to remember. */
export function hasChoice({ addresses }: Destination): boolean {
  return addresses.length > 1;
}
