/** Session tickets of a server (RFC 5077, RFC 8446 section 4.6.1), sealed with keys of ours: AES-CBC and HMAC-SHA256, as OpenSSL's own. */
import type { Pointer } from '../../native/binding.ts';
import { addressOf, copyTo, fillFrom } from '../../native/binding.ts';
import { C } from '../library/library.ts';

/** Secret. */
export interface TicketKey {
  /** 16 bytes that stand in clear in every ticket: which key it was. */
  readonly name: Uint8Array;
  /** 16 or 32 bytes: AES-128 or AES-256. */
  readonly cipher: Uint8Array;
  readonly mac: Uint8Array;
}

/** Asked at every ticket, so that keys may change without a word. */
export interface TicketKeys {
  /** The one that new tickets are sealed with. */
  readonly current: TicketKey;
  /** Older ones whose tickets are still good; whoever shows one gets a new ticket. */
  readonly former: readonly TicketKey[];
}

const NAME_BYTES = 16;
const IV_BYTES = 16;
const PARAM_BYTES = 40;
const UTF8_STRING = 4;

const FAILED = -1;
const UNKNOWN = 0;
const GOOD = 1;
const GOOD_RENEW = 2;

const digestName = Buffer.from('digest\0');
const digest = Buffer.from('SHA256\0');
/** `OSSL_PARAM[2]`: the digest of the HMAC, and the end. */
const macParameters = makeParameters();

function makeParameters(): Uint8Array {
  const bytes = new Uint8Array(2 * PARAM_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, addressOf(digestName), true);
  view.setUint32(8, UTF8_STRING, true);
  view.setBigUint64(16, addressOf(digest), true);
  view.setBigUint64(24, BigInt(digest.length - 1), true);
  view.setBigInt64(32, -1n, true);
  return bytes;
}

/** Writes the name and the IV of a new ticket and sets cipher and MAC. @returns what the callback answers */
export function sealTicket({ current }: TicketKeys, name: Pointer, iv: Pointer, cipher: Pointer, mac: Pointer): number {
  if (C.RAND_bytes(iv, IV_BYTES) !== 1) return FAILED;
  copyTo(name, current.name);
  if (C.EVP_EncryptInit_ex(cipher, algorithmOf(current), null, current.cipher, iv) !== 1) return FAILED;
  return setMac(mac, current) ? GOOD : FAILED;
}

/** The name in the ticket that is opened. */
const wanted = Buffer.alloc(NAME_BYTES);

/**
 * Sets cipher and MAC for the key a ticket names.
 * @param renew TLS 1.3: the client is to get a new ticket every time, or every second connection would be a full handshake
 */
export function openTicket(keys: TicketKeys, renew: boolean, name: Pointer, iv: Pointer, cipher: Pointer, mac: Pointer): number {
  fillFrom(wanted, name);
  const isCurrent = wanted.equals(keys.current.name);
  const key = isCurrent ? keys.current : keys.former.find((former) => wanted.equals(former.name));
  if (key === undefined) return UNKNOWN;
  if (C.EVP_DecryptInit_ex(cipher, algorithmOf(key), null, key.cipher, iv) !== 1 || !setMac(mac, key)) return FAILED;
  return renew || !isCurrent ? GOOD_RENEW : GOOD;
}

const [AES_128, AES_256] = [C.EVP_aes_128_cbc(), C.EVP_aes_256_cbc()];

function algorithmOf(key: TicketKey): Pointer | null {
  return key.cipher.length === 16 ? AES_128 : AES_256;
}

function setMac(mac: Pointer, key: TicketKey): boolean {
  return C.EVP_MAC_init(mac, key.mac, key.mac.length, macParameters) === 1;
}
