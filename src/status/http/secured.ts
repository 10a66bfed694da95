/** The files of the status port: read once, at start. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { WatchConfig } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import { pathBytes } from '../../text/raw-text.ts';
import { systemErrorText } from '../../text/system-error.ts';
import type { Secured } from './listen.ts';

/** Fewer could be guessed over time. */
const MIN_TOKEN_CHARACTERS = 16;
/** Readable or writable by others than owner and group. */
const OTHERS = 0o007;

/** @returns undefined without `statusCert`. @throws OvercoatError `config_key_material` */
export function readSecured({ statusCert, statusKey = statusCert, statusCa }: WatchConfig): Secured | undefined {
  if (statusCert === undefined || statusKey === undefined) return undefined;
  const keyOption = statusKey === statusCert ? 'statusCert' : 'statusKey';
  const cert = read('statusCert', statusCert);
  const key = read('statusKey', statusKey);
  const ours = attempt(
    () => new X509Certificate(cert),
    `statusCert: ${statusCert}: holds no certificate; a PEM file with the chain, leaf first, is needed`,
  );
  const secret = attempt(
    () => createPrivateKey(key),
    `${keyOption}: ${statusKey}: holds no private key without a passphrase; name the file that has it with statusKey`,
  );
  if (!ours.checkPrivateKey(secret))
    throw new OvercoatError(
      'config_key_material',
      `${keyOption}: ${statusKey}: does not belong to the certificate in ${statusCert}; give the key that does`,
    );
  return { cert, key, clientCa: statusCa === undefined ? undefined : read('statusCA', statusCa) };
}

/** @returns undefined without a file. @throws OvercoatError `config_key_material` */
export function readToken(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const token = read('statusToken', file).toString('utf8').trim();
  if (token.length < MIN_TOKEN_CHARACTERS)
    throw new OvercoatError(
      'config_key_material',
      `statusToken: ${file}: a token has ${MIN_TOKEN_CHARACTERS} characters or more; \`openssl rand -hex 32\` makes one`,
    );
  if ((statSync(pathBytes(file)).mode & OTHERS) !== 0)
    throw new OvercoatError('config_key_material', `statusToken: ${file}: others may read or write it; chmod o= ${file}`);
  return token;
}

function attempt<T>(parse: () => T, problem: string): T {
  try {
    return parse();
  } catch (cause) {
    throw new OvercoatError('config_key_material', problem, cause);
  }
}

function read(option: string, file: string): Buffer {
  try {
    return readFileSync(pathBytes(file));
  } catch (cause) {
    throw new OvercoatError(
      'config_unreadable',
      `${option}: ${file}: ${systemErrorText(cause)}; check that the file exists and that this user may read it`,
      cause,
    );
  }
}
