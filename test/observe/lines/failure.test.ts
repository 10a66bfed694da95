import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailureCause } from '../../../src/failure-cause.ts';
import { explanation } from '../../../src/observe/lines/failure.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';

test('a wait that was too long is told without the option of a file to whoever gave flags', () => {
  for (const code of ['negotiation_timeout', 'handshake_timeout'] as const) {
    for (const said of [undefined, false, true]) {
      const because: FailureCause = { kind: 'limit', limit: 'TIMEOUTbusy', ms: 10_000, side: 'upstream', said };
      const told = (origin: 'command' | 'file', name: string): string => {
        const { why, remedy } = explanation(
          { code, message: 'TIMEOUTbusy exceeded', because },
          { id: '1', service: serviceConfig({ service: { origin, name } }) },
        );
        return `${why}; ${remedy}`;
      };
      for (const name of ['exec', 'gateway', 'client', 'pin']) assert.doesNotMatch(told('command', name), /TIMEOUT/);
      assert.match(told('file', 'svc'), /within 10 s.*or raise TIMEOUTbusy/);
      assert.equal(told('file', 'svc').includes('tcp_mtu_probing'), said === false, String(said));
    }
  }
});

test('what has no flag is told as an option of a file to whoever gave flags', () => {
  const because: readonly FailureCause[] = [
    ...['unsupported protocol', 'no shared cipher', 'no suitable key share', 'dh key too small'].map(
      (reason) => ({ kind: 'tls-library', reason, text: '' }) as const,
    ),
    ...['handshake_failure', 'protocol_version', 'insufficient_security'].map(
      (name) =>
        ({ kind: 'alert', from: 'upstream', number: 40, name, sni: 'a', named: 'a', certificate: true, psk: false }) satisfies FailureCause,
    ),
  ];
  for (const each of because) {
    const remedy = (origin: 'command' | 'file'): string =>
      explanation(
        { code: 'handshake_failed', message: '', because: each },
        { id: '1', service: serviceConfig({ service: { origin, name: 'client' } }) },
      ).remedy;
    assert.match(remedy('command'), /(sslVersionMin|`[a-zA-Z]+`) in a file \(`overcoat run`\)/, JSON.stringify(each));
    assert.doesNotMatch(remedy('file'), /in a file/);
  }
});

test('a certificate that the strict profile alone refuses is told with its subject and with what takes it', () => {
  const because: FailureCause = {
    kind: 'certificate',
    of: 'upstream',
    depth: 0,
    subject: 'CN=Mail server',
    fault: 'profile',
    text: 'strict certificate profile: common name that is no subjectAltName',
  };
  for (const [origin, says] of [
    ['command', /^Have it issued anew; a file \(`overcoat run`\) with `certProfile = openssl` takes it as it is, and --pin accepts/],
    ['file', /^Have it issued anew; `certProfile = openssl` takes it as it is, and pin accepts/],
  ] as const) {
    const context = { id: '1', service: serviceConfig({ service: { origin, name: 'client' } }) };
    const { why, remedy } = explanation({ code: 'handshake_verification', message: 'refused', because }, context);
    assert.match(why, /no subjectAltName \(CN=Mail server\)\.$/);
    assert.match(remedy, says);
  }
});
