/** What this process may do although it is not (or although it is) root: the effective capabilities (capabilities(7)). */
import { readFileSync } from 'node:fs';

/** Numbers of linux/capability.h. */
export const CAPABILITIES = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_DAC_READ_SEARCH: 2,
  CAP_FOWNER: 3,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_SYS_CHROOT: 18,
  CAP_SYS_ADMIN: 21,
} as const;
export type Capability = keyof typeof CAPABILITIES;

/** False also where there is no /proc to ask. */
export function hasCapability(...names: readonly Capability[]): boolean {
  const effective = effectiveCapabilities();
  return names.every((name) => ((effective >> BigInt(CAPABILITIES[name])) & 1n) === 1n);
}

function effectiveCapabilities(): bigint {
  try {
    const lines = readFileSync('/proc/self/status', 'latin1').split('\n');
    const line = lines.find((each) => each.startsWith('CapEff:'));
    return line === undefined ? 0n : BigInt(`0x${line.slice('CapEff:'.length).trim()}`);
  } catch {
    return 0n;
  }
}
