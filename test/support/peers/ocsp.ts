/** OCSP responders for tests: the openssl command's, and one that answers what the test says. */
import { sign } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Issued } from '../../../src/demo/throwaway-authority.ts';
import { readCertificate } from '../../../src/tls/certificate/certificate-facts.ts';
import type { DerValue } from '../../../src/tls/certificate/der-reader.ts';
import { readDer } from '../../../src/tls/certificate/der-reader.ts';
import { bitString, contextTag, explicitTag, objectIdentifier, octetString, sequence } from '../../../src/tls/certificate/der-writer.ts';
import { encodeOcspRequest } from '../../../src/tls/revocation/ocsp-request.ts';
import type { Stored } from '../data/certificates.ts';
import { closedPort } from '../net/tcp.ts';
import { Program, runProgram } from '../program.ts';
import type { Ending } from '../temp.ts';
import { tempFolder } from '../temp.ts';

export interface ResponderOptions {
  /** Issued the certificates that are asked for. */
  readonly authority: Stored;
  /** Signs the answers; default the authority itself. */
  readonly signer?: Stored;
  readonly good?: readonly Issued[];
  readonly revoked?: readonly Issued[];
  /** Further arguments of `openssl ocsp`. */
  readonly extra?: readonly string[];
}

/** `openssl ocsp` on a port of 127.0.0.1. @returns its URL */
export async function startResponder(t: Ending, options: ResponderOptions, port?: number): Promise<string> {
  const at = port ?? (await closedPort());
  const program = new Program(['openssl', 'ocsp', '-port', String(at), ...argumentsFor(t, options)]);
  t.after(() => program.stop('SIGKILL').then(() => undefined));
  await program.saw(/waiting for OCSP client connections/i);
  return `http://127.0.0.1:${at}/`;
}

/** The answer `openssl ocsp` gives to a request, without a network: for staples and for replays. */
export async function responseOf(t: Ending, request: Buffer, options: ResponderOptions): Promise<Buffer> {
  const folder = tempFolder(t);
  const [asked, answered] = [join(folder, 'request.der'), join(folder, 'response.der')];
  writeFileSync(asked, request);
  const { code, stderr } = await runProgram(['openssl', 'ocsp', '-reqin', asked, '-respout', answered, ...argumentsFor(t, options)]);
  if (code !== 0) throw new Error(`openssl ocsp: ${stderr}`);
  return readFileSync(answered);
}

function argumentsFor(t: Ending, { authority, signer = authority, good = [], revoked = [], extra = [] }: ResponderOptions): string[] {
  const index = join(tempFolder(t), 'index.txt');
  const line = (state: string, { x509 }: Issued): string => `${state}\t${x509.serialNumber}\tunknown\t/CN=x\n`;
  const entries = [
    ...good.map((one) => line('V\t301231000000Z\t', one)),
    ...revoked.map((one) => line('R\t301231000000Z\t250101000000Z', one)),
  ];
  writeFileSync(index, entries.join(''));
  return ['-index', index, '-rsigner', signer.certFile, '-rkey', signer.keyFile, '-CA', authority.certFile, ...extra];
}

/** An answer made by hand, signed by the authority itself: for times openssl refuses to write. */
export function craftResponse(asked: Stored, authority: Stored, dates: { readonly thisUpdate: Date; readonly nextUpdate?: Date }): Buffer {
  const [leaf, issuer] = [readCertificate(asked.x509.raw), readCertificate(authority.x509.raw)];
  if (leaf === undefined || issuer === undefined) throw new Error('unreadable certificate');
  const request = readDer(encodeOcspRequest({ certificate: leaf, issuer, nonce: undefined }));
  // OCSPRequest, tbsRequest, requestList, Request, then its CertID
  const id = [0, 1, 2, 3, 4].reduce((value) => readDer(value.content) ?? value, request as DerValue).whole;
  const certId = readDer(id)?.tag === 0x30 && id.length > 40 ? id : undefined;
  if (certId === undefined) throw new Error('no CertID in the request');
  const next = dates.nextUpdate === undefined ? [] : [explicitTag(0, generalized(dates.nextUpdate))];
  const single = sequence(certId, contextTag(0, Buffer.alloc(0)), generalized(dates.thisUpdate), ...next);
  const data = sequence(explicitTag(1, issuer.subject), generalized(new Date()), sequence(single));
  const algorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
  const basic = sequence(data, algorithm, bitString(sign('sha256', data, authority.privateKey), 0));
  const bytes = sequence(objectIdentifier('1.3.6.1.5.5.7.48.1.1'), octetString(basic));
  return sequence(Buffer.of(0x0a, 1, 0), explicitTag(0, bytes));
}

function generalized(date: Date): Buffer {
  const text = `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  return Buffer.concat([Buffer.of(0x18, text.length), Buffer.from(text)]);
}

/** An HTTP server that answers every request with what `answer` makes of it; undefined: never. */
export async function listenAsResponder(
  t: Ending,
  answer: (request: Buffer) => Buffer | number | undefined | Promise<Buffer>,
): Promise<{ readonly url: string; readonly asked: () => number }> {
  let asked = 0;
  const server = createServer(async (request, response) => {
    asked += 1;
    const made = await answer(await bodyOf(request));
    if (typeof made === 'number') response.writeHead(made).end();
    else if (made !== undefined) response.writeHead(200, { 'content-type': 'application/ocsp-response' }).end(made);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked: () => asked };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
