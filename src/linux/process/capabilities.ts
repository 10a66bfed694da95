/** What this process may do although it is not (or although it is) root: the effective capabilities (capabilities(7)). */
import { readFileSync } from 'node:fs';

export const CAP_NET_ADMIN = 12;
export const CAP_SYS_ADMIN = 21;

/** False also where there is no /proc to ask. */
export function hasCapability(...numbers: readonly number[]): boolean {
  const effective = effectiveCapabilities();
  return numbers.every((number) => ((effective >> BigInt(number)) & 1n) === 1n);
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
