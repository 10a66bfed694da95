/** Faults of the network of a gateway: devices, rules. */
import { execFileSync } from 'node:child_process';
import type { Host } from '../net/netns.ts';
import type { Fault } from './fault.ts';
import { NOTHING_TO_UNDO } from './fault.ts';

/** Its connections may outlive it, as long as it is short. */
export function networkDown(host: Host, device: string): Fault {
  return {
    name: `${device} is down`,
    cutsConnections: true,
    inject: async () => {
      host.ip('link', 'set', device, 'down');
      return async () => host.ip('link', 'set', device, 'up');
    },
  };
}

/** The name goes back at the undoing. The device is down for a moment each time. */
export function renamedDevice(host: Host, device: string, to = 'renamed0'): Fault {
  const rename = (from: string, name: string): void => {
    host.ip('link', 'set', from, 'down');
    host.ip('link', 'set', from, 'name', name);
    host.ip('link', 'set', name, 'up');
  };
  return {
    name: `${device} is called ${to}`,
    cutsConnections: false,
    inject: async () => {
      rename(device, to);
      return async () => rename(to, device);
    },
  };
}

/** As a firewall that loads its own rules does. */
export function flushedRules(host: Host): Fault {
  return {
    name: 'the ruleset is flushed',
    cutsConnections: false,
    inject: async () => {
      await host.shell('nft flush ruleset');
      return NOTHING_TO_UNDO;
    },
  };
}

/** The `nft` that owns the interception of a gateway. */
export const KILLED_SESSION: Fault = {
  name: 'the nft of the gateway is killed',
  cutsConnections: true,
  inject: async ({ pid }) => {
    const session = execFileSync('pgrep', ['-P', String(pid), '-f', 'nft -j -i'], { encoding: 'utf8' }).trim();
    process.kill(Number(session), 'SIGKILL');
    return NOTHING_TO_UNDO;
  },
};
