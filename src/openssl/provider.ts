/** Providers beside the library's own: FIPS, PKCS#11, whatever a system has installed. They are loaded for the whole process, for good. */
import { opensslError } from './errors.ts';
import { C } from './library.ts';

/**
 * @param folder where the module is, if not where the library looks by itself (the runtime's own looks in a folder of its build)
 * @throws OpensslError
 */
export function loadProvider(name: string, folder?: string): void {
  if (folder !== undefined && C.OSSL_PROVIDER_set_default_search_path(null, folder) !== 1) throw opensslError(`the folder ${folder}`);
  if (C.OSSL_PROVIDER_load(null, name) === null) throw opensslError(`the provider ${name} cannot be loaded`);
}

export function hasProvider(name: string): boolean {
  return C.OSSL_PROVIDER_available(null, name) === 1;
}
