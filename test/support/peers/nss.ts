/** NSS (package libnss3-tools) as a TLS peer of another make: `selfserv` answers a request of HTTP, `tstclnt` carries text. */
import { join } from 'node:path';
import type { Stored } from '../data/certificates.ts';
import { authority } from '../data/certificates.ts';
import { closedPort } from '../net/tcp.ts';
import { outputOf, Program } from '../program.ts';
import type { Ending } from '../temp.ts';
import { tempFolder } from '../temp.ts';
import type { OpensslServer } from './openssl.ts';

const PASSWORD = 'interop';

/** A database of these certificates and keys, under their names; subjects must differ. The authority of the tests is trusted, as `ca`. */
export async function makeNssDatabase(t: Ending, named: Readonly<Record<string, Stored>>): Promise<string> {
  const folder = tempFolder(t);
  const database = `sql:${folder}`;
  await outputOf(['certutil', '-N', '-d', database, '--empty-password']);
  for (const [name, { certFile, keyFile }] of Object.entries({ ...named, ca: authority() })) {
    const file = join(folder, `${name}.p12`);
    const source = ['-in', certFile, '-inkey', keyFile, '-name', name];
    await outputOf(['openssl', 'pkcs12', '-export', ...source, '-out', file, '-passout', `pass:${PASSWORD}`]);
    await outputOf(['pk12util', '-i', file, '-d', database, '-W', PASSWORD]);
  }
  await outputOf(['certutil', '-M', '-d', database, '-n', 'ca', '-t', 'CT,C,C']);
  return database;
}

/** Its name for nothing but this version of TLS. */
export function nssVersion(version: 'TLSv1.2' | 'TLSv1.3'): readonly string[] {
  const name = `tls${version.slice(-3)}`;
  return ['-V', `${name}:${name}`];
}

/** Serves until `t` ends; it cannot be told an address, and takes no port of the kernel's choice. */
export async function startNssServer(t: Ending, database: string, options: readonly string[]): Promise<OpensslServer> {
  const port = await closedPort();
  const program = new Program(['selfserv', '-d', database, '-p', String(port), '-v', ...options], { keepInput: true });
  t.after(() => program.stop('SIGKILL').then(() => undefined));
  await program.saw(/About to call accept/);
  return { program, port };
}

/** A client of this port that asks for this name, and verifies the server by it. */
export function startNssClient(port: number, database: string, name: string, options: readonly string[]): Program {
  return new Program(['tstclnt', '-h', '127.0.0.1', '-p', String(port), '-d', database, '-a', name, ...options], { keepInput: true });
}
