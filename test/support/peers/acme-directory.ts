/**
 * A small ACME directory of the tests' own (RFC 8555), for what pebble 2.4 lacks: it says when to renew (ARI, RFC 9773). Every name is proved
 * already, no signature is looked at, and `openssl ca` issues.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { authority, certificate } from '../data/certificates.ts';
import type { Ending } from '../temp.ts';
import { tempFolder, writeFiles } from '../temp.ts';

export interface DirectoryOptions {
  readonly validSeconds: number;
  /** Seconds after it is asked: when the window begins and ends; the same for every certificate. */
  readonly window: readonly [start: number, end: number];
}

export interface AcmeDirectory {
  /** Its URL; its certificate is of the tests' authority. */
  readonly directory: string;
  /** What each order has said it replaces. */
  readonly replaced: (string | undefined)[];
  /** Which certificates it was asked about. */
  readonly asked: string[];
}

interface Order {
  readonly identifiers: readonly { readonly type: string; readonly value: string }[];
  pem: string | undefined;
}

export async function startAcmeDirectory(t: Ending, { validSeconds, window: [start, end] }: DirectoryOptions): Promise<AcmeDirectory> {
  const orders: Order[] = [];
  const replaced: (string | undefined)[] = [];
  const asked: string[] = [];
  const issue = issuer(t, validSeconds);
  let origin = '';

  const shown = (number: number): object => ({
    status: orders[number]?.pem === undefined ? 'ready' : 'valid',
    identifiers: orders[number]?.identifiers,
    authorizations: [`${origin}/authz/${number}`],
    finalize: `${origin}/finalize/${number}`,
    ...(orders[number]?.pem === undefined ? {} : { certificate: `${origin}/cert/${number}` }),
  });

  const answer = (url: string, payload: Payload): Answer => {
    const [, what = '', id = ''] = url.split('/');
    const number = Number(id);
    switch (what) {
      case 'dir':
        return {
          body: Object.fromEntries(PLACES.map(([name, place]) => [name, `${origin}/${place}`])),
        };
      case 'nonce':
        return { body: {} };
      case 'account':
        return { status: 201, location: `${origin}/account/1`, body: { status: 'valid' } };
      case 'new-order':
        orders.push({ identifiers: payload.identifiers ?? [], pem: undefined });
        replaced.push(payload.replaces);
        return { status: 201, location: `${origin}/order/${orders.length - 1}`, body: shown(orders.length - 1) };
      case 'order':
        return { body: shown(number) };
      case 'authz':
        return { body: { status: 'valid', identifier: orders[number]?.identifiers[0], challenges: [] } };
      case 'finalize':
        (orders[number] as Order).pem = issue(Buffer.from(payload.csr ?? '', 'base64url'));
        return { body: shown(number) };
      case 'cert':
        return { body: orders[number]?.pem ?? '' };
      case 'renewal':
        asked.push(id);
        return { body: { suggestedWindow: { start: inSeconds(start), end: inSeconds(end) } } };
      default:
        return { status: 404, body: {} };
    }
  };

  const { certificate: cert, key } = certificate('server');
  const server = createServer({ cert, key }, (request, response) => void reply(request, response, answer)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  return { directory: `${origin}/dir`, replaced, asked };
}

const PLACES = [
  ['newNonce', 'nonce'],
  ['newAccount', 'account'],
  ['newOrder', 'new-order'],
  ['renewalInfo', 'renewal'],
] as const;

interface Payload {
  readonly identifiers?: Order['identifiers'];
  readonly replaces?: string;
  readonly csr?: string;
}

interface Answer {
  readonly status?: number;
  readonly location?: string;
  /** Text is sent as it is, everything else as JSON. */
  readonly body: object | string;
}

async function reply(request: IncomingMessage, response: ServerResponse, answer: (url: string, payload: Payload) => Answer): Promise<void> {
  let text = '';
  for await (const part of request) text += String(part);
  const { payload = '' } = text === '' ? {} : (JSON.parse(text) as { payload?: string });
  const {
    status = 200,
    location,
    body,
  } = answer(request.url ?? '', payload === '' ? {} : JSON.parse(Buffer.from(payload, 'base64url').toString()));
  response.setHeader('replay-nonce', randomBytes(16).toString('base64url'));
  if (location !== undefined) response.setHeader('location', location);
  response.setHeader('content-type', typeof body === 'string' ? 'application/pem-certificate-chain' : 'application/json');
  response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
}

function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString();
}

/** @returns what signs a request (DER) and returns the certificate as PEM */
function issuer(t: Ending, validSeconds: number): (request: Buffer) => string {
  const folder = tempFolder(t);
  const { certFile, keyFile } = authority();
  writeFiles(folder, {
    index: '',
    'ca.conf': `[ca]
default_ca = small
[small]
database = ${folder}/index
new_certs_dir = ${folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = copy
x509_extensions = leaf
[any]
commonName = optional
[leaf]
authorityKeyIdentifier = keyid
`,
  });
  return (request) => {
    writeFiles(folder, { 'request.der': request });
    const time = (seconds: number): string => inSeconds(seconds).replaceAll(/[-:T]|\.\d+/g, '');
    const input = ['-in', join(folder, 'request.der'), '-inform', 'DER', '-out', join(folder, 'issued.pem'), '-notext'];
    const validity = ['-startdate', time(0), '-enddate', time(validSeconds)];
    const signer = ['-cert', certFile, '-keyfile', keyFile, '-config', join(folder, 'ca.conf')];
    execFileSync('openssl', ['ca', '-batch', ...signer, ...input, ...validity], { stdio: 'pipe' });
    return readFileSync(join(folder, 'issued.pem'), 'utf8');
  };
}
