/** A service that asks for its certificate, and what it shows. */
import type { TLSSocket } from 'node:tls';
import { authority } from '../data/certificates.ts';
import { dialTls } from '../net/tls.ts';
import type { Ending } from '../temp.ts';
import type { Options } from './config-text.ts';
import { section } from './config-text.ts';

export interface AcmeWanted {
  /** URL of the directory, whose certificate is of the tests' authority. */
  readonly directory: string;
  readonly store: string;
  /** Default: `web`, for a.example.test. */
  readonly name?: string;
}

/** A server section on a free port unless the options say another. */
export function acmeSection({ directory, store, name = 'web' }: AcmeWanted, options: Options): string {
  return section(name, {
    client: false,
    accept: 0,
    acme: 'a.example.test',
    acmeAgree: true,
    acmeDirectory: directory,
    acmeCA: authority().certFile,
    acmeStore: store,
    ...options,
  });
}

/** A TLS connection whose certificate is looked at and not judged. */
export async function shownAt(t: Ending, port: number): Promise<{ readonly socket: TLSSocket; readonly serial: string }> {
  const socket = await dialTls(t, port, { rejectUnauthorized: false, servername: 'a.example.test' });
  return { socket, serial: socket.getPeerCertificate().serialNumber };
}
