/** ClientHellos made by hand: a good one for either version, and every part of it to be changed (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2). */
import { randomBytes } from 'node:crypto';
import type { Version } from './keys.ts';
import { SUITES } from './keys.ts';

export const EXTENSION = {
  serverName: 0,
  maxFragment: 1,
  statusRequest: 5,
  groups: 10,
  pointFormats: 11,
  signatures: 13,
  alpn: 16,
  encryptThenMac: 22,
  extendedMaster: 23,
  ticket: 35,
  preSharedKey: 41,
  earlyData: 42,
  versions: 43,
  cookie: 44,
  keyExchangeModes: 45,
  postHandshake: 49,
  keyShare: 51,
  renegotiation: 0xff01,
} as const;

export const X25519 = 29;
export const P256 = 23;

export interface Hello {
  readonly version: number;
  readonly random: Buffer;
  readonly sessionId: Buffer;
  readonly suites: Buffer;
  readonly compression: Buffer;
  /** In order; undefined: the hello ends before them. */
  readonly extensions: readonly Extension[] | undefined;
}

export type Extension = readonly [type: number, body: Buffer];

export function u8(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

export function u16(bytes: Uint8Array): Buffer {
  return Buffer.concat([number16(bytes.length), bytes]);
}

export function u24(bytes: Uint8Array): Buffer {
  return Buffer.concat([number24(bytes.length), bytes]);
}

export function number16(...numbers: readonly number[]): Buffer {
  return Buffer.concat(numbers.map((one) => Buffer.of(one >> 8, one & 255)));
}

export function number24(one: number): Buffer {
  return Buffer.of(one >> 16, (one >> 8) & 255, one & 255);
}

/** @param share the public key of X25519 */
export function goodHello(version: Version, share: Buffer): Hello {
  const old = SUITES['TLSv1.2'].map(({ number }) => number);
  const both = version === 'TLSv1.3' ? [...SUITES['TLSv1.3'].map(({ number }) => number), ...old] : old;
  const common: Extension[] = [
    [EXTENSION.serverName, u16(Buffer.concat([Buffer.of(0), u16(Buffer.from('localhost'))]))],
    [EXTENSION.groups, u16(number16(X25519, P256))],
    [EXTENSION.pointFormats, u8(Buffer.of(0))],
    [EXTENSION.signatures, u16(number16(0x0403, 0x0804, 0x0401))],
    [EXTENSION.extendedMaster, Buffer.alloc(0)],
    [EXTENSION.ticket, Buffer.alloc(0)],
    [EXTENSION.renegotiation, u8(Buffer.alloc(0))],
  ];
  const newer: Extension[] = [
    [EXTENSION.versions, u8(number16(0x0304, 0x0303))],
    [EXTENSION.keyExchangeModes, u8(Buffer.of(1))],
    [EXTENSION.keyShare, u16(keyShare(X25519, share))],
  ];
  return {
    version: 0x0303,
    random: randomBytes(32),
    sessionId: version === 'TLSv1.3' ? randomBytes(32) : Buffer.alloc(0),
    suites: number16(...both),
    compression: Buffer.of(0),
    extensions: version === 'TLSv1.3' ? [...common, ...newer] : common,
  };
}

export function keyShare(group: number, share: Buffer): Buffer {
  return Buffer.concat([number16(group), u16(share)]);
}

/** The extension in place of the one of its type; at the end where there is none. */
export function withExtension(hello: Hello, type: number, body: Buffer): Hello {
  const extensions = hello.extensions ?? [];
  const at = extensions.findIndex(([one]) => one === type);
  return { ...hello, extensions: at < 0 ? [...extensions, [type, body]] : extensions.with(at, [type, body]) };
}

export function withoutExtension(hello: Hello, type: number): Hello {
  return { ...hello, extensions: hello.extensions?.filter(([one]) => one !== type) };
}

export function bodyOf({ version, random, sessionId, suites, compression, extensions }: Hello): Buffer {
  const front = [number16(version), random, u8(sessionId), u16(suites), u8(compression)];
  return Buffer.concat(extensions === undefined ? front : [...front, u16(extensionsOf(extensions))]);
}

export function extensionsOf(extensions: readonly Extension[]): Buffer {
  return Buffer.concat(extensions.map(([type, body]) => Buffer.concat([number16(type), u16(body)])));
}

/** A handshake message. */
export function message(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(type), u24(body)]);
}

/** A record in clear. */
export function record(type: number, body: Uint8Array, version = 0x0303): Buffer {
  return Buffer.concat([Buffer.of(type), number16(version), u16(body)]);
}
