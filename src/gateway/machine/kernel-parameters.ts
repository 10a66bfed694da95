/**
 * The sysctls a gateway needs, and the way back. Writing one changes others (turning IPv4 forwarding on sets it on every device and
 * turns accept_redirects off), so a snapshot of all that are touched is taken first and compared afterwards. The trap on the way
 * back: writing `ip_forward` sets the devices once more, so the global switches go first and whatever still differs follows.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorText } from '../../text/system-error.ts';

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
  /** Devices over which a default route is learnt by router advertisement: forwarding would make the kernel forget it, and ignore the next one. */
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

/** @throws the error of the system; ENOENT where a device is gone, which would be EACCES if it were made */
function writeParameter(name: string, value: string): void {
  writeFileSync(join(ROOT, name), value, { flag: 'r+' });
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

/**
 * What a gateway can do without: redirect messages are dropped by rules of ours as well, and that a default route is not learnt, over a device that
 * may have been unplugged meanwhile, is no reason to take nothing.
 */
function isSpare(name: string): boolean {
  return name.endsWith('/send_redirects') || name.endsWith('/accept_ra');
}

/** A parameter that a gateway cannot do without and that could not be written. */
export interface FailedParameter {
  readonly name: string;
  /** What it should be. */
  readonly value: string;
  readonly cause: NodeJS.ErrnoException;
}

/** Those that can be done without are left as they are where they cannot be written. */
export function writeParameters(parameters: Parameters): readonly FailedParameter[] {
  const failed: FailedParameter[] = [];
  for (const [name, value] of parameters) {
    if (readParameter(name) === value) continue;
    try {
      writeParameter(name, value);
    } catch (cause) {
      if (!isSpare(name)) failed.push({ name, value, cause: cause as NodeJS.ErrnoException });
    }
  }
  return failed;
}

/** Codes of a parameter that this process may not write: in most containers. */
const READ_ONLY: ReadonlySet<string | undefined> = new Set(['EROFS', 'EACCES', 'EPERM']);

/** Why a gateway cannot start, and what to do. */
export function failedText(failed: readonly FailedParameter[]): string {
  const wanted = failed.map(({ name, value }) => `${sysctlName(name)}=${value}`).join(' ');
  const other = failed.find(({ cause }) => !READ_ONLY.has(cause.code));
  const why = other === undefined ? 'they are read-only here; in a container set them from outside' : systemErrorText(other.cause);
  return `Kernel parameters cannot be set: ${why}: ${wanted}`;
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
    if (now === undefined || value === undefined || now === value) continue;
    try {
      writeParameter(name, value);
    } catch {
      if (readParameter(name) !== undefined) failed.push(name); // a device that is gone took its parameters along
    }
  }
  return failed;
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
