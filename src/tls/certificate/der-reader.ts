/**
 * Reads DER (ITU-T X.690) as far as certificates, revocation lists and OCSP answers need it, the first on the path of every
 * handshake: twenty times faster than a general library and without one to load at start. Strict where BER is lenient (definite,
 * shortest lengths, one-byte tags): what is not DER is `undefined`, and the caller refuses it. Never throws, copies nothing.
 */

export interface DerValue {
  /** The identifier octet: class, constructed bit and number. */
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content: what is hashed, signed or compared. */
  readonly whole: Buffer;
}

/** A value whose inside is read when somebody looks. */
export interface DerTree extends DerValue {
  /** Empty for a primitive, and where the content is no DER. */
  readonly children: readonly DerTree[];
  /** Of UTCTime and GeneralizedTime. */
  readonly date: Date | undefined;
}

export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
} as const;

/** No structure in a certificate or an answer comes near this; bounds the work on a hostile one. A revocation list has more entries: DerCursor. */
const MAX_CHILDREN = 4096;
const CONSTRUCTED = 0x20;

/** The single value that fills `bytes` exactly. */
export function readDer(bytes: Buffer): DerValue | undefined {
  const value = readAt(bytes, 0);
  return value !== undefined && value.whole.length === bytes.length ? value : undefined;
}

/** The values inside a constructed one, or inside an octet string that wraps DER; undefined when they are more than MAX_CHILDREN. */
export function readChildren(content: Buffer): readonly DerValue[] | undefined {
  const children: DerValue[] = [];
  let offset = 0;
  while (offset < content.length) {
    const child = readAt(content, offset);
    if (child === undefined || children.length === MAX_CHILDREN) return undefined;
    children.push(child);
    offset += child.whole.length;
  }
  return children;
}

/** The children of `bytes` if it is one value with this tag. */
export function readConstructed(bytes: Buffer, tag: number): readonly DerValue[] | undefined {
  const value = readDer(bytes);
  return value?.tag === tag ? readChildren(value.content) : undefined;
}

/** The single value that fills `bytes`, as a tree. */
export function readDerTree(bytes: Buffer): DerTree | undefined {
  const value = readDer(bytes);
  return value === undefined ? undefined : treeOf(value);
}

/** What `value` holds as OCTET STRING or explicit tag wrapped around one value. */
export function unwrap(value: DerTree | undefined): DerTree | undefined {
  return value === undefined ? undefined : readDerTree(value.content);
}

/** The bytes of a BIT STRING without unused bits. */
export function bitStringBytes(value: DerValue | undefined): Buffer | undefined {
  return value?.tag === DER.bitString && value.content[0] === 0 ? value.content.subarray(1) : undefined;
}

function treeOf(value: DerValue): DerTree {
  let children: readonly DerTree[] | undefined;
  return {
    ...value,
    get children() {
      children ??= (value.tag & CONSTRUCTED) === 0 ? [] : (readChildren(value.content) ?? []).map(treeOf);
      return children;
    },
    get date() {
      return readTime(value);
    },
  };
}

/** Goes through values that stand side by side and makes no object of any: a list may have a million. */
export class DerCursor {
  /** Of the value it stands at, whose content lies from `start` to `end`. */
  tag = 0;
  start = 0;
  end = 0;
  /** What follows is no value. */
  malformed = false;
  readonly #bytes: Buffer;
  #at: number;
  readonly #limit: number;

  constructor(bytes: Buffer, from = 0, limit = bytes.length) {
    this.#bytes = bytes;
    this.#at = from;
    this.#limit = limit;
  }

  /** @returns false at the end, and where it is `malformed` */
  next(): boolean {
    if (this.#at >= this.#limit || this.malformed) return false;
    this.malformed = !this.#read();
    this.#at = this.end;
    return !this.malformed;
  }

  #read(): boolean {
    const bytes = this.#bytes;
    const headEnd = this.#at + 2;
    if (headEnd > this.#limit) return false;
    this.tag = bytes[this.#at] as number;
    if ((this.tag & 0x1f) === 0x1f) return false;
    let length = bytes[headEnd - 1] as number;
    this.start = headEnd;
    if (length >= 0x80) {
      const size = length & 0x7f;
      this.start += size;
      if (size === 0 || size > 4 || this.start > this.#limit) return false;
      length = bytes.readUIntBE(headEnd, size);
      if (length < 0x80 || length < 2 ** (8 * (size - 1))) return false; // not the shortest form
    }
    this.end = this.start + length;
    return this.end <= this.#limit;
  }
}

function readAt(bytes: Buffer, start: number): DerValue | undefined {
  const cursor = new DerCursor(bytes, start);
  if (!cursor.next()) return undefined;
  const { tag, start: contentStart, end } = cursor;
  return { tag, content: bytes.subarray(contentStart, end), whole: bytes.subarray(start, end) };
}

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** RFC 5280 section 4.1.2.5: `YYMMDDHHMMSSZ` (from 1950 to 2049) or `YYYYMMDDHHMMSSZ`. */
export function readTime({ tag, content }: DerValue): Date | undefined {
  const text = content.toString('latin1');
  if (tag === UTC_TIME && text.length === 13) return moment((Number(text.slice(0, 2)) >= 50 ? '19' : '20') + text);
  return tag === GENERALIZED_TIME && text.length === 15 ? moment(text) : undefined;
}

function moment(text: string): Date | undefined {
  const part = (from: number, length: number): string => text.slice(from, from + length);
  const date = new Date(`${part(0, 4)}-${part(4, 2)}-${part(6, 2)}T${part(8, 2)}:${part(10, 2)}:${part(12, 2)}Z`);
  return text.endsWith('Z') && !Number.isNaN(date.getTime()) ? date : undefined;
}
