/**
 * DER as a tree whose branches are read when somebody looks (der-reader.ts underneath): for revocation lists, which may have a
 * hundred thousand entries that nobody wants one by one in memory. The same shape as asn1.ts gives.
 */
import type { Asn1 } from './asn1.ts';
import type { DerValue } from './der-reader.ts';
import { readChildren, readDer } from './der-reader.ts';

const CONSTRUCTED = 0x20;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** The single value that fills `bytes`; undefined for anything else. */
export function readDerTree(bytes: Buffer): Asn1 | undefined {
  const value = readDer(bytes);
  return value === undefined ? undefined : wrap(value);
}

function wrap(value: DerValue): Asn1 {
  let children: readonly Asn1[] | undefined;
  return {
    tag: value.tag,
    whole: value.whole,
    content: value.content,
    get children() {
      children ??= (value.tag & CONSTRUCTED) === 0 ? [] : (readChildren(value.content, MAX_ENTRIES) ?? []).map(wrap);
      return children;
    },
    get date() {
      return readTime(value);
    },
  };
}

/** More than any list there is; a list is a file of ours. */
const MAX_ENTRIES = 2 ** 24;

/** RFC 5280 section 4.1.2.5: `YYMMDDHHMMSSZ` (from 1950 to 2049) or `YYYYMMDDHHMMSSZ`. */
function readTime({ tag, content }: DerValue): Date | undefined {
  const text = content.toString('latin1');
  if (tag === UTC_TIME && text.length === 13) return moment((Number(text.slice(0, 2)) >= 50 ? '19' : '20') + text);
  return tag === GENERALIZED_TIME && text.length === 15 ? moment(text) : undefined;
}

function moment(text: string): Date | undefined {
  const part = (from: number, length: number): string => text.slice(from, from + length);
  const date = new Date(`${part(0, 4)}-${part(4, 2)}-${part(6, 2)}T${part(8, 2)}:${part(10, 2)}:${part(12, 2)}Z`);
  return text.endsWith('Z') && !Number.isNaN(date.getTime()) ? date : undefined;
}
