/** Does the LAN use this gateway at all? The interception remembers for a minute who opened a connection through it. */
import { INTERCEPTION_TABLE } from '../rules.ts';
import { tryTool } from '../tools.ts';
import type { Finding, Patient } from './finding.ts';
import { ok, skipped, warning } from './finding.ts';

export async function checkLanTraffic({ rules }: Patient): Promise<Finding[]> {
  const link = 'packets from the LAN';
  if (rules === undefined) return [skipped(link, 'nothing is installed')];
  const hosts = (await Promise.all(['seen4', 'seen6'].map(membersOf))).flat();
  if (hosts.length > 0)
    return [ok(link, `in the last minute from ${hosts.slice(0, 5).join(', ')}${hosts.length > 5 ? ` and ${hosts.length - 5} more` : ''}`)];
  const text = `none arrived in the last minute from ${rules.devices.join(', ')} for another machine`;
  return [warning(link, text, "make this machine's address the default gateway of the hosts (or of the one host) and try again")];
}

/** Addresses in one of the interception's sets; each stays for a minute. */
async function membersOf(set: string): Promise<string[]> {
  const { code, stdout } = await tryTool('nft', ['-j', 'list', 'set', 'inet', INTERCEPTION_TABLE, set]);
  if (code !== 0) return [];
  const { nftables } = JSON.parse(stdout) as { nftables: { set?: { elem?: ({ elem: { val: string } } | string)[] } }[] };
  const elements = nftables.flatMap((entry) => entry.set?.elem ?? []);
  return elements.map((element) => (typeof element === 'string' ? element : element.elem.val));
}
