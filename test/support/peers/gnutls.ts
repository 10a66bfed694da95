/** GnuTLS (package gnutls-bin) as a TLS peer of another make: `gnutls-serv` echoes lines, `gnutls-cli` carries them. */
import { authority } from '../data/certificates.ts';
import { closedPort } from '../net/tcp.ts';
import { Program } from '../program.ts';
import type { Ending } from '../temp.ts';
import type { OpensslServer } from './openssl.ts';

export type GnutlsServer = OpensslServer;

/** Its name for nothing but this version of TLS. */
export function gnutlsPriority(version: 'TLSv1.2' | 'TLSv1.3', more = ''): string {
  return `NORMAL:-VERS-ALL:+VERS-TLS${version.slice(-3)}${more}`;
}

/** Serves until `t` ends; it cannot be told an address, and takes no port of the kernel's choice. */
export async function startGnutlsServer(t: Ending, options: readonly string[]): Promise<GnutlsServer> {
  const port = await closedPort();
  const program = new Program(['gnutls-serv', '--echo', '--port', String(port), ...options], { keepInput: true });
  t.after(() => program.stop('SIGKILL').then(() => undefined));
  await program.saw(/listening on IPv4 .*done/);
  return { program, port };
}

/** A client of this port that verifies the server as `localhost`: what is written to it is sent, what it is sent stands in its output. */
export function startGnutlsClient(port: number, options: readonly string[]): Program {
  const whom = [
    '--port',
    String(port),
    '--x509cafile',
    authority().certFile,
    '--sni-hostname',
    'localhost',
    '--verify-hostname',
    'localhost',
  ];
  return new Program(['gnutls-cli', '127.0.0.1', ...whom, ...options], { keepInput: true });
}
