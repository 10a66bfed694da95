/**
 * What processes that the network reaches need of the kernel, from a configuration: the rules of their fence. One set for all
 * processes of a pool, since a spare may become any of them. Names of files that are not there cost nothing.
 */
import { dirname, join } from 'node:path';
import { isHttpUrl } from '../../address/http-url.ts';
import type { Config, GlobalConfig, ServiceConfig } from '../../config/config.ts';
import { isProxy } from '../../config/protocol-names.ts';
import type { LandlockRules } from '../../linux/fence/landlock.ts';
import type { Capability } from '../../linux/process/capabilities.ts';
import { ownPlaces } from '../../self.ts';
import { givesUpRights } from '../process/confine.ts';
import { jailPrefix } from '../process/jail.ts';
import { fromStartFolder } from '../process/start-folder.ts';
import type { Fence } from './fence.ts';
import { filesFollowed } from './followed-files.ts';
import { ownResponders } from './own-responders.ts';

/** Names of hosts (getaddrinfo(3) and its modules), of services, and the time zone. Folders where files are replaced by others. */
export const NAME_FILES = [
  '/etc/gai.conf',
  '/etc/host.conf',
  '/etc/hosts',
  '/etc/nsswitch.conf',
  '/etc/resolv.conf',
  '/etc/services',
] as const;

/** The C library, the modules it loads, and what the runtime looks at. */
const SYSTEM = [
  '/etc/ld.so.cache',
  '/etc/localtime',
  '/etc/protocols',
  '/etc/ssl/openssl.cnf', // OPENSSLDIR of the runtime: it ends where it may not look
  '/dev/random',
  '/dev/urandom',
  '/lib',
  '/lib64',
  '/proc',
  '/run/NetworkManager',
  '/run/resolvconf',
  '/run/systemd/resolve',
  '/sys/devices/system',
  '/sys/fs/cgroup',
  '/usr/lib',
  '/usr/lib64',
  '/usr/local/lib',
  '/usr/share/zoneinfo',
  '/var/lib/sss',
] as const;

/** The runtime opens it at every start; a process gives itself its name. */
const ALWAYS_WRITTEN = ['/dev/null', '/proc/self/comm'] as const;

/** Providers of OpenSSL itself: nothing of theirs is anywhere but in the library and its modules. */
const OWN_PROVIDERS: ReadonlySet<string> = new Set(['base', 'default', 'fips', 'legacy', 'null']);

/** Files of others: `CApath`, pins. */
const OF_FILES = ['CAP_DAC_OVERRIDE', 'CAP_DAC_READ_SEARCH'] as const satisfies readonly Capability[];
/** By which a process gives up the others. */
export const OF_ROOT = ['CAP_SETGID', 'CAP_SETUID', 'CAP_SYS_CHROOT'] as const satisfies readonly Capability[];
/** Whoever has these changes routes, devices and firewalls. */
export const OF_NETWORK = ['CAP_NET_ADMIN', 'CAP_NET_RAW'] as const satisfies readonly Capability[];

const DNS_PORT = 53;
/** Of OCSP responders (RFC 6960 appendix A): own certificates name one, now or when they are renewed. */
const STAPLES_PORT = 80;
/** A port that the kernel chooses: the other end of what is dialled from an address of the configuration. */
const ANY_LOCAL_PORT = 0;

/**
 * For processes that are started to serve; undefined: none is wanted. `report` has one too, which nobody puts up.
 * @param staples URLs of the responders that own certificates name
 */
