/**
 * Preloaded into every process of a daemon under test (`--import`): each name that is looked up is a line `PID NAME` of the file that
 * LOOKUPS_AT names.
 */
import dns from 'node:dns/promises';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** The variable with the path of the file. */
export const LOOKUPS_AT = 'OVERCOAT_TEST_LOOKUPS_AT';

const path = process.env[LOOKUPS_AT];
if (path !== undefined) {
  const lookup = dns.lookup;
  const told = (name: string, ...rest: readonly unknown[]): unknown => {
    appendFileSync(path, `${process.pid} ${name}\n`);
    return Reflect.apply(lookup, dns, [name, ...rest]);
  };
  Object.assign(dns, { lookup: told });
  syncBuiltinESMExports();
}
