/**
 * The addresses this process has bound, each with the service it is for. The kernel cannot be asked whether two of our own are in
 * each other's way: it lets both be bound as long as neither listens (SO_REUSEADDR), and sockets of several workers share a port on
 * purpose (SO_REUSEPORT), so that clients of one service would reach the other.
 */
import type { DialAddress } from '../../address/dial-address.ts';
import { ipKey } from '../../address/ip.ts';
import type { ServiceConfig } from '../../config/config.ts';

interface Claim {
  readonly address: DialAddress;
  readonly config: ServiceConfig;
}

export class BoundAddresses {
  readonly #claims = new Set<Claim>();

  /** @returns gives it back; may be called twice */
  add(address: DialAddress, config: ServiceConfig): () => void {
    const claim = { address, config };
    this.#claims.add(claim);
    return () => void this.#claims.delete(claim);
  }

  /** The name of the service that has an address which leaves no room for this one. Port 0 is in nobody's way. */
  holderOf(address: DialAddress, config: ServiceConfig): string | undefined {
    for (const claim of this.#claims) if (inTheWay(claim, { address, config })) return claim.config.name;
    return undefined;
  }
}

function inTheWay(one: Claim, other: Claim): boolean {
  const [a, b] = [one.address, other.address];
  if (a.kind === 'unix' || b.kind === 'unix') return a.kind === 'unix' && b.kind === 'unix' && a.path === b.path;
  if (a.port !== b.port || a.port === 0 || onDifferentDevices(one, other)) return false;
  const [left, right] = [plain(a.host), plain(b.host)];
  return left === right || covers(one, left, right) || covers(other, right, left);
}

/** Whether `host`, bound by `claim`, stands for all addresses, `another` among them. */
function covers({ config }: Claim, host: string, another: string): boolean {
  if (host === '0.0.0.0') return !another.includes(':');
  return host === '::' && (another.includes(':') || !isIpv6Only(config));
}

/** One spelling an address; the zone counts. @param host an IP literal */
function plain(host: string): string {
  const zone = host.indexOf('%');
  return `${ipKey(host) ?? host}${zone === -1 ? '' : host.slice(zone)}`;
}

function isIpv6Only({ sockets }: ServiceConfig): boolean {
  return sockets.accept.some(({ name, value }) => name === 'IPV6_V6ONLY' && value.kind === 'flag' && value.on);
}

/** A socket bound to a device sees that device only; one that is not sees them all. */
function onDifferentDevices(one: Claim, other: Claim): boolean {
  const [first, second] = [deviceOf(one), deviceOf(other)];
  return first !== undefined && second !== undefined && first !== second;
}

function deviceOf({ config }: Claim): string | undefined {
  const found = config.sockets.accept.findLast(({ name }) => name === 'SO_BINDTODEVICE')?.value;
  return found?.kind === 'text' ? found.text : undefined;
}
