/** Key-exchange groups as this process's library can take them. */
import { COMMAND_SERVICE, FILE_SERVICE } from '../../config/defaults.ts';
import { hasHybridGroups } from '../../openssl/library/version.ts';
import { approvedGroups } from '../material/fips.ts';

const OURS: ReadonlySet<string> = new Set([FILE_SERVICE.tls.curves, COMMAND_SERVICE.tls.curves]);

/**
 * A list of ours goes without the hybrid groups and the stars where the library knows neither (before OpenSSL 3.5; the start of the log
 * says so, `missingFeatures`). A user's list is left as it is written, and refused by the library where it names what is not there.
 * @param hybrid whether the library knows them
 */
export function groupsFor(curves: string, hybrid = hasHybridGroups()): string {
  return approvedGroups(hybrid || !OURS.has(curves) ? curves : classical(curves));
}

function classical(curves: string): string {
  return curves
    .split(':')
    .filter((group) => !group.includes('MLKEM'))
    .map((group) => group.replace('*', ''))
    .join(':');
}