export function workerFence(
  { global, services }: Pick<Config, 'global' | 'services'>,
  staples: readonly string[] = ownResponders(services),
): Fence | undefined {
  if (global.confine === 'no') return undefined;
  const open: string[] = [];
  const strange = strangeProviders(global);
  if (strange.length > 0) open.push(`files: what the module of provider ${strange.join(', ')} opens is not known here`);
  const everything = strange.length > 0;
  const followed = services.map((service) => filesFollowed(service, global.chroot, NAME_FILES));
  const served = [...new Set(followed.flatMap(({ files }) => files))];
  const rules: LandlockRules = {
    read: everything
      ? ['/']
      : [
          ...withJail(global, [...SYSTEM, ...NAME_FILES, ...ownPlaces(), ...ofLibrary(process.env), ...services.flatMap(storesServed)]),
          ...new Set(followed.flatMap(({ folders }) => folders)),
        ],
    readFiles: everything ? [] : withJail(global, served),
    write: everything ? ['/'] : withJail(global, [...ALWAYS_WRITTEN, ...services.flatMap(foldersWritten)]),
    execute: 'any', // refused by seccomp, with all else that starts a process
    connect: everything ? 'any' : portsDialled(global, services, { staples, open }),
    bind: services.some(bindsLocally) ? [ANY_LOCAL_PORT] : [],
    abstractSockets: everything,
  };
  const strict = global.confine === 'strict';
  const someUnix = services.some(dialsUnix);
  const unixSockets = !strict || everything || someUnix;
  if (strict && someUnix) open.push('Unix sockets: a service connects to one, and no kernel fences their paths');
  return {
    strict,
    unixSockets,
    modules: everything,
    capabilities: everything ? 'any' : capabilitiesKept(global, services),
    rules,
    followed: [...new Set([...NAME_FILES, ...served.map((path) => join(jailPrefix(global.chroot), fromStartFolder(path)))])],
    programs: 'none; those of `exec` are started by the supervisor, outside of it',
    open,
  };
}

/** Whether one fence lets through all that another does: whoever has it needs no new one. */
export function covers(has: Fence, needs: Fence): boolean {
  const holds = <T>(all: readonly T[] | 'any', some: readonly T[] | 'any'): boolean =>
    all === 'any' || (some !== 'any' && some.every((each) => all.includes(each)));
  const [ours, theirs] = [has.rules, needs.rules];
  return (
    (has.unixSockets || !needs.unixSockets) &&
    (has.modules || !needs.modules) &&
    holds(has.capabilities, needs.capabilities) &&
    holds(ours.read, theirs.read) &&
    theirs.readFiles.every((path) => ours.readFiles.includes(path) || ours.read.some((folder) => path.startsWith(`${folder}/`))) &&
    holds(ours.write, theirs.write) &&
    holds(ours.connect, theirs.connect) &&
    holds(ours.bind, theirs.bind)
  );
}

/** One that lets through what either does. */
export function joined(one: Fence, other: Fence): Fence {
  const both = <T>(first: readonly T[] | 'any', second: readonly T[] | 'any'): readonly T[] | 'any' =>
    first === 'any' || second === 'any' ? 'any' : [...new Set([...first, ...second])];
  const [a, b] = [one.rules, other.rules];
  const rules: LandlockRules = {
    read: [...new Set([...a.read, ...b.read])],
    readFiles: [...new Set([...a.readFiles, ...b.readFiles])],
    write: [...new Set([...a.write, ...b.write])],
    execute: both(a.execute, b.execute),
    connect: both(a.connect, b.connect),
    bind: both(a.bind, b.bind),
    abstractSockets: a.abstractSockets || b.abstractSockets,
  };
  return {
    strict: other.strict,
    unixSockets: one.unixSockets || other.unixSockets,
    modules: one.modules || other.modules,
    capabilities: both(one.capabilities, other.capabilities),
    rules,
    followed: [...new Set([...one.followed, ...other.followed])],
    programs: other.programs,
    open: [...new Set([...one.open, ...other.open])],
  };
}

/** Folders in which certificates and lists are looked for by their names while clients are served. */
function storesServed({ trust, revocation }: ServiceConfig): readonly string[] {
  return said([trust.caPath, revocation.crlPath]);
}

