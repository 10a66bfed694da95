/** NTLM version 2 against the worked example of MS-NLMP (section 4.2), and challenges that are none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authenticateMessage, negotiateMessage, ntowfV2, parseChallenge, respond } from '../../src/protocols/ntlm.ts';

const USER = { username: 'User', domain: 'Domain', password: 'Password' };
const TARGET_INFO = Buffer.from('02000c0044006f006d00610069006e0001000c00530065007200760065007200' + '00000000', 'hex');
const SERVER_CHALLENGE = Buffer.from('0123456789abcdef', 'hex');
const CHOSEN = { clientChallenge: Buffer.alloc(8, 0xaa), time: Buffer.alloc(8) };
const TARGET_INFO_FLAG = 0x00800000;

/** CHALLENGE_MESSAGE of section 4.2.4.3, with other AV pairs on demand. */
function challengeMessage(targetInfo = TARGET_INFO): Buffer {
  const fixed = Buffer.alloc(56);
  fixed.write('NTLMSSP\0', 'latin1');
  fixed.writeUInt32LE(2, 8);
  fixed.writeUInt32LE((0x00000001 | TARGET_INFO_FLAG) >>> 0, 20);
  SERVER_CHALLENGE.copy(fixed, 24);
  fixed.writeUInt16LE(targetInfo.length, 40);
  fixed.writeUInt16LE(targetInfo.length, 42);
  fixed.writeUInt32LE(56, 44);
  return Buffer.concat([fixed, targetInfo]);
}

test('the key and the responses of the worked example', () => {
  assert.equal(ntowfV2(USER).toString('hex'), '0c868a403bfd7a93a3001ef22ef02e3f');
  const challenge = parseChallenge(challengeMessage());
  assert.ok(challenge !== undefined);
  const { ntResponse, lmResponse } = respond(challenge, USER, CHOSEN);
  assert.equal(ntResponse.subarray(0, 16).toString('hex'), '68cd0ab851e51c96aabc927bebef6a1c');
  assert.equal(lmResponse.toString('hex'), '86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa');
});

test('the server’s time stamp is used, and the LM response is zeros then', () => {
  const stamp = Buffer.from('00112233445566ff', 'hex');
  const pairs = Buffer.concat([TARGET_INFO.subarray(0, -4), Buffer.from('07000800', 'hex'), stamp, Buffer.alloc(4)]);
  const challenge = parseChallenge(challengeMessage(pairs));
  assert.deepEqual(challenge?.timestamp, stamp);
  assert.ok(challenge !== undefined);
  assert.ok(respond(challenge, USER, CHOSEN).lmResponse.equals(Buffer.alloc(24)));
  assert.ok(authenticateMessage(challenge, USER).includes(stamp));
});

test('the first and the last message', () => {
  assert.equal(negotiateMessage().subarray(0, 12).toString('hex'), '4e544c4d5353500001000000');
  const challenge = parseChallenge(challengeMessage());
  assert.ok(challenge !== undefined);
  const message = authenticateMessage(challenge, USER, CHOSEN);
  const field = (at: number): Buffer =>
    message.subarray(message.readUInt32LE(at + 4), message.readUInt32LE(at + 4) + message.readUInt16LE(at));
  assert.equal(message.readUInt32LE(8), 3);
  assert.equal(field(28).toString('utf16le'), 'Domain');
  assert.equal(field(36).toString('utf16le'), 'User');
  assert.equal(field(12).length, 24);
  assert.equal(field(20).subarray(0, 16).toString('hex'), '68cd0ab851e51c96aabc927bebef6a1c');
});

test('a challenge without AV pairs, and what is no challenge', () => {
  const short = challengeMessage().subarray(0, 32);
  short.writeUInt32LE(1, 20);
  assert.equal(parseChallenge(short)?.targetInfo.length, 4);
  const whole = challengeMessage();
  for (let length = 0; length < 32; length += 1) assert.equal(parseChallenge(whole.subarray(0, length)), undefined);
  for (let length = 56; length < whole.length; length += 1)
    assert.equal(parseChallenge(whole.subarray(0, length)), undefined, String(length));
  const outside = challengeMessage();
  outside.writeUInt32LE(0xfffffff0, 44);
  assert.equal(parseChallenge(outside), undefined);
  assert.equal(parseChallenge(challengeMessage(Buffer.from('0200ffff', 'hex'))), undefined, 'a pair that goes past the end');
  assert.equal(parseChallenge(challengeMessage(Buffer.from('020000000100', 'hex'))), undefined, 'a list without an end');
  const negotiate = negotiateMessage();
  assert.equal(parseChallenge(Buffer.concat([negotiate, negotiate])), undefined);
});
