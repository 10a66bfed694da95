/** The files of the status port: read once, at start. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { WatchConfig } from '../../config/config.ts';
import { OptionError } from '../../errors.ts';
import { pathBytes } from '../../text/raw-text.ts';
import { systemErrorText } from '../../text/system-error.ts';
import type { Secured } from './listen.ts';

/** Fewer could be guessed over time. */
const MIN_TOKEN_CHARACTERS = 16;
/** Readable or writable by others than owner and group. */
const OTHERS = 0o007;

/** What a reader of the status port is shown, or has to show. */
type StatusOption = 'statusCert' | 'statusKey' | 'statusCA' | 'statusToken';

/** @returns undefined without `statusCert`. @throws OptionError `config_key_material`, `config_unreadable` */
export function readSecured({ statusCert, statusKey = statusCert, statusCa }: WatchConfig): Secured | undefined {
  if (statusCert === undefined || statusKey === undefined) return undefined;
  const keyOption = statusKey === statusCert ? 'statusCert' : 'statusKey';
  const cert = read('statusCert', statusCert);
  const key = read('statusKey', statusKey);
  const ours = attempt(
    () => new X509Certificate(cert),
    unusable('statusCert', statusCert, 'holds no certificate; a PEM file with the chain, leaf first, is needed'),
  );
  const secret = attempt(
    () => createPrivateKey(key),
    unusable(keyOption, statusKey, 'holds no private key without a passphrase; name the file that has it with statusKey'),
  );
  if (!ours.checkPrivateKey(secret))
    throw unusable(keyOption, statusKey, `does not belong to the certificate in ${statusCert}; give the key that does`)();
  return { cert, key, clientCa: statusCa === undefined ? undefined : read('statusCA', statusCa) };
}

/** @returns undefined without a file. @throws OptionError `config_key_material`, `config_unreadable` */
export function readToken(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const token = read('statusToken', file).toString('utf8').trim();
  if (token.length < MIN_TOKEN_CHARACTERS) {
    const problem = `a token has ${MIN_TOKEN_CHARACTERS} characters or more; \`openssl rand -hex 32\` makes one`;
    throw unusable('statusToken', file, problem)();
  }
  if ((statSync(pathBytes(file)).mode & OTHERS) !== 0)
    throw unusable('statusToken', file, `others may read or write it; chmod o= ${file}`)();
  return token;
}

function unusable(option: StatusOption, file: string, problem: string): (cause?: unknown) => OptionError {
  return (cause) => new OptionError('config_key_material', option, `${option}: ${file}: ${problem}`, cause);
}

function attempt<T>(parse: () => T, failed: (cause: unknown) => OptionError): T {
  try {
    return parse();
  } catch (cause) {
    throw failed(cause);
  }
}

function read(option: StatusOption, file: string): Buffer {
  try {
    return readFileSync(pathBytes(file));
  } catch (cause) {
    const problem = `${systemErrorText(cause)}; check that the file exists and that this user may read it`;
    throw new OptionError('config_unreadable', option, `${option}: ${file}: ${problem}`, cause);
  }
}
