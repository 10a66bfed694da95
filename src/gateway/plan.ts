/** What the flags of `overcoat gateway` mean: rules, port map, and the service that intercepted connections are handed to. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { LearningChoice, TrustChoice } from '../config/commands.ts';
import { buildTransparentService, commandConfig } from '../config/commands.ts';
import type { Config, LogLevel, PortMapping, PortRange, ServiceConfig } from '../config/config.ts';
import { userId } from '../config/values/accounts.ts';
import { OvercoatError } from '../errors.ts';
import type { GatewayPlan } from './machine/apply.ts';
import { findCgroup } from './machine/cgroup.ts';
import { linksOf } from './machine/device-watch.ts';
import { mappedPorts, mergeRanges } from './rules/ports.ts';
import type { Exemption, GatewayRules } from './rules/rules.ts';
import { TPROXY_MARK } from './rules/rules.ts';

/** Where the transparent service and the DNS forwarder listen unless told otherwise. */
const LISTEN_PORT = 15_001;
export const DNS_PORT = 15_053;

export interface GatewayChoice extends TrustChoice, LearningChoice {
  readonly from: readonly string[];
  readonly ports: readonly PortRange[];
  readonly portMap: readonly PortMapping[];
  readonly dns: boolean;
  readonly masquerade: boolean;
  readonly mode: GatewayRules['mode'];
  readonly fail: 'closed' | 'open';
  readonly forward: GatewayRules['forward'];
  readonly local: { readonly kind: Exemption['kind']; readonly value: string } | undefined;
  /** Port of the transparent service; undefined: 15001. */
  readonly listen: number | undefined;
  readonly redialMs?: number;
  /** --keylog FILE. */
  readonly keyLog?: string | undefined;
  readonly debug: LogLevel;
}

/** @throws OvercoatError `gateway_rules` for a device, user or cgroup that cannot be */
export function planGateway(choice: GatewayChoice): GatewayPlan {
  for (const device of choice.from) refuseBadDevice(device);
  refuseMappedNames(choice);
  return {
    rules: {
      devices: choice.from,
      links: linksOf(choice.from),
      ports: mergeRanges([...choice.ports, ...mappedPorts(choice.portMap)]),
      mode: choice.mode,
      failClosed: choice.fail === 'closed',
      forward: choice.forward,
      masquerade: choice.masquerade,
      listenPort: choice.listen ?? LISTEN_PORT,
      dns: choice.dns ? { port: DNS_PORT, local: !servesNames() } : undefined,
      local: choice.local === undefined ? undefined : exemption(choice.local),
    },
    portMap: choice.portMap,
    trust: absoluteTrust(choice),
  };
}

/** Whoever reads it later is in another folder. */
function absoluteTrust({ ca, pins }: TrustChoice): GatewayPlan['trust'] {
  return {
    ca: ca === undefined ? undefined : resolve(ca),
    pins: pins.map((pin) => (pin.kind === 'file' ? { ...pin, path: resolve(pin.path) } : pin)),
  };
}

/** The process behind the rules. With `--local user=NAME` it gives up root for that user once the rules are in place. */
export function gatewayConfig(choice: GatewayChoice, { rules }: GatewayPlan): Config {
  const accept = [{ kind: 'tcp', host: '', port: rules.listenPort }] as const;
  const service = withMark(buildTransparentService({ ...choice, service: 'gateway', accept }), rules);
  const config = commandConfig('gateway', choice.debug, service);
  const uid = rules.local?.kind === 'user' && rules.local.uid !== 0 ? rules.local.uid : undefined;
  const setgid = uid === undefined ? undefined : primaryGroup(uid);
  const dnsListen = rules.dns === undefined ? undefined : dnsPlaces(rules.devices, rules.dns.port);
  return { ...config, global: { ...config.global, setuid: uid, setgid, dnsListen, workers: 'auto' } };
}

function withMark(service: ServiceConfig, { local }: GatewayRules): ServiceConfig {
  if (local?.kind !== 'mark') return service;
  const mark = { name: 'SO_MARK', value: { kind: 'int', value: local.mark } } as const;
  return { ...service, sockets: { ...service.sockets, remote: [...service.sockets.remote, mark] } };
}

/** Every address of the devices has a socket of its own, so that answers leave with the address a question was redirected to. */
function dnsPlaces(devices: readonly string[], port: number): NonNullable<Config['global']['dnsListen']> {
  return devices.map((device) => ({ kind: 'device', device, port }));
}

/** Device names of the kernel: up to 15 bytes, no blank, no slash; a quote would end the text of a rule. */
function refuseBadDevice(device: string): void {
  const bad = [...device].some((letter) => letter <= ' ' || letter === '/' || letter === '"' || letter === '\\' || letter === '*');
  if (bad || device.length === 0 || Buffer.byteLength(device) > 15) {
    throw new OvercoatError('gateway_rules', `--from ${JSON.stringify(device)} is not a name a network device can have`);
  }
}

/** The forwarder answers what goes to port 53, so that a mapping of it would never be used and questions would leave in clear. */
function refuseMappedNames({ dns, portMap }: GatewayChoice): void {
  const mapping = portMap.find(({ from }) => from === 53);
  if (!dns || mapping === undefined) return;
  const text = `--map-port 53:${mapping.to}: with --dns port 53 is answered here and never mapped; leave one of the two away`;
  throw new OvercoatError('gateway_rules', text);
}

function exemption({ kind, value }: { readonly kind: Exemption['kind']; readonly value: string }): Exemption {
  if (kind === 'mark') return { kind, mark: markOf(value) };
  if (kind === 'cgroup') return findCgroup(value);
  const uid = userId(value);
  if (!uid.ok) throw new OvercoatError('gateway_rules', `--local user=${value}: ${uid.text}`);
  return { kind: 'user', uid: uid.value };
}

/** As iptables and ip take it: decimal, or hexadecimal with 0x. */
function markOf(text: string): number {
  const mark = Number(text);
  if (Number.isInteger(mark) && mark > 0 && mark <= 0xffff_ffff && mark !== TPROXY_MARK && text.trim() === text) return mark;
  throw new OvercoatError('gateway_rules', `--local mark=${text}: write a number from 1 to 0xffffffff other than ${TPROXY_MARK}`);
}

/** Fourth field of the user's line in passwd(5); undefined for users kept elsewhere. */
function primaryGroup(uid: number): number | undefined {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const fields = lines.map((line) => line.split(':')).find((each) => each[2] === String(uid));
  return fields?.[3] === undefined ? undefined : Number(fields[3]);
}

/**
 * Whether a name server of this machine answers the network on port 53: queries to it are then left to it. One that is bound to
 * loopback addresses only, as resolvers for the machine itself are, does not count.
 */
function servesNames(): boolean {
  return ['/proc/net/udp', '/proc/net/udp6'].some((file) => existsSync(file) && servesPort53(readFileSync(file, 'latin1')));
}

/** Rows of /proc/net/udp{,6}: `  sl  local_address rem_address st ...`, addresses in words of host byte order. */
export function servesPort53(table: string): boolean {
  const PORT_53 = ':0035';
  const rows = table.trim().split('\n').slice(1);
  return rows.some((row) => {
    const local = row.trim().split(/\s+/)[1] ?? '';
    const loopback = local.startsWith('0000000000000000000000000100000') || (local.length === 13 && local.slice(6, 8) === '7F');
    return local.endsWith(PORT_53) && !loopback;
  });
}
