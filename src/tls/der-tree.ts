/**
 * DER as a tree whose branches are read when somebody looks (der-reader.ts underneath): for revocation lists, which may have a
 * hundred thousand entries that nobody wants one by one in memory. The same shape as asn1.ts gives.
 */
import type { Asn1 } from './asn1.ts';
import type { DerValue } from './der-reader.ts';
import { readChildren, readDer, readTime } from './der-reader.ts';

const CONSTRUCTED = 0x20;

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
