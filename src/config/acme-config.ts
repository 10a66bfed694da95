/** `acme`: from names to where everything of their certificate is kept. Whoever asks for the same finds the same place. */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { AcmeConfig, ServiceConfig } from './config.ts';

const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';
const STORE = '/var/lib/overcoat/acme';
/** Of a digest: enough that no two of one store meet. */
const DIGITS = 12;

/** The file in its folder that holds key and chain. */
const ACME_CERTIFICATE = 'certificate.pem';

/** As it was said; what was not is undefined. */
export type AcmeChoice = Pick<AcmeConfig, 'names'> & {
  readonly [Name in Exclude<keyof AcmeConfig, 'names' | 'accountFolder' | 'folder'>]?: AcmeConfig[Name] | undefined;
};

export function acmeConfig({ names, directory = LETS_ENCRYPT, keyType = 'ec256', store = STORE, ...said }: AcmeChoice): AcmeConfig {
  const { email, binding, profile, caFile, http } = said;
  const folder = resolve(store);
  const accountFolder = join(folder, `${new URL(directory).hostname}-${digest([directory, binding?.kid ?? ''])}`);
  const certificateFolder = join(accountFolder, `${names[0]}-${digest([...names, keyType, profile ?? ''])}`);
  return { names, directory, email, binding, keyType, profile, caFile, http, store: folder, accountFolder, folder: certificateFolder };
}

/** The service with the file of its certificate, which is taken whenever it is another one. */
export function withAcmeFiles(service: ServiceConfig): ServiceConfig {
  if (service.acme === undefined) return service;
  const cert = join(service.acme.folder, ACME_CERTIFICATE);
  return {
    ...service,
    tls: { ...service.tls, cert, key: cert },
    reloadCerts: service.reloadCerts === 'no' ? 'watch' : service.reloadCerts,
  };
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, DIGITS);
}
