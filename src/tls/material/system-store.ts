/** The trust store of the operating system: what OpenSSL's variables name, else the bundle the distribution keeps. */
import { delimiter } from 'node:path';
import { OvercoatError } from '../../errors.ts';
import { readStartFile, statStartFile } from '../../start-files.ts';
import { readHashedDirectory } from './hashed-directory.ts';
import { certificateTexts, readMaterial } from './material-file.ts';

/** Where distributions keep their bundle; the first that exists counts. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Alpine, Arch
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // Fedora, RHEL
  '/etc/pki/tls/certs/ca-bundle.crt', // older RHEL, Amazon Linux
  '/etc/ssl/ca-bundle.pem', // SUSE
  '/etc/ssl/cert.pem', // Alpine, where the first is missing
] as const;

/**
 * The system's certificates as PEM texts. SSL_CERT_FILE and SSL_CERT_DIR (several, separated as PATH is) replace the bundles when
 * set; then an unreadable file is an error, as the user named it (of the directories not all need exist, as for OpenSSL).
 * @throws OvercoatError `config_key_material` when there is none
 */
export function readSystemStore(
  environment: Readonly<Record<string, string | undefined>>,
  bundles: readonly string[] = BUNDLES,
): readonly string[] {
  const file = environment['SSL_CERT_FILE'] ?? '';
  const directories = (environment['SSL_CERT_DIR'] ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '' && statStartFile(directory) !== undefined);
  const named = [
    ...(file === '' ? [] : [readMaterial('SSL_CERT_FILE', file)]),
    ...directories.flatMap((directory) => readHashedDirectory('CApath', directory, 'SSL_CERT_DIR')),
  ];
  const found = (file !== '' || directories.length > 0 ? named : firstReadable(bundles)).flatMap(certificateTexts);
  if (found.length > 0) return found;
  throw new OvercoatError(
    'config_key_material',
    `No trusted certificates found in the system store (SSL_CERT_FILE, SSL_CERT_DIR, ${bundles.join(', ')}); install the ca-certificates package, or name your own with CAfile or --ca`,
  );
}

function firstReadable(bundles: readonly string[]): readonly Buffer[] {
  for (const bundle of bundles) {
    try {
      return [readStartFile(bundle)];
    } catch {
      // not this distribution
    }
  }
  return [];
}
