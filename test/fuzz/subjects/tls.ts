/**
 * What TLS peers and responders send us before or beside the TLS library. Every damaged input gets an answer, none an exception, and none
 * is accepted that was not genuine.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { renewalId } from '../../../src/acme/renewal-info.ts';
import { announcesStaple } from '../../../src/openssl/context/server-hello.ts';
import { readCertificate } from '../../../src/tls/certificate/certificate-facts.ts';
import { matchAddress, matchEmail, matchHost } from '../../../src/tls/certificate/certificate-names.ts';
import type { DerTree } from '../../../src/tls/certificate/der-reader.ts';
import { readDerTree } from '../../../src/tls/certificate/der-reader.ts';
import { nameText } from '../../../src/tls/certificate/name-text.ts';
import { cipherWords } from '../../../src/tls/cipher-list.ts';
import { MAX_HELLO_BYTES, readClientHello } from '../../../src/tls/hello/client-hello.ts';
import { parseRevocationList } from '../../../src/tls/revocation/crl.ts';
import { checkOcspResponse } from '../../../src/tls/revocation/ocsp-response.ts';
import { plainTextOf } from '../../../src/tls/verdict/plain-text.ts';
import { authority, certificate } from '../../support/data/certificates.ts';
import { flightsOf } from '../../support/data/first-flights.ts';
import type { Subject } from '../../support/fuzz.ts';
import { craftResponse } from '../../support/peers/ocsp.ts';

function field(size: number, bytes: Buffer): Buffer {
  const length = Buffer.alloc(size);
  length.writeUIntBE(bytes.length, 0, size);
  return Buffer.concat([length, bytes]);
}

function extension(type: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type >> 8, type & 0xff), field(2, data)]);
}

/** A hello with a name and ALPN in two records: version, random, session, suites, compression, extensions. */
export function clientHello(name: string): Buffer {
  const sni = extension(0, field(2, Buffer.concat([Buffer.of(0), field(2, Buffer.from(name))])));
  const alpn = extension(16, field(2, Buffer.concat([field(1, Buffer.from('h2')), field(1, Buffer.from('http/1.1'))])));
  const body = Buffer.concat([
    Buffer.of(3, 3),
    Buffer.alloc(32, 7),
    field(1, Buffer.alloc(32, 8)),
    field(2, Buffer.of(0x13, 1, 0x13, 2)),
    field(1, Buffer.of(0)),
    field(2, Buffer.concat([sni, alpn, extension(43, Buffer.of(2, 3, 4))])),
  ]);
  const message = Buffer.concat([Buffer.of(1), field(3, body)]);
  const half = message.length >> 1;
  const record = (bytes: Buffer): Buffer => Buffer.concat([Buffer.of(22, 3, 1), field(2, bytes)]);
  return Buffer.concat([record(message.subarray(0, half)), record(message.subarray(half))]);
}

function serverHello(): Buffer {
  const extensions = field(
    2,
    Buffer.concat([extension(0xff01, Buffer.of(0)), extension(5, Buffer.alloc(0)), extension(11, Buffer.of(1, 0))]),
  );
  const body = Buffer.concat([Buffer.of(3, 3), Buffer.alloc(32, 7), field(1, Buffer.alloc(32, 8)), Buffer.of(0xc0, 0x2b, 0), extensions]);
  return Buffer.concat([Buffer.of(2), field(3, body)]);
}

const certificates = (): Buffer[] =>
  [certificate('server'), certificate('client'), certificate('wildcard'), certificate('rsa'), authority()].map(({ x509 }) => x509.raw);
const lists = (): Buffer[] => {
  const der = (pem: string): Buffer => Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64');
  return [der(authority().revoke([])), der(authority().revoke([certificate('server'), certificate('client')]))];
};

/** Walks all of it; a tree is bounded by its bytes. */
function count(tree: DerTree): number {
  return 1 + tree.children.reduce((sum, child) => sum + count(child), 0) + (tree.date === undefined ? 0 : 1);
}

/** Made once: what an untouched response is checked with. */
let genuine: ReturnType<typeof genuineResponse> | undefined;

function genuineResponse() {
  const response = craftResponse(certificate('server'), authority(), { thisUpdate: new Date() });
  const [asked, issuer] = [readCertificate(certificate('server').x509.raw), readCertificate(authority().x509.raw)];
  assert.ok(asked !== undefined && issuer !== undefined);
  const question = { certificate: asked, issuer, nonce: undefined };
  const trust = { issuer: new X509Certificate(authority().certificate), others: [], flags: new Set<never>(), weakAllowed: false };
  assert.equal(checkOcspResponse(response, question, trust, new Date()).kind, 'good');
  return { response, question, trust, signed: response.subarray(40, response.length - 100) };
}

export const TLS_SUBJECTS: readonly Subject[] = [
  {
    name: 'client-hello',
    seeds: () => [clientHello('a.test'), clientHello('x'.repeat(250)), clientHello(''), ...flightsOf('tls').map(({ bytes }) => bytes)],
    run: (bytes) => {
      const answer = readClientHello(Buffer.from(bytes));
      if (answer.kind === 'need-more') assert.ok(bytes.length <= MAX_HELLO_BYTES + 16_389);
      if (answer.kind === 'found') assert.ok(answer.serverName.length > 0 && answer.serverName.length <= bytes.length);
    },
  },
  { name: 'server-hello', seeds: () => [serverHello()], run: (bytes) => void announcesStaple(bytes) },
  {
    name: 'certificate',
    seeds: certificates,
    run: (bytes) => {
      renewalId(Buffer.from(bytes));
      const facts = readCertificate(Buffer.from(bytes));
      if (facts === undefined) return;
      matchHost(facts.names, 'localhost');
      matchAddress(facts.names, '127.0.0.1');
      matchEmail(facts.names, 'a@b.test');
      assert.ok(facts.version >= 1);
    },
  },
  {
    name: 'der',
    seeds: () => [...certificates(), ...lists()],
    run: (bytes) => {
      const tree = readDerTree(Buffer.from(bytes));
      if (tree !== undefined) assert.ok(count(tree) <= 2 * bytes.length);
      nameText(Buffer.from(bytes));
    },
  },
  { name: 'revocation-list', seeds: lists, run: (bytes) => void parseRevocationList(Buffer.from(bytes)) },
  {
    name: 'ocsp-response',
    costs: 2,
    seeds: () => {
      genuine ??= genuineResponse();
      return [genuine.response];
    },
    run: (bytes) => {
      genuine ??= genuineResponse();
      const { question, trust, signed } = genuine;
      const answer = checkOcspResponse(bytes, question, trust, new Date());
      if (answer.kind === 'good') assert.ok(Buffer.from(bytes).includes(signed), 'the signed part is as it was');
    },
  },
  {
    name: 'plain-text',
    seeds: () => [
      ...flightsOf('http/1', 'rtmp', 'rtsp', 'xmpp', 'socks').map(({ bytes }) => bytes.subarray(0, 64)),
      Buffer.from('220 mail ESMTP\r\n'),
    ],
    run: (bytes) => void plainTextOf(bytes),
  },
  {
    name: 'cipher-list',
    seeds: () => [Buffer.from('HIGH:!aNULL:-SHA1:+3DES:@STRENGTH:@SECLEVEL=2'), Buffer.from('ECDHE+AESGCM,DHE  kRSA;DEFAULT')],
    run: (bytes) => {
      for (const word of cipherWords(bytes.toString('latin1'))) assert.ok(word !== '' && !/[:,; ]/.test(word), JSON.stringify(word));
    },
  },
];
