import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { reveal } from '../../../src/secret.ts';
import { clientService, resolveText, serverService } from '../../support/overcoat/resolve-text.ts';

const firstError = (text: string) => resolveText(text).errors[0]?.stunnelText;
const protocolOf = (...lines: readonly string[]) => resolveText(clientService(...lines)).config.services[0]?.protocol;

suite('protocol', () => {
  test('exists in one direction or in both', () => {
    assert.equal(firstError(clientService('protocol = proxy')), "Service [s]: The 'proxy' protocol is not supported in the client mode");
    assert.equal(firstError(serverService('protocol = nntp')), "Service [s]: The 'nntp' protocol is not supported in the server mode");
    assert.equal(firstError(serverService('protocol = auto')), "Service [s]: The 'auto' protocol is not supported in the server mode");
  });

  test('takes its particulars', () => {
    const protocol = protocolOf(
      'protocol = connect',
      'protocolHost = a:1',
      'protocolHeader = A: b',
      'protocolHeader = C: d',
      'protocolUsername = u',
    );
    assert.equal(protocol?.name, 'connect');
    assert.equal(protocol?.host, 'a:1');
    assert.deepEqual(protocol?.headers, ['A: b', 'C: d']);
    assert.equal(protocol?.username, 'u');
  });

  test('logs in with a user or a password that is empty, as stunnel does', () => {
    const protocol = protocolOf('protocol = smtp', 'protocolUsername =', 'protocolPassword =');
    assert.deepEqual([protocol?.username, protocol?.password === undefined ? undefined : reveal(protocol.password)], ['', '']);
    assert.deepEqual([protocolOf('protocol = smtp')?.username, protocolOf('protocol = smtp')?.password], [undefined, undefined]);
  });

  test('hides its password', () => {
    const password = protocolOf('protocol = smtp', 'protocolPassword = hunter2')?.password;
    assert.ok(password !== undefined);
    assert.equal(JSON.stringify(password), '"***"');
    assert.equal(reveal(password), 'hunter2');
  });

  test('logs in by what it knows, the other words meaning the first', () => {
    const authentication = (name: string, value: string) =>
      protocolOf(`protocol = ${name}`, `protocolAuthentication = ${value}`)?.authentication;
    assert.equal(protocolOf('protocol = connect', 'protocolHost = a:1')?.authentication, 'basic');
    assert.equal(protocolOf('protocol = smtp')?.authentication, 'plain');
    assert.equal(authentication('smtp', 'basic'), 'plain');
    assert.equal(authentication('smtp', 'LOGIN'), 'login');
    assert.equal(authentication('connect', 'ntlm'), 'ntlm');
    assert.equal(authentication('connect', 'login'), 'basic');
  });

  test('takes no header that is more than one line', () => {
    for (const header of ['x', ': x', 'A: b\u000bC: d']) {
      assert.equal(resolveText(clientService(`protocolHeader = ${header}`)).errors[0]?.option, 'protocolHeader', header);
    }
    assert.deepEqual(protocolOf('protocol = connect', 'protocolHost = a:1', 'protocolHeader =')?.headers, []);
  });
});

suite('redirect', () => {
  const redirected = (text: string) => resolveText(text).errors.map((problem) => problem.stunnelText);

  test('is for servers that verify their clients', () => {
    assert.ok(redirected(clientService('redirect = 1')).includes('Service [s]: "redirect" is unsupported in client sections'));
    assert.ok(
      redirected(serverService('redirect = 1')).includes(
        'Service [s]: Either "verifyChain" or "verifyPeer" has to be enabled for "redirect" to work',
      ),
    );
    assert.ok(!redirected(serverService('redirect = 1', 'verify = 2', 'CAfile = x')).some((text) => text.startsWith('Service')));
  });

  test('comes too late behind protocols that talk to the plain server first', () => {
    assert.ok(
      redirected(serverService('redirect = 1', 'protocol = imap', 'verify = 2', 'CAfile = x')).includes(
        'Service [s]: "redirect" is incompatible with the specified protocol negotiation',
      ),
    );
  });
});
