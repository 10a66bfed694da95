/**
 * A TLS front that serves several names on one address and nobody without one (HAProxy, strict-sni): what clients behind a gateway
 * cannot reach unless their gateway knows the name.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { authority } from '../data/certificates.ts';
import type { Host } from '../net/netns.ts';
import type { Program } from '../program.ts';
import { startHaproxy } from './haproxy.ts';

/** One TLS port and, for each name, the plain port behind it on 127.0.0.1. */
export interface FrontPort {
  readonly port: number;
  readonly alpn?: string;
  readonly behind: Readonly<Record<string, number>>;
}

export async function startSniFront(host: Host, directory: string, ports: readonly FrontPort[]): Promise<Program> {
  const certificates = join(directory, 'certificates');
  mkdirSync(certificates);
  for (const name of new Set(ports.flatMap(({ behind }) => Object.keys(behind)))) {
    const issued = authority().issue({ dnsNames: [name], ipAddresses: [] });
    writeFileSync(join(certificates, `${name}.pem`), issued.key + issued.certificate);
  }
  const sections = ports.map(({ port, alpn, behind }) => {
    const tls = `ssl crt ${certificates}/ strict-sni${alpn === undefined ? '' : ` alpn ${alpn}`}`;
    const names = Object.entries(behind);
    const uses = names.map(([name]) => `use_backend ${name}-${port} if { ssl_fc_sni ${name} }`).join('\n');
    const backends = names.map(([name, plain]) => `backend ${name}-${port}\nmode tcp\nserver it 127.0.0.1:${plain}`).join('\n');
    return `frontend front-${port}\nmode tcp\nbind :${port} ${tls}\nbind :::${port} v6only ${tls}\n${uses}\n${backends}\n`;
  });
  return startHaproxy(sections.join(''), directory, host);
}
