/** `provider`, `providerParameter` and `fips`: what the library of this process can do, before any context or key is made. */
import type { GlobalConfig } from '../../config/config.ts';
import { OptionError } from '../../errors.ts';
import { loadProvider, mayLoad } from '../../openssl/library/provider.ts';
import { requireFips } from './fips.ts';

/** What the whole process is told about its library; plain data, which workers are given too. */
export type LibraryConfig = Pick<GlobalConfig, 'providers' | 'fips'>;

const loaded = new Set<string>();

/**
 * Loads the providers in their order, then turns FIPS on where it is asked for. Doing it again changes nothing.
 * @throws OptionError `config_not_available`, naming the provider; no parameter is shown, since one may be a PIN
 */
export function prepareLibrary({ providers, fips }: LibraryConfig): void {
  for (const { name, parameters } of providers) {
    if (loaded.has(name)) continue;
    if (!mayLoad(name)) {
      const text = `provider = ${name}: it can be loaded into the OpenSSL of the runtime only; unset OVERCOAT_OPENSSL`;
      throw new OptionError('config_not_available', 'provider', text);
    }
    try {
      loadProvider(name, parameters);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new OptionError('config_not_available', 'provider', `provider = ${name}: ${reason}; ${INSTALL}`, error);
    }
    loaded.add(name);
  }
  if (fips) requireFips();
}

const INSTALL = "install its module, and name its folder in OPENSSL_MODULES where it is not the system's";
