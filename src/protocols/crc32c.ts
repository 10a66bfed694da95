/** CRC-32C (RFC 3720 appendix B.4, Castagnoli), which the runtime does not have: the checksum of a PROXY v2 header. */

const POLYNOMIAL = 0x82f63b78;

/** @returns 0 to 2^32 - 1 */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
