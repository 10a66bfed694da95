import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { clientService, resolveText } from '../../support/overcoat/resolve-text.ts';

/** The global part alone is what this is about. */
function resolved(...lines: readonly string[]) {
  return resolveText(`${lines.join('\n')}\n${clientService()}`);
}

suite('whoever reads status over a network', () => {
  for (const [what, lines, wrong] of [
    ['reads in clear on this machine alone', ['status = 9100'], undefined],
    ['may have any spelling of loopback', ['status = [::1]:9100'], undefined],
    ['needs TLS', ['status = 192.0.2.1:9100'], 'status'],
    ['needs TLS also where a name leads elsewhere', ['status = a.test:9100', 'statusToken = /t'], 'status'],
    ['must prove who it is', ['status = 192.0.2.1:9100', 'statusCert = /c'], 'status'],
    ['may prove it by a token', ['status = 192.0.2.1:9100', 'statusCert = /c', 'statusToken = /t'], undefined],
    ['may prove it by a certificate', ['status = 0.0.0.0:9100', 'statusCert = /c', 'statusCA = /ca'], undefined],
    ['cannot show one without TLS', ['status = 9100', 'statusCA = /ca'], 'statusCA'],
    ['is not served in clear where a key was named', ['status = 9100', 'statusKey = /k'], 'statusKey'],
  ] as const)
    test(what, () => assert.equal(resolved(...lines).errors[0]?.option, wrong));
});

test('the key is in the file of the certificate unless another is named', () => {
  const { watch } = resolved('status = 9100', 'statusCert = /c').config.global;
  assert.deepEqual([watch.statusCert, watch.statusKey], ['/c', '/c']);
});

test('what has no effect is said', () => {
  const said = (...lines: readonly string[]) => resolved(...lines).warnings.some(({ option }) => option === 'recordsEvery');
  assert.deepEqual([said('recordsEvery = 60'), said('recordsEvery = 60', 'records = -')], [true, false]);
  assert.equal(resolved('recordsEvery = 0', 'records = -').config.global.watch.recordsEveryMs, undefined);
});

suite('the control socket', () => {
  const of = (launcher: 'overcoat' | 'stunnel', line: string) => {
    const text = `${line}\n[s]\nclient = yes\naccept = 127.0.0.1:1\nconnect = 127.0.0.1:2\n`;
    return loadConfig({ text, name: 'a.conf' }, { strict: false, launcher }).config?.global.watch.control;
  };

  test('is there, but not for a file that stunnel read', () => {
    assert.deepEqual([of('overcoat', ''), of('stunnel', '')], ['auto', undefined]);
    assert.deepEqual([of('overcoat', 'control = no'), of('stunnel', 'control = auto')], [undefined, 'auto']);
    assert.equal(of('stunnel', 'control = /run/a.sock'), '/run/a.sock');
  });

  test('needs its whole path', () => assert.equal(resolved('control = a.sock').errors[0]?.option, 'control'));
});
