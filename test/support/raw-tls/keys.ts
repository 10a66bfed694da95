/** The key schedules of TLS 1.2 and 1.3 for one hash, SHA-256, and the AEAD of both: what a hand-made peer needs to speak after its hello. */
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';

export type Version = 'TLSv1.2' | 'TLSv1.3';

export const HASH_BYTES = 32;
const TAG_BYTES = 16;
const HEADER_BYTES = 5;

export interface Suite {
  readonly number: number;
  readonly cipher: 'aes-128-gcm' | 'chacha20-poly1305';
  readonly keyBytes: number;
}

/** TLS_AES_128_GCM_SHA256 and TLS_CHACHA20_POLY1305_SHA256; ECDHE-ECDSA-AES128-GCM-SHA256 and ECDHE-ECDSA-CHACHA20-POLY1305. */
export const SUITES: Readonly<Record<Version, readonly Suite[]>> = {
  'TLSv1.2': [
    { number: 0xc02b, cipher: 'aes-128-gcm', keyBytes: 16 },
    { number: 0xcca9, cipher: 'chacha20-poly1305', keyBytes: 32 },
  ],
  'TLSv1.3': [
    { number: 0x1301, cipher: 'aes-128-gcm', keyBytes: 16 },
    { number: 0x1303, cipher: 'chacha20-poly1305', keyBytes: 32 },
  ],
};

export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export function hmac(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** HKDF-Extract (RFC 5869). */
export function extract(salt: Uint8Array, secret: Uint8Array): Buffer {
  return hmac(salt, secret);
}

/** HKDF-Expand-Label (RFC 8446 section 7.1). */
export function expandLabel(secret: Uint8Array, label: string, context: Uint8Array, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.of(length >> 8, length & 255, name.length), name, Buffer.of(context.length), context]);
  const parts: Buffer[] = [];
  let block: Buffer = Buffer.alloc(0);
  for (let n = 1; parts.length * HASH_BYTES < length; n += 1) {
    block = hmac(secret, Buffer.concat([block, info, Buffer.of(n)]));
    parts.push(block);
  }
  return Buffer.concat(parts).subarray(0, length);
}

/** PRF (RFC 5246 section 5). */
export function prf(secret: Uint8Array, label: string, seed: Uint8Array, length: number): Buffer {
  const labelled = Buffer.concat([Buffer.from(label), seed]);
  const parts: Buffer[] = [];
  let a: Buffer = labelled;
  while (parts.length * HASH_BYTES < length) {
    a = hmac(secret, a);
    parts.push(hmac(secret, Buffer.concat([a, labelled])));
  }
  return Buffer.concat(parts).subarray(0, length);
}

/** Keys of one direction, with its own count of records. */
export class Direction {
  readonly #version: Version;
  readonly #suite: Suite;
  readonly #key: Buffer;
  readonly #iv: Buffer;
  #sequence = 0n;

  constructor(version: Version, suite: Suite, key: Buffer, iv: Buffer) {
    this.#version = version;
    this.#suite = suite;
    this.#key = key;
    this.#iv = iv;
  }

  /** From a traffic secret of TLS 1.3. */
  static of(suite: Suite, secret: Buffer): Direction {
    const none = Buffer.alloc(0);
    return new Direction('TLSv1.3', suite, expandLabel(secret, 'key', none, suite.keyBytes), expandLabel(secret, 'iv', none, 12));
  }

  /** How long the fixed part of the nonce is that TLS 1.2 takes from its key block (RFC 5288, RFC 7905). */
  static fixedBytes(suite: Suite): number {
    return suite.cipher === 'aes-128-gcm' ? 4 : 12;
  }

  get #explicit(): boolean {
    return this.#version === 'TLSv1.2' && this.#suite.cipher === 'aes-128-gcm';
  }

  /** A whole record. @param outer its type on the wire @param padding TLS 1.3: zeros behind the inner type */
  seal(type: number, body: Uint8Array, { outer = this.#version === 'TLSv1.3' ? 23 : type, padding = 0, version = 0x0303 } = {}): Buffer {
    const inner = this.#version === 'TLSv1.3' ? Buffer.concat([body, Buffer.of(type), Buffer.alloc(padding)]) : Buffer.from(body);
    const explicit = this.#explicit ? this.#counted() : Buffer.alloc(0);
    const length = explicit.length + inner.length + TAG_BYTES;
    const header = Buffer.of(outer, version >> 8, version & 255, length >> 8, length & 255);
    const cipher = createCipheriv(this.#algorithm, this.#key, this.#nonce(explicit), AEAD);
    cipher.setAAD(this.#bound(header, type, inner.length), { plaintextLength: inner.length });
    const text = Buffer.concat([cipher.update(inner), cipher.final()]);
    this.#sequence += 1n;
    return Buffer.concat([header, explicit, text, cipher.getAuthTag()]);
  }

  /** @throws Error for a record that was not sealed with these keys */
  open(record: Buffer): { readonly type: number; readonly body: Buffer } {
    const explicit = this.#explicit ? record.subarray(HEADER_BYTES, HEADER_BYTES + 8) : Buffer.alloc(0);
    const text = record.subarray(HEADER_BYTES + explicit.length, -TAG_BYTES);
    const type = record[0] ?? 0;
    const bound = this.#bound(record.subarray(0, HEADER_BYTES), type, text.length);
    const cipher = createDecipheriv(this.#algorithm, this.#key, this.#nonce(explicit), AEAD);
    cipher.setAAD(bound, { plaintextLength: text.length });
    cipher.setAuthTag(record.subarray(-TAG_BYTES));
    const inner = Buffer.concat([cipher.update(text), cipher.final()]);
    this.#sequence += 1n;
    if (this.#version === 'TLSv1.2') return { type, body: inner };
    const end = inner.findLastIndex((byte) => byte !== 0);
    return { type: inner[end] ?? 0, body: inner.subarray(0, end) };
  }

  #counted(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(this.#sequence);
    return bytes;
  }

  /** What the tag covers besides. */
  #bound(header: Buffer, type: number, length: number): Buffer {
    return this.#version === 'TLSv1.3' ? header : Buffer.concat([this.#counted(), Buffer.of(type, 3, 3, length >> 8, length & 255)]);
  }

  #nonce(explicit: Buffer): Buffer {
    if (explicit.length > 0) return Buffer.concat([this.#iv, explicit]);
    const nonce = Buffer.from(this.#iv);
    for (const [at, byte] of this.#counted().entries()) nonce[4 + at] = (nonce[4 + at] ?? 0) ^ byte;
    return nonce;
  }

  /** The types of Node.js know the modes by their names; both are called alike. */
  get #algorithm(): 'aes-128-gcm' {
    return this.#suite.cipher as 'aes-128-gcm';
  }
}

const AEAD = { authTagLength: TAG_BYTES };
