/**
 * Half a file that would pass for a whole one: a chain whose last certificate was cut off is a shorter chain, a list of keys whose end is
 * missing is a shorter list. A disk that was full leaves such files behind, and so does a writer that is killed.
 */
import type { FileAnswer } from '../../start-files.ts';

const BEGIN = /-----BEGIN [A-Z0-9. ]+-----/g;
const END = /-----END [A-Z0-9. ]+-----/g;
const NEWLINE = 0x0a;

/** @param before what the file held when it was last used. @returns what is wrong, and what to do */
export function unfinished(path: string, now: FileAnswer | undefined, before: FileAnswer | undefined): string | undefined {
  const bytes = bytesOf(now);
  if (bytes === undefined) return undefined;
  const text = bytes.toString('latin1');
  const begun = text.match(BEGIN)?.length ?? 0;
  const ended = text.match(END)?.length ?? 0;
  const fix = 'was it cut off (a full disk)? write it again, under another name first, and rename it';
  if (begun > ended || (begun === 0 && text.includes('-----BEGIN'))) return `${path}: its last PEM block has no end; ${fix}`;
  const former = bytesOf(before);
  if (former?.at(-1) === NEWLINE && begun === 0 && isText(former) && bytes.length > 0 && bytes.at(-1) !== NEWLINE)
    return `${path}: its last line has no end; ${fix}`;
  return undefined;
}

function bytesOf(answer: FileAnswer | undefined): Buffer | undefined {
  if (answer?.kind !== 'value' || !(answer.value instanceof Uint8Array)) return undefined;
  const { buffer, byteOffset, byteLength } = answer.value;
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** DER may end in any byte. */
function isText(bytes: Buffer): boolean {
  return bytes.every((byte) => byte >= 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09);
}
