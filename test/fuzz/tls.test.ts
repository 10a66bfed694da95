/** What TLS peers and responders send us before or beside the TLS library: ClientHellos, ServerHellos, certificates, OCSP answers, revocation lists. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readClientHello } from '../../src/tls/hello/client-hello.ts';
import { fuzzSubject } from '../support/fuzz.ts';
import { clientHello, TLS_SUBJECTS } from './subjects/tls.ts';

suite('fuzzing what surrounds TLS', () => {
  test('the hello that is changed is a good one', () => {
    assert.deepEqual(readClientHello(clientHello('a.test')), { kind: 'found', serverName: 'a.test', alpn: ['h2', 'http/1.1'] });
  });

  for (const [index, subject] of TLS_SUBJECTS.entries()) test(subject.name, () => fuzzSubject(subject, 810 + index));
});
