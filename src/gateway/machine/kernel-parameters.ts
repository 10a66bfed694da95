/**
 * The sysctls a gateway needs, and the way back. Writing one changes others (turning IPv4 forwarding on sets it on every device and
 * turns accept_redirects off), so a snapshot of all that are touched is taken first and compared afterwards. The trap on the way
 * back: writing `ip_forward` sets the devices once more, so the global switches go first and whatever still differs follows.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/proc/sys/net';

/** Per device and for `all` and `default`: what the switches below change. */
const DEVICE_PARAMETERS = { ipv4: ['forwarding', 'accept_redirects', 'send_redirects'], ipv6: ['forwarding', 'accept_ra'] } as const;

const NO_DEVICES: readonly string[] = ['all', 'default'];

/** In the order in which they are written, both ways: each sets other parameters. */
const SWITCHES = ['ipv4/ip_forward', 'ipv4/conf/all/forwarding', 'ipv6/conf/all/forwarding'];

/** Parameter (a path below /proc/sys/net) to its value. */
export type Parameters = ReadonlyMap<string, string>;

/** A parameter before and after the switches were set. */
export interface RememberedParameter {
  readonly name: string;
  readonly before: string;
  /** undefined while they are being set: a process that was killed in between did not get to look. */
  readonly after: string | undefined;
}

export interface ForwardingNeeds {
  /** Devices whose networks use this machine as their gateway. */
  readonly devices: readonly string[];
  /** Devices whose default route comes by router advertisement: forwarding would make the kernel forget it, and ignore the next one. */
  readonly advertisedUplinks: readonly string[];
}

/** What has to be written, in order. Pure. `accept_ra` comes before forwarding, which drops learnt routes at once. */
export function neededParameters({ devices, advertisedUplinks }: ForwardingNeeds, ipv6: boolean): Parameters {
  const needed = new Map<string, string>();
  if (ipv6) for (const device of advertisedUplinks) needed.set(`ipv6/conf/${device}/accept_ra`, '2');
  needed.set('ipv4/ip_forward', '1');
  if (ipv6) needed.set('ipv6/conf/all/forwarding', '1');
  for (const device of ['all', ...devices]) needed.set(`ipv4/conf/${device}/send_redirects`, '0');
  return needed;
}

/** As `sysctl -w` writes it: `net.ipv4.conf.all.forwarding`; a dot inside a device name becomes a slash. */
export function sysctlName(parameter: string): string {
  return ['net', ...parameter.split('/').map((part) => part.replaceAll('.', '/'))].join('.');
}

export function readParameter(name: string): string | undefined {
  try {
    return readFileSync(join(ROOT, name), 'latin1').trim();
  } catch {
    return undefined;
  }
}

export function hasIpv6(): boolean {
  return readParameter('ipv6/conf/all/forwarding') !== undefined;
}

/** False as well where there is an IPv6 that was switched off: routes cannot be added then. */
export function usesIpv6(): boolean {
  return hasIpv6() && readParameter('ipv6/conf/lo/disable_ipv6') !== '1';
}

/** All of this network namespace. */
export function networkDevices(): readonly string[] {
  return foldersOf('ipv4').filter((folder) => !NO_DEVICES.includes(folder));
}

/** Every parameter that the switches may change. */
export function takeSnapshot(): Parameters {
  const snapshot = new Map<string, string>();
  const take = (name: string): void => {
    const value = readParameter(name);
    if (value !== undefined) snapshot.set(name, value);
  };
  take('ipv4/ip_forward');
  for (const [family, parameters] of Object.entries(DEVICE_PARAMETERS)) {
    for (const device of foldersOf(family)) for (const parameter of parameters) take(`${family}/conf/${device}/${parameter}`);
  }
  return snapshot;
}

/** What rules of ours do as well: they drop redirect messages. */
function isSpare(name: string): boolean {
  return name.endsWith('/send_redirects');
}

/**
 * Those that rules stand in for are left as they are where they are read-only.
 * @returns the others that could not be written, with what they should be: in most containers they are read-only
 */
export function writeParameters(parameters: Parameters): Parameters {
  const failed = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (readParameter(name) === value) continue;
    try {
      writeFileSync(join(ROOT, name), value);
    } catch {
      if (!isSpare(name)) failed.set(name, value);
    }
  }
  return failed;
}

/** What a snapshot became: all of it, since the way back touches what the way there did not. */
export function rememberParameters(before: Parameters, after: Parameters | undefined): readonly RememberedParameter[] {
  return [...before].map(([name, value]) => ({ name, before: value, after: after?.get(name) }));
}

/**
 * Puts a snapshot back. A parameter that somebody else has changed in the meantime keeps the value it has now.
 * @returns the names that could not be written
 */
export function restoreParameters(remembered: readonly RememberedParameter[]): readonly string[] {
  const failed: string[] = [];
  const wanted = remembered.map(({ name, before, after }) => {
    const now = readParameter(name);
    return { name, value: after === undefined || now === after ? before : now };
  });
  for (const { name, value } of wanted.toSorted((a, b) => rank(a.name) - rank(b.name))) {
    const now = readParameter(name);
    if (now === undefined || value === undefined || now === value) continue; // a device that is gone took its parameters along
    try {
      writeFileSync(join(ROOT, name), value);
    } catch {
      failed.push(name);
    }
  }
  return failed;
}

/**
 * Devices over which the kernel learnt a default route by router advertisement, or would learn one, and has not been told to while forwarding. The
 * first advertisement may come later than we do.
 * @param lan devices whose networks use this machine as their gateway: they count only where one was learnt
 */
export function advertisedUplinks(lan: readonly string[]): readonly string[] {
  const learnt = readRoutes().filter(({ destination, flags }) => destination === DEFAULT_ROUTE && (flags & LEARNT) === LEARNT);
  const waiting = networkDevices().filter(
    (device) => device !== 'lo' && !lan.includes(device) && ipv6Parameter(device, 'forwarding') === '0',
  );
  return [...new Set([...learnt.map(({ device }) => device), ...waiting])].filter((device) => ipv6Parameter(device, 'accept_ra') === '1');
}

function ipv6Parameter(device: string, name: string): string | undefined {
  return readParameter(`ipv6/conf/${device}/${name}`);
}

/** RTF_DEFAULT and RTF_ADDRCONF of the kernel's ipv6_route.h: what forwarding makes the kernel drop. */
const LEARNT = 0x0001_0000 | 0x0004_0000;
const DEFAULT_ROUTE = `${'0'.repeat(32)}/00`;

function readRoutes(): readonly { readonly destination: string; readonly flags: number; readonly device: string }[] {
  try {
    const rows = readFileSync('/proc/net/ipv6_route', 'latin1').trim().split('\n');
    return rows.map((row) => {
      const [address = '', bits = '', , , , , , , flags = '0', device = ''] = row.trim().split(/\s+/);
      return { destination: `${address}/${bits}`, flags: Number.parseInt(flags, 16), device };
    });
  } catch {
    return [];
  }
}

function rank(name: string): number {
  const place = SWITCHES.indexOf(name);
  return place < 0 ? SWITCHES.length : place;
}

/** One a device, and those of NO_DEVICES. */
function foldersOf(family: string): readonly string[] {
  try {
    return readdirSync(join(ROOT, family, 'conf'));
  } catch {
    return [];
  }
}
