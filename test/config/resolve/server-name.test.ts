import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clientService, resolveText, serviceOf } from '../../support/overcoat/resolve-text.ts';

const nameOf = (...lines: readonly string[]) => serviceOf(['[s]', 'client = yes', 'accept = 1', ...lines].join('\n')).serverName;

suite('the name a client sends', () => {
  test('is the host it connects to', () => {
    assert.deepEqual(nameOf('connect = Example.org:443', 'connect = b:1'), { kind: 'fixed', name: 'example.org' });
    assert.deepEqual(nameOf('connect = 443'), { kind: 'fixed', name: 'localhost' });
    assert.deepEqual(nameOf('connect = /run/x'), { kind: 'fixed', name: 'localhost' });
  });

  test('is never an IP address', () => {
    assert.deepEqual(nameOf('connect = 192.0.2.1:443'), { kind: 'none' });
    assert.deepEqual(nameOf('connect = ::1:443'), { kind: 'none' });
    assert.deepEqual(nameOf('connect = a:1', 'sni = 192.0.2.1'), { kind: 'none' });
  });

  test('is what sni says: a name, nothing, or what can be learnt', () => {
    assert.deepEqual(nameOf('connect = a:1', 'sni = B.example.'), { kind: 'fixed', name: 'b.example' });
    assert.deepEqual(nameOf('connect = a:1', 'sni ='), { kind: 'none' });
    assert.deepEqual(nameOf('connect = a:1', 'sni = AUTO'), { kind: 'auto' });
    assert.deepEqual(nameOf('connect = a:1', 'sni = x', 'sni = y'), { kind: 'fixed', name: 'y' });
  });

  test('is none where the destination is not known before', () => assert.deepEqual(nameOf('transparent = destination'), { kind: 'none' }));

  test('is that of the target behind a proxy', () => {
    const behind = (host: string) =>
      resolveText(clientService('protocol = connect', `protocolHost = ${host}`)).config.services[0]?.serverName;
    assert.deepEqual(behind('mail.example:993'), { kind: 'fixed', name: 'mail.example' });
    assert.deepEqual(behind('[2001:db8::1]:993'), { kind: 'none' });
  });

  test('is none where sni is no host name', () => {
    for (const [sni, why] of [
      ['a b', 'it holds " "'],
      ['pay.example.com/é.attacker.test', 'it holds "/"'],
      ['127.1', 'it ends in a number, as only an address does'],
      [`${'a'.repeat(64)}.test`, 'a label of it has more than 63 characters'],
    ] as const)
      assert.deepEqual(nameOf('connect = a:1', `sni = ${sni}`), { kind: 'none', unusable: { written: sni, why } });
  });
});

suite('a virtual host', () => {
  const first = '[web]\naccept = 1\nconnect = 2\ncert = x\n[c]\nclient = yes\naccept = 3\nconnect = a:1\n';
  const second = (sni: string) => resolveText(`${first}[s]\ncert = y\nconnect = 4\nsni = ${sni}`);

  test('belongs to a server above it', () => {
    const { config, errors } = second('web:*.example.org');
    assert.deepEqual(errors, []);
    assert.deepEqual(config.services[2]?.virtualHost, { primary: 'web', pattern: '*.example.org' });
    assert.deepEqual(config.services[2]?.serverName, { kind: 'none' });
  });

  test("is refused in stunnel's words elsewhere", () => {
    for (const [sni, reason] of [
      ['web', 'Invalid SNI parameter format'],
      ['auto', 'Invalid SNI parameter format'],
      ['later:a', 'SNI section name not found'],
      ['Web:a', 'SNI section name not found'],
      ['s:a', 'SNI section name not found'],
      ['c:a', 'SNI primary service is a TLS client'],
    ] as const) {
      assert.equal(second(sni).errors[0]?.stunnelText, `Service [s]: ${reason}`, sni);
    }
  });
});
