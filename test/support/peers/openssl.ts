/** The `openssl` command (package openssl) as a TLS peer of another make: `s_server` and `s_client` carrying raw bytes. */
import type { Place, ProgramOptions } from '../program.ts';
import { Program, thisMachine } from '../program.ts';

export interface OpensslServer {
  readonly program: Program;
  readonly port: number;
}

/**
 * `openssl s_server` on 127.0.0.1 with a port of the kernel's choice, serving until it is stopped: what clients send stands in its
 * output, what is written to the program is sent to the client.
 */
export async function startOpensslServer(cert: string, key: string, options: string[], place: Place = thisMachine): Promise<OpensslServer> {
  const program = new Program(['openssl', 's_server', '-accept', '127.0.0.1:0', '-cert', cert, '-key', key, ...options], {
    place,
    keepInput: true,
  });
  const [, port] = await program.saw(/^ACCEPT 127\.0\.0\.1:(\d+)$/m);
  return { program, port: Number(port) };
}

/** `openssl s_client` to an address: what is written to the program is sent, what the server says stands in its output. */
export function startOpensslClient(address: string, options: string[], run: ProgramOptions = { keepInput: true }): Program {
  return new Program(['openssl', 's_client', '-connect', address, ...options], run);
}
