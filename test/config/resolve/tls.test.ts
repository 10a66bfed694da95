import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clientService, resolveText, serverService, serviceOf } from '../../support/overcoat/resolve-text.ts';

const tlsOf = (...lines: readonly string[]) => serviceOf(serverService(...lines)).tls;

suite('the defaults of a file', () => {
  test("are stunnel's, with the post-quantum group in front", () => {
    const tls = tlsOf();
    assert.equal(tls.ciphers, 'HIGH:!aNULL:!SSLv2:!DH:!kDHEPSK');
    assert.equal(tls.ciphersuites, 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256');
    assert.equal(tls.curves, '*X25519MLKEM768:*X25519:P-256:X448:P-521:P-384');
    assert.deepEqual([tls.minVersion, tls.maxVersion, tls.securityLevel], ['TLSv1', 'TLSv1.3', 2]);
    assert.deepEqual([tls.secureOptions, tls.honorCipherOrder, tls.renegotiation], [0, false, true]);
  });

  test('give way to curves', () => assert.equal(tlsOf('curves = P-256').curves, 'P-256'));
});

suite('the security level', () => {
  const level = (...lines: readonly string[]) => tlsOf(...lines).securityLevel;

  test('is what a cipher list says, whatever securityLevel says', () => {
    assert.equal(level('ciphers = ALL:@SECLEVEL=0'), 0);
    assert.equal(level('ciphers = ALL:@SECLEVEL=1', 'securityLevel = 4'), 1);
    assert.equal(level('securityLevel = 4', 'ciphers = ALL'), 4);
  });

  test('is that of the last list that says one', () => {
    assert.equal(level('ciphers = ALL:@SECLEVEL=0', 'ciphers = ALL:@SECLEVEL=1'), 1);
    assert.equal(level('ciphers = ALL:@SECLEVEL=0', 'ciphers = ALL'), 2);
    assert.equal(level('ciphers = ALL:@SECLEVEL=0', 'config = CipherString:ALL'), 0);
    assert.equal(level('config = CipherString:ALL:@SECLEVEL=1', 'ciphers = ALL:@SECLEVEL=0'), 1);
  });

  test('below 2 is unsafe wherever it stands', () => {
    for (const [line, option] of [
      ['securityLevel = 1', 'securityLevel'],
      ['ciphers = ALL:@SECLEVEL=1', 'ciphers'],
      ['config = CipherString:ALL:@SECLEVEL=1', 'config'],
    ] as const) {
      const [warning] = resolveText(serverService(line)).warnings;
      assert.deepEqual([warning?.option, warning?.line, warning?.unsafe], [option, 5, true], line);
      assert.equal(warning?.stunnelText, 'Service [s] uses security level 1');
    }
  });
});

suite('versions', () => {
  const versions = (...lines: readonly string[]) => {
    const { minVersion, maxVersion } = tlsOf(...lines);
    return `${minVersion} to ${maxVersion}`;
  };

  test('are set at both ends, or at one, the last word counting', () => {
    assert.equal(versions('sslVersion = TLSv1.2'), 'TLSv1.2 to TLSv1.2');
    assert.equal(versions('sslVersionMin = TLSv1.2'), 'TLSv1.2 to TLSv1.3');
    assert.equal(versions('sslVersion = TLSv1.2', 'sslVersionMax = TLSv1.3'), 'TLSv1.2 to TLSv1.3');
    assert.equal(versions('sslVersionMax = TLSv1.3', 'sslVersion = TLSv1.2'), 'TLSv1.2 to TLSv1.2');
    assert.equal(versions('sslVersion = all'), 'TLSv1 to TLSv1.3');
    assert.equal(versions('sslVersionMin = TLSv1.3', 'config = MinProtocol:TLSv1.2'), 'TLSv1.2 to TLSv1.3');
  });

  test('do not cross', () => {
    const [problem] = resolveText(clientService('sslVersionMin = TLSv1.3', 'sslVersionMax = TLSv1.2')).errors;
    assert.equal(problem?.stunnelText, 'Service [s]: Invalid protocol version range');
  });
});

suite('switches', () => {
  const options = (...lines: readonly string[]) => tlsOf(...lines).secureOptions;

  test('add up, and what is cleared anywhere is clear', () => {
    assert.equal(options('options = NO_TICKET', 'options = NO_COMPRESSION'), 2 ** 14 + 2 ** 17);
    assert.equal(options('options = -NO_TICKET', 'options = NO_TICKET'), 0);
    assert.equal(options('options = ALL'), 2 ** 31 + 2 ** 11 + 2 ** 6 + 2 ** 4);
  });

  test('reach beyond 32 bits', () => {
    assert.equal(options('options = NO_TX_CERTIFICATE_COMPRESSION', 'options = NO_TICKET'), 2 ** 32 + 2 ** 14);
  });

  test('of config come after all of them', () => {
    assert.equal(options('config = Options:-SessionTicket', 'options = -NO_TICKET'), 2 ** 14);
    assert.equal(options('options = NO_TICKET', 'config = Options:SessionTicket'), 0);
    assert.equal(options('config = Options:NoRenegotiation'), 2 ** 30);
    assert.equal(options('config = MinProtocol:TLSv1.2', 'options = NO_RENEGOTIATION'), 2 ** 30);
  });

  test("choose the server's order of ciphers and forbid renegotiation", () => {
    assert.equal(tlsOf('options = CIPHER_SERVER_PREFERENCE').honorCipherOrder, true);
    assert.equal(options('renegotiation = no'), 2 ** 30);
    assert.equal(tlsOf('renegotiation = no').renegotiation, false);
  });

  test('that the library sets by itself can be cleared', () => {
    assert.equal(tlsOf('options = -ENABLE_MIDDLEBOX_COMPAT').clearedOptions, 2 ** 20);
    assert.equal(tlsOf('config = Options:-MiddleboxCompat').clearedOptions, 2 ** 20);
    assert.equal(tlsOf().clearedOptions, 0);
  });

  test('of config that weaken TLS are said', () => {
    const { warnings } = resolveText(serverService('config = Options:UnsafeLegacyRenegotiation'));
    assert.ok(warnings.some((problem) => problem.option === 'config' && problem.unsafe));
  });
});

suite('config', () => {
  test('says the same as the options of their own', () => {
    const tls = tlsOf(
      'config = CipherString:ECDHE-RSA-AES128-GCM-SHA256',
      'config = Ciphersuites:TLS_AES_128_GCM_SHA256',
      'config = Groups:P-384',
      'config = SignatureAlgorithms:ECDSA+SHA256',
    );
    assert.equal(tls.ciphers, 'ECDHE-RSA-AES128-GCM-SHA256');
    assert.equal(tls.ciphersuites, 'TLS_AES_128_GCM_SHA256');
    assert.equal(tls.curves, 'P-384');
    assert.deepEqual(
      tls.commands.map(({ name }) => name),
      ['CipherString', 'Ciphersuites', 'SignatureAlgorithms'],
    );
  });

  test('does not replace curves, which stunnel sets last', () =>
    assert.equal(tlsOf('curves = P-256', 'config = Groups:P-384').curves, 'P-256'));
});

suite('certificates', () => {
  test('are needed by servers, unless keys are shared', () => {
    assert.equal(resolveText('[s]\naccept = 1\nconnect = 2').errors[0]?.stunnelText, 'Service [s]: TLS server needs a certificate');
    const withKeys = resolveText('[s]\naccept = 1\nconnect = 2\nPSKsecrets = x').errors;
    assert.ok(!withKeys.some((problem) => problem.stunnelText.includes('certificate')));
  });

  test('bring their key along', () => assert.equal(tlsOf().key, 'server.pem'));
});

suite('ticket keys', () => {
  const secret = 'ticketKeySecret = 00112233445566778899aabbccddeeff';
  const mac = 'ticketMacSecret = 00112233445566778899aabbccddeeff';
  const texts = (text: string) => {
    const { errors, warnings } = resolveText(text);
    return [...errors, ...warnings].map((problem) => problem.stunnelText);
  };

  test('come together', () => {
    for (const line of [secret, mac]) {
      assert.ok(texts(serverService(line)).includes('Service [s]: "ticketKeySecret" and "ticketMacSecret" must be set together'), line);
    }
    assert.ok(!texts(serverService(secret, mac)).some((text) => text.includes('together')));
  });

  test('are for servers', () => {
    const said = texts(clientService(secret, mac));
    assert.ok(said.includes('ticketKeySecret is ignored in the client mode'));
    assert.ok(said.includes('ticketMacSecret is ignored in the client mode'));
  });
});

test('PSKidentity is for clients: a server takes every identity of its file', () => {
  const lines = ['PSKsecrets = x', 'PSKidentity = b'];
  assert.equal(serviceOf(clientService(...lines)).psk?.identity, 'b');
  const asServer = serverService(...lines);
  assert.equal(serviceOf(asServer).psk?.identity, undefined);
  assert.deepEqual(
    resolveText(asServer).warnings.map(({ stunnelText }) => stunnelText),
    ['PSK identity is ignored in the server mode'],
  );
});
