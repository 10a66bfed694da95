/** Which Diffie-Hellman parameters a server uses; that they are negotiated is shown in test/peers/ciphers.test.ts. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { TlsConfig } from '../../../src/config/tls-config.ts';
import { prepareServiceTls } from '../../../src/tls/service-tls.ts';
import { certificate } from '../../support/data/certificates.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import { tempFolder } from '../../support/temp.ts';

/** `openssl dhparam 1024`, made for this test. */
const WEAK = `-----BEGIN DH PARAMETERS-----
MIGHAoGBALo9QASiw4/DMGqNQ1kSmhMf/UyoTmveaaVqObU1rE+MKerz1ZLCiKq8
iHpQR//26QRLvGqmUQd1IeCyWItuh/CfaYKUpOqxf7oYDgoKrwQVo3HoDEVHNTVZ
t+AeNNw0gL9hJU9HpTnEtJzsJkrU8lkIljISVHqZ5B8mK5K/OyknAgEC
-----END DH PARAMETERS-----
`;
const DAMAGED = '-----BEGIN DH PARAMETERS-----\nMIIB\n-----END DH PARAMETERS-----\n';

function warningsWith(t: TestContext, parameters: string, tls: Partial<TlsConfig>): readonly string[] {
  const cert = join(tempFolder(t), 'own.pem');
  writeFileSync(cert, readFileSync(certificate('rsa').bothFile, 'latin1') + parameters, { mode: 0o600 });
  const { warnings } = prepareServiceTls(serviceConfig({ mode: 'server', tls: { ...tls, cert } }), () => undefined);
  return warnings.map((text) => text.replace(cert, 'FILE').replace(/;.*/, ''));
}

test('parameters that are too short for the security level, or damaged, are said and not used', (t) => {
  assert.deepEqual(warningsWith(t, WEAK, { ciphers: 'DHE' }), [
    'DH parameters in FILE have 1024 bits, too few for security level 2, and are not used',
  ]);
  assert.deepEqual(warningsWith(t, DAMAGED, { ciphers: 'DHE' }), ['DH parameters in FILE are damaged and not used']);
});

test('weak ones that the security level lets through are used and said', (t) => {
  assert.deepEqual(warningsWith(t, WEAK, { ciphers: 'DHE:@SECLEVEL=1', securityLevel: 1 }), ['DH parameters in FILE have only 1024 bits']);
});

test('they do not matter where no suite asks for them', (t) => {
  assert.deepEqual(warningsWith(t, DAMAGED, {}), []);
  assert.deepEqual(warningsWith(t, '', { ciphers: 'DHE' }), []);
});
