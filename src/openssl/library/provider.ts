/** Providers beside the library's own: FIPS, PKCS#11, whatever a system has installed. They are loaded for the whole process, for good. */
import { existsSync } from 'node:fs';
import { addressOf } from '../../native/binding.ts';
import { opensslError } from './errors.ts';
import { C } from './library.ts';
import { isForeign } from './version.ts';

export interface ProviderParameter {
  readonly name: string;
  readonly value: string;
}

/** Where distributions put their modules: the runtime's own library looks in a folder of its build. */
const FOLDERS = [
  `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/ossl-modules`, // Debian, Ubuntu
  '/usr/lib64/ossl-modules', // Fedora, SUSE
  '/usr/lib/ossl-modules', // Arch, Alpine
] as const;

/** Providers that are part of every library, or bring all they need. Others use a libcrypto, and which one they get is not ours to say. */
const SELF_CONTAINED: ReadonlySet<string> = new Set(['default', 'base', 'null', 'fips']);

/** May it be loaded into this library? A module that is bound to another libcrypto than the one that loads it hangs or crashes (tried). */
export function mayLoad(name: string): boolean {
  return !isForeign() || SELF_CONTAINED.has(name);
}

/**
 * Loads one, beside those that are there.
 * @param parameters in force before the provider begins (OSSL_PROVIDER_load_ex(3))
 * @throws OpensslError
 */
export function loadProvider(name: string, parameters: readonly ProviderParameter[] = []): void {
  C.ERR_clear_error();
  setFolder();
  if (parameters.length === 0) {
    if (C.OSSL_PROVIDER_try_load(null, name, KEEP_DEFAULT) === null) throw opensslError(`the provider ${name} cannot be loaded`);
    return;
  }
  if (C.OSSL_PROVIDER_try_load_ex === undefined) throw opensslError('a provider takes parameters from OpenSSL 3.2 on');
  const list = parameterList(parameters);
  if (C.OSSL_PROVIDER_try_load_ex(null, name, list.bytes, KEEP_DEFAULT) === null) {
    throw opensslError(`the provider ${name} cannot be loaded`);
  }
}

const KEEP_DEFAULT = 1;

const PARAM_BYTES = 40;
const UTF8_STRING = 4;

/** `OSSL_PARAM[]` with its end. @returns also the texts, which must live as long */
function parameterList(parameters: readonly ProviderParameter[]): { readonly bytes: Uint8Array; readonly texts: readonly Uint8Array[] } {
  const bytes = new Uint8Array((parameters.length + 1) * PARAM_BYTES);
  const view = new DataView(bytes.buffer);
  const texts = parameters.flatMap(({ name, value }, index) => {
    const [key, data] = [terminated(name), terminated(value)];
    const at = index * PARAM_BYTES;
    view.setBigUint64(at, addressOf(key), true);
    view.setUint32(at + 8, UTF8_STRING, true);
    view.setBigUint64(at + 16, addressOf(data), true);
    view.setBigUint64(at + 24, BigInt(data.length - 1), true);
    view.setBigInt64(at + 32, -1n, true);
    return [key, data];
  });
  return { bytes, texts };
}

function terminated(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(`${text}\0`));
}

/** OPENSSL_MODULES has the first word, as everywhere. */
function setFolder(): void {
  if (isForeign() || (process.env['OPENSSL_MODULES'] ?? '') !== '') return;
  const folder = FOLDERS.find((one) => existsSync(one));
  if (folder !== undefined && C.OSSL_PROVIDER_set_default_search_path(null, folder) !== 1) throw opensslError(`the folder ${folder}`);
}

export function hasProvider(name: string): boolean {
  return C.OSSL_PROVIDER_available(null, name) === 1;
}

/** From now on algorithms of the FIPS provider only, or of all again. @throws OpensslError */
export function enableFips(on: boolean): void {
  if (C.EVP_default_properties_enable_fips(null, on ? 1 : 0) !== 1) throw opensslError('EVP_default_properties_enable_fips');
}

export function isFips(): boolean {
  return C.EVP_default_properties_is_fips_enabled(null) === 1;
}
