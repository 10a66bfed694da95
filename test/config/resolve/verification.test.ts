import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clientService, resolveText, serverService, serviceOf } from '../../support/overcoat/resolve-text.ts';

const PIN = 'sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';

/** request, require, chain, peer */
function asked(...lines: readonly string[]): readonly boolean[] {
  const { request, require, chain, peer } = serviceOf(serverService('CAfile = ca.pem', ...lines)).verify;
  return [request, require, chain, peer];
}

suite('what is asked of the peer', () => {
  test('follows the levels of verify', () => {
    assert.deepEqual(asked(), [false, false, false, false]);
    assert.deepEqual(asked('verify = 0'), [true, false, false, false]);
    assert.deepEqual(asked('verify = 1'), [true, false, true, false]);
    assert.deepEqual(asked('verify = 2'), [true, true, true, false]);
    assert.deepEqual(asked('verify = 3'), [true, true, true, true]);
    assert.deepEqual(asked('verify = 4'), [true, true, false, true]);
  });

  test('follows the newer options', () => {
    assert.deepEqual(asked('verifyChain = yes'), [true, true, true, false]);
    assert.deepEqual(asked('verifyPeer = yes'), [true, true, false, true]);
    assert.deepEqual(asked('requireCert = yes'), [true, true, false, false]);
    assert.deepEqual(asked('verifyChain = yes', 'verifyPeer = yes'), [true, true, true, true]);
  });

  test('follows the last word, as stunnel does: a certificate may be optional', () => {
    assert.deepEqual(asked('verifyChain = yes', 'requireCert = no'), [true, false, true, false]);
    assert.deepEqual(asked('requireCert = no', 'verifyChain = yes'), [true, true, true, false]);
    assert.deepEqual(asked('verify = 2', 'requireCert = no'), [true, false, true, false]);
    assert.deepEqual(asked('verify = 4', 'verify = 2'), [true, true, true, false]);
    assert.deepEqual(asked('verifyPeer = yes', 'verifyPeer = no'), [true, true, false, false]);
  });

  test('includes a certificate where keys are pinned', () => {
    assert.deepEqual(asked(`pin = ${PIN}`), [true, true, false, false]);
  });
});

suite('checks', () => {
  test('need somebody who vouches for the name', () => {
    for (const line of ['checkHost = a', 'checkIP = ::1', 'checkEmail = a@b']) {
      const [problem] = resolveText(clientService(line)).errors;
      assert.equal(problem?.stunnelText, 'Service [s]: Either "verifyChain" or "verifyPeer" has to be enabled', line);
      assert.equal(problem?.line, 5);
      assert.deepEqual(resolveText(clientService(line, `pin = ${PIN}`)).errors, [], line);
      assert.deepEqual(resolveText(clientService(line, 'verify = 4', 'CAfile = x')).errors, [], line);
    }
  });

  test('need certificates to verify against', () => {
    for (const line of ['verifyChain = yes', 'verifyPeer = yes', 'verify = 1', 'verify = 4']) {
      const [problem] = resolveText(clientService(line)).errors;
      assert.equal(problem?.stunnelText, 'Service [s]: Either "CAengine", "CAfile" or "CApath" has to be configured', line);
      for (const source of ['CAfile = x', 'CApath = x', 'CAstore = x']) {
        assert.deepEqual(resolveText(clientService(line, source)).errors, [], `${line} ${source}`);
      }
    }
    assert.deepEqual(resolveText(clientService('verify = 0')).errors, []);
  });

  test('of a learnt name apply where nothing else names the peer', () => {
    const learns = (...lines: readonly string[]) => serviceOf(clientService('sni = auto', 'CAfile = x', ...lines)).verify.serverName;
    assert.equal(learns('verifyChain = yes'), true);
    assert.equal(learns('verifyChain = yes', 'checkHost = a'), false);
    assert.equal(learns('verifyPeer = yes'), false);
    assert.equal(serviceOf(clientService('CAfile = x', 'verifyChain = yes')).verify.serverName, false);
  });
});

test('has no trust that the file does not name', () => {
  assert.deepEqual(serviceOf(clientService('CAfile = a', 'CApath = b', 'CAstore = file:///c')).trust, {
    system: false,
    caFile: 'a',
    caPath: 'b',
    caStore: 'file:///c',
  });
});

suite('checkHost', () => {
  test('is a host name as certificates are compared with', () => {
    assert.deepEqual(serviceOf(serverService('CAfile = ca.pem', 'verify = 2', 'checkHost = Bücher.example.')).verify.checkHost, [
      'xn--bcher-kva.example',
    ]);
  });

  test('says why a text is none', () => {
    for (const [text, why] of [
      ['pay.example.com/é.attacker.test', 'it holds "/"'],
      ['*.example.org', 'it holds "*"'],
      ['.example.org', 'it has an empty label'],
      ['192.0.2.1', 'it is an IP address; addresses are never sent, use checkIP to verify one'],
    ] as const) {
      const [problem] = resolveText(serverService('CAfile = ca.pem', 'verify = 2', `checkHost = ${text}`)).errors;
      assert.equal(problem?.text, `"${text}" is not a host name: ${why}`);
    }
  });
});
