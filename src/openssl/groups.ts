/** Lists of key-exchange groups as this library can read them. */
import { C } from './library.ts';

/** OpenSSL 3.5 has ML-KEM, and marks the groups of a list whose share a client sends at once (`*`). */
const WITH_MARKS_AND_MLKEM = 0x30500000;

/**
 * A library before 3.5 takes the list without its marks and without the hybrid groups, which it does not have (the start of the log says
 * so, `missingFeatures`). A list of which nothing is left stays, to be refused.
 */
export function readableGroups(groups: string): string {
  if (C.OpenSSL_version_num() >= WITH_MARKS_AND_MLKEM) return groups;
  const known = groups.split(':').flatMap((group) => (group.includes('MLKEM') ? [] : [group.replace('*', '')]));
  return known.length > 0 ? known.join(':') : groups;
}
