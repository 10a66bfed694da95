/**
 * MD4 (RFC 1320), because NTLM hashes passwords with it and OpenSSL 3 only has it in its legacy provider, which the runtime does
 * not load. Broken as a hash; of use for nothing else.
 */

/** Per round: the words in the order they are used, four shifts, the function, and the constant. */
const ROUNDS: readonly {
  readonly order: readonly number[];
  readonly shifts: readonly [number, number, number, number];
  readonly mix: (x: number, y: number, z: number) => number;
  readonly constant: number;
}[] = [
  {
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
    mix: (x, y, z) => (x & y) | (~x & z),
    constant: 0,
  },
  {
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
    mix: (x, y, z) => (x & y) | (x & z) | (y & z),
    constant: 0x5a827999,
  },
  {
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
    mix: (x, y, z) => x ^ y ^ z,
    constant: 0x6ed9eba1,
  },
];

const BLOCK_BYTES = 64;

/** @returns the 16 bytes of the digest */
export function md4(message: Uint8Array): Buffer {
  const padded = pad(message);
  const view = new DataView(padded.buffer, padded.byteOffset, padded.byteLength);
  let state: State = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let offset = 0; offset < padded.length; offset += BLOCK_BYTES) state = compress(state, view, offset);
  const digest = Buffer.alloc(16);
  for (const [index, word] of state.entries()) digest.writeUInt32LE(word >>> 0, index * 4);
  return digest;
}

type State = readonly [number, number, number, number];

function compress([a0, b0, c0, d0]: State, view: DataView, offset: number): State {
  let [a, b, c, d] = [a0, b0, c0, d0];
  for (const { order, shifts, mix, constant } of ROUNDS) {
    for (const [step, word] of order.entries()) {
      const sum = (a + mix(b, c, d) + view.getUint32(offset + word * 4, true) + constant) | 0;
      const shift = shifts[step % 4] ?? 0;
      [a, b, c, d] = [d, (sum << shift) | (sum >>> (32 - shift)), b, c];
    }
  }
  return [(a0 + a) | 0, (b0 + b) | 0, (c0 + c) | 0, (d0 + d) | 0];
}

/** A one bit, zeros, and the length in bits as 64 bits, up to a whole block (section 3.1 and 3.2). */
function pad(message: Uint8Array): Uint8Array {
  const length = Math.ceil((message.length + 9) / BLOCK_BYTES) * BLOCK_BYTES;
  const padded = new Uint8Array(length);
  padded.set(message);
  padded[message.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(length - 8, BigInt(message.length) * 8n, true);
  return padded;
}
