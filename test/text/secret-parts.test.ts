import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hideSecretParts } from '../../src/text/secret-parts.ts';

test('the PIN of a URI and who a URL logs in as are hidden, and nothing else is', () => {
  for (const [text, shown] of [
    ['key = pkcs11:object=k?pin-value=1234&module-name=m', 'key = pkcs11:object=k?pin-value=***&module-name=m'],
    ['pkcs11:object=k?PIN-VALUE=1234', 'pkcs11:object=k?PIN-VALUE=***'],
    ['ocsp = http://joe:secret@ocsp.example/x', 'ocsp = http://***@ocsp.example/x'],
    ['pkcs11:object=k?pin-source=file:/etc/pin', 'pkcs11:object=k?pin-source=file:/etc/pin'],
    ['ocsp = http://ocsp.example/x', 'ocsp = http://ocsp.example/x'],
  ] as const) {
    assert.equal(
      hideSecretParts(text, () => '***'),
      shown,
    );
  }
});
