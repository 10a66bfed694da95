/**
 * Recognises an RTMP client and learns the host from its tcUrl. Two variants are recognised only to be let alone, because an answer
 * of ours would spoil them: RTMPE (encrypted from C1 on) and RTMPT (see `http1.ts`).
 */
import { authorityOf, parseAuthority } from '../../address/authority.ts';
import type { Recognition } from '../recognition.ts';
import { NOT_MINE } from '../recognition.ts';
import type { ChunkReading } from './chunk-reader.ts';
import { findMessage } from './chunk-reader.ts';
import { AMF0_COMMAND, AMF3_COMMAND, readConnect } from './connect-command.ts';
import { answerHandshake, CLIENT_HANDSHAKE_BYTES, CLIENT_OPENING_BYTES } from './handshake.ts';

export const COMMANDS: ReadonlySet<number> = new Set([AMF0_COMMAND, AMF3_COMMAND]);

const PLAIN = 3;
/** C0 of the two encrypted variants. */
const ENCRYPTED: ReadonlySet<number> = new Set([6, 8]);

/** C0, C1 -> (our answer) -> C2, chunks -> `connect` -> tcUrl. */
export function recogniseRtmp(bytes: Uint8Array): Recognition {
  const [version] = bytes;
  if (version === undefined) return { kind: 'need-more', atLeast: 1 };
  if (ENCRYPTED.has(version)) return recogniseEncrypted(bytes);
  if (version !== PLAIN || isRemoteDesktop(bytes)) return NOT_MINE;
  if (bytes.length < CLIENT_OPENING_BYTES) return { kind: 'need-more', atLeast: bytes.length < 6 ? 6 : CLIENT_OPENING_BYTES };
  const reading = findMessage(bytes.subarray(CLIENT_HANDSHAKE_BYTES), COMMANDS);
  if (reading.kind === 'need-more') {
    return { kind: 'need-more', atLeast: CLIENT_HANDSHAKE_BYTES + reading.atLeast, answer: answerHandshake(bytes) };
  }
  return readName(reading);
}

function readName(reading: Exclude<ChunkReading, { kind: 'need-more' }>): Recognition {
  if (reading.kind === 'malformed') return noName(`the RTMP client sent ${reading.why}`);
  const command = readConnect(reading.message);
  if (command.kind === 'malformed') return noName('the first RTMP command cannot be read');
  if (command.kind === 'other-command') return noName('the first RTMP command is not connect');
  const { tcUrl } = command.fields;
  if (tcUrl === undefined) return noName('the RTMP connect command has no tcUrl');
  const host = parseAuthority(authorityOf(tcUrl.text) ?? '');
  if (host === undefined) return noName('the tcUrl of the RTMP client holds no host name');
  return { kind: 'name', protocol: 'rtmp', host, alpn: [] };
}

/** C1 of an encrypted client always states a Flash version; anything else with these first bytes is another protocol. */
function recogniseEncrypted(bytes: Uint8Array): Recognition {
  if (bytes.length < 9) return { kind: 'need-more', atLeast: 9 };
  return isFlashVersion(bytes) ? noName('the client speaks RTMPE, which cannot be read') : NOT_MINE;
}

/** The four bytes behind C1's time: zero in the simple handshake, 9.0.124.2, 10.0.32.18, 128.0.7.2 and so on in the other. */
function isFlashVersion(bytes: Uint8Array): boolean {
  return ((bytes[5] ?? 0) >= 9 && (bytes[5] ?? 0) <= 32 && bytes[6] === 0) || (bytes[5] === 128 && bytes[6] === 0);
}

/** RDP opens with a TPKT header, also a 3, and then waits for the server (RFC 1006 6, X.224 13.3): length, length - 5, 0xE0. */
function isRemoteDesktop(bytes: Uint8Array): boolean {
  if (bytes.length < 6 || bytes[1] !== 0) return false;
  const length = (bytes[2] ?? 0) * 256 + (bytes[3] ?? 0);
  return bytes[4] === length - 5 && bytes[5] === 0xe0;
}

function noName(why: string): Recognition {
  return { kind: 'no-name', protocol: 'rtmp', why, alpn: [] };
}
