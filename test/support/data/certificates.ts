/**
 * Certificates on disk for the programs under test. Everything is made once per test process, on first use, and vanishes with it.
 * For one that is not here, ask `authority()` to issue it and `store()` to write it.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority, CertificateRequest, Issued, KeyKind } from '../../../src/demo/throwaway-authority.ts';
import { createAuthority } from '../../../src/demo/throwaway-authority.ts';
import { sharedFolder } from '../temp.ts';
import { createSelfSigned } from './self-signed.ts';

export interface Stored extends Issued {
  /** The certificate, followed by its intermediates where there are any. */
  readonly certFile: string;
  /** Unencrypted, mode 600. */
  readonly keyFile: string;
  /** Both in one file, key first, mode 600: what stunnel's `cert` without `key` reads. */
  readonly bothFile: string;
}

/** The usual cast. All leaves are for `localhost`, 127.0.0.1 and ::1 unless their name says something else. */
const CAST = {
  server: {},
  client: { subject: 'CN=client', dnsNames: ['client.test'], emails: ['client@client.test'], usages: ['clientAuth'] },
  rsa: { key: 'rsa' },
  ed25519: { key: 'ed25519' },
  'other-name': { dnsNames: ['other.test'], ipAddresses: ['192.0.2.1'] },
  wildcard: { dnsNames: ['*.example.test'], ipAddresses: [] },
  expired: { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2021-01-01T00:00:00Z') },
  'not-yet-valid': { notBefore: new Date('2090-01-01T00:00:00Z'), notAfter: new Date('2091-01-01T00:00:00Z') },
  'wrong-usage': { usages: ['codeSigning'] },
  'client-usage': { usages: ['clientAuth'] },
  'weak-key': { key: 'rsa1024' },
  'weak-digest': { digest: 'sha1' },
} as const satisfies Record<string, CertificateRequest>;

export type CastName = keyof typeof CAST;

/** One of the cast, issued by `authority()`. */
export function certificate(name: CastName): Stored {
  return remember(`leaf-${name}`, () => store(`leaf-${name}`, authority().issue({ ...LOCAL, ...CAST[name] })));
}

/** A leaf of `server`'s names from an authority nobody trusts. */
export function strangersCertificate(): Stored {
  return remember('stranger', () => store('stranger', authority('stranger').issue(LOCAL)));
}

/** A self-signed certificate for localhost. */
export function selfSigned(): Stored {
  return remember('self-signed', () => store('self-signed', createSelfSigned(LOCAL)));
}

/** A leaf below an intermediate; `certFile` holds both. */
export function chainedCertificate(): Stored {
  return remember('chained', () => {
    const intermediate = authority().intermediate();
    const leaf = intermediate.issue(LOCAL);
    return store('chained', leaf, intermediate.certificate);
  });
}

/** The authority of this process: `main` issues the cast, any other name is an authority of its own. */
export function authority(name = 'main', key: KeyKind = 'ec'): Authority & Stored {
  return remember(`authority-${name}-${key}`, () => {
    const made = createAuthority({ subject: `CN=Overcoat test authority ${name}`, key });
    return { ...made, ...store(`authority-${name}-${key}`, made) };
  });
}

/** Writes what `issue` returned. `chain` is PEM text appended to the certificate's file. */
export function store(name: string, issued: Issued, chain = ''): Stored {
  return {
    ...issued,
    certFile: write(`${name}.crt`, issued.certificate + chain, 0o644),
    keyFile: write(`${name}.key`, issued.key, 0o600),
    bothFile: write(`${name}.pem`, issued.key + issued.certificate + chain, 0o600),
  };
}

/** The server's key encrypted with `passphrase`: path of the PEM file. */
export function encryptedKey(passphrase: string): string {
  const text = certificate('server').privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase });
  return write(`encrypted-${Buffer.from(passphrase).toString('hex')}.key`, text as string, 0o600);
}

/** The server's certificate, key and authority as PKCS#12; needs the openssl program. */
export function pkcs12(passphrase: string): string {
  const path = join(sharedFolder(), `server-${Buffer.from(passphrase).toString('hex')}.p12`);
  const { certFile, keyFile } = certificate('server');
  const files = ['-in', certFile, '-inkey', keyFile, '-certfile', authority().certFile, '-out', path];
  execFileSync('openssl', ['pkcs12', '-export', ...files, '-passout', `pass:${passphrase}`], { stdio: 'pipe' });
  return path;
}

/** Several PEM files one after the other, as the article's `CAfile` wants them. */
export function bundle(name: string, ...files: readonly string[]): string {
  return write(`${name}.bundle.pem`, files.map((file) => readFileSync(file, 'utf8')).join(''), 0o644);
}

const LOCAL: CertificateRequest = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] };

const made = new Map<string, unknown>();

function remember<T>(key: string, make: () => T): T {
  if (!made.has(key)) made.set(key, make());
  return made.get(key) as T;
}

function write(name: string, content: string, mode: number): string {
  const path = join(sharedFolder(), name);
  writeFileSync(path, content, { mode });
  return path;
}
