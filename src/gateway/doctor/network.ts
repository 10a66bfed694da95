/** The devices around the gateway: those the LAN comes in by, and the way out. */
import { networkInterfaces } from 'node:os';
import { linkList, noSuchDevice, unfitness } from '../machine/devices.ts';
import { usesIpv6 } from '../machine/kernel-parameters.ts';
import { tryTool } from '../machine/tools.ts';
import type { Finding, Patient } from './finding.ts';
import { fault, ok, warning } from './finding.ts';

/** REDIRECT rewrites to an address of the incoming device: without one packets are dropped. */
export async function checkDevices({ rules }: Patient): Promise<Finding[]> {
  if (rules === undefined) return [];
  const links = await linkList();
  return rules.devices.map((device) => {
    const link = `device ${device}`;
    const entry = links.find(({ ifname }) => ifname === device);
    if (entry === undefined) return fault(link, noSuchDevice(links.map(({ ifname }) => ifname)), 'name one of them with --from');
    const unfit = unfitness(entry);
    if (unfit !== undefined) return fault(link, unfit.text, unfit.fix);
    if (!entry.flags.includes('UP')) return fault(link, 'it is down', `ip link set ${device} up`);
    if (!entry.flags.includes('LOWER_UP')) return fault(link, 'it has no carrier', 'plug the cable in, or bring the other end up');
    const families = new Set((networkInterfaces()[device] ?? []).map(({ family }) => family));
    if (!families.has('IPv4'))
      return warning(link, 'it has no IPv4 address, so no IPv4 connection can come in', `ip address add ... dev ${device}`);
    if (usesIpv6() && !families.has('IPv6'))
      return warning(link, 'it has no IPv6 address, so no IPv6 connection can come in', `ip address add ... dev ${device}`);
    return ok(link, `up, with ${[...families].join(' and ')}`);
  });
}

export async function checkUplink(): Promise<Finding[]> {
  const families = usesIpv6() ? ['-4', '-6'] : ['-4'];
  return Promise.all(
    families.map(async (family) => {
      const link = `way out (IPv${family.slice(1)})`;
      const { stdout } = await tryTool('ip', [family, 'route', 'show', 'default']);
      const route = stdout.trim().split('\n')[0] ?? '';
      return route === ''
        ? warning(
            link,
            'there is no default route: only networks this machine has a route to can be reached',
            `ip ${family} route add default via ROUTER`,
          )
        : ok(link, route.trim());
    }),
  );
}
