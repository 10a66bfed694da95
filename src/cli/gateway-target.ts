/**
 * What `overcoat gateway doctor --to HOST:PORT` finds about a real server, layer by layer: its name, the route to it, whether its port is
 * taken, the connection, the protocol before TLS, TLS, and the verdict a connection of the gateway would end with.
 */

import { withBrackets } from '../address/authority.ts';
import { hostName } from '../address/host-name.ts';
import { ipVersion } from '../address/ip.ts';
import type { TrustChoice } from '../config/commands.ts';
import { buildClientConfig } from '../config/commands.ts';
import type { ServiceConfig, TcpAddress } from '../config/config.ts';
import { resolveAddress } from '../connection/dial/targets.ts';
import { OvercoatError } from '../errors.ts';
import type { Finding, Patient } from '../gateway/doctor/finding.ts';
import { fault, ok, skipped, warning } from '../gateway/doctor/finding.ts';
import { firstLine, tryTool } from '../gateway/machine/tools.ts';
import { hasPort } from '../gateway/rules/ports.ts';
import type { Failure } from '../observe/lines/failure.ts';
import { explanation } from '../observe/lines/failure.ts';
import { prepareServiceTls } from '../tls/service-tls.ts';
import type { Presented } from './pin/probe.ts';
import { probe } from './pin/probe.ts';

/** The layers that a failure of the probe ends at, by the first word of its code. */
const LAYERS: Readonly<Record<string, string>> = { upstream: 'connection', negotiation: 'protocol', handshake: 'TLS' };

/** @param trust as the flags have it; nothing is sent to the server beyond a handshake */
export async function targetFindings(to: TcpAddress, trust: TrustChoice, patient: Patient): Promise<readonly Finding[]> {
  const place = `${withBrackets(to.host)}:${to.port}`;
  const link = (layer: string): string => `${place}, ${layer}`;
  const { addresses, finding: named } = await nameOf(to, link('name'));
  const routes = await Promise.all(addresses.map((address) => routeTo(address, link('route'))));
  const before = [named, ...routes, taken(to, patient, link('interception'))];
  if (addresses.length === 0) return [...before, skipped(link('TLS'), 'there is no address to go to')];
  const service = serviceFor({ ...to, port: portBehind(to, patient) }, trust);
  try {
    const target = { host: to.host, port: portBehind(to, patient) };
    const tls = prepareServiceTls(service, () => undefined);
    const presented = await probe({ target: { kind: 'tcp', ...target }, protocol: undefined, serverName: hostName(to.host), service, tls });
    return [...before, ...presentedFindings(presented, service, link)];
  } catch (cause) {
    if (!(cause instanceof OvercoatError)) throw cause;
    const [word = ''] = cause.code.split('_');
    return [...before, failed(cause, service, link(LAYERS[word] ?? 'trust'))];
  }
}

function presentedFindings(presented: Presented, service: ServiceConfig, link: (layer: string) => string): readonly Finding[] {
  const { negotiated, version, verdict } = presented;
  const protocol = negotiated === undefined ? 'TLS from the first byte' : `${negotiated}, which agreed to TLS`;
  const judged = verdict.accepted
    ? ok(link('verdict'), `accepted: ${verdict.how}`)
    : failed({ code: 'handshake_verification', ...verdict }, service, link('verdict'));
  return [ok(link('protocol'), protocol), ok(link('TLS'), version), judged];
}

function failed(failure: Failure, service: ServiceConfig, link: string): Finding {
  const { why, remedy } = explanation(failure, { id: 'doctor', service: { ...service, name: 'gateway' } });
  return fault(link, `${failure.code}: ${withoutStop(why)}`, withoutStop(remedy));
}

async function nameOf(to: TcpAddress, link: string): Promise<{ readonly addresses: readonly string[]; readonly finding: Finding }> {
  if (ipVersion(to.host) !== 0) {
    const text = 'an address has no name: the certificate must carry the address, or what the application says names it';
    return { addresses: [to.host], finding: warning(link, text, 'try the name that the hosts use as well') };
  }
  const answers: string[] = [];
  const found = await resolveAddress(to, (name, text) => answers.push(`${name}: ${text}`)).catch(() => []);
  const addresses = [...new Set(found.flatMap((address) => (address.kind === 'tcp' ? [address.host] : [])))];
  if (addresses.length > 0) return { addresses, finding: ok(link, addresses.join(', ')) };
  return {
    addresses,
    finding: fault(link, `it has no address (${answers.join('; ')})`, 'correct the name, or the resolvers of this machine'),
  };
}

async function routeTo(address: string, link: string): Promise<Finding> {
  const { code, stdout, stderr } = await tryTool('ip', [ipVersion(address) === 6 ? '-6' : '-4', 'route', 'get', address]);
  if (code === 0) return ok(link, firstLine(stdout).trim());
  const said = firstLine(stderr).trim();
  return warning(link, `${address}: ${said}`, 'a default route, or one to this network');
}

function taken(to: TcpAddress, { rules, portMap }: Patient, link: string): Finding {
  if (rules === undefined) return skipped(link, 'nothing is installed');
  const mapping = portMap.find(({ from }) => from === to.port);
  if (mapping !== undefined) return ok(link, `port ${to.port} is taken and leaves for port ${mapping.to}`);
  if (hasPort(rules.ports, to.port)) return ok(link, `port ${to.port} is taken`);
  const fate = rules.forward === 'intercepted' ? 'refused' : 'forwarded as it is';
  return warning(link, `port ${to.port} is not taken: what hosts send there is ${fate}`, `add it: --ports ${to.port}`);
}

function portBehind({ port }: TcpAddress, { portMap }: Patient): number {
  return portMap.find(({ from }) => from === port)?.to ?? port;
}

/** The checks of a connection of the gateway, for this one server. */
function serviceFor(connect: TcpAddress, { ca, pins, cert, key }: TrustChoice): ServiceConfig {
  const accept = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  const [service] = buildClientConfig({ ca, pins, cert, key, accept, connect, name: undefined, protocol: undefined, debug: 5 }).services;
  if (service === undefined) throw new OvercoatError('internal', 'no service was built');
  return service;
}

function withoutStop(text: string): string {
  return text.endsWith('.') ? text.slice(0, -1) : text;
}