/** Where files are made while clients are served. */
export function foldersWritten({ names, acme }: ServiceConfig): readonly string[] {
  return [...(names.missing === 'pin' ? [dirname(names.pinStore)] : []), ...(acme === undefined ? [] : [acme.store])];
}

/** Where another OpenSSL, its configuration and its modules are, as its variables say. */
export function ofLibrary(environment: NodeJS.ProcessEnv): readonly string[] {
  const { OVERCOAT_OPENSSL: library, OPENSSL_CONF: settings, OPENSSL_MODULES: modules } = environment;
  return said([library && dirname(library), settings, modules]);
}

/** Without what is not said. */
export function said(texts: readonly (string | undefined)[]): readonly string[] {
  return texts.flatMap((text) => (text === undefined || text === '' ? [] : [text]));
}

/** @param open is told why, where any port may be dialled */
export function portsDialled(
  { dnsListen }: Pick<GlobalConfig, 'dnsListen'>,
  services: readonly ServiceConfig[],
  { staples, open }: { readonly staples: readonly string[]; readonly open: string[] },
): readonly number[] | 'any' {
  const whys = new Set(services.map(anyPort).filter((why) => why !== undefined));
  for (const why of whys) open.push(`TCP connect: ${why}`);
  if (whys.size > 0) return 'any';
  const ports = services.flatMap(({ connect, redirect, revocation, mode, tls }) => [
    ...[...connect, ...redirect].flatMap((address) => (address.kind === 'tcp' ? [address.port] : [])),
    ...said([revocation.ocsp.url, revocation.crlUrl]).filter(isHttpUrl).map(portOf),
    ...(mode === 'server' && tls.cert !== undefined ? [STAPLES_PORT] : []),
  ]);
  // The C library asks name servers by TCP where an answer is long.
  const all = [...ports, ...staples.map(portOf), DNS_PORT, ...(dnsListen ?? []).map(({ port }) => port)];
  return [...new Set(all)].sort((a, b) => a - b);
}

/** @returns why the ports that a service dials are not known before somebody comes */
function anyPort({ transparent, connect, mode, protocol, revocation, acme, name }: ServiceConfig): string | undefined {
  if (transparent.destination && connect.length === 0) return `[${name}] goes where its clients were going`;
  if (mode === 'server' && isProxy(protocol.name)) return `[${name}] goes where its clients ask for`;
  if (revocation.ocsp.aia) return `[${name}] asks the OCSP responders that certificates name`;
  if (acme !== undefined) return `[${name}] asks an ACME directory, which names its own URLs`;
  return undefined;
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

function dialsUnix({ connect, redirect }: ServiceConfig): boolean {
  return [...connect, ...redirect].some(({ kind }) => kind === 'unix');
}

export function bindsLocally({ local, transparent }: ServiceConfig): boolean {
  return local !== undefined || transparent.source;
}

/** `transparent = source` and some options of sockets are refused without those of the network. Ports are bound by the supervisor. */
function capabilitiesKept(global: GlobalConfig, services: readonly ServiceConfig[]): readonly Capability[] {
  const ofNetwork = ({ transparent, sockets: { accept, local, remote } }: ServiceConfig): boolean =>
    transparent.source || [accept, local, remote].some((options) => options.length > 0);
  return [...OF_FILES, ...(givesUpRights(global) ? OF_ROOT : []), ...(services.some(ofNetwork) ? OF_NETWORK : [])];
}

/** Those whose modules are of others. */
export function strangeProviders({ providers }: GlobalConfig): readonly string[] {
  return providers.map(({ name }) => name).filter((name) => !OWN_PROVIDERS.has(name));
}

/** As they are called from outside, and inside of `chroot`: a worker is there before its jail is and after. */
function withJail({ chroot }: Pick<GlobalConfig, 'chroot'>, paths: readonly string[]): readonly string[] {
  const outside = paths.map(fromStartFolder);
  return chroot === undefined ? outside : [...outside, ...outside.map((path) => join(chroot, path))];
}
