/**
 * The route that TPROXY needs: marked packets are delivered to this machine although their destination is elsewhere. Rule and
 * route are not owned by a process, so they are undone by command. Adding removes a leftover first: `ip rule add` would pile them up.
 */

import { TPROXY_MARK, TPROXY_ROUTING_TABLE } from '../rules/rules.ts';
import { runTool, tryTool } from './tools.ts';

/** Before the main table (32766) and away from the numbers other tools use. */
const RULE_PRIORITY = 20_291;

/** Commands, without `ip`, in the order they are run. */
export function policyRouteCommands(what: 'add' | 'delete'): readonly (readonly string[])[] {
  return ['-4', '-6'].flatMap((family) => [
    [family, 'rule', what, 'priority', `${RULE_PRIORITY}`, 'fwmark', `0x${TPROXY_MARK.toString(16)}`, 'lookup', `${TPROXY_ROUTING_TABLE}`],
    [family, 'route', what, 'local', 'default', 'dev', 'lo', 'table', `${TPROXY_ROUTING_TABLE}`],
  ]);
}

/** @param ipv6 false where this machine has no IPv6 */
export async function addPolicyRoute(ipv6: boolean): Promise<void> {
  await removePolicyRoute();
  for (const command of policyRouteCommands('add')) if (ipv6 || command[0] === '-4') await runTool('ip', command);
}

/** Absent rules and routes are fine. */
export async function removePolicyRoute(): Promise<void> {
  for (const command of policyRouteCommands('delete')) await tryTool('ip', command);
}
