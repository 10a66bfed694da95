/** Everything a gateway would do to the machine, as text to read or to paste. Pure. */
import { shellWord } from '../text/shell-word.ts';
import { hasIpv6, neededParameters, sysctlName } from './machine/kernel-parameters.ts';
import { policyRouteCommands } from './machine/policy-route.ts';
import { advertisedUplinks } from './machine/uplinks.ts';
import { iptablesCommands } from './rules/iptables.ts';
import type { GatewayRules } from './rules/rules.ts';
import { guardTable, interceptionTable } from './rules/rules.ts';
import { tableText } from './rules/table-text.ts';

/** Shell lines first (kernel parameters, routes), then the rules in the wanted form: without numbers of devices, which another boot gives anew. */
export function showGateway(installed: GatewayRules, form: 'nft' | 'iptables'): string {
  const rules = { ...installed, links: [] };
  const parameters = neededParameters({ devices: rules.devices, advertisedUplinks: advertisedUplinks(rules.devices) }, hasIpv6());
  const sysctls = [...parameters].map(([name, value]) => `sysctl -w ${shellWord(`${sysctlName(name)}=${value}`)}`);
  const routes = rules.mode === 'tproxy' ? policyRouteCommands('add').map((words) => ['ip', ...words].join(' ')) : [];
  const commands = [...sysctls, ...routes];
  if (form === 'iptables') return `${[...commands, ...iptablesCommands(rules)].join('\n')}\n`;
  const tables = tableText(interceptionTable(rules, false)) + tableText(guardTable(rules) ?? []);
  return `${commands.join('\n')}\nnft -f - <<'END'\n${tables}END\n# A running gateway makes the first table with "flags owner": the kernel drops it when the gateway dies.\n`;
}
