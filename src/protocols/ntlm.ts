/**
 * NTLM version 2 as an HTTP proxy asks for it (MS-NLMP): the three messages and the response to a challenge. No session security is
 * negotiated, as nothing is signed or sealed with it here. Version 1 is not offered: it is DES with a key of 56 bits.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { rawAsLatin1 } from '../text/raw-text.ts';
import { md4 } from './md4.ts';

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');
const UNICODE = 0x00000001;
const REQUEST_TARGET = 0x00000004;
const NTLM = 0x00000200;
const ALWAYS_SIGN = 0x00008000;
const EXTENDED_SESSION_SECURITY = 0x00080000;
const TARGET_INFO = 0x00800000;
const FLAGS = UNICODE | REQUEST_TARGET | NTLM | ALWAYS_SIGN | EXTENDED_SESSION_SECURITY;

const NEGOTIATE_LENGTH = 32;
const CHALLENGE_LENGTH = 32;
const AUTHENTICATE_LENGTH = 64;
/** MsvAvTimestamp (MS-NLMP 2.2.2.1). */
const AV_TIMESTAMP = 7;
const AV_EOL = 0;

/** Seconds between 1601 (where Windows counts from) and 1970. */
const EPOCH_DIFFERENCE = 11_644_473_600n;

export interface Challenge {
  /** 8 bytes. */
  readonly serverChallenge: Buffer;
  /** AV pairs, copied into the response as they are. */
  readonly targetInfo: Buffer;
  /** FILETIME of the server, 8 bytes; undefined when it sent none. */
  readonly timestamp: Buffer | undefined;
  readonly flags: number;
}

export interface NtlmUser {
  readonly username: string;
  readonly domain: string;
  readonly password: string;
}

/** What is chosen by the client for one response. */
export interface Chosen {
  /** 8 bytes. */
  readonly clientChallenge: Buffer;
  /** FILETIME, 8 bytes. */
  readonly time: Buffer;
}

/** NEGOTIATE_MESSAGE (section 2.2.1.1), without domain and workstation. */
export function negotiateMessage(): Buffer {
  const message = Buffer.alloc(NEGOTIATE_LENGTH);
  SIGNATURE.copy(message);
  message.writeUInt32LE(1, 8);
  message.writeUInt32LE(FLAGS, 12);
  return message;
}

/** CHALLENGE_MESSAGE (section 2.2.1.2). @returns undefined when it is none, or its parts lie outside of it */
export function parseChallenge(message: Buffer): Challenge | undefined {
  if (message.length < CHALLENGE_LENGTH || !message.subarray(0, 8).equals(SIGNATURE) || message.readUInt32LE(8) !== 2) return undefined;
  const flags = message.readUInt32LE(20);
  const serverChallenge = Buffer.from(message.subarray(24, 32));
  if ((flags & TARGET_INFO) === 0 || message.length < 48) {
    return { serverChallenge, targetInfo: Buffer.alloc(4), timestamp: undefined, flags };
  }
  const length = message.readUInt16LE(40);
  const offset = message.readUInt32LE(44);
  if (offset + length > message.length) return undefined;
  const targetInfo = Buffer.from(message.subarray(offset, offset + length));
  const timestamp = findTimestamp(targetInfo);
  return timestamp === 'malformed' ? undefined : { serverChallenge, targetInfo, timestamp, flags };
}

/** AUTHENTICATE_MESSAGE (section 2.2.1.3) with NTLMv2 responses; workstation and session key stay empty. */
export function authenticateMessage(challenge: Challenge, user: NtlmUser, chosen: Chosen = chooseFor(challenge)): Buffer {
  const { ntResponse, lmResponse } = respond(challenge, user, chosen);
  const domain = utf16(user.domain);
  const username = utf16(user.username);
  const message = Buffer.alloc(AUTHENTICATE_LENGTH);
  SIGNATURE.copy(message);
  message.writeUInt32LE(3, 8);
  let offset = AUTHENTICATE_LENGTH;
  const place = (field: number, length: number): void => {
    message.writeUInt16LE(length, field);
    message.writeUInt16LE(length, field + 2);
    message.writeUInt32LE(offset, field + 4);
    offset += length;
  };
  place(28, domain.length);
  place(36, username.length);
  place(44, 0);
  place(12, lmResponse.length);
  place(20, ntResponse.length);
  place(52, 0);
  message.writeUInt32LE((FLAGS | (challenge.flags & TARGET_INFO)) >>> 0, 60);
  return Buffer.concat([message, domain, username, lmResponse, ntResponse]);
}

/** The two responses (section 3.3.2). With a time stamp from the server the LM response is zeros (section 3.1.5.1.2). */
export function respond(
  challenge: Challenge,
  user: NtlmUser,
  chosen: Chosen,
): { readonly ntResponse: Buffer; readonly lmResponse: Buffer } {
  const key = ntowfV2(user);
  const header = Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]);
  const temp = Buffer.concat([header, chosen.time, chosen.clientChallenge, Buffer.alloc(4), challenge.targetInfo, Buffer.alloc(4)]);
  const proof = hmacMd5(key, challenge.serverChallenge, temp);
  const lmResponse =
    challenge.timestamp === undefined
      ? Buffer.concat([hmacMd5(key, challenge.serverChallenge, chosen.clientChallenge), chosen.clientChallenge])
      : Buffer.alloc(24);
  return { ntResponse: Buffer.concat([proof, temp]), lmResponse };
}

/** The key of a user (section 3.3.2, NTOWFv2). The user name counts without case, the domain as it is written. */
export function ntowfV2({ username, domain, password }: NtlmUser): Buffer {
  return hmacMd5(md4(utf16(password)), utf16(username.toUpperCase() + domain));
}

function chooseFor(challenge: Challenge): Chosen {
  const time = Buffer.alloc(8);
  time.writeBigUInt64LE((BigInt(Date.now()) + EPOCH_DIFFERENCE * 1000n) * 10_000n);
  return { clientChallenge: randomBytes(8), time: challenge.timestamp ?? time };
}

/** Walks the AV pairs: 16-bit id, 16-bit length, value; the list ends with id 0. */
function findTimestamp(pairs: Buffer): Buffer | 'malformed' | undefined {
  let found: Buffer | undefined;
  for (let offset = 0; offset + 4 <= pairs.length; ) {
    const id = pairs.readUInt16LE(offset);
    const length = pairs.readUInt16LE(offset + 2);
    const end = offset + 4 + length;
    if (end > pairs.length) return 'malformed';
    if (id === AV_EOL) return found;
    if (id === AV_TIMESTAMP && length === 8) found = Buffer.from(pairs.subarray(offset + 4, end));
    offset = end;
  }
  return 'malformed';
}

function hmacMd5(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  const hmac = createHmac('md5', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

function utf16(text: string): Buffer {
  return Buffer.from(rawAsLatin1(text), 'utf16le');
}
