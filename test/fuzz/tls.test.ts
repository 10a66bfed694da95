/**
 * What TLS peers and responders send us before or beside the TLS library: ClientHellos, certificates, OCSP answers, revocation lists.
 * Every damaged input gets an answer, none an exception, and none is accepted that was not genuine.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { readCertificate } from '../../src/tls/certificate/certificate-facts.ts';
import { matchAddress, matchEmail, matchHost } from '../../src/tls/certificate/certificate-names.ts';
import { MAX_HELLO_BYTES, readClientHello } from '../../src/tls/hello/client-hello.ts';
import { parseRevocationList } from '../../src/tls/revocation/crl.ts';
import { checkOcspResponse } from '../../src/tls/revocation/ocsp-response.ts';
import { authority, certificate } from '../support/data/certificates.ts';
import { FUZZ_INPUTS, fuzz, mutate } from '../support/fuzz.ts';
import { craftResponse } from '../support/peers/ocsp.ts';

/** A hello with a name and ALPN: version, random, session, suites, compression, extensions. */
function hello(name: string): Buffer {
  const field = (size: number, bytes: Buffer): Buffer => {
    const length = Buffer.alloc(size);
    length.writeUIntBE(bytes.length, 0, size);
    return Buffer.concat([length, bytes]);
  };
  const extension = (type: number, data: Buffer): Buffer => Buffer.concat([Buffer.of(type >> 8, type & 0xff), field(2, data)]);
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

test('fuzzing ClientHellos', () => {
  const seeds = [hello('a.test'), hello('x'.repeat(250)), hello('')];
  assert.deepEqual(readClientHello(seeds[0]!), { kind: 'found', serverName: 'a.test', alpn: ['h2', 'http/1.1'] });
  fuzz(
    810,
    FUZZ_INPUTS,
    (random) => mutate(random, seeds),
    (bytes) => {
      const answer = readClientHello(Buffer.from(bytes));
      if (answer.kind === 'need-more') assert.ok(bytes.length <= MAX_HELLO_BYTES + 16_389);
      if (answer.kind === 'found') assert.ok(answer.serverName.length > 0 && answer.serverName.length <= bytes.length);
    },
  );
});

test('fuzzing certificates', () => {
  const seeds = [certificate('server'), certificate('client'), certificate('wildcard'), certificate('rsa'), authority()].map(
    ({ x509 }) => x509.raw,
  );
  fuzz(
    811,
    FUZZ_INPUTS,
    (random) => mutate(random, seeds),
    (bytes) => {
      const facts = readCertificate(Buffer.from(bytes));
      if (facts === undefined) return;
      matchHost(facts.names, 'localhost');
      matchAddress(facts.names, '127.0.0.1');
      matchEmail(facts.names, 'a@b.test');
      assert.ok(facts.version >= 1);
    },
  );
});

test('fuzzing revocation lists', () => {
  const der = (pem: string): Buffer => Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64');
  const seeds = [der(authority().revoke([])), der(authority().revoke([certificate('server'), certificate('client')]))];
  fuzz(
    812,
    FUZZ_INPUTS,
    (random) => mutate(random, seeds),
    (bytes) => {
      parseRevocationList(Buffer.from(bytes));
    },
  );
});

test('fuzzing OCSP answers: none that was touched in its signed part says good', () => {
  const genuine = craftResponse(certificate('server'), authority(), { thisUpdate: new Date() });
  const [asked, issuer] = [readCertificate(certificate('server').x509.raw), readCertificate(authority().x509.raw)];
  assert.ok(asked !== undefined && issuer !== undefined);
  const question = { certificate: asked, issuer, nonce: undefined };
  const trust = { issuer: new X509Certificate(authority().certificate), others: [], flags: new Set<never>(), weakAllowed: false };
  assert.equal(checkOcspResponse(genuine, question, trust, new Date()).kind, 'good');
  const signed = genuine.subarray(40, genuine.length - 100);
  fuzz(
    813,
    Math.min(FUZZ_INPUTS, 20_000),
    (random) => mutate(random, [genuine]),
    (bytes) => {
      const answer = checkOcspResponse(bytes, question, trust, new Date());
      if (answer.kind === 'good') assert.ok(Buffer.from(bytes).includes(signed), 'the signed part is as it was');
    },
  );
});
