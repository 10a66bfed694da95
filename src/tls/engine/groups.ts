/** Key-exchange groups as this process's library can take them. */
import { COMMAND_SERVICE, FILE_SERVICE } from '../../config/defaults.ts';
import { hasHybridGroups } from '../../openssl/library/version.ts';
import { approvedGroups } from '../material/fips.ts';

const OURS: ReadonlySet<string> = new Set([FILE_SERVICE.tls.curves, COMMAND_SERVICE.tls.curves]);

/** A starred group is the one whose key is sent with the first message; above this level none of ours may be, and OpenSSL sends no other. */
const HIGHEST_LEVEL_OF_STARS = 4;

/**
 * A list of ours goes without the hybrid groups and the stars where the library knows neither (before OpenSSL 3.5; the start of the log
 * says so, `missingFeatures`), and at a security level that forbids every starred group. A user's list is left as it is written, and refused by the library where it names what is not there.
 * @param hybrid whether the library knows them
 */
export function groupsFor(curves: string, securityLevel: number, hybrid = hasHybridGroups()): string {
  const asWritten = (hybrid && securityLevel <= HIGHEST_LEVEL_OF_STARS) || !OURS.has(curves);
  return approvedGroups(asWritten ? curves : classical(curves));
}

function classical(curves: string): string {
  return curves
    .split(':')
    .filter((group) => !group.includes('MLKEM'))
    .map((group) => group.replace('*', ''))
    .join(':');
}
