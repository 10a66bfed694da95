/** Unsafe choices: each is one warning with its line, and safe choices are none. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clientService, resolveText, serverService } from '../../support/overcoat/resolve-text.ts';

const PIN = 'pin = sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
const VERIFIED = ['verifyChain = yes', 'CAfile = x', 'checkHost = a'] as const;

/** Options blamed for something unsafe. */
function unsafe(text: string): readonly string[] {
  const { errors, warnings } = resolveText(text);
  return [...errors, ...warnings].filter((problem) => problem.unsafe).map((problem) => problem.option);
}

suite('a client', () => {
  test('without verification is warned about, in the words of stunnel', () => {
    const { warnings } = resolveText(clientService());
    assert.deepEqual(
      warnings.map((problem) => problem.stunnelText),
      ['Service [s] needs authentication to prevent MITM attacks'],
    );
    assert.deepEqual(unsafe(clientService('verify = 0')), ['verify']);
    assert.deepEqual(unsafe(clientService('requireCert = yes')), ['verify']);
  });

  test('that takes any certificate of an authority is warned about, in the words of stunnel', () => {
    const { warnings } = resolveText(clientService('verifyChain = yes', 'CAfile = x'));
    assert.deepEqual(
      warnings.map((problem) => problem.stunnelText),
      ['Service [s] uses "verifyChain" without subject checks\nUse "checkHost" or "checkIP" to restrict trusted certificates'],
    );
  });

  test('that knows its server is not', () => {
    assert.deepEqual(unsafe(clientService(...VERIFIED)), []);
    assert.deepEqual(unsafe(clientService('verify = 4', 'CAfile = x')), []);
    assert.deepEqual(unsafe(clientService(PIN)), []);
    assert.deepEqual(unsafe(clientService(PIN, 'verifyChain = yes', 'CAfile = x')), []);
  });

  test('that learns names says what happens without one', () => {
    const learns = ['sni = auto', 'verifyChain = yes', 'CAfile = x'] as const;
    assert.deepEqual(unsafe(clientService(...learns)), ['nameMissing']);
    assert.deepEqual(unsafe(clientService(...learns, 'nameMissing = refuse')), []);
  });

  test('that everybody can reach is warned about, unless it only takes what was intercepted', () => {
    const listening = (accept: string, target = 'connect = a:1') =>
      unsafe(['[s]', 'client = yes', `accept = ${accept}`, target, ...VERIFIED].join('\n'));
    for (const accept of ['443', '0.0.0.0:443', ':::443', '192.0.2.1:443']) assert.deepEqual(listening(accept), ['accept'], accept);
    for (const accept of ['127.0.0.1:443', '::1:443', 'localhost:443', '/run/x', '192.168.1.1:443'])
      assert.deepEqual(listening(accept), [], accept);
    assert.deepEqual(listening('443', 'transparent = destination'), []);
  });

  test('with a broken line about verification is not told that it verifies nobody', () => {
    assert.deepEqual(unsafe(clientService('verify = 9')), []);
    assert.deepEqual(unsafe(clientService('verifyChain = yes', 'CAfile = x', 'checkHost = a b')), []);
  });
});

suite('a server', () => {
  test('may listen everywhere and need not verify', () => assert.deepEqual(unsafe(serverService()), []));

  test('that wants just any certificate is warned about', () => {
    assert.deepEqual(unsafe(serverService('requireCert = yes')), ['requireCert']);
    assert.deepEqual(unsafe(serverService('verify = 2', 'CAfile = x')), []);
    assert.deepEqual(unsafe(serverService(PIN)), []);
  });

  test('that connects anybody to anywhere is warned about', () => {
    const proxy = (protocol: string, ...lines: readonly string[]) =>
      unsafe(['[s]', 'accept = 1', 'cert = x', `protocol = ${protocol}`, ...lines].join('\n'));
    assert.deepEqual(proxy('socks'), ['protocol']);
    assert.deepEqual(proxy('connect'), ['protocol']);
    assert.deepEqual(proxy('socks', 'verify = 2', 'CAfile = x'), []);
    const { warnings } = resolveText(['[s]', 'accept = 1', 'cert = x', 'protocol = socks'].join('\n'));
    assert.deepEqual(
      warnings.map(({ text }) => text),
      ['anybody who reaches this port can connect anywhere through it; ask for client certificates with verifyChain = yes or pin'],
    );
  });
});

suite('algorithms', () => {
  const chosen = (...lines: readonly string[]) => unsafe(clientService(...VERIFIED, ...lines));

  test('that are broken are warned about', () => {
    assert.deepEqual(chosen('securityLevel = 1'), ['securityLevel']);
    assert.deepEqual(chosen('sslVersion = TLSv1.1'), ['sslVersionMax']);
    assert.deepEqual(chosen('ciphers = ALL:eNULL'), ['ciphers']);
    assert.deepEqual(chosen('ciphers = kRSA+3DES:HIGH'), ['ciphers']);
    assert.deepEqual(chosen('options = ALLOW_UNSAFE_LEGACY_RENEGOTIATION'), ['options']);
    assert.deepEqual(chosen('options = LEGACY_SERVER_CONNECT'), ['options']);
  });

  test('that are not, are not', () => {
    assert.deepEqual(
      chosen('securityLevel = 3', 'sslVersionMin = TLSv1.2', 'ciphers = HIGH:!aNULL:!eNULL:!3DES', 'options = NO_TICKET'),
      [],
    );
  });
});
