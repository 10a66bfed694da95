/** OpenSSL's texts, and at which depth of the chain they belong. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { prepareServiceTls } from '../../../src/tls/service-tls.ts';
import { chainErrorText } from '../../../src/tls/verdict/chain.ts';
import { authority, chainedCertificate, store } from '../../support/data/certificates.ts';
import { judgeServer } from '../../support/overcoat/handshake.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';

test('texts are OpenSSL’s; an unknown code stays itself', () => {
  assert.equal(chainErrorText('CERT_HAS_EXPIRED'), 'certificate has expired');
  assert.equal(chainErrorText('DEPTH_ZERO_SELF_SIGNED_CERT'), 'self-signed certificate');
  assert.equal(chainErrorText('INVALID_CA'), 'invalid CA certificate');
  assert.equal(chainErrorText('CA_CERT_MISSING_KEY_USAGE'), 'CA cert does not include key usage extension');
  assert.equal(chainErrorText('SOMETHING_NEW'), 'SOMETHING_NEW');
});

test('an expired intermediate is rejected at depth 1', async (t) => {
  const intermediate = authority().intermediate({ notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') });
  const leaf = store('below-expired', intermediate.issue({ dnsNames: ['localhost'] }), intermediate.certificate);
  const service = prepareServiceTls(serviceConfig({ trust: { caFile: authority().certFile }, verify: { chain: true } }), () => undefined);
  const { lines } = await judgeServer(t, service, { cert: readFileSync(leaf.certFile), key: leaf.key });
  assert.deepEqual(lines, [
    '4 CERT: Pre-verification error: certificate has expired',
    '4 Rejected by CERT at depth=1: CN=Throwaway intermediate',
  ]);
});

test('an intermediate whose issuer is unknown is rejected at depth 1', async (t) => {
  const shown = chainedCertificate();
  const caFile = authority('stranger').certFile;
  const service = prepareServiceTls(serviceConfig({ trust: { caFile }, verify: { chain: true } }), () => undefined);
  const { lines } = await judgeServer(t, service, { cert: readFileSync(shown.certFile), key: shown.key });
  assert.equal(lines[0], '4 CERT: Pre-verification error: unable to get local issuer certificate');
  assert.equal(lines[1], '4 Rejected by CERT at depth=1: CN=Throwaway intermediate');
});
