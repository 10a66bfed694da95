/**
 * `fips = yes`: nothing but the algorithms of OpenSSL's FIPS provider. The runtime can always be told so; whether the provider is
 * there shows only when an algorithm is asked for, and then nothing at all would work.
 */
import { createHash, getFips, setFips } from 'node:crypto';
import { OvercoatError } from '../../errors.ts';

/**
 * Call before any context is made.
 * @throws OvercoatError `config_not_available` when this OpenSSL has no FIPS provider; nothing is changed then
 */
export function requireFips(): void {
  try {
    setFips(true);
    createHash('sha256').update('').digest();
  } catch (error) {
    setFips(false);
    const fix = 'use a Node.js whose OpenSSL has one (OPENSSL_CONF and OPENSSL_MODULES name it), or remove fips = yes';
    throw new OvercoatError('config_not_available', `FIPS provider not available: the OpenSSL of this runtime has none; ${fix}`, error);
  }
}

/** Of a list of groups those that FIPS 186 has, which is the default stunnel takes then; the list as it is where FIPS is off. */
export function approvedGroups(groups: string): string {
  if (getFips() === 0) return groups;
  const approved = groups.split(':').filter((group) => !group.replace('*', '').startsWith('X'));
  return approved.length > 0 ? approved.join(':') : groups;
}
