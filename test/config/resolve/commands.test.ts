import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientService, resolveText, serverService, serviceOf } from '../../support/overcoat/resolve-text.ts';

test('every command whose value is a text is taken, its name in any case', () => {
  for (const text of [
    'MinProtocol:TLSv1.2',
    'maxprotocol : TLSv1.3',
    'MinProtocol:None',
    'CipherString:HIGH:!aNULL',
    'Ciphersuites:TLS_AES_128_GCM_SHA256',
    'SignatureAlgorithms:RSA-PSS+SHA256',
    'ClientSignatureAlgorithms:RSA-PSS+SHA256',
    'Options:-SessionTicket,ServerPreference',
    'NumTickets:4',
    'RecordPadding:512',
  ]) {
    const written = serverService(`config = ${text}`);
    assert.deepEqual(resolveText(written).errors, [], text);
    assert.equal(serviceOf(written).tls.commands.length, 1, text);
  }
});

test("what OpenSSL does not take is refused at its line, in stunnel's words", () => {
  for (const [text, reason] of [
    ['Foo:bar', 'OpenSSL config command "Foo" was not recognised'],
    ['__proto__:x', 'OpenSSL config command "__proto__" was not recognised'],
    [':x', 'OpenSSL config command "" was not recognised'],
    ['NumTickets:4', 'OpenSSL config command "NumTickets" was not recognised'],
    ['MinProtocol', 'OpenSSL config command "MinProtocol" requires a parameter'],
    ['CipherString:NOPE', 'SSL_CONF_cmd: error:0A0000B9:SSL routines::no cipher match'],
    ['Groups:P-256:nope', 'SSL_CONF_cmd: error:0A000180:SSL routines::bad value'],
    ['MinProtocol:SSLv9', 'SSL_CONF_cmd: error:0A000180:SSL routines::bad value'],
    ['Options:Foo', 'SSL_CONF_cmd: error:0A000180:SSL routines::bad value'],
  ] as const) {
    const [problem] = resolveText(clientService(`config = ${text}`, 'config = MaxProtocol:TLSv1.3')).errors;
    assert.equal(problem?.line, 5, text);
    assert.deepEqual(problem?.stunnelText.split('\n'), [reason, 'Service [s]: Failed to initialize TLS context'], text);
  }
});

test('what would read files, or decide who is verified, unseen is refused by name', () => {
  for (const [text, instead] of [
    ['Certificate:x.pem', 'cert'],
    ['PrivateKey:x.pem', 'key'],
    ['DHParameters:x.pem', 'cert, whose file may hold the parameters'],
    ['VerifyCAFile:x.pem', 'CAfile'],
    ['VerifyMode:Require', 'verifyChain, verifyPeer or requireCert'],
  ] as const) {
    const [problem] = resolveText(serverService(`config = ${text}`)).errors;
    assert.ok(problem?.text.endsWith(`use ${instead}`), text);
  }
  const [other] = resolveText(serverService('config = ServerInfoFile:x.pem')).errors;
  assert.match(other?.text ?? '', /read files by itself/);
});
