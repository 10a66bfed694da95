/**
 * The first thing a TLS client says (RFC 8446 section 4.1.2), read where no TLS of ours begins: a gateway looks whether a client speaks
 * TLS by itself, and which server it names. A server's own clients are read by the library alone (client_hello callback). Pure: bytes in,
 * answer out; nobody is let in because of what is read here.
 */

export type ClientHello =
  | { readonly kind: 'need-more' }
  /** It cannot become a ClientHello any more. */
  | { readonly kind: 'not-tls' }
  | { readonly kind: 'no-server-name'; readonly alpn: readonly string[] }
  | {
      readonly kind: 'found';
      /** As it was sent, one character a byte; untrusted. */
      readonly serverName: string;
      /** ALPN protocol names offered, one character a byte. */
      readonly alpn: readonly string[];
    };

/** Hellos are below 2 KB, with post-quantum keys and tickets below 8 KB. */
export const MAX_HELLO_BYTES = 32 * 1024;

const NEED_MORE: ClientHello = { kind: 'need-more' };
const NOT_TLS: ClientHello = { kind: 'not-tls' };

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER = 5;
const MAX_RECORD = 16_384;
const EXTENSION = { serverName: 0, alpn: 16 } as const;

/**
 * @param bytes everything received so far, from offset 0; neither consumed nor kept
 * @returns `need-more` until the hello is whole, also across records; `not-tls` as soon as it cannot be one, or is longer than
 *   `MAX_HELLO_BYTES`. Never throws.
 */
export function readClientHello(bytes: Buffer): ClientHello {
  const message = joinRecords(bytes);
  if (!Buffer.isBuffer(message)) return message;
  if (message.length >= 1 && message[0] !== CLIENT_HELLO) return NOT_TLS;
  if (message.length < 4) return bytes.length > MAX_HELLO_BYTES ? NOT_TLS : NEED_MORE;
  const length = message.readUIntBE(1, 3);
  if (length > MAX_HELLO_BYTES) return NOT_TLS;
  return message.length < 4 + length ? NEED_MORE : readBody(message.subarray(4, 4 + length));
}

/** The handshake bytes of all records there are, up to the end of the hello; one that is cut counts as far as it goes. */
function joinRecords(bytes: Buffer): Buffer | ClientHello {
  const parts: Buffer[] = [];
  let joined = 0;
  let needed: number | undefined;
  for (let offset = 0; offset < bytes.length; ) {
    if (offset > MAX_HELLO_BYTES || bytes[offset] !== HANDSHAKE_RECORD) return NOT_TLS;
    if (offset + 1 < bytes.length && bytes[offset + 1] !== 3) return NOT_TLS;
    if (offset + RECORD_HEADER > bytes.length) break;
    const length = bytes.readUInt16BE(offset + 3);
    if (length === 0 || length > MAX_RECORD) return NOT_TLS;
    const part = bytes.subarray(offset + RECORD_HEADER, offset + RECORD_HEADER + length);
    parts.push(part);
    joined += part.length;
    offset += RECORD_HEADER + length;
    needed ??= messageLength(parts, joined);
    if (needed !== undefined && joined >= needed) break; // what follows is not ours to read
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}

/** Of the whole message with its header; undefined until the header is there. */
function messageLength(parts: readonly Buffer[], joined: number): number | undefined {
  return joined < 4 ? undefined : 4 + Buffer.concat(parts.slice(0, 4)).readUIntBE(1, 3);
}

/** legacy_version, random, then three lists with their lengths, then the extensions. */
function readBody(body: Buffer): ClientHello {
  const reader = new Reader(body);
  reader.skip(2 + 32);
  reader.take(1);
  reader.take(2);
  reader.take(1);
  if (reader.failed) return NOT_TLS;
  if (reader.atEnd) return { kind: 'no-server-name', alpn: [] };
  const extensions = new Reader(reader.take(2));
  let serverName: string | undefined;
  let alpn: readonly string[] = [];
  while (!extensions.failed && !extensions.atEnd) {
    const type = extensions.number(2);
    const data = extensions.take(2);
    if (type === EXTENSION.serverName) serverName = readServerName(data);
    if (type === EXTENSION.alpn) alpn = readAlpn(data);
  }
  if (extensions.failed || !reader.atEnd) return NOT_TLS;
  return serverName === undefined ? { kind: 'no-server-name', alpn } : { kind: 'found', serverName, alpn };
}

const HOST_NAME = 0;

/** The first host_name of ServerNameList (RFC 6066 section 3). */
function readServerName(data: Buffer): string | undefined {
  const list = new Reader(new Reader(data).take(2));
  while (!list.failed && !list.atEnd) {
    const type = list.number(1);
    const name = list.take(2);
    if (type === HOST_NAME && !list.failed && name.length > 0) return name.toString('latin1');
  }
  return undefined;
}

/** ProtocolNameList (RFC 7301 section 3.1). */
function readAlpn(data: Buffer): readonly string[] {
  const list = new Reader(new Reader(data).take(2));
  const names: string[] = [];
  while (!list.failed && !list.atEnd) names.push(list.take(1).toString('latin1'));
  return list.failed ? [] : names;
}

const EMPTY = Buffer.alloc(0);

/** Walks over length-prefixed fields; once a field reaches past the end everything after is empty and `failed` is set. */
class Reader {
  failed = false;
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  skip(length: number): void {
    this.#advance(length);
  }

  /** A big-endian number of `size` bytes. */
  number(size: number): number {
    const field = this.#advance(size);
    return field.length === size ? field.readUIntBE(0, size) : 0;
  }

  /** A field with its length in `size` bytes before it. */
  take(size: number): Buffer {
    return this.#advance(this.number(size));
  }

  #advance(length: number): Buffer {
    const end = this.#offset + length;
    if (this.failed || end > this.#bytes.length) {
      this.failed = true;
      return EMPTY;
    }
    const field = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return field;
  }
}
