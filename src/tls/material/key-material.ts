/**
 * Our own certificate and key: PEM (chain, leaf first), PKCS#12, encrypted keys. Read and checked once at start, while the
 * process may still be root; every error names the file and the fix, none holds a byte of the key.
 */
import type { KeyObject } from 'node:crypto';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { OvercoatError } from '../../errors.ts';
import { emptyFile, isCertificate, isExposed, materialError, materialPath, pemBlocks, readMaterial } from './material-file.ts';
import { certificatesAt, isStoreUri, shownUri } from './uri-material.ts';

/** Asks for the passphrase of a key file on the terminal; undefined where there is none. */
export type AskPassphrase = (keyFile: string) => string | undefined;

/** How often a wrong passphrase may be repeated. */
const PASSPHRASE_TRIES = 3;

export type KeyMaterial =
  | {
      readonly kind: 'pem';
      /** PEM texts, leaf first. */
      readonly chain: readonly string[];
      /** Unencrypted PKCS#8, in memory only. */
      readonly key: string;
      readonly leaf: X509Certificate;
      /** Diffie-Hellman parameters that stand in the certificate's file, as PEM. */
      readonly dhParameters: string | undefined;
      /** The file of the key, where others can read it. */
      readonly exposed: string | undefined;
    }
  | {
      /** The key stays in a store of a provider's, for example in hardware. */
      readonly kind: 'store';
      readonly chain: readonly string[];
      /** May hold a PIN. */
      readonly uri: string;
      readonly leaf: X509Certificate;
      readonly exposed: undefined;
    }
  | {
      readonly kind: 'pkcs12';
      readonly pfx: Buffer;
      readonly passphrase: string;
      /** undefined where the container has a key alone. */
      readonly leaf: X509Certificate | undefined;
      readonly exposed: string | undefined;
    };

/**
 * Loads `cert` and `key`.
 * @param key undefined: the key stands in the file of `cert`, as in stunnel
 * @throws OvercoatError `config_key_material`
 */
export function loadKeyMaterial(cert: string, key: string | undefined, ask: AskPassphrase, open: OpenPkcs12): KeyMaterial {
  if (isStoreUri(cert)) return withCertificateOf(cert, key ?? cert, ask);
  const certPath = materialPath('cert', cert);
  const bytes = readMaterial('cert', certPath);
  const empty = emptyFile(bytes);
  if (empty !== undefined) throw materialError('cert', certPath, `${empty}; a PEM file with the chain, leaf first, is needed`);
  const blocks = pemBlocks(bytes);
  if (blocks.length === 0) return loadPkcs12(certPath, bytes, ask, open);
  const chain = blocks.filter(isCertificate).map((block) => block.text);
  if (chain.length === 0) throw materialError('cert', certPath, 'holds no certificate; a PEM file with the chain, leaf first, is needed');
  if (key !== undefined && isStoreUri(key)) {
    return { kind: 'store', chain, uri: key, leaf: parseCertificate(certPath, chain[0] as string), exposed: undefined };
  }
  const keyPath = key === undefined ? certPath : materialPath('key', key);
  const keyBytes = keyPath === certPath ? bytes : readMaterial('key', keyPath);
  const dhParameters = blocks.find(({ label }) => DH_LABELS.has(label))?.text;
  return withKeyFile(
    keyPath,
    keyBytes,
    { chain, leaf: parseCertificate(certPath, chain[0] as string), place: certPath, dhParameters },
    ask,
  );
}

/** The certificate, and perhaps the key, are a provider's. */
function withCertificateOf(cert: string, key: string, ask: AskPassphrase): KeyMaterial {
  const [first, ...others] = certificatesAt('cert', cert).map((pem) => new X509Certificate(pem));
  const leaf = first as X509Certificate; // without one it is an error
  const chain = [leaf, ...issuersAmong(leaf, others)].map(String);
  if (isStoreUri(key)) return { kind: 'store', chain, uri: key, leaf, exposed: undefined };
  const keyPath = materialPath('key', key);
  return withKeyFile(keyPath, readMaterial('key', keyPath), { chain, leaf, place: shownUri(cert), dhParameters: undefined }, ask);
}

