/** The whole table of raw conversations, and a run of it. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Stored } from '../data/certificates.ts';
import { authority, certificate, strangersCertificate } from '../data/certificates.ts';
import type { Options } from '../overcoat/config-text.ts';
import { identity, section, serverSection } from '../overcoat/config-text.ts';
import { ANSWERS } from './answers.ts';
import type { RawIdentity } from './client.ts';
import { handshakeRows } from './handshake-rows.ts';
import { helloRows } from './hello-rows.ts';
import { holdRow } from './hold.ts';
import { laterRows } from './later-rows.ts';
import type { Identities, Row, ServiceName } from './row.ts';

/** By subject. */
export const TABLE: Readonly<Record<string, readonly Row[]>> = {
  'the hello': helloRows,
  'the rest of the handshake, and what comes after it': handshakeRows,
  'client certificates, application protocols, resumption': laterRows,
};

/** What the table says of a row. */
export function expectedOf({ name, version }: Row): string | undefined {
  const answer = ANSWERS[name];
  return typeof answer === 'string' ? answer : answer?.[version === 'TLSv1.2' ? 0 : 1];
}

/** The services of Overcoat's that the table is held with; `hosts` is `plain` with a virtual host beside it. */
export function configOf(backend: number): string {
  const common: Options = { connect: backend, options: 'NO_TICKET' };
  return [
    serverSection('plain', common),
    serverSection('tickets', { connect: backend }),
    serverSection('asking', { ...common, verifyChain: true, CAfile: authority().certFile }),
    serverSection('protocols', { ...common, alpn: 'h2,mqtt' }),
    serverSection('hosts', common),
    section('host', { ...common, ...identity(), sni: 'hosts:host.test' }),
  ].join('');
}

/** Options of `openssl s_server` that make it the same. */
export const S_SERVER: Readonly<Record<ServiceName, readonly string[]>> = {
  plain: ['-no_ticket'],
  tickets: [],
  asking: ['-no_ticket', '-Verify', '3', '-verify_return_error', '-CAfile', authority().certFile],
  protocols: ['-no_ticket', '-alpn', 'h2,mqtt'],
};

/** A backend that answers each line with the line reversed, as `s_server -rev` does. */
export function reverseLines(socket: Socket): void {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) socket.write(`${[...line].reverse().join('')}\n`);
  });
  socket.on('end', () => socket.end());
}

let cast: Identities | undefined;

/** Who shows a certificate. */
function people(): Identities {
  const of = ({ certificate: pem, key }: Stored): RawIdentity => ({ der: new X509Certificate(pem).raw, key: createPrivateKey(key) });
  cast ??= { good: of(certificate('client')), stranger: of(strangersCertificate()), expired: of(certificate('expired')) };
  return cast;
}

/** Holds the rows, a few at a time. @returns what became of each, in their order */
export async function holdAll(rows: readonly Row[], lanes: readonly ((row: Row) => number)[]): Promise<readonly string[]> {
  const answers = new Array<string>(rows.length).fill('');
  let next = 0;
  const lane = async (portOf: (row: Row) => number): Promise<void> => {
    for (let at = next++; at < rows.length; at = next++) {
      const row = rows[at] as Row;
      answers[at] = await holdRow(row, portOf(row), people());
    }
  };
  await Promise.all(lanes.map(lane));
  return answers;
}

/** The rows whose answers differ. */
export function differences(rows: readonly Row[], ours: readonly string[], theirs: readonly (string | undefined)[]): readonly string[] {
  return rows.flatMap(({ name, version }, at) => (ours[at] === theirs[at] ? [] : [`${version}, ${name}: ${ours[at]}, not ${theirs[at]}`]));
}
