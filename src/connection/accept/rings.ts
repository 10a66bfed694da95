/**
 * Services whose connections can only come back to this process: `connect` is their own `accept`, or that of another which leads back.
 * One client of such a ring would make connections for ever. What is only known while connections run (a name that is looked up
 * then, another target that is down) is left to the limit in destination.ts.
 */
import type { DialAddress } from '../../address/dial-address.ts';
import { ipVersion, isEveryHost, unmapped } from '../../address/ip.ts';
import type { Address, ServiceConfig, TcpAddress } from '../../config/config.ts';
import { isProxy } from '../../config/protocol-names.ts';
import { OvercoatError } from '../../errors.ts';
import { isLocalAddress } from '../../linux/network/local-addresses.ts';
import { isLocalhost, LOOPBACK } from '../dial/name-lookup.ts';

/** A service, and its targets where its names were looked up. */
export interface PlannedService {
  readonly config: ServiceConfig;
  readonly resolved: readonly DialAddress[] | undefined;
}

const IPV4_ONLY: ReadonlySet<string> = new Set(['*', '0.0.0.0']);

/** @throws OvercoatError as `ringError` */
export function refuseRings(services: readonly PlannedService[]): void {
  const ring = findRing(services);
  if (ring !== undefined) throw ringError(ring);
}

/** A ring of services, in the order in which a connection would go through it. */
export function findRing(services: readonly PlannedService[]): readonly ServiceConfig[] | undefined {
  let caught = services.filter(({ config }) => dialsTargets(config));
  let before: number;
  do {
    before = caught.length;
    caught = caught.filter((service) => targetsOf(service).every((target) => leadsInto(target, caught, services)));
  } while (caught.length < before);
  const [first] = caught;
  return first === undefined ? undefined : ringFrom(first, caught).map(({ config }) => config);
}

/** `config_conflict` naming the services of a ring. */
export function ringError(ring: readonly ServiceConfig[]): OvercoatError {
  const names = ring.map(({ name }) => `[${name}]`);
  const text =
    ring.length === 1
      ? `Service ${names[0]} connects to itself: its \`connect\` is its own \`accept\``
      : `Services ${[...names, names[0]].join(' -> ')} connect to each other in a ring`;
  return new OvercoatError('config_conflict', `${text}, and no connection would ever leave; change \`connect\``);
}

/** Whether connections go to `connect`, and nowhere else: not to a program, nor where the client of a proxy asks. */
function dialsTargets({ connect, exec, mode, protocol }: ServiceConfig): boolean {
  return connect.length > 0 && exec === undefined && !(mode === 'server' && isProxy(protocol.name));
}

/** The targets as they were resolved, else as they are written. A name that was not resolved counts as another machine, `localhost` aside. */
function targetsOf({ config, resolved }: PlannedService): readonly Address[] {
  return resolved ?? config.connect.flatMap((target): readonly Address[] => (target.kind === 'unix' ? [target] : loopbackOf(target)));
}

function loopbackOf(address: TcpAddress): readonly TcpAddress[] {
  if (!isLocalhost(address.host)) return [address];
  return LOOPBACK.map(({ address: host }) => ({ ...address, host }));
}

/** Whether a connection to `target` is accepted by one of `caught`, and so are all its virtual hosts. */
function leadsInto(target: Address, caught: readonly PlannedService[], all: readonly PlannedService[]): boolean {
  const next = all.find(({ config }) => config.accept.some((accept) => reaches(target, accept)));
  if (next === undefined) return false;
  const hosts = all.filter(({ config }) => config.virtualHost?.primary === next.config.name);
  return [next, ...hosts].every((service) => caught.includes(service));
}

/** Follows the first target of each until one comes again. */
function ringFrom(first: PlannedService, caught: readonly PlannedService[]): readonly PlannedService[] {
  const path: PlannedService[] = [];
  let current: PlannedService | undefined = first;
  while (current !== undefined && !path.includes(current)) {
    path.push(current);
    const [target] = targetsOf(current);
    current = caught.find(({ config }) => target !== undefined && config.accept.some((accept) => reaches(target, accept)));
  }
  return current === undefined ? path : path.slice(path.indexOf(current));
}

function reaches(target: Address, accept: Address): boolean {
  if (target.kind === 'unix' || accept.kind === 'unix')
    return target.kind === 'unix' && accept.kind === 'unix' && target.path === accept.path;
  if (target.port !== accept.port || target.port === 0) return false;
  const here = target.host === '' || target.host === '*';
  if (isEveryHost(accept.host)) return here || (ipVersion(target.host) !== 0 && isLocal(target.host, IPV4_ONLY.has(accept.host)));
  return loopbackOf(accept).some(({ host }) => unmapped(target.host) === unmapped(host));
}

function isLocal(host: string, onlyIpv4: boolean): boolean {
  return !(onlyIpv4 && unmapped(host).includes(':')) && isLocalAddress(host);
}
