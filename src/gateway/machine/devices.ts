/** Devices that are named on the command line: whether they can be meant, told before anything is changed. */
import { networkInterfaces } from 'node:os';
import { OvercoatError } from '../../errors.ts';
import { networkDevices } from './kernel-parameters.ts';
import { tryTool } from './tools.ts';

/** Of `ip -j -details link show`, what is looked at. */
export interface Link {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly operstate: string;
  /** The device that it is a part of. */
  readonly master?: string;
  readonly linkinfo?: { readonly info_slave_kind?: string };
}

/** Kinds of devices that take the packets of their parts as their own before any rule sees them; a VRF does so behind the rules. */
const TAKES_PACKETS: ReadonlySet<string | undefined> = new Set(['bridge', 'bond', 'team', 'openvswitch']);

/** @throws OvercoatError `gateway_rules` for the first that is not there, or that no packet comes in by as far as rules can see */
export async function refuseUnfitDevices(devices: readonly string[]): Promise<void> {
  const there = networkDevices();
  const missing = devices.find((device) => !there.includes(device));
  if (missing !== undefined) throw new OvercoatError('gateway_rules', `--from ${missing}: ${noSuchDevice(there)}`);
  for (const link of await linkList()) {
    const whole = wholeOf(link);
    if (whole === undefined || !devices.includes(link.ifname)) continue;
    throw new OvercoatError('gateway_rules', `--from ${link.ifname}: ${partOf(whole)}; write --from ${whole}`);
  }
}

/** All devices; empty where `ip` cannot tell. */
export async function linkList(): Promise<readonly Link[]> {
  const { code, stdout } = await tryTool('ip', ['-j', '-details', 'link', 'show']);
  return code === 0 ? (JSON.parse(stdout) as Link[]) : [];
}

/** The device that a device's packets come in by instead of it; undefined: they come in by itself. */
export function wholeOf({ master, linkinfo }: Link): string | undefined {
  return TAKES_PACKETS.has(linkinfo?.info_slave_kind) ? master : undefined;
}

/** Said of a device whose packets are another one's, by a start and by the doctor alike. */
export function partOf(whole: string): string {
  return `it is a part of ${whole}, and what comes in by it counts as coming in by ${whole}`;
}

/** Said of a device that is missing, by a start and by the doctor alike. @param there all that this machine has */
export function noSuchDevice(there: readonly string[]): string {
  const useful = there.filter((device) => device !== 'lo');
  return `there is no such device; there are: ${useful.length === 0 ? 'none but lo' : useful.join(', ')}`;
}

/** As people write them: without zones, and link-local ones left out where there are others. */
export function addressesOf(device: string): readonly string[] {
  const all = (networkInterfaces()[device] ?? []).map(({ address }) => address);
  const global = all.filter((address) => !address.startsWith('fe80:'));
  return global.length > 0 ? global : all;
}

/** The device that has the address; undefined for none. */
export function deviceWith(address: string): string | undefined {
  const entries = Object.entries(networkInterfaces());
  return entries.find(([, addresses]) => addresses?.some((each) => each.address === address) === true)?.[0];
}
