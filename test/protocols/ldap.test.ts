/** LDAP StartTLS: the messages byte by byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ldapClient, measureMessage, parseResponse } from '../../src/protocols/ldap.ts';
import { endOf, play, tls, toUpstream, upstream } from '../support/overcoat/transcript.ts';

/** What `ldapsearch -ZZ` sends. */
const REQUEST = Buffer.from('301d02010177188016312e332e362e312e342e312e313436362e3230303337', 'hex');
/** What slapd answers. */
const CONSENT = Buffer.from('300c02010178070a010004000400', 'hex');
const REFUSAL = Buffer.from('301d02010178180a01340400041154 4c53206e6f7420737570706f72746564'.replaceAll(' ', ''), 'hex');

test('request and consent', () => {
  assert.equal(play(ldapClient(), [toUpstream(REQUEST), upstream(CONSENT), tls('upstream')]).end, 'done');
});

test('a length in the long form, and a response with the name of the operation', () => {
  const name = Buffer.from('8a16312e332e362e312e342e312e313436362e3230303337', 'hex');
  const body = Buffer.concat([Buffer.from('020101781f0a010004000400', 'hex'), name]);
  const message = Buffer.concat([Buffer.from([0x30, 0x84, 0, 0, 0, body.length]), body]);
  assert.equal(play(ldapClient(), [toUpstream(REQUEST), upstream(message), tls('upstream')]).end, 'done');
});

test('a refusal is quoted', () => {
  assert.match(endOf(play(ldapClient(), [toUpstream(REQUEST), upstream(REFUSAL)])), /result code 52 "TLS not supported"/);
});

for (const [what, hex] of [
  ['a notice of disconnection (message 0)', '302402010078 1f0a01340400040 08a16312e332e362e312e342e312e313436362e3230303336'],
  ['the answer to another message', '300c02010278070a010004000400'],
  ['a bind response', '300c02010161070a010004000400'],
  ['a result that is no enumeration', '300c020101780702010004000400'],
  ['a result outside of the response', '300c02010178020a010004000400'],
] as const) {
  test(`${what} is no consent`, () => {
    const played = play(ldapClient(), [toUpstream(REQUEST), upstream(Buffer.from(hex.replaceAll(' ', ''), 'hex'))]);
    assert.deepEqual(played.secured, []);
  });
}

test('what is no LDAP message is refused at once, and a large one before it has come', () => {
  assert.equal(measureMessage(Buffer.from('H')).kind, 'refused');
  assert.equal(measureMessage(Buffer.from('3084ffffffff', 'hex')).kind, 'refused');
  assert.equal(measureMessage(Buffer.from('30820f00', 'hex')).kind, 'need-more');
  assert.equal(measureMessage(Buffer.from('308000000000', 'hex')).kind, 'refused');
  assert.equal(measureMessage(Buffer.from('30', 'hex')).kind, 'need-more');
});

test('a response that ends anywhere too early is none', () => {
  for (let length = 0; length < CONSENT.length - 4; length += 1)
    assert.equal(parseResponse(CONSENT.subarray(0, length))?.resultCode, undefined);
});
