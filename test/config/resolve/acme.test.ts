/** `acme` in a section: where its files are, and what has to be said besides. */
// Tests: src/config/resolve/acme.ts, src/config/acme-config.ts, src/config/values/acme-values.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { acmeConfig } from '../../../src/config/acme-config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { directoryUrl } from '../../../src/config/values/acme-values.ts';
import { serviceOf } from '../../support/overcoat/resolve-text.ts';

const server = (...lines: readonly string[]): string => ['[s]', 'accept = 1', 'connect = 2', ...lines].join('\n');

function problemsOf(text: string): string {
  const loaded = loadConfig({ text, name: 'a.conf' }, { strict: false, launcher: 'overcoat' });
  return JSON.stringify(loaded);
}

suite('acme in a section', () => {
  test('is a certificate in a file of its own, which is watched', () => {
    const { tls, acme, reloadCerts } = serviceOf(server('acme = A.example.org,b.example.org', 'acmeAgree = yes', 'acmeStore = /s'));
    assert.deepEqual(acme?.names, ['a.example.org', 'b.example.org']);
    assert.ok(acme?.folder.startsWith('/s/acme-v02.api.letsencrypt.org-'));
    assert.equal(tls.cert, `${acme?.folder}/certificate.pem`);
    assert.equal(tls.key, tls.cert);
    assert.equal(reloadCerts, 'watch');
  });

  test('has one place for one question, and another for every other', () => {
    const folder = (choice: Parameters<typeof acmeConfig>[0]): string => acmeConfig(choice).folder;
    const base = { names: ['a.test'] };
    assert.equal(folder(base), folder({ names: ['a.test'] }));
    const others = [
      base,
      { names: ['a.test', 'b.test'] },
      { ...base, keyType: 'rsa2048' as const },
      { ...base, profile: 'shortlived' },
      { ...base, directory: 'https://other/dir' },
      { ...base, binding: { kid: 'k', keyFile: 'f' } },
      { ...base, store: '/elsewhere' },
    ];
    assert.equal(new Set(others.map(folder)).size, others.length);
  });

  test('says what is missing or too much', () => {
    const acme = 'acme = a.test';
    assert.match(problemsOf(server(acme)), /acmeAgree = yes/);
    assert.match(problemsOf(server(acme, 'acmeAgree = yes', 'cert = x')), /takes the place of cert and key/);
    assert.match(problemsOf(server(acme, 'acmeAgree = yes', 'acmeBindingId = x')), /go together/);
    assert.match(problemsOf(server(acme, 'acmeAgree = yes', 'protocol = smtp')), /acmeHttp = 80/);
    assert.match(problemsOf(server(acme, 'acmeAgree = yes', 'client = yes')), /only a server/);
    assert.match(problemsOf(`chroot = /\n${server(acme, 'acmeAgree = yes')}`), /cannot be used with chroot/);
    assert.match(problemsOf(server('acme = *.test', 'acmeAgree = yes')), /is not a host name/);
  });

  test('asks nobody in clear', () => {
    assert.equal(directoryUrl('https://ca.example/dir').ok, true);
    for (const text of ['http://ca.example/dir', 'ca.example', 'https://user:word@ca.example/'])
      assert.equal(directoryUrl(text).ok, false, text);
  });
});