/** A token holds its certificates in any order, and others besides: those that lead up from the leaf. */
function issuersAmong(leaf: X509Certificate, others: readonly X509Certificate[]): readonly X509Certificate[] {
  const issuer = leaf.checkIssued(leaf) ? undefined : others.find((one) => leaf.checkIssued(one));
  if (issuer === undefined) return [];
  const rest = others.filter((one) => one !== issuer);
  return [issuer, ...issuersAmong(issuer, rest)];
}

interface OwnCertificate {
  readonly chain: readonly string[];
  readonly leaf: X509Certificate;
  /** Where it stands, for messages. */
  readonly place: string;
  readonly dhParameters: string | undefined;
}

function withKeyFile(path: string, bytes: Buffer, { chain, leaf, place, dhParameters }: OwnCertificate, ask: AskPassphrase): KeyMaterial {
  const privateKey = loadPrivateKey(path, bytes, ask);
  if (!leaf.checkPrivateKey(privateKey)) {
    throw materialError('key', path, `Private key does not match the certificate in ${place}; give the key that belongs to its first one`);
  }
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return { kind: 'pem', chain, key, leaf, dhParameters, exposed: isExposed(path) ? path : undefined };
}

/** Opens a PKCS#12 container and returns its own certificate; throws OpenSSL's error. From outside, as only a TLS context can do it. */
export type OpenPkcs12 = (pfx: Buffer, passphrase: string) => X509Certificate | undefined;

function parseCertificate(path: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw materialError('cert', path, 'its first certificate cannot be read; the file may be damaged', error);
  }
}

/** As PEM_read_bio_DHparams(3) takes them: PKCS#3 and X9.42. */
const DH_LABELS = new Set(['DH PARAMETERS', 'X9.42 DH PARAMETERS']);

const KEY_LABELS = new Set(['PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'DSA PRIVATE KEY']);

function loadPrivateKey(path: string, bytes: Buffer, ask: AskPassphrase): KeyObject {
  const pem = pemBlocks(bytes).find((block) => KEY_LABELS.has(block.label))?.text;
  if (pem === undefined) {
    throw materialError('key', path, `${emptyFile(bytes) ?? 'holds no private key'}; name the file that has it with \`key\``);
  }
  const encrypted = pem.includes('ENCRYPTED');
  const passphrase = encrypted ? askFor('key', path, ask, (answer) => opens(() => createPrivateKey({ key: pem, passphrase: answer }))) : '';
  try {
    return createPrivateKey({ key: pem, passphrase });
  } catch (error) {
    throw materialError('key', path, 'the private key cannot be read; the file may be damaged or its kind unknown', error);
  }
}

function loadPkcs12(path: string, pfx: Buffer, ask: AskPassphrase, open: OpenPkcs12): KeyMaterial {
  const macFits = (passphrase: string): boolean => {
    try {
      open(pfx, passphrase);
      return true;
    } catch (error) {
      return !(error instanceof Error && error.message.includes('mac verify failure'));
    }
  };
  const passphrase = macFits('') ? '' : askFor('cert', path, ask, macFits);
  try {
    const leaf = open(pfx, passphrase);
    return { kind: 'pkcs12', pfx, passphrase, leaf, exposed: isExposed(path) ? path : undefined };
  } catch (error) {
    throw unusablePkcs12(path, error);
  }
}

function unusablePkcs12(path: string, error: unknown): OvercoatError {
  const old = error instanceof Error && error.message.includes('unsupported');
  const fix = old
    ? 'its PKCS#12 encryption is too old for this OpenSSL; open it with `openssl pkcs12 -legacy -nodes` and export it again'
    : 'neither PEM nor PKCS#12; a PEM file with the chain, leaf first, or a PKCS#12 file is needed';
  return materialError('cert', path, fix, error);
}

/** A passphrase for which `fits` says yes. */
function askFor(option: string, path: string, ask: AskPassphrase, fits: (passphrase: string) => boolean): string {
  for (let tries = 0; tries < PASSPHRASE_TRIES; tries += 1) {
    const passphrase = ask(path);
    if (passphrase === undefined) {
      const fix = 'start from a terminal, or store the key unencrypted and readable by its owner only';
      throw materialError(option, path, `the private key is encrypted and there is no terminal to ask for its passphrase; ${fix}`);
    }
    if (fits(passphrase)) return passphrase;
  }
  throw materialError(option, path, `wrong passphrase, ${PASSPHRASE_TRIES} times`);
}

/** Any failure counts as a wrong passphrase: it may also decrypt to noise, which no error code tells apart. */
function opens(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
