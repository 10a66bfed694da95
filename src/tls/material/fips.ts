/**
 * `fips = yes`: nothing but the algorithms of OpenSSL's FIPS provider. A library can always be told so; whether the provider is there
 * is asked before, since without it nothing at all would work.
 */
import { OptionError } from '../../errors.ts';
import { enableFips, hasProvider, isFips, loadProvider } from '../../openssl/library/provider.ts';

/**
 * Call before any context is made.
 * @throws OptionError `config_not_available` when this OpenSSL has no FIPS provider; nothing is changed then
 */
export function requireFips(): void {
  try {
    if (!hasProvider('fips')) loadProvider('fips');
    loadProvider('base'); // reads keys and certificates, which the other does not
    enableFips(true);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const fix = 'install it and have the library configure it (docs/tuning.md), or remove fips = yes';
    throw new OptionError('config_not_available', 'fips', `FIPS provider not available: ${reason}; ${fix}`, error);
  }
}

/** Of a list of groups those that FIPS 186 has, which is the default stunnel takes then; the list as it is where FIPS is off. */
export function approvedGroups(groups: string): string {
  if (!isFips()) return groups;
  const approved = groups.split(':').filter((group) => !group.replace('*', '').startsWith('X'));
  return approved.length > 0 ? approved.join(':') : groups;
}
