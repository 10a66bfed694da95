/** The one thing asked of a ServerHello that OpenSSL does not tell: up to TLS 1.2, will a stapled OCSP response follow (RFC 6066 section 8)? */

const TYPE_AND_LENGTH = 4;
const VERSION_AND_RANDOM = 34;
const SUITE_AND_COMPRESSION = 3;
const STATUS_REQUEST = 5;

/** @param message of the handshake, whole; what cannot be read announces nothing, and is OpenSSL's to refuse */
export function announcesStaple(message: Buffer): boolean {
  const sessionIdAt = TYPE_AND_LENGTH + VERSION_AND_RANDOM;
  let at = sessionIdAt + 1 + (message[sessionIdAt] ?? 0) + SUITE_AND_COMPRESSION;
  if (at + 2 > message.length) return false;
  const end = Math.min(message.length, at + 2 + message.readUInt16BE(at));
  for (at += 2; at + 4 <= end; at += 4 + message.readUInt16BE(at + 2)) if (message.readUInt16BE(at) === STATUS_REQUEST) return true;
  return false;
}
