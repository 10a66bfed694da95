/**
 * Revocation lists and OCSP messages are read with asn1js. It is loaded at the first use, since most services never need it and it
 * costs 20 ms at start; whoever wants revocation calls `loadAsn1` while the service is prepared. Nothing here throws for bad input.
 */
import { createRequire } from 'node:module';
import type { AsnType } from 'asn1js';

type Library = typeof import('asn1js');

let library: Library | undefined;

/** Loads the library now: later it may be out of reach (chroot). */
export function loadAsn1(): Library {
  library ??= createRequire(import.meta.url)('asn1js') as Library;
  return library;
}

/** One value: its tag as the identifier octet has it, its bytes, and what is inside. */
export interface Asn1 {
  readonly tag: number;
  /** Tag, length and content, as they were sent. */
  readonly whole: Buffer;
  readonly content: Buffer;
  /** Empty for a primitive. */
  readonly children: readonly Asn1[];
  /** Of UTCTime and GeneralizedTime. */
  readonly date: Date | undefined;
}

/** The single value that fills `bytes`; undefined for anything else. */
export function readAsn1(bytes: Uint8Array): Asn1 | undefined {
  try {
    const { offset, result } = loadAsn1().fromBER(bytes);
    return offset === bytes.length ? wrap(result) : undefined;
  } catch {
    return undefined;
  }
}

/** What `value` holds as OCTET STRING or explicit tag wrapped around one value. */
export function unwrap(value: Asn1 | undefined): Asn1 | undefined {
  if (value === undefined) return undefined;
  const [only, ...more] = value.children;
  return only !== undefined && more.length === 0 ? only : readAsn1(value.content);
}

/** The bytes of a BIT STRING without unused bits. */
export function bitStringBytes(value: Asn1 | undefined): Buffer | undefined {
  return value?.tag === 0x03 && value.content[0] === 0 ? value.content.subarray(1) : undefined;
}

/** Lists may have tens of thousands of entries: children are wrapped when they are asked for. */
function wrap(block: AsnType): Asn1 {
  const { tagClass, tagNumber, isConstructed } = block.idBlock;
  const view = block.valueBeforeDecodeView;
  const whole = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  let children: readonly Asn1[] | undefined;
  return {
    tag: ((tagClass - 1) << 6) | (isConstructed ? 0x20 : 0) | tagNumber,
    whole,
    content: whole.subarray(block.idBlock.blockLength + block.lenBlock.blockLength),
    get children() {
      children ??= childrenOf(block).map(wrap);
      return children;
    },
    get date() {
      const moment = 'toDate' in block ? (block as { toDate(): Date }).toDate() : undefined;
      return moment !== undefined && !Number.isNaN(moment.getTime()) ? moment : undefined;
    },
  };
}

function childrenOf(block: AsnType): readonly AsnType[] {
  if (!block.idBlock.isConstructed) return [];
  const inside = (block.valueBlock as { readonly value?: unknown }).value;
  return Array.isArray(inside) ? (inside as AsnType[]) : [];
}
