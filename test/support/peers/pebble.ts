/**
 * A real ACME directory (Debian package pebble) that misbehaves as it is told: it refuses good nonces, checks names late, issues for
 * seconds. Every name leads to 127.0.0.1, by a name server of its own.
 */
import { join } from 'node:path';
import { certificate } from '../data/certificates.ts';
import { closedPort } from '../net/tcp.ts';
import { Program } from '../program.ts';
import type { Ending } from '../temp.ts';
import { tempFolder, writeFiles } from '../temp.ts';
import { startDnsServer } from './dns-server.ts';

export interface Pebble {
  readonly program: Program;
  /** The directory's URL; its certificate is of the tests' authority. */
  readonly directory: string;
  /** Where it looks for TLS-ALPN-01 and for HTTP-01. */
  readonly tlsPort: number;
  readonly httpPort: number;
  /** How many certificates it has issued. */
  issued(): number;
}

export interface PebbleOptions {
  readonly validSeconds?: number;
  /** Where the directory listens; default any free port. One that follows another there knows none of its accounts. */
  readonly port?: number;
  /** Accounts need an external binding: identifier to key, base64url. */
  readonly bindings?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

export async function startPebble(t: Ending, { validSeconds, port: wanted, bindings, env = {} }: PebbleOptions = {}): Promise<Pebble> {
  const names = await startDnsServer((name, type) => ({ answers: type === 'A' ? [{ type: 'A', name, ttl: 1, data: '127.0.0.1' }] : [] }));
  t.after(() => names.close());
  const [port, management, tlsPort, httpPort] = [
    wanted ?? (await closedPort()),
    await closedPort(),
    await closedPort(),
    await closedPort(),
  ];
  const { certFile, keyFile } = certificate('server');
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: certFile,
    privateKey: keyFile,
    httpPort,
    tlsPort,
    ...(validSeconds === undefined ? {} : { certificateValidityPeriod: validSeconds }),
    ...(bindings === undefined ? {} : { externalAccountBindingRequired: true, externalAccountMACKeys: bindings }),
  };
  const folder = tempFolder(t);
  writeFiles(folder, { 'pebble.json': JSON.stringify({ pebble }) });
  const argv = ['pebble', '-config', join(folder, 'pebble.json'), '-dnsserver', `${names.address}:${names.port}`];
  const program = new Program(argv, { env: { ...process.env, PEBBLE_VA_NOSLEEP: '1', ...env } });
  t.after(async () => {
    await program.stop();
  });
  await program.saw(/ACME directory available at|Listening on/);
  const issued = (): number => program.output.split('Issued certificate serial').length - 1;
  return { program, directory: `https://localhost:${port}/dir`, tlsPort, httpPort, issued };
}
