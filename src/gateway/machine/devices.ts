/** Devices that are named on the command line: whether they can be meant, told before anything is changed. */
import { networkInterfaces } from 'node:os';
import { OvercoatError } from '../../errors.ts';
import { networkDevices } from './kernel-parameters.ts';
import { tryTool } from './tools.ts';

/** Of `ip -j -details link show`, what is looked at. */
export interface Link {
  readonly ifname: string;
  readonly flags: readonly string[];
  /** The device that it is a part of. */
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_slave_kind?: string };
}

/** Why nothing that comes in by a device can be taken, and what to do. */
export interface Unfitness {
  readonly text: string;
  readonly fix: string;
}

/** Kinds of devices that take the packets of their parts as their own before any rule sees them, and can be named in the place of a part. */
const TAKES_PACKETS: ReadonlySet<string | undefined> = new Set(['bridge', 'bond', 'team']);

/** @throws OvercoatError `gateway_rules` for the first that is not there, or that no packet comes in by as far as rules can see */
export async function refuseUnfitDevices(devices: readonly string[]): Promise<void> {
  const there = networkDevices();
  const missing = devices.find((device) => !there.includes(device));
  if (missing !== undefined) throw new OvercoatError('gateway_rules', `--from ${missing}: ${noSuchDevice(there)}`);
  for (const link of await linkList()) {
    const unfit = devices.includes(link.ifname) ? unfitness(link) : undefined;
    if (unfit !== undefined) throw new OvercoatError('gateway_rules', `--from ${link.ifname}: ${unfit.text}; ${unfit.fix}`);
  }
}

/** All devices; empty where `ip` cannot tell. */
export async function linkList(): Promise<readonly Link[]> {
  const { code, stdout } = await tryTool('ip', ['-j', '-details', 'link', 'show']);
  return code === 0 ? (JSON.parse(stdout) as Link[]) : [];
}

/** Said of a device by a start and by the doctor alike; undefined: its packets come in by itself, wherever rules look. */
export function unfitness({ ifname, master = '', linkinfo }: Link): Unfitness | undefined {
  const [kind, partKind] = [linkinfo?.info_kind, linkinfo?.info_slave_kind];
  if (TAKES_PACKETS.has(partKind))
    return { text: `it is a part of ${master}, and what comes in by it counts as coming in by ${master}`, fix: `write --from ${master}` };
  if (partKind === 'openvswitch' || (kind === 'openvswitch' && ifname === 'ovs-system'))
    return {
      text: 'Open vSwitch takes what comes in by it before any rule sees it',
      fix: "name the bridge's own port, which has the name of the bridge (`ovs-vsctl list-br`)",
    };
  if (partKind === 'vrf' || kind === 'vrf') {
    const [vrf, part] = kind === 'vrf' ? [ifname, 'DEVICE'] : [master, ifname];
    return {
      text: `packets that are redirected as coming in by a part of a VRF (${vrf}) are forwarded as coming in by the VRF: rules would hold for one half`,
      fix: `take the device out of it (\`ip link set ${part} nomaster\`), or run the gateway in a network namespace in the place of the VRF`,
    };
  }
  return undefined;
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
