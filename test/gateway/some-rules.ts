/** A set of gateway rules to start from. */
import type { GatewayRules } from '../../src/gateway/rules/rules.ts';

export function someRules(different: Partial<GatewayRules> = {}): GatewayRules {
  return {
    devices: ['eth0'],
    links: [],
    ports: [
      { from: 443, to: 443 },
      { from: 8000, to: 8010 },
    ],
    mode: 'redirect',
    failClosed: true,
    forward: 'all',
    masquerade: false,
    listenPort: 15001,
    dns: undefined,
    local: undefined,
    ...different,
  };
}
